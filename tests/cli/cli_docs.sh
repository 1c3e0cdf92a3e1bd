# The commands that README.md and docs/ show run, in their order, and print what is shown; the
# programs and files that docs/ shows are taken.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

mkdir bin
ln -s "$QSPAN" bin/qspan
printf '#!/bin/bash\nexec "%s" --oversubscribe --bind-to none "$@"\n' "$(command -v mpirun)" >bin/mpirun
chmod +x bin/mpirun
PATH=$PWD/bin:$PATH
unset -f qspan
export OMP_NUM_THREADS=1

# blocks FILE: its fenced texts as blocks/NUMBER, the line of each in blocks/NUMBER.line
blocks() {
    rm -rf blocks
    mkdir blocks
    awk '/^```/ { is_in = !is_in; if (is_in) { file = sprintf("blocks/%03d", ++n); print NR + 1 >(file ".line"); printf "" >file }; next }
         is_in { print >file }' "$QSPAN_SOURCE_DIR/$1"
}

# Of other launchers and of files that only their reader has.
is_elsewhere() {
    [[ $1 =~ ^(srun|sbatch|\./bootstrap|cmake|cc|export)\  || $1 == *" rus.qasm "* ]]
}

# show COMMAND WANTED PLACE: what it prints has the lines of the file WANTED.
show() {
    local code=0 line
    is_elsewhere "$1" && return
    ! grep -q 'NOT equal' "$2" || code=5
    ! grep -q '^qspan: error: .* need ' "$2" || code=4
    echo "$3: $1"
    expect $code bash -c "${1/bench 24/bench 12}" </dev/null # a test has no time for 24
    cat out err >both
    sed -E 's/; [0-9.]+ [KMGT]iB available$//' "$2" |
        { grep -vE '^(\.\.\.|wall time.*|memory .*|events .*|)$' || true; } >lines
    while IFS= read -r line; do
        grep -qF -- "$line" both || {
            cat both
            fail "$3: $1 does not print: $line"
        }
    done <lines
    n_shown=$((n_shown + 1))
}

# run_block FILE PLACE: commands start with `$ `, what they print follows; or all lines are commands.
run_block() {
    local line command= has_prompts=0
    grep -q '^\$ ' "$1" && has_prompts=1
    [ $has_prompts = 1 ] || grep -qE '^(qspan|mpirun) ' "$1" || return 0
    : >wanted
    while IFS= read -r line; do
        if [[ $command == *\\ ]]; then
            command=${command%\\}$line
            continue
        fi
        if [ $has_prompts = 0 ] || [[ $line == '$ '* ]]; then
            [ -z "$command" ] || show "$command" wanted "$2"
            command=${line#\$ }
            : >wanted
        else
            printf '%s\n' "$line" >>wanted
        fi
    done <"$1"
    show "$command" wanted "$2"
}

try_block() { # FILE PLACE: a program, a machine or a noise model that is shown
    case $(head -n 1 "$1") in
    "OPENQASM 3"*) expect 0 qspan verify "$1" ;;
    "OPENQASM 2"*) expect 0 qspan plan "$1" ;;
    "name: "* | "qpus:"*)
        if grep -q '^errors:' "$1"; then
            qspan gen qft -n 3 -o qft3.qasm
            expect 0 qspan run qft3.qasm --qpus 1 --noise "$1" --shots 10
        else
            expect 0 qspan machine "$1"
        fi
        ;;
    esac
}

ln -s "$QSPAN_SOURCE_DIR/examples" examples
n_shown=0
for file in README.md $(cd "$QSPAN_SOURCE_DIR" && echo docs/*.md); do
    blocks "$file"
    for block in blocks/???; do
        [ -f "$block" ] || continue
        place=$file:$(cat "$block.line")
        echo "$place"
        try_block "$block"
        run_block "$block" "$place"
    done
done
[ "$n_shown" -ge 20 ] || fail "only $n_shown commands were found"

# docs/distribute.md shows a circuit and the program that it becomes.
blocks docs/distribute.md
circuit=$(grep -l '^OPENQASM 2' blocks/???)
program=$(grep -l '^OPENQASM 3' blocks/???)
cp "$circuit" bell.qasm
expect 0 qspan plan bell.qasm --qpus 2 -o bell_program.qasm
diff "$program" bell_program.qasm

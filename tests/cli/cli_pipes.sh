# Results that nobody takes: a signal ends who waits for a reader, and says for which.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1
qspan gen ghz -n 3 -o ghz.qasm
printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[16];\ncreg c[16];\nh q;\nt q;\nmeasure q -> c;\n' >all.qasm
printf 'H 0\nREPEAT 100 {\nCX 0 1\nM 0 1\n}\n' >loop.stim
fibre_pairs 2 >fibre.yaml
mkfifo pipe

# waits TEXT: until the last command's messages hold it
waits() {
    for _ in $(seq 200); do
        ! grep -qF -- "$1" err || return 0
        sleep 0.05
    done
    kill -KILL $job
    fail "no word of $1: $(cat err)"
}
# ends SIGNAL NAME: what waits for a reader of NAME ("": says nothing) is told to
ends() {
    local got=0
    kill -"$1" $job
    timeout 10 tail -s 0.1 --pid=$job -f /dev/null || { kill -KILL $job; fail "$1: it waits on"; }
    wait $job || got=$?
    equal "$got" $((128 + $(kill -l "$1")))
    [ -z "$2" ] || has err "$2: error: cannot be written: told to stop, and nobody reads it"
    [ -z "$(compgen -G '*.tmp')" ] || fail "left behind: $(ls)"
}
# has_word: before there are results both may end it
has_word() {
    grep -qE "nobody reads it|there are no results" err || fail "no word: $(cat err)"
}
short=(run ghz.qasm --machine fibre.yaml --shots 10 --seed 1)

nobody="pipe: a pipe that nobody reads: waiting for a reader"

# A pipe without a reader; what else was asked for is there, whole.
for signal in TERM USR1; do
    rm -f o.h5 t.json
    "$QSPAN" "${short[@]}" -o o.h5 --json pipe --trace t.json >out 2>err &
    job=$!
    waits "$nobody"
    ends $signal pipe
    has out "10 shots"
    [ "$(tail -c 2 t.json)" = "}" ] || fail "no trace"
    expect 0 qspan report o.h5
done
"$QSPAN" "${short[@]}" -o pipe >out 2>err &
job=$!
waits "$nobody"
ends TERM pipe
env --default-signal=INT "$QSPAN" "${short[@]}" --json pipe >out 2>err &
job=$!
waits "$nobody"
ends INT ""
"$QSPAN" sample loop.stim --shots 1000 -o pipe >out 2>err &
job=$!
waits "$nobody"
ends TERM ""
has_word
mpirun --oversubscribe --bind-to none -n 3 "$QSPAN" "${short[@]}" --json pipe >out 2>err &
job=$!
waits "$nobody"
ends USR1 pipe

# A reader that stopped reading, also of standard output and of messages.
exec 9<>pipe
run=("$QSPAN" run all.qasm --qpus 2 --shots 50000 --seed 1 --engine statevector -q)
"${run[@]}" --json pipe >out 2>err &
job=$!
sleep 1
ends TERM pipe
"${run[@]}" --json - >pipe 2>err &
job=$!
sleep 1
ends TERM "standard output"
"${run[@]}" --json all.json >pipe 2>&1 &
job=$!
sleep 1
ends TERM ""
equal "$(json all.json shots)" 50000
"$QSPAN" sample loop.stim --shots 4000000 >pipe 2>err &
job=$!
sleep 1
ends TERM ""
has_word
exec 9<&-

# A slow reader gets all of it.
mkfifo slow
"${run[@]}" --json slow >out 2>err &
job=$!
{ sleep 1; head -c 100000; kill -TERM $job; sleep 0.5; cat; } <slow >slow.json
wait $job
equal "$(json slow.json shots)" 50000

# Every name in the JSON and HDF5 that commands write is in the page that describes them, and
# every name that the tables of that page list is written somewhere. From the sources: needs no run.
set -eu
cd "$QSPAN_SOURCE_DIR"
fail=0

# statements FUNCTION FILES...: calls whose name matches, a line each
statements() {
    local name=$1
    shift
    cat "$@" | tr '\n' ' ' | grep -oE "\b$name\([^;{]*[;{]"
}

# words: of identifier shape, in the literals of standard input; parts of paths, not of formats
words() {
    grep -oE '"[A-Za-z0-9_/ %]*"' | tr -d '"' | tr '/' '\n' | grep -xE '[a-z][a-z0-9_]*' | sort -u
}

# said PAGES...: words that they put between backquotes
said() {
    sed '/^```/,/^```/d' "$@" | grep -oE '`[^`]+`' | grep -oE '[-a-z0-9_]+' |
        grep -xE '[a-z][a-z0-9_]*' | sort -u # an option's name is none
}

json_names() {
    statements '[a-z_0-9]+' "$@" | grep -E '^[a-z_0-9]+\((&?json|&[a-z]+->json)\b' | words
}
hdf5_names() { # less the unit, which comes last
    statements '(store_file_(put|note)|put|note|output_note)[a-z_0-9]*' "$@" |
        sed -E '/put/s/, *"[^"]*" *\) *[;{]$//' | words
}
# where tables hold the paths
paths_names() {
    grep -vE '^#include|^ *(//|/?\*)' "$@" | sed -E 's/"(ps|s|1|ebits)"//g' | words
}

# documented KIND LEAST PAGES -- FILES: at least so many names, all of them in the pages
documented() {
    local kind=$1 least=$2 pages=() n
    shift 2
    while [ "$1" != -- ]; do
        pages+=("docs/$1")
        shift
    done
    shift
    "${kind}_names" "$@" >>"$names"
    n=$("${kind}_names" "$@" | wc -l)
    if [ "$n" -lt "$least" ]; then
        echo "only $n names of $kind found in $*"
        fail=1
    fi
    for name in $(comm -23 <("${kind}_names" "$@") <(said "${pages[@]}")); do
        echo "${pages[*]}: \`$name\` is missing, which $* write as $kind"
        fail=1
    done
}

names=$(mktemp)
trap 'rm -f "$names"' EXIT
documented json 60 formats.md -- src/output/output_json.c src/output/output_plan_json.c
documented json 10 formats.md -- src/cli/cmd_compare.c
documented json 35 network.md formats.md -- src/output/output_network.c
documented json 40 verify.md -- src/cli/cmd_verify.c
documented json 8 verify.md -- src/cli/cmd_selftest.c
documented json 12 benchmarking.md -- src/cli/cmd_bench.c
documented hdf5 40 formats.md -- src/output/output_hdf5.c src/output/provenance.c
documented hdf5 5 formats.md -- src/output/output_state.c src/output/provenance.c
documented paths 60 formats.md network.md -- src/output/output_network_hdf5.c

# No other file writes JSON or HDF5 for people to read, but the trace, whose format is Perfetto's.
others=$(grep -lE 'json_open_object|store_file_put' -r src --include=*.c |
    grep -vE '^src/(output/(json|output_(json|plan_json|network|hdf5|network_hdf5|state|trace)|provenance)|cli/cmd_(compare|verify|selftest|bench)|store/.*)\.c$' || true)
[ -z "$others" ] || {
    echo "not looked at: $others"
    fail=1
}

# The tables of formats.md the other way round.
paths_names src/output/*.c src/cli/*.c >>"$names"
sort -u "$names" -o "$names"
listed=$(sed -n '/^## JSON/,/^## Comparing/p' docs/formats.md | grep '^| `' | cut -d '|' -f 2 |
    grep -oE '`[^`]+`' | grep -oE '[a-z][a-z0-9_]+' | sort -u)
[ "$(wc -w <<<"$listed")" -ge 80 ] || fail=1
for name in $(comm -13 "$names" <(printf '%s\n' $listed)); do
    echo "docs/formats.md lists \`$name\`, which nothing writes"
    fail=1
done
exit $fail

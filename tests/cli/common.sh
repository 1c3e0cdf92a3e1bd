# Shared by the scripts of this folder: source it first. Fails on the first command that fails.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# expect CODE COMMAND...: runs it with output in `out` and `err`; the exit code must be CODE.
expect() {
    local want=$1 got=0
    shift
    "$@" >out 2>err || got=$?
    if [ "$got" -ne "$want" ]; then
        cat out err >&2
        fail "exit code $got instead of $want: $*"
    fi
}

# has FILE TEXT: the file holds the text.
has() {
    grep -qF -- "$2" "$1" || {
        cat "$1" >&2
        fail "$1 lacks: $2"
    }
}

equal() { # equal GOT WANTED
    [ "$1" = "$2" ] || fail "got '$1' instead of '$2'"
}

qspan() {
    "$QSPAN" "$@"
}

# The head of a program of two QPUs with a data and a comm qubit each, then standard input.
two_qpus() {
    printf '%s\n' 'OPENQASM 3.0;' 'include "stdgates.inc";' 'include "qnu.inc";' 'qubit[2] a;' \
        'qubit[2] b;' 'bit m;' 'bit k;' 'output bit[2] c;' \
        'pragma qspan qpu A data a[0] comm a[1]' 'pragma qspan qpu B data b[0] comm b[1]'
    cat
}

# A circuit of 8 qubits with five gates between its halves, and this gate on one qubit.
eight_qubits() { # eight_qubits GATE
    printf '%s\n' 'OPENQASM 2.0;' 'include "qelib1.inc";' 'qreg q[8];' 'creg c[8];' 'h q[0];' \
        'cx q[0], q[5]; cx q[5], q[1]; cx q[1], q[6];' "$1 q[6];" \
        'cx q[2], q[7]; h q[7]; cx q[3], q[4];' 'measure q -> c;'
}

# A machine of two QPUs over a fibre, whose pairs take random times and age.
fibre_pairs() { # fibre_pairs DATA [KEYS OF THE FIBRE]
    printf '%s\n' "qpus: [{name: A, data: $1, comm: 2, measure: {time: 3 us}}, {name: B, like: A}]" \
        'qnus: [{source: 1 us, T1: 100 us, T2: 60 us}]' \
        "fibres: [{between: [A, B], length: 1 km, loss: 10 dB/km${2:+, $2}}]" \
        'herald: {model: two_click, visibility: 0.8}'
}

on_ranks() { # on_ranks N OPTIONS...
    local n=$1
    shift
    mpirun --oversubscribe --bind-to none -n "$n" "$QSPAN" "$@"
}

json() { # json FILE KEY...: the value, from an independent parser
    "$QSPAN_TOOLS/json_get" "$@"
}

# What a results file says whatever the number of ranks.
same_part() {
    grep -vE '^  "(ranks|replicas|branches|wall_s|peak_bytes_per_rank|planned_bytes_per_rank)":' "$1"
}

# run --state, --observables, --fidelity: the same for any number of ranks; what is refused.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1
protocols="$QSPAN_SOURCE_DIR/examples/protocols"

# A state of two pieces: on 1 and 3 ranks the file differs in ranks and times alone.
qspan gen quantum_volume --n 21 --depth 1 --seed 3 -o wide.qasm 2>/dev/null ||
    qspan gen ghz --n 21 -o wide.qasm
mkdir one three
(cd one && expect 0 on_ranks 1 run ../wide.qasm --qpus 3 --shots 1 --seed 1 --state s.h5)
(cd three && expect 0 on_ranks 3 run ../wide.qasm --qpus 3 --shots 1 --seed 1 --state s.h5)
[ "$(stat -c %s one/s.h5)" -gt $((16 << 21)) ] || fail "the state is too short"
cmp <(tail -c +16384 one/s.h5) <(tail -c +16384 three/s.h5) || fail "amplitudes depend on ranks"
[ -z "$(compgen -G 'one/s.h5.*')" ] || fail "a temporary file stays"
rm -r one three

# Observables and fidelity: JSON is the same on every number of ranks; the report names them.
qspan gen qft --n 5 -o qft.qasm
cat >sums.txt <<'SUMS'
energy: 0.5 X0 Z3 - 0.25 Y1*X2
  + 1.5 I
parity: ZZZZZ
SUMS
noisy=werner:n=3,data=2,comm=4,F=0.9
for n in 1 2 3; do
    expect 0 on_ranks $n run qft.qasm --machine $noisy --shots 500 --seed 2 --observables sums.txt \
        --fidelity --json $n.json -o $n.h5
    same_part $n.json >$n.same
    cmp 1.same $n.same
done
has out "observables     energy "
has out "state fidelity  "
cp out ran
expect 0 qspan report 3.h5
diff ran <(head -n "$(wc -l <ran)" out) || fail "the report differs"
equal "$(json 1.json observables_over)" shots
f=$(json 1.json state_fidelity mean)
awk "BEGIN { exit !($f > 0.5 && $f < 0.95) }" || fail "fidelity $f"
expect 0 qspan run qft.qasm --qpus 3 --observables sums.txt --probabilities 1 --json exact.json
equal "$(json exact.json observables_over)" outcomes
equal "$(json exact.json observables energy std_error)" 0
expect 0 qspan run "$protocols/teledata.qasm" --fidelity --state teleported.h5 --shots 10
! grep -v '^qspan: ' err || fail "the MPI library complains"
cp out teleported.out
expect 3 qspan report teleported.h5
has err "teleported.h5: error: holds a state, which has no report"
cp teleported.out out
has out "state fidelity  1 +- 0"

# Shots are drawn from the state that was written: they are those of a run without it, whatever else
# is asked for, on ranks and on replicas (which run again).
alike() { # alike RANKS ARGUMENTS: with --state on ranks, and without on one
    local ranks=$1
    shift
    expect 0 qspan run "$@" --seed 9 --engine statevector --json without.json
    if [ "$ranks" = 1 ]; then
        expect 0 qspan run "$@" --seed 9 --engine statevector --json with.json --state alike.h5
    else
        expect 0 on_ranks "$ranks" run "$@" --seed 9 --engine statevector --json with.json \
            --state alike.h5 --replicas $((ranks / 2))
    fi
    diff <(same_part without.json) <(same_part with.json) >&2 || fail "--state changes $*"
}
alike 2 "$protocols/teledata.qasm" --shots 3000
alike 1 qft.qasm --qpus 3 --shots 3000 --observables sums.txt --fidelity --protocol fused
alike 1 qft.qasm --qpus 3 --probabilities all
alike 4 qft.qasm --qpus 2 --shots 3000 --shots-per-timeline 100

# The ideal state counts as memory: 20 qubits are 16 MiB, and as much for each of four pieces.
qspan gen w -n 20 -o w.qasm
expect 0 qspan run w.qasm --qpus 1 --shots 1 --memory-per-rank 64MiB
expect 4 qspan run w.qasm --qpus 1 --shots 1 --memory-per-rank 64MiB --fidelity
has err "the ideal state of 20 qubits takes 2^24 bytes"
expect 4 qspan run w.qasm --qpus 1 --shots 1 --memory-per-rank 90MiB --fidelity
has err "the state does not fit"
expect 0 qspan run w.qasm --qpus 1 --shots 1 --memory-per-rank 140MiB --fidelity

# Refused, with the reason.
expect 3 qspan run qft.qasm --machine $noisy --state x.h5
has err "one pure state at the end needs a program without noise"
printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[1];\nh q[0];\n' >mixed.qasm
printf 'measure q[0] -> c[0];\nif (c == 1) h q[1];\n' >>mixed.qasm
expect 3 qspan run mixed.qasm --qpus 1 --state x.h5
has err "mixed.qasm:7:1: error: the qubits do not end in one pure state"
printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\nh q[0];\nmeasure q[0] -> c[0];\nx q[0];\n' >coin.qasm
expect 3 qspan run coin.qasm --qpus 1 --state x.h5
has err "that of q[0] depends on the outcome of a measurement"
expect 3 qspan run coin.qasm --qpus 1 --fidelity
qspan gen ghz --n 2 -o ghz.qasm
{ echo 'OPENQASM 2.0;' && echo 'include "qelib1.inc";' && echo 'qreg q[31];' && echo 'h q[0];'; } >product.qasm
expect 4 qspan run product.qasm --qpus 1 --state x.h5
has err "multiplied out up to 30"
expect 2 qspan run ghz.qasm --qpus 1 --state /nowhere/x.h5
mkfifo pipe
for path in /dev/null pipe; do
    expect 2 qspan run ghz.qasm --qpus 1 --state "$path"
    has err "$path: error: is not a regular file"
done
expect 3 qspan run ghz.qasm --qpus 1 --observables sums.txt
has err "sums.txt:1:16: error: qubit 3: the number of qubits is 2"
expect 3 qspan run ghz.qasm --qpus 1 --observables missing.txt
[ ! -e x.h5 ] || fail "a refused run left a file"

# --noise and errors of machine files: the same on any number of ranks and threads, printed and read
# back, near closed forms, refused with the place.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

cat >bell.qasm <<'X'
OPENQASM 2.0;
include "qelib1.inc";
qreg q[2]; creg c[2];
h q[0]; cx q[0],q[1]; t q[1]; ry(0.7) q[1]; ry(-0.7) q[1]; tdg q[1];
measure q -> c;
X
cat >noise.yaml <<'X'
name: test
errors:
  - {gates: [cx], pauli: {IX: 0.2}}
  - {gates: [measure], qubits: [1], readout: [[1, 0], [0.5, 0.5]]}
X
near() { # near FILE KEY N: within 4 sigma of N of 20000
    local n
    n=$(json "$1" counts "$2")
    awk -v n="$n" -v m="$3" 'BEGIN { exit !((n - m) ^ 2 <= 16 * m * (1 - m / 20000)) }' ||
        fail "$1: $2 is $n, expected $3"
}
# q[0] is wrong with 0.2; a 1 of q[1] is read as 0 with 0.5
expect 0 qspan run bell.qasm --qpus 1 --noise noise.yaml --shots 20000 --seed 1 --json one.json
near one.json 00 9000
near one.json 01 6000
near one.json 10 1000
near one.json 11 4000

# Distributed, with damping on comm qubits and errors in corrections, on ranks and threads.
cat >all.yaml <<'X'
errors:
  - {arity: 1, amplitude_damping: 0.02, dephasing: 0.01}
  - {arity: 2, depolarizing: 0.03, relaxation: {T1: 10 us, T2: 8 us, time: 300 ns}}
  - {gates: [measure], readout: 0.02}
X
qspan gen qft -n 4 --inverse >qft.qasm 2>/dev/null || qspan gen qft -n 4 -o qft.qasm
options=(run qft.qasm --qpus 3 --noise all.yaml --shots 60 --seed 11)
expect 0 qspan "${options[@]}" --json one.json
for ranks in 2 3; do
    expect 0 on_ranks $ranks "${options[@]}" --json many.json
    cmp <(same_part one.json) <(same_part many.json) || fail "$ranks ranks differ"
done
OMP_NUM_THREADS=2 expect 0 qspan "${options[@]}" --json two.json
cmp <(same_part one.json) <(same_part two.json) || fail "2 threads differ"

# The program with its errors prints and reads back as the same one.
expect 0 qspan plan qft.qasm --qpus 3 --noise all.yaml -o noisy.qasm
has noisy.qasm "pragma qspan op relax(0.02, 0)"
expect 0 qspan run noisy.qasm --shots 60 --seed 11 --json printed.json
equal "$(json printed.json counts)" "$(json one.json counts)"

# A machine's errors.
cat >machine.yaml <<'X'
qpus: [{name: A, data: 2, gate2: {error: 0.3}, measure: {error: 0.1}}]
X
expect 0 qspan run bell.qasm --machine machine.yaml --shots 20000 --seed 2 --json one.json
# of the 15 errors 4 turn q[0] over, 4 q[1], 4 both; then each is read wrongly with 0.1
near one.json 01 2824
near one.json 11 7176

# The program printed for that machine has its errors, once, on that machine too.
expect 0 qspan plan bell.qasm --machine machine.yaml -o printed.qasm -q
has printed.qasm "pragma qspan errors machine"
expect 0 qspan run printed.qasm --machine machine.yaml --shots 20000 --seed 2 --json printed.json
has err "note: "
equal "$(json printed.json counts)" "$(json one.json counts)"
expect 0 qspan run printed.qasm --shots 20000 --seed 2 --json printed.json
equal "$(json printed.json counts)" "$(json one.json counts)"
expect 0 qspan plan bell.qasm --qpus 1 -o plain.qasm -q
! grep -q "pragma qspan errors" plain.qasm || fail "errors of no machine"

# Refused.
expect 3 qspan run bell.qasm --qpus 1 --noise noise.yaml --probabilities all
has err "exact probabilities need a program without noise"
expect 3 qspan run bell.qasm --qpus 1 --noise nothing.yaml
has err "nothing.yaml"
sed -i 's/IX/IQ/' noise.yaml
expect 3 qspan run bell.qasm --qpus 1 --noise noise.yaml
has err "noise.yaml:3:27: error: pauli: 'IQ': expected I, X, Y and Z"
expect 3 on_ranks 2 run bell.qasm --qpus 2 --noise noise.yaml
has err "noise.yaml:3:27: error: pauli: 'IQ'"

# a bad number of replicas is refused whatever the engine
qspan gen ghz -n 2 -o bell.qasm
expect 2 qspan run bell.qasm --engine frame --replicas 2
has err "expected auto or a divisor of the number of ranks, 1"
: >nothing.yaml
expect 3 qspan run bell.qasm --noise nothing.yaml
has err "nothing.yaml:1:1: error: the file describes nothing"

# --placement: the same ebits as by comments, numbers by the machine, refusals.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

qspan gen bv -n 7 --value 127 -o bv.qasm # every gate of two qubits is with the target
printf 'q[0:3] near\ntarget near\nq[4:6] far\n' >names
printf '0\n0\n0\n0\n1\n1\n1\n0\n' >numbers
echo '{"q[0:3]": 0, "target": 0, "q[4:6]": 1}' >pairs.json

for file in names numbers pairs.json; do
    expect 0 qspan run bv.qasm --placement $file --probabilities all --json out.json -q
    equal "$(json out.json probabilities 1111111)" 1
    equal "$(json out.json ebits total)" 3
done
expect 0 qspan plan bv.qasm --placement names
has out "near"
has out "far"
expect 0 qspan plan bv.qasm --placement numbers --machine ideal:n=2,data=5,comm=1
expect 0 on_ranks 3 run bv.qasm --placement numbers --qpus 2 --shots 10 -q

expect 3 qspan plan bv.qasm --placement numbers --machine ideal:n=2,data=4,comm=1
has err "places 5 qubits on QPU 'A', which has 4 data qubits"
expect 3 qspan plan bv.qasm --placement names --machine ideal:n=2,data=5,comm=1
has err "the circuit places qubits on QPU 'near', but the machine 'ideal' has A, B"
echo 'z A' >wrong
expect 3 on_ranks 2 run bv.qasm --placement wrong -q
equal "$(grep -c "wrong:1:1: error: 'z' is no qubit" err)" 1
expect 3 qspan plan bv.qasm --placement missing
qspan plan bv.qasm --qpus 2 -o program.qasm
expect 2 qspan run program.qasm --placement names
has err "no --placement"

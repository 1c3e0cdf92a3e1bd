# plan: figures, the program it writes, and what does not fit.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

qspan gen ghz -n 4 -o ghz.qasm
expect 0 qspan plan ghz.qasm --qpus 2 -o program.qasm
grep -qE '^ebits +1 per shot$' out || fail "ebits: $(cat out)"
has out "A-B 1"
grep -qE '^messages +2 bits per shot$' out || fail "messages: $(cat out)"
grep -qE '^comm qubits +at most A 1, B 1' out || fail "comm qubits: $(cat out)"
expect 0 qspan verify program.qasm
has out "static checks passed"
has out "ebits 1, messages 2"

# The program runs like the circuit: same ops, same random sites, same counts.
expect 0 qspan run ghz.qasm --qpus 2 --shots 200 --seed 9 --json circuit.json
expect 0 qspan run program.qasm --shots 200 --seed 9 --json program.json
equal "$(json circuit.json counts)" "$(json program.json counts)"
cmp <(same_part circuit.json) <(same_part program.json) || fail "program and circuit differ"
expect 0 qspan plan program.qasm
expect 0 qspan plan ghz.qasm --qpus 2 -o -
cmp out program.qasm || fail "-o - differs"

# As JSON: the same figures, under the names of results where they mean the same.
expect 0 qspan plan ghz.qasm --qpus 2 --json plan.json -q
expect 0 qspan run ghz.qasm --qpus 2 --shots 10 --json run.json -q
for key in "ebits total" "ebits links A-B" bits_sent "makespan_ps mean" "peak_comm_qubits B" engine; do
    # shellcheck disable=SC2086
    equal "$(json plan.json $key)" "$(json run.json $key)"
done
equal "$(json plan.json fits)" true
expect 4 qspan plan ghz.qasm --qpus 2 --memory-per-rank 1 --json plan.json -q
equal "$(json plan.json fits)" false
expect 0 qspan plan ghz.qasm --qpus 2 --json - -o program.qasm -q
equal "$(head -c 1 out)" "{"
expect 2 qspan plan ghz.qasm --qpus 2 --json x -o x
has err "-o and --json name the same file"
printf 'm = measure a[0]; while (m) { ebit(a[1], b[1]); m = measure a[1]; k = measure b[1]; }\n' | two_qpus >while.qasm
expect 0 qspan plan while.qasm --json plan.json -q
! grep -q makespan plan.json || fail "a makespan that nobody knows"

# The makespan of a physical network is drawn, and says so.
expect 0 qspan plan ghz.qasm --machine demo-2030:n=2,data=2 -q
has out " in one timeline"

# N defaults to the ranks planned for.
expect 0 qspan plan ghz.qasm --ranks 2
has out "on 2 QPUs (A B), 2 ranks"

# Ranks that share a vector: how often qubits change places between them, and the bytes.
# Of 12 brick layers none need to: wires at one end are done before those at the other join.
expect 0 qspan gen brick -n 16 --layers 12 -o brick.qasm
expect 0 qspan plan brick.qasm --qpus 1 --ranks 4
has out "KiB in one pass"
if grep -q "of qubits" out; then fail "exchanges in vain"; fi
expect 0 qspan gen brick -n 16 --layers 60 -o deep.qasm
expect 0 qspan plan deep.qasm --qpus 1 --ranks 4
has out "MiB in one pass, "
has out " of qubits"
expect 0 qspan plan deep.qasm --qpus 1
has out "between ranks   0 B in one pass"

# 40 dense qubits: the figure, before anything is allocated.
cat >wide.qasm <<'TXT'
OPENQASM 2.0;
include "qelib1.inc";
qreg q[40];
creg c[40];
h q;
TXT
for i in $(seq 0 38); do echo "cp(0.1) q[$i],q[$((i + 1))];"; done >>wide.qasm
echo "h q; measure q -> c;" >>wide.qasm
expect 4 qspan plan wide.qasm --qpus 4 --ranks 4
has err "qubits entangled at once need"
has err "TiB per rank on 4 ranks"
expect 4 qspan run wide.qasm --qpus 4 --shots 1
has err "TiB"
expect 4 qspan plan ghz.qasm --qpus 2 --memory-per-rank 1
expect 0 qspan plan ghz.qasm --qpus 2 --memory-per-rank 1GiB

# run: counts, keys, report, JSON; where the QPUs come from.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

# Bits 0 and 2 are certain: key order, and one line per fact in the report.
cat >bits.qasm <<'TXT'
OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
creg a[2];
creg b[1];
x q[0];
cx q[0],q[2];
measure q[0] -> a[0];
measure q[1] -> a[1];
measure q[2] -> b[0];
TXT
expect 0 qspan run bits.qasm --qpus 3 --shots 7 --seed 5 --json bits.json
has out "bits.qasm on 3 QPUs (A B C), 1 rank"
has out "7 shots, seed 5"
grep -qE '^  101 +7 +100.00 %  #{40}$' out || fail "no bar: $(cat out)"
equal "$(json bits.json counts)" '{"101":7}'
equal "$(json bits.json key_bits)" '["a[0]","a[1]","b[0]"]'
equal "$(json bits.json qpus)" '["A","B","C"]'
equal "$(json bits.json schema)" 1
equal "$(json bits.json seed)" 5
equal "$(json bits.json shots)" 7
equal "$(json bits.json engine)" frame
equal "$(json bits.json protocol)" explicit
equal "$(json bits.json distribute)" simple
equal "$(json bits.json replicas)" 1
equal "$(json bits.json ebits total)" 1
equal "$(json bits.json ebits links)" '{"A-C":1}'
equal "$(json bits.json ebits ledger A-C used)" 1
equal "$(json bits.json bits_sent)" 2
equal "$(json bits.json warnings)" '[]'
equal "$(json bits.json makespan_ps timelines)" 1

# The engine is chosen by what the program does and what is asked for; a note says why.
has err "note: engine frame: Clifford gates"
expect 0 qspan run bits.qasm --qpus 3 --shots 7 --seed 5 --engine statevector --json bits.json
equal "$(json bits.json engine)" statevector
equal "$(json bits.json counts)" '{"101":7}'
expect 0 qspan run bits.qasm --qpus 3 --probabilities all --json bits.json
has err "note: engine statevector: --probabilities asks for amplitudes"
equal "$(json bits.json engine)" statevector
sed '/^measure q\[0\]/i t q[0];' bits.qasm >t.qasm
line=$(grep -n '^t q' t.qasm | cut -d: -f1)
expect 0 qspan run t.qasm --qpus 3 --shots 7 --json bits.json
has err "note: engine statevector: frames cannot follow t.qasm:$line:1: it is no Clifford gate"
equal "$(json bits.json counts)" '{"101":7}'
expect 3 qspan run t.qasm --qpus 3 --shots 7 --engine frame
has err "t.qasm:$line:1: error: frames cannot follow t: it is no Clifford gate"

# A program whose results nobody writes says so; one that is run for its state does not.
printf 'h a[0]; m = measure a[0];\n' | two_qpus >blank.qasm
expect 0 qspan run blank.qasm --shots 3
has err "blank.qasm writes no bit that counts are made of"
printf 'h a[0]; c[1] = measure a[0];\n' | two_qpus >written.qasm
expect 0 qspan run written.qasm --shots 3
! grep -q "writes no bit" err || fail "a note on bits that are written"
printf 'h a[0];\n' | two_qpus >state.qasm
expect 0 qspan run state.qasm --shots 3 --fidelity
! grep -q "writes no bit" err || fail "a note on a run for its state"

# Without --qpus: one QPU per rank, with a note; a circuit that measures nothing is measured.
printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\nx q[1];\n' >plain.qasm
expect 0 on_ranks 2 run plain.qasm --shots 3 --json plain.json
has err "2 QPUs: one per rank"
has err "measures nothing"
equal "$(json plain.json counts)" '{"10":3}'
expect 0 qspan run plain.qasm --shots 3 --quiet
[ ! -s err ] || fail "--quiet is not quiet: $(cat err)"
expect 0 qspan run - --qpus 1 --shots 3 --seed 1 <plain.qasm

# A placement in the circuit names and sizes the QPUs.
cat >placed.qasm <<'TXT'
OPENQASM 2.0;
include "qelib1.inc";
// qspan qpu left q[0] q[1] q[3]
// qspan qpu right q[2]
qreg q[4];
creg c[4];
x q[0];
cx q[0],q[2];
measure q -> c;
TXT
expect 0 qspan run placed.qasm --shots 3 --json placed.json
has err "2 QPUs: as many as the circuit's placement names"
equal "$(json placed.json ebits links)" '{"left-right":1}'
equal "$(json placed.json marginal_bits left)" '["c[0]","c[1]","c[3]"]'
equal "$(json placed.json marginals right)" '{"1":3}'

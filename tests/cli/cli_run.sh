# run: counts, keys, JSON, the same results for any number of ranks and threads.
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
equal "$(json bits.json engine)" statevector
equal "$(json bits.json protocol)" explicit
equal "$(json bits.json distribute)" simple
equal "$(json bits.json replicas)" 1
equal "$(json bits.json ebits total)" 1
equal "$(json bits.json ebits links)" '{"A-C":1}'
equal "$(json bits.json ebits ledger A-C used)" 1
equal "$(json bits.json bits_sent)" 2
equal "$(json bits.json warnings)" '[]'
equal "$(json bits.json makespan_ps timelines)" 1

# Results do not depend on ranks or threads; with JSON on standard output nothing else is there.
qspan gen qpe -n 5 --phase 0.31416 -o qpe.qasm
options=(run qpe.qasm --qpus 3 --shots 300 --seed 11 --decode phase:c)
expect 0 qspan "${options[@]}" --json -
cp out one.json
json one.json decoded 0 >decoded
has decoded '"most_likely":10'
for ranks in 2 3; do
    expect 0 on_ranks $ranks "${options[@]}" --json -
    cp out many.json
    equal "$(json many.json ranks)" $ranks
    cmp <(same_part one.json) <(same_part many.json) || fail "$ranks ranks differ"
done
OMP_NUM_THREADS=2 expect 0 qspan "${options[@]}" --json two.json
cmp <(same_part one.json) <(same_part two.json) || fail "2 threads differ"
has out "phase of c"
has out "10/32"

# Shots do not depend on their number: more shots only add to the counts.
expect 0 qspan run qpe.qasm --qpus 2 --shots 20 --seed 3 --json few.json
expect 0 qspan run qpe.qasm --qpus 2 --shots 2000 --seed 3 --json many.json
for key in $(grep -oE '^    "[01]{5}"' few.json | tr -d ' "'); do
    [ "$(json few.json counts $key)" -le "$(json many.json counts $key)" ] || fail "key $key"
done

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

# A seed is drawn where none is given, and it reproduces the run.
expect 0 qspan run qpe.qasm --qpus 2 --shots 50 --json c.json
expect 0 qspan run qpe.qasm --qpus 2 --shots 50 --seed "$(json c.json seed)" --json d.json
equal "$(json c.json counts)" "$(json d.json counts)"

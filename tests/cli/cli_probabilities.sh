# --probabilities: the exact distribution, most likely first.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

cat >two.qasm <<'TXT'
OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[2];
ry(pi/3) q[0];
cx q[0],q[1];
measure q -> c;
TXT
for ranks in 1 2; do
    expect 0 on_ranks $ranks run two.qasm --qpus 2 --probabilities all --seed 1 --json two$ranks.json
    has out "exact distribution of 2 outcomes"
done
cmp <(same_part two1.json) <(same_part two2.json) || fail "2 ranks differ"
equal "$(json two1.json probabilities '#')" 2
equal "$(json two1.json n_outcomes)" 2
grep -A1 '"probabilities"' two1.json | grep -q '"00": 0.7' || fail "the most likely is not first"
equal "$(json two1.json counts)" '{}'
equal "$(json two1.json shots)" 0
p=$(json two1.json probabilities 11)
awk -v p="$p" 'BEGIN { exit !(p > 0.25 - 1e-12 && p < 0.25 + 1e-12) }' || fail "P(11) = $p"
equal "$(json two1.json probability_of_one '#')" 2
expect 0 qspan run two.qasm --qpus 2 --probabilities 1 --json top.json
equal "$(json top.json probabilities '#')" 1
equal "$(json top.json n_outcomes)" 2

# verify: programs that pass, and every finding of one that does not.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

for program in "$QSPAN_SOURCE_DIR"/examples/protocols/*.qasm; do
    expect 0 qspan verify "$program"
    has out "static checks passed"
done

cat >head.inc <<'TXT'
OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[2] a;
qubit[2] b;
bit m;
bit k;
output bit[2] c;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1]
TXT
{
    cat head.inc
    echo 'ebit(a[1], b[1]);'
    echo 'cx a[0], b[0];'
    echo 'if (m) x b[1];'
} >bad.qasm
expect 3 qspan verify bad.qasm
has err "bad.qasm:12:1: error:"
has err "bad.qasm:13:1: error:"
has err "half an ebit"
expect 3 on_ranks 2 verify bad.qasm
equal "$(grep -c 'bad.qasm:12:1: error:' err)" 1
expect 3 qspan run bad.qasm

# Ebits until a coin falls on heads: figures that depend on measured bits.
{
    cat head.inc
    echo 'm = measure a[0];'
    echo 'while (!m) {'
    echo '  h a[0]; ebit(a[1], b[1]); k = measure a[1]; m = measure a[0]; swap b[1], b[0]; reset b[1];'
    echo '}'
    echo 'c[0] = measure a[0]; c[1] = measure b[0];'
} >coin.qasm
expect 0 qspan verify coin.qasm
has out "control flow depends on measured bits"
expect 0 qspan plan coin.qasm
has out "depends on measured bits: known only by a run"
machine=werner:n=2,data=1,comm=1,F=0.9,time=10us
expect 0 qspan run coin.qasm --machine $machine --shots 40 --seed 2 --json one.json
equal "$(json one.json makespan_ps timelines)" 40
equal "$(json one.json distribute)" hand
expect 0 on_ranks 3 run coin.qasm --machine $machine --shots 40 --seed 2 --json three.json
cmp <(same_part one.json) <(same_part three.json) || fail "3 ranks differ"

# run -o and report: the same results, safely written.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1
qpe="$QSPAN_SOURCE_DIR/examples/qpe16.qasm"

# The report of a file is the report of its run, and says where it comes from.
expect 0 qspan run "$qpe" --qpus 4 --shots 300 --seed 3 -o run.h5 --decode phase:c --decode int:c
cp out ran
expect 0 qspan report run.h5
diff ran <(head -n "$(wc -l <ran)" out) || fail "the report differs"
has out "command         qspan run $qpe --qpus 4 --shots 300 --seed 3 -o run.h5 --decode phase:c"
grep -qE '^started +20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$' out || fail "no time: $(cat out)"
expect 0 on_ranks 3 run "$QSPAN_SOURCE_DIR/examples/protocols/swapping_chain.qasm" --probabilities all \
    --seed 1 -o exact.h5
cp out ran
expect 0 qspan report exact.h5
diff ran <(head -n "$(wc -l <ran)" out) || fail "the report of an exact run differs"
[ "$(ls)" = "$(printf '%s\n' err exact.h5 out ran run.h5)" ] || fail "left behind: $(ls)"

# The texts of machine and noise model are in the file, whatever their size, and in the report.
printf 'qpus: [{name: A, data: 2}]\n# two\n' >machine.yaml
{
    echo 'errors: [{arity: 2, depolarizing: 0.01}]'
    for i in $(seq 3000); do echo "# a long remark, number $i"; done
} >noise.yaml
qspan gen ghz -n 2 -o ghz.qasm
expect 0 qspan run ghz.qasm --machine machine.yaml --noise noise.yaml --seed 1 --shots 9 -o noisy.h5
expect 0 qspan report noisy.h5
diff <(sed -n '/^noise$/,$p' out | sed '1d; s/^    //') noise.yaml >&2 || fail "another noise model"
equal "$(sed -n '/^machine$/,/^noise$/p' out)" 'machine
    qpus: [{name: A, data: 2}]
    # two
noise'
expect 0 qspan run ghz.qasm --machine machine.yaml --seed 1 --shots 9 -o plain.h5
expect 0 qspan report plain.h5
! grep -q '^noise$' out || fail "noise of a run without"
rm machine.yaml noise.yaml ghz.qasm noisy.h5 plain.h5

# What is no results file.
expect 3 qspan report missing.h5
has err "missing.h5: error: No such file"
expect 3 qspan report "$qpe"
head -c 2000 run.h5 >cut.h5
expect 3 qspan report cut.h5
expect 3 qspan report "$scratch"

# What cannot be written is known before the run.
expect 2 qspan run "$qpe" --qpus 1 -o /nowhere/x.h5
expect 4 qspan run "$qpe" --qpus 1 -o /dev/full

# Killed at any time: no half file under the name.
for delay in 0.02 0.05 0.1 0.15; do
    rm -f killed.h5
    "$QSPAN" run "$qpe" --qpus 4 --shots 200000 --seed 1 -o killed.h5 -q >/dev/null 2>&1 &
    sleep "$delay"
    kill -9 $! 2>/dev/null || true
    wait $! 2>/dev/null || true
    [ ! -e killed.h5 ] || expect 0 qspan report killed.h5
done

# Figures of a physical network are in the file, and in its report.
cat >pair.qasm <<'EOM'
OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[2];
h q[0];
cx q[0], q[1];
measure q -> c;
EOM
expect 0 qspan run pair.qasm --machine demo-2030:data=1 --shots 64 --shots-per-timeline 16 --seed 3 \
    -o net.h5
has out "ebit latency"
cp out ran
expect 0 qspan report net.h5
diff ran <(head -n "$(wc -l <ran)" out) || fail "the report of a network differs"
expect 0 qspan network demo-2030 --requests 40 --jobs 2 --seed 3 -o alone.h5
cp out ran
expect 0 qspan report alone.h5
cmp ran out || fail "the report of a network alone differs"
# A file from before some figure was kept is refused by name.
for file in net alone; do
    head -c -32 "$file.h5" | sed 's/used_with_due/used_wixh_due/' >old.h5
    expect 3 qspan report old.h5
    has err "old.h5: error: network/used_with_due is not there"
done
expect 4 qspan network demo-2030 --requests 4 -o /dev/full
expect 2 qspan network demo-2030 --requests 4 -o /nowhere/x.h5

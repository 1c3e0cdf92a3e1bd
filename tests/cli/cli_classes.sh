# Service classes and due times of ebits in programs.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

# One channel in the middle, 10 us a pair. The first pair asked for starts at once; then those due
# 100, 25 and 50 us after their requests wait: in the order of the text the second of them is late,
# in the order of due times none is.
machine() {
    cat <<EOM
qpus: [{name: A, data: 1, comm: 1}, {name: B, like: A}, {name: C, like: A}, {name: D, like: A},
       {name: E, like: A}, {name: F, like: A}, {name: G, like: A}, {name: H, like: A}]
switches: [{name: s, count: 2, radix: 8, analysers: 4}]
fibres: [{between: [A, s0]}, {between: [C, s0]}, {between: [E, s0]}, {between: [G, s0]},
         {between: [B, s1]}, {between: [D, s1]}, {between: [F, s1]}, {between: [H, s1]},
         {between: [s0, s1], channels: 1}]
herald: {model: measured, fidelity: 0.9, rate: 100 kHz, deterministic: yes}
policy: {schedule: $1}
EOM
}
cat >due.qasm <<'EOM'
OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[8] q; bit m; output bit[8] c;
pragma qspan qpu A comm q[0]
pragma qspan qpu B comm q[1]
pragma qspan qpu C comm q[2]
pragma qspan qpu D comm q[3]
pragma qspan qpu E comm q[4]
pragma qspan qpu F comm q[5]
pragma qspan qpu G comm q[6]
pragma qspan qpu H comm q[7]
@qspan.ebit due 12 us
ebit(q[0], q[1]);
@qspan.ebit herald due 100 us
ebit(q[2], q[3]);
@qspan.ebit frame due 25 us
ebit(q[4], q[5]);
@qspan.ebit due 50 us
ebit(q[6], q[7]);
c[0] = measure q[0]; c[1] = measure q[1]; c[2] = measure q[2]; c[3] = measure q[3];
c[4] = measure q[4]; c[5] = measure q[5]; c[6] = measure q[6]; c[7] = measure q[7];
EOM
order() { # first QPUs of the requests in order of their grants
    python3 - "$1" <<'EOM'
import json, sys
events = json.load(open(sys.argv[1]))["traceEvents"]
names = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
grants = sorted((e["args"]["from_ps"], names[e["pid"]]) for e in events if e["name"] == "making")
print(" ".join(name for _, name in grants))
EOM
}
for schedule in fcfs edf; do
    machine $schedule >$schedule.yaml
    expect 0 qspan run due.qasm --machine $schedule.yaml --seed 1 --json $schedule.json \
        --trace $schedule.trace --shots 10
    python3 "$QSPAN_SOURCE_DIR/tests/tools/check_trace.py" $schedule.trace || fail "no valid trace"
    equal "$(json $schedule.json network used_with_due)" 4
    equal "$(json $schedule.json makespan_ps mean)" 40000000
done
equal "$(json fcfs.json network late)" 1
equal "$(json edf.json network late)" 0
equal "$(json edf.json network used_by_class herald)" 1
equal "$(json edf.json network used_by_class frame)" 3
equal "$(order fcfs.trace)" "A C E G"
equal "$(order edf.trace)" "A E G C"

expect 0 on_ranks 3 run due.qasm --machine edf.yaml --seed 1 --json ranks.json --shots 10
cmp <(same_part edf.json) <(same_part ranks.json) || fail "3 ranks differ"

# What is printed says the same.
expect 0 qspan plan due.qasm --machine edf.yaml -o again.qasm
expect 0 qspan run again.qasm --machine edf.yaml --seed 1 --json again.json --shots 10
cmp <(same_part edf.json) <(same_part again.json) || fail "the printed program differs"

# A telegate's ebit is of the class asked for before the call; blind, it is used before its herald.
cat >blind.qasm <<'EOM'
OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[2] a; qubit[2] b; output bit[2] c;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1]
h a[0];
@qspan.ebit none
telegate_cx(a[0], a[1], b[1], b[0]);
c[0] = measure a[0]; c[1] = measure b[0];
EOM
sed 's/@qspan.ebit none/@qspan.ebit frame/' blind.qasm >frame.qasm
cat >two.yaml <<'EOM'
qpus: [{name: A, data: 1, comm: 1}, {name: B, like: A}]
fibres: [{between: [A, B], length: 1 km, loss: 30 dB/km}]
herald: {model: two_click}
EOM
for class in blind frame; do
    expect 0 qspan run $class.qasm --machine two.yaml --shots 64 --shots-per-timeline 8 --seed 2 \
        --json $class.json
done
equal "$(json blind.json network used_by_class none)" 8
equal "$(json frame.json network used_by_class frame)" 8
python3 - "$(json blind.json network fidelity at_use)" <<'EOM' || fail "blind pairs are not mixed"
import sys
p = 0.5 * 10 ** -3  # of a herald
sys.exit(abs(float(sys.argv[1]) - (p + (1 - p) / 4)) > 1e-9)
EOM
python3 - "$(json blind.json makespan_ps mean)" "$(json frame.json makespan_ps mean)" <<'EOM' || fail "blind is not sooner"
import sys
sys.exit(float(sys.argv[1]) * 100 > float(sys.argv[2]))
EOM

# Abstract links know no classes: said once, the results are those without.
expect 0 qspan run blind.qasm --shots 100 --seed 3 --json with.json
has err "blind.qasm:9:1: warning: '@qspan.ebit' does nothing on abstract links"
sed '/@qspan.ebit/d' blind.qasm >plain.qasm
expect 0 qspan run plain.qasm --shots 100 --seed 3 --json without.json
equal "$(json with.json counts)" "$(json without.json counts)"

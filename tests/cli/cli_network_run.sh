# Programs on physical networks; the same on any number of ranks.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

# A program over links, and over a network that behaves as those links do: the same bits.
cat >links.yaml <<'EOM'
qpus: [{name: A, data: 4, comm: 2}, {name: B, like: A}]
links: [{between: [A, B], fidelity: 0.9, time: 10 us, classical: 1 us}]
EOM
cat >fibre.yaml <<'EOM'
qpus: [{name: A, data: 4, comm: 2}, {name: B, like: A}]
fibres: [{between: [A, B], length: 200 m}]
herald: {model: measured, fidelity: 0.9, rate: 100 kHz, deterministic: yes}
EOM
eight_qubits t >bell.qasm
figures() { # what both sources must agree on
    grep -E '"[01]{8}": |"(requested|A-B|total)"|bits_sent' "$1"
}
for machine in links fibre; do
    expect 0 qspan run bell.qasm --machine $machine.yaml --shots 3000 --seed 3 --json $machine.json
done
cmp <(figures links.json) <(figures fibre.json) || fail "links and fibre differ"
equal "$(json links.json makespan_ps mean)" "$(json fibre.json makespan_ps mean)"
equal "$(json fibre.json makespan_ps timelines)" 3
equal "$(json fibre.json network timelines)" 3

# Random times: one timeline per block, whatever the number of ranks.
for n in 1 2 3 4; do
    expect 0 on_ranks $n run bell.qasm --machine today-ion:data=4,comm=2 --shots 100 \
        --shots-per-timeline 16 --seed 3 --json run$n.json --trace t.json
    [ $n = 1 ] || cmp <(same_part run1.json) <(same_part run$n.json) || fail "$n ranks differ"
done
equal "$(json run1.json makespan_ps timelines)" 7
expect 0 on_ranks 4 run bell.qasm --machine today-ion:data=4,comm=2 --shots 100 \
    --shots-per-timeline 16 --seed 3 --json replicas.json --replicas 2 --engine statevector
expect 0 qspan run bell.qasm --machine today-ion:data=4,comm=2 --shots 100 \
    --shots-per-timeline 16 --seed 3 --json one.json --engine statevector
cmp <(same_part one.json) <(same_part replicas.json) || fail "replicas differ"
[ "$(json run1.json makespan_ps min)" != "$(json run1.json makespan_ps max)" ] || fail "no spread"
expect 2 qspan run bell.qasm --machine links.yaml --trace t.json
has err "a trace shows a physical network"
expect 0 qspan plan bell.qasm --machine today-ion:data=4,comm=2

# Requests that depend on outcomes: each shot has a timeline of its own. Over a network that behaves
# as links do, the same bits as over the links.
cat >loop.qasm <<'EOM'
OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[3] a; qubit[3] b; bit m; bit go; output bit[3] c;
pragma qspan qpu A data a[0:1] comm a[2]
pragma qspan qpu B data b[0:1] comm b[2]
h a[0];
go = measure a[0];
while (go) {
  ebit(a[2], b[2]);
  c[0] = measure a[2];
  c[1] = measure b[2];
  h a[0];
  go = measure a[0];
}
if (c[0]) {
  ebit(a[2], b[2]);
  c[2] = measure b[2];
  cx a[2], a[1];
  h a[2];
  m = measure a[2];
}
EOM
figures() { grep -E '"[01]{3}": |"(requested|A-B|total)"|bits_sent|makespan' "$1"; }
for machine in links fibre; do
    expect 0 qspan run loop.qasm --machine $machine.yaml --shots 2000 --seed 3 --json $machine.json
done
cmp <(figures links.json) <(figures fibre.json) || fail "links and fibre differ in loops"
equal "$(json fibre.json network timelines)" 2000

# Two jobs share one channel; what one does depends on outcomes, and so do age and errors of the
# other's pair, which stands first in the file.
cat >shared.yaml <<'EOM'
qpus: [{name: A, data: 2, comm: 1, measure: {time: 3 us}}, {name: B, like: A},
       {name: C, like: A}, {name: D, like: A}]
qnus: [{source: 1 us, T1: 100 us, T2: 60 us}]
switches: [{name: s, count: 2, radix: 4, analysers: 1}]
fibres: [{between: [A, s0]}, {between: [C, s0]}, {between: [B, s1]}, {between: [D, s1]},
         {between: [s0, s1], length: 1 km, loss: 3 dB/km, channels: 1}]
herald: {model: two_click, visibility: 0.9}
EOM
cat >shared.qasm <<'EOM'
OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[3] a; qubit[3] b; qubit[3] d; qubit[3] e; bit go; bit[2] w; bit never; output bit[2] c;
pragma qspan qpu C data d[0:1] comm d[2]
pragma qspan qpu D data e[0:1] comm e[2]
pragma qspan qpu A data a[0:1] comm a[2]
pragma qspan qpu B data b[0:1] comm b[2]
x d[0]; reset d[0]; w[0] = measure d[0];
ebit(d[2], e[2]);
c[0] = measure d[2]; c[1] = measure e[2];
//LOOP
EOM
loop='x a[0]; go = measure a[0]; while (go) { ebit(a[2], b[2]); w[1] = measure a[2];
go = measure b[2]; }'
sed "s|//LOOP|${loop//$'\n'/ }|" shared.qasm >jobs.qasm
for n in 1 2 3 4; do
    expect 0 on_ranks $n run jobs.qasm --machine shared.yaml --shots 300 --seed 5 --json j$n.json
    [ $n = 1 ] || cmp <(same_part j1.json) <(same_part j$n.json) || fail "$n ranks differ"
done
# replicas settle shots of their own
for n in 2 4; do # ranks
    expect 0 on_ranks $n run jobs.qasm --machine shared.yaml --shots 300 --seed 5 --replicas 2 \
        --json r$n.json
    equal "$(json r$n.json replicas)" 2
    cmp <(same_part j1.json) <(same_part r$n.json) || fail "2 replicas of $n ranks differ"
done
expect 0 qspan run jobs.qasm --machine shared.yaml --shots 1 --seed 5 --json one.json
expect 0 on_ranks 2 run jobs.qasm --machine shared.yaml --shots 1 --seed 5 --replicas 2 --json two.json
cmp <(same_part one.json) <(same_part two.json) || fail "a replica without shots differs"
expect 3 qspan run jobs.qasm --machine shared.yaml --probabilities all
has err "there are shots, but not exact probabilities"

# A branch that is never taken makes every shot settle its own timeline: as timelines of one shot.
sed 's|//LOOP|never = measure a[0]; if (never) { ebit(a[2], b[2]); w[1] = measure a[2]; go = measure b[2]; }|' \
    shared.qasm >never.qasm
sed 's|//LOOP|never = measure a[0]; |' shared.qasm >plain.qasm
expect 0 qspan run plain.qasm --machine shared.yaml --shots 300 --shots-per-timeline 1 --seed 5 \
    --engine statevector --json plain.json
expect 0 qspan run never.qasm --machine shared.yaml --shots 300 --seed 5 --json never.json
figures() { grep -E '"[01]{2}": |"(requested|C-D|total|timelines)"|makespan|at_use' "$1"; }
cmp <(figures plain.json) <(figures never.json) || fail "settled shots differ from static ones"

# Frames meet the same pairs: one timeline per block of shots, blocks longer or shorter than those of
# the engine, on any number of ranks.
eight_qubits s >clifford.qasm
fibre_pairs 4 >noisy.yaml
figures() { grep -E '"(requested|A-B|total|timelines|mean|p50)"|makespan|at_use|bits_sent' "$1"; }
for b in 100 1024 1500; do
    for engine in statevector frame; do
        expect 0 qspan run clifford.qasm --machine noisy.yaml --engine $engine --shots 4000 --seed 4 \
            --shots-per-timeline $b --json $engine.json
    done
    cmp <(figures statevector.json) <(figures frame.json) || fail "timelines of frames differ"
    expect 0 qspan compare statevector.json frame.json
done
for n in 2 3; do
    expect 0 on_ranks $n run clifford.qasm --machine noisy.yaml --engine frame --shots 4000 --seed 4 \
        --shots-per-timeline 1500 --json f$n.json
    cmp <(same_part frame.json) <(same_part f$n.json) || fail "frames on $n ranks differ"
done

# No ebit has no latency and no fidelity.
expect 0 qspan run bell.qasm --machine today-ion:data=8,comm=2 --shots 10 --seed 3
has out "ebits           0 per shot"
if grep -E '^(ebit latency|fidelity)' out; then
    fail "figures of no ebit"
fi

# Shots that share a timeline share its pairs, which their error bars do not tell.
qspan gen ghz -n 4 -o ghz4.qasm
fibre_pairs 2 >pairs.yaml
expect 0 qspan run ghz4.qasm --machine pairs.yaml --shots 100 --seed 1
has err "the 100 shots share one timeline of the network"
expect 0 qspan run ghz4.qasm --machine pairs.yaml --shots 100 --seed 1 --shots-per-timeline 1
! grep -q "share one timeline" err || fail "100 timelines are one"

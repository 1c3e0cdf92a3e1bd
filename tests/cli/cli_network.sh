# network: a machine's network alone and under programs; the same on any number of ranks.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

expect 0 qspan network cisco-qdc-2026 --seed 1 --requests 2000 --json net.json --trace trace.json
has out "network cisco-qdc-2026, 16 QPUs, 2000 requests (all-to-all), seed 1"
has out "2000 used of 2000 made"
equal "$(json net.json network ebits_delivered)" 2000
equal "$(json net.json ebits total used)" 2000
has trace.json '"traceEvents"'
has trace.json '"name": "comm qubit 0"'
has trace.json '"name": "analyser 0"'
has trace.json '"ph": "f"'
if command -v python3 >/dev/null; then
    python3 "$QSPAN_SOURCE_DIR/tests/tools/check_trace.py" trace.json || fail "not a valid trace"
    # pairs made in advance and kept while they are used; outages
    cat >out.yaml <<'EOM'
qpus: [{name: q, count: 4, data: 16, comm: 2}]
qnus: [{source: 1 us, reset: 10 us, T1: 1 s, T2: 1 s, buffer: 4}]
topology: {kind: star, switch: {analysers: 2, reconfiguration: 1 us}, fibre: {length: 10 m, loss: 100 dB/km, channels: 2}}
herald: {model: sender_receiver}
policy: {purify: dejmps, rounds: 2, cutoff: 10 ms, lookahead: 4}
outages:
  - {node: hub0, from: 1 ms, until: 2 ms}
  - {between: [q0, hub0], from: 3 ms, until: 4 ms}
  - {node: q1, from: 5 ms, until: 6 ms}
EOM
    for machine in out.yaml cisco-qdc-2026:n=32,policy.lookahead=16,comm=2; do
        expect 0 qspan network $machine --seed 1 --requests 200 --workload random --use 100us \
            --window 24 --trace trace.json
        python3 "$QSPAN_SOURCE_DIR/tests/tools/check_trace.py" trace.json || fail "$machine: trace"
    done
fi

# What outages did, as text; the pairs of a run meet the same ones.
fibre_pairs 1 >fails.yaml
echo 'outages: [{between: [A, B], from: 1 us, until: 300 us}]' >>fails.yaml
expect 0 qspan network fails.yaml --seed 1 --requests 5 --json fails.json
aborted=$(json fails.json network aborted_by_outages)
has out "outages         1; aborted $aborted, lost $(json fails.json network lost_by_outages)"
printf 'OPENQASM 2.0;\nqreg q[2];\ncreg c[2];\nCX q[0],q[1];\nmeasure q -> c;\n' >one.qasm
expect 0 qspan run one.qasm --machine fails.yaml --shots 64 --shots-per-timeline 32 --seed 1
has out "outages         2; aborted"
expect 0 qspan network demo-2030 --seed 7 --requests 5
! grep -q outages out || fail "outages of a machine without"

for workload in nearest random qft; do
    expect 0 qspan network cisco-qdc-2026:topology=bcube --seed 1 --requests 500 --jobs 2 \
        --window 5 --use 3us --workload $workload
    has out "fairness"
done

part() { grep -vE '^  "(ranks|run_s|wall_s)":' "$1"; }
for n in 1 2 3 4; do
    expect 0 on_ranks $n network demo-2030 --seed 7 --requests 50 --json n$n.json
    [ $n = 1 ] || cmp <(part n1.json) <(part n$n.json) || fail "$n ranks differ"
done

# Rank 0 reads, for all.
qspan machine demo-2030 >demo.yaml
for n in 1 3; do
    expect 0 on_ranks $n network - --seed 7 --requests 50 --json input.json <demo.yaml
    cmp <(part n1.json) <(part input.json) || fail "from standard input, $n ranks differ"
done

# Two nodes as SeQUeNCe describes them: p = 10^-0.2 / 2 in a cycle of 5 x 0.9 ms, 70 ebits per second.
cat >two.json <<'EOM'
{"nodes": [{"name": "a", "type": "QuantumRouter", "memo_size": 1},
           {"name": "b", "type": "QuantumRouter", "memo_size": 1}],
 "qconnections": [{"node1": "a", "node2": "b", "attenuation": 0.0001, "distance": 20000,
                   "type": "meet_in_the_middle"}],
 "cconnections": [{"node1": "a", "node2": "b", "delay": 900000000}]}
EOM
expect 0 qspan network two.json --seed 3 --requests 7000 --window 1 --json two.out
makespan=$(json two.out makespan_ps)
[ "$makespan" -gt 90000000000000 ] && [ "$makespan" -lt 110000000000000 ] ||
    fail "7000 ebits take $makespan ps"

expect 3 qspan network werner
has err "machine werner has abstract links only"
expect 3 qspan network demo-2030:policy.rounds=12
has err "the policy needs 12"
expect 2 qspan network demo-2030 --use 3
has err "--use 3: a unit is missing"
expect 3 qspan network today-ion --jobs 2
has err "2 QPUs do not give each of 2 jobs two: at most 1"

# Schedules, classes and deadlines.
for schedule in edf max_weight tdma,policy.slot=50us; do
    expect 0 qspan network cisco-qdc-2026:topology=clos,policy.schedule=$schedule --seed 1 \
        --requests 500 --jobs 2 --due 100us --wait frame --json due.json
    has due.json '"late"'
done
expect 3 qspan network cisco-qdc-2026:policy.schedule=tdma
has err "tdma needs a policy.slot"
expect 3 qspan network demo-2030:purify=epl
has err "epl is for pairs of herald.model single_click"
expect 0 qspan network demo-2030:purify=epl,herald.model=single_click,rounds=1 --seed 1 --requests 100
expect 2 qspan network demo-2030 --wait soon
expect 2 qspan network demo-2030 --due 0s
has err "--due 0s: expected more than 0"

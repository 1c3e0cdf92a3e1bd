# Bulk samples and error models of programs on physical networks: pairs of the run's own timelines.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

eight_qubits s >clifford.qasm
fibre_pairs 4 'channels: 4' >noisy.yaml

# With the seed of a run by frames, the same shots; on any number of ranks, in teams too.
count() { # lines, each reversed
    rev "$1" | sort | uniq -c | awk '{print $2, $1}'
}
for b in 1 100 1500; do
    expect 0 qspan run clifford.qasm --machine noisy.yaml --engine frame --shots 3000 --seed 4 \
        --shots-per-timeline $b --json run.json
    expect 0 qspan sample clifford.qasm --machine noisy.yaml --shots 3000 --seed 4 \
        --shots-per-timeline $b -o shots
    grep -oE '"[01]{8}": [0-9]+' run.json | tr -d '":' | sort -u >want
    cmp <(count shots) want || fail "other shots than a run's, $b to a timeline"
    n=$((b % 3 + 2))
    expect 0 on_ranks $n sample clifford.qasm --machine noisy.yaml --shots 3000 --seed 4 \
        --shots-per-timeline $b -o ranks
    cmp shots ranks || fail "other shots on $n ranks"
done
expect 0 on_ranks 2 sample clifford.qasm --machine noisy.yaml --shots 3000 --seed 4 \
    --shots-per-timeline 1500 --replicas 1 -o ranks
cmp shots ranks || fail "other shots in a team"

# Pairs measured in X and in Z, in rounds that get better and worse ones: the model of a timeline
# says how often its shots flip each detector.
cat >rounds.qasm <<'EOM'
OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[3] a; qubit[3] b; output bit[4] c;
pragma qspan qpu A data a[0] comm a[1:2]
pragma qspan qpu B data b[0] comm b[1:2]
for uint i in [1:3] {
  ebit(a[1], b[1]);
  ebit(a[2], b[2]);
  c[0] = measure a[1]; c[1] = measure b[1];
  h a[2]; h b[2];
  c[2] = measure a[2]; c[3] = measure b[2];
  @qspan.stim DETECTOR rec[-1] rec[-2]
  barrier;
  @qspan.stim DETECTOR rec[-3] rec[-4]
  barrier;
}
pragma qspan stim OBSERVABLE_INCLUDE(0) rec[-3] rec[-4]
EOM
fibre_pairs 1 'channels: 4' >two.yaml
expect 0 qspan sample rounds.qasm --machine two.yaml --detectors --append-observables --seed 7 \
    --shots 60000 --shots-per-timeline 20000 -o events
for k in 0 2; do
    expect 0 qspan dem rounds.qasm --machine two.yaml --seed 7 --timeline $k -o $k.dem
    python3 - $k.dem $k <<'EOM' || fail "the model of timeline $k is not that of its shots"
import math, re, sys
want = {}
for p, targets in re.findall(r"error\(([^)]*)\) (.*)", open(sys.argv[1]).read()):
    for t in targets.split():
        i = int(t[1:]) if t[0] == "D" else 6
        want[i] = want.get(i, 0) * (1 - 2 * float(p)) + float(p)
first = 20000 * int(sys.argv[2])
shots = open("events").read().split()[first:first + 20000]
for i in range(7):
    n = sum(s[i] == "1" for s in shots)
    p = want[i]
    sigma = math.sqrt(20000 * p * (1 - p))
    if abs(n - 20000 * p) > 4 * sigma:
        sys.exit(f"D{i}: {n} of 20000, not {p}")
    print(f"D{i}: {n} {p}")
sys.exit(max(want.values()) - min(want.values()) < 0.03)  # rounds differ, or this shows little
EOM
done
! cmp -s 0.dem 2.dem || fail "timelines have the same model"
expect 0 qspan dem rounds.qasm --machine two.yaml --seed 7 --timeline 2 --fold-loops
has err "loops are written out: pairs differ from round to round"
cmp out 2.dem || fail "other model with --fold-loops"

# Refused, with what to do instead.
expect 3 qspan dem rounds.qasm --machine two.yaml
has err "--timeline K gives the model of timeline K"
expect 2 qspan dem rounds.qasm --timeline 0
has err "--timeline goes with a --machine that is a physical network"
sed 's/1:3/1:1000000000000/' rounds.qasm >endless.qasm
expect 4 qspan sample endless.qasm --machine two.yaml --detectors --shots 1
expect 4 qspan dem endless.qasm --machine two.yaml --timeline 0
cat >choice.qasm <<'EOM'
OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[2] a; qubit[2] b; bit m; output bit[2] c;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1]
h a[0];
m = measure a[0];
if (m) {
  ebit(a[1], b[1]);
  c[0] = measure a[1];
  c[1] = measure b[1];
}
EOM
expect 3 qspan sample choice.qasm --machine two.yaml
has err "choice.qasm:10:"
expect 3 qspan dem choice.qasm --machine two.yaml --timeline 0
has err "depends on results"

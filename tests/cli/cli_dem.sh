# Detector error models: a circuit, the same distributed over noisy links, a program, refusals.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

cat >memory.stim <<'TXT'
R 0 1 2
CX 0 1 2 1
MR 1
REPEAT 100000000000 {
    X_ERROR(0.125) 0
    CX 0 1 2 1
    MR(0.25) 1
    DETECTOR(1) rec[-1] rec[-2]
    SHIFT_COORDS(1)
}
TXT
expect 0 qspan dem memory.stim --fold-loops --decompose-errors -o memory.dem
has memory.dem 'repeat '
has memory.dem '    error(0.125) D0'
has memory.dem '    error(0.25) D0 D1'
expect 3 qspan dem memory.stim
has err '--fold-loops'
expect 2 qspan dem memory.stim --ignore-decomposition-failures
has err 'goes with --decompose-errors'
expect 3 qspan dem memory.stim --fold-loops --machine missing.yaml

printf 'H 0\nM 0\nDETECTOR rec[-1]\nT 0\n' >random.stim
expect 3 qspan dem random.stim
has err 'random.stim:4:3: error: t is no Clifford'
sed -i '$d' random.stim
expect 3 qspan dem random.stim
has err 'D0 is random'
expect 0 qspan dem random.stim --allow-gauge-detectors
equal "$(cat out)" 'error(0.5) D0'

# DEPOLARIZE2(p) leaves a Bell pair as it was with 1 - 12 p / 15: nothing is detected.
printf '%s\n' 'R 0 1' 'H 0' 'CX 0 1' 'DEPOLARIZE2(0.1) 0 1' 'MXX 0 1' 'MZZ 0 1' 'DETECTOR rec[-1]' \
    'DETECTOR rec[-2]' >pair.stim
expect 0 qspan dem pair.stim
equal "$(tr '()' '  ' <out | awk '/error/ {keep = keep ? keep * (1 - $2) : 1 - $2; all = all ? all * $2 : $2}
    END {printf "%d %.9f", NR, keep + all}')" "3 0.920000000"

# A remote CNOT over a noisy link: errors of the ebit are errors of the model.
two_qpus >remote.qasm <<'TXT'
x a[0];
ebit(a[1], b[1]);
cx a[0], a[1];
m = measure a[1];
if (m) x b[1];
cx b[1], b[0];
h b[1];
k = measure b[1];
if (k) z a[0];
c[0] = measure a[0];
c[1] = measure b[0];
pragma qspan stim DETECTOR rec[-1] rec[-2]
pragma qspan stim OBSERVABLE_INCLUDE(0) rec[-2]
TXT
expect 0 qspan dem remote.qasm
equal "$(cat out)" 'detector D0
logical_observable L0'
expect 0 qspan dem remote.qasm --machine werner:n=2,data=1,comm=1,F=0.97
# X and Y of the pair flip the target, 0.01 each: p = 2 q (1 - q) with the q of independent errors
equal "$(grep -c '^error' out)" 1
p=$(sed -n 's/^error(\(.*\)) D0$/\1/p' out)
awk -v p="$p" 'BEGIN { exit !(p > 0.0199999999999 && p < 0.0200000000001) }' || fail "p = $p"
has out 'logical_observable L0'

# Over QPUs the model is the same: no outcome of a protocol reaches a detector.
cat >products.stim <<'TXT'
R 0 1 2 3
MPP X0*X1*X2*X3 Z0*Z2
REPEAT 3 {
    DEPOLARIZE2(0.01) 0 3 1 2
    CX 0 2
    CX 0 2
    MPP(0.02) X0*X1*X2*X3 !Z0*Z2
    DETECTOR rec[-1] rec[-3]
    DETECTOR rec[-2] rec[-4]
    CX rec[-1] 1
    CX rec[-1] 1
    E(0.01) X0 Y1 Z2
}
TXT
expect 0 qspan dem products.stim -o whole.dem
for n in 2 3 4; do
    expect 0 qspan dem products.stim --qpus $n -o spread.dem
    cmp whole.dem spread.dem || fail "over $n QPUs"
done

# --noise: the model of what the noise model adds is that of the same errors written out by hand.
cat >repetition.stim <<'TXT'
R 0 1 2
X 0
CX 0 1 2 1
MR 1
DETECTOR rec[-1]
X_ERROR(0.01) 2
M 0 2
DETECTOR rec[-1] rec[-3]
OBSERVABLE_INCLUDE(0) rec[-2]
TXT
cat >by_hand.stim <<'TXT'
R 0 1 2
X_ERROR(0.125) 0 1 2
X 0
CX 0 1
DEPOLARIZE2(0.09375) 0 1
CX 2 1
DEPOLARIZE2(0.09375) 2 1
MR(0.25) 1
X_ERROR(0.125) 1
DETECTOR rec[-1]
X_ERROR(0.01) 2
M(0.25) 0 2
DETECTOR rec[-1] rec[-3]
OBSERVABLE_INCLUDE(0) rec[-2]
TXT
cat >noise.yaml <<'TXT'
errors:
  - {gates: [cx], depolarizing: 0.1}
  - {gates: [measure], readout: 0.25}
  - {gates: [reset], pauli: {X: 0.125}}
TXT
same_model() { # the same errors in the same order, probabilities within 1e-12
    paste <(tr '()' '  ' <"$1") <(tr '()' '  ' <"$2") | awk '
        { for (i = 1; 2 * i <= NF; i++) { a = $i; b = $(i + NF / 2)
            if (a != b && !(i == 2 && $1 == "error" && (a - b) ^ 2 < 1e-24)) exit 1 } }' ||
        fail "$(diff "$1" "$2")"
}
expect 0 qspan dem repetition.stim --noise noise.yaml -o model.dem
expect 0 qspan dem by_hand.stim -o hand.dem
equal "$(grep -c error model.dem)" 5
same_model model.dem hand.dem

# The same of a program, where gates and results of the protocol are noisy too.
two_qpus >hand.qasm <<'TXT'
x a[0];
ebit(a[1], b[1]);
cx a[0], a[1];
pragma qspan stim DEPOLARIZE2(0.09375) a[0] a[1]
pragma qspan op measure(0.25) m Z a[1]
if (m) x b[1];
cx b[1], b[0];
pragma qspan stim DEPOLARIZE2(0.09375) b[1] b[0]
h b[1];
pragma qspan op measure(0.25) k Z b[1]
if (k) z a[0];
pragma qspan op measure(0.25) c[0] Z a[0]
pragma qspan op measure(0.25) c[1] Z b[0]
pragma qspan stim DETECTOR rec[-1] rec[-2]
pragma qspan stim OBSERVABLE_INCLUDE(0) rec[-2]
TXT
werner=werner:n=2,data=1,comm=1,F=0.97
expect 0 qspan dem remote.qasm --noise noise.yaml --machine $werner -o model.dem
expect 0 qspan dem hand.qasm --machine $werner -o hand.dem
[ "$(grep -c error model.dem)" -ge 3 ] || fail "few errors: $(cat model.dem)"
same_model model.dem hand.dem
# over QPUs: of the program as it prints with its errors
expect 0 qspan dem repetition.stim --qpus 2 --noise noise.yaml -o model.dem
expect 0 qspan plan repetition.stim --qpus 2 --noise noise.yaml -o printed.qasm
expect 0 qspan dem printed.qasm -o hand.dem
same_model model.dem hand.dem

# What is no Pauli error is refused where it acts.
echo 'errors: [{gates: [x], amplitude_damping: 0.1}]' >damping.yaml
expect 3 qspan dem repetition.stim --noise damping.yaml
has err "repetition.stim:2:3: error: relax: it is no Pauli error"
echo 'errors: [{gates: [measure], readout: [[1, 0], [0.1, 0.9]]}]' >skewed.yaml
expect 3 qspan dem repetition.stim --noise skewed.yaml
has err "repetition.stim:7:5: error: a result that is wrong more often when it is 0, or 1"
expect 3 qspan dem repetition.stim --noise missing.yaml

# Errors that wait for a result: half of the shots have it.
waiting() {
    cat <<EOM
OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[2] a; output bit[2] c; bit m;
pragma qspan qpu A data a[0:1]
$1
m = measure a[0];
if (m) {
  @qspan.stim X_ERROR(0.5) a[1]
  barrier;
}
c[0] = measure a[1];
pragma qspan op detector c[0]
EOM
}
waiting 'h a[0];' >waits.qasm
expect 0 qspan dem waits.qasm
equal "$(cat out)" 'error(0.25) D0'
expect 0 qspan sample waits.qasm --detectors --shots 4000 --seed 1 -o waits.01
ones=$(grep -c 1 waits.01)
[ "$ones" -gt 850 ] && [ "$ones" -lt 1150 ] || fail "$ones of 4000, not a quarter"
waiting 'x a[0];' >known.qasm
expect 3 qspan dem known.qasm
has err "known.qasm:9:15: error: an error under a condition that is not random but for errors"
waiting 'h a[0];' | sed 's/X_ERROR(0.5) a/X_ERROR(0.5) a[0] a/' >twice.qasm
expect 3 qspan dem twice.qasm
has err "twice.qasm:9:15: error: an error under a condition that other errors wait for as well"
expect 3 qspan dem twice.qasm --approximate-disjoint-errors 0.2
expect 0 qspan dem twice.qasm --approximate-disjoint-errors 0.25
equal "$(cat out)" 'error(0.25) D0'

# So corrections on a machine whose gates have errors have a model.
cat >gates.yaml <<'EOM'
qpus:
  - {name: A, data: 9, comm: 1, gate1: {error: 1e-3}}
  - {name: B, data: 9, comm: 1, like: A}
links: [{between: [A, B], fidelity: 0.99}]
EOM
expect 0 qspan gen rotated-memory-z -d 3 --rounds 1000000 -o rounds.stim
expect 0 qspan dem rounds.stim --machine gates.yaml --fold-loops --decompose-errors --ignore-decomposition-failures
has out 'repeat 499998 '

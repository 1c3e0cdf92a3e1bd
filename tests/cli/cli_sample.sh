# qspan sample: bytes as Stim 1.16 writes them, the same for any ranks and threads, refusals.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

# Circuits of which every shot is the same; sums are those of what `stim sample` and `stim detect`
# wrote for 128 shots.
cat >fixed.stim <<'TXT'
X 0 3 9 270 299
M 0 1 2 3 4 5 6 7 8 9
REPEAT 29 {
    M 20 21 22 23 24 25 26 27 28 29
}
M 270 !271 299
TXT
cat >events.stim <<'TXT'
R 0 1 2
M 0 1 2
X_ERROR(1) 1
REPEAT 30 {
    M 0 1 2
    DETECTOR rec[-1] rec[-4]
    DETECTOR rec[-2] rec[-5]
    DETECTOR rec[-3] rec[-6]
    X_ERROR(1) 0
}
REPEAT 100 {
    M 0 1 2
    DETECTOR rec[-2] rec[-5]
    DETECTOR rec[-1]
    DETECTOR rec[-1]
}
X_ERROR(1) 2
M 2
OBSERVABLE_INCLUDE(0) rec[-1]
OBSERVABLE_INCLUDE(2) rec[-1] rec[-2]
OBSERVABLE_INCLUDE(3) rec[-2]
OBSERVABLE_INCLUDE(10) rec[-4]
TXT
sum() { sha256sum <"$1" | cut -c1-16; }
#       format fixed            events           append           observables
while read -r format fixed events append observables; do
    expect 0 qspan sample fixed.stim --shots 128 --out-format "$format" -o got
    equal "$format $(sum got)" "$format $fixed"
    expect 0 qspan sample events.stim --detectors --shots 128 --out-format "$format" -o got
    equal "$format $(sum got)" "$format $events"
    expect 0 qspan sample events.stim --detectors --append-observables --shots 128 \
        --out-format "$format" -o got
    equal "$format $(sum got)" "$format $append"
    expect 0 qspan sample events.stim --detectors --shots 128 -o got --obs-out obs \
        --obs-out-format "$format"
    equal "$format $(sum obs)" "$format $observables"
    equal "$format $(sum got)" "$format dffd0a2528046655"
done <<'TXT'
01    a5ded048dd65c565 dffd0a2528046655 fdb3341d2fe1dfcd d3b3589212e8fe77
b8    d581cfed0ba9c38a ae424cbbe54777f0 0d46289e93e67928 9b5b139b3f3ad492
r8    1f2b91463a82afd2 b936c07fe3086949 c022d85b3ffb5dfd 06075a1e761f82b9
hits  1aac82a28a93197c 1c825918b8cf3f27 58c764c243728ae2 b596cacecba9bb65
dets  7118eeac06ab1775 6150be10a6eb87a8 d61e525ff70d7ad7 b8b8b480e5b373d7
ptb64 6e88de28c19af98f bbadb0c163cb8c2f efbaa49af11403f4 be6d335e09269ffe
TXT

# Noise, feedback, a sweep: on stdout, one shot more than two blocks, any ranks, threads and ISA.
cat >noisy.stim <<'TXT'
H 0
CX 0 1
DEPOLARIZE2(0.01) 0 1
REPEAT 7 {
    MPP(0.001) X0*X1 Z0*Z1
    HERALDED_ERASE(0.005) 1
    E(0.3) X0
    ELSE_CORRELATED_ERROR(0.01) Z0 Y1
    DETECTOR rec[-1]
    DETECTOR rec[-2] rec[-3]
}
CX rec[-2] 2 sweep[1] 2
MR 0 1 2
OBSERVABLE_INCLUDE(1) rec[-1]
TXT
for ((i = 0; i < 2049; i++)); do echo "$((i % 2))$((i % 3 == 0))"; done >sweep.01
n_ranks=1
# shellcheck disable=SC2086
for what in "" "--detectors --append-observables --out-format hits"; do
    expect 0 qspan sample noisy.stim $what --shots 2049 --seed 5 --sweep sweep.01 -q
    cp out want
    equal "$(wc -l <want)" 2049
    n_ranks=$((n_ranks + 1))
    OMP_NUM_THREADS=$((n_ranks - 1)) on_ranks $n_ranks sample noisy.stim $what --shots 2049 \
        --seed 5 --sweep sweep.01 -q >got
    cmp got want || fail "other shots on $n_ranks ranks"
    for isa in scalar avx2; do
        if QSPAN_ISA=$isa qspan info >/dev/null 2>&1; then
            QSPAN_ISA=$isa OMP_NUM_THREADS=3 qspan sample noisy.stim $what --shots 2049 --seed 5 \
                --sweep sweep.01 -q -o got
            cmp got want || fail "other shots with $isa"
        fi
    done
    # fewer shots are the first of them
    head -100 sweep.01 >first.01
    qspan sample noisy.stim $what --shots 100 --seed 5 --sweep first.01 -q >got
    cmp got <(head -100 want) || fail "shots depend on --shots"
done

# Files that all ranks write, each its own share, or rank 0 alone where the others do not find it.
for format in b8 dets; do
    qspan sample noisy.stim --shots 5000 --seed 5 --out-format $format -q >want
    echo "longer than any of the shots" >got
    expect 0 on_ranks 3 sample noisy.stim --shots 5000 --seed 5 --out-format $format -o got
    cmp got want || fail "3 ranks write another file"
    grep -q "rank 0 writes it for all" err && fail "3 ranks do not find one file"
done
mkdir apart
rm got # a new file has its place by its name alone
# shellcheck disable=SC2016
expect 0 mpirun --oversubscribe --bind-to none -n 2 bash -c \
    'if [ "$OMPI_COMM_WORLD_RANK" = 1 ]; then cd apart || exit 1; fi; exec "$0" "$@"' \
    "$QSPAN" sample noisy.stim --shots 5000 --seed 5 --out-format dets -o got
cmp got want || fail "rank 0 writes another file"
has err "got: not all ranks reach this file; rank 0 writes it for all"
[ -e apart/got ] && fail "a file of rank 1 alone"
expect 0 on_ranks 2 sample noisy.stim --shots 5000 --seed 5 -q -o /dev/null

# Without the reference shot: the flips alone.
printf 'X 0\nM 0 1\nX_ERROR(1) 0\nM 0 !1\n' >flips.stim
expect 0 qspan sample flips.stim --shots 3
equal "$(sort -u out)" 1001
expect 0 qspan sample flips.stim --shots 3 --skip-reference
equal "$(sort -u out)" 0010
expect 2 qspan sample flips.stim --detectors --skip-reference
has err "--detectors has no reference to skip"

# A program: results into output bits.
cat >pair.qasm <<'TXT'
OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[1] a; qubit[1] b; qubit[1] ca; qubit[1] cb; bit m; output bit[2] c;
pragma qspan qpu A data a[0] comm ca[0]
pragma qspan qpu B data b[0] comm cb[0]
h a[0];
ebit(ca[0], cb[0]);
cx a[0], ca[0];
m = measure ca[0];
if (m) x cb[0];
cx cb[0], b[0];
h cb[0];
bit k;
k = measure cb[0];
if (k) z a[0];
c[0] = measure a[0];
c[1] = measure b[0];
TXT
expect 0 qspan sample pair.qasm --shots 1000 --seed 2
equal "$(sort -u out | tr '\n' ' ')" "00 11 "

# Teams of ranks that share QPUs: feedback across ranks in a loop, noise on pairs of QPUs, bits
# written by turns; the same bytes.
cat >team.qasm <<'TXT'
OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[2] a; qubit[2] b; qubit[2] d; qubit[1] ca; qubit[1] cb; qubit[1] cd; bit m; bit k; output bit[4] c;
pragma qspan qpu A data a[0] a[1] comm ca[0]
pragma qspan qpu B data b[0] b[1] comm cb[0]
pragma qspan qpu D data d[0] d[1] comm cd[0]
for int i in [1:5] {
    h a[0];
    pragma qspan stim DEPOLARIZE1(0.1) a[0] b[1]
    ebit(ca[0], cb[0]);
    cx a[0], ca[0];
    m = measure ca[0];
    if (m) x cb[0];
    cx cb[0], b[0];
    h cb[0];
    k = measure cb[0];
    if (k) z a[0];
    ebit(cb[0], cd[0]);
    m = measure cb[0];
    k = measure cd[0];
    if (m ^ k) x d[0];
    if (m) x a[1];
    pragma qspan stim X_ERROR(0.3) a[0] d[1]
    c[0] = measure a[0];
    c[1] = measure b[0];
    c[2] = measure b[1];
    c[3] = measure d[0];
    pragma qspan stim DETECTOR rec[-1] rec[-3]
    pragma qspan stim DETECTOR rec[-3] rec[-4]
    pragma qspan stim OBSERVABLE_INCLUDE(0) rec[-2]
}
TXT
# shellcheck disable=SC2086
for what in "" "--detectors --append-observables"; do
    qspan sample team.qasm $what --shots 3000 --seed 3 -q >want
    n_ranks=$((n_ranks % 3 + 2)) # and as many threads as make 5
    OMP_NUM_THREADS=$((5 - n_ranks)) on_ranks $n_ranks sample team.qasm $what --shots 3000 --seed 3 --replicas $((n_ranks / 4 + 1)) -q >got
    cmp got want || fail "other shots in teams of $n_ranks ranks"
done
expect 2 on_ranks 4 sample team.qasm --replicas 1
has err "--replicas 1: teams of 4 ranks share the QPUs of a program, and there are 3"
expect 2 qspan sample team.qasm --replicas 2

# A circuit over QPUs: as on one, but for the errors of pairs.
cat >code.stim <<'TXT'
R 0 1 2 3 4
REPEAT 3 {
    X_ERROR(0.05) 0 2 4
    DEPOLARIZE2(0.01) 0 3
    CX 0 1 2 3
    CX 2 1 4 3
    MR(0.025) 1 3
    DETECTOR rec[-2]
    MPP X0*X4
}
M 0 2 4
TXT
ones() { # of the first detector, in 10000 shots
    qspan sample code.stim --detectors --shots 10000 --seed 4 -q "$@" | grep -c ^1
}
# P = 1/2 - (1 - 2 * 0.05)^2 (1 - 2 * 8/15 * 0.01) (1 - 2 * 0.025) / 2 = 0.1193
for n in 1 2 3; do
    n_ones=$(ones --qpus $n)
    [ "$n_ones" -gt 1031 ] && [ "$n_ones" -lt 1355 ] || fail "$n_ones of 10000 with $n QPUs"
done
# one more remote CX, whose target gets X with probability 2/3 * 0.2
n_ones=$(ones --machine werner:n=3,data=2,comm=4,F=0.8)
[ "$n_ones" -gt 1980 ] && [ "$n_ones" -lt 2420 ] || fail "$n_ones of 10000 with noisy pairs"

# --noise: X with 0.1 after each of three gates, then a result that is wrong with 0.2:
# P(0) = 1/2 - (1 - 0.2)^3 (1 - 0.4) / 2 = 0.3464; the same with a loop, from OpenQASM and a program,
# on any number of ranks.
cat >noise.yaml <<'TXT'
errors: [{gates: [x], pauli: {X: 0.1}}, {gates: [measure], readout: 0.2}]
TXT
printf 'X 0\nREPEAT 2 {\nX 0\n}\nM 0\n' >loop.stim
printf 'OPENQASM 2.0;include "qelib1.inc";qreg q[1];creg c[1];x q;x q;x q;measure q -> c;' >line.qasm
cat >one.qasm <<'TXT'
OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[1] a;
output bit c;
pragma qspan qpu A data a[0]
x a[0]; x a[0]; x a[0];
c = measure a[0];
TXT
for file in loop.stim line.qasm one.qasm; do
    expect 0 qspan sample $file --noise noise.yaml --shots 20000 --seed 5
    n_zeros=$(grep -c '^0$' out)
    [ "$n_zeros" -gt 6591 ] && [ "$n_zeros" -lt 7265 ] || fail "$n_zeros of 20000 of $file"
    cp out alone
done
expect 0 on_ranks 2 sample one.qasm --noise noise.yaml --shots 20000 --seed 5
cmp alone out || fail "2 ranks differ"
echo 'errors: [{gates: [x], relaxation: {T1: 10 us, time: 1 us}}]' >relax.yaml
expect 3 qspan sample loop.stim --noise relax.yaml
has err "loop.stim:1:3: error: frames cannot follow relax: it is no Pauli error"
echo 'errors: [{gates: [measure], readout: [[1, 0], [0.1, 0.9]]}]' >skewed.yaml
expect 3 qspan sample loop.stim --noise skewed.yaml
has err "loop.stim:5:3: error: frames cannot follow MEASURE: how often its result is wrong depends"

# Errors that depend on a bit, whose reference is 0, then 1: X with 0.3 on the second qubit where the
# first was 1, so that 15% + 30% of the shots differ, and the detector sees it.
cat >given.qasm <<'TXT'
OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[2] a; qubit[1] b;
output bit[4] c;
pragma qspan qpu A data a[0:1]
pragma qspan qpu B data b[0]
h a[0];
c[0] = measure a[0];
if (c[0]) {
  @qspan.stim X_ERROR(0.3) b[0]
  barrier;
}
c[1] = measure b[0];
x a[1];
c[2] = measure a[1];
if (c[2]) {
  @qspan.stim X_ERROR(0.3) b[0]
  barrier;
}
c[3] = measure b[0];
pragma qspan stim DETECTOR rec[-3]
pragma qspan stim DETECTOR rec[-1] rec[-3]
TXT
expect 0 qspan sample given.qasm --shots 20000 --seed 6
awk '{ n[substr($0, 1, 2)]++; bad += /^..0/; flip += substr($0, 2, 1) != substr($0, 4, 1) }
    END { exit !(bad == 0 && n["01"] == 0 && n["11"] > 2740 && n["11"] < 3260 &&
                 flip > 5690 && flip < 6310) }' out || fail "$(sort out | uniq -c)"
cp out alone
expect 0 on_ranks 3 sample given.qasm --shots 20000 --seed 6
cmp alone out || fail "3 ranks differ"
expect 0 qspan sample given.qasm --detectors --shots 20000 --seed 6
awk '{ a += /^1/; b += /1$/ } END { exit !(a > 2740 && a < 3260 && b > 5690 && b < 6310) }' out ||
    fail "detectors: $(sort out | uniq -c)"
expect 0 on_ranks 2 sample given.qasm --shots 20000 --seed 6 --replicas 1
cmp alone out || fail "a team differs"
sed 's/X_ERROR(0.3) b\[0\]/E(0.3) X b[0]/' given.qasm >chain.qasm
expect 0 qspan sample chain.qasm --shots 20000 --seed 6
awk '{ bad += /^01/ || /^..0/ } END { exit bad != 0 }' out || fail "$(sort out | uniq -c)"
cp out alone
expect 0 on_ranks 2 sample chain.qasm --shots 20000 --seed 6 --replicas 1
cmp alone out || fail "a team differs in chains of errors"

# Refused.
printf 'H 0\nT 0\nM 0\n' >magic.stim
expect 3 qspan sample magic.stim
has err "magic.stim:2:3: error: frames cannot follow t: it is no Clifford gate"
expect 2 qspan sample noisy.stim --out-format ptb64 --shots 100
has err "ptb64 takes shots in multiples of 64"
expect 2 qspan sample noisy.stim --append-observables
expect 3 qspan sample noisy.stim --sweep fixed.stim
printf 'REPEAT 1000000000000 {\nM 0\nDETECTOR rec[-1]\n}\n' >endless.stim
expect 4 qspan sample endless.stim --detectors --shots 1
has err "more than the"
expect 4 qspan sample fixed.stim --memory-per-rank 1000

# Without detectors every line is empty, and a note says why.
printf 'M 0\n' >plain.stim
expect 0 qspan sample plain.stim --detectors --shots 2
has err "plain.stim has no detectors"

# A file that may not grow: the threads that write it say so once.
limited() { (
    ulimit -f 4
    OMP_NUM_THREADS=3 qspan "$@"
); }
printf 'H 0 1 2 3\nM 0 1 2 3\n' >coins.stim
expect 4 limited sample coins.stim --shots 1000000 -o grown.01 -q
equal "$(cat err)" "grown.01: error: cannot be written: File too large"

#!/usr/bin/env bash
# Bulk sampling at scale: replicas and teams of ranks, a million qubits, 10^12 gates.
# usage: benchmarks/frame_scale.sh [-b BUILD] [-q] [-r REPEATS] WHAT...   (-q: a tenth of the shots or rounds)
#   replicas  d = 15, as many shots on 1 rank, on 2 replicas, and on 1 rank of 2 threads
#   team      two patches of d = 31 on two QPUs, joined by a CX of 961 ebits after half of the 31 rounds
#             (lattice surgery as telegates: 3842 qubits, 59,520 detectors): 1 rank, a team of 2, and 1
#             rank of 2 threads
#   million   d = 707, 3 rounds, 1024 shots: rate and memory; PEER='python -m stim' too, if set
#   trillion  135,184 qubits on 16 QPUs with ebits, 10^12 gates x shots, on 2 ranks
#   loop      10^10 gates in one REPEAT, one block of 1024 shots: with noise, and without
# One thread a rank unless said. Replicas and teams write detection events to a b8 file in $TMPDIR, a
# folder of a quick disk or of memory (1.8 and 1 GB); their runs alternate, REPEATS (default 3) times.
# Prints what qspan says (shots a second without loading), and the user and system seconds of each rank:
# on a busy machine the ratio of rates is that of the largest such sum of a rank.
# It takes, on 2 cores: replicas 1 minute, team 1, million 1 (with stim), trillion 2.5, loop 11 (-q: 1).
set -euo pipefail
build=build scale=1 repeats=3
while getopts b:qr: option; do
    case $option in
    b) build=$OPTARG ;;
    q) scale=10 ;;
    r) repeats=$OPTARG ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
qspan=$(cd "$build" && pwd)/qspan
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
noise=(--after-clifford-depolarization 0.001 --before-round-data-depolarization 0.001
    --before-measure-flip-probability 0.001 --after-reset-flip-probability 0.001)

memory_code() { # memory_code FILE OPTIONS...
    "$qspan" gen rotated-memory-z "${@:2}" "${noise[@]}" --format stim -q -o "$1"
}

# on N OPTIONS...: a line for each rank and what rank 0 says
on() {
    local n=$1
    shift
    mpirun --oversubscribe --bind-to none -n "$n" bash -c \
        'exec 3>&2; TIMEFORMAT="user %U s, system %S s, wall %R s"; { time "$0" "$@" >/dev/null 2>&3; } 2>&1' \
        "$qspan" sample --detectors --seed 1 --out-format b8 "$@"
}

# alternate OPTIONS...: on 1 rank, on 2 ranks, on 2 threads, by turns
alternate() {
    for ((i = 0; i < repeats; i++)); do
        for n in 1 2; do
            echo "## $n rank(s)"
            on $n "$@" -o events.b8
        done
        echo "## 1 rank of 2 threads"
        OMP_NUM_THREADS=2 on 1 "$@" -o events.b8
    done
    rm -f events.b8
}

replicas() {
    memory_code d15.stim --distance 15 --rounds 15
    alternate d15.stim --shots $((8388608 / scale / 1024 * 1024))
}

team() {
    memory_code two.stim --patches 2 --distance 31 --rounds 31 --join 15
    alternate two.stim --qpus 2 --replicas 1 --shots $((131072 / scale / 1024 * 1024))
}

million() {
    memory_code million.stim --distance 707 --rounds 3
    echo "## qspan"
    /usr/bin/time -f "%U s of user time, %M KiB" "$qspan" sample million.stim --detectors --seed 1 \
        --out-format b8 --shots 1024 >/dev/null
    if [ -n "${PEER:-}" ]; then
        echo "## stim"
        # shellcheck disable=SC2086
        /usr/bin/time -f "%U s of user time, %M KiB" $PEER detect --shots 1024 --out_format b8 \
            --in million.stim >/dev/null
    fi
}

trillion() {
    memory_code many.stim --patches 16 --distance 65 --rounds 20 --join 10
    echo "## gates/s of both ranks; 16 QPUs"
    on 2 many.stim --qpus 16 --replicas 2 --shots $((103424 / scale / 1024 * 1024))
}

# The body of the loop without its detectors, which would be kept.
loop() {
    local n_rounds=$((38000000 / scale))
    memory_code code.stim --distance 7 --rounds $((n_rounds + 1))
    awk '/^REPEAT/ { inside = 1 } !(inside && /DETECTOR|SHIFT/) { print } /^}/ { inside = 0 }' \
        code.stim >loop.stim
    sed -E '/DEPOLARIZE|ERROR/d; s/\(0\.001\)//' loop.stim >clean.stim
    echo "## $n_rounds rounds with noise"
    on 1 loop.stim --shots 1024
    echo "## without"
    on 1 clean.stim --shots 1024
}

for what in "${@:-replicas}"; do
    echo "# $what, load $(cut -d' ' -f1-3 /proc/loadavg)"
    case $what in
    replicas | team | million | trillion | loop) "$what" ;;
    *) echo "$0: $what: expected replicas, team, million, trillion or loop" >&2 && exit 2 ;;
    esac
done

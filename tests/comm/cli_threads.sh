# Ranks of a node divide its cores; who asks for more threads gets them, and a note.
set -eu
n_cores=$(env -u OMP_NUM_THREADS nproc)
fail() {
    printf '%s\n' "$@"
    exit 1
}
run() { # RANKS, then settings of the environment; sets `output`
    local n_ranks=$1
    shift
    output=$(env -u OMP_NUM_THREADS "$@" mpirun --oversubscribe --bind-to none -n "$n_ranks" \
        "$QSPAN_TOOLS/mpi_comm_comm" threads 2>&1) || fail "$n_ranks ranks, $*:" "$output"
}
for n_ranks in 1 3; do
    share=$((n_cores / n_ranks))
    expected="$((share > 1 ? share : 1)) threads"
    run $n_ranks
    [ "$output" = "$expected" ] || fail "$n_ranks ranks: expected $expected, got: $output"
done
run 1 OMP_NUM_THREADS=$((n_cores + 1))
grep -q "^qspan: note: $((n_cores + 1)) OpenMP threads per rank are too many" <<<"$output" &&
    grep -q "^$((n_cores + 1)) threads" <<<"$output" || fail "too many threads: $output"

# What OpenMP binds: its first thread to one core, which are not all that the process may use.
run 1 OMP_PLACES=cores OMP_NUM_THREADS="$n_cores"
[ "$output" = "$n_cores threads" ] || fail "bound by OpenMP: $output"
if [ "$n_cores" -gt 1 ]; then
    # Two leak checkers on one core crash.
    run 2 OMP_PLACES=cores OMP_NUM_THREADS=1 ASAN_OPTIONS=detect_leaks=0
    grep -q "puts the first threads of the 2 ranks of this node on 1 of $n_cores cores" \
        <<<"$output" || fail "two ranks on one core: $output"
fi

# A failing rank ends the whole job, says where, and the launcher does not report success.
set -eu
run() { # HOW EXPECTED: no rank may be left waiting
    local rc=0 output
    output=$(timeout 30 mpirun --oversubscribe --bind-to none -n 3 \
        "$QSPAN_TOOLS/mpi_comm_comm" "$1" 2>&1) || rc=$?
    if [ $rc -ne 1 ] || ! grep -qF "$2" <<<"$output"; then
        printf '%s: exit %d, expected 1 and: %s\n%s\n' "$1" $rc "$2" "$output"
        exit 1
    fi
}
run check "qspan: rank 1 of 3: "
run check "tests/comm/mpi_comm.c:"
run short "check failed: n_received == "
run truncate "qspan: rank 1 of 3: MPI_Wait failed: MPI_ERR_TRUNCATE: message truncated"

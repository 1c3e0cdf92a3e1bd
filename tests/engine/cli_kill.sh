# A rank that is killed between exchanges ends the job: no other waits for its pieces.
set -eu
rc=0
timeout 60 mpirun --oversubscribe --bind-to none -n 3 "$QSPAN_TOOLS/mpi_exchange_engine" kill \
    >/dev/null 2>&1 || rc=$?
if [ $rc -eq 0 ] || [ $rc -eq 124 ]; then
    echo "exit $rc after a rank was killed"
    exit 1
fi

# Ranks are numbered node by node.
set -eu
for how in nodes nodes-dealt; do
    timeout 60 mpirun --oversubscribe --bind-to none -n 5 "$QSPAN_TOOLS/mpi_comm_comm" $how
done

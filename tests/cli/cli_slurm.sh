# The job scripts of slurm/ with what Slurm does for them played by a few lines: they run, go back
# into the queue where that helps, and give up where it does not.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1
unset -f qspan
mkdir bin
ln -s "$QSPAN" bin/qspan
printf '#!/bin/bash\necho "$@" >>requeued\n' >bin/scontrol
cat >bin/srun <<'TXT'
#!/bin/bash
echo "$@" >>started
[ ! -e code ] || exit "$(cat code)" # as of a run that was stopped
shift
exec "$@"
TXT
chmod +x bin/*
PATH=$PWD/bin:$PATH
ln -s "$QSPAN_SOURCE_DIR/examples" examples
qspan gen ghz -n 8 -o ghz.qasm
export SLURM_JOB_NAME=qspan SLURM_JOB_ID=7 SLURM_CPUS_PER_TASK=1 SLURM_NTASKS=4
export SLURM_NTASKS_PER_NODE=2 SLURM_MEM_PER_NODE=1000

job() { # job CODE SCRIPT ARGUMENTS...
    rm -f started requeued
    expect "$1" bash "$QSPAN_SOURCE_DIR/slurm/$2" "${@:3}"
}
machine=werner:n=4,data=2,F=0.95
job 0 run.sbatch ghz.qasm $machine --shots 2048
equal "$(json qspan-7.json shots)" 2048
equal "$(json qspan-7.json seed)" 1
[ ! -e requeued ] || fail "a job that is done is in the queue again"
has started "--cpus-per-task=1"
job 0 run.sbatch ghz.qasm $machine --shots 4096
has started "--resume qspan-7.h5 --shots 4096"
equal "$(json qspan-7.json shots)" 4096

# Stopped by its time limit: again, but only if something is done.
echo 85 >code
job 85 run.sbatch ghz.qasm $machine
equal "$(cat requeued)" "requeue 7"
rm qspan-7.h5
echo 138 >code
job 138 run.sbatch ghz.qasm $machine
[ ! -e requeued ] || fail "a job without results is in the queue again"
echo 3 >code
job 3 run.sbatch ghz.qasm $machine
[ ! -e requeued ] || fail "a job that failed is in the queue again"
rm code

# What does not fit never starts.
qspan gen tfim-trotter -n 40 -o wide.qasm
job 4 run.sbatch wide.qasm ideal:n=4,data=10
has err "available"
[ ! -e started ] || fail "started although it does not fit"
job 4 run.sbatch wide.qasm ideal:n=4,data=10 --precision single
has started "--memory-per-rank 500 MiB"

export SLURM_JOB_NAME=sweep SLURM_ARRAY_JOB_ID=9 SLURM_ARRAY_TASK_ID=3
job 0 array.sbatch ghz.qasm
has started "F=0.999,"
equal "$(json sweep-9-3.json shots)" 10000
equal "$(json sweep-9-3.json seed)" 3

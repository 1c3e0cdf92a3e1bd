# Commands of one process under a launcher of several: rank 0 does it, once.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

once() { # once TEXT OPTIONS...: it is printed once, and a note says that others do nothing
    local text=$1
    shift
    expect 0 on_ranks 3 "$@"
    equal "$(grep -cF -- "$text" out)" 1
    equal "$(grep -c "takes one process" err)" 1
}
expect 0 qspan gen ghz -n 4 -o ghz.qasm
once "OPENQASM 2.0;" gen ghz -n 4
once "OPENQASM 3.0;" convert ghz.qasm --to qasm3
once "compiler" info
once "# ideal" machine ideal
printf 'X_ERROR(0.1) 0\nM 0\nDETECTOR rec[-1]\n' >error.stim
once "D0" dem error.stim
expect 0 qspan run ghz.qasm --qpus 2 --seed 1 -o ghz.h5
once "wall time" report ghz.h5
once "total variation" compare ghz.h5 ghz.h5

# A plan is for the ranks that it was started on, unless told otherwise.
once "on 3 QPUs (A B C), 3 ranks" plan ghz.qasm
once "on 3 QPUs (A B C), 5 ranks" plan ghz.qasm --qpus 3 --ranks 5
expect 0 qspan plan ghz.qasm --qpus 3
has out "3 QPUs (A B C), 1 rank"

# Help and refusals too; the code is rank 0's.
for words in "help plan" --help --version "run --help" "gen --help"; do
    expect 0 on_ranks 2 $words
    equal "$(sort out | uniq -c | awk '$1 > 1 && $2 ~ /^(Usage:|qspan)$/' | wc -l)" 0
done
for words in "2 fnord" "2 plan ghz.qasm --qpus x" "3 plan nowhere.qasm"; do
    expect "${words%% *}" on_ranks 2 ${words#* }
    equal "$(grep -c 'error: ' err)" 1
done

# A script of several processes is asked for by each: they may want different things.
expect 0 mpirun --oversubscribe --bind-to none -n 2 bash -c \
    '"$QSPAN" gen ghz -n $((OMPI_COMM_WORLD_RANK + 2)) -o own$OMPI_COMM_WORLD_RANK.qasm; echo done'
has own0.qasm "qreg q[2];"
has own1.qasm "qreg q[3];"

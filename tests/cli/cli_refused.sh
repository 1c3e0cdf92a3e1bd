# Refused inputs: exit code 3, place and reason, said once.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

expect 3 qspan run missing.qasm
has err "missing.qasm"
printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\nfoo q[0];\n' >bad.qasm
expect 3 qspan run bad.qasm
has err "bad.qasm:4:1: error:"
expect 3 on_ranks 3 run bad.qasm
equal "$(grep -c 'bad.qasm:4:1: error:' err)" 1
expect 3 qspan plan bad.qasm
expect 3 qspan verify bad.qasm
has err "not a distributed program"
expect 3 qspan run "$scratch"
printf '\x89HDF\r\n' >results.h5
expect 3 qspan run results.h5
has err "results.h5: HDF5, not a circuit: qspan report shows results"
printf '{"schema": 1, "counts": {"0": 1}}\n' >results.json
expect 3 qspan run results.json
has err "results.json: error: circuit 0: JSON without id and instructions is no circuit: qspan compare"

# A machine that runs cannot do yet is refused by run, with line and key.
printf 'qpus:\n  - {name: A, data: 4, T1: 300 us}\n' >t1.yaml
qspan gen ghz -n 3 -o ghz.qasm
qspan plan ghz.qasm --qpus 2 -o program.qasm >plan.out
expect 3 qspan run ghz.qasm --machine t1.yaml
has err "t1.yaml:2:"
has err "T1"

# Results that can't be written are an error, not silence.
expect 2 qspan run ghz.qasm --qpus 1 --shots 1 --json no/such/folder.json
has err "no/such/folder.json"
for command in "verify program.qasm" "selftest" "bench 8" "network demo-2030"; do
    read -ra words <<<"$command"
    expect 2 qspan "${words[@]}" --json no/such/folder.json
    [ ! -s out ] || fail "$command did its work before it looked where to write"
done
# A limit of file size acts as a full disk.
limited() { (
    ulimit -f 4
    qspan "$@"
); }
echo old >big.qasm
expect 4 limited gen qft -n 400 -o big.qasm
has err "big.qasm: error: cannot be written: File too large"
equal "$(cat big.qasm)" old
[ -z "$(compgen -G 'big.qasm.*')" ] || fail "half a file was left"
if [ -w /dev/full ]; then
    expect 4 qspan run ghz.qasm --qpus 1 --shots 1 --json /dev/full
    for command in "info" "--help" "run --help" "help --man" "--version" "convert --to stim ghz.qasm" "sample ghz.qasm"; do
        read -ra words <<<"$command"
        status=0
        "$QSPAN" "${words[@]}" >/dev/full 2>err || status=$?
        equal "$command $status" "$command 4"
        has err "cannot be written: No space left on device"
    done
fi

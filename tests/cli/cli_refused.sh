# Refused inputs: exit code 3, place and reason; hostile names never reach the terminal raw.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

no_control_characters() {
    ! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' "$1" || fail "$1 holds control characters"
}

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

hostile=$'h\e[31m\x07stile.qasm'
cp bad.qasm "$hostile"
expect 3 qspan run "$hostile"
no_control_characters err
printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\ninclude "\e[2J\x07.inc";\n' >include.qasm
expect 3 qspan run include.qasm
no_control_characters err
printf 'name: "\\e[31mred"\nqpus:\n  - {name: A, data: 1}\n' >red.yaml
qspan machine red.yaml >out 2>err || true
no_control_characters out
no_control_characters err
qspan gen ghz -n 2 -o "$hostile"
expect 0 qspan run "$hostile" --qpus 1 --shots 1
no_control_characters out
no_control_characters err
expect 2 qspan run bad.qasm $'--\e[31mred'
no_control_characters err
expect 2 qspan $'\e[31mrun'
no_control_characters err

# A machine that runs cannot do yet is refused by run, with line and key.
printf 'qpus:\n  - {name: A, data: 4, T1: 300 us}\n' >t1.yaml
qspan gen ghz -n 3 -o ghz.qasm
expect 3 qspan run ghz.qasm --machine t1.yaml
has err "t1.yaml:2:"
has err "T1"

# Results that can't be written are an error, not silence.
expect 2 qspan run ghz.qasm --qpus 1 --shots 1 --json no/such/folder.json
has err "no/such/folder.json"
if [ -w /dev/full ]; then
    expect 4 qspan run ghz.qasm --qpus 1 --shots 1 --json /dev/full
fi

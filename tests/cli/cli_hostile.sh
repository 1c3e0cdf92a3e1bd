# Hostile names, of files and in files, never reach the terminal raw.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

no_control_characters() {
    ! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' "$1" || fail "$1 holds control characters"
}

printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\nfoo q[0];\n' >bad.qasm
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

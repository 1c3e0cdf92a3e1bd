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

# in every language, and in what they print
hostile_file() { # NAME CONTENT COMMAND...: refused or not, nothing raw comes out
    local name=$1
    printf "$2" >"$name"
    shift 2
    qspan "$@" "$name" >out 2>err || true
    [ -s err ] || [ -s out ] || fail "$name: no output"
    no_control_characters out
    no_control_characters err
}
hostile_file three.qasm 'OPENQASM 3.0;\nqubit q\e[31m;\n' run
hostile_file string.qasm 'OPENQASM 3.0;\ninclude "\e]0;x\x07";\n' run
hostile_file name.qasm 'OPENQASM 3.0;\npragma qspan qpu "\e[31m" data q\nqubit q;\n' verify
hostile_file gate.stim '\e[31mH 0\n' run
hostile_file tag.stim 'H[\e[31m] 0\n' run
hostile_file target.stim 'H \x07\x7f\n' run
hostile_file qpu.stim '# qspan qpu \e[2J 0\nH 0\n' run
hostile_file id.json '[{"id": "\\u001b[31m", "instructions": []}]' run
hostile_file gate.json '[{"id": "A", "num_qubits": 1, "num_clbits": 0, "instructions": [{"name": "\\u001b[31m", "qubits": [0]}]}]' run
hostile_file key.json '{"\\u0007": 1}' run
hostile_file raw.json '{"\e": 1}' run
hostile_file links.yaml 'name: m\nqpus:\n  - {name: "\\e[31m", data: 1}\nlinks:\n  - {between: ["\\a", B]}\n' machine
hostile_file key.yaml 'name: m\n"\\e[31m": 1\nqpus:\n  - {name: A, data: 1}\n' machine
qspan gen ghz -n 2 -o ghz.qasm
hostile_file place.txt 'q[0] \e[31m\n' run ghz.qasm --placement
hostile_file place2.txt '\e[31m A\n' run ghz.qasm --placement
hostile_file place.json '{"\\u001b[31m": 0}' run ghz.qasm --placement
hostile_file place2.json '{"q[0]": "\\u001b[31m"}' run ghz.qasm --placement

# names of any length are whole wherever they tell qubits or bits apart
long=$(printf 'n%.0s' {1..300})
printf 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] %s;\nbit[3] %s;\nx %s[1];\n%s = measure %s;\n' \
    "$long" "${long}c" "$long" "${long}c" "$long" >long.qasm
expect 0 qspan run long.qasm --qpus 2 --shots 4 --seed 1 --json whole.json
grep -q "\"${long}c\[0\]\", \"${long}c\[1\]\", \"${long}c\[2\]\"" whole.json || fail "bits are cut off"
grep -q '"010": 4' whole.json || fail "counts of long.qasm"
expect 0 qspan plan long.qasm --qpus 2 -o long_program.qasm
expect 0 qspan run long_program.qasm --shots 4 --seed 1 --json again.json
grep -q '"010": 4' again.json || fail "counts of long_program.qasm"
expect 0 qspan verify long_program.qasm --against long.qasm
printf 'errors:\n- {qubits: ["%s[1]"], gates: [x], pauli: {X: 1}}\n' "$long" >long.yaml
expect 0 qspan run long.qasm --qpus 2 --shots 4 --seed 1 --noise long.yaml --json noisy.json
grep -q '"000": 4' noisy.json || fail "an error of a qubit with a long name"

# Every language into every other: it works, or the op that cannot be said is named.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh"

key() { # key FILE: counts of 200 shots
    qspan run "$1" --qpus 2 --seed 5 --shots 200 --json - 2>/dev/null |
        tr -d '\n ' | grep -o '"counts":{[^}]*}'
}

# OpenQASM 2 -> 3 -> 2 and -> Stim -> 3: the same results
printf '%s\n' 'OPENQASM 2.0;' 'include "qelib1.inc";' 'qreg q[3];' 'creg c[2];' 'creg d[1];' 'h q[0];' \
    'cx q[0],q[1];' 'measure q[0] -> c[0];' 'measure q[1] -> c[1];' 'reset q[0];' 'measure q[0] -> d[0];' \
    'if(d==0) x q[2];' >a.qasm
expect 0 qspan convert a.qasm b.qasm3
has b.qasm3 "if (d == 0) x q[2];"
has b.qasm3 "pragma qspan verbatim"
expect 0 qspan convert b.qasm3 c.qasm
expect 0 qspan convert a.qasm again.qasm
equal "$(cat c.qasm)" "$(cat again.qasm)"
equal "$(key b.qasm3)" "$(key a.qasm)"
expect 3 qspan convert b.qasm3 b.stim # d == 0 is no record
has err "b.qasm3:13:1: error: this condition cannot be said in Stim's language"
sed -i 's/d == 0/d[0]/' b.qasm3
expect 0 qspan convert b.qasm3 b.stim
equal "$(tail -2 b.stim | tr '\n' ' ')" "M 0 CX rec[-1] 2 "
expect 0 qspan convert b.stim d.qasm3
has d.qasm3 "if (rec[2]) x q[2];"
expect 3 qspan convert b.stim d.qasm
has err "b.stim:7:4: error: a condition other than a register's value cannot be said in OpenQASM 2"

# from Stim: spelt out, or refused
printf 'H 3\nREPEAT 3 {\nMR !3\n}\n' >e.stim
expect 0 qspan convert e.stim e.qasm3
equal "$(grep -c 'measure q\[0\]' e.qasm3)" 3
expect 0 qspan convert e.stim e.qasm
printf 'H 0\nMPP X0*X1\n' >f.stim
expect 3 qspan convert f.stim f.qasm3
has err "f.stim:2:5: error: measurement of a Pauli product other than Z cannot be said in OpenQASM 3"
printf 'H 0\nX_ERROR(0.1) 0\n' >g.stim
expect 3 qspan convert g.stim g.qasm3
has err "g.stim:2:1: error: X_ERROR cannot be said in OpenQASM 3"

# from OpenQASM 3
printf '%s\n' 'OPENQASM 3.0;' 'include "stdgates.inc";' 'qubit q;' 'bit c;' 'while (!c) {' 'h q;' \
    'c = measure q;' '}' >h.qasm
expect 3 qspan convert h.qasm i.qasm
has err "h.qasm:5:1: error: WHILE cannot be said in OpenQASM 2"
expect 3 qspan convert h.qasm i.stim
has err "h.qasm:5:1: error: WHILE cannot be said in Stim's language"
expect 0 qspan convert h.qasm - --to qasm3
has out "while (!c) {"
[ ! -e i.qasm ] && [ ! -e d.qasm ] || fail "a file in spite of an error"

# names decide; --to overrules them
expect 0 qspan convert a.qasm j.qasm2
has j.qasm2 "OPENQASM 2.0;"
[ ! -s err ] || fail "nothing is lost: $(cat err)"
printf 'OPENQASM 3.0;\nqubit[2] q;\noutput bit[2] c;\nbit d;\nc = measure q;\nd = measure q[0];\n' >output.qasm
expect 0 qspan convert output.qasm output.qasm2
has err "output.qasm:4:1: warning: in OpenQASM 2 all registers form the counts, 'd' too"
equal "$(grep -c warning err)" 1
expect 0 qspan convert a.qasm k.qasm --to qasm3
has k.qasm "OPENQASM 3.0;"
expect 2 qspan convert a.qasm l.txt
has err "'l.txt' ends in none of .qasm, .qasm2, .qasm3 and .stim"

# generators
expect 0 qspan gen qft -n 3 --format qasm3
has out "cp(0.7853981633974483) q[0], q[2];"
expect 0 qspan gen ghz -n 3 --format stim
equal "$(tr '\n' ' ' <out)" "H 0 CX 0 1 1 2 M 0 1 2 "
expect 3 qspan gen qft -n 3 --format stim
has err "generated circuit: error: cp cannot be said in Stim's language"
qspan gen grover -n 3 --format qasm3 -o m.qasm3
qspan gen grover -n 3 -o m.qasm
equal "$(key m.qasm3)" "$(key m.qasm)"

# without OUT: standard output, whose language --to says
qspan gen ghz -n 3 -o n.qasm
expect 0 qspan convert n.qasm --to stim
mv out piped.stim
expect 0 qspan convert n.qasm named.stim
cmp piped.stim named.stim
expect 2 qspan convert n.qasm
has err "--to says its language"

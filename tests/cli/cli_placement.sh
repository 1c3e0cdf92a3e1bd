# --placement: the same ebits as by comments, numbers by the machine, refusals.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

qspan gen bv -n 7 --value 127 -o bv.qasm # every gate of two qubits is with the target
printf 'q[0:3] near\ntarget near\nq[4:6] far\n' >names
printf '0\n0\n0\n0\n1\n1\n1\n0\n' >numbers
echo '{"q[0:3]": 0, "target": 0, "q[4:6]": 1}' >pairs.json
printf '\xef\xbb\xbf' | cat - names >marked # by a byte order mark
printf '\xef\xbb\xbf' | cat - pairs.json >marked.json

for file in names numbers pairs.json marked marked.json; do
    expect 0 qspan run bv.qasm --placement $file --probabilities all --json out.json -q
    equal "$(json out.json probabilities 1111111)" 1
    equal "$(json out.json ebits total)" 3
done
expect 0 qspan plan bv.qasm --placement names
has out "near"
has out "far"
expect 0 qspan plan bv.qasm --placement numbers --machine ideal:n=2,data=5,comm=1
expect 0 on_ranks 3 run bv.qasm --placement numbers --qpus 2 --shots 10 -q

expect 3 qspan plan bv.qasm --placement numbers --machine ideal:n=2,data=4,comm=1
has err "numbers:1:1: error: the circuit places 5 qubits on QPU 'A', which has 4 data qubits"
expect 0 qspan plan bv.qasm --placement names --machine ideal:n=2,data=5,comm=1
has out "near-far 3"
qspan machine ideal:n=2,data=5,comm=1 >ideal.yaml
expect 3 qspan plan bv.qasm --placement names --machine ideal.yaml
has err "names:1:8: error: the circuit places qubits on QPU 'near', but the machine 'ideal' has A, B"
echo 'z A' >wrong
expect 3 on_ranks 2 run bv.qasm --placement wrong -q
equal "$(grep -c "wrong:1:1: error: 'z' is no qubit" err)" 1
expect 3 qspan plan bv.qasm --placement missing
qspan plan bv.qasm --qpus 2 -o program.qasm
expect 2 qspan run program.qasm --placement names
has err "no --placement"

# Comments in circuits, and files for circuits in every language.
printf 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\n// qspan qpu A q[0:1]\n// qspan qpu far q[2]\ncx q[1], q[2];\n' >three.qasm
expect 3 qspan plan three.qasm --machine ideal:n=2,data=2,comm=1
has err "three.qasm:5:14: error: the circuit places qubits on QPU 'far', but the machine"
printf '# qspan qpu A 0:7\n# qspan qpu B 9\nCX 0 7 7 9\nM 9\n' >placed.stim
expect 3 qspan plan placed.stim --machine ideal:n=2,data=1,comm=1
has err "placed.stim:1:13: error: the circuit places 2 qubits on QPU 'A', which has 1 data qubits"
printf 'q[0:1] left\nq[2] right\n' >sides
for circuit in three.qasm placed.stim; do
    expect 0 qspan run $circuit --placement sides --shots 1 --json out.json -q
    equal "$(json out.json ebits links)" '{"left-right":1}'
done
printf 'q[3] left\n' >beyond
for circuit in three.qasm placed.stim; do
    expect 3 qspan run $circuit --placement beyond -q
    has err "beyond:1:1: error: 'q[3]' is outside of q[3]"
done

# A QPU that holds all of them leaves the others idle; said once, and not of a placement.
expect 0 qspan plan bv.qasm --machine ideal:n=2,data=8,comm=1
has err "QPU A has 8 data qubits and takes all 8 of the circuit: nothing is distributed"
expect 0 qspan plan bv.qasm --placement numbers --machine ideal:n=2,data=8,comm=1
! grep -q "takes all" err || fail "note of idle QPUs in spite of a placement"
expect 0 qspan plan bv.qasm --machine ideal:n=2,data=7,comm=1
! grep -q "takes all" err || fail "note of idle QPUs that are not"

# A preset's QPUs take the names of the input; those of a file keep theirs.
qspan gen rotated-memory-z -d 3 --rounds 2 --patches 2 --join 1 -o patches.stim
expect 0 qspan run patches.stim --qpus 2 --shots 8 --json plain.json
for preset in werner:n=3,data=20 demo-2030:n=2,data=20; do
    expect 0 qspan run patches.stim --machine $preset --shots 8 --seed 1 --json patches.json
    has err "the QPUs of $preset take the names that the input has for them: P0 P1"
    equal "$(json patches.json qpus 0)" P0
    equal "$(json patches.json ebits total)" "$(json plain.json ebits total)"
done
qspan run patches.stim --machine demo-2030:n=2,data=20 --shots 8 --seed 1 -o patches.h5 >/dev/null
qspan report patches.h5 | sed -n '/^machine$/,$s/^    //p' >patches.yaml
expect 0 qspan run patches.stim --machine patches.yaml --shots 8 --seed 1 --json again.json
cmp <(same_part patches.json) <(same_part again.json) || fail "the renamed machine, written and read"
qspan machine werner:n=2,data=20 >kept.yaml
expect 3 qspan run patches.stim --machine kept.yaml
has err "the circuit places qubits on QPU 'P0', but the machine 'werner' has A, B"

# As many qubits to each QPU of a machine.
qspan gen ghz -n 7 -o ghz.qasm
expect 0 qspan plan ghz.qasm --machine werner:n=3,data=7 --json plan.json
has err "QPU A has 7 data qubits and takes all 7 of the circuit: nothing is distributed; --placement even"
equal "$(json plan.json ebits total)" 0
expect 0 qspan plan ghz.qasm --machine werner:n=3,data=7 --placement even --json plan.json
equal "$(json plan.json ebits links)" '{"A-B":1,"B-C":1}'
for i in 0 0 0 1 1 2 2; do echo $i; done >./three
qspan plan ghz.qasm --machine werner:n=3,data=7 --placement three -o three.qasm >/dev/null
qspan plan ghz.qasm --machine werner:n=3,data=7 --placement even -o even.qasm >/dev/null
cmp three.qasm even.qasm || fail "not 3, 2, 2"
expect 0 qspan plan ghz.qasm --machine werner:n=9,data=7 --placement even
expect 2 qspan plan ghz.qasm --qpus 3 --placement even
expect 3 qspan plan ghz.qasm --machine werner:n=3,data=2 --placement even
has err "the circuit places 3 qubits on QPU 'A', which has 2 data qubits"
expect 3 qspan plan ghz.qasm --machine werner:n=3,data=2
has err "have 6 data qubits in all: give them more \`data\`"

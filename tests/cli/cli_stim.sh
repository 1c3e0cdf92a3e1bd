# Stim's language on the command line: run, convert, refusals.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

# Teleportation by feedback, a reset, an inverted result, labels far apart.
cat >teleport.stim <<'TXT'
X 7
H 100
CX 100 5000
CX 7 100
H 7
MR 7 100
CX rec[-1] 5000
CZ rec[-2] 5000
M 5000 !7
TXT
expect 0 qspan run teleport.stim --shots 400 --seed 3 --json out.json
equal "$(json out.json counts '#')" 4
for n in 1 2 3; do # and over QPUs
    expect 0 qspan run teleport.stim --qpus $n --shots 400 --seed 3 --json out.json
    for key in 1100 1101 1110 1111; do
        count=$(json out.json counts "$key")
        [ "$count" -gt 50 ] && [ "$count" -lt 150 ] || fail "$key: $count of 400, expected 100"
    done
done

# A repetition code of distance 3: rounds of a REPEAT are results of their own.
cat >repetition.stim <<'TXT'
R 0 1 2 3 4
REPEAT 3 {
    X_ERROR(0.25) 0
    CX 0 1 2 3
    CX 2 1 4 3
    MR(0.125) 1 3
    DETECTOR rec[-1]
}
M 0
OBSERVABLE_INCLUDE(0) rec[-1]
TXT
expect 0 qspan run repetition.stim --shots 4000 --seed 9 --json noisy.json
# P(result of qubit 1 in round r) = 1/2 - (1/2)^r 3/4 / 2; of qubit 3: 1/8 each round; of qubit 0:
# 1/2 - 1/16. The key is read from the right.
equal "$(json noisy.json key_bits)" '["rec_[0]","rec_[1]","rec_[2]","rec_[3]","rec_[4]","rec_[5]","rec_[6]"]'
rates=$(json noisy.json counts | tr -d '{}"' | tr ',' '\n' | awk -F: '
    { for (i = 1; i <= 7; i++) if (substr($1, 8 - i, 1) == "1") n[i] += $2 }
    END { for (i = 1; i <= 7; i++) printf "%d ", n[i] }')
read -r -a got <<<"$rates"
want=(1250 500 1625 500 1812 500 1750)
for i in 0 1 2 3 4 5 6; do
    delta=$((got[i] - want[i]))
    [ "${delta#-}" -lt 160 ] || fail "result $i: ${got[i]} of 4000, expected ${want[i]}"
done

# convert
expect 0 qspan convert repetition.stim again.stim
equal "$(cat again.stim)" "$(cat repetition.stim)"
qspan gen ghz -n 3 -o ghz.qasm
expect 0 qspan convert ghz.qasm ghz.stim
equal "$(tr '\n' ' ' <ghz.stim)" "H 0 CX 0 1 CX 1 2 M 0 M 1 M 2 "
printf 'SQRT_YY 3 9\nM !3\nMR 9\n' >small.stim
expect 0 qspan convert small.stim small.qasm
has small.qasm "syy q[0],q[1];"
expect 0 qspan convert small.stim - --to qasm2
expect 3 qspan convert repetition.stim out.qasm
has err "repetition.stim:3:5: error: X_ERROR cannot be said in OpenQASM 2"
printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\nccx q[0],q[1],q[2];\n' >ccx.qasm
expect 3 qspan convert ccx.qasm ccx.stim
has err "ccx.qasm:4:1: error: ccx cannot be said in Stim's language"
expect 2 qspan convert ghz.qasm ghz.txt
has err "'ghz.txt' ends in none of .qasm"
expect 2 qspan convert ghz.qasm
[ ! -e ccx.stim ] || fail "a file in spite of an error"

# results that may be wrong of qubits used again, heralds: frames and state vectors agree
printf 'H 0\nM(0.2) 0\nCX rec[-1] 1\nH 0\nHERALDED_ERASE(0.3) 1\nMPAD(0.25) 1\nM 0 1\n' >wrong.stim
for engine in frame statevector; do
    expect 0 qspan run wrong.stim --qpus 2 --engine $engine --shots 20000 --seed 1 --json $engine.json
done
expect 0 qspan compare frame.json statevector.json
has out "agree"
printf 'H 0\nE(0.5) X0 X1 Z2\nM 0 1 2\n' >three.stim
expect 0 qspan run three.stim --qpus 2 --shots 1000 --seed 1 --json out.json
equal "$(json out.json engine)" frame
equal "$(json out.json counts '#')" 4
expect 3 qspan run three.stim --qpus 2 --engine statevector
has err "three.stim:2:1: error: a correlated error is not supported by engines that run gates"
printf 'REPEAT 1000000000000000000 {\n    M 0\n}\n' >long.stim
expect 3 qspan run long.stim
has err "long.stim:1:1: error: REPEAT of 1000000000000000000 rounds"
printf 'DEPOLARIZE2(0.1) 0 1\nM 0 1\n' >pair.stim
expect 0 qspan run pair.stim --qpus 1
expect 0 qspan run pair.stim --qpus 2 --shots 1000 --seed 1 --json out.json # errors of several QPUs
equal "$(json out.json counts '#')" 4

# QPUs in comments: patches of a code, joined by a CX of each of their data qubits
expect 0 qspan gen repetition-memory --distance 3 --rounds 2 --patches 2 --join 1 -o joined.stim
has joined.stim "# qspan qpu P1 5:9"
expect 0 qspan run joined.stim --shots 50 --json out.json
equal "$(json out.json ebits links)" '{"P0-P1":3}'
equal "$(json out.json counts)" '{"00000000000000":50}'
expect 0 qspan convert joined.stim again.stim
equal "$(cat again.stim)" "$(cat joined.stim)"
while IFS='|' read -r text message; do
    printf '%b' "$text" >placed.stim
    expect 3 qspan run placed.stim
    has err "placed.stim:$message"
done <<'TXT'
# qspan qpu A 0:1\n# qspan qpu B 1\nCX 0 1|2:15: error: qubit 1 is already placed on QPU 'A'
# qspan qpu A 7:9\nCX 0 1|1:15: error: the circuit has no qubit with a label from 7 to 9
# qspan qpu A 1:0\nCX 0 1|1:15: error: '1:0': expected labels of qubits, a or a:b
# qspan qpu A q[0]\nCX 0 1|1:15: error: 'q[0]': expected labels
# qspan qpu 3 0\nCX 0 1|1:13: error: '3': expected the name of a QPU
# qspan cpu A 0\nCX 0 1|1:8: error: unknown comment for qspan
CX 0 1 # qspan qpu A 0|1:15: error: placement after the first instruction
TXT

# found by content
expect 0 qspan run - --shots 5 --json out.json <joined.stim
equal "$(json out.json counts)" '{"00000000000000":5}'
cp teleport.stim teleport
expect 0 qspan convert teleport - --to stim
equal "$(cat out)" "$(cat teleport.stim)"
printf 'TICK\nM 0\n' >tick
expect 0 qspan convert tick - --to stim
printf 'rx(0.5) q[0];\n' >gate
expect 3 qspan convert gate - --to stim
has err "gate:1:1: warning: no version line; read as OPENQASM 2.0"

# constants in the record, and feedback on one
printf 'M 0\nMPAD 1 0\nMPP X3*Y3*Z3*!Y3*X3*Z3\nCX rec[-3] 5\nM 5\n' >pad.stim
for n in 1 2; do
    expect 0 qspan run pad.stim --qpus $n --probabilities all --json out.json
    equal "$(json out.json probabilities)" '{"11010":1}'
done

# Programs of very many qubits and gates: time and memory grow as their size does, and what cannot be
# held is refused at once. What is quadratic in these numbers takes minutes.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

header() { # header QUBITS
    printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[%d];\ncreg c[%d];\n' "$1" "$1"
}

# one state of all qubits: refused, with how many they are and what there is
{
    header 150000
    echo 'h q[0];'
    awk 'BEGIN { for (i = 1; i < 150000; i++) print "cx q[" i - 1 "], q[" i "];" }'
    echo 'measure q -> c;'
} >ghz.qasm
expect 4 qspan plan ghz.qasm --qpus 3 --engine statevector --ranks 3
has err '150000 qubits entangled at once need 16 EiB per rank'
has err ' available'
has out 'largest group   150000 qubits'

# many small states
{
    header 20000
    awk 'BEGIN { for (i = 0; i < 20000; i += 2) printf "h q[%d]; h q[%d]; cu1(0.3) q[%d], q[%d]; h q[%d];\n", i, i + 1, i, i + 1, i }'
    echo 'measure q -> c;'
} >pairs.qasm
expect 0 qspan plan pairs.qasm --qpus 2 --engine statevector
has out 'largest group   2 qubits'

# many loops, each on qubits of its own
{
    printf 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[40000] q;\nbit c;\n'
    awk 'BEGIN { for (i = 0; i < 40000; i++) printf "for uint i in [0:9] { rx(0.3) q[%d]; c = measure q[%d]; }\n", i, i }'
} >loops.qasm
expect 0 qspan plan loops.qasm --qpus 2 --engine statevector
has out 'largest group   1 qubit'

# gates on four pairs, one after the other, are those on each pair alone
pair_gates() { # pair_gates FIRST LAST: of the pairs, on qubits from 0 on
    awk -v first="$1" -v last="$2" 'BEGIN {
        for (round = 0; round < 60; round++) for (p = first; p <= last; p++) {
            a = 2 * (p - first); b = a + 1; t = 0.1 + (round * 7 + p * 13) % 29 / 10
            printf "rx(%g) q[%d]; ry(%g) q[%d]; cu1(%g) q[%d], q[%d]; h q[%d];\n", t, a, t / 3, b, t / 2, a, b, b
        }
        print "measure q -> c;"
    }'
}
for p in 0 1 2 3; do
    { header 2; pair_gates "$p" "$p"; } >pair.qasm
    expect 0 qspan run pair.qasm --qpus 1 --engine statevector --probabilities all --json "pair$p.json"
    for key in 00 01 10 11; do
        echo "$p $key $(json "pair$p.json" probabilities "$key")"
    done
done >pairs.txt
{ header 8; pair_gates 0 3; } >four.qasm
expect 0 qspan run four.qasm --qpus 1 --engine statevector --probabilities all --json four.json
for key in 00000000 11011000 01100011 10010110 11111111; do
    p=$(json four.json probabilities $key)
    awk -v key=$key -v p="$p" '{ product[$1, $2] = $3 } END {
        want = 1
        for (i = 0; i < 4; i++) want *= product[i, substr(key, 7 - 2 * i, 2)]
        exit !(want > 0 && (p - want)^2 < 1e-24 * (1 + want))
    }' pairs.txt || fail "probability $p of $key"
done

# a chain of `else if` is as long as it is, and comes back
{
    printf 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\nc[0] = measure q[0];\n'
    awk 'BEGIN { for (i = 0; i < 5000; i++) print (i ? "else " : "") "if (c[0]) { x q[1]; x q[0]; }" }'
    echo 'c[1] = measure q[1];'
} >chain.qasm
expect 0 qspan plan chain.qasm --qpus 2 -o program.qasm
[ "$(wc -c <program.qasm)" -lt 1000000 ] || fail 'the program of a chain is large'
expect 0 qspan plan program.qasm -o again.qasm
cmp program.qasm again.qasm

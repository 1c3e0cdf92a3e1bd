# verify: programs that pass, and every finding of one that does not.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

protocols=$QSPAN_SOURCE_DIR/examples/protocols
for program in "$protocols"/*.qasm; do
    [ -f "$protocols/targets/$(basename "$program")" ] || fail "$program has no target"
done

two_qpus >head.inc </dev/null
{
    cat head.inc
    echo 'ebit(a[1], b[1]);'
    echo 'cx a[0], b[0];'
    echo 'if (m) x b[1];'
} >bad.qasm
expect 3 qspan verify bad.qasm
has err "bad.qasm:12:1: error:"
has err "bad.qasm:13:1: error:"
has err "half an ebit"
expect 3 on_ranks 2 verify bad.qasm
equal "$(grep -c 'bad.qasm:12:1: error:' err)" 1
expect 3 qspan run bad.qasm

# Ebits until a coin falls on heads: figures that depend on measured bits.
{
    cat head.inc
    echo 'm = measure a[0];'
    echo 'while (!m) {'
    echo '  h a[0]; ebit(a[1], b[1]); k = measure a[1]; m = measure a[0]; swap b[1], b[0]; reset b[1];'
    echo '}'
    echo 'c[0] = measure a[0]; c[1] = measure b[0];'
} >coin.qasm
expect 0 qspan verify coin.qasm
has out "control flow depends on measured bits"
expect 0 qspan plan coin.qasm
has out "depends on measured bits: known only by a run"
machine=werner:n=2,data=1,comm=1,F=0.9,time=10us
expect 0 qspan run coin.qasm --machine $machine --shots 40 --seed 2 --json one.json
equal "$(json one.json makespan_ps timelines)" 40
equal "$(json one.json distribute)" hand
expect 0 on_ranks 3 run coin.qasm --machine $machine --shots 40 --seed 2 --json three.json
cmp <(same_part one.json) <(same_part three.json) || fail "3 ranks differ"

# Proofs: each protocol of the library against the circuit beside it.
for target in "$protocols"/targets/*.qasm; do
    expect 0 qspan verify "$protocols/$(basename "$target")" --against "$target"
    has out "static checks passed"
    has out "for every outcome"
done
[ "$(ls "$protocols"/targets | wc -l)" -ge 29 ] || fail "targets are missing"

expect 0 qspan verify "$protocols/telegate_cx.qasm" --against "$protocols/targets/telegate_cx.qasm" \
    --json proof.json
has out "between A and the others: 1, at least 1 needed"
has out "Y on ebit 1 (line 18): Z on a[0] (QPU A), X on b[0] (QPU B)"
has out "process fidelity F = pI1"
equal "$(json proof.json verdict)" proved
equal "$(json proof.json max_weight)" 2
has out "outcomes: 2 fair coins, independent of the input"
equal "$(json proof.json outcome_kinds coins)" 2
expect 0 qspan verify "$protocols/telegate_cx.qasm" --against "$protocols/targets/telegate_cx.qasm" \
    --json -
cmp out proof.json # and nothing else
expect 0 qspan verify "$protocols/telegate_cx.qasm" --against "$protocols/telegate_cx.qasm"

# Teleportation with its corrections on each other's bits.
sed -e 's/if (mx) x/if (mk) x/; s/if (mz) z/if (mx) z/; s/if (mk) x/if (mz) x/' \
    "$protocols/teledata.qasm" >swapped.qasm
expect 5 qspan verify swapped.qasm --against "$protocols/targets/teledata.qasm" --json swapped.json
has out "swapped.qasm: NOT equal to"
has out "mz = 1 (measured in line 19) leaves Y on b[0] (QPU B)"
has out "mx = 1 (measured in line 20) leaves Y on b[0] (QPU B)"
has out "exchanging the bits of \`if (mz) x b[1];\` (line 21) and \`if (mx) z b[1];\` (line 22) repairs it"
equal "$(json swapped.json verdict)" "not equal"
has err "is not equal to"
expect 5 on_ranks 2 verify swapped.qasm --against "$protocols/targets/teledata.qasm"
equal "$(grep -c 'NOT equal' out)" 1

# A data qubit that is measured too early; and one that the target drops too.
sed 's/^cx a\[0\], a\[1\];/mz = measure a[0]; cx a[0], a[1];/' "$protocols/teledata.qasm" >leak.qasm
expect 5 qspan verify leak.qasm --against "$protocols/targets/teledata.qasm"
has out "mz (line 17) depends on the input"
expect 0 qspan verify "$protocols/qmpi_uncopy.qasm" --against "$protocols/targets/qmpi_uncopy.qasm"
has out "m (line 15) depends on the input; the target loses what it tells"

# Gates that are no Cliffords: on state vectors, alike on any number of ranks.
expect 0 qspan verify "$protocols/telegate_toffoli.qasm" \
    --against "$protocols/targets/telegate_toffoli.qasm" --json toffoli.json
has out "4 measurements, all patterns on state vectors, at most 4 branches at once"
has out "outcomes: fair coins where not certain, independent of the input"
has out "X on ebit 1 (line 21): cx on b[0] (QPU B), c[0] (QPU C)"
has out "F = pI1 pI2 + (pX1 pI2 + pI1 pX2 + pX1 pX2 + pZ1 pX2 + pX1 pZ2 + pY1 pY2)/4"
expect 0 on_ranks 3 verify "$protocols/telegate_toffoli.qasm" \
    --against "$protocols/targets/telegate_toffoli.qasm" --json toffoli3.json
cmp toffoli.json toffoli3.json
sed 's/if (kb) z b\[0\];/if (ka) z b[0];/' "$protocols/telegate_toffoli.qasm" >toffoli.qasm
expect 5 qspan verify toffoli.qasm --against "$protocols/targets/telegate_toffoli.qasm"
has out "kb = 1 (measured in line 33) leaves Z on b[0] (QPU B)"
has out "\`if (ka) z b[0];\` (line 35) reads the wrong bit: \`if (kb) z b[0];\` repairs it"

# Circuits: what the distributor makes of them is proved.
printf 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q; bit[3] c;\nh q[0]; ccx q[0], q[1], q[2];\nc = measure q;\n' >ccx.qasm
expect 0 qspan verify ccx.qasm --qpus 3
has out "what the distributor makes: proved equal to ccx.qasm"
printf 'R 0 1 2\nH 0\nDEPOLARIZE1(0.1) 0\nCX 0 1 1 2\nM(0.01) 1\nCX rec[-1] 2\nMX 0\nMZZ 0 1\n' >parity.stim
expect 0 qspan verify parity.stim --qpus 2
has err "parity.stim: noise is left out, in 2 instructions"
has out "proved equal to parity.stim"
expect 3 qspan verify parity.stim
has err "or a circuit with --qpus or --machine"
expect 2 qspan verify ccx.qasm --qpus 3 --against parity.stim
expect 2 qspan verify "$protocols/telegate_cx.qasm" --qpus 2

# What can't be decided or does not fit the target.
printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[14];\nqreg r[14];\n' >many.qasm
for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13; do echo "cp(0.1) q[$i], r[$i];"; done >>many.qasm
expect 5 qspan verify many.qasm --qpus 2
has err "error: not proved: the program has gates that are no Cliffords, and more than 26 inputs and outputs together"
expect 3 qspan verify "$protocols/telegate_cx.qasm" --against "$protocols/targets/teledata.qasm"
has err "logical qubit q[1] is not in the target"
expect 3 qspan verify "$protocols/bbpssw.qasm" --against "$protocols/targets/remote_swap.qasm"
has err "logical qubit q[2] is not in the target"
sed 's/creg drop/creg keep/; s/drop\[0\]/keep[0]/' "$protocols/targets/bbpssw.qasm" >keep.qasm
expect 3 qspan verify "$protocols/bbpssw.qasm" --against keep.qasm
has err "the target's bits keep[1] are no output register of the program"

# Messages written out, all of B before all of A: the same run, the same times, on any ranks.
declare='OPENQASM 3.0; include "stdgates.inc"; include "qnu.inc";
qubit[2] a; qubit[2] b; bit m; bit k; output bit[2] c;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]
ebit(a[1], b[1]);'
results='pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
c[0] = measure a[0]; c[1] = measure b[0];'
at_a='h a[0]; cx a[0], a[1]; m = measure a[1];'
at_b='if (m) x b[1]; cx b[1], b[0]; h b[1]; k = measure b[1];'
printf '%s\n' "$declare" "$at_a" "$at_b" 'if (k) z a[0];' "$results" >implicit.qasm
printf '%s\n' "$declare" '@qspan.at B' 'recv_bit(m);' "$at_b" '@qspan.at B' 'send_bit(k, a[0]);' \
    "$at_a" '@qspan.at A' 'send_bit(m, b[0]);' '@qspan.at A' 'recv_bit(k);' 'if (k) z a[0];' \
    "$results" >explicit.qasm
machine=werner:n=2,data=1,comm=1,F=0.9,time=10us,classical=1us
for program in implicit explicit; do
    expect 0 qspan verify $program.qasm --against explicit.qasm
    has out "bits: A->B 1, B->A 1"
    expect 0 on_ranks 2 run $program.qasm --machine $machine --shots 300 --seed 5 \
        --json $program.json
done
equal "$(json explicit.json makespan_ps mean)" "$(json implicit.json makespan_ps mean)"
equal "$(json explicit.json counts)" "$(json implicit.json counts)"
equal "$(json explicit.json bits_sent)" "$(json implicit.json bits_sent)"
# A bit leaves when its QPU comes to the send, here after a second ebit.
printf '%s\n' "$declare" 'm = measure a[1]; k = measure b[1];' 'ebit(a[1], b[1]);' '@qspan.at A' \
    'send_bit(m, b[0]);' 'z a[1]; reset a[1]; z b[1]; reset b[1];' '@qspan.at B' 'recv_bit(m);' \
    "$results" >late.qasm
expect 0 qspan run late.qasm --machine $machine --shots 10 --seed 5 --json late.json
equal "$(json late.json makespan_ps max)" 21000000

# A dense proof that fails says what its outcomes tell of the input: the copy is measured in Z.
sed -e 's/^output bit\[2\] c;/&\nbit m;\nbit k;/' \
    -e 's/^telegate_cp.*/ebit(a[1], b[1]); cx a[0], a[1]; m = measure a[1]; if (m) x b[1];\ncp(pi\/8) b[1], b[0]; k = measure b[1]; if (k) z a[0];/' \
    "$protocols/telegate_cp.qasm" >leak.qasm
expect 5 qspan verify leak.qasm --against "$protocols/targets/telegate_cp.qasm"
has out "of process fidelity 0.5, and tells of Z on a[0] (QPU A) at the start"

# Output bits that a target which measures nothing declares are 0: a purification of two rounds tells
# of faults by two bits (symbolic), or by one that is no XOR (state vectors): the same runs are kept.
pumping() { # pumping BITS ASSIGNMENTS
    cat <<EOM
OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[3] a; qubit[3] b; bit[2] m; bit[2] k; output bit[$1] drop;
pragma qspan qpu A data a[0] comm a[1:2]
pragma qspan qpu B data b[0] comm b[1:2]
ebit(a[1], b[1]); swap a[1], a[0]; swap b[1], b[0];
ebit(a[2], b[2]);
cx a[0], a[2]; cx b[0], b[2];
m[0] = measure a[2]; k[0] = measure b[2];
reset a[2]; reset b[2];
ebit(a[2], b[2]);
h a[0]; h b[0]; h a[2]; h b[2];
cx a[0], a[2]; cx b[0], b[2];
m[1] = measure a[2]; k[1] = measure b[2];
h a[0]; h b[0];
$2
pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
EOM
}
pair() { # pair DECLARATION
    printf '%s\n' 'OPENQASM 3.0;' 'include "stdgates.inc";' 'qubit[2] q;' "$1" 'h q[0];' \
        'cx q[0], q[1];'
}
terms() { # terms MEMBER FILE: of a sum of products, in one order
    json "$2" "$1" | sed 's/F = (\(.*\)) \/ .*/\1/; s/ + /\n/g' | sort
}
pumping 2 $'@qspan.at A\ndrop[0] = m[0] ^ k[0];\n@qspan.at A\ndrop[1] = m[1] ^ k[1];' >two.qasm
pumping 1 $'@qspan.at A\ndrop[0] = (m[0] ^ k[0]) | (m[1] ^ k[1]);' >one.qasm
pair 'output bit[2] drop;' >pair2.qasm
pair 'output bit[1] drop;' >pair1.qasm
pair '' >pair0.qasm
expect 0 qspan verify two.qasm --against pair2.qasm --json two.json
expect 0 qspan verify one.qasm --against pair1.qasm --json one.json
has out "on state vectors"
has out "flip of k[1] (line 15): a flip of drop[0]"
has out "Z on ebit 2 (line 8): Z on a[0] (QPU A), a flip of drop[0]"
cmp <(terms kept one.json) <(terms kept two.json) || fail "other runs are kept"
cmp <(terms process_fidelity one.json) <(terms process_fidelity two.json) || fail "another F"
equal "$(terms kept one.json | wc -l)" 16
expect 0 qspan verify one.qasm --against pair0.qasm
has out "whatever the outputs drop say: the target declares no such \`output\`"
expect 3 qspan verify one.qasm --against pair2.qasm
has err "register drop has 1 bits, the target's drop has 2"
sed 's/drop\[1\] = .*/drop[1] = !m[1];/' two.qasm >wrong.qasm
expect 5 qspan verify wrong.qasm --against pair2.qasm

# A pair that only some outcomes ask for does not change which pair a fault is on.
cat >some.qasm <<'EOM'
OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[2] a; qubit[2] b; bit v; bit m; bit k; bit[2] j;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]
h a[1]; v = measure a[1];
if (v) {
  ebit(a[1], b[1]);
  j[0] = measure a[1]; j[1] = measure b[1];
}
ebit(a[1], b[1]);
cx a[0], a[1]; m = measure a[1]; if (m) x b[1];
cp(pi/8) b[1], b[0];
h b[1]; k = measure b[1]; if (k) z a[0];
pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
EOM
expect 0 qspan verify some.qasm --against "$protocols/targets/telegate_cp.qasm"
for letter in X Y Z; do
    has out "$letter on ebit 1 (line 11): nothing"
done
has out "Z on ebit 2 (line 14): Z on a[0] (QPU A)"
has out "flip of v (line 9): nothing"

# A program that names no qubits and no output bits is equal to anything, which proves nothing.
grep -v 'pragma qspan logical' "$QSPAN_SOURCE_DIR/examples/protocols/teledata.qasm" |
    sed 's/^output //' >nameless.qasm
expect 0 qspan verify nameless.qasm
expect 3 qspan verify nameless.qasm --against "$QSPAN_SOURCE_DIR/examples/protocols/targets/teledata.qasm"
has err "nameless.qasm: error: there is nothing to compare with the target"
grep -v 'pragma qspan logical out' "$QSPAN_SOURCE_DIR/examples/protocols/teledata.qasm" >endless.qasm
expect 3 qspan verify endless.qasm --against "$QSPAN_SOURCE_DIR/examples/protocols/targets/teledata.qasm"
has err "there is nothing to compare with the target"

# What a target does to qubits that the program does not return is not compared: a note says so.
printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\nx q[1];\n' >two.qasm
expect 0 qspan verify "$QSPAN_SOURCE_DIR/examples/protocols/teledata.qasm" --against two.qasm
has err "two.qasm: no \`logical out\` names q[1]: it is dropped at the end, not compared"

# --protocol fused: the same results, ebits and times as explicit, from smaller states.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1
examples=$QSPAN_SOURCE_DIR/examples

# Everything but the protocol and what the state costs.
common_part() {
    same_part "$1" | grep -vE '^  "(protocol|packets|peak_group_qubits|branches)":'
}

cat >noisy.yaml <<'END'
qpus:
  - {name: A, data: 4, comm: 3, gate1: {time: 50 ns}, gate2: {time: 100 ns}, measure: {time: 1 us}}
  - {name: B, like: A}
  - {name: C, like: A}
  - {name: D, like: A}
default_link: {weights: [0.85, 0.04, 0.03, 0.08], time: 10 us, classical: 500 ns}
END
qspan gen qaoa-maxcut -n 10 --layers 2 -o qaoa.qasm
options=(run qaoa.qasm --machine noisy.yaml --shots 40 --seed 5)
expect 0 qspan "${options[@]}" --json explicit.json
expect 0 qspan "${options[@]}" --protocol fused --json fused.json
equal "$(json fused.json protocol)" fused
equal "$(json fused.json packets explicit)" 0
equal "$(json fused.json packets fused)" "$(json fused.json ebits total)"
has out "fused protocol"
has out " fused, 0 explicit"
cmp <(common_part explicit.json) <(common_part fused.json) || fail "fused differs from explicit"
[ "$(json fused.json peak_group_qubits)" -lt "$(json explicit.json peak_group_qubits)" ] ||
    fail "fused takes as many qubits"
equal "$(json fused.json peak_group_qubits)" 10

# Ranks and threads.
for ranks in 3; do
    expect 0 on_ranks $ranks "${options[@]}" --protocol fused --json ranks.json
    cmp <(same_part fused.json) <(same_part ranks.json) || fail "$ranks ranks differ"
done
OMP_NUM_THREADS=2 expect 0 qspan "${options[@]}" --protocol fused --json threads.json
cmp <(same_part fused.json) <(same_part threads.json) || fail "2 threads differ"

# The plan says it; the program that it writes says it too, and runs so.
expect 0 qspan plan qaoa.qasm --machine noisy.yaml --protocol fused
has out "fused protocol"
has out " fused, 0 explicit"
expect 0 qspan plan qaoa.qasm --machine noisy.yaml --protocol fused -o program.qasm
has program.qasm "pragma qspan protocol fused"
options=(run program.qasm --machine noisy.yaml --shots 40 --seed 5)
expect 0 qspan "${options[@]}" --json program.json
cmp <(same_part fused.json) <(same_part program.json) || fail "the program differs"
expect 0 qspan "${options[@]}" --protocol explicit --json program.json
cmp <(same_part explicit.json) <(same_part program.json) || fail "the explicit program differs"

# Exact probabilities, and states.
qspan gen qft -n 6 -o qft.qasm
expect 0 qspan run qft.qasm --qpus 3 --seed 1 --probabilities all --json explicit.json
expect 0 qspan run qft.qasm --qpus 3 --seed 1 --probabilities all --protocol fused --json fused.json
cmp <(common_part explicit.json) <(common_part fused.json) || fail "probabilities differ"
expect 0 qspan run qaoa.qasm --machine noisy.yaml --shots 50 --seed 1 --fidelity --json explicit.json
expect 0 qspan run qaoa.qasm --machine noisy.yaml --shots 50 --seed 1 --fidelity --protocol fused \
    --json fused.json
equal "$(json fused.json state_fidelity mean | cut -c1-10)" \
    "$(json explicit.json state_fidelity mean | cut -c1-10)"

# What cannot run fused says why.
expect 0 qspan run "$examples/protocols/ghz4.qasm" --protocol fused --json ghz.json
has err "this ebit runs explicitly: "
has ghz.json '"packets": {"fused": '
expect 0 qspan run "$examples/protocols/ghz4.qasm" --protocol explicit
expect 2 qspan run qft.qasm --qpus 2 --protocol quick

# Archives keep it.
expect 0 qspan run qft.qasm --qpus 3 --protocol fused --shots 10 --seed 1 -o fused.h5
expect 0 qspan report fused.h5
has out "fused protocol"
has out " fused, 0 explicit"

# Errors of gates and results are Paulis of frames; relaxation of a copy is not.
cat >pauli.yaml <<'END'
errors:
  - {arity: 1, depolarizing: 0.02}
  - {gates: [cx], depolarizing: 0.03}
  - {gates: [measure], readout: [[0.97, 0.03], [0.1, 0.9]]}
END
sed 's/  - {gates: .cx.*/  - {gates: [cx], amplitude_damping: 0.1}/' pauli.yaml >relax.yaml
for model in pauli relax; do
    for protocol in explicit fused; do
        expect 0 qspan run qft.qasm --machine noisy.yaml --noise $model.yaml --protocol $protocol \
            --engine statevector --shots 200 --seed 3 --json $protocol.json
    done
    equal "$(json fused.json counts)" "$(json explicit.json counts)"
    cp fused.json $model.json
done
equal "$(json pauli.json packets explicit)" 0
equal "$(json relax.json packets fused)" 0
has err "this ebit runs explicitly: "
has err "ebits run explicitly"

# verify: the proof is of the explicit ops; what runs fused, and what cannot, is told.
sed 's/^pragma qspan qpu A/pragma qspan protocol fused\n&/' "$examples/protocols/telegate_cp.qasm" >cp.qasm
expect 0 qspan verify cp.qasm --against "$examples/protocols/targets/telegate_cp.qasm"
has out "fused: 1 copies that meet diagonal gates alone, 0 moves; 0 ebits run explicitly"
has out "proved equal"
sed 's/^pragma qspan qpu A/pragma qspan protocol fused\n&/' "$examples/protocols/ghz4.qasm" >ghz.qasm
expect 0 qspan verify ghz.qasm
has out "ebits run explicitly"
grep -qE '^    line [0-9]+: .* \(line [0-9]+\)$' out || fail "no reasons"

# Frames: Pauli channels in place of copies.
qspan gen cz-fraction -n 12 --layers 8 -o clifford.qasm
for protocol in explicit fused; do
    expect 0 qspan run clifford.qasm --machine noisy.yaml --engine frame --protocol $protocol \
        --shots 20000 --seed 3 --json $protocol.json
done
equal "$(json fused.json packets explicit)" 0
equal "$(json fused.json ebits total)" "$(json explicit.json ebits total)"
equal "$(json fused.json bits_sent)" "$(json explicit.json bits_sent)"
expect 0 qspan compare explicit.json fused.json
expect 0 on_ranks 2 run clifford.qasm --machine noisy.yaml --engine frame --protocol fused \
    --shots 20000 --seed 3 --json ranks.json
cmp <(same_part fused.json) <(same_part ranks.json) || fail "frames: 2 ranks differ"
expect 0 qspan plan clifford.qasm --machine noisy.yaml --engine frame --protocol fused
has out " fused, 0 explicit"

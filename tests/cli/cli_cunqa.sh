# Sets of CUNQA circuits on the command line.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

cat >set.json <<'TXT'
[{"id": "First", "num_qubits": 1, "num_clbits": 1, "instructions": [
  {"name": "h", "qubits": [0]},
  {"name": "expose", "qubits": [0], "circuits": ["Second one"]},
  {"name": "measure", "qubits": [0], "clbits": [0]}]},
 {"id": "Second one", "num_qubits": 1, "num_clbits": 1, "instructions": [
  {"name": "rcontrol", "circuits": ["First"], "instructions": [{"name": "cx", "qubits": [-1, 0]}]},
  {"name": "measure", "qubits": [0], "clbits": [0]}]}]
TXT
expect 0 qspan run set.json --probabilities all --json out.json
equal "$(json out.json probabilities)" '{"00":0.5,"11":0.5}'
equal "$(json out.json ebits links)" '{"First-Second one":1}'
expect 0 on_ranks 3 run set.json --shots 100 --seed 4 --json three.json
expect 0 qspan run - --shots 100 --seed 4 --json one.json <set.json
equal "$(json three.json counts)" "$(json one.json counts)"
expect 0 qspan verify set.json
expect 0 qspan plan set.json -o plan.qasm
expect 0 qspan convert set.json program.qasm
equal "$(cat program.qasm)" "$(cat plan.qasm)"
has program.qasm 'pragma qspan qpu "Second one" data d1[0] comm l1[0]'
expect 0 qspan run program.qasm --probabilities all --json again.json
equal "$(json again.json probabilities)" "$(json out.json probabilities)"
expect 2 qspan convert set.json set.stim
has err "set.json is a program, which only OpenQASM 3 can say"
expect 2 qspan run set.json --qpus 2
sed 's/"cx"/"unitary"/' set.json >refused.json
expect 3 qspan run refused.json
has err 'refused.json: error: circuit 1 ("Second one"), instruction 0: "unitary" is not supported'

# compare: verdicts and exit codes for JSON and HDF5, counts and probabilities.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1
qspan gen qft --n 4 -o circuit.qasm
printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\nry(0.8) q[0];\ncx q[0],q[1];\nry(1.7) q[2];\n' >skewed.qasm
run() { qspan run skewed.qasm -q --shots 4000 "$@" >/dev/null; }
run --qpus 1 --seed 1 --json one.json -o one.h5
run --qpus 3 --seed 2 --json three.json
run --machine werner:n=3,data=1,comm=2,F=0.8 --seed 3 --json noisy.json
qspan run skewed.qasm -q --qpus 2 --probabilities all --json exact.json -o exact.h5 >/dev/null
qspan run skewed.qasm -q --qpus 1 --probabilities all --json other.json >/dev/null
qspan run skewed.qasm -q --qpus 1 --probabilities 2 --json most.json >/dev/null

expect 0 qspan compare one.json one.h5
has out "total variation     0"
has out "Hellinger fidelity  1"
has out "p-value 1"
expect 0 qspan compare one.json three.json --json report.json
has out "they                agree (p-value at least 0.001)"
equal "$(json report.json verdict)" agree
equal "$(json report.json degrees_of_freedom)" 3
expect 0 qspan compare three.json exact.h5
expect 0 qspan compare exact.json other.json
has out "exact"
expect 5 qspan compare noisy.json exact.json --json -
has out '"verdict": "differ"'
expect 5 qspan compare one.json noisy.json
has out "they                differ (p-value below 0.001)"
[ ! -s err ] || fail "a difference is no error: $(cat err)"
expect 3 qspan compare most.json one.json
expect 3 qspan compare missing.json one.json
printf '{"00": 4}' >few.json
printf '\xef\xbb\xbf{"11": 3}' >fewer.json
expect 0 qspan compare few.json fewer.json
has out "they                agree (p-value at least 0.001), but too few shots for a test"
expect 2 qspan compare one.json
expect 2 qspan compare one.json one.json --alpha 1
qspan run circuit.qasm -q --qpus 1 --json wide.json >/dev/null
expect 3 qspan compare wide.json one.json
has err "keys of 4 and of 3 bits"

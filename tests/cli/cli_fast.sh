# run --fast: what was measured chooses how gates are fused; the distribution is the same, and the
# results say that they are fast.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

qspan gen quantum-volume -n 6 --seed 5 -o volume.qasm
expect 0 qspan run volume.qasm --qpus 3 --shots 20000 --seed 6 --json plain.json
grep -q '"fast"' plain.json && fail "a plain run says that it is fast"
for ranks in 1 3; do
    expect 0 on_ranks $ranks run volume.qasm --qpus 3 --fast --shots 20000 --seed 7 \
        --json fast.json -o fast.h5
    equal "$(json fast.json fast)" true
    has out "statevector engine, fast, "
    expect 0 qspan compare plain.json fast.json
    expect 0 qspan report fast.h5
    has out "statevector engine, fast, "
done
# Frames have no amplitudes.
qspan gen ghz -n 4 -o ghz.qasm
expect 0 qspan run ghz.qasm --qpus 2 --fast --shots 10 --json frame.json
grep -q '"fast"' frame.json && fail "frames say that they are fast"
exit 0

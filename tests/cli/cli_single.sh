# run and plan --precision single: half the memory, the same results to about 6 digits, the same bits
# for any number of ranks and threads; refused where there are no amplitudes.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1
protocols="$QSPAN_SOURCE_DIR/examples/protocols"

# values FILE: "key p" lines of an exact distribution.
values() {
    sed -n '/^  "probabilities"/,/^  }/p' "$1" | grep -E '"[01]+":' | tr -d '",:'
}

# close A B: the same keys, p within 1e-5.
close() {
    join -a 1 -a 2 -e missing -o 0,1.2,2.2 <(sort "$1") <(sort "$2") | awk '
        $2 == "missing" || $3 == "missing" { print "key " $1 " is in one only"; bad = 1 }
        { d = $2 - $3; if (d > 1e-5 || d < -1e-5) { print $1, $2, $3; bad = 1 } }
        END { exit bad }' || fail "single and double differ: $1 $2"
}

# Memory: the plan says half, beside buffers.
qspan gen w -n 26 -o large.qasm
expect 0 qspan plan large.qasm --qpus 1 --precision single --memory-per-rank 700MiB
has out "statevector engine in single precision"
expect 4 qspan plan large.qasm --qpus 1 --memory-per-rank 700MiB

# Protocols: branches and corrections end where those of double precision do.
for name in teledata telegate_toffoli entanglement_swap ghz_fusion; do
    for precision in double single; do
        expect 0 qspan run "$protocols/$name.qasm" --precision $precision --probabilities all \
            --engine statevector --json $precision.json
        values $precision.json >$precision.p
        equal "$(json $precision.json precision)" $precision
    done
    close double.p single.p
done
expect 0 qspan run "$protocols/teledata.qasm" --precision single --fidelity --shots 10
has out "state fidelity  1 +- 0"

# A circuit over QPUs, by shots and exactly: JSON does not depend on ranks and threads.
qspan gen quantum-volume -n 6 --seed 5 -o volume.qasm
for options in "--probabilities all" "--shots 2000"; do
    expect 0 qspan run volume.qasm --qpus 3 --precision single --seed 4 $options --json 1.json
    [ "$options" = "--shots 2000" ] || values 1.json >single.p
    for ranks in 2 3 4; do
        OMP_NUM_THREADS=$((1 + ranks % 2)) expect 0 on_ranks $ranks run volume.qasm --qpus 3 \
            --precision single --seed 4 $options --json $ranks.json
        cmp <(same_part 1.json) <(same_part $ranks.json) || fail "$ranks ranks differ: $options"
        [ "$options" = "--shots 2000" ] || break
    done
done
expect 0 qspan run volume.qasm --qpus 3 --probabilities all --json double.json
values double.json >double.p
close double.p single.p
expect 0 qspan run volume.qasm --qpus 3 --precision single --shots 20000 --seed 6 --json s.json
expect 0 qspan run volume.qasm --qpus 3 --shots 20000 --seed 7 --json d.json
expect 0 qspan compare s.json d.json
has out "agree (p-value at least 0.001)"

# A state in single precision is floats.
qspan gen w -n 17 -o qft.qasm
expect 0 qspan run qft.qasm --qpus 2 --precision single --shots 1 --state single.h5
size=$(stat -c %s single.h5)
[ "$size" -gt $((8 << 17)) ] && [ "$size" -lt $((12 << 17)) ] || fail "a state of $size bytes"

# Refused, or without effect.
expect 2 qspan run qft.qasm --engine frame --precision single
has err "--precision single is of amplitudes, and engine frame has none"
expect 2 qspan verify "$protocols/teledata.qasm" --precision single
expect 2 qspan run qft.qasm --precision half
qspan gen ghz -n 4 -o ghz.qasm
expect 0 qspan run ghz.qasm --qpus 2 --precision single --shots 10
has err "engine statevector: --precision single asks for amplitudes"

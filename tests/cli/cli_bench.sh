# The machine and the engine, timed: figures that make sense, whatever they are.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

for n in 1 3; do
    expect 0 on_ranks $n bench 10 --json b$n.json
    has out "circuit "
    equal "$(json b$n.json ranks)" $n
    equal "$(grep -c '"name"' b$n.json)" 6
    equal "$(grep -c '"qubits": 10, "gates": [1-9]' b$n.json)" 6
    ! grep -E '"(wall_s|updates_per_s|copy_bytes_per_s)": (-|0[,}]|null|inf)' b$n.json >&2 ||
        fail "a time or rate that is none"
done
equal "$(json b1.json latency_s)" 0
equal "$(grep -c '"sent_bytes": 0,' b1.json)" 6
[ "$(json b3.json latency_s)" != 0 ] || fail "messages take no time"

expect 0 qspan bench 4 --precision single --json -
equal "$(head -c 1 out)" "{"
has out '"precision": "single"'
expect 4 qspan bench 40
has err "does not fit"

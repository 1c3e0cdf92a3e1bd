# selftest: every protocol of the library, also on several ranks.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

expect 0 qspan selftest --json one.json
has out "process fidelities on 1 rank"
has out "protocols, 0 wrong"
[ "$(grep -c ' proved  *1\.000000000000 ' out)" -ge 29 ] || fail "protocols are missing"
equal "$(grep -c 'telegate_toffoli *proved *1.000000000000 *n/a' out)" 1
equal "$(json one.json wrong)" 0
equal "$(json one.json protocols 0 proof)" proved

expect 0 on_ranks 2 selftest cat_three
has out "process fidelities on 2 ranks"
has out "1 protocol, 0 wrong"
expect 0 on_ranks 2 selftest telegate_toffoli
has out "1 protocol, 0 wrong"
expect 2 qspan selftest nonsense
has err "no protocol nonsense is built in"

# Help and version: every command explains itself, every option that works is listed, no other.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

expect 0 qspan --help
for command in run plan verify gen machine compare report info; do
    has out "  $command "
done
cp out overview
expect 0 qspan help
cmp out overview
expect 2 qspan
cmp out overview
for command in run plan verify gen machine compare report info; do
    expect 0 qspan $command --help
    has out "Usage: qspan $command "
    has out "--help"
    has out "Exit codes"
    [ ! -s err ] || fail "$command --help writes to stderr"
    [ "$(wc -L <out)" -le 80 ] || fail "$command --help is too wide"
done

expect 2 qspan help rnu
has err "did you mean run?"
expect 0 qspan help run
cp out run_help
expect 0 qspan run --help
cmp out run_help
for option in machine qpus comm-qubits engine precision fast protocol distribute shots seed \
    shots-per-timeline probabilities max-branches idle memory-per-rank decode json output state observables noise replicas fidelity strict quiet; do
    has out "--$option"
done
has out "single: half the"
for option in checkpoint restart \
    ranks phase; do
    ! grep -q -- "--$option\b" out || fail "run --help lists --$option"
done

# The manual page has every command and option that --help has.
expect 0 qspan help --man
cp out page
has page ".TH QSPAN 1"
for command in $(sed -n 's/^  \([a-z]*\) .*[a-z]$/\1/p' overview | grep -v '^qspan$'); do
    has page ".B qspan $command"
    expect 0 qspan $command --help
    for option in $(grep -o -- '^ *\(-[a-z], \|\) *--[a-z-]*' out | grep -o -- '--[a-z-]*'); do
        sed -n "/^.B qspan $command\$/,/^.SH/p" page | sed 's/\\-/-/g' >section
        grep -qE "^.B (-[a-z], )?$option(=|\$)" section || fail "no $option of $command in the page"
    done
done

expect 0 qspan --version
grep -qE '^qspan [0-9]+\.[0-9]+\.[0-9]+ \([0-9a-z-]+\)$' out || fail "version: $(cat out)"

expect 0 qspan info
for line in qspan compiler MPI ISA cores threads memory engines; do
    grep -q "^$line  *[^ ]" out || fail "info lacks $line"
done

# Under a launcher one process speaks.
expect 0 on_ranks 3 run --help
equal "$(grep -c '^Usage' out)" 1

# Of one generator: what it takes, and nothing else.
expect 0 qspan gen qpe --help
has out "qpe: --n N --phase X"
has out "--phase=X"
! grep -qE -- "--(layers|value|distance|join|seed)|grover" out || fail "options of other generators"
expect 2 qspan gen qpt --help
has err "did you mean"
! qspan gen --help | grep -q "Mandatory or optional" || fail "argp's remark"

# run: the same results for any number of ranks and threads; seeds and shots reproduce.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

# With JSON on standard output nothing else is there.
qspan gen qpe -n 5 --phase 0.31416 -o qpe.qasm
options=(run qpe.qasm --qpus 3 --shots 300 --seed 11 --decode phase:c)
expect 0 qspan "${options[@]}" --json -
cp out one.json
json one.json decoded 0 >decoded
has decoded '"most_likely":10'
for ranks in 2 3; do
    expect 0 on_ranks $ranks "${options[@]}" --json -
    cp out many.json
    equal "$(json many.json ranks)" $ranks
    cmp <(same_part one.json) <(same_part many.json) || fail "$ranks ranks differ"
done
OMP_NUM_THREADS=2 expect 0 qspan "${options[@]}" --json two.json
cmp <(same_part one.json) <(same_part two.json) || fail "2 threads differ"
has out "phase of c"
has out "10/32"

# Shots do not depend on their number: more shots only add to the counts.
expect 0 qspan run qpe.qasm --qpus 2 --shots 20 --seed 3 --json few.json
expect 0 qspan run qpe.qasm --qpus 2 --shots 2000 --seed 3 --json many.json
for key in $(grep -oE '^    "[01]{5}"' few.json | tr -d ' "'); do
    [ "$(json few.json counts $key)" -le "$(json many.json counts $key)" ] || fail "key $key"
done

# A seed is drawn where none is given, and it reproduces the run.
expect 0 qspan run qpe.qasm --qpus 2 --shots 50 --json c.json
expect 0 qspan run qpe.qasm --qpus 2 --shots 50 --seed "$(json c.json seed)" --json d.json
equal "$(json c.json counts)" "$(json d.json counts)"

# Replicas take shots of their own; what they make together is the same.
options+=(--shots-per-timeline 64)
expect 0 qspan "${options[@]}" --json one.json
equal "$(json one.json replicas)" 1
for split in "2 2" "4 2"; do
    set -- $split
    expect 0 on_ranks "$1" "${options[@]}" --replicas "$2" --json many.json
    equal "$(json many.json replicas)" "$2"
    cmp <(same_part one.json) <(same_part many.json) || fail "$2 replicas on $1 ranks differ"
done
expect 0 on_ranks 2 "${options[@]}" --replicas auto --json many.json
expect 2 on_ranks 3 "${options[@]}" --replicas 2
has err "--replicas 2: expected auto or a divisor of the number of ranks, 3"

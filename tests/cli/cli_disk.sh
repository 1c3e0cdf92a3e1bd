# Disks that are full, streams that are closed, files that are damaged: an error that names the file,
# what was there before stays, and what was drawn is not lost.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

on() { # on RANKS OPTIONS...: alone without a launcher
    local ranks=$1
    shift
    if [ "$ranks" -eq 1 ]; then qspan "$@"; else on_ranks "$ranks" "$@"; fi
}
# A limit of file size acts as a full disk.
limited() { (
    ulimit -f "$1" # KiB
    shift
    "$@"
); }
full() { # full FILE: what the last command said of it
    has err "$1: error: cannot be written: File too large"
    equal "$(cat "$1")" old
    [ -z "$(compgen -G '*.tmp')" ] || fail "left behind: $(ls)"
}

qspan gen repetition-memory -d 9 --rounds 100 --after-clifford-depolarization 0.01 -o code.stim
printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[4];\ncreg c[4];\nh q[0];\ncx q[0],q[2];\n' >noisy.qasm
echo 'rx(0.3) q[2]; cx q[2],q[1]; h q[3]; measure q -> c;' >>noisy.qasm
noisy=(run noisy.qasm --machine werner:n=2,data=2,comm=1,F=0.9,time=10us --engine statevector)

# Every writer, alone and on ranks.
for ranks in 1 3; do
    for file in events.b8 flips.01 o.h5 s.h5 o.json; do echo old >"$file"; done
    expect 4 limited 64 on $ranks sample code.stim --shots 20000 --detectors --out-format b8 -o events.b8
    full events.b8
    expect 4 limited 64 on $ranks sample code.stim --shots 200000 --detectors --obs-out flips.01 -o /dev/null
    full flips.01
    expect 4 limited 4 on $ranks "${noisy[@]}" --shots 2000 --seed 3 -o o.h5
    full o.h5
    expect 4 limited 4 on $ranks run noisy.qasm --qpus 2 --shots 1 --state s.h5
    full s.h5
    expect 4 limited 1 on $ranks "${noisy[@]}" --shots 2000 --seed 3 --json o.json
    full o.json
done

# One output that fails does not take the others with it: what was drawn goes on from its file.
expect 0 qspan "${noisy[@]}" --shots 3000 --seed 3 --json one.json
if [ -w /dev/full ]; then
    status=0
    "$QSPAN" "${noisy[@]}" --shots 2000 --seed 3 -o part.h5 --json /dev/full >out 2>err || status=$?
    equal "$status" 4
    has err "/dev/full: error: cannot be written: No space left on device"
    has out "shots"
    status=0
    "$QSPAN" "${noisy[@]}" --shots 2000 --seed 3 -o part.h5 --json part.json >/dev/full 2>err || status=$?
    equal "$status" 4
    has err "standard output: error: cannot be written: No space left on device"
    equal "$(json part.json shots)" 2000
    expect 0 qspan "${noisy[@]}" --resume part.h5 --shots 3000 --json both.json
    cmp <(same_part both.json) <(same_part one.json) || fail "a run that went on"
fi

# A disk that is full when a run that went on ends: the shots before are still there.
expect 0 qspan "${noisy[@]}" --shots 2000 --seed 3 -o part.h5
cp part.h5 kept.h5
for ranks in 1 3; do
    expect 4 limited 4 on $ranks "${noisy[@]}" --resume part.h5 --shots 3000 -o part.h5
    has err "part.h5: error: cannot be written: File too large"
    cmp part.h5 kept.h5 || fail "the shots before are lost"
done
expect 0 qspan "${noisy[@]}" --resume part.h5 --shots 3000 -o part.h5 --json both.json
cmp <(same_part both.json) <(same_part one.json) || fail "a run that went on after a full disk"

# A stream that is closed is no file's number.
sampled=(sample code.stim --shots 2000 --seed 3 --out-format b8)
expect 0 qspan "${sampled[@]}" -o wanted.b8
"$QSPAN" "${sampled[@]}" -o events.b8 2>&-
cmp events.b8 wanted.b8 || fail "messages are among the samples"
"$QSPAN" "${sampled[@]}" -o events.b8 >&- 2>err
cmp events.b8 wanted.b8 || fail "standard output was closed"
"$QSPAN" "${sampled[@]}" -o events.b8 <&- >&- 2>&-
cmp events.b8 wanted.b8 || fail "all streams were closed"
expect 2 eval '"$QSPAN" gen ghz -n 3 >&-'
has err "standard output: error: cannot be written: Bad file descriptor"

# Whatever becomes of the report, the JSON is written, and the other way round.
qspan gen ghz -n 3 -o ghz.qasm
qspan run ghz.qasm --qpus 2 --shots 1000 --seed 1 --json ghz.json -q >out
qspan run noisy.qasm --qpus 2 --shots 1000 --seed 1 --json four.json -q >out
protocols=$QSPAN_SOURCE_DIR/examples/protocols
sed 's/(mx) x/(mz) x/; s/(mz) z/(mx) z/' "$protocols/teledata.qasm" >swapped.qasm
fibre_pairs 2 >fibre.yaml
to_full() {
    qspan "$@" >/dev/full
}
# both CODE COMMAND...: its code where all can be written
both() {
    local code=$1
    shift
    rm -f report.json
    expect "$code" qspan "$@" --json report.json
    wc -w <out >wanted
    rm report.json
    expect 4 to_full "$@" --json report.json
    has err "standard output: error: cannot be written: No space left on device"
    [ "$(tail -c 2 report.json)" = "}" ] || fail "no JSON: $*"
    rm report.json
    "$QSPAN" "$@" --json report.json 2>err > >(exec <&-) || true # nobody reads
    [ "$(tail -c 2 report.json)" = "}" ] || fail "no JSON, without a reader: $*"
    expect 4 qspan "$@" --json /dev/full
    has err "/dev/full: error: cannot be written: No space left on device"
    equal "$(wc -w <out)" "$(cat wanted)"
    expect 2 qspan "$@" --json nowhere/report.json
    has err "nowhere/report.json: error: cannot be written: No such file or directory"
}
both 0 verify "$protocols/teledata.qasm" --against "$protocols/targets/teledata.qasm"
both 5 verify swapped.qasm --against "$protocols/targets/teledata.qasm"
both 0 compare ghz.json ghz.json
both 0 selftest teledata
both 0 bench 12
both 0 plan ghz.qasm --qpus 2
both 0 run ghz.qasm --qpus 2 --shots 10 --seed 1
both 0 network fibre.yaml --workload random --requests 20 --seed 1

# Results that are damaged: shots are not taken from them, and no other command shows them.
resume=("${noisy[@]}" --shots 3000 -q)
damaged() { # damaged WHY: part.h5
    expect 3 qspan "${resume[@]}" --resume bad.h5
    has err "bad.h5: error: $1"
}
size=$(stat -c %s part.h5)
for length in 0 1 7 8 100 2000 $((size / 2)) $((size - 100)) $((size - 33)); do
    head -c "$length" part.h5 >bad.h5
    damaged "is no HDF5 file that can be read"
done
for length in $((size - 32)) $((size - 31)) $((size - 1)); do
    head -c "$length" part.h5 >bad.h5
    damaged "does not end with a digest"
done
flip() { # flip FILE AT: one bit
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf "\\x$(printf %02x $((byte ^ 1 << $2 % 8)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
RANDOM=7
for at in 8 9 20 40 96 $(for _ in $(seq 12); do echo $((RANDOM % (size - 32))); done) $((size - 33)); do
    cp part.h5 bad.h5
    flip bad.h5 "$at"
    expect 3 qspan "${resume[@]}" --resume bad.h5
    has err "bad.h5: error: is "
    expect 3 qspan report bad.h5
    equal "$(grep -c 'error:' err)" 1
    expect 3 qspan compare bad.h5 one.json
done
for at in $((size - 32)) $((size - 31)) $((size - 20)) $((size - 1)); do
    cp part.h5 bad.h5
    flip bad.h5 "$at"
    expect 3 qspan "${resume[@]}" --resume bad.h5
done
rm bad.h5
damaged "No such file or directory"
mkdir bad.h5
damaged "is a directory, not a file"
expect 3 on_ranks 3 "${resume[@]}" --resume bad.h5
equal "$(grep -c 'error:' err)" 1
rmdir bad.h5
mkfifo bad.h5 # nobody writes to it
damaged "is not a regular file"
expect 3 qspan report bad.h5
expect 3 qspan compare bad.h5 one.json
rm bad.h5
expect 0 qspan run noisy.qasm --qpus 2 --shots 1 --state bad.h5 -q
damaged "holds a state"
rm bad.h5

# One file under two names, of outputs or of what is read, is refused before anything is written.
ln -s noisy.qasm link.qasm
ln noisy.qasm hard.qasm
cp noisy.qasm kept.qasm
mkdir sub
ln -s . here
echo old >old.json
ln -s old.json old.link
short=("${noisy[@]}" --shots 10 --seed 1 -q)
for pair in "new ./sub/../new" "new here/new" "old.json old.link" "here/old.json $scratch/old.json"; do
    expect 2 qspan "${short[@]}" --json "${pair% *}" -o "${pair#* }"
    has err "-o and --json name the same file: ${pair#* } and ${pair% *}"
done
for name in link.qasm hard.qasm here/noisy.qasm "$scratch/noisy.qasm" sub/../link.qasm; do
    expect 2 qspan "${short[@]}" --json "$name"
    has err "--json $name would replace what is read, noisy.qasm"
done
expect 2 on_ranks 3 "${short[@]}" --json link.qasm
equal "$(grep -c 'would replace' err)" 1
expect 2 qspan "${short[@]/noisy.qasm/-}" --json noisy.qasm <noisy.qasm
has err "--json noisy.qasm would replace what is read, standard input"
cmp noisy.qasm kept.qasm || fail "what is read was replaced"
equal "$(cat old.json)" old
expect 0 qspan "${short[@]}" --json new -o sub/new
expect 0 qspan "${short[@]}" --json /dev/null -o here/sub/new --resume sub/new
expect 0 qspan "${short[@]}" --json old.link
[ -L old.link ] || fail "a link was replaced"
equal "$(json old.json shots)" 10
expect 2 eval 'qspan "${short[@]}" --json both.txt >both.txt'
has err "--json both.txt is where standard output goes"

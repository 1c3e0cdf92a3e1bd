# Runs told to stop by a signal, and runs that go on: together the same as one run.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1
export QSPAN_PROGRESS=always

# starts COMMAND...: in the background, until its progress line shows up: some shots are done.
starts() {
    "$@" >out 2>err &
    job=$!
    for _ in $(seq 600); do
        ! grep -q " shots (" err || return 0
        sleep 0.1
    done
    kill -KILL $job
    fail "no progress: $(cat err)"
}

# listener: the last of what was started that listens: it has a handler of SIGALRM
listener() {
    local pid mask
    for _ in $(seq 200); do
        for pid in $(pgrep -P $job -f 'qspan (run|sample)' | tail -n 1) $job; do
            mask=$(sed -n 's/^SigCgt:[[:space:]]*//p' /proc/"$pid"/status)
            if [ "$(cat /proc/"$pid"/comm)" = qspan ] && ((16#$mask & 1 << 13)); then
                echo "$pid"
                return
            fi
        done
        sleep 0.05
    done
    fail "nothing listens: $(cat err)"
}

# stops SIGNAL COMMAND...: it is told to stop while it draws its first shots, and writes part.json
stops() {
    local signal=$1 pause
    shift
    rm -f part.json
    for pause in 0.1 0.5 2 8; do
        "$@" >out 2>err &
        job=$!
        pid=$(listener)
        sleep $pause
        kill -"$signal" "$pid"
        tail --pid=$job -f /dev/null
        if [ -e part.json ]; then
            ends 85
            return
        fi
        ends "$(empty_code "$signal")" # the signal came before the first shots
        says_so
    done
    fail "no shots: $(cat err)"
}

# says_so: rank 0 does as it hears the signal, or as all ranks leave since another one heard it.
says_so() {
    grep -qE "told to stop|there are no results" err || fail "no word of a stop: $(cat err)"
}

# empty_code SIGNAL: of a run that it stops before there are results.
empty_code() {
    echo $((128 + $(kill -l "$1")))
}

# ends CODE: what was started.
ends() {
    local got=0
    wait $job || got=$?
    equal "$got" "$1"
}

# together FILE.h5 OPTIONS...: what an interrupted run left and 2000 shots more are one run.
together() {
    local file=$1 done_shots all
    shift
    equal "$(json part.json interrupted)" true
    done_shots=$(json part.json shots)
    [ "$done_shots" -gt 0 ] && [ "$done_shots" -lt "$(json part.json shots_asked)" ] || fail "$done_shots shots"
    all=$((done_shots + 2000))
    expect 0 qspan "$@" --resume "$file" --shots $all -o both.h5 --json both.json
    expect 0 qspan "$@" --seed 3 --shots $all --json one.json
    cmp <(same_part both.json) <(same_part one.json) || fail "in two parts: $*"
}

# State vectors: noisy shots, each signal, on one rank and on replicas of which one hears it.
printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[4];\ncreg c[4];\nh q[0];\n' >noisy.qasm
for _ in $(seq 4); do
    printf 'cx q[%d],q[%d]; rx(0.3) q[%d];\n' 0 2 2 2 1 1 1 3 3 3 0 0 >>noisy.qasm
done
echo 'measure q -> c;' >>noisy.qasm
noisy=(run noisy.qasm --machine werner:n=2,data=2,comm=1,F=0.9,time=10us --engine statevector)
stops TERM "$QSPAN" "${noisy[@]}" --shots 4000000000 --seed 3 --json part.json -o part.h5
has err "told to stop"
has err "SIGTERM: $(json part.json shots) of 4000000000 shots are done; the same command goes on with --resume part.h5"
has out "interrupted after"
together part.h5 "${noisy[@]}"
expect 0 qspan report part.h5
has out "interrupted after $(json part.json shots) of 4000000000 shots"

stops USR1 mpirun --oversubscribe --bind-to none -n 3 "$QSPAN" "${noisy[@]}" --shots 4000000000 \
    --seed 3 --json part.json -o part.h5 --replicas 3
together part.h5 "${noisy[@]}"
cp part.h5 noisy.h5

# The turn under way is broken off, with all that it had added to sums: means of observables,
# figures of a network, timelines of shots that go their own ways.
fibre_pairs 2 >fibre.yaml
echo '0.5 X0 Z2 + Z1 Z3' >sums.txt
fibre=(run noisy.qasm --machine fibre.yaml --engine statevector --observables sums.txt --fidelity
    --shots-per-timeline 32)
stops USR1 mpirun --oversubscribe --bind-to none -n 2 "$QSPAN" "${fibre[@]}" --shots 4000000000 \
    --seed 3 --json part.json -o part.h5
together part.h5 "${fibre[@]}"
two_qpus <<'END' >tries.qasm
bit go;
x a[0]; go = measure a[0];
while (go) {
  ebit(a[1], b[1]);
  h a[0]; cx a[0], a[1]; rx(0.4) a[0]; h a[0];
  m = measure a[1]; c[0] = measure b[1]; go = measure a[0];
}
c[1] = measure b[0];
END
fibre_pairs 1 >fibre.yaml
tries=(run tries.qasm --machine fibre.yaml --engine statevector)
stops TERM "$QSPAN" "${tries[@]}" --shots 100000000 --seed 3 --json part.json -o part.h5
together part.h5 "${tries[@]}"

# A single evolution of many seconds ends inside, on ranks of which one hears the signal; so do
# exact probabilities, and states, of which no file is left.
qspan gen brick -n 24 --layers 150 -o deep.qasm
# ends_inside RANKS MESSAGE OPTIONS...; one of several ranks may be ended before it says why
ends_inside() {
    local ranks=$1 message=$2
    shift 2
    mpirun --oversubscribe --bind-to none -n "$ranks" "$QSPAN" run deep.qasm --qpus 2 "$@" \
        >out 2>err &
    job=$!
    pid=$(listener)
    sleep 0.4
    kill -TERM "$pid"
    sleep 0.1
    kill -USR1 "$pid" || true # a second one changes nothing
    ends "$(empty_code TERM)"
    grep -qE "$message|stopped: there are no results" err || fail "$message: $(cat err)"
    [ -z "$(ls state.h5* all.json 2>ls.err)" ] || fail "files of a run that was stopped: $*"
}
ends_inside 3 "" --shots 10 --json all.json
ends_inside 1 "exact probabilities are whole or nothing" --probabilities 4 --json all.json
ends_inside 1 "before the first shots were done: there are no results" --state state.h5
ends_inside 2 "" --state state.h5

# What looks at no signal for minutes is ended while there is nothing to keep: a reference shot with
# many rounds, a block of shots of a loop without end.
no_drafts() {
    [ -z "$(ls ./*.tmp 2>ls.err)" ] || fail "drafts are left: $(ls ./*.tmp)"
}
# ends_early SIGNAL COMMAND...
ends_early() {
    local signal=$1
    shift
    "$@" >out 2>err &
    job=$!
    kill -"$signal" "$(listener)"
    ends "$(empty_code "$signal")"
    says_so
    no_drafts
}
{
    printf 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nh q[0];\nfor int i in [1:60000000] {\n'
    printf 'cx q[0], q[1];\n%.0s' $(seq 40)
    printf '}\n'
} >rounds.qasm
printf 'H 0\nREPEAT 1000000000000 {\nH 0\nCX 0 1\n}\nM 0 1\n' >rounds.stim
ends_early TERM "$QSPAN" run rounds.qasm --engine frame --qpus 1 --json none.json -o none.h5
ends_early USR1 mpirun --oversubscribe --bind-to none -n 3 "$QSPAN" run rounds.qasm --engine frame \
    --qpus 1 --json none.json
ends_early TERM "$QSPAN" sample rounds.stim --skip-reference -o none.b8

# Other signals end it at once, without drafts.
for signal in INT HUP; do
    env --default-signal=INT,HUP "$QSPAN" sample rounds.stim --skip-reference -o none.b8 >out 2>err &
    job=$!
    for _ in $(seq 200); do
        ! ls ./none.b8.*.tmp >ls.out 2>&1 || break
        sleep 0.05
    done
    has ls.out none.b8
    kill -"$signal" $job
    ends "$(empty_code "$signal")"
    no_drafts
done

# Frames, on two ranks, by the launcher.
printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\nh q[0];\n' >bell.qasm
echo 'cx q[0],q[1]; measure q -> c;' >>bell.qasm
bell=(run bell.qasm --machine werner:n=2,data=1,comm=1,F=0.9,time=10us)
starts mpirun --oversubscribe --bind-to none -n 2 "$QSPAN" "${bell[@]}" --shots 4000000000 \
    --seed 3 --json part.json
kill -USR1 $job
ends 85
equal "$(json part.json interrupted)" true

# Bulk samples: the first shots are there, whole, on one rank and on two.
qspan gen repetition-memory -d 9 --rounds 100 --after-clifford-depolarization 0.01 -o code.stim
for ranks in 1 2; do
    mpirun --oversubscribe --bind-to none -n $ranks "$QSPAN" sample code.stim --seed 3 \
        --shots 4000000000 --detectors --out-format b8 -o events.b8 >out 2>err &
    job=$!
    pid=$(listener)
    sleep 0.3
    kill -USR1 "$pid"
    ends 85
    has err "of 4000000000 shots are written"
    n=$(sed -n 's/.*SIG[A-Z0-9]*: \([0-9]*\) of 4000000000 .*/\1/p' err)
    equal "$((n % 1024))" 0
    equal "$(($(stat -c %s events.b8) / 101))" "$n" # 808 detectors, 101 bytes a shot
    shown=$((n < 20480 ? n : 20480))
    expect 0 qspan sample code.stim --shots $shown --seed 3 --detectors --out-format b8 -o wanted.b8
    cmp <(head -c $((101 * shown)) events.b8) wanted.b8 || fail "samples of a run that was stopped"
done

# Parts by number: counts add up to those of one run.
expect 0 qspan "${bell[@]}" --seed 3 --shots 4096 --json one.json
expect 0 qspan "${bell[@]}" --seed 3 --shots 1024 --json a.json
expect 0 qspan "${bell[@]}" --seed 3 --shots 3072 --first-shot 1024 --json b.json
equal "$(json b.json first_shot)" 1024
for key in 00 01 10 11; do
    equal "$(($(json a.json counts $key) + $(json b.json counts $key)))" "$(json one.json counts $key)"
done
expect 2 qspan "${bell[@]}" --seed 3 --first-shot 1000
has err "--first-shot 1000: expected a multiple of 1024"

# A run that is whole stays as it is.
expect 0 qspan "${bell[@]}" --seed 3 --shots 1000 -o whole.h5 --json whole.json
expect 0 qspan "${bell[@]}" --resume whole.h5 --json again.json
has err "whole.h5 holds all shots asked for"
cmp <(same_part whole.json) <(same_part again.json) || fail "a run that was whole"

# It may be prolonged, though its last block of shots is not whole.
expect 0 qspan "${bell[@]}" --resume whole.h5 --shots 3000 --json both.json
expect 0 qspan "${bell[@]}" --seed 3 --shots 3000 --json one.json
cmp <(same_part both.json) <(same_part one.json) || fail "a run that was prolonged"

# Shots of another run.
refused() { # refused WHY OPTIONS...
    local why=$1
    shift
    expect 3 qspan run "$@"
    has err "noisy.h5: error: $why"
}
machine=(--machine werner:n=2,data=2,comm=1,F=0.9,time=10us)
again=(--engine statevector --resume noisy.h5)
differs="these shots are not of this run:"
refused "$differs --seed was 3, now 4" noisy.qasm "${machine[@]}" "${again[@]}" --seed 4
refused "$differs --precision was double, now single" noisy.qasm "${machine[@]}" "${again[@]}" \
    --precision single
refused "$differs the machine differs" noisy.qasm --machine werner:n=2,data=2,comm=1,F=0.8,time=10us \
    "${again[@]}"
refused "holds" noisy.qasm "${machine[@]}" "${again[@]}" --shots 100
sed 's/0.3/0.4/' noisy.qasm >other.qasm
refused "$differs the program" other.qasm "${machine[@]}" "${again[@]}"
expect 2 qspan run noisy.qasm --qpus 2 --resume noisy.h5 --probabilities all
has err "no --resume"

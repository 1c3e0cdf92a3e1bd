# Wrong command lines: exit code 2, and a message that helps.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

refused() { # refused MESSAGE OPTIONS...
    local message=$1
    shift
    expect 2 qspan "$@"
    has err "$message"
    [ ! -s out ] || fail "output although refused: $*"
}

qspan gen ghz -n 3 -o ghz.qasm
qspan plan ghz.qasm --qpus 2 -o program.qasm >/dev/null

refused "unknown command 'rnu'; did you mean run?" rnu ghz.qasm
refused "unknown command 'fnord'; see qspan --help" fnord
refused "bench: '3': expected a number of qubits from 4 to 40" bench 3
refused "bench: '12x': expected a number of qubits from 4 to 40" bench 12x

refused "unknown option --vesion; see qspan --help" --vesion
refused "CIRCUIT|PROGRAM is missing" run
refused "run: an argument is empty" run ""
refused "run: --machine: its value is empty" run ghz.qasm --machine ""
refused "--first-shot 5: expected a multiple of 1024, the shots of a timeline" \
    run ghz.qasm --first-shot 5
refused "unexpected argument 'b'" run ghz.qasm b
refused "unknown option --shost; did you mean --shots?" run --shost 3 ghz.qasm
refused "unknown option -z" run -z ghz.qasm
refused "--shot may be --shots or --shots-per-timeline" run --shot 3 ghz.qasm
refused "--seed needs a value" run ghz.qasm --seed
refused "-o needs a value" plan ghz.qasm -o
refused "--quiet takes no value" run --quiet=3 ghz.qasm
for number in 0 -1 x 1x 1.5 "" 99999999999999999999 4294967296; do
    refused "--shots $number: expected a whole number from 1 to 4294967295" \
        run --shots "$number" ghz.qasm
done
refused "--seed 9223372036854775808: expected" run --seed 9223372036854775808 ghz.qasm
refused "--probabilities 0: expected a whole number from 1, or all" run --probabilities 0 ghz.qasm
refused "unknown unit" run --memory-per-rank 4Gi ghz.qasm
refused "--memory-per-rank 0: expected at least one byte" run --memory-per-rank 0 ghz.qasm
refused "--phase 1/3: expected a number" gen qpe -n 3 --phase 1/3
refused "--n 0: expected" gen ghz --n 0
refused "--n is missing" gen ghz
refused "--phase is missing" gen qpe -n 3
refused "takes no --phase" gen ghz -n 3 --phase 0.1
refused "unknown circuit 'qpt'; did you mean qft?" gen qpt -n 3

# What is not built yet says so, and what works instead.
refused "--distribute best is not available yet; use simple" run --distribute best ghz.qasm
refused "--idle exact is not available yet; use twirl" run --idle exact ghz.qasm
for engine in tableau nearclifford; do
    refused "--engine $engine is not available yet; use auto, statevector or frame" \
        run --engine $engine ghz.qasm
done
refused "--engine fnord: expected auto, statevector or frame" run --engine fnord ghz.qasm
refused "--checkpoint is not available yet; -o FILE keeps" run ghz.qasm --checkpoint x
refused "--restart is not available yet; --resume FILE goes on" run ghz.qasm --restart x
refused "--json goes with --against" verify program.qasm --json out.json

# Options that contradict each other.
refused "--machine and --qpus exclude each other" run ghz.qasm --machine ideal --qpus 2
refused "--comm-qubits goes with --qpus" run ghz.qasm --machine ideal --comm-qubits 2
refused "no --qpus" run program.qasm --qpus 2
refused "no --distribute" run program.qasm --distribute simple
refused "--probabilities is exact and draws no shots" run ghz.qasm --probabilities all --shots 5
refused "-o and --json name the same file" run ghz.qasm -o ./x --json x
refused "--trace -: a trace needs a file" network demo-2030 --trace -
refused "--trace and --json name the same file" network demo-2030 --json x --trace x
refused "-o -: HDF5 needs a file" network demo-2030 -o -
refused "--obs-out and -o name the same file" sample ghz.qasm --detectors -o x --obs-out x
refused "--obs-out and -o name the same file" sample ghz.qasm --detectors --obs-out -
refused "-o and --json name the same file" plan ghz.qasm -o x --json x
refused "--json ghz.qasm would replace what is read" run ghz.qasm --json ghz.qasm
refused "-o ./m.yaml would replace what is read" run ghz.qasm --machine m.yaml -o ./m.yaml
refused "-o ghz.qasm would replace what is read" sample ghz.qasm -o ghz.qasm
refused "--json x.h5 would replace what is read" run ghz.qasm --resume x.h5 --json x.h5
expect 0 qspan plan program.qasm -o program.qasm # may be changed in place
expect 0 qspan verify program.qasm
refused "-o -: HDF5 needs a file" run ghz.qasm -o -
refused "--state -: HDF5 needs a file" run ghz.qasm --state -
refused "--state and -o name the same file" run ghz.qasm --state x -o x
refused "--fidelity is a mean over shots" run ghz.qasm --probabilities all --fidelity
refused "-o and --json name the same file" run ghz.qasm -o x --json x
refused "not with --probabilities" run ghz.qasm --probabilities all --decode int:c
refused "expected int:REGISTER or phase:REGISTER" run ghz.qasm --decode c
refused "there is no bit register 'x'" run ghz.qasm --decode phase:x

refused "no --replicas" run ghz.qasm --probabilities all --replicas 1
refused "no --shots-per-timeline" run ghz.qasm --probabilities all --shots-per-timeline 2

# Options that would do nothing.
printf 'M 0\n' >m.stim
printf 'OPENQASM 3.0;\ninput int n; qubit[1] q; bit c; c = measure q[0];\n' >input.qasm
refused "--timeline goes with a --machine that is a physical network" dem m.stim --timeline 1
refused "--timeline goes with a --machine that is a physical network" \
    dem m.stim --machine ideal --timeline 1
refused "it goes with --timeline" dem m.stim --seed 1
for command in sample dem; do
    refused "--comm-qubits goes with --qpus or --machine" $command m.stim --comm-qubits 1
    refused "--placement goes with --qpus or --machine" $command m.stim --placement p.txt
done
refused "no --distribute" sample program.qasm --distribute simple
refused "--shots-per-timeline goes with a --machine" sample m.stim --shots-per-timeline 64
refused "--max-branches goes with --probabilities" run ghz.qasm --max-branches 5
refused "--fast is of amplitudes" run ghz.qasm --engine frame --fast
refused "engine frame deals shots over all 4 ranks by itself" plan ghz.qasm --ranks 4 --replicas 2
refused "--param n=1: ghz.qasm is OpenQASM 2" run ghz.qasm --param n=1
refused "--param n=1: m.stim is of Stim's language" sample m.stim --param n=1
refused "--param n=1: program.qasm is a program" run program.qasm --param n=1
refused "--param n=1: program.qasm is a program" verify program.qasm --param n=1
refused "--param nn=1: there is no input variable" run input.qasm --param n=1 --param nn=1
refused "--dialect braket is of OpenQASM 3" run ghz.qasm --dialect braket
refused "--dialect braket is of circuits" sample program.qasm --dialect braket
refused "--max-rounds goes with --against" verify program.qasm --max-rounds 3
qspan run ghz.qasm --probabilities all --json exact.json >/dev/null 2>&1
refused "--alpha is of the test of shots" compare exact.json exact.json --alpha 0.1

# Under a launcher one process speaks.
expect 2 on_ranks 3 run --shots 0 ghz.qasm
equal "$(grep -c 'error: run: --shots 0' err)" 1

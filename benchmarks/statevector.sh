#!/usr/bin/env bash
# Times the state-vector engine on standard circuits, and other simulators where pip has them.
# usage: benchmarks/statevector.sh [-b BUILD] [-t THREADS] [-P double|single] [-r REPEATS] [-p] [-s] [NAME...]
#   -P  of amplitudes; default: double
#   -r  runs of which the median is taken; default: 3
#   -p  other simulators too (qsimcirq, qiskit-aer, qulacs), in a virtual environment
#   -s  small: 20 qubits instead of 22 to 26
#   NAME  of the circuits below; default: all
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../build threads=2 precision=double repeats=3 peers='' small=''
while getopts b:t:P:r:ps option; do
    case $option in
    b) build=$OPTARG ;;
    t) threads=$OPTARG ;;
    P) precision=$OPTARG ;;
    r) repeats=$OPTARG ;;
    p) peers=1 ;;
    s) small=1 ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
build=$(cd "$build" && pwd)
cmake --build "$build" --target qspan bench_statevector >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

gen() { # gen NAME QUBITS GENERATOR OPTIONS...: the file NAME-QUBITS.qasm
    local name=$1 n=${small:+20}
    n=${n:-$2}
    "$build/qspan" gen "$3" -n "$n" "${@:4}" -q -o "$name-$n.qasm"
}
body() { grep -vE '^(OPENQASM|include|qreg|creg|measure)' "$1"; }
after_layers() { # a transform of a state of all qubits: of |0..0> it would cost nothing
    local n=${small:+20}
    n=${n:-$2}
    "$build/qspan" gen brick -n "$n" --layers 3 -q -o layers.qasm
    "$build/qspan" gen "$1" -n "$n" -q -o transform.qasm
    { grep -v '^measure' layers.qasm && body transform.qasm; } >"$1-$n.qasm"
    rm layers.qasm transform.qasm
}
for n in 24 26; do
    gen brick $n brick --layers 20
    gen ghz $n ghz
    after_layers qft $n
done
gen volume 22 quantum-volume
gen qaoa 24 qaoa-maxcut
gen tfim 26 tfim-trotter
if [ -n "$small" ]; then gen_n=9; else gen_n=12; fi
"$build/qspan" gen cuccaro -n $gen_n -q -o cuccaro-$((2 * gen_n + 2)).qasm
"$build/qspan" gen grover -n $gen_n -q -o grover-$((2 * gen_n - 3)).qasm

files=()
for file in *.qasm; do
    [ $# -eq 0 ] || [[ " $* " == *" ${file%%-*} "* ]] || continue
    files+=("$file")
done
echo "# load $(cut -d' ' -f1-3 /proc/loadavg)"
OMP_NUM_THREADS=$threads "$build/bench_statevector" -r "$repeats" -p "$precision" "${files[@]}"

if [ -n "$peers" ]; then
    venv=${QSPAN_PEERS:-${TMPDIR:-/tmp}/qspan-peers}
    if [ ! -x "$venv/bin/python" ]; then
        python3 -m venv "$venv"
        for package in qiskit qiskit-aer qsimcirq qulacs; do
            "$venv/bin/pip" install -q "$package" || echo "# no $package"
        done
    fi
    OMP_NUM_THREADS=$threads "$venv/bin/python" "$here/peers.py" --precision "$precision" "$threads" \
        "${files[@]}"
fi

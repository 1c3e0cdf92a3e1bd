#!/bin/bash
# A million shots of 26 qubits: user CPU seconds with 1 shot and with a million, and their difference.
#   bash benchmarks/samples.sh [QSPAN] [QUBITS] [SHOTS]
set -euo pipefail
qspan=$(realpath "${1:-build/qspan}") qubits=${2:-26} shots=${3:-1000000}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 - "$qubits" >c.qasm <<'P'
import math, random, sys
n, draw = int(sys.argv[1]), random.Random(1)
print(f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[{n}];\ncreg c[{n}];')
for layer in range(3):
    for q in range(n):
        print(f'u3({draw.uniform(0, 2 * math.pi)},{draw.uniform(0, 6)},{draw.uniform(0, 6)}) q[{q}];')
    for q in range(layer % 2, n - 1, 2):
        print(f'cx q[{q}],q[{q + 1}];')
print('measure q -> c;')
P
seconds() {
    TIMEFORMAT='%U %R'
    { time "$qspan" run c.qasm --qpus 1 --engine statevector --seed 1 -q --shots "$1" --json o.json >/dev/null; } 2>&1
}
read -r user_one wall_one < <(seconds 1)
read -r user_all wall_all < <(seconds "$shots")
echo "$qubits qubits, $shots shots: $(awk "BEGIN { print $user_all - $user_one }") s of user CPU for the shots" \
    "(1 shot $user_one s, wall $wall_one s; all $user_all s, wall $wall_all s); load $(cut -d' ' -f1 /proc/loadavg)"

#!/usr/bin/env bash
# Fused packets against explicit ones, and against the undistributed circuit: circuits of 20 to 24
# qubits over 4 QPUs with ideal pairs, and one of 16 qubits with noisy pairs.
# usage: benchmarks/fused.sh [-b BUILD] [-r ROUNDS] [-s]
#   -r  rounds; the least user seconds of each are printed; default 3
#   -s  20 qubits only
set -euo pipefail
. "$(dirname "$0")/rounds.sh"
rounds=3
read_rounds s "$@"
small=$flag
build_and_enter qspan
qspan=$build/qspan

cat >noisy.yaml <<'END'
qpus:
  - {name: A, data: 4, comm: 3}
  - {name: B, like: A}
  - {name: C, like: A}
  - {name: D, like: A}
default_link: {fidelity: 0.99}
END

figure() { # figure FILE KEY
    grep -oE "\"$2\": [0-9.e+]+" "$1" | head -1 | grep -oE '[0-9.e+]+$'
}
measure() { # measure NAME OPTIONS...: least user seconds, with results in NAME.json
    local name=$1 best='' t
    shift
    for _ in $(seq "$rounds"); do
        t=$({ TIMEFORMAT=%U && time "$qspan" run "$@" --seed 1 -q --json "$name.json" >/dev/null; } 2>&1)
        best=$(printf '%s\n%s\n' "$best" "$t" | grep . | sort -g | head -1)
    done
    echo "$best"
}
row() { # row NAME CIRCUIT-FILE WHERE... (of the distributed runs)
    local name=$1 file=$2 explicit fused one
    shift 2
    explicit=$(measure explicit "$file" "$@")
    fused=$(measure fused "$file" "$@" --protocol fused)
    one=$(measure one "$file" --qpus 1)
    printf '%-18s %6s %9s %9s %9s %9s %9s %9s\n' "$name" "$(figure explicit.json total)" \
        "$explicit" "$fused" "$one" \
        "$(figure explicit.json peak_group_qubits)/$(figure fused.json peak_group_qubits)" \
        "$(figure explicit.json peak_bytes_per_rank)" "$(figure fused.json peak_bytes_per_rank)"
}

printf '%-18s %6s %9s %9s %9s %9s %9s %9s\n' circuit ebits explicit fused '1 QPU' qubits bytes bytes
for n in 20 $([ -n "$small" ] || echo 22 24); do
    "$qspan" gen brick -n "$n" --layers 20 -q -o brick.qasm
    "$qspan" gen tfim-trotter -n "$n" --steps 10 -q -o tfim.qasm
    "$qspan" gen qaoa-maxcut -n "$n" --layers 2 -q -o qaoa.qasm
    row "brick $n" brick.qasm --qpus 4 --engine statevector
    row "tfim $n" tfim.qasm --qpus 4 --engine statevector
    row "qaoa $n" qaoa.qasm --qpus 4 --engine statevector
done
"$qspan" gen qaoa-maxcut -n 16 --layers 1 -q -o noisy.qasm
row 'qaoa 16, F = 0.99' noisy.qasm --machine noisy.yaml --shots 200 --engine statevector

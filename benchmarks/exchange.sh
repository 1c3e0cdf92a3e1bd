#!/usr/bin/env bash
# Ranks against threads, and what ranks send to each other.
# usage: benchmarks/exchange.sh [-b BUILD] [-r ROUNDS] [-l]
#   -r  rounds of pairs (1 rank x 2 threads, then 2 ranks x 1 thread); default 5
#   -l  26 qubits on 4 ranks too
# Prints medians of the rounds and the ratio of each pair's two times. Needs two idle cores: ranks
# that wait for each other spin.
set -euo pipefail
. "$(dirname "$0")/rounds.sh"
rounds=5
read_rounds l "$@"
large=$flag
build_and_enter qspan bench_exchange

gen() { # gen N: brick-N, ghz-N, and a transform of an entangled state
    local n=$1
    "$build/qspan" gen brick -n "$n" --layers 20 -q -o "brick-$n.qasm"
    "$build/qspan" gen ghz -n "$n" -q -o "ghz-$n.qasm"
    "$build/qspan" gen brick -n "$n" --layers 3 -q -o layers.qasm
    "$build/qspan" gen qft -n "$n" -q -o transform.qasm
    {
        grep -v '^measure' layers.qasm
        grep -vE '^(OPENQASM|include|qreg|creg|measure)' transform.qasm
    } >"qft-$n.qasm"
}
ranks() { # ranks N FILE...
    local n=$1
    shift
    OMP_NUM_THREADS=1 mpirun --oversubscribe --bind-to none -n "$n" "$build/bench_exchange" "$@"
}
gen 24
"$build/qspan" gen quantum-volume -n 22 -q -o volume-22.qasm
small=(brick-24.qasm qft-24.qasm ghz-24.qasm volume-22.qasm)
echo "# load $(cut -d' ' -f1-3 /proc/loadavg)"
for ((i = 0; i < rounds; i++)); do
    OMP_NUM_THREADS=2 "$build/bench_exchange" "${small[@]}"
    ranks 2 "${small[@]}"
done >pairs
python3 - pairs <<'EOT'
import statistics, sys
rows = {}
for line in open(sys.argv[1]):
    f = line.rstrip("\n").split("\t")
    rows.setdefault(f[0], {}).setdefault((f[1], f[2]), []).append([float(x) for x in f[3:]])
print("# medians; wall and CPU seconds of the gates, 1 rank x 2 threads and 2 ranks x 1 thread")
print(f"{'circuit':14}{'wall 1x2':>10}{'wall 2x1':>10}{'ratio':>7}{'cpu 1x2':>10}{'cpu 2x1':>10}"
      f"{'ratio':>7}{'exchanges':>10}{'seconds':>9}{'MiB sent':>9}{'planned':>9}{'memory':>8}")
for name, pair in rows.items():
    a, b = pair["1", "2"], pair["2", "1"]
    mid = lambda rows, i: statistics.median(row[i] for row in rows)
    ratio = [statistics.median(y[i] / x[i] for x, y in zip(a, b)) for i in (0, 1)]
    print(f"{name:14}{mid(a, 0):10.4f}{mid(b, 0):10.4f}{ratio[0]:7.2f}{mid(a, 1):10.4f}"
          f"{mid(b, 1):10.4f}{ratio[1]:7.2f}{mid(b, 3):10.0f}{mid(b, 2):9.4f}{mid(b, 4):9.1f}"
          f"{mid(b, 5):9.1f}{mid(b, 7):8.3f}")
EOT
echo "# more ranks. bound: what a vector sends that is dealt once at its full size and whose slice wires"
echo "# all come in once; less, where wires are used up while it is smaller. In a volume every stage asks"
echo "# for new ones."
for n in 3 4 5 6 7 8; do
    ranks $n "${small[@]}"
done >more
if [ -n "$large" ]; then
    gen 26
    ranks 4 brick-26.qasm qft-26.qasm >>more
fi
awk -F'\t' 'BEGIN { printf "%-14s%6s%10s%10s%11s%10s%9s%8s\n", "circuit", "ranks", "exchanges",
                    "MiB sent", "planned", "of state", "bound", "memory" }
    { printf "%-14s%6d%10d%10.1f%11.1f%10.3f%9.3f%8.3f\n", $1, $2, $7, $8, $9, $8 / $10, 1 - 1 / $2,
      $11 }' more

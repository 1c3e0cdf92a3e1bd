#!/usr/bin/env bash
# Large Clifford programs proved: fan-out to many targets, a chain of many hops, a random circuit over
# many QPUs. Prints user seconds, wall seconds and peak memory of each proof.
# usage: benchmarks/verify_large.sh [fanout targets] [hops] [qubits] [QPUs] [layers]
set -eu
qspan=${QSPAN:-build/qspan}
n_targets=${1:-1000} n_hops=${2:-1000} n_qubits=${3:-2000} n_qpus=${4:-20} n_layers=${5:-20}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

header='OPENQASM 3.0;\ninclude "stdgates.inc";\ninclude "qnu.inc";\n'

make_fanout() { # one copy of the control, a CX from it to each of n data qubits
    awk -v n="$1" -v header="$header" 'BEGIN {
        printf header "qubit[2] a; qubit[%d] b; qubit e; bit m; bit k;\n", n
        print "pragma qspan qpu A data a[0] comm a[1]"
        printf "pragma qspan qpu B data b[0:%d] comm e\npragma qspan logical in q[0] a[0]\n", n - 1
        for (i = 0; i < n; i++) printf "pragma qspan logical in q[%d] b[%d]\n", i + 1, i
        print "ebit(a[1], e);\ncx a[0], a[1];\nm = measure a[1];\nif (m) x e;"
        for (i = 0; i < n; i++) printf "cx e, b[%d];\n", i
        print "h e;\nk = measure e;\nif (k) z a[0];\npragma qspan logical out q[0] a[0]"
        for (i = 0; i < n; i++) printf "pragma qspan logical out q[%d] b[%d]\n", i + 1, i
    }' >"$dir/fanout.qasm"
    awk -v n="$1" 'BEGIN {
        printf "OPENQASM 2.0; include \"qelib1.inc\"; qreg q[%d];\n", n + 1
        for (i = 1; i <= n; i++) printf "cx q[0], q[%d];\n", i
    }' >"$dir/fanout_target.qasm"
}

make_chain() { # n links, n - 1 swaps in between; every QPU on the way corrects the half it hands on
    awk -v n="$1" -v header="$header" 'BEGIN {
        printf header
        for (i = 0; i <= n; i++) printf "qubit[3] r%d;\n", i
        printf "bit[%d] mx; bit[%d] mz;\n", n, n
        for (i = 0; i <= n; i++)
            printf "pragma qspan qpu N%d data r%d[0] comm r%d[1:2]\n", i, i, i
        print "pragma qspan logical in q[0] r0[0]"
        for (i = 0; i < n; i++) printf "ebit(r%d[2], r%d[1]);\n", i, i + 1
        for (i = 0; i < n; i++) {
            from = i == 0 ? "r0[0]" : "r" i "[1]"
            printf "cx %s, r%d[2];\nh %s;\nmz[%d] = measure %s;\n", from, i, from, i, from
            printf "mx[%d] = measure r%d[2];\n", i, i
            printf "if (mx[%d]) x r%d[1];\nif (mz[%d]) z r%d[1];\n", i, i + 1, i, i + 1
        }
        printf "swap r%d[1], r%d[0];\npragma qspan logical out q[0] r%d[0]\n", n, n, n
    }' >"$dir/chain.qasm"
    printf 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; id q[0];\n' >"$dir/chain_target.qasm"
}

make_random() { # layers of random one-qubit Cliffords and CX, CZ or SWAP on random pairs of all qubits
    awk -v n="$1" -v layers="$2" 'BEGIN {
        srand(7)
        split("h s sdg x y z sx", one)
        split("cx cz cx cz cx", two)
        printf "OPENQASM 2.0; include \"qelib1.inc\"; qreg q[%d];\n", n
        for (i = 0; i < n; i++) order[i] = i
        for (layer = 0; layer < layers; layer++) {
            for (i = 0; i < n; i++) printf "%s q[%d];\n", one[1 + int(7 * rand())], i
            for (i = n - 1; i > 0; i--) {
                j = int((i + 1) * rand()); t = order[i]; order[i] = order[j]; order[j] = t
            }
            for (i = 0; i + 1 < n; i += 2)
                printf "%s q[%d], q[%d];\n", two[1 + int(5 * rand())], order[i], order[i + 1]
        }
    }' >"$dir/random.qasm"
}

prove() { # name, arguments of verify
    local name=$1
    shift
    if ! /usr/bin/time -f '%U %e %M' -o "$dir/time" "$qspan" verify "$@" >"$dir/out" 2>"$dir/err"; then
        cat "$dir/out" "$dir/err"
        exit 1
    fi
    grep -q 'proved equal' "$dir/out"
    awk -v name="$name" '{ printf "%-44s %8.2f s user %8.2f s wall %8.1f MiB\n", name, $1, $2, $3 / 1024 }' \
        "$dir/time"
    grep -E '^  ([0-9]+ outcome|one fault)' "$dir/out" | sed 's/^/  /'
}

make_fanout "$n_targets"
prove "fan-out to $n_targets targets" "$dir/fanout.qasm" --against "$dir/fanout_target.qasm"
make_chain "$n_hops"
prove "chain of $n_hops hops" "$dir/chain.qasm" --against "$dir/chain_target.qasm"
make_random "$n_qubits" "$n_layers"
prove "$n_qubits qubits, $n_qpus QPUs, $n_layers random layers" "$dir/random.qasm" --qpus "$n_qpus"
sed -n '2,4p;/ebits [0-9]/p' "$dir/out" | tail -1

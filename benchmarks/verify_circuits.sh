#!/usr/bin/env bash
# For every circuit under a folder (OpenQASM, Stim): is what the distributor makes of it proved equal
# to it? Noise is left out. Prints one line per file and the sums.
# usage: benchmarks/verify_circuits.sh FOLDER [QPUs] [CPU seconds per file] [list of files in FOLDER]
set -u
qspan=${QSPAN:-build/qspan}
folder=$1 n_qpus=${2:-3} seconds=${3:-30} list=${4:-}
out=$(mktemp) err=$(mktemp)
trap 'rm -f "$out" "$err"' EXIT

verdict() { # exit code, file
    case $1 in
    0) grep -q 'symbolic branch' "$out" && echo proved || echo proved-on-vectors ;;
    5) grep -q 'NOT equal' "$out" && echo NOT-EQUAL || echo undecided ;;
    3) grep -q 'cannot distribute\|not supported by the distributor' "$err" && echo not-distributed || echo refused ;;
    4) echo no-memory ;;
    137 | 152 | 158) echo out-of-time ;;
    *) echo "FAULT-$1" ;;
    esac
}

list_files() {
    if [ -n "$list" ]; then
        sed "s|^|$folder/|" "$list"
    else
        find "$folder" \( -name '*.qasm' -o -name '*.stim' \) -type f | sort
    fi
}

list_files | while IFS= read -r file; do
    (ulimit -t "$seconds"; exec "$qspan" verify "$file" --qpus "$n_qpus" -q >"$out" 2>"$err") 2>/dev/null
    code=$?
    reason=$(grep -v '^qspan: note' "$err" | head -1 | sed 's/^[^ ]* error: //' | cut -c1-100)
    printf '%-18s %-6s %s\t%s\n' "$(verdict "$code")" "${file##*.}" "${file#"$folder"/}" "$reason"
done | tee /dev/stderr | awk '{ n[$2 " " $1]++ } END { for (k in n) printf "%6d %s\n", n[k], k }' | sort -k2

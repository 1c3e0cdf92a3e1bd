#!/usr/bin/env bash
# House rules that a compiler does not check. Needs no build; prints file:line: and the rule.
# usage: tests/lint.sh [source folder]
set -u
cd "${1:-$(dirname "$0")/..}" || exit 2

list_files() { # every file of the project, tracked or about to be
    if git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard
    else
        find . -path './build*' -prune -o -type f -printf '%P\n'
    fi | sort -u | while IFS= read -r file; do [ -f "$file" ] && printf '%s\n' "$file"; done
}
mapfile -t files < <(list_files)
select_files() { printf '%s\n' "${files[@]}" | grep -E "$1" || true; }
mapfile -t c_files < <(select_files '^(src|kernels|include|tests|examples)/.*\.(c|h|inc)$' |
    grep -v '/qnu\.inc$') # which is OpenQASM
mapfile -t code_files < <(select_files '\.(c|h|inc|cu|cmake|py|sh)$|(^|/)CMakeLists\.txt$|^bootstrap$|^\.ci/run$')

findings=$(mktemp)
trap 'rm -f "$findings"' EXIT

# forbid PATTERN MESSAGE EXEMPT FILES...: no line of FILES, except of those whose path matches
# EXEMPT, may match PATTERN.
forbid() {
    local pattern=$1 message=$2 exempt=$3 kept=()
    shift 3
    for file in "$@"; do
        [[ $file =~ $exempt ]] || kept+=("$file")
    done
    [ ${#kept[@]} -gt 0 ] || return 0
    grep -HnE "$pattern" "${kept[@]}" | sed -E "s|^([^:]*:[0-9]+):.*|\1: $message|" >>"$findings"
}
nowhere='^$'

# --- includes point down; the order of layers is that of CMakeLists.txt ---
check_layers() {
    awk '
    FILENAME == "CMakeLists.txt" {
        if (match($0, /^qspan_(layers|executable)\(.*\)/)) {
            n_lines++
            sub(/^qspan_layers\(/, ""); sub(/^qspan_executable\([a-z]+ /, ""); sub(/\).*/, "")
            n = split($0, names, " ")
            for (i = 1; i <= n; i++) level[names[i]] = n_lines
        }
        next
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        own = FILENAME; sub(/^src\//, "", own); sub(/\/.*/, "", own)
        path = $0; sub(/^[^"]*"/, "", path); sub(/".*/, "", path)
        other = path
        if (!sub(/\/.*/, "", other)) {
            printf "%s:%d: include \"%s\" as \"layer/file.h\"\n", FILENAME, FNR, path; next
        }
        if (other == "qspan" || other == own) next
        if (!(own in level) || !(other in level))
            printf "%s:%d: \"%s\": no such layer in CMakeLists.txt\n", FILENAME, FNR, path
        else if (level[other] >= level[own])
            printf "%s:%d: %s must not include %s: includes point down only\n", FILENAME, FNR, own, path
        else if (other == "kernels" && own != "engine" && own != "network")
            printf "%s:%d: kernels are called by engines and the network only\n", FILENAME, FNR
    }' CMakeLists.txt "$@" >>"$findings"
}
mapfile -t layered < <(select_files '^(src|kernels)/.*\.(c|h|inc)$')
check_layers "${layered[@]}"

# --- who may see what from outside ---
include='^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]'
forbid "${include}mpi\.h" "mpi.h belongs to src/comm and include/qspan/qspan_mpi.h" \
    '^(src|tests)/comm/|^include/qspan/qspan_mpi\.h$' "${c_files[@]}"
forbid "${include}comm/comm_(native|internal)\.h" "MPI's own types are for comm, store and the MPI API" \
    '^(src|tests)/(comm|store)/|qspan_mpi\.[ch]$' "${c_files[@]}"
forbid "${include}hdf5" "hdf5.h belongs to src/store" '^src/store/' "${c_files[@]}"
forbid "${include}([a-z]*intrin|arm_neon|arm_sve|cpuid)\.h" "intrinsics belong to kernels/" \
    '^kernels/' "${c_files[@]}"
forbid "${include}assert\.h" "assert() ends one rank only: CHECK ends all" '^include/' "${c_files[@]}"

# --- what is written in no file ---
forbid '^[[:space:]]*#[[:space:]]*if[[:space:]]+0([^-9xX]|$)' "dead code" "$nowhere" "${c_files[@]}"
forbid '(TO[D]O|FIX[M]E|(^|[^X])XX[X]([^X]|$)|HAC[K])' "leave no work behind in the code" "$nowhere" "${code_files[@]}"
forbid '(^|[^A-Za-z0-9_])_Comple[x]([^A-Za-z0-9_]|$)|<comple[x]\.h>' \
    "complex numbers are pairs of double" "$nowhere" "${c_files[@]}"
forbid '^[[:space:]]*typedef (struct|enum|union)( \w+)? (\{|\*?\w+;)' "no typedef for struct, enum, union" \
    '^include/' "${c_files[@]}"
forbid '\.\./share[d]|(^|[^A-Za-z0-9_.])/wor[k]/' "a path of one machine" '^\.ci/' "${files[@]}"
forbid $'\r$' "line ends with a carriage return" "$nowhere" "${code_files[@]}"

# --- size of files and functions ---
for file in "${code_files[@]}"; do
    n=$(wc -l <"$file")
    [ "$n" -le 800 ] || echo "$file:$n: more than 800 lines" >>"$findings"
done
mapfile -t bodies < <(select_files '^(src|tests)/.*\.(c|h)$')
awk '
FNR == 1 { start = 0 }
/^[A-Za-z_].*[^;]$/ && !/^(struct|enum|union)[^(]*$/ && !start && /\(/ { start = FNR }
/^\}/ {
    if (start && FNR - start > 100)
        printf "%s:%d: function of %d lines; 100 is the limit\n", FILENAME, start, FNR - start + 1
    start = 0
}
/;$/ && !/^[ \t}]/ { start = 0 }' "${bodies[@]}" </dev/null >>"$findings"

# --- include guards ---
mapfile -t headers < <(select_files '^(src|kernels|include)/.*\.h$')
for file in "${headers[@]}"; do
    guard=${file#src/}
    guard=${guard#include/qspan/}
    guard=QSPAN_$(printf '%s' "${guard#qspan_}" | tr 'a-z/.' 'A-Z__')
    case $file in include/qspan/qspan.h) guard=QSPAN_H ;; esac
    grep -q "^#ifndef $guard\$" "$file" || echo "$file:1: include guard $guard is due" >>"$findings"
done

# --- formatting: the result depends on the version ---
clang_format=$(command -v clang-format-14 || command -v clang-format || true)
if [ -n "$clang_format" ] && "$clang_format" --version | grep -q 'version 14\.'; then
    "$clang_format" --dry-run -Werror "${c_files[@]}" 2>&1 |
        awk -F: '/error: code should be clang-formatted/ {
            if (!n[$1]++) first[$1] = $2
        }
        END {
            for (f in n)
                printf "%s:%d: not as clang-format 14 writes it (%d places)\n", f, first[f], n[f]
        }' >>"$findings"
else
    echo "lint: clang-format 14 is not installed; formatting was not checked"
fi

if [ -s "$findings" ]; then
    sort -u -t: -k1,1 -k2,2n "$findings"
    echo "lint: $(sort -u "$findings" | wc -l) findings in ${#files[@]} files"
    exit 1
fi
echo "lint: ${#files[@]} files are clean"

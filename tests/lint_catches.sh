#!/usr/bin/env bash
# Each rule of lint.sh finds what it is for, in a tree made for it, and nothing in a clean one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{src/{base,comm,gate,engine,cli},kernels,include/qspan,tests/comm}
cp "$here/../CMakeLists.txt" "$here/../.clang-format" "$tree"
cd "$tree"
n_failed=0

expect() { # MESSAGE: the lint must say it; nothing else may be found
    local output
    output=$(bash "$here/lint.sh" "$tree" 2>&1) && output="passed: $output"
    if ! grep -qF "$1" <<<"$output" || ! grep -q '^lint: 1 finding' <<<"$output"; then
        printf 'expected: %s\ngot: %s\n' "$1" "$output"
        n_failed=$((n_failed + 1))
    fi
}
try() { # FILE LINE MESSAGE: a file with that one line
    printf '%b\n' "$2" >"$1"
    expect "$1:1: $3"
    rm "$1"
}

printf '#include "base/mem.h"\n#include <mpi.h>\n' >src/comm/good.c
bash "$here/lint.sh" "$tree" | grep -q 'files are clean'

try src/base/bad.c '#include "comm/comm.h"' 'base must not include comm/comm.h'
try src/gate/bad.c '#include "comm/comm.h"' 'gate must not include comm/comm.h'
try src/cli/bad.c '#include "kernels/sv.h"' 'kernels are called by engines and the network only'
try src/base/bad.c '#include "mem.h"' 'include "mem.h" as "layer/file.h"'
try src/gate/bad.c '#include "extra/x.h"' '"extra/x.h": no such layer'
try src/engine/bad.c '#include <mpi.h>' 'mpi.h belongs to'
try src/engine/bad.c '#include "comm/comm_native.h"' "MPI's own types"
try src/engine/bad.c '#include <hdf5_hl.h>' 'hdf5.h belongs to'
try src/engine/bad.c '#include <immintrin.h>' 'intrinsics belong to kernels/'
try src/base/bad.c '#include <assert.h>' 'assert() ends one rank only'
try src/base/bad.c '#if 0' 'dead code'
try src/base/bad.c '// TO''DO: more' 'leave no work behind'
try src/base/bad.c 'double _Comp''lex z;' 'complex numbers are pairs'
try src/base/bad.c 'typedef struct x *y;' 'no typedef'
try notes.md 'see ../sha''red/x' 'a path of one machine'
try src/base/bad.h 'int x;' 'include guard QSPAN_BASE_BAD_H is due'
try bad.sh 'echo x\r' 'line ends with a carriage return'

seq 801 | sed 's/.*/int x&;/' >src/base/long.c
expect 'src/base/long.c:801: more than 800 lines'
rm src/base/long.c
{ echo 'void f(void) {' && seq 100 | sed 's/.*/    g();/' && echo '}'; } >src/base/long.c
expect 'src/base/long.c:1: function of 102 lines'
rm src/base/long.c
if command -v clang-format-14 >/dev/null; then
    try src/base/bad.c 'int  x;' 'not as clang-format 14 writes it'
fi
[ $n_failed -eq 0 ] && echo "every rule finds what it is for"

# The installed library: examples built against it by pkg-config and by CMake, from C and C++,
# shared and static; symbols.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1
build=$(dirname "$QSPAN")
if [ ! -e "$build/libqspan.so" ]; then
    echo "this build has no library"
    exit 0
fi
source="$QSPAN_SOURCE_DIR/examples/api"
prefix="$scratch/prefix"
cmake --install "$build" --prefix "$prefix" >install.log 2>&1 || fail "$(tail -5 install.log)"
has "$prefix/share/man/man1/qspan.1" ".TH QSPAN 1"
[ -f "$prefix/share/doc/qspan/examples/qpe16.qasm" ] || fail "no examples installed"
libdir=$(dirname "$(find "$prefix" -name libqspan.so)")
export PKG_CONFIG_PATH="$libdir/pkgconfig" LD_LIBRARY_PATH="$libdir"
read -ra flags <<<"$(pkg-config --cflags --libs qspan)"
sanitizers=()
if nm -D "$libdir/libqspan.so" | grep __asan >/dev/null; then
    sanitizers=(-fsanitize=address,undefined)
    export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" # of the MPI library in the examples
fi

# Only the API is visible, in both libraries.
visible=$(nm -D --defined-only "$libdir/libqspan.so" | awk '{print $3}' | grep -v '^qspan_' || true)
[ -z "$visible" ] || fail "visible in libqspan.so: $visible"
visible=$(nm --defined-only --extern-only "$libdir/libqspan.a" | awk 'NF == 3 {print $3}' |
    grep -v '^qspan_' | grep -vE 'asan|ubsan' || true)
[ -z "$visible" ] || fail "visible in libqspan.a: $visible"
grep -o 'qspan_[a-z_0-9]*(' "$QSPAN_SOURCE_DIR"/include/qspan/qspan*.h | sed 's/.*://; s/(//' |
    sort -u >declared
nm -D --defined-only "$libdir/libqspan.so" | awk '{print $3}' | sort -u >defined
diff declared defined || fail "declared and defined functions differ"

# C by pkg-config; the headers as strict C99 and as C++.
strict=(-Wall -Wextra -Werror -pedantic "${sanitizers[@]}")
cc -std=c99 "${strict[@]}" "$source/plain.c" "${flags[@]}" -o plain
./plain >plain.out
has plain.out "plan: 2 ebits"
has plain.out "stabiliser = 1.000 +- 0.000"
equal "$(awk '/^[01]+ / {n += $2} END {print n}' plain.out)" 1000
mpicc -std=c99 "${strict[@]}" "$source/over_mpi.c" "${flags[@]}" -o over_mpi
OMP_NUM_THREADS=$((2 * $(nproc))) mpirun --oversubscribe --bind-to none -n 4 ./over_mpi >over.out 2>err
! grep qspan err >&2 || fail "the library prints"
has over.out "2 ranks, 2 replicas, "
mpirun --oversubscribe --bind-to none -n 1 ./over_mpi >over1.out
equal "$(sed 's/^2 ranks, 2//' over.out)" "$(sed 's/^1 ranks, 1//' over1.out)"

cat >plus.cpp <<'CPP'
#include <qspan/qspan_mpi.h>
#include <qspan/qspan.h>
#include <cstdio>
int main() {
    qspan_session *session = nullptr;
    if (qspan_open_mpi(&session, MPI_COMM_WORLD) != QSPAN_USAGE || qspan_open(&session) != QSPAN_OK)
        return 1;
    std::puts(qspan_version());
    qspan_close(session);
    return 0;
}
CPP
if command -v g++ >/dev/null; then
    read -ra mpi_flags <<<"$(mpicxx --showme:compile) $(mpicxx --showme:link)"
    g++ -std=c++11 -DOMPI_SKIP_MPICXX -Wall -Wextra -Werror "${sanitizers[@]}" plus.cpp "${flags[@]}" "${mpi_flags[@]}" \
        -o plus
    equal "$(./plus)" "$("$QSPAN" --version | awk '{print $2}')"
else
    fail "there is no C++ compiler"
fi

# CMake, shared and static.
if [ ${#sanitizers[@]} -eq 0 ]; then
    cp -r "$source" examples
    cat >>examples/CMakeLists.txt <<'CMAKE'
find_package(qspan 0.1 REQUIRED COMPONENTS static)
add_executable(plain_static plain.c)
target_link_libraries(plain_static PRIVATE qspan::qspan_static)
CMAKE
    cmake -S examples -B out_cmake -DCMAKE_PREFIX_PATH="$prefix" >cmake.log 2>&1 ||
        fail "$(tail -20 cmake.log)"
    cmake --build out_cmake >make.log 2>&1 || fail "$(tail -20 make.log)"
    unset LD_LIBRARY_PATH
    ./out_cmake/plain | cmp - plain.out
    ./out_cmake/plain_static | cmp - plain.out
    ! ldd out_cmake/plain_static | grep libqspan >&2 || fail "the static program needs libqspan.so"
fi

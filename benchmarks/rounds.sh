# Shared by the scripts that repeat runs: source it. Reads [-b BUILD] [-r ROUNDS] and a flag.

# read_rounds FLAG "$@": sets `build` (its full path), `rounds` if it is given, and `flag` to 1 if
# the letter FLAG is.
read_rounds() {
    local letter=$1 option
    shift
    build=$(dirname "${BASH_SOURCE[0]}")/../build flag=''
    while getopts "b:r:$letter" option; do
        case $option in
        b) build=$OPTARG ;;
        r) rounds=$OPTARG ;;
        "$letter") flag=1 ;;
        *) exit 2 ;;
        esac
    done
    build=$(cd "$build" && pwd)
}

# Builds the targets, and goes to a folder that is removed at the end.
build_and_enter() { # build_and_enter TARGET...
    cmake --build "$build" --target "$@" >/dev/null
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    cd "$work"
}

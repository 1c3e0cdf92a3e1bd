# Proofs of programs with while: of the runs that end within --max-rounds, symbolically and on state
# vectors.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

head='OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[5] a; qubit[2] b; bit go; bit odd; bit[2] f;
pragma qspan qpu A data a[0:3] comm a[4]
pragma qspan qpu B data b[0] comm b[1]
pragma qspan logical in q[0] a[0]'
tail='teledata(a[0], a[4], b[1], b[0]);
pragma qspan logical out q[0] b[0]'
program() { # program NAME: the middle from standard input; NAME-dense the same with gates that are no Cliffords
    local middle
    middle=$(cat)
    printf '%s\n' "$head" "$middle" "$tail" >"$1.qasm"
    printf '%s\n' "$head" "$middle" "t a[0]; tdg a[0];" "$tail" >"$1-dense.qasm"
}
target() { # target NAME GATE
    printf 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\n%s\n' "$2" >"$1.qasm"
}
close() { # close GOT WANTED: equal to 9 digits
    awk "BEGIN { exit !(($1) - ($2) < 1e-9 * ($2) && ($2) - ($1) < 1e-9 * ($2)) }" || fail "$1, not $2"
}
target id ""
target x "x q[0];"

# A coin is thrown until it shows 0. Each round leaves the data alone, or turns it over, which a
# count of rounds may make good.
toss='reset a[1]; h a[1]; go = measure a[1];'
program coin <<<"h a[1]; go = measure a[1]; while (go) { $toss }"
program turned <<<"h a[1]; go = measure a[1]; while (go) { x a[0]; $toss }"
program counted <<EOM
@qspan.at A
odd = false;
h a[1]; go = measure a[1];
while (go) {
x a[0];
@qspan.at A
odd = !odd;
$toss
}
if (odd) x a[0];
EOM
for how in "" -dense; do
    for rounds in 1 3; do
        expect 0 qspan verify coin$how.qasm --against id.qasm --max-rounds $rounds --json coin.json
        close "$(json coin.json left_out)" "2 ^ -($rounds + 1)"
        equal "$(json coin.json max_rounds)" $rounds
    done
    expect 0 qspan verify coin$how.qasm --against id.qasm
    has out "of all runs in which no while goes on after 32 rounds; others have probability 1.16e-10, whatever the input"
    expect 0 qspan verify counted$how.qasm --against id.qasm --max-rounds 4
    has out "faults in the first round of each while, of runs in which it ends with that"
    has out "then process fidelity F = (0.75 pI1) / (0.75 (pI1 + pX1 + pZ1 + pY1))"
    expect 5 qspan verify turned$how.qasm --against id.qasm --max-rounds 1
    has out "leaves X on b[0] (QPU B)"
done

expect 5 qspan verify coin.qasm --against x.qasm

# Rounds that end for certain leave nothing out: three shifts of a 1 through a[1], a[2], a[3].
program thrice <<'EOM'
x a[1]; x a[2]; x a[3];
go = measure a[1];
while (go) {
  z a[0];
  swap a[1], a[2]; swap a[2], a[3];
  reset a[3];
  go = measure a[1];
}
EOM
target z "z q[0];"
for how in "" -dense; do
    expect 0 qspan verify thrice$how.qasm --against z.qasm --max-rounds 3
    has out "each while ends within 3 rounds"
    expect 5 qspan verify thrice$how.qasm --against z.qasm --max-rounds 2
    has err "no run ends within the rounds that each while may have"
done
has err "not proved"

# A loop that never ends leaves half of all runs out: accepted if asked for alone.
program stuck <<<"h a[1]; go = measure a[1]; while (go) { go = measure a[1]; }"
for how in "" -dense; do
    expect 5 qspan verify stuck$how.qasm --against id.qasm
    has err "not proved: runs that are left out have probability 0.5"
    expect 0 qspan verify stuck$how.qasm --against id.qasm --max-rounds 2
done

# The outcome tells of the input: runs that end are not the target.
program told <<<"go = measure a[0]; while (go) { $toss }"
for how in "" -dense; do
    expect 5 qspan verify told$how.qasm --against id.qasm --max-rounds 1
done

# Repeat until success, with gates that are no Cliffords: 5/8 of the tries give a rotation by
# arccos 3/5, the others Z (Nielsen and Chuang, exercise 4.41).
try='h a[1]; h a[2]; ccx a[1], a[2], a[0]; s a[0]; ccx a[1], a[2], a[0]; h a[1]; h a[2];
f[0] = measure a[1]; f[1] = measure a[2];'
printf '%s\n' "$head" "$try while (f) { z a[0]; reset a[1]; reset a[2]; $try }" "$tail" >rus.qasm
target rz "rz(0.92729521800161219) q[0];"
target other "rz(0.92729) q[0];"
expect 0 qspan verify rus.qasm --against rz.qasm --max-rounds 5 --json rus.json
close "$(json rus.json left_out)" "(3 / 8) ^ 6"
expect 5 qspan verify rus.qasm --against other.qasm --max-rounds 1
sed 's/{ z a\[0\];/{/' rus.qasm >forgot.qasm
expect 5 qspan verify forgot.qasm --against rz.qasm --max-rounds 1
expect 0 on_ranks 3 verify rus.qasm --against rz.qasm --max-rounds 5 --json ranks.json
cmp rus.json ranks.json || fail "3 ranks differ"

# Nested, and after each other.
program nested <<EOM
h a[1]; go = measure a[1];
while (go) {
  h a[2]; f[0] = measure a[2];
  while (f[0]) { reset a[2]; h a[2]; f[0] = measure a[2]; }
  reset a[2];
  $toss
}
h a[3]; f[1] = measure a[3];
while (f[1]) { reset a[3]; h a[3]; f[1] = measure a[3]; }
EOM
# within 2 rounds each: an outer round goes on with q = 1 - 2^-3; ends: (1/2 + q/4 + q^2/8) q
for how in "" -dense; do
    expect 0 qspan verify nested$how.qasm --against id.qasm --max-rounds 2 --json nested.json
    close "$(json nested.json left_out)" "1 - (1 / 2 + 0.875 / 4 + 0.875 ^ 2 / 8) * 0.875"
done

# Circuits with while, distributed: the runs that end do the same, and are as likely.
cat >loop.qasm <<'EOM'
OPENQASM 3.0;
include "stdgates.inc";
qubit[4] q; bit go;
h q[0]; cx q[0], q[3];
go = measure q[0];
while (go) { h q[1]; cx q[1], q[2]; reset q[0]; h q[0]; cx q[0], q[2]; go = measure q[0]; }
EOM
sed 's/cx q\[0\], q\[2\]/cp(1) q[0], q[2]/' loop.qasm >loop-dense.qasm
for how in "" -dense; do
    expect 0 qspan verify loop$how.qasm --qpus 2 --max-rounds 3
    has out "others have probability 0.0625, as in the target"
done
printf '%s\n' "$head" "x a[1]; reset a[1]; go = measure a[1]; while (go) { $toss }" "$tail" >never.qasm
expect 5 qspan verify coin.qasm --against never.qasm
has err "whose loops go on too long have probability 1.16415e-10, those of the target 0"

# A loop that repeats until a pair is good, and leaves it open for what comes.
cat >until.qasm <<'EOM'
OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[3] a; qubit[3] b; bit f; bit g; bit bad; bit m; bit k;
pragma qspan qpu A data a[0] comm a[1:2]
pragma qspan qpu B data b[0] comm b[1:2]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]
@qspan.at A
bad = true;
while (bad) {
  reset a[1]; reset b[1];
  ebit(a[1], b[1]);
  ebit(a[2], b[2]);
  cx a[1], a[2]; cx b[1], b[2];
  f = measure a[2]; g = measure b[2];
  @qspan.at A
  bad = f ^ g;
}
cx a[0], a[1]; m = measure a[1]; if (m) x b[1];
cz b[1], b[0];
h b[1]; k = measure b[1]; if (k) z a[0];
pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
EOM
printf '%s\n' 'OPENQASM 3.0;' 'include "stdgates.inc";' 'qubit[2] q;' 'cz q[0], q[1];' >cz.qasm
expect 0 qspan verify until.qasm --against cz.qasm
has out "each while ends within 32 rounds"
has out "faults in the first round of each while"
has out "X on ebit 1 (line 13): one more round"
has out "flip of f (line 16): one more round"
has out "Z on ebit 2 (line 14): Z on a[0] (QPU A)"
has out "then process fidelity F = (pI1 pI2 + pZ1 pZ2) / ("
sed 's/if (m) x b\[1\];//' until.qasm >not.qasm
expect 5 qspan verify not.qasm --against cz.qasm
# Rounds of a purification of Werner pairs: 2 / N ebits, N = (F + (1-F)/3)^2 + (2 (1-F)/3)^2.
expect 0 qspan run until.qasm --machine werner:n=2,data=1,comm=2,F=0.7 --shots 20000 --seed 3 \
    --json until.json
awk -v got="$(json until.json ebits total)" 'BEGIN {
    n = (0.7 + 0.1)^2 + 0.2^2; want = 2 / n; error = 2 * sqrt((1 - n) / n^2 / 20000)
    exit !(got > want - 5 * error && got < want + 5 * error) }' || fail "$(json until.json ebits total) ebits"

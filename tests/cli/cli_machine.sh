# machine: what it prints is a machine file again.
. "$QSPAN_SOURCE_DIR/tests/cli/common.sh" || exit 1

for machine in ideal ideal:n=3,data=5 werner:n=2,data=4,comm=1,F=0.9,time=2us,classical=500ns \
    "$QSPAN_SOURCE_DIR"/examples/*.yaml; do
    expect 0 qspan machine "$machine"
    cp out first.yaml
    expect 0 qspan machine first.yaml
    cmp out first.yaml || fail "$machine does not read back"
done
expect 0 qspan machine werner:n=2,data=4,comm=1,F=0.9,time=2us,classical=500ns
has out "QPU B: 4 data, 1 comm qubits"
has out "fidelity 0.9, an ebit every 2 us, a bit takes 500 ns"

expect 3 qspan machine wernr
has err "did you mean werner?"
printf 'qpus:\n  - {name: A, data: x}\n' >bad.yaml
expect 3 qspan machine bad.yaml
has err "bad.yaml:2:"

# A drawing has every node and every fibre, and escapes what a name holds.
expect 0 qspan machine cisco-qdc-2026 --svg fat.svg
equal "$(grep -c 'class="qpu"' fat.svg)" 16
equal "$(grep -c 'class="switch"' fat.svg)" 20
equal "$(grep -cE 'class="(fibre|trunk)"' fat.svg)" 48
equal "$(tail -1 fat.svg)" "</svg>"
printf 'name: "<a&b>"\nqpus: [{name: A, data: 1, rack: "r<"}]\n' >name.yaml
expect 0 qspan machine name.yaml --svg -
has out "&lt;a&amp;b&gt;"
! grep -q '<a' out || fail "a name is not escaped"
expect 0 qspan machine werner:n=5 --svg -
equal "$(grep -c 'class="default"' out)" 10
for topology in line ring grid mesh star clos bcube qfly two_centres; do
    expect 0 qspan machine cisco-qdc-2026:topology=$topology --svg drawing.svg
    equal "$(grep -c 'class="qpu"' drawing.svg)" 16
done
expect 0 qspan machine demo-2030
has out "# demo-2030: 8 QPUs, physical network"

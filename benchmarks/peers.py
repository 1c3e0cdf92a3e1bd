"""Other simulators on the circuits of statevector.sh.

usage: peers.py [--precision double|single] THREADS FILE...
The precision is that of the peers that have both; qsim is always single, qulacs double.
Prints for each circuit and simulator, at the best of a few settings, seconds of the simulation
alone: wall, and CPU divided by the number of threads, as bench_statevector does.
"""

import argparse
import os
import time


def read(path):
    """The gates of a file, measurements left out."""
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit.from_qasm_file(path)
    circuit.remove_final_measurements()
    return circuit.decompose(["ccz"])


def best(settings, run):
    """The least of CPU seconds over settings, each once: (wall, cpu, setting)."""
    times = []
    for setting in settings:
        wall, cpu = time.perf_counter(), time.process_time()
        run(setting)
        times.append((time.process_time() - cpu, time.perf_counter() - wall, setting))
    cpu, wall, setting = min(times)
    return wall, cpu, setting


def by_qsim(circuit, threads, _):
    """qsim through Cirq, single precision, fused gates of 2 to 4 qubits."""
    import cirq
    import qsimcirq

    qubits = cirq.LineQubit.range(circuit.num_qubits)
    index = {q: i for i, q in enumerate(circuit.qubits)}
    moments = cirq.Circuit()
    for item in circuit.data:
        matrix = item.operation.to_matrix()
        wires = [qubits[index[q]] for q in reversed(item.qubits)]
        moments.append(cirq.MatrixGate(matrix).on(*wires))

    def run(fused):
        options = qsimcirq.QSimOptions(cpu_threads=threads, max_fused_gate_size=fused)
        qsimcirq.QSimSimulator(options).simulate_expectation_values(
            moments, [cirq.Z(qubits[0])], qubit_order=qubits
        )

    return best((2, 3, 4), run)


def by_aer(circuit, threads, precision):
    """qiskit-aer's state vector."""
    from qiskit_aer import AerSimulator

    measured = circuit.copy()
    measured.measure_all()

    def run(fused):
        AerSimulator(
            method="statevector",
            precision=precision,
            max_parallel_threads=threads,
            fusion_max_qubit=fused,
            fusion_threshold=1,
        ).run(measured, shots=1).result()

    return best((3, 5), run)


def by_qulacs(circuit, threads, _):
    """qulacs, double precision, gates merged up to 2 to 4 qubits."""
    from qulacs import QuantumCircuit, QuantumState
    from qulacs.circuit import QuantumCircuitOptimizer
    from qulacs.gate import DenseMatrix

    index = {q: i for i, q in enumerate(circuit.qubits)}
    named = {"h": "H", "x": "X", "cx": "CNOT", "cz": "CZ"}

    def run(fused):
        other = QuantumCircuit(circuit.num_qubits)
        for item in circuit.data:
            wires = [index[q] for q in item.qubits]
            if item.operation.name in named:
                getattr(other, f"add_{named[item.operation.name]}_gate")(*wires)
            else:
                other.add_gate(DenseMatrix(wires, item.operation.to_matrix()))
        QuantumCircuitOptimizer().optimize(other, fused)
        other.update_quantum_state(QuantumState(circuit.num_qubits))

    return best((2, 4), run)


def main():
    """Times every simulator that can be imported."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--precision", choices=("double", "single"), default="double")
    parser.add_argument("threads", type=int)
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    threads = args.threads
    peers = [("qsim", by_qsim, "single"), ("aer", by_aer, args.precision)]
    if args.precision == "double":
        peers.append(("qulacs", by_qulacs, "double"))
    print(f"# {'circuit':16} {'peer':8} {'of':8} wall_s    cpu_s  setting")
    for path in args.files:
        name = os.path.basename(path)
        circuit = read(path)
        for peer, run, precision in peers:
            try:
                wall, cpu, setting = run(circuit, threads, precision)
            except Exception as error:  # a peer that is missing, or refuses the circuit
                print(f"{name:18} {peer:8} {type(error).__name__}: {error}"[:100], flush=True)
                continue
            line = f"{name:18} {peer:8} {precision:8} {wall:7.3f} {cpu / threads:8.3f}  fused {setting}"
            print(line, flush=True)


if __name__ == "__main__":
    main()

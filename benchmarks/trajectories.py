#!/usr/bin/env python3
"""Noisy trajectories: qspan against Qiskit Aer on one circuit and one noise model.

    python3 benchmarks/trajectories.py [--qubits 20] [--layers 20] [--error 0.1] [--shots 10000]
                                       [--aer-shots 300] [--qspan build/qspan] [--venv DIR]

A brick of random rotations and CX; depolarising errors after every gate, of which a shot has at
least one with probability --error. Both use one thread; times are user CPU seconds of a process of
their own, qspan's with start-up and parsing, Aer's of run() alone. Aer runs --aer-shots with shot
branching, a thirtieth without; the better rate counts. Shots without an error share one state in
qspan, so most of its time goes to the states of the others. Qiskit Aer is installed into --venv with
pip where it can be.
"""
import argparse
import json
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import venv


def make_circuit(n, layers, seed):
    """OpenQASM 2: u3 on all qubits, then CX on a brick."""
    draw = random.Random(seed)
    lines = ['OPENQASM 2.0;', 'include "qelib1.inc";', f'qreg q[{n}];', f'creg c[{n}];']
    gates = [0, 0]
    for layer in range(layers):
        for q in range(n):
            angles = ','.join(f'{draw.uniform(0, 2 * math.pi):.6f}' for _ in range(3))
            lines.append(f'u3({angles}) q[{q}];')
            gates[0] += 1
        for q in range(layer % 2, n - 1, 2):
            lines.append(f'cx q[{q}],q[{q + 1}];')
            gates[1] += 1
    lines.append('measure q -> c;')
    return '\n'.join(lines) + '\n', gates


def choose_error(gates, total):
    """p of a one-qubit gate, ten times that of CX, so that a shot is free of errors with 1 - total."""
    low, high = 0.0, 0.05
    for _ in range(100):
        p = (low + high) / 2
        free = (1 - p) ** gates[0] * (1 - 10 * p) ** gates[1]
        low, high = (p, high) if free > 1 - total else (low, p)
    return low


AER = '''
import json, resource, sys
from qiskit import QuantumCircuit
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error
path, p, shots, branching = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "1"
circuit = QuantumCircuit.from_qasm_file(path)
model = NoiseModel()
model.add_all_qubit_quantum_error(depolarizing_error(p * 4 / 3, 1), ["u3"])
model.add_all_qubit_quantum_error(depolarizing_error(10 * p * 16 / 15, 2), ["cx"])
options = dict(method="statevector", noise_model=model, max_parallel_threads=1,
               fusion_enable=True, seed_simulator=1)
if branching:
    options.update(shot_branching_enable=True, shot_branching_sampling_enable=True)
simulator = AerSimulator(**options)
start = resource.getrusage(resource.RUSAGE_SELF).ru_utime
result = simulator.run(circuit, shots=shots).result()
stop = resource.getrusage(resource.RUSAGE_SELF).ru_utime
print(json.dumps([result.success, str(result.status), stop - start, len(result.get_counts())]))
'''


def find_aer(folder):
    """The python of a virtual environment with qiskit-aer, or None."""
    python = os.path.join(folder, 'bin', 'python')
    if not os.path.exists(python):
        venv.create(folder, with_pip=True)
    ask = [python, '-c', 'import qiskit_aer; print(qiskit_aer.__version__)']
    if subprocess.run(ask, capture_output=True).returncode != 0:
        subprocess.run([python, '-m', 'pip', 'install', '-q', 'qiskit-aer'], check=False)
    found = subprocess.run(ask, capture_output=True, text=True)
    if found.returncode != 0:
        return None
    print(f'Qiskit Aer {found.stdout.strip()}')
    return python


def run_qspan(options, folder, p):
    model = os.path.join(folder, 'noise.yaml')
    with open(model, 'w', encoding='ascii') as file:
        file.write(f'errors:\n- {{gates: [u3], error: {p!r}}}\n- {{gates: [cx], error: {10 * p!r}}}\n')
    out = os.path.join(folder, 'out.json')
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([options.qspan, 'run', os.path.join(folder, 'c.qasm'), '--qpus', '1', '--noise', model,
                    '--engine', 'statevector', '--shots', str(options.shots), '--seed', '1', '-q',
                    '--json', out], check=True, stdout=subprocess.DEVNULL,
                   env=dict(os.environ, OMP_NUM_THREADS='1'))
    cpu = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    with open(out, encoding='ascii') as file:
        return cpu, json.load(file)['branches']


def run_aer(python, options, folder, p):
    best = None
    for branching in (0, 1):
        shots = options.aer_shots if branching else max(2, options.aer_shots // 30)
        done = subprocess.run([python, '-c', AER, os.path.join(folder, 'c.qasm'), repr(p),
                               str(shots), str(branching)], capture_output=True, text=True,
                              env=dict(os.environ, OMP_NUM_THREADS='1'))
        if done.returncode != 0:
            print(f'Aer failed: {done.stderr.strip().splitlines()[-1]}')
            continue
        success, status, cpu, _ = json.loads(done.stdout.splitlines()[-1])
        name = 'shot branching' if branching else 'shot by shot'
        if not success:
            print(f'Aer, {name}: {status}')
            continue
        print(f'Aer, {name}: {cpu:.2f} s for {shots} shots, '
              f'{cpu / shots * options.shots:.1f} s scaled to {options.shots}')
        best = cpu / shots if best is None else min(best, cpu / shots)
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--qubits', type=int, default=20)
    parser.add_argument('--layers', type=int, default=20)
    parser.add_argument('--error', type=float, default=0.1)
    parser.add_argument('--shots', type=int, default=10000)
    parser.add_argument('--aer-shots', type=int, default=300)
    parser.add_argument('--qspan', default='build/qspan')
    parser.add_argument('--venv', default=os.path.join(tempfile.gettempdir(), 'qspan-aer'))
    options = parser.parse_args()
    text, gates = make_circuit(options.qubits, options.layers, 1)
    p = choose_error(gates, options.error)
    print(f'{options.qubits} qubits, {gates[0]} u3 with error {p:.3g}, {gates[1]} cx with {10 * p:.3g}; '
          f'load {os.getloadavg()[0]:.1f}')
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, 'c.qasm'), 'w', encoding='ascii') as file:
            file.write(text)
        cpu, branches = run_qspan(options, folder, p)
        print(f'qspan: {cpu:.1f} s for {options.shots} shots, {branches} states')
        python = find_aer(options.venv)
        best = run_aer(python, options, folder, p) if python else None
    if best is None:
        print('no Qiskit Aer to compare with')
        return 1
    print(f'a shot: qspan {1e3 * cpu / options.shots:.2f} ms, Aer {1e3 * best:.1f} ms; '
          f'load {os.getloadavg()[0]:.1f}')
    print(f'ratio Aer / qspan: {best * options.shots / cpu:.1f}')
    return 0


if __name__ == '__main__':
    sys.exit(main())

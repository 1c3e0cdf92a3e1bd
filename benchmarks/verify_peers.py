#!/usr/bin/env python3
"""What Stim's has_flow and MQT QCEC say of the examples in docs/verify.md.

Needs the packages stim and mqt.qcec. usage: benchmarks/verify_peers.py
"""
import stim
from mqt import qcec
from mqt.core.ir import QuantumComputation

TELEGATE = """
R 2 3
H 2
CX 2 3
CX 0 2
M 2
CX rec[-1] 3
CX 3 1
H 3
M 3
CZ rec[-1] 0
"""
FLOWS = ["X___ -> XX__", "Z___ -> Z___", "_X__ -> _X__", "_Z__ -> ZZ__"]


def has_flows(text):
    circuit = stim.Circuit(text)
    return [circuit.has_flow(stim.Flow(flow)) for flow in FLOWS]


print("Stim", stim.__version__)
print("  telegate CX            ", has_flows(TELEGATE))
print("  without the Z          ", has_flows(TELEGATE.replace("CZ rec[-1] 0", "")))
print("  without the X          ", has_flows(TELEGATE.replace("CX rec[-1] 3\n", "")))
try:
    stim.Circuit("T 0")
except ValueError as error:
    print("  T:", error)

HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'


def judge(first, second, ancillas=(), garbage=False, **options):
    circuits = [QuantumComputation.from_qasm_str(HEAD + text) for text in (first, second)]
    for circuit in circuits:
        for qubit in ancillas:
            circuit.set_circuit_qubit_ancillary(qubit)
            if garbage:
                circuit.set_circuit_qubit_garbage(qubit)
    return str(qcec.verify(*circuits, **options).equivalence).rsplit(".", maxsplit=1)[-1]


def telegate(fix_z="if (k==1) z q[0];"):
    return f"""qreg q[4]; creg m[1]; creg k[1];
h q[2]; cx q[2],q[3]; cx q[0],q[2];
measure q[2] -> m[0];
if (m==1) x q[3];
cx q[3],q[1]; h q[3];
measure q[3] -> k[0];
{fix_z}
"""


DEFERRED = ("qreg q[4]; h q[2]; cx q[2],q[3]; cx q[0],q[2]; cx q[2],q[3]; cx q[3],q[1]; h q[3]; "
            "cz q[3],q[0]; h q[2]; h q[3];")
CX = "qreg q[4]; cx q[0],q[1];"
CCX = "qreg q[3]; ccx q[0],q[1],q[2];"
CCX_PARTS = ("qreg q[3]; h q[2]; cx q[1],q[2]; tdg q[2]; cx q[0],q[2]; t q[2]; cx q[1],q[2]; "
             "tdg q[2]; cx q[0],q[2]; t q[1]; t q[2]; cx q[0],q[1]; h q[2]; t q[0]; tdg q[1]; "
             "cx q[0],q[1];")

print("MQT QCEC", qcec.__version__)
print("  Toffoli and its parts          ", judge(CCX, CCX_PARTS))
PAIRS = [f"cu1(0.1) q[{i}],q[{i + 14}];" for i in range(14)]
print("  28 qubits, cu1, other order    ",
      judge("qreg q[28]; " + " ".join(PAIRS), "qreg q[28]; " + " ".join(reversed(PAIRS))))
for name, text in (("telegate CX", telegate()), ("  without the Z", telegate(""))):
    print(f"  {name:<31}", judge(text, CX, (2, 3), True, transform_dynamic_circuit=True,
                                 check_partial_equivalence=True))
for name, text in (("deferred by hand", DEFERRED),
                   ("  without the Z", DEFERRED.replace("cz q[3],q[0];", ""))):
    print(f"  {name:<31}", judge(text, CX, (2, 3)), "/ partial equivalence",
          judge(text, CX, (2, 3), True, check_partial_equivalence=True))

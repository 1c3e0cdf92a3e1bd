OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
creg drop[1];
h q[0];
cx q[0], q[1];
measure q[2] -> drop[0];

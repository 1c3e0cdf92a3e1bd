OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg m[1];
h q[1];
measure q[1] -> m[0];
if (m == 1) z q[0];

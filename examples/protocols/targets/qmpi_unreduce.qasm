OPENQASM 2.0;
include "qelib1.inc";
qreg q[4];
creg k[1];
h q[3];
measure q[3] -> k[0];
if (k == 1) z q[0];
if (k == 1) z q[1];
if (k == 1) z q[2];

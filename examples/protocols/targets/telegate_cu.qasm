OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
u1(0.1) q[0];
cu3(0.4, 0.3, 0.2) q[0], q[1];

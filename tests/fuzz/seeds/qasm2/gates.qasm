OPENQASM 2.0;
include "qelib1.inc";
// qspan qpu A q[0:1]
gate pair(t, u) a, b { rz(t * (u + 1) / 2 - -pi ^ 2) a; cx a, b; barrier a, b; u3(sin(t), ln(2), 0) b; }
opaque magic(x) a, b;
qreg q[3]; qreg r[3];
creg c[3]; creg d[1];
h q; cx q, r; pair(0.5, 1e-3) q[0], r[2];
ccx q[0], q[1], q[2]; U(0, pi / 2, 1) q[0]; CX q[0], q[1];
barrier q, r[0];
measure q -> c;
if (c == 5) x r[1];
reset r;
measure r[1] -> d[0];

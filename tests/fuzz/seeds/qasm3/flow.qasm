OPENQASM 3.0;
include "stdgates.inc";
const int[32] n = 3; float[64] t = pi / 4; uint[8] k = 5; bool on = true; angle[16] a = 0.5;
gate pair(x) p, q { ctrl @ rz(x) p, q; inv @ pow(2) @ s p; gphase(x / 2); }
def flip(qubit q, bit b) -> bit { if (b) x q; return measure q; }
qubit[n] q; bit[n] c; bit m; qubit one;
let half = q[0:1];
h half; pair(t) q[0], q[1]; negctrl @ x q[{0, 2}][0], one; U(0, pi, 0.5) q[2];
for uint i in [0:n - 1] { rx(t * i) q[i]; if (i == 1) continue; c[i] = measure q[i]; }
while (c[0] && !m) { reset q[0]; m = measure q[0]; break; }
switch (k) { case 1, 5 { x one; } default { z one; } }
if (c == 3) { x q[0]; } else { y q[1]; }
m = flip(one, c[1]) ;
barrier q; delay[10ns] q[0]; c[2] = measure q[2];

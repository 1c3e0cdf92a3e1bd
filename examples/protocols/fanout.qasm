OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// One control, three targets on another QPU, one copy for all of them: 1 ebit, 2 bits.
qubit[2] a;
qubit[4] b;
bit m;
bit k;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0:2] comm b[3]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]
pragma qspan logical in q[2] b[1]
pragma qspan logical in q[3] b[2]

ebit(a[1], b[3]);
cx a[0], a[1];
m = measure a[1];
if (m) x b[3];
cx b[3], b[0];
cx b[3], b[1];
cx b[3], b[2];
h b[3];
k = measure b[3];
if (k) z a[0];

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
pragma qspan logical out q[2] b[1]
pragma qspan logical out q[3] b[2]

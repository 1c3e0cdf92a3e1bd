OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// A controlled U, with its phase, between two QPUs: 1 ebit, 2 bits. Any gate that is diagonal on the
// copy of the control may stand in its place.
qubit[2] a;
qubit[2] b;
bit m;
bit k;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]

ebit(a[1], b[1]);
cx a[0], a[1];
m = measure a[1];
if (m) x b[1];
cu(0.4, 0.3, 0.2, 0.1) b[1], b[0];
h b[1];
k = measure b[1];
if (k) z a[0];

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]

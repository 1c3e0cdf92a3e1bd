OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// QMPI's copy: q[1] at B becomes a copy of q[0] in the basis of Z, a|0> + b|1> becomes
// a|00> + b|11>. 1 ebit, 1 bit.
qubit[2] a;
qubit[2] b;
bit m;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1]
pragma qspan logical in q[0] a[0]

ebit(a[1], b[1]);
cx a[0], a[1];
m = measure a[1];
if (m) x b[1];
swap b[1], b[0];

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]

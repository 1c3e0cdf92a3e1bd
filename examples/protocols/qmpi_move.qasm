OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// QMPI's move: a state leaves A for B, and leaves |0> behind. 1 ebit, 2 bits.
qubit[2] a;
qubit[2] b;
bit mx;
bit mz;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1]
pragma qspan logical in q[0] a[0]

ebit(a[1], b[1]);
cx a[0], a[1];
mx = measure a[1];
if (mx) x b[1];
h a[0];
mz = measure a[0];
if (mz) z b[1];
if (mz) x a[0];
swap b[1], b[0];

pragma qspan logical out q[0] b[0]
pragma qspan logical out q[1] a[0]

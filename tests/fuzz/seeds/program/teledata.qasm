OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// State teleportation, step by step: the state of a[0] at A moves to b[0] at B.
// 1 ebit, 2 bits. The call `teledata(a[0], a[1], b[1], b[0]);` does the same.
qubit[2] a;
qubit[2] b;
bit mx;
bit mz;
output bit c;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1]
pragma qspan logical in q[0] a[0]

ebit(a[1], b[1]);
cx a[0], a[1];
h a[0];
mz = measure a[0];
mx = measure a[1];
if (mx) x b[1];      // the bits travel from A to B
if (mz) z b[1];
swap b[1], b[0];     // off the communication qubit, which now holds |0>

pragma qspan logical out q[0] b[0]
c = measure b[0];

OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// A CX from a[0] at A to b[0] at B, step by step: the control is copied, used and taken back.
// 1 ebit, 2 bits. The call `telegate_cx(a[0], a[1], b[1], b[0]);` does the same.
qubit[2] a;
qubit[2] b;
bit m;
bit k;
output bit[2] c;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]

// cat-entangler: a[0] and b[1] become a|00> + b|11>
ebit(a[1], b[1]);
cx a[0], a[1];
m = measure a[1];
if (m) x b[1];       // the bit travels from A to B
// local gates with the copy: any that are diagonal on it
cx b[1], b[0];
// cat-disentangler
h b[1];
k = measure b[1];
if (k) z a[0];       // the bit travels from B to A

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
c[0] = measure a[0];
c[1] = measure b[0];

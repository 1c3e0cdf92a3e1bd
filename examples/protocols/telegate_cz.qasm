OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// One copy of a control serves several gates: CZ from a[0] at A to b[0] and b[1] at B.
// 1 ebit, 2 bits for both.
qubit[2] a;
qubit[3] b;
output bit[3] c;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0:1] comm b[2]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]
pragma qspan logical in q[2] b[1]

cat_entangle(a[0], a[1], b[2]);
cz b[2], b[0];
cz b[2], b[1];
cat_disentangle(b[2], a[0]);

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
pragma qspan logical out q[2] b[1]
c[0] = measure a[0];
c[1] = measure b[0];
c[2] = measure b[1];

OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// QMPI's broadcast over a cat state: pairs A-B, B-C and C-D are joined by parities that B and C
// measure at once, and A puts the qubit on it; depth does not grow with the number of QPUs. 3 ebits;
// each of the three bits goes to all QPUs behind it.
qubit[2] a;
qubit[3] b;
qubit[3] c;
qubit[2] d;
bit ma;
bit mb;
bit mc;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1:2]
pragma qspan qpu C data c[0] comm c[1:2]
pragma qspan qpu D data d[0] comm d[1]
pragma qspan logical in q[0] a[0]

ebit(a[1], b[1]);
ebit(b[2], c[1]);
ebit(c[2], d[1]);
cx a[0], a[1];
ma = measure a[1];
cx b[1], b[2];
mb = measure b[2];
cx c[1], c[2];
mc = measure c[2];
if (ma) x b[1];
if (ma ^ mb) x c[1];
if (ma ^ mb ^ mc) x d[1];
swap b[1], b[0];
swap c[1], c[0];
swap d[1], d[0];

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
pragma qspan logical out q[2] c[0]
pragma qspan logical out q[3] d[0]

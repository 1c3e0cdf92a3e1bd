OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// QMPI's broadcast as a tree: A copies to C, then A to B and C to D at once; depth log2 of the number
// of QPUs. 3 ebits, 3 bits.
qubit[3] a;
qubit[2] b;
qubit[3] c;
qubit[2] d;
bit mb;
bit mc;
bit md;
pragma qspan qpu A data a[0] comm a[1:2]
pragma qspan qpu B data b[0] comm b[1]
pragma qspan qpu C data c[0] comm c[1:2]
pragma qspan qpu D data d[0] comm d[1]
pragma qspan logical in q[0] a[0]

ebit(a[1], c[1]);
cx a[0], a[1];
mc = measure a[1];
if (mc) x c[1];
swap c[1], c[0];
ebit(a[2], b[1]);
ebit(c[2], d[1]);
cx a[0], a[2];
mb = measure a[2];
if (mb) x b[1];
swap b[1], b[0];
cx c[0], c[2];
md = measure c[2];
if (md) x d[1];
swap d[1], d[0];

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
pragma qspan logical out q[2] c[0]
pragma qspan logical out q[3] d[0]

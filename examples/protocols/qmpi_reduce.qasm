OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// QMPI's reduction by parity: q[3] at C becomes q[0] ^ q[1] ^ q[2] in the basis of Z. A copy of q[0]
// takes q[1] up at B, a copy of that q[2] at C; then both copies are measured out. 2 ebits, 5 bits.
qubit[2] a;
qubit[3] b;
qubit[3] c;
bit ma;
bit mb;
bit ka;
bit kb;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1:2]
pragma qspan qpu C data c[0:1] comm c[2]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]
pragma qspan logical in q[2] c[0]

ebit(a[1], b[1]);
ebit(b[2], c[2]);
cx a[0], a[1];
ma = measure a[1];
if (ma) x b[1];
cx b[0], b[1];
cx b[1], b[2];
mb = measure b[2];
if (mb) x c[2];
cx c[2], c[1];
cx c[0], c[1];
h c[2];
kb = measure c[2];
h b[1];
ka = measure b[1];
if (ka ^ kb) z b[0];
if (ka ^ kb) z a[0];

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
pragma qspan logical out q[2] c[0]
pragma qspan logical out q[3] c[1]

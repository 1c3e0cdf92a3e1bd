OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// QMPI's scan by parity: q[3], q[4] and q[5] become q[0], q[0] ^ q[1] and q[0] ^ q[1] ^ q[2] in the
// basis of Z. Each sum goes to the next QPU as a copy, which is measured out. 2 ebits, 4 bits.
qubit[3] a;
qubit[4] b;
qubit[3] c;
bit ma;
bit mb;
bit ka;
bit kb;
pragma qspan qpu A data a[0:1] comm a[2]
pragma qspan qpu B data b[0:1] comm b[2:3]
pragma qspan qpu C data c[0:1] comm c[2]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]
pragma qspan logical in q[2] c[0]

cx a[0], a[1];
ebit(a[2], b[2]);
cx a[1], a[2];
ma = measure a[2];
if (ma) x b[2];
cx b[2], b[1];
cx b[0], b[1];
h b[2];
ka = measure b[2];
if (ka) z a[1];
ebit(b[3], c[2]);
cx b[1], b[3];
mb = measure b[3];
if (mb) x c[2];
cx c[2], c[1];
cx c[0], c[1];
h c[2];
kb = measure c[2];
if (kb) z b[1];

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
pragma qspan logical out q[2] c[0]
pragma qspan logical out q[3] a[1]
pragma qspan logical out q[4] b[1]
pragma qspan logical out q[5] c[1]

OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// exp(-i 0.15 X Z Y) over three QPUs: in the bases of X and Y the parity is gathered at C over two
// copies, turned there, and the copies are taken back. 2 ebits, 4 bits for any angle.
qubit[2] a;
qubit[2] b;
qubit[3] c;
bit ma;
bit mb;
bit ka;
bit kb;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1]
pragma qspan qpu C data c[0] comm c[1:2]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]
pragma qspan logical in q[2] c[0]

h a[0];
sx c[0];
ebit(a[1], c[1]);
ebit(b[1], c[2]);
cx a[0], a[1];
ma = measure a[1];
cx b[0], b[1];
mb = measure b[1];
if (ma) x c[1];
if (mb) x c[2];
cx c[1], c[0];
cx c[2], c[0];
rz(0.3) c[0];
cx c[2], c[0];
cx c[1], c[0];
h c[1];
ka = measure c[1];
h c[2];
kb = measure c[2];
if (ka) z a[0];
if (kb) z b[0];
h a[0];
sxdg c[0];

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
pragma qspan logical out q[2] c[0]

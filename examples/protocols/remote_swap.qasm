OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// Two states change places: one teleported each way. 2 ebits, 4 bits, which is the least.
qubit[3] a;
qubit[3] b;
bit ax;
bit az;
bit bx;
bit bz;
pragma qspan qpu A data a[0] comm a[1:2]
pragma qspan qpu B data b[0] comm b[1:2]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]

ebit(a[1], b[1]);
ebit(b[2], a[2]);
cx a[0], a[1];
h a[0];
az = measure a[0];
ax = measure a[1];
cx b[0], b[2];
h b[0];
bz = measure b[0];
bx = measure b[2];
if (ax) x b[1];
if (az) z b[1];
if (bx) x a[2];
if (bz) z a[2];
swap b[1], b[0];
swap a[2], a[0];

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]

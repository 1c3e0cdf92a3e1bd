OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// Two pairs A-B and B-C become (|000> + |111>)/sqrt(2) by measuring a parity at B. 2 ebits, 1 bit.
qubit[2] a;
qubit[3] b;
qubit[2] c;
bit m;
output bit[3] ghz;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1:2]
pragma qspan qpu C data c[0] comm c[1]

ebit(a[1], b[1]);
ebit(b[2], c[1]);
swap a[1], a[0];
swap b[1], b[0];
cx b[0], b[2];
m = measure b[2];
if (m) x c[1];
swap c[1], c[0];

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
pragma qspan logical out q[2] c[0]
ghz[0] = measure a[0];
ghz[1] = measure b[0];
ghz[2] = measure c[0];

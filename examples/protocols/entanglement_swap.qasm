OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// Entanglement swapping: B joins a pair with A and a pair with C, so that A and C share one.
// 2 ebits, 2 bits, both from B to C.
qubit[2] a;
qubit[2] b;
qubit[2] c;
bit mx;
bit mz;
output bit[2] pair;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B comm b[0:1]
pragma qspan qpu C data c[0] comm c[1]

ebit(a[1], b[0]);
ebit(b[1], c[1]);
cx b[0], b[1];       // Bell measurement
h b[0];
mz = measure b[0];
mx = measure b[1];
if (mx) x c[1];
if (mz) z c[1];
swap a[1], a[0];
swap c[1], c[0];

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] c[0]
pair[0] = measure a[0];
pair[1] = measure c[0];

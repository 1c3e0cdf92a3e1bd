OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// |0000> + |1111> over four QPUs: pairs A-B and C-D, made in parallel, are fused by a third at B
// and C. 3 ebits, 2 bits; each QPU has one data qubit, B and C have two communication qubits.
qubit[2] a;
qubit[3] b;
qubit[3] c;
qubit[2] d;
bit m;
output bit[4] ghz;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1:2]
pragma qspan qpu C data c[0] comm c[1:2]
pragma qspan qpu D data d[0] comm d[1]

ebit(a[1], b[1]);
ebit(c[1], d[1]);
ebit(b[2], c[2]);
swap a[1], a[0];     // the halves of two pairs become data
swap b[1], b[0];
swap c[1], c[0];
swap d[1], d[0];
// A copy of b[0] at C, with the third pair: its parity with c[0] tells how to join them
cx b[0], b[2];
m = measure b[2];
if (m) x c[2];
cx c[0], c[2];
bit k = measure c[2];
if (k) x c[0];
if (k) x d[0];

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
pragma qspan logical out q[2] c[0]
pragma qspan logical out q[3] d[0]
ghz[0] = measure a[0];
ghz[1] = measure b[0];
ghz[2] = measure c[0];
ghz[3] = measure d[0];

OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// A state moves over a chain of three links: B and C swap entanglement without waiting for each
// other, and D corrects once for all. 3 ebits; 6 bits, all to D.
qubit[2] a;
qubit[2] b;
qubit[2] c;
qubit[2] d;
bit[2] mb;
bit[2] mc;
bit[2] ma;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B comm b[0:1]
pragma qspan qpu C comm c[0:1]
pragma qspan qpu D data d[0] comm d[1]
pragma qspan logical in q[0] a[0]

ebit(a[1], b[0]);
ebit(b[1], c[0]);
ebit(c[1], d[1]);
cx b[0], b[1];
h b[0];
mb[1] = measure b[0];
mb[0] = measure b[1];
cx c[0], c[1];
h c[0];
mc[1] = measure c[0];
mc[0] = measure c[1];
cx a[0], a[1];
h a[0];
ma[1] = measure a[0];
ma[0] = measure a[1];
if (ma[0] ^ mb[0] ^ mc[0]) x d[1];
if (ma[1] ^ mb[1] ^ mc[1]) z d[1];
swap d[1], d[0];

pragma qspan logical out q[0] d[0]

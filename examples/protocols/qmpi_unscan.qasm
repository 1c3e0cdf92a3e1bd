OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// The inverse of qmpi_scan: every sum is measured out. 0 ebits, 3 bits.
qubit[2] a;
qubit[2] b;
qubit[2] c;
bit ka;
bit kb;
bit kc;
pragma qspan qpu A data a[0:1]
pragma qspan qpu B data b[0:1]
pragma qspan qpu C data c[0:1]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]
pragma qspan logical in q[2] c[0]
pragma qspan logical in q[3] a[1]
pragma qspan logical in q[4] b[1]
pragma qspan logical in q[5] c[1]

h a[1];
ka = measure a[1];
h b[1];
kb = measure b[1];
h c[1];
kc = measure c[1];
if (ka ^ kb ^ kc) z a[0];
if (kb ^ kc) z b[0];
if (kc) z c[0];

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
pragma qspan logical out q[2] c[0]

OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// The inverse of qmpi_reduce: the parity q[3] at C is measured out. 0 ebits, 2 bits.
qubit a;
qubit b;
qubit[2] c;
bit k;
pragma qspan qpu A data a
pragma qspan qpu B data b
pragma qspan qpu C data c[0:1]
pragma qspan logical in q[0] a
pragma qspan logical in q[1] b
pragma qspan logical in q[2] c[0]
pragma qspan logical in q[3] c[1]

h c[1];
k = measure c[1];
if (k) z a;
if (k) z b;
if (k) z c[0];

pragma qspan logical out q[0] a
pragma qspan logical out q[1] b
pragma qspan logical out q[2] c[0]

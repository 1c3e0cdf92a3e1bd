OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// QMPI's uncopy, the inverse of copy: a|00> + b|11> becomes a|0> + b|1> at A. 0 ebits, 1 bit.
qubit a;
qubit b;
bit m;
pragma qspan qpu A data a
pragma qspan qpu B data b
pragma qspan logical in q[0] a
pragma qspan logical in q[1] b

h b;
m = measure b;
if (m) z a;

pragma qspan logical out q[0] a

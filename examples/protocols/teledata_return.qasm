OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// A CX by moving the control: to the target's QPU and, after the gate, back. 2 ebits, 4 bits.
qubit[2] a;
qubit[3] b;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0:1] comm b[2]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]

teledata(a[0], a[1], b[2], b[1]);
reset a[0];
cx b[1], b[0];
teledata(b[1], b[2], a[1], a[0]);

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]

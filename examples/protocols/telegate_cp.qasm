OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// A controlled phase between two QPUs by a call: qspan expands it to ebit, gates and measurements.
qubit[2] a;
qubit[2] b;
output bit[2] c;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]

telegate_cp(pi/8, a[0], a[1], b[1], b[0]);

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
c[0] = measure a[0];
c[1] = measure b[0];

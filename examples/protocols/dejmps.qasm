OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// A round of DEJMPS: as BBPSSW, after a quarter turn about X at A and back at B, which exchanges the
// roles of Y and Z errors. drop = 0: the pair is kept. 0 ebits beside the pairs, 1 bit.
qubit[2] a;
qubit[2] b;
bit ma;
bit mb;
output bit drop;
pragma qspan qpu A data a[0:1]
pragma qspan qpu B data b[0:1]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]
pragma qspan logical in q[2] a[1]
pragma qspan logical in q[3] b[1]

rx(pi/2) a[0];
rx(pi/2) a[1];
rx(-pi/2) b[0];
rx(-pi/2) b[1];
cx a[0], a[1];
cx b[0], b[1];
ma = measure a[1];
mb = measure b[1];
@qspan.at A
drop = ma ^ mb;

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]

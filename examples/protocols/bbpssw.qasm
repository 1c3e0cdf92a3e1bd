OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// A round of BBPSSW: of two pairs that A and B share, however they were made, the second is used up
// to test the first. drop = 0: the two bits agree, the pair is kept.
// 0 ebits beside the pairs, 1 bit.
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

cx a[0], a[1];
cx b[0], b[1];
ma = measure a[1];
mb = measure b[1];
@qspan.at A
drop = ma ^ mb;

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]

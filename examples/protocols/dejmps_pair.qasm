OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// Two ebits become one pair by a round of DEJMPS: drop = 0 keeps it. Of noisy ebits the certificate
// gives the fidelity of what is kept. 2 ebits, 1 bit.
qubit[3] a;
qubit[3] b;
bit ma;
bit mb;
output bit drop;
pragma qspan qpu A data a[0] comm a[1:2]
pragma qspan qpu B data b[0] comm b[1:2]

ebit(a[1], b[1]);
ebit(a[2], b[2]);
swap a[1], a[0];
swap b[1], b[0];
rx(pi/2) a[0];
rx(pi/2) a[2];
rx(-pi/2) b[0];
rx(-pi/2) b[2];
cx a[0], a[2];
cx b[0], b[2];
ma = measure a[2];
mb = measure b[2];
@qspan.at A
drop = ma ^ mb;

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]

OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";

// A control copied to two other QPUs at once (a cat state over three), each with a gate of its own.
// 2 ebits; the corrections that take the copies back fall on the control: 4 bits.
qubit[3] a;
qubit[2] b;
qubit[2] c;
bit mb;
bit mc;
bit kb;
bit kc;
pragma qspan qpu A data a[0] comm a[1:2]
pragma qspan qpu B data b[0] comm b[1]
pragma qspan qpu C data c[0] comm c[1]
pragma qspan logical in q[0] a[0]
pragma qspan logical in q[1] b[0]
pragma qspan logical in q[2] c[0]

ebit(a[1], b[1]);
ebit(a[2], c[1]);
cx a[0], a[1];
cx a[0], a[2];
mb = measure a[1];
mc = measure a[2];
if (mb) x b[1];
if (mc) x c[1];
cx b[1], b[0];
cz c[1], c[0];
h b[1];
kb = measure b[1];
h c[1];
kc = measure c[1];
if (kb ^ kc) z a[0];

pragma qspan logical out q[0] a[0]
pragma qspan logical out q[1] b[0]
pragma qspan logical out q[2] c[0]

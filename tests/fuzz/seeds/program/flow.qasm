OPENQASM 3.0;
include "stdgates.inc";
include "qnu.inc";
qubit[2] a; qubit[2] b; bit m; bit[2] k; output bit[2] c;
pragma qspan qpu A data a[0] comm a[1]
pragma qspan qpu B data b[0] comm b[1]
pragma qspan logical in q[0] a[0]
pragma qspan logical out q[0] a[0]
k[0] = measure b[0]; m = measure a[0];
for int i in [1:3] {
  ebit(a[1], b[1]);
  cx a[0], a[1]; m = measure a[1];
  if (m && !(k == 2)) { x b[1]; } else { z b[0]; }
  cp(pi / 4) b[1], b[0];
  h b[1]; k[0] = measure b[1];
  if (k[0] ^ m) z a[0];
}
pragma qspan stim DEPOLARIZE1(0.01) a[0]
while (m) { reset a[0]; m = measure a[0]; }
c[0] = measure a[0]; c[1] = measure b[0];
pragma qspan stim DETECTOR(1, 2) rec[-1]

// Quantum phase estimation on 16 qubits: 15 counting qubits, 1 target.
//
//   mpirun -n 4 qspan run examples/qpe16.qasm --machine examples/four_qpus.yaml
//
// The unitary is diag(1, e^{2 pi i phase}) with phase = 0.3141592653589793 (pi / 10), the target
// its eigenvector |1>. The key c[14] ... c[0], read as a binary number v, estimates phase = v / 2^15.
// phase x 2^15 = 10294.3708 lies between two integers, so the answers spread around it:
//
//   v = 10294   010100000110110   phase 0.31414795   probability 0.6220
//   v = 10295   010100000110111   phase 0.31417847   probability 0.2160
//   v = 10293   010100000110101   phase 0.31411743   probability 0.0455
//   v = 10296   010100000111000   phase 0.31420898   probability 0.0322
//
// Written by `qspan gen qpe --n 15 --phase 0.3141592653589793` but for the comments. The inverse
// Fourier transform goes without swaps: count[14] is read into c[0].
OPENQASM 2.0;
include "qelib1.inc";
qreg count[15];
qreg target[1];
creg c[15];

// The eigenvector, and all counting values at once.
x target[0];
h count[0];
h count[1];
h count[2];
h count[3];
h count[4];
h count[5];
h count[6];
h count[7];
h count[8];
h count[9];
h count[10];
h count[11];
h count[12];
h count[13];
h count[14];

// Controlled on count[k]: the phase 2^k times, whole turns dropped.
cp(1.9739208802178716) count[0],target[0];
cp(3.947841760435743) count[1],target[0];
cp(1.6124982136919) count[2],target[0];
cp(3.2249964273838) count[3],target[0];
cp(0.16680754758801397) count[4],target[0];
cp(0.33361509517602794) count[5],target[0];
cp(0.6672301903520559) count[6],target[0];
cp(1.3344603807041118) count[7],target[0];
cp(2.6689207614082235) count[8],target[0];
cp(5.337841522816447) count[9],target[0];
cp(4.392497738453307) count[10],target[0];
cp(2.501810169727028) count[11],target[0];
cp(5.003620339454056) count[12],target[0];
cp(3.7240553717285256) count[13],target[0];
cp(1.1649254362774648) count[14],target[0];

// Inverse Fourier transform.
h count[14];
cp(-1.5707963267948966) count[14],count[13];
h count[13];
cp(-0.7853981633974483) count[14],count[12];
cp(-1.5707963267948966) count[13],count[12];
h count[12];
cp(-0.39269908169872414) count[14],count[11];
cp(-0.7853981633974483) count[13],count[11];
cp(-1.5707963267948966) count[12],count[11];
h count[11];
cp(-0.19634954084936207) count[14],count[10];
cp(-0.39269908169872414) count[13],count[10];
cp(-0.7853981633974483) count[12],count[10];
cp(-1.5707963267948966) count[11],count[10];
h count[10];
cp(-0.09817477042468103) count[14],count[9];
cp(-0.19634954084936207) count[13],count[9];
cp(-0.39269908169872414) count[12],count[9];
cp(-0.7853981633974483) count[11],count[9];
cp(-1.5707963267948966) count[10],count[9];
h count[9];
cp(-0.04908738521234052) count[14],count[8];
cp(-0.09817477042468103) count[13],count[8];
cp(-0.19634954084936207) count[12],count[8];
cp(-0.39269908169872414) count[11],count[8];
cp(-0.7853981633974483) count[10],count[8];
cp(-1.5707963267948966) count[9],count[8];
h count[8];
cp(-0.02454369260617026) count[14],count[7];
cp(-0.04908738521234052) count[13],count[7];
cp(-0.09817477042468103) count[12],count[7];
cp(-0.19634954084936207) count[11],count[7];
cp(-0.39269908169872414) count[10],count[7];
cp(-0.7853981633974483) count[9],count[7];
cp(-1.5707963267948966) count[8],count[7];
h count[7];
cp(-0.01227184630308513) count[14],count[6];
cp(-0.02454369260617026) count[13],count[6];
cp(-0.04908738521234052) count[12],count[6];
cp(-0.09817477042468103) count[11],count[6];
cp(-0.19634954084936207) count[10],count[6];
cp(-0.39269908169872414) count[9],count[6];
cp(-0.7853981633974483) count[8],count[6];
cp(-1.5707963267948966) count[7],count[6];
h count[6];
cp(-0.006135923151542565) count[14],count[5];
cp(-0.01227184630308513) count[13],count[5];
cp(-0.02454369260617026) count[12],count[5];
cp(-0.04908738521234052) count[11],count[5];
cp(-0.09817477042468103) count[10],count[5];
cp(-0.19634954084936207) count[9],count[5];
cp(-0.39269908169872414) count[8],count[5];
cp(-0.7853981633974483) count[7],count[5];
cp(-1.5707963267948966) count[6],count[5];
h count[5];
cp(-0.0030679615757712823) count[14],count[4];
cp(-0.006135923151542565) count[13],count[4];
cp(-0.01227184630308513) count[12],count[4];
cp(-0.02454369260617026) count[11],count[4];
cp(-0.04908738521234052) count[10],count[4];
cp(-0.09817477042468103) count[9],count[4];
cp(-0.19634954084936207) count[8],count[4];
cp(-0.39269908169872414) count[7],count[4];
cp(-0.7853981633974483) count[6],count[4];
cp(-1.5707963267948966) count[5],count[4];
h count[4];
cp(-0.0015339807878856412) count[14],count[3];
cp(-0.0030679615757712823) count[13],count[3];
cp(-0.006135923151542565) count[12],count[3];
cp(-0.01227184630308513) count[11],count[3];
cp(-0.02454369260617026) count[10],count[3];
cp(-0.04908738521234052) count[9],count[3];
cp(-0.09817477042468103) count[8],count[3];
cp(-0.19634954084936207) count[7],count[3];
cp(-0.39269908169872414) count[6],count[3];
cp(-0.7853981633974483) count[5],count[3];
cp(-1.5707963267948966) count[4],count[3];
h count[3];
cp(-0.0007669903939428206) count[14],count[2];
cp(-0.0015339807878856412) count[13],count[2];
cp(-0.0030679615757712823) count[12],count[2];
cp(-0.006135923151542565) count[11],count[2];
cp(-0.01227184630308513) count[10],count[2];
cp(-0.02454369260617026) count[9],count[2];
cp(-0.04908738521234052) count[8],count[2];
cp(-0.09817477042468103) count[7],count[2];
cp(-0.19634954084936207) count[6],count[2];
cp(-0.39269908169872414) count[5],count[2];
cp(-0.7853981633974483) count[4],count[2];
cp(-1.5707963267948966) count[3],count[2];
h count[2];
cp(-0.0003834951969714103) count[14],count[1];
cp(-0.0007669903939428206) count[13],count[1];
cp(-0.0015339807878856412) count[12],count[1];
cp(-0.0030679615757712823) count[11],count[1];
cp(-0.006135923151542565) count[10],count[1];
cp(-0.01227184630308513) count[9],count[1];
cp(-0.02454369260617026) count[8],count[1];
cp(-0.04908738521234052) count[7],count[1];
cp(-0.09817477042468103) count[6],count[1];
cp(-0.19634954084936207) count[5],count[1];
cp(-0.39269908169872414) count[4],count[1];
cp(-0.7853981633974483) count[3],count[1];
cp(-1.5707963267948966) count[2],count[1];
h count[1];
cp(-0.00019174759848570515) count[14],count[0];
cp(-0.0003834951969714103) count[13],count[0];
cp(-0.0007669903939428206) count[12],count[0];
cp(-0.0015339807878856412) count[11],count[0];
cp(-0.0030679615757712823) count[10],count[0];
cp(-0.006135923151542565) count[9],count[0];
cp(-0.01227184630308513) count[8],count[0];
cp(-0.02454369260617026) count[7],count[0];
cp(-0.04908738521234052) count[6],count[0];
cp(-0.09817477042468103) count[5],count[0];
cp(-0.19634954084936207) count[4],count[0];
cp(-0.39269908169872414) count[3],count[0];
cp(-0.7853981633974483) count[2],count[0];
cp(-1.5707963267948966) count[1],count[0];
h count[0];

// The answer, least significant bit first.
measure count[14] -> c[0];
measure count[13] -> c[1];
measure count[12] -> c[2];
measure count[11] -> c[3];
measure count[10] -> c[4];
measure count[9] -> c[5];
measure count[8] -> c[6];
measure count[7] -> c[7];
measure count[6] -> c[8];
measure count[5] -> c[9];
measure count[4] -> c[10];
measure count[3] -> c[11];
measure count[2] -> c[12];
measure count[1] -> c[13];
measure count[0] -> c[14];

qubit q; bit b;
h q; measure q -> b; if (b == true) U(pi,0,pi) q;

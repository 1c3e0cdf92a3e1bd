OPENQASM 2.0;qreg q[1];creg c[1];U(-1,.5,2e1)q[0];if(c==0)measure q->c;

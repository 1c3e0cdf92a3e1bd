/* The words of OpenQASM 3, as numbers that qasm3_intern gives them. */
#ifndef QSPAN_CIRCUIT_QASM3_WORDS_H
#define QSPAN_CIRCUIT_QASM3_WORDS_H

#define QASM3_WORDS(X)                                                                             \
    X(OPENQASM) X(include) X(qubit) X(qreg) X(bit) X(creg) X(bool) X(int) X(uint) X(float)         \
    X(angle) X(duration) X(stretch) X(complex) X(array) X(const) X(input) X(output) X(let)         \
    X(gate) X(def) X(extern) X(cal) X(defcal) X(defcalgrammar) X(measure) X(reset) X(barrier)      \
    X(delay) X(box) X(nop) X(if) X(else) X(while) X(for) X(in) X(switch) X(case) X(default)        \
    X(break) X(continue) X(end) X(return) X(ctrl) X(negctrl) X(inv) X(pow) X(gphase) X(true)       \
    X(false) X(durationof) X(opaque) X(readonly) X(mutable) X(void) X(pi) X(tau) X(euler)

enum qasm3_word {
#define QASM3_WORD_ENUM(word) QASM3_W_##word,
    QASM3_WORDS(QASM3_WORD_ENUM)
#undef QASM3_WORD_ENUM
        QASM3_N_WORDS
};
extern const char *const qasm3_words[QASM3_N_WORDS];
/* pow and the constants may be used as names in expressions. */

#endif

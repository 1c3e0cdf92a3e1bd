/* Op records and op lists: what circuits, programs and engine sections are made of.
 *
 * A list is flat: IF ... [ELSE ...] END, WHILE ... END and REPEAT ... END are markers, joined by
 * `match` (IF -> its ELSE or END, ELSE -> END, END -> the IF, WHILE or REPEAT that it closes; WHILE
 * and REPEAT -> END). Operands, parameters and condition trees lie in pools of the list. Loops are
 * never unrolled. A qubit is an index: a circuit's qubit, or a program's wire. */
#ifndef QSPAN_GATE_OP_H
#define QSPAN_GATE_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/mem.h"
#include "gate/gate.h"

enum op_kind {
    OP_GATE,    /* gate, qubits, params */
    OP_MEASURE, /* qubits; bit = target; arg = packed Paulis (op_pauli), 0 means Z on one qubit;
                 * circuits: which = flags of enum op_measure; params: none, or p that the bit is
                 * wrong, or p(read 1 | 0), p(read 0 | 1); no qubits: the constant 0 */
    OP_RESET,   /* one qubit to |0>; circuits: arg = Pauli letter, to its +1 state (0: Z) */
    OP_BARRIER, /* qubits */
    OP_ALLOC,   /* one qubit, in |0> */
    OP_FREE,    /* one qubit; its state is dropped (measured out and forgotten) */
    OP_EBIT,    /* qubits a, b: comm wires of two QPUs receive a Bell pair Phi+; which = enum
                 * op_ebit_class; arg = ps after its request when it is due, 0: never */
    OP_SEND,    /* bit to QPU arg */
    OP_RECV,    /* bit */
    OP_IF,      /* expr */
    OP_ELSE,
    OP_WHILE,  /* expr */
    OP_REPEAT, /* arg = rounds; bit = OP_NO_BIT */
    OP_END,
    OP_NOISE,      /* noise, qubits, params */
    OP_IDLE,       /* one qubit; arg = segment */
    OP_DETECTOR,   /* params = coordinates; expr = XOR of bits */
    OP_OBSERVABLE, /* arg = index; expr = XOR of bits; circuits: qubits, params = their Pauli
                    * letters 1, 2, 3, negative when inverted */
    OP_TICK,
    OP_COORDS,       /* qubits, params */
    OP_SHIFT_COORDS, /* params */
    OP_ASSIGN,       /* bit = expr, read before it is written */
    OP_CALL,         /* bits -> bits by a decoder; arg = index in the owner's table of calls */
    OP_KIND_COUNT,
};

enum op_noise {
    NOISE_X,
    NOISE_Y,
    NOISE_Z,               /* params: p; each qubit on its own */
    NOISE_DEPOLARIZE1,     /* p: X, Y, Z with p/3 each; each qubit on its own */
    NOISE_DEPOLARIZE2,     /* p: the 15 other strings with p/15 each; pairs of qubits */
    NOISE_PAULI1,          /* pX, pY, pZ */
    NOISE_PAULI2,          /* 15 probabilities, IX IY IZ XI ... ZZ (first letter: first qubit) */
    NOISE_RELAX,           /* d, u: amplitude damping; Kraus operators sqrt d |0><1|, sqrt u |1><0|,
                            * sqrt(1-u) |0><0| + sqrt(1-d) |1><1|; each qubit on its own */
    NOISE_RESET,           /* p0, p1: measured and reset to |0>, to |1>; each qubit on its own */
    NOISE_COUNT,           /* of those that programs may hold; what follows is in circuits only */
    NOISE_I,               /* any params; does nothing */
    NOISE_II,              /* the same on pairs */
    NOISE_CORRELATED,      /* p: the product of Paulis packed in arg, on its qubits (maybe none) */
    NOISE_ELSE,            /* the same, if no error of the chain of NOISE_CORRELATED, NOISE_ELSE ...
                            * before it happened */
    NOISE_HERALDED_ERASE,  /* p: bit = 1 and one of I, X, Y, Z with p/4 each; one qubit */
    NOISE_HERALDED_PAULI1, /* pI, pX, pY, pZ: likewise */
    NOISE_END,
};

/* Service class that an EBIT asks a physical network for: when its pair counts as ready. */
enum op_ebit_class {
    EBIT_CLASS_DEFAULT, /* as the machine's policy says */
    EBIT_CLASS_NONE,    /* at once, nobody knows of what */
    EBIT_CLASS_HERALD,
    EBIT_CLASS_FRAME,
    EBIT_CLASS_COUNT,
};

/* Flags in `which` of a MEASURE. */
enum op_measure {
    MEASURE_INVERTED = 1, /* the bit is the opposite of the result */
    MEASURE_RESETS = 2,   /* then the qubit is reset to the +1 state of its Pauli; one qubit */
};

#define OP_NO_BIT UINT32_MAX
#define OP_NO_EXPR UINT32_MAX
#define OP_NO_QPU UINT32_MAX
#define OP_NO_MATCH UINT32_MAX

struct op {
    uint8_t kind; /* enum op_kind */
    uint8_t n_params;
    uint16_t which; /* enum gate_id or enum op_noise */
    uint32_t n_qubits;
    uint32_t qubit0; /* first operand in op_list.qubits */
    uint32_t param0; /* first parameter in op_list.params */
    uint32_t bit;    /* target of MEASURE, ASSIGN, heralded NOISE, SEND, RECV; else OP_NO_BIT */
    uint32_t expr;   /* root in op_list.exprs of IF, WHILE, ASSIGN, DETECTOR, OBSERVABLE; else
                      * OP_NO_EXPR */
    uint32_t match;  /* partner of a block marker */
    uint32_t qpu;    /* programs: the QPU that executes it (EBIT: of its first wire) */
    uint64_t arg;
    uint32_t file, line, col; /* file: index in the owner's file names; 0,0,0 = made, not read */
    union {
        uint32_t site; /* programs: first static random site; op_list_number_sites */
        uint32_t tag;  /* circuits: 1 + index in the owner's tags; 0: none */
    };
};

/* Condition trees. A bit never written is 0. */
enum expr_kind {
    EXPR_CONST, /* value0 = 0 or 1 */
    EXPR_BIT,   /* a = bit */
    EXPR_NOT,   /* a = node */
    EXPR_AND,
    EXPR_OR,
    EXPR_XOR,   /* a, b = nodes */
    EXPR_EQ,    /* bits a .. a+n-1 (lowest first) equal the n-bit constant at words[value0] */
    EXPR_REC,   /* circuits: the a-th last result measured before, counted while running */
    EXPR_SWEEP, /* circuits: bit a of the data of a sweep */
};
/* Children come before their parents in the pool. In NOT, AND, OR and XOR, n is the number of nodes
 * of the tree (set by expr_add, saturating). */
struct expr {
    uint32_t kind, a, b, n, value0;
};

struct op_list {
    struct op *ops;
    size_t n_ops, cap_ops;
    uint32_t *qubits;
    size_t n_qubits, cap_qubits; /* of the pool */
    double *params;
    size_t n_params, cap_params;
    struct expr *exprs;
    size_t n_exprs, cap_exprs;
    uint64_t *words; /* constants of EXPR_EQ */
    size_t n_words, cap_words;
    uint32_t n_sites; /* after op_list_number_sites */
};

void op_list_fini(struct op_list *list); /* a zeroed list is empty and valid */
enum status op_list_copy(struct op_list *out, const struct op_list *list);

static inline const uint32_t *op_qubits(const struct op_list *list, const struct op *op) {
    return list->qubits ? list->qubits + op->qubit0 : NULL;
}
static inline const double *op_params(const struct op_list *list, const struct op *op) {
    return list->params ? list->params + op->param0 : NULL;
}

/* Appends a zeroed op of that kind (bit, expr, qpu, match = none) with operands and parameters
 * copied; line and col are those of loc, and the owner, who knows its file names, sets `file`.
 * *out_op (may be NULL) is valid until the next append.
 * Errors: STATUS_INPUT for more than 255 parameters, STATUS_NOFIT for more than 2^32 - 2 ops,
 * operands or parameters in a list, or without memory; the list is then as before. Cost: amortised
 * < 100 ns. */
enum status op_list_add(struct op_list *list, struct op **out_op, enum op_kind kind,
                        const uint32_t *qubits, size_t n_qubits, const double *params,
                        size_t n_params, struct src_loc loc);
enum status op_list_add_gate(struct op_list *list, enum gate_id gate, const uint32_t *qubits,
                             const double *params, struct src_loc loc);
/* Opens IF or WHILE (with expr) or REPEAT (arg = count), ELSE, and END; sets match on both sides.
 * `open` = index of the marker being continued or closed (the IF for ELSE; IF, WHILE, REPEAT for
 * END). */
enum status op_list_open(struct op_list *list, size_t *out_index, enum op_kind kind, uint32_t expr,
                         uint64_t count, struct src_loc loc);
enum status op_list_else(struct op_list *list, size_t open, struct src_loc loc);
enum status op_list_close(struct op_list *list, size_t open, struct src_loc loc);
/* Does the block of that IF, or its ELSE, hold an op of that kind? Cost: ops of the block. */
bool op_list_has_inside(const struct op_list *list, size_t open, enum op_kind kind);

enum status expr_add(struct op_list *list, uint32_t *out_expr, struct expr node);
/* EQ with the constant given as words, least significant first, (n_bits + 63) / 64 of them. */
enum status expr_add_eq(struct op_list *list, uint32_t *out_expr, uint32_t first_bit,
                        uint32_t n_bits, const uint64_t *value);
/* Copies a tree of `from` to `list` (another list), bits renumbered by bit_map (NULL: as they are).
 * An EQ whose bits are not adjacent any more becomes an AND of bits. */
enum status expr_copy(struct op_list *list, uint32_t *out_expr, const struct op_list *from,
                      uint32_t expr, const uint32_t *bit_map);
/* 64 shots at once: value of bit b in shot word w is table[b * stride + w]. */
uint64_t expr_eval_word(const struct op_list *list, uint32_t expr, const uint64_t *table,
                        size_t stride, size_t w);
/* Calls visit for every bit that the tree reads (a bit may come twice). */
void expr_visit_bits(const struct op_list *list, uint32_t expr,
                     void (*visit)(void *ctx, uint32_t bit), void *ctx);
/* The tree is an XOR of bits and constants (NOT, XOR, BIT, CONST, EQ on one bit); a tree with REC
 * or SWEEP is none. */
bool expr_is_affine(const struct op_list *list, uint32_t expr);

/* Static random sites in list order: a MEASURE, RESET, EBIT, FREE takes one each (a MEASURE that
 * may be wrong two or three), a NOISE one per target (or pair; a correlated one: one), everything
 * else none. At run time site = static id + n_sites x iteration (runtime/site.h). */
void op_list_number_sites(struct op_list *list);
uint32_t op_count_sites(const struct op *op);

/* Pauli letters of a MEASURE, two bits each: 0 I, 1 X, 2 Y, 3 Z; arg 0 means Z on the one qubit. */
enum { OP_MAX_PAULI_LETTERS = 32 };
static inline unsigned op_pauli(const struct op *op, unsigned i) {
    return op->arg == 0 ? 3u : (unsigned)(op->arg >> (2 * i)) & 3u;
}

const char *op_kind_name(enum op_kind kind);
const char *op_ebit_class_name(enum op_ebit_class class); /* none, herald, frame; else "" */
const char *op_noise_name(enum op_noise noise); /* Stim's names: X_ERROR, DEPOLARIZE1 ... */
/* Parameters that this noise takes (NOISE_I, NOISE_II: 0, though any number will do), and targets
 * per group (1 or 2). */
unsigned op_noise_n_params(enum op_noise noise);
unsigned op_noise_group(enum op_noise noise);
/* Probabilities of the Paulis of a noise op on each of its groups, as its kind counts them: X, Y, Z
 * (3); IX, IY ... ZZ (15, the first letter on the first qubit); I, X, Y, Z where it is heralded
 * (4); its product (1). Returns their number; 0: no Pauli error, or none that does anything. out_p:
 * room for 15. */
uint32_t op_noise_letters(double *out_p, const struct op *op, const double *params);
/* A gate X, Y, Z or I. */
bool op_is_pauli(const struct op *op);

/* Checks what every list must hold: markers match, operands in range, distinct within one gate,
 * parameter counts, finite parameters (angles of gates below GATE_MAX_ANGLE, probabilities of noise
 * in [0, 1] with sum at most 1), bits and conditions in range. For tests and CHECKs. */
bool op_list_is_valid(const struct op_list *list, uint32_t n_qubits, uint32_t n_bits);

#endif

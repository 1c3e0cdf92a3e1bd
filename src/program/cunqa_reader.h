/* The state of translating a set of CUNQA circuits: cunqa.c has circuits, their order and what they
 * exchange, cunqa_instruction.c what each instruction becomes. */
#ifndef QSPAN_PROGRAM_CUNQA_READER_H
#define QSPAN_PROGRAM_CUNQA_READER_H

#include <jansson.h>

#include "base/log.h"
#include "program/cunqa.h"

/* What travels between two circuits, in the order of the sender. */
enum cunqa_cargo { CUNQA_BIT, CUNQA_QUBIT, CUNQA_COPY, CUNQA_N_CARGO };

#define CUNQA_NONE UINT32_MAX

struct cunqa_message {
    uint32_t next; /* of the same channel, or CUNQA_NONE */
    uint32_t bit;  /* BIT: m<from>[bit]; QUBIT: of Z, that of X is the next */
    uint32_t wire; /* QUBIT: comm wire of the receiver */
    size_t n;      /* COPY: qubits; they begin at first in `copies` */
    size_t first;
};

struct cunqa_circuit {
    const char *id;
    json_t *instructions;
    uint32_t n_qubits, n_bits;
    size_t at;           /* instruction to be read next */
    bool is_exposing;    /* waits for the rcontrol of another circuit */
    bool *is_used;       /* per qubit: a gate has touched it */
    bool *is_written;    /* per classical bit */
    uint32_t *last_recv; /* per qubit: bit of remote_conditional_reg + 1; 0: none */
    uint32_t *last_from; /* and whose bit that is */
    bool *is_lent;       /* comm wires */
    size_t n_comm, cap_comm;
    uint32_t n_made_bits; /* m<i>[...] */
};

/* A copy of a qubit on another QPU. */
struct cunqa_copy {
    uint32_t source; /* qubit of the sender */
    uint32_t wire;   /* comm wire of the receiver */
};

struct cunqa {
    const char *file;
    struct cunqa_circuit *circuits;
    uint32_t n_circuits;
    uint64_t n_qubits, n_bits, max_qubits; /* of all circuits; at most */
    struct cunqa_message *messages;
    size_t n_messages, cap_messages;
    uint32_t *heads, *tails; /* per cargo, sender and receiver: messages */
    struct cunqa_copy *copies;
    size_t n_copies, cap_copies;
    struct text body;
    /* the instruction being read */
    uint32_t own;                     /* its circuit */
    size_t number;                    /* its index there */
    const struct cunqa_copy *control; /* copies -1, -2 ... in an rcontrol */
    size_t n_control;
    unsigned depth; /* of blocks */
};

/* Refuses an instruction: "circuit 0 (\"First\"), instruction 3: ...". */
enum status cunqa_refuse(const struct cunqa *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Index of the circuit that `circuits` (or `qpus`) names. */
enum status cunqa_find_partner(const struct cunqa *c, uint32_t *out_other, const json_t *item);
enum status cunqa_push(struct cunqa *c, enum cunqa_cargo cargo, uint32_t to,
                       struct cunqa_message message);
/* The oldest message from that circuit to this one, NULL: none yet. It is taken. */
const struct cunqa_message *cunqa_take(struct cunqa *c, enum cunqa_cargo cargo, uint32_t from);
/* At least n of them are there. */
bool cunqa_has(const struct cunqa *c, enum cunqa_cargo cargo, uint32_t from, size_t n);
/* The lowest free comm wire of a circuit. */
enum status cunqa_borrow(struct cunqa *c, uint32_t *out_wire, uint32_t circuit);

/* Adds the statements of the instruction. *out_waits: it has to wait for another circuit, and
 * nothing was added. */
enum status cunqa_read_instruction(struct cunqa *c, bool *out_waits, const json_t *item);

#endif

/* Writes a program while it is being distributed: wires, comm qubits on loan, and the protocols.
 *
 * Wires and bits have provisional numbers until emit_finish declares the registers, because how
 * many comm qubits a QPU needs is known only then. */
#ifndef QSPAN_DISTRIBUTE_EMIT_H
#define QSPAN_DISTRIBUTE_EMIT_H

#include "circuit/circuit.h"
#include "machine/machine.h"
#include "program/program.h"

struct emit_qpu {
    uint32_t
        *data; /* provisional wires: assigned qubits first, then the spare one if it was needed */
    size_t n_data, cap_data, n_assigned;
    uint32_t *comm;
    bool *is_lent;
    size_t n_comm, cap_comm, cap_lent;
    bool is_spare_lent;
    uint32_t *bits; /* protocol bits (provisional): [0] of a measured data wire, [1 + i] of comm
                       wire i; */
    size_t n_bits, cap_bits; /* OP_NO_BIT: not used */
    uint32_t *kept;          /* others (provisional) */
    size_t n_kept, cap_kept;
};
struct emit {
    const struct circuit *circuit;
    const struct machine *machine;
    struct program *program;
    struct emit_qpu *qpus;
    uint32_t *home;     /* provisional data wire of each qubit */
    uint32_t *qpu_of;   /* QPU of each qubit */
    uint32_t *wire_qpu; /* of provisional wires */
    size_t n_wires, cap_wires;
    size_t n_protocol_bits; /* their provisional numbers follow the circuit's bits */
    struct src_loc loc;     /* of the op that is being distributed */
};

enum status emit_init(struct emit *emit, const struct circuit *circuit,
                      const struct machine *machine, const uint32_t *qpu_of);
void emit_fini(struct emit *emit);
/* Declares registers, renumbers, resolves; the program is the caller's. */
enum status emit_finish(struct emit *emit, struct program **out_program);

/* Comm qubits that the QPU could still lend. */
size_t emit_count_free_comm(const struct emit *emit, uint32_t qpu);
bool emit_has_spare_data(const struct emit *emit, uint32_t qpu);

/* A bit of the QPU, for what the circuit has no bit for. Calls after each other give consecutive
 * numbers. */
enum status emit_add_bit(struct emit *emit, uint32_t *out_bit, uint32_t qpu);

/* A comm qubit that the QPU can lend, and back once it is measured or reset. */
enum status emit_borrow(struct emit *emit, uint32_t *out_wire, uint32_t qpu);
void emit_give_back(struct emit *emit, uint32_t wire);

/* An operand that is away from home: where it can be used, and how it comes back. */
struct loan {
    uint32_t source;        /* wire at home */
    uint32_t wire;          /* at the other QPU: the copy, or the state itself */
    uint32_t qpu;           /* the other QPU */
    bool is_copy, is_spare; /* is_spare: the state lies in the spare data wire */
};
/* Cat-entangler and -disentangler: 1 ebit, 1 bit there and 1 back. */
enum status emit_copy(struct emit *emit, struct loan *out_loan, uint32_t source, uint32_t qpu);
enum status emit_uncopy(struct emit *emit, const struct loan *loan);
/* Teledata there and back: 1 ebit and 2 bits each way. */
enum status emit_move(struct emit *emit, struct loan *out_loan, uint32_t source, uint32_t qpu);
enum status emit_move_back(struct emit *emit, const struct loan *loan);

#endif

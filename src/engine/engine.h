/* What the runtime asks of an engine that holds the state.
 *
 * An engine holds one branch: one state of all wires, replicated control, distributed amplitudes.
 * Wires start in |0>, each alone. The runtime owns shots, branches and Pauli frames. All calls but
 * plan and usage are collective over the engine's team with equal arguments; results
 * (probabilities, bits) are equal on all ranks and, bit for bit, for any number of ranks and
 * threads. Errors, on all ranks alike: STATUS_NOFIT (logged but for snapshot), STATUS_INTERRUPTED
 * (engine_task.halt), and what is said of a call; the state is then of no use. Whoever asks about a
 * state pays for the gates that wait. */
#ifndef QSPAN_ENGINE_ENGINE_H
#define QSPAN_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/precision.h"
#include "base/status.h"
#include "comm/comm.h"
#include "gate/op.h"

/* What an engine does at an op of a program (one mode per op, made by the runtime). */
enum engine_mode {
    ENGINE_SKIP,  /* nothing: classical ops, and ops that the runtime carries in frames */
    ENGINE_APPLY, /* GATE: apply. EBIT: both wires become Phi+. NOISE_RELAX: the operator without a
                     jump, up to a factor: the norm falls. */
    ENGINE_COPY,  /* CX(q, a) with the pair of a and arg's wire b pending: |q> -> |q>_q |q>_b
                     (entangler); copy_wires[i] = b, which is |0> and alone */
    ENGINE_MEASURE, /* MEASURE, RESET, FREE: the runtime will call probability and project; for
                       plans */
    ENGINE_CLEAR,   /* EBIT of an entangler: both wires, which are alone, become |0> */
    /* Fused packets (program/packets.h): b needs no amplitudes of its own. */
    ENGINE_ALIAS, /* CX(q, a): copy_wires[i] = b, which is |0> and alone, becomes another name of q.
                     Gates on b must be diagonal on it; apply_pauli's X inverts the name */
    ENGINE_PART,  /* MEASURE b: b is |0> and alone again */
    ENGINE_MOVE,  /* MEASURE q: copy_wires[i] = b, a name of q, takes over its state, and q is |0>
                     and alone */
};
struct halt;
/* A program as engines see it. Borrowed by create: must outlive the engine. */
struct engine_task {
    const struct op_list *ops;
    const uint8_t *modes;       /* enum engine_mode per op */
    const uint32_t *copy_wires; /* per op, for ENGINE_COPY, ALIAS and MOVE */
    uint32_t n_wires, n_qpus;
    const uint32_t *wire_qpu;
    enum precision precision; /* of amplitudes */
    /* Choices by measured times, the same on all ranks of the team: two engines may differ in the
     * last digits. Plans have fixed ones. */
    bool is_fast;
    uint64_t max_bytes; /* per rank; 0 = what mem_available says, over the ranks of the node */
    /* What takes long ends with STATUS_INTERRUPTED, between two passes over the amplitudes, when a
     * rank was told to stop (comm/halt.h): the state is then of no use. Borrowed; NULL: never. */
    struct halt *halt;
};
struct engine_figures {
    uint32_t peak_group_qubits;
    uint64_t peak_bytes;      /* planned, the largest of all ranks: state and buffers */
    uint64_t total_amps;      /* most amplitudes held at once in all */
    uint64_t exchanged_bytes; /* sent by all ranks in one pass over the ops (loops once) */
    uint64_t n_exchanges;     /* in it: times that qubits change places between ranks */
    double n_amp_updates;     /* expected work of one pass: amplitudes touched */
};

/* Pauli strings: string i has the letters (1 X, 2 Y, 3 Z) first[i] .. first[i + 1] - 1, each on the
 * wire of the same index, no wire twice in a string. Borrowed. */
struct engine_paulis {
    size_t n;
    const size_t *first; /* n + 1 */
    const uint32_t *wires;
    const uint8_t *letters;
};
enum { ENGINE_MAX_PIECE_BITS = 20 };
#define ENGINE_NO_PIECE UINT64_MAX

struct engine;
struct engine_distribution;
struct engine_class {
    const char *name;
    /* Figures for n_ranks without allocating anything (any process, not collective). Walks the ops:
     * IF bodies as taken, loop bodies twice. More than max_bytes is no error here. */
    enum status (*plan)(struct engine_figures *out_figures, const struct engine_task *task,
                        int n_ranks);
    /* Refuses what does not fit (STATUS_NOFIT, figure logged) before allocating; then reserves and
     * touches the planned memory. */
    enum status (*create)(struct engine **out_engine, const struct engine_task *task,
                          const struct team *team);
    void (*destroy)(struct engine *engine);

    enum status (*begin)(struct engine *engine); /* all wires |0>, alone */
    /* Ops first .. last-1 by their modes (SKIP and MEASURE do nothing). The ops of one call may be
     * fused: the same ops in other calls may differ in the last digits of amplitudes. Gates that
     * are undone in the same call may need no memory, and plans count on it where no shots can
     * part: before the first NOISE, EBIT, IF, WHILE, op in a mode MEASURE, or GATE in a mode SKIP,
     * a call goes from one border of a REPEAT to the next. */
    enum status (*run)(struct engine *engine, size_t first, size_t last);
    /* Pauli on one wire: X if x, Z if z (Y if both), up to phase. */
    enum status (*apply_pauli)(struct engine *engine, uint32_t wire, bool x, bool z);
    /* P(1) of the wire, the norm divided out. Cost: a read of its group. */
    enum status (*probability)(struct engine *engine, double *out_p_one, uint32_t wire);
    /* Projects the wire on |bit>, which had probability p > 0, renormalises; the wire leaves its
     * group and is |bit>, alone. Cost: a read of half of the group, a write of that. */
    enum status (*project)(struct engine *engine, uint32_t wire, bool bit, double p);
    /* The same, then the wire is |0>; its group may keep it, so that nothing moves. */
    enum status (*reset)(struct engine *engine, uint32_t wire, bool bit, double p);
    /* The norm becomes 1 again. Cost: two passes. */
    enum status (*normalize)(struct engine *engine);
    /* A wire that is alone becomes |0> (CHECKs that it is alone). */
    enum status (*clear)(struct engine *engine, uint32_t wire);

    /* Copies of the whole state. snapshot gives STATUS_NOFIT (not logged) when memory does not
     * allow it: the runtime then recomputes. A snapshot may be restored several times. */
    enum status (*snapshot)(struct engine *engine, void **out_snapshot);
    enum status (*restore)(struct engine *engine, const void *snapshot);
    void (*drop)(struct engine *engine, void *snapshot);

    /* Draws Z outcomes of wires, in this order, for n_shots shots: bit = [u(ctx, i, shot) < P(bit =
     * 1 | the shot's bits before)]. On entry row i (of words = bits_words(n_shots) words) of
     * `inout` says for each shot whether a frame flips the outcome of wire i; on exit it holds the
     * bits. State unchanged. Cost: at most three reads of the state, whatever the shots. */
    enum status (*sample)(struct engine *engine, uint64_t *inout, const uint32_t *wires,
                          size_t n_wires, size_t n_shots,
                          double (*u)(void *ctx, size_t i, size_t shot), void *ctx);
    /* Exact joint distribution of the Z outcomes of wires (each at most once), as independent
     * factors, on every rank; engine_distribution_fini frees it. STATUS_NOFIT where more than 26
     * wires depend on each other. Cost: a read of the groups. */
    enum status (*distribution)(struct engine *engine, struct engine_distribution *out,
                                const uint32_t *wires, size_t n_wires);
    /* <P> for a Pauli string: letters 1 X, 2 Y, 3 Z on wires. */
    enum status (*expect)(struct engine *engine, double *out_value, const uint32_t *wires,
                          const uint8_t *letters, size_t n);
    /* <P> of every string: strings that differ in Z parts alone cost one pass over the amplitudes
     * together. */
    enum status (*expect_many)(struct engine *engine, double *out_values,
                               const struct engine_paulis *paulis);
    /* The state of `wires` (wire 0 least significant) in pieces of 2^piece_bits amplitudes, whoever
     * holds them: each rank names the piece that it wants (ENGINE_NO_PIECE: none) and gets, at
     * index i, amplitude ((piece << piece_bits) + i) ^ flip, interleaved, up to a phase that is the
     * same for all pieces. piece_bits <= n and ENGINE_MAX_PIECE_BITS. STATUS_INPUT if the wires
     * share a group with others. Memory: three pieces. */
    enum status (*read)(struct engine *engine, double *out, const uint32_t *wires, size_t n,
                        unsigned piece_bits, uint64_t piece, uint64_t flip);
    /* Amplitudes of the state of `wires` (wire 0 least significant) with all other wires in a
     * product with them: 2 * 2^n doubles, on every rank; for tests and small states (n <= 26).
     * STATUS_INPUT if the wires are entangled with others. */
    enum status (*amplitudes)(struct engine *engine, double *out, const uint32_t *wires, size_t n);
    /* Largest group so far, bytes reserved on this rank. */
    void (*usage)(const struct engine *engine, uint32_t *out_peak_group_qubits,
                  uint64_t *out_bytes);
};
struct engine {
    const struct engine_class *class;
};

struct engine_factor {
    uint32_t *index; /* n positions in `wires`; bit j of an outcome belongs to wires[index[j]] */
    uint32_t n;
    double *p; /* 2^n probabilities (n <= 26) */
};
struct engine_distribution {
    struct engine_factor *factors; /* each wire in exactly one */
    size_t n_factors;
};
void engine_distribution_fini(struct engine_distribution *distribution);

extern const struct engine_class engine_statevector;
/* Pauli frames for whole blocks of shots: it has a name only, and the runtime drives it by
 * engine/frame/frame.h. */
extern const struct engine_class engine_frame;
/* NULL: unknown. *out_n engines built in. */
const struct engine_class *engine_find(const char *name);
const struct engine_class *const *engine_list(size_t *out_n);

#endif

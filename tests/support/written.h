/* A task for an engine, written op by op. */
#ifndef SUPPORT_WRITTEN_H
#define SUPPORT_WRITTEN_H

#include "engine/statevector/statevector.h"
#include "gate/gate.h"

enum { WRITTEN_MAX_OPS = 1 << 16 };
/* `task` points to the others: it stays where it was initialised. */
struct written {
    struct engine_task task;
    struct op_list ops;
    uint8_t *modes; /* SKIP of ops that are added otherwise */
    uint32_t *copies, *wire_qpu;
};
/* No ops; wires are dealt over the QPUs in order. */
void written_init(struct written *written, uint32_t n_wires, uint32_t n_qpus);
void written_fini(struct written *written);
/* Parameters: as many as the gate has. */
void written_add_gate(struct written *written, enum gate_id gate, const uint32_t *wires,
                      const double *params);
/* A gate on the first one or two of these wires, with that parameter if it has one. */
void written_gate(struct written *written, enum gate_id gate, uint32_t a, uint32_t b, double angle);
/* copy: the task's copy_wires of the op. */
void written_op(struct written *written, enum op_kind kind, enum engine_mode mode,
                const uint32_t *wires, size_t n_wires, uint32_t copy);
/* The state of all wires, interleaved; freed by the caller. Collective over the engine's team. */
double *written_amplitudes(const struct written *written, struct engine *engine);
/* That after all ops in one call, on an engine of its own. Collective over all ranks. */
double *written_run(const struct written *written, const struct layout_tuning *tuning);

#endif

#include "support/written.h"

#include <stdlib.h>

#include "base/log.h"

void written_init(struct written *written, uint32_t n_wires, uint32_t n_qpus) {
    *written = (struct written){.modes = calloc(WRITTEN_MAX_OPS, sizeof *written->modes),
                                .copies = calloc(WRITTEN_MAX_OPS, sizeof *written->copies),
                                .wire_qpu = calloc(n_wires + 1, sizeof *written->wire_qpu)};
    CHECK(written->modes && written->copies && written->wire_qpu);
    for (uint32_t i = 0; i < n_wires; i++) {
        written->wire_qpu[i] = (uint32_t)((uint64_t)i * n_qpus / n_wires);
    }
    written->task = (struct engine_task){.ops = &written->ops,
                                         .modes = written->modes,
                                         .copy_wires = written->copies,
                                         .n_wires = n_wires,
                                         .n_qpus = n_qpus,
                                         .wire_qpu = written->wire_qpu};
}

void written_fini(struct written *written) {
    op_list_fini(&written->ops);
    free(written->modes);
    free(written->copies);
    free(written->wire_qpu);
}

void written_add_gate(struct written *written, enum gate_id gate, const uint32_t *wires,
                      const double *params) {
    CHECK(written->ops.n_ops < WRITTEN_MAX_OPS);
    written->modes[written->ops.n_ops] = ENGINE_APPLY;
    CHECK(op_list_add_gate(&written->ops, gate, wires, params, (struct src_loc){0}) == STATUS_OK);
}

void written_gate(struct written *written, enum gate_id gate, uint32_t a, uint32_t b,
                  double angle) {
    const double params[GATE_MAX_PARAMS] = {angle};
    written_add_gate(written, gate, (uint32_t[]){a, b}, params);
}

void written_op(struct written *written, enum op_kind kind, enum engine_mode mode,
                const uint32_t *wires, size_t n_wires, uint32_t copy) {
    CHECK(written->ops.n_ops < WRITTEN_MAX_OPS);
    written->modes[written->ops.n_ops] = (uint8_t)mode;
    written->copies[written->ops.n_ops] = copy;
    CHECK(op_list_add(&written->ops, NULL, kind, wires, n_wires, NULL, 0, (struct src_loc){0}) ==
          STATUS_OK);
}

double *written_amplitudes(const struct written *written, struct engine *engine) {
    const uint32_t n = written->task.n_wires;
    uint32_t *wires = malloc((n + 1) * sizeof *wires);
    double *amps = malloc(sizeof(double) << (n + 1));
    CHECK(wires && amps);
    for (uint32_t i = 0; i < n; i++) {
        wires[i] = i;
    }
    CHECK(engine->class->amplitudes(engine, amps, wires, n) == STATUS_OK);
    free(wires);
    return amps;
}

double *written_run(const struct written *written, const struct layout_tuning *tuning) {
    struct engine *engine = NULL;
    CHECK(statevector_create(&engine, &written->task, comm_world(), tuning) == STATUS_OK);
    CHECK(engine->class->begin(engine) == STATUS_OK);
    CHECK(engine->class->run(engine, 0, written->ops.n_ops) == STATUS_OK);
    double *amps = written_amplitudes(written, engine);
    engine->class->destroy(engine);
    return amps;
}

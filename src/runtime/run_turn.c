/* Turns of shots that are broken off: the run is as if they had not begun. */
#include <string.h>

#include "runtime/runtime_impl.h"

enum status run_mark_turn(struct turn_mark *mark, const struct run *run) {
    const struct pauli_sums *observables = run->options->observables;
    const size_t n = observables != NULL ? observables->n_sums : 0;
    TRY(clock_set_mark(&mark->clock, &run->clock));
    if (n > 0 && mark->averages == NULL) {
        mark->averages = mem_alloc(n, sizeof *mark->averages);
    }
    if (n > 0 && mark->averages == NULL) {
        return STATUS_NOFIT;
    }
    if (n > 0) {
        memcpy(mark->averages, run->expectation.averages, n * sizeof *mark->averages);
    }
    mark->fidelity = run->fidelity.average;
    return STATUS_OK;
}

void run_undo_turn(struct run *run, const struct turn_mark *mark) {
    clock_go_back(&run->clock, &mark->clock);
    if (mark->averages != NULL) {
        memcpy(run->expectation.averages, mark->averages,
               run->options->observables->n_sums * sizeof *mark->averages);
    }
    run->fidelity.average = mark->fidelity;
}

void turn_mark_fini(struct turn_mark *mark) {
    clock_mark_fini(&mark->clock);
    mem_free(mark->averages);
    memset(mark, 0, sizeof *mark);
}

void run_note_work(struct run *run) {
    uint64_t n_bytes;
    run->n_branches = walker_count_branches(run->walker);
    run->engine->class->usage(run->engine, &run->peak_group_qubits, &n_bytes);
}

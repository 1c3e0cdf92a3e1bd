#include "verify/verify.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"

static void add_name(struct text *out, const char *name) {
    text_add_escaped(out, name, strlen(name));
}

static void add_qpu(struct text *out, const struct program_qpu *qpu, uint32_t peak_comm) {
    text_add(out, "  QPU ");
    add_name(out, qpu->name);
    text_printf(out, ": %zu data and %zu comm qubits, at most %u comm in use at once\n",
                qpu->n_data, qpu->n_comm, peak_comm);
}

static void add_report(struct text *out, const char *name, const struct program *program,
                       const struct program_check *check) {
    add_name(out, name);
    text_add(out, ": static checks passed\n");
    for (size_t i = 0; i < program->n_qpus; i++) {
        add_qpu(out, &program->qpus[i], check->peak_comm[i]);
    }
    text_printf(out,
                "  ebits %" PRIu64 ", messages %" PRIu64 ", local gates %" PRIu64
                ", measurements %" PRIu64 " (loop bodies counted once)\n",
                check->n_ebits, check->n_bits_sent, check->n_local_gates, check->n_measurements);
    if (program->is_data_dependent) {
        text_add(out, "  control flow depends on measured bits: times and ebits differ per shot\n");
    }
}

enum status verify_static(struct text *out, const char *name, const struct program *program) {
    struct program_check check = {0};
    enum status status = program_check(&check, program);
    if (status == STATUS_OK) {
        add_report(out, name, program, &check);
        if (out->failed) {
            status = log_error(STATUS_NOFIT, "out of memory while writing a report");
        }
    }
    program_check_fini(&check);
    return status;
}

#include "verify/verify.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "program/packets.h"

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

/* What runs fused: a proof is of the explicit ops, and holds for packets found to do the same. */
static enum status add_packets(struct text *out, const struct program *program) {
    struct packets packets;
    size_t n_moves = 0;
    TRY(packets_find(&packets, program));
    for (size_t i = 0; i < packets.n; i++) {
        n_moves += packets.items[i].kind == PACKET_MOVE;
    }
    text_printf(out,
                "  fused: %zu copies that meet diagonal gates alone, %zu moves; %zu ebits run "
                "explicitly\n",
                packets.n_fused - n_moves, n_moves, packets.n - packets.n_fused);
    for (size_t i = 0; i < packets.n; i++) {
        const struct packet *packet = &packets.items[i];
        if (packet->kind == PACKET_OTHER) {
            text_printf(out, "    line %u: %s (line %u)\n", program->ops.ops[packet->ebit].line,
                        packet->reason, program->ops.ops[packet->reason_op].line);
        }
    }
    packets_fini(&packets);
    return STATUS_OK;
}

enum status verify_static(struct text *out, const char *name, const struct program *program) {
    struct program_check check = {0};
    enum status status = program_check(&check, program);
    if (status == STATUS_OK) {
        add_report(out, name, program, &check);
        status = program->is_fused ? add_packets(out, program) : STATUS_OK;
        if (status == STATUS_OK && out->failed) {
            status = log_error(STATUS_NOFIT, "out of memory while writing a report");
        }
    }
    program_check_fini(&check);
    return status;
}

/* Circuits, machines and programs from files, texts and each other. */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/log.h"
#include "distribute/distribute.h"

static const size_t max_file_bytes = (size_t)1 << 31;

/* ---- circuits ---- */

/* Stim's own words become plain ops; what measures nothing is measured. */
static enum status finish_circuit(struct circuit **inout_circuit, const char *name) {
    TRY(stim_spell_out(inout_circuit));
    if ((*inout_circuit)->measures) {
        return STATUS_OK;
    }
    log_note("%s measures nothing: all qubits are measured at the end", name);
    return circuit_measure_all(*inout_circuit);
}

static enum status parse_circuit(struct qspan_circuit *out, const char *name, const char *text,
                                 size_t n) {
    if (program_is_program_text(text, n)) {
        return log_error(STATUS_INPUT, "%s: a distributed program: qspan_program_read takes it",
                         name);
    }
    out->name = api_strdup(name);
    if (!out->name) {
        return STATUS_NOFIT;
    }
    TRY(circuit_read_text(&out->circuit, name, text, n, NULL));
    return finish_circuit(&out->circuit, name);
}

enum qspan_status qspan_circuit_parse(struct qspan_session *session,
                                      struct qspan_circuit **out_circuit, const char *name,
                                      const char *text, size_t n) {
    struct qspan_circuit *circuit = mem_alloc(1, sizeof *circuit);
    enum status status = STATUS_NOFIT;
    if (circuit) {
        circuit->session = session;
        status = parse_circuit(circuit, name, text, n);
    }
    status = comm_agree(session->team, status);
    if (status != STATUS_OK) {
        qspan_circuit_destroy(circuit);
        return api_status(status);
    }
    *out_circuit = circuit;
    return QSPAN_OK;
}

enum qspan_status qspan_circuit_read(struct qspan_session *session,
                                     struct qspan_circuit **out_circuit, const char *path) {
    char *text = NULL;
    size_t n = 0;
    enum status status = comm_read_file(session->team, &text, &n, path, max_file_bytes);
    if (status != STATUS_OK) {
        return api_status(status);
    }
    enum qspan_status result = qspan_circuit_parse(session, out_circuit, path, text, n);
    mem_free(text);
    return result;
}

void qspan_circuit_destroy(struct qspan_circuit *circuit) {
    if (circuit) {
        circuit_destroy(circuit->circuit);
        mem_free(circuit->name);
        mem_free(circuit);
    }
}

uint32_t qspan_circuit_n_qubits(const struct qspan_circuit *circuit) {
    return circuit->circuit->n_qubits;
}

/* ---- machines ---- */

/* Takes the machine over; `status`: whether there is one. */
static enum qspan_status wrap_machine(struct qspan_session *session,
                                      struct qspan_machine **out_machine, struct machine *machine,
                                      enum status status) {
    struct qspan_machine *wrapped = mem_alloc(1, sizeof *wrapped);
    status = comm_agree(session->team, wrapped ? status : STATUS_NOFIT);
    if (status != STATUS_OK) {
        machine_destroy(machine);
        mem_free(wrapped);
        return api_status(status);
    }
    *wrapped = (struct qspan_machine){session, machine};
    *out_machine = wrapped;
    return QSPAN_OK;
}

enum qspan_status qspan_machine_parse(struct qspan_session *session,
                                      struct qspan_machine **out_machine, const char *name,
                                      const char *text, size_t n) {
    struct machine *machine = NULL;
    enum status status = machine_read_text(&machine, name, text, n);
    return wrap_machine(session, out_machine, machine, status);
}

enum qspan_status qspan_machine_read(struct qspan_session *session,
                                     struct qspan_machine **out_machine,
                                     const char *path_or_preset) {
    struct machine *machine = NULL;
    enum status status = machine_read_shared(&machine, session->team, path_or_preset);
    return wrap_machine(session, out_machine, machine, status);
}

enum qspan_status qspan_machine_ideal(struct qspan_session *session,
                                      struct qspan_machine **out_machine, uint32_t n_qpus,
                                      const struct qspan_circuit *circuit) {
    struct machine *machine = NULL;
    enum status status =
        n_qpus == 0
            ? log_error(STATUS_USAGE, "a machine has at least one QPU")
            : machine_create_ideal(&machine, n_qpus, circuit->circuit->n_qubits, MACHINE_UNLIMITED);
    return wrap_machine(session, out_machine, machine, status);
}

void qspan_machine_destroy(struct qspan_machine *machine) {
    if (machine) {
        machine_destroy(machine->machine);
        mem_free(machine);
    }
}

uint32_t qspan_machine_n_qpus(const struct qspan_machine *machine) {
    return u32_from_size(machine->machine->n_qpus);
}

/* ---- noise models ---- */

enum qspan_status qspan_noise_parse(struct qspan_session *session, struct qspan_noise **out_noise,
                                    const char *name, const char *text, size_t n) {
    struct qspan_noise *noise = mem_alloc(1, sizeof *noise);
    enum status status = noise ? noise_model_read_text(&noise->model, name, text, n) : STATUS_NOFIT;
    status = comm_agree(session->team, status);
    if (status != STATUS_OK) {
        qspan_noise_destroy(noise);
        return api_status(status);
    }
    *out_noise = noise;
    return QSPAN_OK;
}

enum qspan_status qspan_noise_read(struct qspan_session *session, struct qspan_noise **out_noise,
                                   const char *path) {
    char *text = NULL;
    size_t n = 0;
    enum status status = comm_read_file(session->team, &text, &n, path, max_file_bytes);
    if (status != STATUS_OK) {
        return api_status(status);
    }
    enum qspan_status result = qspan_noise_parse(session, out_noise, path, text, n);
    mem_free(text);
    return result;
}

void qspan_noise_destroy(struct qspan_noise *noise) {
    if (noise) {
        noise_model_destroy(noise->model);
        mem_free(noise);
    }
}

/* ---- programs ---- */

static enum status check(const struct program *program) {
    struct program_check check = {0};
    enum status status = program_check(&check, program);
    program_check_fini(&check);
    return status;
}

/* Takes the program over. */
static enum qspan_status wrap_program(struct qspan_session *session,
                                      struct qspan_program **out_program, struct program *program,
                                      const char *name, enum status status) {
    struct qspan_program *wrapped = mem_alloc(1, sizeof *wrapped);
    char *copy = api_strdup(name);
    if (status == STATUS_OK) {
        status = wrapped && copy ? check(program) : STATUS_NOFIT;
    }
    status = comm_agree(session->team, status);
    if (status != STATUS_OK) {
        program_destroy(program);
        mem_free(wrapped);
        mem_free(copy);
        return api_status(status);
    }
    *wrapped = (struct qspan_program){session, program, copy, 1};
    *out_program = wrapped;
    return QSPAN_OK;
}

enum qspan_status qspan_distribute(struct qspan_program **out_program,
                                   const struct qspan_circuit *circuit,
                                   const struct qspan_machine *machine) {
    struct program *program = NULL;
    enum status status = distribute_simple(&program, circuit->circuit, machine->machine);
    return wrap_program(circuit->session, out_program, program, circuit->name, status);
}

enum qspan_status qspan_program_parse(struct qspan_session *session,
                                      struct qspan_program **out_program, const char *name,
                                      const char *text, size_t n) {
    const struct circuit_limits limits = {0};
    struct program *program = NULL;
    enum status status = program_read_text(&program, name, text, n, &limits);
    return wrap_program(session, out_program, program, name, status);
}

enum qspan_status qspan_program_read(struct qspan_session *session,
                                     struct qspan_program **out_program, const char *path) {
    char *text = NULL;
    size_t n = 0;
    enum status status = comm_read_file(session->team, &text, &n, path, max_file_bytes);
    if (status != STATUS_OK) {
        return api_status(status);
    }
    enum qspan_status result = qspan_program_parse(session, out_program, path, text, n);
    mem_free(text);
    return result;
}

struct qspan_program *api_keep_program(const struct qspan_program *program) {
    struct qspan_program *kept = (void *)(uintptr_t)program;
    kept->n_users++;
    return kept;
}

enum qspan_status qspan_program_set_protocol(struct qspan_program *program,
                                             enum qspan_protocol protocol) {
    if (protocol != QSPAN_EXPLICIT && protocol != QSPAN_FUSED) {
        return api_status(log_error(STATUS_USAGE, "there is no protocol %d", (int)protocol));
    }
    if (program->n_users > 1) {
        return api_status(
            log_error(STATUS_USAGE, "the protocol of a program is set before it gives results"));
    }
    program->program->is_fused = protocol == QSPAN_FUSED;
    return QSPAN_OK;
}

void qspan_program_destroy(struct qspan_program *program) {
    if (program && --program->n_users == 0) {
        program_destroy(program->program);
        mem_free(program->name);
        mem_free(program);
    }
}

enum qspan_status qspan_program_print(const struct qspan_program *program, char **out_text) {
    struct text text = {0};
    enum status status = program_print(&text, program->program);
    if (status == STATUS_OK) {
        *out_text = api_strdup(text.data);
        status = *out_text ? STATUS_OK : STATUS_NOFIT;
    }
    text_fini(&text);
    return api_status(status);
}

uint32_t qspan_program_n_qpus(const struct qspan_program *program) {
    return u32_from_size(program->program->n_qpus);
}

const char *qspan_program_qpu_name(const struct qspan_program *program, uint32_t qpu) {
    CHECK(qpu < program->program->n_qpus);
    return program->program->qpus[qpu].name;
}

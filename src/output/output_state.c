/* The state of the qubits at the end as HDF5, written by all ranks. docs/formats.md. */
#include "base/bits.h"
#include "base/log.h"
#include "output/output.h"
#include "output/provenance.h"
#include "runtime/final_state.h"
#include "store/rows.h"

enum { FREE_QUBITS = 30 }; /* products of groups are multiplied out up to this */

struct fill {
    const struct output_state *state;
    const struct final_qubits *qubits;
};

static void fill_file(void *ctx, struct store_file *file) {
    const struct fill *fill = ctx;
    const struct output_state *state = fill->state;
    output_note_provenance(file, "qspan state", state->provenance);
    store_file_note(file, "/", "input", state->input);
    store_file_note_u64(file, "/", "ranks", (uint64_t)team_size(state->team));
    store_file_note(file, "/", "precision", precision_name(state->precision));
    store_file_note_u64(file, "/", "n_qubits", fill->qubits->n);
    store_file_put_texts(file, "qubits", fill->qubits->names, fill->qubits->n, "1");
    store_file_note(file, "state", "order",
                    "row sum_j 2^j bit_j, qubit j named in qubits; columns: real, imaginary part");
}

static enum status check_size(const struct final_qubits *qubits, struct engine *engine) {
    uint32_t n_group;
    uint64_t n_bytes;
    engine->class->usage(engine, &n_group, &n_bytes);
    if (qubits->n > FREE_QUBITS && qubits->n > n_group) {
        return log_error(STATUS_NOFIT,
                         "--state: the vector of %zu qubits has 2^%zu amplitudes; it is a product "
                         "of states of at most %u qubits, which are multiplied out up to %d",
                         qubits->n, qubits->n, n_group, FREE_QUBITS);
    }
    return STATUS_OK;
}

static enum status write_pieces(struct store_rows *rows, const struct team *team,
                                struct engine *engine, const struct final_qubits *qubits) {
    const unsigned bits =
        qubits->n < ENGINE_MAX_PIECE_BITS ? (unsigned)qubits->n : ENGINE_MAX_PIECE_BITS;
    const uint64_t n_pieces = BIT64(qubits->n - bits), n_ranks = (uint64_t)team_size(team);
    double *piece = mem_alloc((size_t)2 << bits, sizeof *piece);
    enum status status = comm_agree(team, piece == NULL ? STATUS_NOFIT : STATUS_OK);
    for (uint64_t first = 0; first < n_pieces && status == STATUS_OK; first += n_ranks) {
        const uint64_t own = first + (uint64_t)team_rank(team);
        const bool has_own = own < n_pieces;
        status = engine->class->read(engine, piece, qubits->wires, qubits->n, bits,
                                     has_own ? own : ENGINE_NO_PIECE, 0);
        if (status == STATUS_OK) {
            status =
                store_rows_write(rows, has_own ? own << bits : 0, has_own ? BIT64(bits) : 0, piece);
        }
    }
    mem_free(piece);
    return status;
}

enum status output_state_write(void *ctx, struct engine *engine,
                               const struct final_qubits *qubits) {
    const struct output_state *state = ctx;
    struct fill fill = {state, qubits};
    TRY(check_size(qubits, engine));
    const struct store_plan plan = {
        .path = state->path,
        .name = "state",
        .n_rows = BIT64(qubits->n),
        .n_columns = 2,
        .precision = state->precision,
        .unit = "1",
        .fill = fill_file,
        .ctx = &fill,
    };
    struct store_rows *rows = NULL;
    TRY(store_rows_create(&rows, state->team, &plan));
    return store_rows_finish(rows, write_pieces(rows, state->team, engine, qubits));
}

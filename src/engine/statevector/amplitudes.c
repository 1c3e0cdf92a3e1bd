/* The state of some wires as a plain vector on every rank: for tests and small states. */
#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/expect.h"

enum { MAX_WIRES = 26 };
#define PRODUCT_TOLERANCE 1e-9 /* weight outside a product state that counts as rounding */

/* A vector of n bits, interleaved, in order of logical values; bit j is wire `places[j]` of the
 * request. */
struct part {
    unsigned n;
    uint8_t places[MAX_WIRES];
    double *amps;
};

/* The whole vector of a group on all ranks. */
static void read_group(struct store *store, double *out, uint32_t group) {
    struct store_view view = store_view_group(store, group);
    const struct layout_group *g = &store->layout->groups[group];
    uint64_t flips = 0, n_blocks = store_chunk_blocks(&view);
    for (uint32_t pos = 0; pos < g->n; pos++) {
        flips |= (uint64_t)store->layout->wires[g->wires[pos]].flip << pos;
    }
    size_t n_bytes = (size_t)n_blocks * sizeof *store->memory;
    for (uint64_t chunk = 0; chunk < BIT64(view.n - view.chunk_bits); chunk++) {
        if (chunk >= view.first && chunk < view.last) {
            memcpy(store->stage[0], store_chunk(store, group, &view, chunk), n_bytes);
        }
        uint64_t slice = chunk >> (view.slice_bits - view.chunk_bits);
        int owner = view.deal->ranks[layout_owner(view.deal, slice)];
        comm_bcast(store->team, store->stage[0], n_bytes, owner);
        for (uint64_t i = 0; i < BIT64(view.chunk_bits); i++) {
            double a[2];
            statevector_get(a, store->stage[0], view.lane_bits, i);
            uint64_t to = (chunk << view.chunk_bits | i) ^ flips;
            out[2 * to] = a[0] + 0.0; /* no negative zeros */
            out[2 * to + 1] = a[1] + 0.0;
        }
    }
}

static uint64_t pick_bits(uint64_t x, const uint8_t *positions, unsigned n) {
    uint64_t out = 0;
    for (unsigned j = 0; j < n; j++) {
        out |= (x >> positions[j] & 1) << j;
    }
    return out;
}

/* out = the normalised row of the asked-for bits at the most likely value of the others; false if
 * the state is no product of the two. */
static bool split_state(struct part *out, const double *full, unsigned n, const uint8_t *asked,
                        const uint8_t *others) {
    uint64_t best = 0, dim = BIT64(n), inner = BIT64(out->n);
    double most = -1, total = 0;
    for (uint64_t i = 0; i < dim; i++) {
        double p = full[2 * i] * full[2 * i] + full[2 * i + 1] * full[2 * i + 1];
        best = p > most ? i : best;
        most = p > most ? p : most;
        total += p;
    }
    uint64_t row = pick_bits(best, others, n - out->n);
    double norm = 0;
    for (uint64_t i = 0; i < dim; i++) {
        if (pick_bits(i, others, n - out->n) == row) {
            double *a = out->amps + 2 * pick_bits(i, asked, out->n);
            a[0] = full[2 * i];
            a[1] = full[2 * i + 1];
            norm += a[0] * a[0] + a[1] * a[1];
        }
    }
    for (uint64_t i = 0; i < 2 * inner; i++) {
        out->amps[i] /= sqrt(norm);
    }
    double inside = 0; /* weight of the state in out (x) anything */
    for (uint64_t other = 0; other < BIT64(n - out->n); other++) {
        double re = 0, im = 0;
        for (uint64_t x = 0; x < inner; x++) {
            uint64_t i = 0;
            for (unsigned j = 0; j < out->n; j++) {
                i |= (x >> j & 1) << asked[j];
            }
            for (unsigned j = 0; j < n - out->n; j++) {
                i |= (other >> j & 1) << others[j];
            }
            const double *a = out->amps + 2 * x, *b = full + 2 * i;
            re += a[0] * b[0] + a[1] * b[1];
            im += a[0] * b[1] - a[1] * b[0];
        }
        inside += re * re + im * im;
    }
    return inside >= total * (1 - PRODUCT_TOLERANCE);
}

static enum status read_part(struct store *store, struct part *out, uint32_t group,
                             const uint32_t *wires, size_t n_wires) {
    const struct layout_group *g = &store->layout->groups[group];
    uint8_t asked[MAX_WIRES], others[MAX_WIRES];
    if (g->n > MAX_WIRES) {
        return log_error(STATUS_NOFIT, "the vector of a group of %u qubits does not fit one rank",
                         g->n);
    }
    unsigned n_others = 0;
    for (uint32_t pos = 0; pos < g->n; pos++) {
        size_t i = 0;
        while (i < n_wires && wires[i] != g->wires[pos]) {
            i++;
        }
        if (i < n_wires) {
            asked[out->n] = (uint8_t)pos;
            out->places[out->n++] = (uint8_t)i;
        } else {
            others[n_others++] = (uint8_t)pos;
        }
    }
    double *full = mem_alloc((size_t)2 << g->n, sizeof *full);
    out->amps = mem_alloc((size_t)2 << out->n, sizeof *out->amps);
    bool has_all = full != NULL && out->amps != NULL;
    enum status status = comm_agree(store->team, has_all ? STATUS_OK : STATUS_NOFIT);
    if (status == STATUS_OK) {
        read_group(store, full, group);
        if (n_others == 0) {
            memcpy(out->amps, full, ((size_t)2 << g->n) * sizeof *full);
        } else if (!split_state(out, full, g->n, asked, others)) {
            status = log_error(STATUS_INPUT, "qubits whose state is asked for are entangled with "
                                             "others");
        }
    }
    mem_free(full);
    return status;
}

static void multiply(double *out, size_t n_wires, const struct part *part) {
    for (uint64_t i = 0; i < BIT64(n_wires); i++) {
        const double *f = part->amps + 2 * pick_bits(i, part->places, part->n);
        double re = out[2 * i], im = out[2 * i + 1];
        out[2 * i] = re * f[0] - im * f[1];
        out[2 * i + 1] = re * f[1] + im * f[0];
    }
}

enum status expect_amplitudes(struct store *store, double *out, const uint32_t *wires, size_t n) {
    const struct layout_wire *all = store->layout->wires;
    if (n > MAX_WIRES) {
        return log_error(STATUS_NOFIT, "the amplitudes of %zu qubits do not fit; %d is the most", n,
                         MAX_WIRES);
    }
    for (uint64_t i = 0; i < BIT64(n); i++) {
        out[2 * i] = 1;
        out[2 * i + 1] = 0;
    }
    for (size_t i = 0; i < n; i++) {
        const struct layout_wire *wire = &all[wires[i]];
        struct part part = {0};
        if (wire->group == LAYOUT_ALONE) {
            double amps[4];
            memcpy(amps, wire->amp, sizeof amps);
            part = (struct part){.n = 1, .places = {(uint8_t)i}, .amps = amps};
            multiply(out, n, &part);
            continue;
        }
        size_t first = 0;
        while (all[wires[first]].group != wire->group) {
            first++;
        }
        if (first < i) {
            continue;
        }
        enum status status = read_part(store, &part, wire->group, wires, n);
        if (status == STATUS_OK) {
            multiply(out, n, &part);
        }
        mem_free(part.amps);
        TRY(status);
    }
    return STATUS_OK;
}

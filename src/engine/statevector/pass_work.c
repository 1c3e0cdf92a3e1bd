/* What passes do, counted. */
#include <math.h>

#include "base/bits.h"
#include "engine/statevector/pass_internal.h"

struct pass_work pass_get_work(const struct pass *pass) {
    return pass->work;
}

void pass_set_rates(struct pass *pass, const struct pass_rates *rates) {
    pass->rates = *rates;
}

/* A slot is what a multiply-add takes, whose two flops are the peak's: other operations take one
 * for a flop. */
struct cost {
    double flops, slots;
};

static void add_floors(struct pass *pass, double n_bytes, double n_streamed, struct cost cost) {
    const struct pass_rates *rates = &pass->rates;
    if (rates->update_bytes_per_s > 0 && rates->stream_bytes_per_s > 0 && rates->flops_per_s > 0) {
        const double memory =
            fmax(n_bytes / rates->update_bytes_per_s, n_streamed / rates->stream_bytes_per_s);
        pass->work.floor_s += fmax(memory, cost.flops / rates->flops_per_s);
        pass->work.slot_floor_s += fmax(memory, cost.slots / rates->flops_per_s);
        pass->work.sum_s += memory + cost.flops / rates->flops_per_s;
    }
}

void pass_count_growth(struct pass *pass, double n_bytes, double n_streamed) {
    pass->work.n_grown += n_bytes;
    pass->work.n_streamed += n_streamed;
    add_floors(pass, n_bytes, n_streamed, (struct cost){0, 0});
}

/* Costs are per amplitude. */

static struct cost cost_of_mix(const struct fuse_op *op) {
    if (op->shape != FUSE_WHOLE) {
        return fuse_numbers_of(op) == FUSE_ALL_COMPLEX ? (struct cost){8, 8} : (struct cost){4, 4};
    }
    switch (fuse_form_of(op->m)) {
    case FUSE_IDENTITY:
    case FUSE_NOT:
        return (struct cost){0, 0};
    case FUSE_ROTATION:
    case FUSE_HADAMARD:
    case FUSE_REAL:
        return (struct cost){6, 8};
    case FUSE_TWIST:
    case FUSE_DIAGONAL:
    case FUSE_COMPLEX:
        break;
    }
    return (struct cost){14, 16};
}

/* A rotation is three multiply-adds for two reals, a product four operations with six flops. */
static struct cost cost_of_factors(const struct fuse_factors *factors) {
    const double share = factors->has_pivot ? 0.5 : 1;
    switch (factors->kind) {
    case FUSE_FACTORS_SCALE:
        return (struct cost){2, 4};
    case FUSE_FACTORS_ROTATE:
        return (struct cost){6 * share, 6 * share};
    case FUSE_FACTORS_ANY:
        break;
    }
    return (struct cost){6 * share, 8 * share};
}

static struct cost cost_of_dense(const struct statevector_kernels *kernels, unsigned n_targets) {
    const double dim = 1 << n_targets;
    return n_targets == 2 ? (struct cost){kernels->dense2_flops, kernels->dense2_slots}
                          : (struct cost){8 * dim - 2, 8 * dim};
}

static struct cost cost_of(const struct pass *pass, const struct fuse_op *op) {
    const struct layout *layout = pass->layout;
    const double share = 1.0 / (1 << op->n_controls);
    switch (op->kind) {
    case FUSE_MIX: {
        const struct cost mix = cost_of_mix(op);
        return (struct cost){mix.flops * share, mix.slots * share};
    }
    case FUSE_PHASE:
        if (op->m[0] == -1 && op->m[1] == 0) {
            return (struct cost){0, 0};
        }
        return (struct cost){6 * share, (fuse_is_unit(op->m[0], op->m[1]) ? 6 : 8) * share};
    case FUSE_DENSE: {
        const struct cost dense = cost_of_dense(layout->store->kernels, op->n_targets);
        return (struct cost){dense.flops * share, dense.slots * share};
    }
    case FUSE_FACTORS:
        return cost_of_factors(&layout->fuse->factors[op->first]);
    case FUSE_ANGLES:
        break;
    }
    return (struct cost){44, 44};
}

void pass_count(struct pass *pass, size_t first, size_t last) {
    const struct fuse *fuse = pass->layout->fuse;
    const double n_amps = (double)((pass->view.last - pass->view.first) << pass->view.chunk_bits),
                 n_share = n_amps / (double)BIT64(24),
                 n_read = n_amps / (double)BIT64(bits_popcount(pass->grown)),
                 n_bytes = (n_amps + n_read) * pass->layout->amp_bytes,
                 n_streamed = pass->grown != 0 && pass->is_streamed
                                  ? (n_amps - n_read) * pass->layout->amp_bytes
                                  : 0;
    struct cost cost = {0, 0};
    pass->work.n_passes++;
    pass->work.n_bytes += n_bytes;
    pass->work.n_streamed += n_streamed;
    pass->work.n_blocks += n_share * (double)pass->n_units;
    pass->work.n_steps += n_share * pass->n_crosses;
    for (size_t b = first; b < last; b++) {
        pass->work.n_steps += n_share * (double)(fuse->blocks[b].last - fuse->blocks[b].first);
        for (size_t i = fuse->blocks[b].first; i < fuse->blocks[b].last; i++) {
            const struct cost one = cost_of(pass, &fuse->ops.ops[fuse->order[i]]);
            cost.flops += one.flops;
            cost.slots += one.slots;
        }
    }
    pass->work.n_flops += n_amps * cost.flops;
    add_floors(pass, n_bytes, n_streamed, (struct cost){n_amps * cost.flops, n_amps * cost.slots});
}

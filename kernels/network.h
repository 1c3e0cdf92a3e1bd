/* Kernels of the network: what one request draws, many draws side by side. Pure functions; every
 * ISA gives the same bits. One table is chosen once. */
#ifndef QSPAN_KERNELS_NETWORK_H
#define QSPAN_KERNELS_NETWORK_H

#include <stdint.h>

#include "base/cpu.h"

enum { NETWORK_ABREAST = 8 };
/* u in [0, 1) from words 0 and 1 (as rng_uniform), and log(1 - u) within 1e-11 of itself. */
struct network_draws {
    double u[NETWORK_ABREAST], log_rest[NETWORK_ABREAST];
};
/* Correlators lx, ly, lz of two pairs, and what their ends do to them: of purification by DEJMPS
 * (network/pair.h). */
struct network_pairs {
    double kept[3], spent[3];
    double keep;    /* of each pair: the gates of both ends */
    double p_wrong; /* that the parity is wrong */
};
struct network_kernels {
    const char *isa;
    /* Probability of success; *out: correlators then. */
    double (*dejmps)(double out[3], const struct network_pairs *pairs);
    /* Of streams stream, stream + 256, stream + 512 ... */
    void (*draw_streams)(struct network_draws *out, uint64_t seed, uint64_t site, uint32_t shot,
                         uint32_t stream);
    /* Of sites site, site + 1 ... */
    void (*draw_sites)(struct network_draws *out, uint64_t seed, uint64_t site, uint32_t shot,
                       uint32_t stream);
};

/* The best table for that ISA that is built in. */
const struct network_kernels *network_kernels_get(enum cpu_isa isa);

extern const struct network_kernels network_kernels_scalar, network_kernels_avx2,
    network_kernels_avx512; /* the last two on x86-64 */

#endif

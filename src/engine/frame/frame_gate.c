#include "engine/frame/frame_gate.h"

#include <string.h>

enum { ROW_WORDS = 8 };

static unsigned count_qubits(unsigned core) {
    return core < FRAME_CORE_CX ? 1 : 2;
}

/* Shot j starts with the j-th unit string: bit j of an output row says whether it depends on row j
 * of the input. Row order of a map: X of the operands, then Z. */
static void find_image(uint32_t *out_image, unsigned core) {
    static const uint32_t operands[2] = {0, 1};
    _Alignas(64) uint64_t rows[4 * ROW_WORDS] = {0};
    const unsigned k = count_qubits(core);
    frame_gate_kernel *apply = frame_kernels_scalar.gate[core];
    for (unsigned j = 0; j < 2 * k; j++) {
        rows[(2 * (j % k) + j / k) * ROW_WORDS] = UINT64_C(1) << j;
    }
    if (apply != NULL) {
        apply(rows, ROW_WORDS, operands, 1);
    }
    for (unsigned j = 0; j < 2 * k; j++) {
        out_image[j] = (uint32_t)rows[(2 * (j % k) + j / k) * ROW_WORDS];
    }
}

void frame_cores_init(struct frame_cores *out_cores) {
    memset(out_cores, 0, sizeof *out_cores);
    for (unsigned core = 0; core < FRAME_CORE_COUNT; core++) {
        find_image(out_cores->image[core], core);
    }
}

enum frame_core frame_cores_find(const struct frame_cores *cores, const struct pauli_map *map) {
    if (map->is_identity) {
        return FRAME_CORE_I;
    }
    for (unsigned core = 0; core < FRAME_CORE_COUNT; core++) {
        if (count_qubits(core) == map->n_qubits &&
            memcmp(cores->image[core], map->image, 2 * map->n_qubits * sizeof *map->image) == 0) {
            return (enum frame_core)core;
        }
    }
    return FRAME_CORE_COUNT;
}

#include "engine/statevector/alias.h"

#include "engine/statevector/gate.h"

void alias_begin(struct layout *layout, uint32_t q, uint32_t b) {
    struct layout_wire *wire = &layout->wires[b];
    wire->alias = 1 + alias_root(layout, q);
    wire->is_inverted = layout->wires[q].is_inverted;
}

void alias_end(struct layout *layout, uint32_t b) {
    layout->wires[b].alias = 0;
    layout->wires[b].is_inverted = false;
}

enum status alias_move(struct layout *layout, uint32_t q, uint32_t b) {
    const bool is_inverted = layout->wires[b].is_inverted;
    alias_end(layout, b);
    layout_swap(layout, q, b);
    for (uint32_t i = 0; i < layout->task->n_wires; i++) {
        struct layout_wire *wire = &layout->wires[i];
        if (wire->alias == 1 + q) {
            wire->alias = 1 + b;
            wire->is_inverted = wire->is_inverted != is_inverted;
        }
    }
    return is_inverted ? apply_gate(layout, NULL, GATE_X, NULL, &b) : STATUS_OK;
}

bool alias_flip(struct layout *layout, uint32_t wire) {
    struct layout_wire *wires = layout->wires;
    if (wires[wire].alias != 0) {
        wires[wire].is_inverted = !wires[wire].is_inverted;
        return true;
    }
    for (uint32_t i = 0; i < layout->task->n_wires; i++) {
        if (wires[i].alias == 1 + wire) {
            wires[i].is_inverted = !wires[i].is_inverted;
        }
    }
    return false;
}

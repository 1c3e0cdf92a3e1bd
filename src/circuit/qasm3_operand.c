#include <stdlib.h>
#include <string.h>

#include "circuit/qasm3_internal.h"

/* ---- ranges and indices ---- */

static enum status eval_bound(struct qasm3 *p, int64_t *out, const struct qasm3_node *node) {
    return node == NULL ? STATUS_OK : qasm3_eval_int(p, out, node, "a bound of a range");
}

enum status qasm3_eval_range(struct qasm3 *p, struct qasm3_range *out,
                             const struct qasm3_node *node) {
    int64_t start = 0, step = 1, stop = 0;

    TRY(eval_bound(p, &start, node->a));
    TRY(eval_bound(p, &step, node->b));
    TRY(eval_bound(p, &stop, node->c));
    if (step == 0) {
        return qasm3_fail(node, "a range with step 0");
    }
    out->start = start;
    out->step = step;
    if ((step > 0) != (start <= stop) && start != stop) {
        out->n = 0;
        return STATUS_OK;
    }
    uint64_t distance =
        step > 0 ? (uint64_t)stop - (uint64_t)start : (uint64_t)start - (uint64_t)stop;
    uint64_t stride = step > 0 ? (uint64_t)step : UINT64_C(0) - (uint64_t)step;
    out->n = distance / stride == UINT64_MAX ? UINT64_MAX : distance / stride + 1;
    return STATUS_OK;
}

static enum status check_index(uint32_t *out, int64_t index, uint32_t n,
                               const struct qasm3_node *node) {
    if (index >= (int64_t)n || index < -(int64_t)n) {
        return qasm3_fail(node, "index %lld is outside of %u items", (long long)index, n);
    }
    *out = (uint32_t)(index < 0 ? index + n : index);
    return STATUS_OK;
}

/* Bounds that are missing or count from the end, within n items. */
static enum status index_range(struct qasm3 *p, struct qasm3_list *out,
                               const struct qasm3_node *node, uint32_t n) {
    int64_t step = 1, start, stop;
    uint32_t first = 0, last = 0, *items;
    uint64_t count;

    TRY(eval_bound(p, &step, node->b));
    start = step < 0 ? (int64_t)n - 1 : 0;
    stop = step < 0 ? 0 : (int64_t)n - 1;
    TRY(eval_bound(p, &start, node->a));
    TRY(eval_bound(p, &stop, node->c));
    if (step == 0) {
        return qasm3_fail(node, "a range with step 0");
    }
    TRY(check_index(&first, start, n, node));
    TRY(check_index(&last, stop, n, node));
    if (step > 0 ? first > last : first < last) {
        return qasm3_fail(node, "the range is empty");
    }
    uint64_t stride = step > 0 ? (uint64_t)step : UINT64_C(0) - (uint64_t)step;
    count = (step > 0 ? last - first : first - last) / stride + 1;
    *out = (struct qasm3_list){.first = first, .n = (uint32_t)count};
    if (step == 1) {
        return STATUS_OK;
    }
    items = qasm3_alloc(p, count, sizeof *items);
    if (items == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < count; i++) {
        items[i] = (uint32_t)((int64_t)first + (i == 0 ? 0 : (int64_t)i * step));
    }
    out->items = items;
    return STATUS_OK;
}

static enum status index_set(struct qasm3 *p, struct qasm3_list *out, const struct qasm3_node *node,
                             uint32_t n) {
    uint32_t *items, count = 0;
    int64_t index;

    for (const struct qasm3_node *item = node->list; item != NULL; item = item->next) {
        count++;
    }
    items = qasm3_alloc(p, count, sizeof *items);
    if (items == NULL) {
        return STATUS_NOFIT;
    }
    if (count == 0) {
        return qasm3_fail(node, "the set of indices is empty");
    }
    *out = (struct qasm3_list){.n = count, .items = items};
    count = 0;
    for (const struct qasm3_node *item = node->list; item != NULL; item = item->next) {
        TRY(qasm3_eval_int(p, &index, item, "an index"));
        TRY(check_index(&items[count++], index, n, item));
    }
    return STATUS_OK;
}

enum status qasm3_eval_index(struct qasm3 *p, struct qasm3_list *out, const struct qasm3_node *node,
                             uint32_t n) {
    const struct qasm3_node *index = node->list;
    int64_t value;

    if (index->next != NULL) {
        return qasm3_fail(index->next, "more than one index; arrays are not supported");
    }
    if (index->kind == QASM3_RANGE) {
        return index_range(p, out, index, n);
    }
    if (index->kind == QASM3_SET) {
        return index_set(p, out, index, n);
    }
    TRY(qasm3_eval_int(p, &value, index, "an index"));
    *out = (struct qasm3_list){.n = 1, .is_single = true};
    return check_index(&out->first, value, n, index);
}

/* ---- qubits ---- */

/* items at positions of base */
static enum status select_items(struct qasm3 *p, struct qasm3_list *out,
                                const struct qasm3_list *base, const struct qasm3_list *positions) {
    uint32_t *items;

    *out = *positions;
    if (positions->items == NULL && base->items == NULL) {
        out->first = base->first + positions->first;
        return STATUS_OK;
    }
    items = qasm3_alloc(p, positions->n, sizeof *items);
    if (items == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < positions->n; i++) {
        items[i] = qasm3_item(base, qasm3_item(positions, i));
    }
    out->items = items;
    out->first = items[0];
    return STATUS_OK;
}

static int compare_labels(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static enum status eval_physical(struct qasm3 *p, struct qasm3_list *out,
                                 const struct qasm3_node *node) {
    const uint64_t *label;

    if (p->has_virtual) {
        return qasm3_fail(node,
                          "physical qubit $%llu beside declared qubits; expected one or the "
                          "other",
                          (unsigned long long)node->integer);
    }
    if (!p->has_physical) {
        p->has_physical = true;
        TRY(circuit_add_qreg(p->circuit, "physical", p->n_labels, node->loc));
    }
    label =
        bsearch(&node->integer, p->label_list, p->n_labels, sizeof *p->label_list, compare_labels);
    if (label == NULL) {
        return qasm3_fail(node, "physical qubit $%llu in an included file is not supported",
                          (unsigned long long)node->integer);
    }
    *out = (struct qasm3_list){
        .first = p->physical_first + (uint32_t)(label - p->label_list), .n = 1, .is_single = true};
    return STATUS_OK;
}

static enum status concatenate(struct qasm3 *p, struct qasm3_list *out,
                               const struct qasm3_node *node) {
    struct qasm3_list a, b;
    uint32_t *items;

    TRY(qasm3_eval_qubits(p, &a, node->a));
    TRY(qasm3_eval_qubits(p, &b, node->b));
    items = qasm3_alloc(p, (size_t)a.n + b.n, sizeof *items);
    if (items == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < a.n + b.n; i++) {
        items[i] = i < a.n ? qasm3_item(&a, i) : qasm3_item(&b, i - a.n);
    }
    *out = (struct qasm3_list){.first = items[0], .n = a.n + b.n, .items = items};
    return STATUS_OK;
}

enum status qasm3_eval_qubits(struct qasm3 *p, struct qasm3_list *out,
                              const struct qasm3_node *node) {
    struct qasm3_list base, positions;
    const struct qasm3_decl *decl;

    if (node->kind == QASM3_PHYSICAL) {
        return eval_physical(p, out, node);
    }
    if (node->kind == QASM3_INDEX) {
        if (p->in_gate) {
            return qasm3_fail(node, "indexing is not allowed in a gate");
        }
        TRY(qasm3_eval_qubits(p, &base, node->a));
        TRY(qasm3_eval_index(p, &positions, node, base.n));
        return select_items(p, out, &base, &positions);
    }
    if (node->kind == QASM3_BINARY && node->op == TOKEN_END) {
        return concatenate(p, out, node);
    }
    if (node->kind != QASM3_NAME) {
        return qasm3_fail(node, "expected a qubit or a register of qubits");
    }
    decl = qasm3_lookup(p, node->sym);
    if (decl == NULL) {
        return qasm3_fail(node, "undeclared qubit '%.48s'", qasm3_name(p, node->sym));
    }
    if (decl->kind != QASM3_D_QUBITS) {
        return qasm3_fail(node, "'%.48s' is no qubit", qasm3_name(p, node->sym));
    }
    *out = decl->list;
    return STATUS_OK;
}

/* ---- targets of assignments ---- */

enum status qasm3_eval_target(struct qasm3 *p, struct qasm3_decl **out_decl,
                              struct qasm3_list *out_positions, const struct qasm3_node *node) {
    const struct qasm3_node *name = node->kind == QASM3_INDEX ? node->a : node;
    struct qasm3_decl *decl;

    if (name->kind != QASM3_NAME) {
        return qasm3_fail(node, "expected a variable, or bits of one, to assign to");
    }
    decl = qasm3_lookup(p, name->sym);
    if (decl == NULL) {
        return qasm3_fail(name, "undeclared name '%.48s'", qasm3_name(p, name->sym));
    }
    if (decl->kind != QASM3_D_VAR) {
        return qasm3_fail(name, "'%.48s' cannot be assigned", qasm3_name(p, name->sym));
    }
    *out_decl = decl;
    if (node->kind != QASM3_INDEX) {
        *out_positions =
            (struct qasm3_list){.n = decl->value.width, .is_single = decl->value.is_scalar};
        return STATUS_OK;
    }
    if (decl->value.kind == QASM3_T_FLOAT || decl->value.kind == QASM3_T_DURATION) {
        return qasm3_fail(node, "%s has no bits to index", qasm3_type_name(decl->value.kind));
    }
    return qasm3_eval_index(p, out_positions, node, decl->value.width);
}

/* ---- no qubit twice ---- */

static int compare_items(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

enum status qasm3_check_distinct(struct qasm3 *p, const struct qasm3_list *lists, size_t n,
                                 const struct qasm3_node *node) {
    uint32_t *items, count = 0;
    char name[64];

    for (size_t i = 0; i < n; i++) {
        count += lists[i].n;
    }
    items = qasm3_alloc(p, count, sizeof *items);
    if (items == NULL) {
        return STATUS_NOFIT;
    }
    count = 0;
    for (size_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < lists[i].n; j++) {
            items[count++] = qasm3_item(&lists[i], j);
        }
    }
    qsort(items, count, sizeof *items, compare_items);
    for (uint32_t i = 1; i < count; i++) {
        if (items[i] == items[i - 1]) {
            return qasm3_fail(node, "qubit %s comes twice",
                              circuit_qubit_name(p->circuit, items[i], name, sizeof name));
        }
    }
    return STATUS_OK;
}

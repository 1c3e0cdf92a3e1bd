#include "machine/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    STEP = 56,
    GAP = 16,
    LAYER_GAP = 130,
    MARGIN = 60,
    HEAD = 30,
    BOX = 40,
    LABEL_CHARS = 64,
    LEAST_WIDTH = 460,
    COMB_ROW = BOX + 12, /* of a block of QPUs, from one to the next */
    LEAST_COMB = 25      /* QPUs: fewer fit in one row */
};

#define BELOW UINT32_MAX

struct point {
    double x, y;
};
struct drawing {
    const struct machine *machine;
    const struct machine_physical *physical; /* NULL: abstract links */
    size_t n_nodes;
    uint32_t *level; /* row; 0: the QPUs, BELOW: under them */
    uint32_t *column;
    uint32_t *hub;   /* in_combs and in_lattice, by QPU: the switch above it */
    uint32_t *below; /* in_lattice: the other one */
    bool in_layers, in_combs, in_lattice;
    struct point *at;
    double width, height;
};

/* ---- places ---- */

static bool is_qpu(const struct drawing *d, size_t node) {
    return node < d->machine->n_qpus;
}

/* Relaxes over fibres until nothing changes: as many rounds as there are levels. */
static void find_levels(struct drawing *d) {
    bool is_changed = true;
    for (size_t i = 0; i < d->n_nodes; i++) {
        d->level[i] = is_qpu(d, i) ? 0 : UINT32_MAX - 1;
    }
    while (is_changed) {
        is_changed = false;
        for (size_t i = 0; i < d->physical->n_fibres; i++) {
            const uint32_t a = d->physical->fibres[i].a, b = d->physical->fibres[i].b;
            if (d->level[a] + 1 < d->level[b]) {
                d->level[b] = d->level[a] + 1;
                is_changed = true;
            } else if (d->level[b] + 1 < d->level[a]) {
                d->level[a] = d->level[b] + 1;
                is_changed = true;
            }
        }
    }
}

/* Nodes that no fibre joins to a QPU stand in the first row. */
static void lower_loose(struct drawing *d) {
    for (size_t i = d->machine->n_qpus; i < d->n_nodes; i++) {
        d->level[i] = d->level[i] == UINT32_MAX - 1 ? 1 : d->level[i];
    }
}

/* Letters before the first digit: switches that are called alike stand in one row. */
static bool is_called_alike(const char *a, const char *b) {
    size_t n = strcspn(a, "0123456789");
    return n == strcspn(b, "0123456789") && strncmp(a, b, n) == 0;
}

static void align_levels(struct drawing *d) {
    const size_t first = d->machine->n_qpus, end = first + d->physical->n_switches;
    for (size_t i = first; i < end; i++) {
        for (size_t k = first; k < end; k++) {
            const struct machine_switch *switches = d->physical->switches;
            if (d->level[k] > d->level[i] &&
                is_called_alike(switches[i - first].name, switches[k - first].name)) {
                d->level[k] = d->level[i];
            }
        }
    }
}

/* Do the QPUs at a switch stand next to each other? */
static bool is_contiguous(const struct drawing *d, size_t node) {
    size_t first = SIZE_MAX, last = 0, n = 0;
    for (size_t i = 0; i < d->physical->n_fibres; i++) {
        const struct machine_fibre *fibre = &d->physical->fibres[i];
        const size_t other = fibre->a == node ? fibre->b : fibre->a;
        if ((fibre->a == node || fibre->b == node) && is_qpu(d, other)) {
            first = other < first ? other : first;
            last = other > last ? other : last;
            n++;
        }
    }
    return n == 0 || last - first == n - 1;
}

/* Where some switches of the first row have neighbours and others have not, those go below. */
static void lower_others(struct drawing *d) {
    bool is_any = false;
    for (size_t i = d->machine->n_qpus; i < d->n_nodes; i++) {
        is_any = is_any || (d->level[i] == 1 && is_contiguous(d, i));
    }
    for (size_t i = d->machine->n_qpus; i < d->n_nodes; i++) {
        if (is_any && d->level[i] == 1 && !is_contiguous(d, i)) {
            d->level[i] = BELOW;
        }
    }
}

/* What stands under a node's name. */
static void describe(char *line, const struct drawing *d, size_t i) {
    const size_t n_qpus = d->machine->n_qpus;
    if (is_qpu(d, i)) {
        const struct machine_qpu *qpu = &d->machine->qpus[i];
        snprintf(line, LABEL_CHARS, qpu->n_comm == MACHINE_UNLIMITED ? "%u+" : "%u+%u", qpu->n_data,
                 qpu->n_comm);
    } else if (i < n_qpus + d->physical->n_switches) {
        const struct machine_switch *sw = &d->physical->switches[i - n_qpus];
        snprintf(line, LABEL_CHARS, sw->n_analysers == MACHINE_UNLIMITED ? "%u p" : "%u p, %u a",
                 sw->radix, sw->n_analysers);
    } else {
        line[0] = '\0';
    }
}

static const char *name_of(const struct drawing *d, size_t i) {
    return machine_node_name(d->machine, (uint32_t)i);
}

static double width_of(const struct drawing *d, size_t i) {
    char line[LABEL_CHARS];
    describe(line, d, i);
    const double name = 6.6 * (double)strlen(name_of(d, i)), small = 5.0 * (double)strlen(line);
    return fmax(BOX, fmax(name, small) + 10);
}

/* In rows of `n_columns`, if all fibres run along them: a line, a grid. */
static bool place_in_grid(struct drawing *d, size_t n_columns) {
    const size_t n = d->n_nodes;
    for (size_t i = 0; i < d->physical->n_fibres; i++) {
        const size_t a = d->physical->fibres[i].a, b = d->physical->fibres[i].b;
        const size_t low = a < b ? a : b, high = a < b ? b : a;
        const bool is_across = high == low + 1 && high % n_columns != 0;
        if (!is_across && high != low + n_columns) {
            return false;
        }
    }
    const double step = fmax(STEP, width_of(d, n - 1) + GAP) * 1.5;
    d->width = fmax((double)n_columns * step + 2 * MARGIN, LEAST_WIDTH);
    d->height = (double)((n + n_columns - 1) / n_columns) * step + 2 * MARGIN + HEAD;
    for (size_t i = 0; i < n; i++) {
        const double left = (d->width - (double)n_columns * step) / 2;
        d->at[i] = (struct point){left + ((double)(i % n_columns) + 0.5) * step,
                                  MARGIN + HEAD + ((double)(i / n_columns) + 0.5) * step};
    }
    return true;
}

static void place_on_circle(struct drawing *d) {
    const double n = (double)d->n_nodes, widest = width_of(d, d->n_nodes - 1);
    const double radius = fmax(120, n * fmax(STEP, widest + GAP) / (2 * M_PI) * 1.2);
    d->width = 2 * radius + 2 * MARGIN + widest;
    d->height = 2 * radius + 2 * MARGIN + BOX + HEAD;
    for (size_t i = 0; i < d->n_nodes; i++) {
        const double angle = 2 * M_PI * (double)i / n - M_PI / 2;
        d->at[i] = (struct point){d->width / 2 + radius * cos(angle),
                                  (d->height + HEAD) / 2 + radius * sin(angle)};
    }
}

static double row_width(const struct drawing *d, uint32_t level) {
    double sum = 0;
    for (size_t i = 0; i < d->n_nodes; i++) {
        sum += d->level[i] == level ? width_of(d, i) + GAP : 0;
    }
    return sum;
}

static void place_row(struct drawing *d, uint32_t level, double y, double row_share) {
    double sum = 0, x;
    uint32_t column = 0;
    size_t n = 0;
    for (size_t i = 0; i < d->n_nodes; i++) {
        if (d->level[i] == level) {
            sum += width_of(d, i);
            n++;
        }
    }
    const double room = fmax(row_share * (d->width - 2 * MARGIN), row_width(d, level));
    const double gap = n > 0 ? (room - sum) / (double)n : 0;
    x = MARGIN + gap / 2;
    for (size_t i = 0; i < d->n_nodes; i++) {
        if (d->level[i] == level) {
            const double width = width_of(d, i);
            d->at[i] = (struct point){x + width / 2, y};
            d->column[i] = column++;
            x += width + gap;
        }
    }
}

/* The share of the first row of switches up to the last one that has QPUs. */
static double share_in_use(const struct drawing *d) {
    uint32_t n = 0, n_used = 0;
    for (size_t i = 0; i < d->n_nodes; i++) {
        n += d->level[i] == 1;
    }
    for (size_t i = 0; i < d->physical->n_fibres; i++) {
        const uint32_t a = d->physical->fibres[i].a, b = d->physical->fibres[i].b;
        const uint32_t node = is_qpu(d, a) ? b : a;
        if (is_qpu(d, a) != is_qpu(d, b) && d->level[node] == 1 && d->column[node] >= n_used) {
            n_used = d->column[node] + 1;
        }
    }
    return n > 0 ? (double)n_used / n : 1;
}

/* ---- blocks of QPUs under their switch ---- */

static bool has_same_label(const char *a, const char *b) {
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Do QPUs of one hub stand next to each other, hubs in order, in one rack each? */
static bool are_hubs_in_order(const struct drawing *d) {
    const struct machine_qpu *qpus = d->machine->qpus;
    for (size_t i = 1; i < d->machine->n_qpus; i++) {
        const bool is_same = d->hub[i] == d->hub[i - 1];
        if (d->hub[i] < d->hub[i - 1] ||
            (is_same && (!has_same_label(qpus[i].rack, qpus[i - 1].rack) ||
                         !has_same_label(qpus[i].data_centre, qpus[i - 1].data_centre)))) {
            return false;
        }
    }
    return true;
}

/* No node is without a QPU. */
static bool are_all_hubs(const struct drawing *d) {
    const size_t n_qpus = d->machine->n_qpus;
    size_t n = 0;
    for (size_t i = n_qpus; i < d->n_nodes; i++) {
        bool is_hub = false;
        for (size_t q = 0; q < n_qpus && !is_hub; q++) {
            is_hub = d->hub[q] == i || d->below[q] == i;
        }
        n += is_hub;
    }
    return n == d->n_nodes - n_qpus;
}

/* Does each QPU hang on one switch of the first row? And with_below, the k-th of each hub on
 * the k-th switch below. */
static bool find_hubs(struct drawing *d, bool with_below) {
    const size_t n_qpus = d->machine->n_qpus;
    for (size_t i = 0; i < n_qpus; i++) {
        d->hub[i] = d->below[i] = UINT32_MAX;
    }
    for (size_t i = 0; i < d->physical->n_fibres; i++) {
        const uint32_t ends[2] = {d->physical->fibres[i].a, d->physical->fibres[i].b};
        for (int k = 0; k < 2; k++) {
            const uint32_t qpu = ends[k], other = ends[1 - k];
            if (!is_qpu(d, qpu)) {
                continue;
            }
            uint32_t *slot = d->level[other] == BELOW ? &d->below[qpu] : &d->hub[qpu];
            if (is_qpu(d, other) || *slot != UINT32_MAX ||
                (d->level[other] != 1 && d->level[other] != BELOW)) {
                return false;
            }
            *slot = other;
        }
    }
    for (size_t i = 0, rank = 0; i < n_qpus; i++) {
        rank = i > 0 && d->hub[i] == d->hub[i - 1] ? rank + 1 : 0;
        if (d->hub[i] == UINT32_MAX || (d->below[i] != UINT32_MAX) != with_below ||
            (with_below && d->below[i] != d->below[0] + rank)) {
            return false;
        }
    }
    return n_qpus >= LEAST_COMB && are_hubs_in_order(d) && (!with_below || are_all_hubs(d));
}

/* Switches of the first row with room for their blocks; *out_n_rows: of the highest block. */
static void place_combs(struct drawing *d, double y, size_t *out_n_rows) {
    const size_t n_qpus = d->machine->n_qpus;
    const double wide = width_of(d, n_qpus - 1);
    double x = MARGIN;
    uint32_t column = 0;
    *out_n_rows = 0;
    for (size_t i = n_qpus, q = 0; i < d->n_nodes; i++) {
        size_t n = 0;
        if (d->level[i] != 1) {
            continue;
        }
        while (q + n < n_qpus && d->hub[q + n] == i) {
            n++;
        }
        const double room = fmax(width_of(d, i), n > 0 ? 2 * wide + GAP : 0) + 2 * GAP;
        d->at[i] = (struct point){x + room / 2, y};
        d->column[i] = column++;
        for (size_t k = 0; k < n; k++) {
            const double side = k % 2 == 0 ? -1 : 1;
            d->at[q + k] = (struct point){d->at[i].x + side * (wide + GAP) / 2,
                                          y + LAYER_GAP / 2.0 + (double)(k / 2) * COMB_ROW};
        }
        *out_n_rows = (n + 1) / 2 > *out_n_rows ? (n + 1) / 2 : *out_n_rows;
        q += n;
        x += room;
    }
    d->width = fmax(d->width, x + MARGIN);
}

/* Fibres of wide drawings should not be flat. */
static double layer_gap(const struct drawing *d) {
    return fmin(fmax(LAYER_GAP, d->width / 16), 3 * LAYER_GAP);
}

static void place_in_combs(struct drawing *d) {
    uint32_t top = 1;
    size_t n_rows;
    d->width = LEAST_WIDTH;
    for (size_t i = 0; i < d->n_nodes; i++) {
        top = d->level[i] > top ? d->level[i] : top;
    }
    for (uint32_t l = 2; l <= top; l++) {
        d->width = fmax(d->width, row_width(d, l) + 2 * MARGIN);
    }
    place_combs(d, 0, &n_rows); /* for the width, on which heights depend */
    const double gap = layer_gap(d), y = MARGIN + HEAD + BOX / 2.0 + (top - 1) * gap;
    place_combs(d, y, &n_rows);
    for (uint32_t l = 2; l <= top; l++) {
        place_row(d, l, y - (l - 1) * gap, 1);
    }
    d->height = y + LAYER_GAP / 2.0 + (double)(n_rows - 1) * COMB_ROW + BOX / 2.0 + MARGIN;
}

/* Two switches for each QPU: a column for each one of the first kind, a row for each of the second.
 * Fibres run to the right of columns and under rows. */
static void place_in_lattice(struct drawing *d) {
    const size_t n_qpus = d->machine->n_qpus;
    const double wide = width_of(d, n_qpus - 1), high = BOX + 2.0 * GAP;
    double step = wide + 2 * GAP, side = 0;
    size_t rank = 0, column = 0, n_rows = 0;
    for (size_t i = n_qpus; i < d->n_nodes; i++) {
        step = fmax(step, width_of(d, i) + GAP);
        side = fmax(side, width_of(d, i) + 2 * GAP);
    }
    for (size_t i = 0; i < n_qpus; i++) {
        const bool is_first = i == 0 || d->hub[i] != d->hub[i - 1];
        rank = is_first ? 0 : rank + 1;
        column += is_first && i > 0;
        n_rows = rank + 1 > n_rows ? rank + 1 : n_rows;
        d->at[i] = (struct point){MARGIN + side + wide / 2 + (double)column * step,
                                  MARGIN + HEAD + LAYER_GAP / 2.0 + (double)rank * high};
        d->at[d->hub[i]] = (struct point){d->at[i].x + wide / 2 + GAP, MARGIN + HEAD};
        d->at[d->below[i]] = (struct point){MARGIN + side / 2 - GAP, d->at[i].y + BOX / 2.0 + GAP};
    }
    d->width = fmax(LEAST_WIDTH, d->at[n_qpus - 1].x + step + MARGIN);
    d->height = MARGIN + HEAD + LAYER_GAP / 2.0 + (double)n_rows * high + MARGIN;
}

static void place_in_layers(struct drawing *d) {
    uint32_t top = 0;
    bool is_below = false;
    for (size_t i = 0; i < d->n_nodes; i++) {
        is_below = is_below || d->level[i] == BELOW;
        top = d->level[i] != BELOW && d->level[i] > top ? d->level[i] : top;
    }
    d->width = fmax(row_width(d, BELOW), LEAST_WIDTH - 2 * MARGIN);
    for (uint32_t l = 0; l <= top; l++) {
        d->width = fmax(d->width, row_width(d, l));
    }
    place_row(d, 1, 0, 1); /* for columns: QPUs stand under those that they are joined to */
    const double share = share_in_use(d);
    d->width = fmax(d->width, row_width(d, 0) / share) + 2 * MARGIN;
    const double gap = layer_gap(d);
    d->height = (top + is_below) * gap + 2 * MARGIN + BOX + HEAD;
    const double ground = d->height - MARGIN - BOX / 2.0 - (is_below ? gap : 0);
    for (uint32_t l = 1; l <= top; l++) {
        place_row(d, l, ground - l * gap, 1);
    }
    place_row(d, BELOW, ground + gap, 1);
    place_row(d, 0, ground, share);
}

static void place_alone(struct drawing *d) {
    const size_t n = d->n_nodes;
    bool is_done = false;
    if (d->physical != NULL) {
        is_done = n <= 24 && place_in_grid(d, n);
        for (size_t k = 2; !is_done && k < n; k++) {
            is_done = n % k == 0 && place_in_grid(d, n / k);
        }
    }
    if (!is_done) {
        place_on_circle(d);
    }
}

/* ---- marks ---- */

static void add_escaped(struct text *out, const char *text) {
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            text_add(out, "&lt;");
            break;
        case '>':
            text_add(out, "&gt;");
            break;
        case '&':
            text_add(out, "&amp;");
            break;
        case '"':
            text_add(out, "&quot;");
            break;
        default:
            if ((unsigned char)*text >= 0x20) {
                text_add_n(out, text, 1);
            }
        }
    }
}

static void add_line(struct text *out, struct point a, struct point b, const char *class) {
    text_printf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                class, a.x, a.y, b.x, b.y);
}

static void add_label(struct text *out, struct point at, double dy, const char *class,
                      const char *label) {
    text_printf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, at.x, at.y + dy);
    add_escaped(out, label);
    text_add(out, "</text>\n");
}

/* Over the heads of those that stand between the two. */
static void add_arc(struct text *out, struct point a, struct point b, const char *class) {
    const double rise = fmin(84, 30 + fabs(b.x - a.x) / 8);
    text_printf(out, "<path class=\"%s\" d=\"M%.1f %.1fQ%.1f %.1f %.1f %.1f\"/>\n", class, a.x, a.y,
                (a.x + b.x) / 2, a.y - rise, b.x, b.y);
}

/* Down beside the column, then to the side; of a row: along it, then up. */
static void add_tooth(struct text *out, struct point hub, struct point qpu, bool is_row,
                      const char *class) {
    if (is_row) {
        text_printf(out, "<path class=\"%s\" d=\"M%.1f %.1fH%.1fV%.1f\"/>\n", class, hub.x, hub.y,
                    qpu.x, qpu.y);
    } else {
        text_printf(out, "<path class=\"%s\" d=\"M%.1f %.1fV%.1fH%.1f\"/>\n", class, hub.x, hub.y,
                    qpu.y, qpu.x);
    }
}

static void add_edges(struct text *out, const struct drawing *d) {
    const struct machine *m = d->machine;
    for (size_t i = 0; d->physical && i < d->physical->n_fibres; i++) {
        const uint32_t a = d->physical->fibres[i].a, b = d->physical->fibres[i].b;
        const char *class = !is_qpu(d, a) && !is_qpu(d, b) ? "trunk" : "fibre";
        const bool is_apart = d->in_layers && d->level[a] == d->level[b] &&
                              d->column[a] + 1 != d->column[b] && d->column[b] + 1 != d->column[a];
        if ((d->in_combs || d->in_lattice) && (is_qpu(d, a) || is_qpu(d, b))) {
            const uint32_t hub = is_qpu(d, a) ? b : a, qpu = is_qpu(d, a) ? a : b;
            add_tooth(out, d->at[hub], d->at[qpu], d->level[hub] == BELOW, class);
        } else if (is_apart) {
            add_arc(out, d->at[a], d->at[b], class);
        } else {
            add_line(out, d->at[a], d->at[b], class);
        }
    }
    for (size_t i = 0; i < m->n_links; i++) {
        add_line(out, d->at[m->links[i].a], d->at[m->links[i].b], "fibre");
    }
    for (size_t a = 0; !d->physical && m->is_complete && m->n_qpus <= 64 && a < m->n_qpus; a++) {
        for (size_t b = a + 1; b < m->n_qpus; b++) {
            if (machine_find_link(m, (uint32_t)a, (uint32_t)b) == &m->default_link) {
                add_line(out, d->at[a], d->at[b], "default");
            }
        }
    }
}

static void add_node(struct text *out, const struct drawing *d, size_t i) {
    const bool is_switch = !is_qpu(d, i) && i < d->machine->n_qpus + d->physical->n_switches;
    const struct point at = d->at[i];
    const double width = width_of(d, i);
    char line[LABEL_CHARS];
    describe(line, d, i);
    text_printf(out,
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" "
                "rx=\"%d\"/>\n",
                is_qpu(d, i) ? "qpu"
                : is_switch  ? "switch"
                             : "repeater",
                at.x - width / 2, at.y - BOX / 2.0, width, BOX, is_switch ? BOX / 2 : 5);
    add_label(out, at, line[0] != '\0' ? -1 : 4, "name", name_of(d, i));
    if (line[0] != '\0') {
        add_label(out, at, 12, "small", line);
    }
}

static bool is_same_place(const char *a, const char *b) {
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* QPUs of one rack (or data centre) that stand next to each other share a frame. */
static void add_frames(struct text *out, const struct drawing *d, bool of_centres) {
    const struct machine_qpu *qpus = d->machine->qpus;
    const double grow = of_centres ? 7 : 4; /* less than half of what is between boxes */
    for (size_t i = 0, end; i < d->machine->n_qpus; i = end) {
        const char *label = of_centres ? qpus[i].data_centre : qpus[i].rack;
        end = i + 1;
        while (end < d->machine->n_qpus &&
               is_same_place(label, of_centres ? qpus[end].data_centre : qpus[end].rack)) {
            end++;
        }
        if (label == NULL) {
            continue;
        }
        double left = INFINITY, right = 0, top = INFINITY, bottom = 0;
        for (size_t k = i; k < end; k++) {
            left = fmin(left, d->at[k].x - width_of(d, k) / 2 - grow);
            right = fmax(right, d->at[k].x + width_of(d, k) / 2);
            top = fmin(top, d->at[k].y);
            bottom = fmax(bottom, d->at[k].y);
        }
        const double y = top - BOX / 2.0 - grow, height = bottom - top + BOX + 2 * grow;
        text_printf(out,
                    "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
                    "rx=\"8\"/>\n",
                    of_centres ? "centre" : "rack", left, y, right + grow - left, height);
        struct text line = {0};
        text_printf(&line, "%s %s", of_centres ? "data centre" : "rack", label);
        add_label(out, (struct point){(left + right + grow) / 2, y + height}, of_centres ? 24 : 12,
                  "small", line.failed ? label : line.data);
        text_fini(&line);
    }
}

static const char style[] =
    "<style>text{font-family:sans-serif;text-anchor:middle}.name{font-size:11px}"
    ".small{font-size:9px;fill:#555}"
    ".fibre,.trunk,.default{fill:none}.legend{fill:#555}"
    ".fibre{stroke:#4a78b5;stroke-width:1}.trunk{stroke:#b5654a;stroke-width:1}"
    ".default{stroke:#bbb;stroke-width:.7}.qpu{fill:#e3edf8;stroke:#27466d}"
    ".switch{fill:#fbe9e1;stroke:#8a3f22}.repeater{fill:#e9f5e3;stroke:#3d6d27}"
    ".rack,.centre{fill:none;stroke:#999;stroke-dasharray:4 3}</style>\n";

/* What there is, under the title; what the numbers are, at the bottom. */
static void add_legend(struct text *out, const struct drawing *d) {
    const struct machine_physical *p = d->physical;
    const struct point centre = {d->width / 2, 0};
    char line[256];
    if (p == NULL) {
        snprintf(line, sizeof line, "%zu QPUs, abstract links", d->machine->n_qpus);
    } else {
        int n = snprintf(line, sizeof line, "%zu QPUs", d->machine->n_qpus);
        if (p->n_switches > 0) {
            n += snprintf(line + n, sizeof line - (size_t)n, ", %zu switches", p->n_switches);
        }
        if (p->n_repeaters > 0) {
            n += snprintf(line + n, sizeof line - (size_t)n, ", %zu repeaters", p->n_repeaters);
        }
        snprintf(line + n, sizeof line - (size_t)n, ", %zu fibres; herald %s", p->n_fibres,
                 machine_herald_words[p->herald.model]);
    }
    add_label(out, centre, 44, "legend", line);
    snprintf(line, sizeof line, "QPU: data + communication qubits%s",
             p != NULL && p->n_switches > 0 ? "; switch: p ports, a Bell-state analysers" : "");
    add_label(out, centre, d->height - 12, "legend", line);
}

static void draw(struct text *out, const struct drawing *d) {
    text_printf(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
                "viewBox=\"0 0 %.0f %.0f\">\n",
                d->width, d->height, d->width, d->height);
    text_add(out, style);
    text_printf(out, "<style>.title{font-size:%.0fpx}.legend{font-size:%.0fpx}</style>\n",
                fmin(fmax(16, d->width / 110), 24), fmin(fmax(10, d->width / 170), 14));
    text_printf(out, "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#fff\"/>\n", d->width, d->height);
    add_label(out, (struct point){d->width / 2, 26}, 0, "title", d->machine->name);
    add_legend(out, d);
    if (d->in_layers) {
        add_frames(out, d, true);
        add_frames(out, d, false);
    }
    add_edges(out, d);
    for (size_t i = 0; i < d->n_nodes; i++) {
        add_node(out, d, i);
    }
    text_add(out, "</svg>\n");
}

/* Combs where QPUs hang on switches, rows where they do not, circles and grids without switches. */
static enum status place(struct drawing *d) {
    const size_t n_qpus = d->machine->n_qpus;
    d->level = mem_alloc(d->n_nodes, sizeof *d->level);
    d->column = mem_alloc(d->n_nodes, sizeof *d->column);
    d->at = mem_alloc(d->n_nodes, sizeof *d->at);
    d->hub = mem_alloc(n_qpus, sizeof *d->hub);
    d->below = mem_alloc(n_qpus, sizeof *d->below);
    if (!d->level || !d->column || !d->at || !d->hub || !d->below) {
        return STATUS_NOFIT;
    }
    d->in_layers = d->n_nodes > n_qpus;
    if (!d->in_layers) {
        place_alone(d);
        return STATUS_OK;
    }
    find_levels(d);
    lower_loose(d);
    align_levels(d);
    lower_others(d);
    d->in_combs = find_hubs(d, false);
    d->in_lattice = !d->in_combs && find_hubs(d, true);
    if (d->in_combs) {
        place_in_combs(d);
    } else if (d->in_lattice) {
        place_in_lattice(d);
    } else {
        place_in_layers(d);
    }
    return STATUS_OK;
}

enum status machine_print_svg(struct text *out, const struct machine *machine) {
    struct drawing d = {
        .machine = machine, .physical = machine->physical, .n_nodes = machine->n_qpus};
    if (d.physical) {
        d.n_nodes += d.physical->n_switches + d.physical->n_repeaters;
    }
    enum status status = place(&d);
    if (status == STATUS_OK) {
        draw(out, &d);
        status = out->failed ? log_error(STATUS_NOFIT, "no memory to draw the machine") : STATUS_OK;
    }
    mem_free(d.level);
    mem_free(d.column);
    mem_free(d.hub);
    mem_free(d.below);
    mem_free(d.at);
    return status;
}

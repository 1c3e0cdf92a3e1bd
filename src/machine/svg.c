#include "machine/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STEP = 56, LAYER_GAP = 130, MARGIN = 60, BOX = 40 };

struct point {
    double x, y;
};
struct drawing {
    const struct machine *machine;
    const struct machine_physical *physical; /* NULL: abstract links */
    size_t n_nodes;
    uint32_t *level; /* distance from the nearest QPU, in fibres */
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

static void place_on_circle(struct drawing *d) {
    const double n = (double)d->n_nodes, radius = fmax(120, n * STEP / (2 * M_PI));
    d->width = d->height = 2 * radius + 2 * MARGIN + BOX;
    for (size_t i = 0; i < d->n_nodes; i++) {
        const double angle = 2 * M_PI * (double)i / n - M_PI / 2;
        d->at[i] =
            (struct point){d->width / 2 + radius * cos(angle), d->height / 2 + radius * sin(angle)};
    }
}

static void place_in_layers(struct drawing *d) {
    uint32_t top = 0;
    size_t widest = 1;
    for (size_t i = 0; i < d->n_nodes; i++) {
        top = d->level[i] > top ? d->level[i] : top;
    }
    for (uint32_t l = 0; l <= top; l++) {
        size_t n = 0;
        for (size_t i = 0; i < d->n_nodes; i++) {
            n += d->level[i] == l;
        }
        widest = n > widest ? n : widest;
    }
    d->width = (double)widest * STEP + 2 * MARGIN;
    d->height = top * LAYER_GAP + 2 * MARGIN + BOX;
    for (uint32_t l = 0; l <= top; l++) {
        size_t n = 0, k = 0;
        for (size_t i = 0; i < d->n_nodes; i++) {
            n += d->level[i] == l;
        }
        for (size_t i = 0; i < d->n_nodes; i++) {
            if (d->level[i] == l) {
                const double share = ((double)k++ + 0.5) / (double)n;
                d->at[i] = (struct point){MARGIN + share * (d->width - 2 * MARGIN),
                                          d->height - MARGIN - BOX / 2.0 - l * LAYER_GAP};
            }
        }
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

static void add_edges(struct text *out, const struct drawing *d) {
    const struct machine *m = d->machine;
    for (size_t i = 0; d->physical && i < d->physical->n_fibres; i++) {
        const struct machine_fibre *fibre = &d->physical->fibres[i];
        const bool is_trunk = !is_qpu(d, fibre->a) && !is_qpu(d, fibre->b);
        add_line(out, d->at[fibre->a], d->at[fibre->b], is_trunk ? "trunk" : "fibre");
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
    const size_t n_qpus = d->machine->n_qpus;
    const struct point at = d->at[i];
    char line[64];
    if (is_qpu(d, i)) {
        const struct machine_qpu *qpu = &d->machine->qpus[i];
        text_printf(
            out,
            "<rect class=\"qpu\" x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\" rx=\"5\"/>\n",
            at.x - BOX / 2.0, at.y - BOX / 2.0, BOX, BOX);
        add_label(out, at, -1, "name", qpu->name);
        snprintf(line, sizeof line, qpu->n_comm == MACHINE_UNLIMITED ? "%u+" : "%u+%u", qpu->n_data,
                 qpu->n_comm);
        add_label(out, at, 12, "small", line);
        return;
    }
    if (i < n_qpus + d->physical->n_switches) {
        text_printf(out, "<circle class=\"switch\" cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"/>\n", at.x,
                    at.y, BOX / 2);
    } else {
        text_printf(out, "<path class=\"repeater\" d=\"M%.1f %.1fl%d %dl%d %dl%d %dz\"/>\n", at.x,
                    at.y - BOX / 2.0, BOX / 2, BOX / 2, -BOX / 2, BOX / 2, -BOX / 2, -BOX / 2);
    }
    add_label(out, at, -1, "name", machine_node_name(d->machine, (uint32_t)i));
    if (i < n_qpus + d->physical->n_switches) {
        const struct machine_switch *sw = &d->physical->switches[i - n_qpus];
        if (sw->n_analysers == MACHINE_UNLIMITED) {
            snprintf(line, sizeof line, "%u ports", sw->radix);
        } else {
            snprintf(line, sizeof line, "%u p, %u a", sw->radix, sw->n_analysers);
        }
        add_label(out, at, 12, "small", line);
    }
}

static bool is_same_place(const char *a, const char *b) {
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* QPUs of one rack (or data centre) that stand next to each other share a frame. */
static void add_frames(struct text *out, const struct drawing *d, bool of_centres) {
    const struct machine_qpu *qpus = d->machine->qpus;
    const double grow = of_centres ? 14 : 7;
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
        const double left = d->at[i].x - BOX / 2.0 - grow, right = d->at[end - 1].x + BOX / 2.0;
        const double y = d->at[i].y - BOX / 2.0 - grow, height = BOX + 2 * grow;
        text_printf(out,
                    "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
                    "rx=\"8\"/>\n",
                    of_centres ? "centre" : "rack", left, y, right + grow - left, height);
        add_label(out, (struct point){(left + right + grow) / 2, y + height}, of_centres ? 16 : 12,
                  "small", label);
    }
}

static const char style[] =
    "<style>text{font-family:sans-serif;text-anchor:middle}.name{font-size:11px}"
    ".small{font-size:9px;fill:#555}.title{font-size:16px}"
    ".fibre{stroke:#4a78b5;stroke-width:1}.trunk{stroke:#b5654a;stroke-width:1}"
    ".default{stroke:#bbb;stroke-width:.7}.qpu{fill:#e3edf8;stroke:#27466d}"
    ".switch{fill:#fbe9e1;stroke:#8a3f22}.repeater{fill:#e9f5e3;stroke:#3d6d27}"
    ".rack,.centre{fill:none;stroke:#999;stroke-dasharray:4 3}</style>\n";

static void draw(struct text *out, const struct drawing *d, bool in_layers) {
    text_printf(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
                "viewBox=\"0 0 %.0f %.0f\">\n",
                d->width, d->height, d->width, d->height);
    text_add(out, style);
    text_printf(out, "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#fff\"/>\n", d->width, d->height);
    add_label(out, (struct point){d->width / 2, 24}, 0, "title", d->machine->name);
    if (in_layers) {
        add_frames(out, d, true);
        add_frames(out, d, false);
    }
    add_edges(out, d);
    for (size_t i = 0; i < d->n_nodes; i++) {
        add_node(out, d, i);
    }
    text_add(out, "</svg>\n");
}

enum status machine_print_svg(struct text *out, const struct machine *machine) {
    struct drawing d = {
        .machine = machine, .physical = machine->physical, .n_nodes = machine->n_qpus};
    if (d.physical) {
        d.n_nodes += d.physical->n_switches + d.physical->n_repeaters;
    }
    d.level = mem_alloc(d.n_nodes, sizeof *d.level);
    d.at = mem_alloc(d.n_nodes, sizeof *d.at);
    enum status status = d.level && d.at ? STATUS_OK : STATUS_NOFIT;
    if (status == STATUS_OK) {
        const bool in_layers = d.n_nodes > machine->n_qpus;
        if (in_layers) {
            find_levels(&d);
            place_in_layers(&d);
        } else {
            place_on_circle(&d);
        }
        draw(out, &d, in_layers);
        status = out->failed ? log_error(STATUS_NOFIT, "no memory to draw the machine") : STATUS_OK;
    }
    mem_free(d.level);
    mem_free(d.at);
    return status;
}

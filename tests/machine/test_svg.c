/* Drawings: a box for each node, none over another, all on the page, names inside their boxes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "machine/machine.h"
#include "machine/svg.h"

struct box {
    double x, y, width, height;
};

static size_t read_boxes(struct box *out, size_t cap, const char *svg) {
    size_t n = 0;
    for (const char *at = svg; (at = strstr(at, "<rect class=\"")) != NULL; at++) {
        const char *class = at + strlen("<rect class=\"");
        const bool is_node = strncmp(class, "qpu\"", 4) == 0 ||
                             strncmp(class, "switch\"", 7) == 0 ||
                             strncmp(class, "repeater\"", 9) == 0;
        if (is_node) {
            cr_assert_lt(n, cap);
            struct box *box = &out[n++];
            cr_assert_eq(sscanf(strstr(at, "x=\""),
                                "x=\"%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\"", &box->x,
                                &box->y, &box->width, &box->height),
                         4);
        }
    }
    return n;
}

static bool overlap(const struct box *a, const struct box *b) {
    return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height &&
           b->y < a->y + a->height;
}

/* Labels are centred and 6.6 wide a character at most; each lies in the box that holds its place.
 */
static void expect_labels_inside(const struct box *boxes, size_t n, const char *svg,
                                 const char *what) {
    for (const char *at = svg; (at = strstr(at, "<text class=\"name\"")) != NULL; at++) {
        double x, y;
        cr_assert_eq(sscanf(at, "<text class=\"name\" x=\"%lf\" y=\"%lf\"", &x, &y), 2);
        const size_t n_chars = strcspn(strchr(at, '>') + 1, "<");
        size_t i = 0;
        while (i < n && !(boxes[i].x < x && x < boxes[i].x + boxes[i].width && boxes[i].y < y &&
                          y < boxes[i].y + boxes[i].height)) {
            i++;
        }
        cr_assert_lt(i, n, "%s: a name outside all boxes", what);
        cr_expect_leq(6.6 * (double)n_chars, boxes[i].width, "%s: a name wider than its box", what);
    }
}

static void expect_good_drawing(const char *spec) {
    enum { CAP = 512 };
    static struct box boxes[CAP];
    struct machine *machine = NULL;
    struct text svg = {0};
    double width, height;
    cr_assert_eq(machine_read(&machine, spec), STATUS_OK, "%s", spec);
    cr_assert_eq(machine_print_svg(&svg, machine), STATUS_OK);
    const size_t n = read_boxes(boxes, CAP, svg.data), n_nodes = machine->n_qpus +
                                                                 machine->physical->n_switches +
                                                                 machine->physical->n_repeaters;
    cr_expect_eq(n, n_nodes, "%s: %zu boxes for %zu nodes", spec, n, n_nodes);
    cr_assert_eq(
        sscanf(strstr(svg.data, "viewBox=\"0 0 "), "viewBox=\"0 0 %lf %lf\"", &width, &height), 2);
    for (size_t i = 0; i < n; i++) {
        cr_expect(boxes[i].x >= 0 && boxes[i].x + boxes[i].width <= width && boxes[i].y >= 50 &&
                      boxes[i].y + boxes[i].height <= height - 20,
                  "%s: box %zu is cut off", spec, i);
        for (size_t k = i + 1; k < n; k++) {
            cr_expect(!overlap(&boxes[i], &boxes[k]), "%s: boxes %zu and %zu overlap", spec, i, k);
        }
    }
    expect_labels_inside(boxes, n, svg.data, spec);
    text_fini(&svg);
    machine_destroy(machine);
}

Test(svg, a_switch_without_fibres) {
    static const char text[] = "qpus: [{name: q, count: 2, data: 1, comm: 1}]\n"
                               "switches: [{name: s, radix: 4}, {name: loose, radix: 4}]\n"
                               "fibres: [{between: [q0, s]}, {between: [q1, s]}]\n";
    struct machine *machine = NULL;
    struct text svg = {0};
    struct box boxes[4];
    cr_assert_eq(machine_read_text(&machine, "m", text, strlen(text)), STATUS_OK);
    cr_assert_eq(machine_print_svg(&svg, machine), STATUS_OK);
    cr_expect_eq(read_boxes(boxes, 4, svg.data), 4);
    text_fini(&svg);
    machine_destroy(machine);
}

Test(svg, nothing_overlaps_or_is_cut_off) {
    static const char *const kinds[] = {"fat_tree", "clos", "bcube", "qfly",
                                        "star",     "line", "ring",  "grid"};
    static const int sizes[] = {4, 16, 24, 25, 36, 64, 100, 128};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            char spec[128];
            snprintf(spec, sizeof spec, "cisco-qdc-2026:n=%d,topology=%s", sizes[i], kinds[k]);
            expect_good_drawing(spec);
        }
    }
}

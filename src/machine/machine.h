/* The machine: QPUs and the links between their QNUs, from YAML or a preset (docs/machine.md). */
#ifndef QSPAN_MACHINE_MACHINE_H
#define QSPAN_MACHINE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "machine/physical.h"

#define MACHINE_UNLIMITED UINT32_MAX /* as many comm qubits as a program needs */

/* Where a value came from, for messages; file NULL: a default. */
struct machine_op {
    int64_t t_ps;
    double p_err;
    struct src_loc loc_t, loc_err;
};
struct machine_qpu {
    const char *name, *rack, *data_centre; /* rack and data_centre may be NULL */
    uint32_t n_data, n_comm;               /* n_comm may be MACHINE_UNLIMITED */
    int64_t t1_ps, t2_ps;                  /* 0 = infinite */
    struct src_loc loc, loc_t1, loc_t2;
    struct machine_op gate1, gate2, measure, reset;
};
struct machine_link {
    uint32_t a, b;     /* QPU indices, a < b */
    double weights[4]; /* pI, pX, pY, pZ of a fresh pair; fidelity F gives Werner weights */
    int64_t t_ebit_ps; /* time to make one pair */
    int64_t t_bit_ps;  /* classical latency each way */
    struct src_loc loc;
};
struct machine {
    struct arena arena;
    const char *name;
    char *text; /* the file as read, for provenance; presets: their printed form */
    struct machine_qpu *qpus;
    size_t n_qpus, cap_qpus;
    uint32_t *by_name;          /* QPU indices in strcmp order of their names */
    struct machine_link *links; /* sorted by (a, b) */
    size_t n_links, cap_links;
    /* Every pair is joined by default_link where no link is given; on physical machines it says
     * only that ebits can be made: the network knows when and how good. */
    bool is_complete;
    struct machine_link default_link;
    struct machine_physical *physical; /* NULL: abstract links */
};

void machine_destroy(struct machine *machine);
/* A path ("-": standard input), or a preset: "ideal" or "werner" with options
 * "werner:n=4,data=8,comm=2,F=0.95,time=10us,classical=1us" (these are the defaults; ideal takes n,
 * data, comm). A name that is neither is STATUS_INPUT with the list of presets. */
enum status machine_read(struct machine **out_machine, const char *path_or_preset);
struct team;
/* The same by rank 0; the others take its text, so that a file need not be where they run.
 * Collective. */
enum status machine_read_shared(struct machine **out_machine, const struct team *team,
                                const char *path_or_preset);
/* Is it a preset's name, with or without options? */
bool machine_is_preset(const char *path_or_preset);
/* `name` is the file's, for messages (copied). */
enum status machine_read_text(struct machine **out_machine, const char *name, const char *text,
                              size_t n);
/* --qpus N for n_qubits: ideal links all to all, the first (n mod N) QPUs get one qubit more, QPUs
 * are named A, B, ... Z, AA ...; n_comm may be MACHINE_UNLIMITED. */
enum status machine_create_ideal(struct machine **out_machine, uint32_t n_qpus, uint32_t n_qubits,
                                 uint32_t n_comm);
/* Gives the QPUs other names, n_qpus of them, all different. Cost: O(n log n). */
enum status machine_rename_qpus(struct machine *machine, const char *const *names);
/* YAML that reads back as the same machine. */
enum status machine_print(struct text *out, const struct machine *machine);
/* The link between two QPUs (given, or the default of a complete machine: its a and b mean
 * nothing); NULL: not joined. Cost: O(log n_links). */
const struct machine_link *machine_find_link(const struct machine *machine, uint32_t a, uint32_t b);
/* UINT32_MAX: no such QPU. Cost: O(log n_qpus). */
uint32_t machine_find_qpu(const struct machine *machine, const char *name);
/* Name of a node of a physical network: QPU, switch or repeater. */
const char *machine_node_name(const struct machine *machine, uint32_t node);
/* Refuses finite T1 or T2, with the line and key: qubits that wait do not decay yet. STATUS_INPUT,
 * logged. */
enum status machine_check_lifetimes(const struct machine *machine);
/* Names of the presets with one line each, NULL-terminated pairs. */
const char *const *machine_presets(void);

#endif

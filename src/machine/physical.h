/* The physical part of a machine: QNUs, switches, repeaters, fibres, and how they are run.
 *
 * Nodes are numbered QPUs first, then switches, then repeaters. Plain records without invariants
 * beyond what the reader checks: names differ, fibres join known nodes, capacities are not zero,
 * every QPU reaches every other. Absent keys mean zero time, no loss, no error, no limit. */
#ifndef QSPAN_MACHINE_PHYSICAL_H
#define QSPAN_MACHINE_PHYSICAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

struct machine_qnu {
    double efficiency;    /* emission and transducer, 0 to 1 */
    double added_noise;   /* input-referred noise photons per mode */
    double repetition_hz; /* attempts per second at most; 0: no limit */
    double loss_db;       /* between memory and fibre, once per end */
    int64_t t_source_ps, t_reset_ps;
    int64_t t1_ps, t2_ps; /* of comm and buffer qubits; 0: infinite */
    double clock_ps;      /* standard deviation of the clock offset */
    double swap_gate;     /* 1 - depolarising probability of a gate on comm qubits */
    double swap_flip;     /* probability that a measured bit of a comm qubit is wrong */
    int64_t t_swap_ps;    /* Bell measurement, purification step */
    uint32_t n_buffer;    /* qubits for relaying, purification and pools; unlimited allowed */
};
struct machine_switch {
    const char *name;
    uint32_t radix;      /* ports */
    double stage_db;     /* loss per 2x2 stage; a pass is 2 ceil(log2 radix) - 1 stages */
    int64_t t_reconf_ps; /* to set up a circuit */
    uint32_t n_analysers;
    struct src_loc loc;
};
struct machine_repeater {
    const char *name;
    struct machine_qnu qnu;
    struct src_loc loc;
};
struct machine_fibre {
    uint32_t a, b; /* nodes */
    double length_m, loss_db_m, speed_m_s;
    uint32_t n_channels;
    struct src_loc loc;
};

enum machine_herald_model {
    HERALD_TWO_CLICK,              /* two photons meet at an analyser */
    HERALD_BARRETT_KOK,            /* the same with single photons in two rounds */
    HERALD_BARRETT_KOK_NEGOTIATED, /* with the messages that SeQUeNCe exchanges */
    HERALD_SINGLE_CLICK,
    HERALD_SENDER_RECEIVER,
    HERALD_MIDPOINT_SOURCE,
    HERALD_MEASURED, /* fidelity and rate as published for a whole link */
    HERALD_N_MODELS
};
struct machine_herald {
    enum machine_herald_model model;
    double visibility;     /* of two photons; single click: its root is the phase visibility */
    double bright;         /* single click: amplitude a */
    double mean_pairs;     /* midpoint source: per attempt; 0: exactly one */
    int64_t t_photon_ps;   /* 1/e width of a photon; 0: clocks don't matter */
    double fidelity;       /* measured: of a fresh pair; others: Werner factor on top */
    double rate_hz;        /* measured: pairs per second and channel */
    int64_t t_attempt_ps;  /* measured: from attempt to attempt */
    bool is_deterministic; /* measured: a pair every 1/rate */
};
struct machine_detectors {
    double efficiency, dark_hz;
    int64_t t_window_ps;
};

enum machine_handshake { HANDSHAKE_NONE, HANDSHAKE_RTT };
struct machine_control {
    int64_t t_decision_ps; /* per grant */
    int64_t t_message_ps;  /* overhead of a classical message, beside its way */
    enum machine_handshake handshake;
};

enum machine_routing { ROUTING_SHORTEST, ROUTING_SPREAD, ROUTING_K_SHORTEST };
enum machine_scheduling {
    SCHEDULE_FCFS,
    SCHEDULE_STATIC,
    SCHEDULE_SHORTEST_FIRST,
    SCHEDULE_EDF,
    SCHEDULE_MAX_WEIGHT,
    SCHEDULE_TDMA
};
enum machine_purify { PURIFY_NONE, PURIFY_DEJMPS, PURIFY_BBPSSW, PURIFY_PUMP, PURIFY_EPL };
enum machine_wait { WAIT_NONE, WAIT_HERALD, WAIT_FRAME };
struct machine_policy {
    enum machine_routing routing;
    enum machine_scheduling schedule;
    enum machine_purify purify;
    enum machine_wait wait;
    uint32_t n_paths;
    double relay_db;      /* what a path with a relay more must save in loss */
    uint32_t n_batch;     /* requests served in a row over one circuit */
    uint32_t n_lookahead; /* upcoming requests whose pairs are made in advance */
    uint32_t n_width;     /* channels tried in parallel by one request */
    uint32_t n_rounds;    /* of purification */
    double target;        /* purify until this fidelity; 0: always n_rounds */
    int64_t t_slot_ps;    /* of the time-slotted schedule */
    int64_t t_cutoff_ps;  /* stored pairs older than this are thrown away; 0: never */
};

struct machine_outage {
    bool is_fibre;
    uint32_t index; /* fibre, or node */
    int64_t t_from_ps, t_until_ps;
    struct src_loc loc;
};

struct machine_physical {
    struct machine_qnu *qnus; /* per QPU */
    struct machine_switch *switches;
    size_t n_switches, cap_switches;
    struct machine_repeater *repeaters;
    size_t n_repeaters, cap_repeaters;
    struct machine_fibre *fibres;
    size_t n_fibres, cap_fibres;
    struct machine_outage *outages;
    size_t n_outages, cap_outages;
    struct machine_herald herald;
    struct machine_detectors detectors;
    struct machine_control control;
    struct machine_policy policy;
    struct src_loc policy_loc;
};

/* With a QNU of no loss, error or limit per QPU; NULL is logged. */
struct machine_physical *machine_physical_create(size_t n_qpus);
void machine_physical_destroy(struct machine_physical *physical);

/* Stages that light passes in a switch: 2 ceil(log2 radix) - 1, 0 for radix 1. */
uint32_t machine_switch_stages(uint32_t radix);
/* Word of the file for each value of an enum, NULL-terminated, in order. */
extern const char *const machine_herald_words[], *const machine_handshake_words[],
                                                     *const machine_routing_words[],
                                                         *const machine_schedule_words[],
                                                             *const machine_purify_words[],
                                                                 *const machine_wait_words[];

#endif

/* Figures of a network in HDF5: one table writes and reads them. */
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "output/output_network.h"

struct number {
    const char *path;
    size_t at;
    enum store_type type; /* STORE_U64, STORE_I64 or STORE_F64 */
    const char *unit;
    size_t n; /* 0: one number */
};
#define AT(member) offsetof(struct network_stats, member)
#define COUNT(path, member)                                                                        \
    { "network/" path, AT(member), STORE_U64, "1", 0 }
#define SUM(path, member, unit)                                                                    \
    { "network/" path, AT(member), STORE_F64, unit, 0 }
#define HISTOGRAM(path, member)                                                                    \
    {"network/" path "/n", AT(member.n), STORE_U64, "1", 0},                                       \
        {"network/" path "/sum", AT(member.sum), STORE_F64, "ps", 0},                              \
        {"network/" path "/min", AT(member.min), STORE_I64, "ps", 0},                              \
        {"network/" path "/max", AT(member.max), STORE_I64, "ps", 0}, {                            \
        "network/" path "/bins", AT(member.bins), STORE_U64, "1", HISTOGRAM_BINS                   \
    }
#define USE(path, member)                                                                          \
    COUNT("utilisation/" path "/capacity", member.capacity),                                       \
        SUM("utilisation/" path "/busy_ps", member.busy_ps, "ps"),                                 \
        SUM("utilisation/" path "/available_ps", member.available_ps, "ps"),                       \
        COUNT("utilisation/" path "/peak_in_one_place", member.peak)

static const struct number numbers[] = {
    COUNT("timelines", n_timelines),
    COUNT("events", n_events),
    COUNT("ebits_requested", n_submitted),
    COUNT("ebits_delivered", n_delivered),
    COUNT("ebits_used", n_used),
    COUNT("reconfigurations", n_reconfigured),
    COUNT("messages", n_messages),
    COUNT("made_in_advance", n_pooled),
    COUNT("served_from_pool", n_from_pool),
    COUNT("outages", n_outages),
    COUNT("aborted_by_outages", n_aborted),
    COUNT("lost_by_outages", n_lost),
    COUNT("below_target", n_below_target),
    SUM("latency_parts_ps/queue_sum", queue_ps, "ps"),
    SUM("latency_parts_ps/reconfigure_sum", reconfigure_ps, "ps"),
    SUM("latency_parts_ps/make_sum", make_ps, "ps"),
    SUM("fidelity/at_delivery_sum", fidelity_delivered, "1"),
    SUM("fidelity/least_at_delivery", min_fidelity_delivered, "1"),
    SUM("fidelity/at_use_sum", fidelity_used, "1"),
    {"network/fidelity/at_use_per_cent", AT(used_by_fidelity), STORE_U64, "ebits", 101},
    HISTOGRAM("latency_ps", latency_ps),
    HISTOGRAM("age_at_use_ps", age_ps),
    USE("comm_qubits", comm),
    USE("buffer_qubits", buffer),
    USE("channels", channels),
    USE("analysers", analysers),
    {"network/end_ps", AT(t_end_ps), STORE_I64, "ps", 0},
};

void output_put_network(struct store_file *file, const struct network_stats *stats) {
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const struct number *number = &numbers[i];
        store_file_put(file, number->path, number->type, (const char *)stats + number->at,
                       &number->n, number->n > 0, number->unit);
    }
    store_file_note(file, "network/latency_ps/bins", "meaning",
                    "bins 0 to 63 are 0 to 63 ps; above, 64 bins for each factor 2");
}

static enum status get_number(const struct store_file *file, const struct number *number,
                              struct network_stats *stats, struct arena *arena) {
    void *to = (char *)stats + number->at;
    const void *data = NULL;
    size_t n = 1;
    TRY(store_file_get(file, &data, &n, number->path, number->type, number->n > 0, arena));
    if (n != (number->n > 0 ? number->n : 1)) {
        return log_error(STATUS_INPUT, "%s has %zu numbers instead of %zu", number->path, n,
                         number->n);
    }
    memcpy(to, data, n * sizeof(uint64_t));
    return STATUS_OK;
}

enum status output_get_network(const struct store_file *file, struct network_stats *out_stats,
                               struct arena *arena) {
    memset(out_stats, 0, sizeof *out_stats);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        TRY(get_number(file, &numbers[i], out_stats, arena));
    }
    return STATUS_OK;
}

#include <string.h>

#include "comm/comm.h"
#include "machine/machine.h"

/* Rank 0's machine and a copy of its text. */
static enum status read_first(struct machine **out_machine, char **out_text, size_t *out_n,
                              const char *path_or_preset) {
    TRY(machine_read(out_machine, path_or_preset));
    const size_t n = strlen((*out_machine)->text);
    char *text = mem_alloc(n + 1, 1);
    if (!text) {
        return STATUS_NOFIT;
    }
    memcpy(text, (*out_machine)->text, n);
    *out_text = text;
    *out_n = n;
    return STATUS_OK;
}

enum status machine_read_shared(struct machine **out_machine, const struct team *team,
                                const char *path_or_preset) {
    const bool is_reader = team_rank(team) == 0;
    struct machine *machine = NULL;
    char *text = NULL;
    size_t n = 0;
    enum status status = is_reader ? read_first(&machine, &text, &n, path_or_preset) : STATUS_OK;
    status = comm_agree(team, status);
    if (status == STATUS_OK) {
        status = comm_share_text(team, &text, &n);
        if (status == STATUS_OK && !is_reader) {
            status = machine_read_text(&machine, path_or_preset, text, n);
        }
        status = comm_agree(team, status);
    }
    mem_free(text);
    if (status != STATUS_OK) {
        machine_destroy(machine);
        return status;
    }
    *out_machine = machine;
    return STATUS_OK;
}

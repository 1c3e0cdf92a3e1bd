/* One text for all ranks. */
#include "base/mem.h"
#include "base/text.h"
#include "comm/comm.h"

enum status comm_share_text(const struct team *team, char **inout_text, size_t *inout_n) {
    uint64_t n = *inout_n;
    comm_bcast(team, &n, sizeof n, 0);
    if (team_rank(team) != 0) {
        *inout_text = mem_alloc((size_t)n + 1, 1);
    }
    enum status status = comm_agree(team, *inout_text ? STATUS_OK : STATUS_NOFIT);
    if (status != STATUS_OK) {
        mem_free(*inout_text);
        *inout_text = NULL;
        return status;
    }
    comm_bcast(team, *inout_text, (size_t)n, 0);
    *inout_n = (size_t)n;
    return STATUS_OK;
}

enum status comm_read_file(const struct team *team, char **out_text, size_t *out_n,
                           const char *path, size_t max_bytes) {
    char *text = NULL;
    size_t n = 0;
    enum status status = STATUS_OK;
    if (team_rank(team) == 0) {
        status = file_read(&text, &n, path, max_bytes);
    }
    TRY(comm_agree(team, status));
    TRY(comm_share_text(team, &text, &n));
    *out_text = text;
    *out_n = n;
    return STATUS_OK;
}

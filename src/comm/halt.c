#include "comm/halt.h"

enum status halt_ask(struct halt *halt, const struct team *team) {
    uint64_t is_told = *halt->flag != 0;
    halt->work_ns = 0;
    comm_max_u64(team, &is_told, 1);
    return is_told ? STATUS_INTERRUPTED : STATUS_OK;
}

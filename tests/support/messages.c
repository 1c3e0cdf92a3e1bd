#include "support/messages.h"

#include "base/log.h"
#include "base/text.h"

static struct text all;
static size_t n_messages, last; /* where the newest begins */

static void keep(void *ctx, enum log_level level, const char *text) {
    (void)ctx;
    (void)level;
    if (n_messages++ > 0) {
        text_add(&all, "\n");
    }
    last = all.n;
    text_add(&all, text);
}

void messages_keep(void) {
    text_fini(&all);
    text_add(&all, "");
    n_messages = last = 0;
    log_set_sink(keep, NULL);
}

const char *messages_all(void) {
    return all.data != NULL ? all.data : "";
}

const char *messages_last(void) {
    return messages_all() + last;
}

size_t messages_count(void) {
    return n_messages;
}

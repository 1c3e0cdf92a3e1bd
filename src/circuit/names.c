#include "circuit/names.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/log.h"
#include "base/mem.h"

struct names_entry {
    uint32_t value;
    UT_hash_handle hh;
};

void names_fini(struct names *names) {
    struct names_entry *entry, *next;

    HASH_ITER(hh, names->entries, entry, next) {
        HASH_DEL(names->entries, entry);
        mem_free(entry);
    }
    *names = (struct names){0};
}

enum status names_add(struct names *names, const char *name, size_t n, uint32_t value) {
    struct names_entry *entry = mem_alloc(1, sizeof *entry);

    if (entry == NULL) {
        return STATUS_NOFIT;
    }
    entry->value = value;
    HASH_ADD_KEYPTR(hh, names->entries, name, n, entry);
    if (entry->hh.tbl == NULL) { /* out of memory within the table */
        mem_free(entry);
        return log_error(STATUS_NOFIT, "out of memory: a table of names cannot grow");
    }
    return STATUS_OK;
}

bool names_find(const struct names *names, uint32_t *out_value, const char *name, size_t n) {
    struct names_entry *entry;

    HASH_FIND(hh, names->entries, name, n, entry);
    if (entry == NULL) {
        return false;
    }
    *out_value = entry->value;
    return true;
}

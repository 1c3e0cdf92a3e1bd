#include "base/mem.h"

#include <limits.h>
#include <malloc.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/units.h"

enum {
    ARENA_ALIGN = 16,
    ARENA_CHUNK_MIN = 4096,
    ARENA_CHUNK_MAX = 1 << 20,
    ARENA_CHUNK_HUGE = 2 << 20
};

/* Blocks that grow by more are held against what is available: the system promises more than it
 * has and kills the process that believes it. */
static const size_t big_bytes = (size_t)1 << 26;

struct arena_chunk {
    struct arena_chunk *next;
    size_t n_used, n_bytes;
    alignas(ARENA_ALIGN) unsigned char data[];
};

bool size_mul(size_t *out, size_t a, size_t b) {
    size_t product;
    if (__builtin_mul_overflow(a, b, &product)) {
        return false;
    }
    *out = product;
    return true;
}

bool size_add(size_t *out, size_t a, size_t b) {
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        return false;
    }
    *out = sum;
    return true;
}

uint32_t u32_from_size(size_t n) {
    CHECK(n <= UINT32_MAX);
    return (uint32_t)n;
}

int int_from_size(size_t n) {
    CHECK(n <= INT_MAX);
    return (int)n;
}

static void log_no_memory(size_t n, size_t size) {
    log_error(STATUS_NOFIT, "out of memory: %zu x %zu bytes refused by the system", n, size);
}

static bool has_room(size_t n, size_t size, size_t n_bytes_more) {
    char room[48];
    if (n_bytes_more <= big_bytes || n_bytes_more <= mem_available()) {
        return true;
    }
    log_error(STATUS_NOFIT, "out of memory: %zu x %zu bytes needed, %s available", n, size,
              units_print_bytes(room, sizeof room, mem_available()));
    return false;
}

void *mem_alloc(size_t n, size_t size) {
    size_t n_bytes;
    if (size_mul(&n_bytes, n, size) && !has_room(n, size, n_bytes)) {
        return NULL;
    }
    void *block = calloc(n > 0 ? n : 1, size > 0 ? size : 1);
    if (!block) {
        log_no_memory(n, size);
    }
    return block;
}

void *mem_resize(void *block, size_t n, size_t size) {
    size_t n_bytes;
    void *moved = NULL;
    if (size_mul(&n_bytes, n, size)) {
        const size_t n_old = malloc_usable_size(block);
        if (!has_room(n, size, n_bytes > n_old ? n_bytes - n_old : 0)) {
            return NULL;
        }
        moved = realloc(block, n_bytes > 0 ? n_bytes : 1);
    }
    if (!moved) {
        log_no_memory(n, size);
    }
    return moved;
}

void mem_free(void *block) {
    free(block);
}

enum status vec_reserve(void *items_ptr, size_t n, size_t *cap, size_t n_more, size_t item_size) {
    size_t need;
    if (!size_add(&need, n, n_more)) {
        return log_error(STATUS_NOFIT, "out of memory: an array cannot grow by %zu items", n_more);
    }
    if (need <= *cap) {
        return STATUS_OK;
    }
    size_t new_cap = *cap > SIZE_MAX / 2 ? need : *cap * 2;
    new_cap = new_cap < 8 ? 8 : new_cap;
    new_cap = new_cap < need ? need : new_cap;
    void *items;
    memcpy(&items, items_ptr, sizeof items); /* any T* may stand behind items_ptr */
    items = mem_resize(items, new_cap, item_size);
    if (!items) {
        return STATUS_NOFIT;
    }
    memcpy(items_ptr, &items, sizeof items);
    *cap = new_cap;
    return STATUS_OK;
}

void arena_fini(struct arena *arena) {
    struct arena_chunk *chunk = arena->chunks;
    while (chunk) {
        struct arena_chunk *next = chunk->next;
        if (arena->is_huge) {
            mem_unmap(chunk, sizeof *chunk + chunk->n_bytes);
        } else {
            free(chunk);
        }
        chunk = next;
    }
    arena->chunks = NULL;
}

/* A chunk with room for n_bytes; twice as large as the last one, within limits. */
static struct arena_chunk *add_chunk(struct arena *arena, size_t n_bytes) {
    size_t wanted = arena->chunks ? arena->chunks->n_bytes * 2 : ARENA_CHUNK_MIN;
    wanted = wanted > ARENA_CHUNK_MAX ? ARENA_CHUNK_MAX : wanted;
    wanted = arena->is_huge ? ARENA_CHUNK_HUGE - sizeof(struct arena_chunk) : wanted;
    wanted = wanted < n_bytes ? n_bytes : wanted;
    size_t total;
    if (!size_add(&total, sizeof(struct arena_chunk), wanted)) {
        log_no_memory(wanted, 1);
        return NULL;
    }
    struct arena_chunk *chunk = arena->is_huge ? mem_map(total) : mem_alloc(total, 1);
    if (!chunk) {
        if (arena->is_huge) {
            log_no_memory(total, 1);
        }
        return NULL;
    }
    chunk->n_bytes = wanted;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t n_bytes) {
    struct arena_chunk *chunk = arena->chunks;
    size_t n_padded;
    if (!size_add(&n_padded, n_bytes, ARENA_ALIGN - 1)) {
        log_no_memory(n_bytes, 1);
        return NULL;
    }
    n_padded -= n_padded % ARENA_ALIGN;
    if (!chunk || chunk->n_bytes - chunk->n_used < n_padded) {
        chunk = add_chunk(arena, n_padded);
    }
    if (!chunk) {
        return NULL;
    }
    void *block = chunk->data + chunk->n_used;
    chunk->n_used += n_padded;
    return block;
}

void *arena_copy(struct arena *arena, const void *data, size_t n_bytes) {
    void *copy = arena_alloc(arena, n_bytes);
    if (copy && n_bytes > 0) {
        memcpy(copy, data, n_bytes);
    }
    return copy;
}

char *arena_strndup(struct arena *arena, const char *text, size_t n) {
    size_t n_bytes;
    char *copy = size_add(&n_bytes, n, 1) ? arena_alloc(arena, n_bytes) : NULL;
    if (copy && n > 0) {
        memcpy(copy, text, n);
    }
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text) {
    return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *fmt, ...) {
    struct text text = {0};
    va_list args;
    va_start(args, fmt);
    text_vprintf(&text, fmt, args);
    va_end(args);
    char *copy = NULL;
    if (text.failed) {
        log_no_memory(strlen(fmt), 1);
    } else {
        copy = arena_strndup(arena, text.data, text.n);
    }
    text_fini(&text);
    return copy;
}

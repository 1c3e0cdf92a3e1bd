/* Memory: checked sizes, growing arrays, arenas for what lives as long as its owner.
 *
 * Nothing here aborts: NULL or STATUS_NOFIT (logged) when the system has no memory. */
#ifndef QSPAN_BASE_MEM_H
#define QSPAN_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* n * size bytes, zeroed; NULL (logged) on overflow or lack of memory, which includes what the
 * system would promise and not have; never NULL for n = 0. */
void *mem_alloc(size_t n, size_t size);
/* Like realloc for n * size; on failure NULL (logged) and the old block stays. */
void *mem_resize(void *block, size_t n, size_t size);
void mem_free(void *block);

/* out = a * b or a + b; false on overflow (out untouched). */
bool size_mul(size_t *out, size_t a, size_t b);
bool size_add(size_t *out, size_t a, size_t b);
/* Narrowing that must hold; CHECKs. */
uint32_t u32_from_size(size_t n);
int int_from_size(size_t n);

/* Ensures room for n more items in a growing array: items, count and capacity of any type T*:
 *     TRY(vec_reserve(&v->items, v->n, &v->cap, 1, sizeof *v->items));
 *     v->items[v->n++] = x;                                                     */
enum status vec_reserve(void *items_ptr, size_t n, size_t *cap, size_t n_more, size_t item_size);

/* Bump allocator; everything is freed at once. Zero-initialise, then use. */
struct arena {
    struct arena_chunk *chunks;
    bool is_huge; /* set before use: huge pages, for much that is looked at here and there */
};
void arena_fini(struct arena *arena);
void *arena_alloc(struct arena *arena, size_t n_bytes); /* zeroed, 16-byte aligned; NULL logged */
void *arena_copy(struct arena *arena, const void *data, size_t n_bytes); /* data: NULL if empty */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t n);
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Big buffers for amplitudes: 2 MiB aligned, huge pages advised, address space only until touched.
 * NULL (not logged) when refused. */
void *mem_map(size_t n_bytes);
void mem_unmap(void *block, size_t n_bytes);
/* Bytes that this process may still use: the least of MemAvailable and the cgroup's limit. */
uint64_t mem_available(void);

#endif

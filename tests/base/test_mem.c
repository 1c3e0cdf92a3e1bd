#include <criterion/criterion.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"

static int n_logged;

static void count_text(void *ctx, enum log_level level, const char *text) {
    (void)ctx;
    (void)text;
    n_logged += level == LOG_ERROR;
}

static void silence(void) {
    log_set_sink(count_text, NULL);
}

TestSuite(mem, .init = silence);

Test(mem, sizes_are_checked) {
    size_t out = 5;
    cr_assert(size_mul(&out, SIZE_MAX / 2, 2) && out == SIZE_MAX - 1);
    cr_assert(!size_mul(&out, SIZE_MAX / 2 + 1, 2) && out == SIZE_MAX - 1);
    cr_assert(size_mul(&out, 0, SIZE_MAX) && out == 0);
    cr_assert(size_add(&out, SIZE_MAX, 0) && out == SIZE_MAX);
    cr_assert(!size_add(&out, SIZE_MAX, 1) && out == SIZE_MAX);
    cr_assert_eq(u32_from_size(UINT32_MAX), UINT32_MAX);
    cr_assert_eq(int_from_size(INT_MAX), INT_MAX);
}

Test(mem, narrowing_u32_must_hold, .signal = SIGABRT) {
    u32_from_size((size_t)UINT32_MAX + 1);
}

Test(mem, narrowing_int_must_hold, .signal = SIGABRT) {
    int_from_size((size_t)INT_MAX + 1);
}

Test(mem, blocks) {
    unsigned char *block = mem_alloc(3, 5);
    for (int i = 0; i < 15; i++) {
        cr_assert_eq(block[i], 0);
    }
    memset(block, 7, 15);
    block = mem_resize(block, 100, 5);
    cr_assert_eq(block[14], 7);
    void *empty = mem_alloc(0, 8);
    cr_assert_not_null(empty);
    empty = mem_resize(empty, 0, 8);
    cr_assert_not_null(empty);
    mem_free(empty);
    cr_assert_eq(n_logged, 0);
    cr_assert_null(mem_alloc(SIZE_MAX / 2, 3));
    cr_assert_null(mem_resize(block, SIZE_MAX / 2, 3));
    cr_assert_eq(n_logged, 2);
    cr_assert_eq(block[14], 7);
    mem_free(block);
    mem_free(NULL);
}

/* The system would hand out address space for each of these. */
Test(mem, more_than_is_available_is_refused) {
    const uint64_t room = mem_available();
    if (room > SIZE_MAX / 2) {
        cr_skip_test("the system does not say what is available");
    }
    const size_t too_much = (size_t)room + ((size_t)1 << 30);
    cr_assert_null(mem_alloc(too_much / 8, 8));
    unsigned char *block = mem_alloc(100, 1);
    memset(block, 7, 100);
    cr_assert_null(mem_resize(block, too_much, 1));
    cr_assert_eq(block[99], 7);
    cr_assert_eq(n_logged, 2);
    mem_free(block);
    block = mem_alloc((size_t)1 << 27, 1); /* large, and there */
    cr_assert_not_null(block);
    cr_assert_eq(n_logged, 2);
    mem_free(block);
}

Test(mem, arrays_grow) {
    uint32_t *items = NULL;
    size_t n = 0;
    size_t cap = 0;
    size_t n_moves = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        size_t old_cap = cap;
        cr_assert_eq(vec_reserve(&items, n, &cap, 1, sizeof *items), STATUS_OK);
        n_moves += cap != old_cap;
        items[n++] = i * i;
    }
    for (uint32_t i = 0; i < 10000; i++) {
        cr_assert_eq(items[i], i * i);
    }
    cr_assert_lt(n_moves, 20);
    size_t kept_cap = cap;
    cr_assert_eq(vec_reserve(&items, n, &cap, SIZE_MAX, sizeof *items), STATUS_NOFIT);
    cr_assert_eq(vec_reserve(&items, n, &cap, SIZE_MAX / 4, sizeof *items), STATUS_NOFIT);
    cr_assert_eq(cap, kept_cap);
    cr_assert_eq(items[100], 10000);
    mem_free(items);
}

Test(mem, arena) {
    struct arena arena = {0};
    unsigned char *blocks[500];
    size_t sizes[500];
    for (uint32_t i = 0; i < 500; i++) {
        sizes[i] = rng_draw(1, i, 0, RNG_TEST).word[0] % (i % 50 == 0 ? 100000 : 200);
        blocks[i] = arena_alloc(&arena, sizes[i]);
        cr_assert_eq((uintptr_t)blocks[i] % 16, 0);
        for (size_t j = 0; j < sizes[i]; j++) {
            cr_assert_eq(blocks[i][j], 0);
        }
        memset(blocks[i], (int)i, sizes[i]);
    }
    for (uint32_t i = 0; i < 500; i++) {
        for (size_t j = 0; j < sizes[i]; j++) {
            cr_assert_eq(blocks[i][j], (unsigned char)i);
        }
    }
    cr_assert_str_eq(arena_strdup(&arena, "name"), "name");
    cr_assert_str_eq(arena_strdup(&arena, ""), "");
    cr_assert_str_eq(arena_strndup(&arena, "name", 2), "na");
    cr_assert_str_eq(arena_printf(&arena, "%s-%d", "q", 12), "q-12");
    cr_assert_null(arena_alloc(&arena, SIZE_MAX));
    cr_assert_null(arena_alloc(&arena, SIZE_MAX - 64));
    cr_assert_eq(n_logged, 2);
    arena_fini(&arena);
    cr_assert_null(arena.chunks);
    arena_fini(&arena);
}

Test(mem, maps) {
    const size_t sizes[] = {0, 1, (size_t)2 << 20, ((size_t)6 << 20) + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *block = mem_map(sizes[i]);
        cr_assert_not_null(block);
        cr_assert_eq((uintptr_t)block % ((size_t)2 << 20), 0);
        if (sizes[i] > 0) {
            cr_assert_eq(block[sizes[i] - 1], 0);
            block[0] = block[sizes[i] - 1] = 1;
        }
        mem_unmap(block, sizes[i]);
    }
    cr_assert_null(mem_map(SIZE_MAX));
    cr_assert_null(mem_map(SIZE_MAX - ((size_t)3 << 20)));
    mem_unmap(NULL, 5);
    cr_assert_eq(n_logged, 0);
}

Test(mem, available) {
    uint64_t n_bytes = mem_available();
    cr_assert_gt(n_bytes, UINT64_C(1) << 20);
    cr_assert_lt(n_bytes, UINT64_C(1) << 50);
}

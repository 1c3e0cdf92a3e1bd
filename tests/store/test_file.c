/* Small HDF5 files: what is put is what is got, and what is refused. */
#include <criterion/criterion.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/file.h"
#include "store/seal.h"

static char folder[64], path[96];

static void make_folder(void) {
    snprintf(folder, sizeof folder, "/tmp/qspan_store_XXXXXX");
    cr_assert(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/file.h5", folder);
}
static void remove_folder(void) {
    unlink(path);
    rmdir(folder);
}
TestSuite(file, .init = make_folder, .fini = remove_folder);

static struct store_file *reopen(struct store_file *file) {
    struct store_file *again = NULL;
    cr_assert_eq(store_file_save(file, path), STATUS_OK);
    store_file_destroy(file);
    cr_assert_eq(store_file_open(&again, path), STATUS_OK);
    return again;
}

static struct store_file *create(void) {
    struct store_file *file = NULL;
    cr_assert_eq(store_file_create(&file), STATUS_OK);
    return file;
}

Test(file, numbers_come_back) {
    struct store_file *file = create();
    struct arena arena = {0};
    const size_t dims[2] = {300, 100};
    static uint8_t bytes[300][100];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i / 100][i % 100] = (uint8_t)(i * i / 7);
    }
    const int64_t times[3] = {INT64_MIN, 0, INT64_MAX};
    store_file_put(file, "deep/er/bytes", STORE_U8, bytes, dims, 2, "bits");
    store_file_put(file, "deep/times", STORE_I64, times, &(size_t){3}, 1, "ps");
    store_file_put(file, "none", STORE_F64, NULL, &(size_t){0}, 1, "1");
    store_file_put_u64(file, "large", UINT64_MAX, "1");
    store_file_put_f64(file, "third", 1.0 / 3, "s");
    file = reopen(file);
    uint8_t *got = NULL;
    int64_t *got_times = NULL;
    double *none = NULL, third = 0;
    uint64_t large = 0;
    size_t n[2] = {0};
    cr_assert_eq(store_file_get(file, &got, n, "deep/er/bytes", STORE_U8, 2, &arena), STATUS_OK);
    cr_assert(n[0] == 300 && n[1] == 100 && memcmp(got, bytes, sizeof bytes) == 0);
    cr_assert_eq(store_file_get(file, &got_times, n, "deep/times", STORE_I64, 1, &arena),
                 STATUS_OK);
    cr_assert(n[0] == 3 && memcmp(got_times, times, sizeof times) == 0);
    cr_assert_eq(store_file_get(file, &none, n, "none", STORE_F64, 1, &arena), STATUS_OK);
    cr_assert_eq(n[0], 0);
    cr_assert_eq(store_file_get_u64(file, &large, "large"), STATUS_OK);
    cr_assert_eq(large, UINT64_MAX);
    cr_assert_eq(store_file_get_f64(file, &third, "third"), STATUS_OK);
    cr_assert_eq(third, 1.0 / 3);
    arena_fini(&arena);
    store_file_destroy(file);
}

Test(file, strings_and_notes_come_back) {
    struct store_file *file = create();
    struct arena arena = {0};
    const char *const names[3] = {"A", "", "\xc3\xa9t\xc3\xa9 \"x\""}, **got = NULL;
    store_file_put_texts(file, "names", names, 3, "1");
    store_file_put_words(file, "keys", "010110", 2, 3, "bits");
    store_file_put_words(file, "empty", NULL, 1, 0, "bits");
    store_file_note(file, "/", "version", "1.2");
    store_file_note(file, "names", "of", "QPUs");
    store_file_note_u64(file, "/", "seed", 7);
    file = reopen(file);
    const char *words = NULL, *text = NULL;
    size_t n = 0, length = 0;
    uint64_t seed = 0;
    cr_assert_eq(store_file_get_texts(file, &got, &n, "names", &arena), STATUS_OK);
    cr_assert_eq(n, 3);
    for (size_t i = 0; i < 3; i++) {
        cr_assert_str_eq(got[i], names[i]);
    }
    cr_assert_eq(store_file_get_words(file, &words, &n, &length, "keys", &arena), STATUS_OK);
    cr_assert(n == 2 && length == 3 && memcmp(words, "010110", 6) == 0);
    cr_assert_eq(store_file_get_note(file, &text, "/", "version", &arena), STATUS_OK);
    cr_assert_str_eq(text, "1.2");
    cr_assert_eq(store_file_get_note(file, &text, "keys", "unit", &arena), STATUS_OK);
    cr_assert_str_eq(text, "bits");
    cr_assert_eq(store_file_get_note_u64(file, &seed, "/", "seed"), STATUS_OK);
    cr_assert_eq(seed, 7);
    arena_fini(&arena);
    store_file_destroy(file);
}

Test(file, what_is_not_as_expected_is_refused) {
    struct store_file *file = create();
    struct arena arena = {0};
    store_file_put_u64(file, "group/number", 7, "1");
    store_file_put_texts(file, "texts", (const char *const[]){"x"}, 1, "1");
    file = reopen(file);
    const char **texts = NULL, *text = NULL;
    double *numbers = NULL;
    size_t n = 0, length = 0;
    uint64_t value = 0;
    cr_assert(store_file_has(file, "group/number"));
    cr_assert_not(store_file_has(file, "group/other"));
    cr_assert_not(store_file_has(file, "other/number"));
    cr_assert_not(store_file_has_note(file, "/", "x"));
    cr_assert_eq(store_file_get_u64(file, &value, "other/number"), STATUS_INPUT);
    cr_assert(strstr(log_get_error(), "file.h5") && strstr(log_get_error(), "other/number"));
    cr_assert_eq(store_file_get_u64(file, &value, "texts"), STATUS_INPUT);
    cr_assert_eq(store_file_get(file, &numbers, &n, "texts", STORE_F64, 1, &arena), STATUS_INPUT);
    cr_assert_eq(store_file_get(file, &numbers, &n, "group", STORE_F64, 1, &arena), STATUS_INPUT);
    cr_assert_eq(store_file_get_texts(file, &texts, &n, "group/number", &arena), STATUS_INPUT);
    cr_assert_eq(store_file_get_words(file, &text, &n, &length, "texts", &arena), STATUS_INPUT);
    cr_assert_eq(store_file_get_note(file, &text, "/", "x", &arena), STATUS_INPUT);
    arena_fini(&arena);
    store_file_destroy(file);
}

Test(file, other_files_are_refused) {
    struct store_file *file = NULL;
    cr_assert_eq(store_file_open(&file, path), STATUS_INPUT);
    cr_assert_eq(store_file_open(&file, folder), STATUS_INPUT);
    FILE *text = fopen(path, "w");
    cr_assert(text && fputs("no HDF5 here\n", text) >= 0 && fclose(text) == 0);
    cr_assert_eq(store_file_open(&file, path), STATUS_INPUT);
}

/* A wrong byte in its shape makes a dataset of 2^45 numbers. */
Test(file, datasets_larger_than_the_file_are_refused) {
    struct store_file *file = create();
    struct arena arena = {0};
    const uint64_t n = 1234567, wrong = n | UINT64_C(1) << 45;
    uint64_t *numbers = mem_alloc(n, sizeof *numbers);
    char *text = NULL;
    size_t n_text = 0, n_got = 0;
    memset(numbers, 0, n * sizeof *numbers);
    store_file_put(file, "zeros", STORE_U64, numbers, &(size_t){n}, 1, "1");
    mem_free(numbers);
    file = reopen(file);
    cr_assert_eq(store_file_get(file, &numbers, &n_got, "zeros", STORE_U64, 1, &arena), STATUS_OK);
    cr_assert_eq(n_got, n);
    store_file_destroy(file);
    cr_assert_eq(file_read(&text, &n_text, path, SIZE_MAX), STATUS_OK);
    for (char *at = text; (at = memmem(at, n_text - (size_t)(at - text), &n, sizeof n)) != NULL;) {
        memcpy(at, &wrong, sizeof wrong);
    }
    cr_assert_eq(file_write(path, text, n_text), STATUS_OK);
    cr_assert_eq(store_file_open(&file, path), STATUS_INPUT);
    cr_assert(strstr(log_get_error(), "is damaged"));
    cr_assert_eq(file_write(path, text, n_text - STORE_SEAL_BYTES), STATUS_OK);
    mem_free(text);
    cr_assert_eq(store_file_open(&file, path), STATUS_OK);
    cr_assert(!store_file_is_sealed(file));
    cr_assert_eq(store_file_get(file, &numbers, &n_got, "zeros", STORE_U64, 1, &arena),
                 STATUS_INPUT);
    cr_assert(strstr(log_get_error(), "larger than the file"));
    arena_fini(&arena);
    store_file_destroy(file);
}

Test(file, failures_are_kept_until_the_end) {
    struct store_file *file = create();
    store_file_put_u64(file, "a", 1, "1");
    store_file_put_u64(file, "a/b", 1, "1"); /* a is no group */
    store_file_put_u64(file, "c", 1, "1");
    cr_assert_eq(store_file_save(file, path), STATUS_INTERNAL);
    cr_assert_neq(access(path, F_OK), 0);
    store_file_destroy(file);
}

Test(file, a_path_that_cannot_be_written_is_refused) {
    struct store_file *file = create();
    store_file_put_u64(file, "a", 1, "1");
    cr_assert_eq(store_file_save(file, "/nowhere/at/all.h5"), STATUS_USAGE);
    cr_assert_eq(store_file_save(file, "/dev/full"), STATUS_NOFIT);
    store_file_destroy(file);
}

Test(file, the_old_file_stays_when_the_disk_is_full) {
    struct store_file *file = create();
    store_file_put_u64(file, "old", 7, "1");
    file = reopen(file);
    store_file_destroy(file);
    file = create();
    const size_t n = 1 << 16;
    uint64_t *noise = mem_alloc(n, sizeof *noise);
    for (size_t i = 0; i < n; i++) {
        noise[i] = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    }
    store_file_put(file, "new", STORE_U64, noise, &n, 1, "1");
    mem_free(noise);
    const struct rlimit limit = {1 << 14, 1 << 14};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(store_file_save(file, path), STATUS_NOFIT);
    store_file_destroy(file);
    uint64_t value = 0;
    cr_assert_eq(store_file_open(&file, path), STATUS_OK);
    cr_assert_eq(store_file_get_u64(file, &value, "old"), STATUS_OK);
    cr_assert_eq(value, 7);
    store_file_destroy(file);
    char drafts[128];
    glob_t found;
    snprintf(drafts, sizeof drafts, "%s.*.tmp", path);
    cr_assert_eq(glob(drafts, 0, NULL, &found), GLOB_NOMATCH);
    globfree(&found);
}

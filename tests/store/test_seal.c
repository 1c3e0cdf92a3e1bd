/* Digests at the end of files: no single byte changes unseen. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "store/file.h"
#include "store/seal.h"

static char path[] = "/tmp/qspan_seal_XXXXXX";

static void make_file(void) {
    const int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
}
static void remove_file(void) {
    unlink(path);
}
static enum store_seal seal_now(void) {
    const int fd = open(path, O_RDONLY);
    const enum store_seal seal = store_seal_check(fd);
    close(fd);
    return seal;
}
TestSuite(seal, .init = make_file, .fini = remove_file);

static void check_every_byte(void) {
    struct stat info;
    const int fd = open(path, O_RDWR);
    cr_assert(fd >= 0 && fstat(fd, &info) == 0);
    cr_assert_eq(seal_now(), STORE_SEAL_WHOLE);
    for (off_t i = 0; i < info.st_size; i++) {
        unsigned char byte = 0, wrong;
        cr_assert_eq(pread(fd, &byte, 1, i), 1);
        wrong = byte ^ (unsigned char)(1 << i % 8);
        cr_assert_eq(pwrite(fd, &wrong, 1, i), 1);
        const enum store_seal seal = seal_now();
        cr_assert(i < info.st_size - STORE_SEAL_BYTES ? seal == STORE_SEAL_BROKEN
                                                      : seal != STORE_SEAL_WHOLE);
        cr_assert_eq(pwrite(fd, &byte, 1, i), 1);
    }
    cr_assert_eq(seal_now(), STORE_SEAL_WHOLE);
    close(fd);
}

Test(seal, of_few_bytes) {
    char image[1 + STORE_SEAL_BYTES] = "a";
    store_seal_put(image, 1);
    cr_assert_eq(memcmp(image, "a\nqspan digest  af63dc4c8601ec8c\n", sizeof image), 0);
    cr_assert_eq(file_write(path, image, sizeof image), STATUS_OK);
    check_every_byte();
    store_seal_put(image, 0);
    cr_assert_eq(file_write(path, image, STORE_SEAL_BYTES), STATUS_OK);
    check_every_byte();
    cr_assert_eq(file_write(path, image, STORE_SEAL_BYTES - 1), STATUS_OK);
    cr_assert_eq(seal_now(), STORE_SEAL_NONE);
    cr_assert_eq(file_write(path, "", 0), STATUS_OK);
    cr_assert_eq(seal_now(), STORE_SEAL_NONE);
}

Test(seal, of_a_file) {
    struct store_file *file = NULL;
    cr_assert_eq(store_file_create(&file), STATUS_OK);
    store_file_put_u64(file, "a", 1, "1");
    cr_assert_eq(store_file_save(file, path), STATUS_OK);
    store_file_destroy(file);
    check_every_byte();
    cr_assert_eq(store_file_open(&file, path), STATUS_OK);
    cr_assert(store_file_is_sealed(file));
    store_file_destroy(file);
}

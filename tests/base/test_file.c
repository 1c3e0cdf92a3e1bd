#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

static char folder[] = "/tmp/qspan_file_XXXXXX";
static char logged[4096];

static void keep_text(void *ctx, enum log_level level, const char *text) {
    (void)ctx;
    (void)level;
    snprintf(logged, sizeof logged, "%s", text);
}

static void enter_folder(void) {
    log_set_sink(keep_text, NULL);
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static void leave_folder(void) {
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(chdir("/"), 0);
    cr_assert_eq(system(command), 0);
}

TestSuite(file, .init = enter_folder, .fini = leave_folder);

static void check_round_trip(const char *path, const char *data, size_t n) {
    char *read_back = NULL;
    size_t n_read = 0;
    cr_assert_eq(file_write(path, data, n), STATUS_OK);
    cr_assert_eq(file_read(&read_back, &n_read, path, n), STATUS_OK);
    cr_assert_eq(n_read, n);
    cr_assert_eq(memcmp(read_back, data, n), 0);
    cr_assert_eq(read_back[n], '\0');
    mem_free(read_back);
}

Test(file, round_trips) {
    char big[100000];
    for (size_t i = 0; i < sizeof big; i++) {
        big[i] = (char)(i * 7 % 251);
    }
    check_round_trip("empty", "", 0);
    check_round_trip("one", "\n", 1);
    check_round_trip("big", big, sizeof big);
    check_round_trip("big", big, 4096);
    check_round_trip("big", big, 4095);
    cr_assert_neq(access("big.tmp", F_OK), 0);
}

static void check_refused(const char *path, size_t max_bytes, const char *expected) {
    char *data = NULL;
    size_t n = 77;
    cr_assert_eq(file_read(&data, &n, path, max_bytes), STATUS_INPUT);
    cr_assert_str_eq(logged, expected);
    cr_assert(data == NULL && n == 77);
}

Test(file, refuses_what_is_no_file) {
    cr_assert_eq(file_write("four", "1234", 4), STATUS_OK);
    cr_assert_eq(mkfifo("pipe", 0600), 0);
    check_refused("none", 10, "none: error: No such file or directory");
    check_refused(".", 10, ".: error: is a directory, not a file");
    check_refused("/dev/zero", 10, "/dev/zero: error: is not a regular file");
    check_refused("pipe", 10, "pipe: error: is not a regular file");
    check_refused("four", 3, "four: error: is larger than 3 bytes");
}

Test(file, keeps_the_old_file_on_failure) {
    cr_assert_eq(file_write("kept", "old", 3), STATUS_OK);
    cr_assert_eq(mkdir("kept.tmp", 0700), 0); /* in the way */
    cr_assert_eq(file_write("kept", "new", 3), STATUS_USAGE);
    cr_assert_str_eq(logged, "kept: error: cannot be written: Is a directory");
    cr_assert_eq(file_write("no/such/folder", "new", 3), STATUS_USAGE);
    cr_assert_eq(file_write(".", "new", 3), STATUS_USAGE);
    char *data;
    size_t n;
    cr_assert_eq(file_read(&data, &n, "kept", 100), STATUS_OK);
    cr_assert_str_eq(data, "old");
    mem_free(data);
}

Test(file, says_when_the_disk_is_full) {
    cr_assert_eq(file_write("/dev/full", "x", 1), STATUS_NOFIT);
    cr_assert_str_eq(logged, "/dev/full: error: cannot be written: No space left on device");
    struct stat info;
    cr_assert_eq(stat("/dev/full", &info), 0);
    cr_assert(S_ISCHR(info.st_mode)); /* written into, not replaced */
}

Test(file, writes_through_links) {
    cr_assert_eq(file_write("target", "old", 3), STATUS_OK);
    cr_assert_eq(symlink("target", "link"), 0);
    check_round_trip("link", "newer", 5);
    check_round_trip("target", "newest", 6);
    struct stat info;
    cr_assert_eq(lstat("link", &info), 0);
    cr_assert(S_ISLNK(info.st_mode));
}

Test(file, standard_streams) {
    cr_assert_eq(file_write("in", "from stdin", 10), STATUS_OK);
    cr_assert_not_null(freopen("in", "r", stdin));
    char *data;
    size_t n;
    cr_assert_eq(file_read(&data, &n, "-", 100), STATUS_OK);
    cr_assert_str_eq(data, "from stdin");
    mem_free(data);
    int kept = dup(STDOUT_FILENO);
    int out = open("out", O_WRONLY | O_CREAT, 0600);
    cr_assert(kept >= 0 && out >= 0);
    dup2(out, STDOUT_FILENO);
    enum status status = file_write("-", "to stdout", 9);
    dup2(kept, STDOUT_FILENO);
    close(out);
    close(kept);
    cr_assert_eq(status, STATUS_OK);
    cr_assert_eq(file_read(&data, &n, "out", 100), STATUS_OK);
    cr_assert_str_eq(data, "to stdout");
    mem_free(data);
}

Test(file, checks_before_a_long_run_leave_nothing) {
    cr_assert_eq(file_check_writable("-"), STATUS_OK);
    cr_assert_eq(file_check_writable("fresh"), STATUS_OK);
    cr_assert_neq(access("fresh", F_OK), 0);
    cr_assert_neq(access("fresh.tmp", F_OK), 0);
    check_round_trip("there", "old", 3);
    cr_assert_eq(file_check_writable("there"), STATUS_OK);
    char *data = NULL;
    size_t n = 0;
    cr_assert_eq(file_read(&data, &n, "there", 10), STATUS_OK);
    cr_assert_str_eq(data, "old");
    mem_free(data);
    cr_assert_eq(file_check_writable("no/such/folder"), STATUS_USAGE);
    cr_assert_str_eq(logged, "no/such/folder: error: cannot be written: No such file or directory");
    cr_assert_eq(file_check_writable("."), STATUS_USAGE);
}

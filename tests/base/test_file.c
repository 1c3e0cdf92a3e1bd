#include <criterion/criterion.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/draft.h"
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

static void check_no_drafts(void) {
    glob_t found;
    cr_assert_eq(glob("*.tmp", 0, NULL, &found), GLOB_NOMATCH);
    globfree(&found);
}

static void check_holds(const char *path, const char *expected) {
    char *data = NULL;
    size_t n = 0;
    cr_assert_eq(file_read(&data, &n, path, 100), STATUS_OK);
    cr_assert_str_eq(data, expected);
    mem_free(data);
}

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
    check_no_drafts();
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
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 2;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(file_write("kept", "new", 3), STATUS_NOFIT);
    cr_assert_str_eq(logged, "kept: error: cannot be written: File too large");
    limit.rlim_cur = limit.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(file_write("no/such/folder", "new", 3), STATUS_USAGE);
    cr_assert_eq(file_write(".", "new", 3), STATUS_USAGE);
    check_holds("kept", "old");
    check_no_drafts();
}

/* Two that write to one path at once: the last one that ends is there, whole. Files of others with
 * names like drafts' stay. */
Test(file, drafts_are_apart) {
    struct file_draft a, b, c;
    cr_assert_eq(file_write("x.tmp", "mine", 4), STATUS_OK);
    cr_assert_eq(file_draft_open(&a, "x"), STATUS_OK);
    cr_assert_eq(file_draft_open(&b, "x"), STATUS_OK);
    cr_assert_eq(file_draft_open(&c, "x"), STATUS_OK);
    cr_assert_eq(file_draft_write(&a, "first of", 8), STATUS_OK);
    cr_assert_eq(file_draft_write(&b, "second", 6), STATUS_OK);
    cr_assert_neq(access("x", F_OK), 0);
    cr_assert_eq(file_draft_keep(&b, true), STATUS_OK);
    check_holds("x", "second");
    cr_assert_eq(file_draft_write(&a, " all", 4), STATUS_OK);
    cr_assert_eq(file_draft_keep(&a, false), STATUS_OK);
    check_holds("x", "first of all");
    file_draft_drop(&c);
    check_holds("x", "first of all");
    check_holds("x.tmp", "mine");
    cr_assert_eq(unlink("x.tmp"), 0);
    check_no_drafts();
}

static mode_t mode_of(const char *path) {
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    return info.st_mode & 0777;
}

Test(file, keeps_permissions) {
    umask(022);
    cr_assert_eq(file_write("open", "1", 1), STATUS_OK);
    cr_assert_eq(mode_of("open"), 0644);
    cr_assert_eq(chmod("open", 0600), 0);
    cr_assert_eq(file_write("open", "2", 1), STATUS_OK);
    cr_assert_eq(mode_of("open"), 0600);
    cr_assert_eq(chmod("open", 0400), 0);
    if (geteuid() != 0) { /* who may write anything */
        cr_assert_eq(file_write("open", "3", 1), STATUS_USAGE);
        cr_assert_str_eq(logged, "open: error: cannot be written: Permission denied");
        cr_assert_eq(file_check_writable("open"), STATUS_USAGE);
        check_holds("open", "2");
    }
}

/* A reader that waits is not sent away by a first look. */
Test(file, looks_at_pipes_without_opening_them) {
    cr_assert_eq(mkfifo("pipe", 0600), 0);
    cr_assert_eq(file_check_writable("pipe"), STATUS_OK); /* does not wait for a reader */
    const int reader = open("pipe", O_RDONLY | O_NONBLOCK);
    char text[8] = "";
    cr_assert_geq(reader, 0);
    cr_assert_eq(file_write("pipe", "through", 7), STATUS_OK);
    cr_assert_eq(read(reader, text, sizeof text - 1), 7);
    cr_assert_str_eq(text, "through");
    close(reader);
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
    check_no_drafts();
    check_round_trip("there", "old", 3);
    cr_assert_eq(file_check_writable("there"), STATUS_OK);
    check_holds("there", "old");
    cr_assert_eq(file_check_writable("no/such/folder"), STATUS_USAGE);
    cr_assert_str_eq(logged, "no/such/folder: error: cannot be written: No such file or directory");
    cr_assert_eq(file_check_writable("."), STATUS_USAGE);
}

Test(file, drafts_go_with_a_signal) {
    struct file_draft first, second;
    cr_assert_eq(file_write("b", "old", 3), STATUS_OK);
    cr_assert_eq(file_draft_open(&first, "a"), STATUS_OK);
    cr_assert_eq(file_draft_open(&second, "b"), STATUS_OK);
    cr_assert_eq(file_draft_write(&second, "new", 3), STATUS_OK);
    cr_assert_eq(file_draft_keep(&second, false), STATUS_OK);
    file_drafts_unlink();
    check_no_drafts();
    check_holds("b", "new");
    file_draft_drop(&first);
    file_drafts_unlink(); /* none is left */
}

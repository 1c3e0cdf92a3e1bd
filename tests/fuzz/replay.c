/* Feeds files to a fuzzer's entry, for compilers without libFuzzer: the seeds are a test of every
 * build, and a crash found elsewhere can be looked at anywhere. */
#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"
#include "fuzz/fuzz.h"

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        char *data = NULL;
        size_t n;
        log_set_sink(NULL, NULL);
        if (file_read(&data, &n, argv[i], 1 << 24) != STATUS_OK) {
            return 1;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)data, n);
        mem_free(data);
    }
    printf("%d files\n", argc - 1);
    return argc > 1 ? 0 : 1;
}

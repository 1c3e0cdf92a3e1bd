/* Runs circuits of public projects and compares with known results.
 *
 *     QSPAN_CIRCUITS=FOLDER [mpirun -n P] check_corpus circuits N_QPUS [PART OF A PATH]
 *                                         check_corpus bad [PART OF A NAME]
 *                                         check_corpus table [PART OF A PATH]
 *                           [mpirun -n P] check_corpus qpe
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "corpus/corpus.h"

static enum status run_circuits(const char *folder, int argc, char **argv) {
    unsigned long n_qpus = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if (n_qpus < 1 || n_qpus > 64) {
        return log_error(STATUS_USAGE, "usage: check_corpus circuits N_QPUS [PART]");
    }
    return corpus_circuits(folder, (uint32_t)n_qpus, argc > 3 ? argv[3] : NULL);
}

static enum status run_qpe(const char *folder) {
    const char *source_dir = getenv("QSPAN_SOURCE_DIR");
    char machine_path[4096];
    snprintf(machine_path, sizeof machine_path, "%s/examples/cunqa_two_qpus.yaml",
             source_dir ? source_dir : ".");
    return corpus_qpe(folder, machine_path);
}

static enum status run(const char *folder, int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "circuits") == 0) {
        return run_circuits(folder, argc, argv);
    }
    if (strcmp(what, "bad") == 0) {
        return corpus_bad(folder, argc > 2 ? argv[2] : NULL);
    }
    if (strcmp(what, "table") == 0) {
        return corpus_table(folder, argc > 2 ? argv[2] : NULL);
    }
    if (strcmp(what, "qpe") == 0) {
        return run_qpe(folder);
    }
    return log_error(STATUS_USAGE, "usage: check_corpus circuits|bad|table|qpe ...");
}

int main(int argc, char **argv) {
    const char *folder = getenv("QSPAN_CIRCUITS");
    bool is_alone = argc > 1 && (strcmp(argv[1], "bad") == 0 || strcmp(argv[1], "table") == 0);
    enum status status = is_alone ? comm_start_alone() : comm_start(&argc, &argv);
    if (status != STATUS_OK) {
        return (int)status;
    }
    if (folder) {
        status = run(folder, argc, argv);
    } else if (team_rank(comm_world()) == 0) {
        printf("skipped: QSPAN_CIRCUITS is not set; no circuits to compare with\n");
    }
    comm_stop();
    return (int)status;
}

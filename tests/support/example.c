#include "support/example.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

static char *read_example(size_t *out_n, char *path, size_t n_path, const char *folder,
                          const char *name) {
    const char *source = getenv("QSPAN_SOURCE_DIR");
    char *text = NULL;
    CHECK(source != NULL);
    snprintf(path, n_path, "%s/examples/protocols%s/%s.qasm", source, folder, name);
    CHECK(file_read(&text, out_n, path, (size_t)1 << 20) == STATUS_OK);
    return text;
}

struct program *example_program(const char *name) {
    struct program *program = NULL;
    char path[1024];
    size_t n;
    char *text = read_example(&n, path, sizeof path, "", name);
    CHECK(program_read_text(&program, path, text, n, NULL) == STATUS_OK);
    mem_free(text);
    return program;
}

struct circuit *example_target(const char *name) {
    struct circuit *circuit = NULL;
    char path[1024];
    size_t n;
    char *text = read_example(&n, path, sizeof path, "/targets", name);
    CHECK(circuit_read_text(&circuit, path, text, n, NULL) == STATUS_OK);
    mem_free(text);
    return circuit;
}

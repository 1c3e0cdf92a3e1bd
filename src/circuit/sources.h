/* The files of one circuit's text: the one that is read, and those that it includes. */
#ifndef QSPAN_CIRCUIT_SOURCES_H
#define QSPAN_CIRCUIT_SOURCES_H

#include "circuit/circuit.h"
#include "circuit/lexer.h"

enum {
    SOURCES_MAX_DEPTH = 16, /* of files that include each other */
    SOURCES_MAX_INCLUDES = 10000,
};

/* Initialise the first four members, zero the rest. */
struct sources {
    struct circuit *circuit; /* its files get the names */
    struct lexer *lexer;
    struct arena *arena;   /* of paths */
    uint64_t n_bytes_left; /* that may still be read */
    /* Open files, outermost first: index in circuit->files, and the real path (NULL: a text). */
    struct {
        uint32_t index;
        const char *real_path;
    } files[SOURCES_MAX_DEPTH];
    size_t n_files;
    uint64_t n_includes;
};

/* Pushes a copy of the outermost text. name: of its file, if it has one, so that a file which
 * includes itself is found. Errors: more bytes than n_bytes_left. */
enum status sources_open(struct sources *sources, const char *name, const char *text, size_t n);
/* At `include`: reads `include "NAME"`, up to the ';', which stays the current token: what follows
 * may come from another file. */
enum status sources_read_include(struct sources *sources, const char **out_name,
                                 struct src_loc *out_loc);
/* Pushes the file NAME, relative to the folder of the file that includes it. Errors at loc: a name
 * that ends neither in .inc nor in .qasm, what is no regular file, a file within itself, limits. */
enum status sources_include(struct sources *sources, const char *name, struct src_loc loc);
/* At TOKEN_END: back to the file that included this one; false when there is none. */
bool sources_return(struct sources *sources);

/* Index in circuit->files of the file that tokens come from. */
static inline uint32_t sources_file(const struct sources *sources) {
    return sources->files[sources->n_files - 1].index;
}

#endif

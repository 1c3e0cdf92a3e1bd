#include "circuit/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

static enum status push(struct sources *sources, const char *name, char *text, size_t n,
                        const char *real_path) {
    struct circuit *circuit = sources->circuit;
    const char *copy = arena_strdup(&circuit->arena, name);
    enum status status = copy == NULL ? STATUS_NOFIT : STATUS_OK;

    if (status == STATUS_OK) {
        status = vec_reserve(&circuit->files, circuit->n_files, &circuit->cap_files, 1,
                             sizeof *circuit->files);
    }
    if (status != STATUS_OK) {
        mem_free(text);
        return status;
    }
    TRY(lexer_push(sources->lexer, copy, text, n));
    sources->files[sources->n_files].index = u32_from_size(circuit->n_files);
    sources->files[sources->n_files].real_path = real_path;
    sources->n_files++;
    sources->n_bytes_left -= n;
    circuit->files[circuit->n_files++] = copy;
    return STATUS_OK;
}

/* Copy of realpath(path) in the arena; NULL (errno is set) where there is no such file. */
static const char *find_real_path(struct sources *sources, const char *path) {
    char *resolved = realpath(path, NULL);
    const char *copy = resolved == NULL ? NULL : arena_strdup(sources->arena, resolved);
    int error = errno;

    free(resolved);
    errno = error;
    return copy;
}

enum status sources_open(struct sources *sources, const char *name, const char *text, size_t n) {
    struct src_loc loc = {.file = name};
    size_t n_bytes;
    char *copy;

    if (n > sources->n_bytes_left || !size_add(&n_bytes, n, 1)) {
        return log_error_at(STATUS_INPUT, loc, "is larger than %llu bytes",
                            (unsigned long long)sources->n_bytes_left);
    }
    copy = mem_alloc(n_bytes, 1);
    if (copy == NULL) {
        return STATUS_NOFIT;
    }
    memcpy(copy, text, n);
    return push(sources, name, copy, n, find_real_path(sources, name));
}

enum status sources_read_include(struct sources *sources, const char **out_name,
                                 struct src_loc *out_loc) {
    struct lexer *lexer = sources->lexer;

    TRY(lexer_next(lexer));
    if (lexer->token.kind != TOKEN_STRING) {
        return lexer_expect(lexer, TOKEN_STRING, "with the name of a file after 'include'");
    }
    *out_loc = lexer->token.loc;
    *out_name = arena_strndup(sources->arena, lexer->token.text, lexer->token.n);
    if (*out_name == NULL) {
        return STATUS_NOFIT;
    }
    TRY(lexer_next(lexer));
    return lexer->token.kind == TOKEN_SEMICOLON
               ? STATUS_OK
               : lexer_expect(lexer, TOKEN_SEMICOLON, "after the name of a file");
}

static bool has_suffix(const char *name, const char *suffix) {
    size_t n = strlen(name), n_suffix = strlen(suffix);
    return n >= n_suffix && strcmp(name + n - n_suffix, suffix) == 0;
}

/* Relative to the folder of the file that includes. */
static char *resolve_path(struct sources *sources, const char *name) {
    const char *from = sources->circuit->files[sources_file(sources)];
    const char *slash = strrchr(from, '/');

    if (name[0] == '/' || slash == NULL) {
        return arena_strdup(sources->arena, name);
    }
    return arena_printf(sources->arena, "%.*s/%s", (int)(slash - from), from, name);
}

/* The reason not to read the file at path; NULL: none. */
static const char *why_not_include(const struct sources *sources, const char *path,
                                   const char *real_path) {
    struct stat info;

    if (!has_suffix(path, ".inc") && !has_suffix(path, ".qasm")) {
        return "expected a file name that ends in .inc or .qasm";
    }
    if (real_path == NULL || stat(path, &info) != 0) {
        return strerror(errno);
    }
    if (!S_ISREG(info.st_mode)) {
        return S_ISDIR(info.st_mode) ? "is a directory; expected a file" : "is no regular file";
    }
    if ((uint64_t)info.st_size > sources->n_bytes_left) {
        return "is larger than what may be read";
    }
    for (size_t i = 0; i < sources->n_files; i++) {
        const char *other = sources->files[i].real_path;
        if (other != NULL && strcmp(other, real_path) == 0) {
            return "the file includes itself";
        }
    }
    if (sources->n_files == SOURCES_MAX_DEPTH) {
        return "files include each other too deeply";
    }
    return sources->n_includes == SOURCES_MAX_INCLUDES ? "too many files are included" : NULL;
}

enum status sources_include(struct sources *sources, const char *name, struct src_loc loc) {
    const char *path = resolve_path(sources, name), *real_path, *why;
    char *text;
    size_t n;

    if (path == NULL) {
        return STATUS_NOFIT;
    }
    real_path = find_real_path(sources, path);
    why = why_not_include(sources, path, real_path);
    if (why != NULL) {
        return log_error_at(STATUS_INPUT, loc, "include \"%.200s\": %s", name, why);
    }
    sources->n_includes++;
    TRY(file_read(&text, &n, path, sources->n_bytes_left));
    return push(sources, path, text, n, real_path);
}

bool sources_return(struct sources *sources) {
    if (sources->n_files <= 1) {
        return false;
    }
    lexer_pop(sources->lexer);
    sources->n_files--;
    return true;
}

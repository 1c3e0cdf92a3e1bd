/* Small HDF5 files, built and read in memory: results, not states (store/state.h).
 *
 * A file is a tree of groups and datasets named by paths ("ebits/used"; groups on the way are
 * made). Every dataset has an attribute `unit`. Nothing is written before store_file_save, which
 * goes through base's file_write: the old file or the new one, never half of one. After a failure
 * every further put does nothing and save returns what failed first. One process; nothing here is
 * collective. HDF5 prints nothing. */
#ifndef QSPAN_STORE_FILE_H
#define QSPAN_STORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/status.h"

enum store_type { STORE_U8, STORE_U32, STORE_U64, STORE_I64, STORE_F64 };

enum { STORE_MAX_DIMS = 2 };

struct store_file;

/* An empty file. Errors: STATUS_NOFIT, STATUS_INTERNAL (logged), also of what is put. */
enum status store_file_create(struct store_file **out_file);
/* Whether a file can be read and begins as HDF5 files do. */
bool store_file_is_hdf5(const char *path);
/* The file at `path`. Errors: STATUS_INPUT (logged) if it cannot be read, is no HDF5 file, or has
 * another digest than its last line says (store/seal.h). */
enum status store_file_open(struct store_file **out_file, const char *path);
/* Whether it has that line: then it is as store_file_save wrote it. */
bool store_file_is_sealed(const struct store_file *file);
/* With a seal (store/seal.h). "-" is standard output. Errors: as file_write. Memory: one more copy
 * of the file. */
enum status store_file_save(struct store_file *file, const char *path);
void store_file_destroy(struct store_file *file);

/* A dataset of `n_dims` (0: one number) dimensions. More than 4 KiB are compressed (deflate). */
void store_file_put(struct store_file *file, const char *path, enum store_type type,
                    const void *data, const size_t *dims, size_t n_dims, const char *unit);
void store_file_put_u64(struct store_file *file, const char *path, uint64_t value,
                        const char *unit);
void store_file_put_f64(struct store_file *file, const char *path, double value, const char *unit);
/* n strings of variable length, UTF-8. */
void store_file_put_texts(struct store_file *file, const char *path, const char *const *texts,
                          size_t n, const char *unit);
/* n strings of `length` ASCII characters each, one after the other without ends. */
void store_file_put_words(struct store_file *file, const char *path, const char *words, size_t n,
                          size_t length, const char *unit);
/* Attributes of an object; "/" is the file. */
void store_file_note(struct store_file *file, const char *path, const char *name, const char *text);
void store_file_note_u64(struct store_file *file, const char *path, const char *name,
                         uint64_t value);

/* Reading. What is missing, of another shape or of another kind is STATUS_INPUT, logged with the
 * file's name; numbers are converted. Results live in the arena. */
/* As it was opened. */
const char *store_file_name(const struct store_file *file);
bool store_file_has(const struct store_file *file, const char *path);
bool store_file_has_note(const struct store_file *file, const char *path, const char *name);
/* out_data_ptr: address of a pointer to the type; out_dims: n_dims entries. */
enum status store_file_get(const struct store_file *file, void *out_data_ptr, size_t *out_dims,
                           const char *path, enum store_type type, size_t n_dims,
                           struct arena *arena);
enum status store_file_get_u64(const struct store_file *file, uint64_t *out, const char *path);
enum status store_file_get_f64(const struct store_file *file, double *out, const char *path);
enum status store_file_get_texts(const struct store_file *file, const char ***out_texts,
                                 size_t *out_n, const char *path, struct arena *arena);
/* As put: length characters each, no ends. */
enum status store_file_get_words(const struct store_file *file, const char **out_words,
                                 size_t *out_n, size_t *out_length, const char *path,
                                 struct arena *arena);
enum status store_file_get_note(const struct store_file *file, const char **out_text,
                                const char *path, const char *name, struct arena *arena);
enum status store_file_get_note_u64(const struct store_file *file, uint64_t *out, const char *path,
                                    const char *name);

#endif

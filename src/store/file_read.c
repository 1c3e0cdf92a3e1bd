#include <string.h>

#include "base/log.h"
#include "store/file_internal.h"
#include "store/silence.h"

const char *store_file_name(const struct store_file *file) {
    return file->name;
}

static enum status refuse(const struct store_file *file, const char *path, const char *why) {
    return log_error_at(STATUS_INPUT, (struct src_loc){.file = file->name}, "%s %s", path, why);
}

/* H5Lexists wants every group on the way to be there. */
static bool has_path(const struct store_file *file, const char *path) {
    char part[256];
    size_t n = strlen(path);
    if (n >= sizeof part) {
        return false;
    }
    for (size_t i = 1; i <= n; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (H5Lexists(file->id, part, H5P_DEFAULT) <= 0) {
                return false;
            }
        }
    }
    return n > 0 && H5Oexists_by_name(file->id, path, H5P_DEFAULT) > 0;
}

bool store_file_has(const struct store_file *file, const char *path) {
    struct store_silence silence = store_silence_begin();
    bool has = has_path(file, path);
    store_silence_end(&silence);
    return has;
}

bool store_file_has_note(const struct store_file *file, const char *path, const char *name) {
    struct store_silence silence = store_silence_begin();
    bool has = H5Aexists_by_name(file->id, path, name, H5P_DEFAULT) > 0;
    store_silence_end(&silence);
    return has;
}

struct source {
    hid_t set, type;
    size_t dims[STORE_MAX_DIMS];
    size_t n; /* elements */
};

static void source_fini(struct source *source) {
    H5Tclose(source->type);
    H5Dclose(source->set);
}

/* Could a file of this size hold it? Deflate makes at most 1032 bytes of one. */
static bool fits_in_file(const struct store_file *file, const struct source *source) {
    hsize_t n_file = 0;
    size_t n_bytes;
    return H5Fget_filesize(file->id, &n_file) >= 0 &&
           size_mul(&n_bytes, source->n, H5Tget_size(source->type)) && n_bytes / 1032 <= n_file;
}

/* A dataset of that many dimensions. */
static enum status open_source(const struct store_file *file, struct source *out, const char *path,
                               size_t n_dims) {
    *out = (struct source){.set = H5I_INVALID_HID, .type = H5I_INVALID_HID, .n = 1};
    out->set = has_path(file, path) ? H5Dopen2(file->id, path, H5P_DEFAULT) : H5I_INVALID_HID;
    if (out->set < 0) {
        return refuse(file, path, "is not there");
    }
    hsize_t dims[H5S_MAX_RANK];
    hid_t space = H5Dget_space(out->set);
    int n = H5Sget_simple_extent_dims(space, dims, NULL);
    H5Sclose(space);
    out->type = H5Dget_type(out->set);
    if (n < 0 || (size_t)n != n_dims || out->type < 0) {
        source_fini(out);
        return refuse(file, path, "has another shape than it should");
    }
    for (size_t i = 0; i < n_dims; i++) {
        out->dims[i] = (size_t)dims[i];
        if (!size_mul(&out->n, out->n, out->dims[i])) {
            source_fini(out);
            return refuse(file, path, "is too large");
        }
    }
    if (!fits_in_file(file, out)) {
        source_fini(out);
        return refuse(file, path, "is larger than the file can hold");
    }
    return STATUS_OK;
}

static enum status read_numbers(const struct store_file *file, void *out_data_ptr,
                                const struct source *source, const char *path, enum store_type type,
                                struct arena *arena) {
    H5T_class_t class = H5Tget_class(source->type);
    size_t n_bytes;
    if (class != H5T_INTEGER && class != H5T_FLOAT) {
        return refuse(file, path, "holds no numbers");
    }
    if (!size_mul(&n_bytes, source->n, store_type_size(type))) {
        return refuse(file, path, "is too large");
    }
    void *data = arena_alloc(arena, n_bytes + 1);
    if (!data) {
        return STATUS_NOFIT;
    }
    if (source->n > 0 &&
        H5Dread(source->set, store_native_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) {
        return refuse(file, path, "cannot be read");
    }
    memcpy(out_data_ptr, &data, sizeof data);
    return STATUS_OK;
}

enum status store_file_get(const struct store_file *file, void *out_data_ptr, size_t *out_dims,
                           const char *path, enum store_type type, size_t n_dims,
                           struct arena *arena) {
    struct source source;
    struct store_silence silence = store_silence_begin();
    CHECK(n_dims <= STORE_MAX_DIMS);
    enum status status = open_source(file, &source, path, n_dims);
    if (status == STATUS_OK) {
        status = read_numbers(file, out_data_ptr, &source, path, type, arena);
        for (size_t i = 0; i < n_dims; i++) {
            out_dims[i] = source.dims[i];
        }
        source_fini(&source);
    }
    store_silence_end(&silence);
    return status;
}

static enum status get_one(const struct store_file *file, void *out, const char *path,
                           enum store_type type) {
    struct arena arena = {0};
    void *data = NULL;
    enum status status = store_file_get(file, &data, NULL, path, type, 0, &arena);
    if (status == STATUS_OK) {
        memcpy(out, data, store_type_size(type));
    }
    arena_fini(&arena);
    return status;
}

enum status store_file_get_u64(const struct store_file *file, uint64_t *out, const char *path) {
    return get_one(file, out, path, STORE_U64);
}

enum status store_file_get_f64(const struct store_file *file, double *out, const char *path) {
    return get_one(file, out, path, STORE_F64);
}

/* Strings that HDF5 allocated become the arena's. */
static enum status take_texts(const char **out, char *const *texts, size_t n, struct arena *arena) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < n; i++) {
        out[i] = arena_strdup(arena, texts[i] ? texts[i] : "");
        status = out[i] ? status : STATUS_NOFIT;
    }
    return status;
}

static enum status read_texts(const struct store_file *file, const char ***out_texts,
                              const struct source *source, const char *path, struct arena *arena) {
    if (H5Tis_variable_str(source->type) <= 0) {
        return refuse(file, path, "holds no strings");
    }
    char **raw = mem_alloc(source->n, sizeof *raw);
    const char **texts = arena_alloc(arena, (source->n + 1) * sizeof *texts);
    enum status status = raw && texts ? STATUS_OK : STATUS_NOFIT;
    hid_t space = H5Dget_space(source->set);
    if (status == STATUS_OK && source->n > 0) {
        bool is_read =
            H5Dread(source->set, file->text_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw) >= 0;
        status = is_read ? take_texts(texts, raw, source->n, arena)
                         : refuse(file, path, "cannot be read");
        if (is_read) {
            H5Dvlen_reclaim(file->text_type, space, H5P_DEFAULT, raw);
        }
    }
    H5Sclose(space);
    mem_free(raw);
    *out_texts = texts;
    return status;
}

enum status store_file_get_texts(const struct store_file *file, const char ***out_texts,
                                 size_t *out_n, const char *path, struct arena *arena) {
    struct source source;
    struct store_silence silence = store_silence_begin();
    enum status status = open_source(file, &source, path, 1);
    if (status == STATUS_OK) {
        status = read_texts(file, out_texts, &source, path, arena);
        *out_n = source.dims[0];
        source_fini(&source);
    }
    store_silence_end(&silence);
    return status;
}

static enum status read_words(const struct store_file *file, const char **out_words,
                              size_t *out_length, const struct source *source, const char *path,
                              struct arena *arena) {
    size_t n_bytes, length = H5Tget_size(source->type);
    if (H5Tget_class(source->type) != H5T_STRING || H5Tis_variable_str(source->type) != 0) {
        return refuse(file, path, "holds no strings of fixed length");
    }
    if (!size_mul(&n_bytes, source->n, length)) {
        return refuse(file, path, "is too large");
    }
    char *words = arena_alloc(arena, n_bytes + 1);
    if (!words) {
        return STATUS_NOFIT;
    }
    if (source->n > 0 &&
        H5Dread(source->set, source->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, words) < 0) {
        return refuse(file, path, "cannot be read");
    }
    *out_length = length;
    *out_words = words;
    return STATUS_OK;
}

enum status store_file_get_words(const struct store_file *file, const char **out_words,
                                 size_t *out_n, size_t *out_length, const char *path,
                                 struct arena *arena) {
    struct source source;
    struct store_silence silence = store_silence_begin();
    enum status status = open_source(file, &source, path, 1);
    if (status == STATUS_OK) {
        status = read_words(file, out_words, out_length, &source, path, arena);
        *out_n = source.dims[0];
        source_fini(&source);
    }
    store_silence_end(&silence);
    return status;
}

static enum status read_note(const struct store_file *file, const char **out_text, hid_t note,
                             const char *name, struct arena *arena) {
    char *raw = NULL;
    hid_t type = H5Aget_type(note);
    bool is_read = H5Tis_variable_str(type) > 0 && H5Aread(note, file->text_type, &raw) >= 0;
    H5Tclose(type);
    if (!is_read) {
        return refuse(file, name, "cannot be read as a string");
    }
    enum status status = take_texts(out_text, &raw, 1, arena);
    H5free_memory(raw);
    return status;
}

enum status store_file_get_note(const struct store_file *file, const char **out_text,
                                const char *path, const char *name, struct arena *arena) {
    struct store_silence silence = store_silence_begin();
    hid_t note = H5Aopen_by_name(file->id, path, name, H5P_DEFAULT, H5P_DEFAULT);
    enum status status = note < 0 ? refuse(file, name, "is not there")
                                  : read_note(file, out_text, note, name, arena);
    H5Aclose(note);
    store_silence_end(&silence);
    return status;
}

enum status store_file_get_note_u64(const struct store_file *file, uint64_t *out, const char *path,
                                    const char *name) {
    struct store_silence silence = store_silence_begin();
    hid_t note = H5Aopen_by_name(file->id, path, name, H5P_DEFAULT, H5P_DEFAULT);
    hid_t type = H5Aget_type(note);
    bool is_read = H5Tget_class(type) == H5T_INTEGER && H5Aread(note, H5T_NATIVE_UINT64, out) >= 0;
    H5Tclose(type);
    H5Aclose(note);
    store_silence_end(&silence);
    return is_read ? STATUS_OK : refuse(file, name, "is not there");
}

#include "store/file.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "store/file_internal.h"
#include "store/seal.h"
#include "store/silence.h"

enum {
    MEMORY_STEP = 1 << 20, /* by which a file in memory grows */
    COMPRESS_BYTES = 4096, /* smaller datasets stay as they are */
    CHUNK_BYTES = 1 << 18, /* of compressed ones */
    DEFLATE_LEVEL = 4,
};

hid_t store_native_type(enum store_type type) {
    switch (type) {
    case STORE_U8:
        return H5T_NATIVE_UINT8;
    case STORE_U32:
        return H5T_NATIVE_UINT32;
    case STORE_U64:
        return H5T_NATIVE_UINT64;
    case STORE_I64:
        return H5T_NATIVE_INT64;
    case STORE_F64:
        return H5T_NATIVE_DOUBLE;
    }
    return H5I_INVALID_HID;
}

size_t store_type_size(enum store_type type) {
    switch (type) {
    case STORE_U8:
        return 1;
    case STORE_U32:
        return 4;
    case STORE_U64:
    case STORE_I64:
    case STORE_F64:
        break;
    }
    return 8;
}

/* Little-endian on every machine. */
static hid_t file_type(enum store_type type) {
    switch (type) {
    case STORE_U8:
        return H5T_STD_U8LE;
    case STORE_U32:
        return H5T_STD_U32LE;
    case STORE_U64:
        return H5T_STD_U64LE;
    case STORE_I64:
        return H5T_STD_I64LE;
    case STORE_F64:
        return H5T_IEEE_F64LE;
    }
    return H5I_INVALID_HID;
}

/* ---- life ---- */

static hid_t create_in_memory(void) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), id = H5I_INVALID_HID;
    if (access >= 0 && H5Pset_fapl_core(access, MEMORY_STEP, 0) >= 0) {
        id = H5Fcreate("qspan", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    }
    H5Pclose(access);
    return id;
}

static void prepare(struct store_file *file) {
    file->link_list = H5Pcreate(H5P_LINK_CREATE);
    file->text_type = H5Tcopy(H5T_C_S1);
    H5Pset_create_intermediate_group(file->link_list, 1);
    H5Tset_size(file->text_type, H5T_VARIABLE);
    H5Tset_cset(file->text_type, H5T_CSET_UTF8);
}

enum status store_file_create(struct store_file **out_file) {
    struct store_file *file = mem_alloc(1, sizeof *file);
    if (!file) {
        return STATUS_NOFIT;
    }
    struct store_silence silence = store_silence_begin();
    file->id = create_in_memory();
    prepare(file);
    store_silence_end(&silence);
    if (file->id < 0 || file->link_list < 0 || file->text_type < 0) {
        store_file_destroy(file);
        return log_error(STATUS_INTERNAL, "HDF5 cannot make a file in memory");
    }
    *out_file = file;
    return STATUS_OK;
}

void store_set_unlocked(hid_t access) {
#if H5_VERSION_GE(1, 10, 7)
    H5Pset_file_locking(access, false, true);
#else
    (void)access;
#endif
}

bool store_file_is_hdf5(const char *path) {
    struct stat info;
    struct store_silence silence = store_silence_begin();
    bool is_hdf5 = stat(path, &info) == 0 && S_ISREG(info.st_mode) && H5Fis_hdf5(path) > 0;
    store_silence_end(&silence);
    return is_hdf5;
}

enum status store_file_open(struct store_file **out_file, const char *path) {
    int fd;
    TRY(file_open(&fd, path));
    const enum store_seal seal = store_seal_check(fd);
    close(fd);
    if (seal == STORE_SEAL_BROKEN) { /* HDF5 may crash on it */
        return log_error_at(STATUS_INPUT, (struct src_loc){.file = path},
                            "is damaged: it has another digest than its last line says");
    }
    struct store_file *file = mem_alloc(1, sizeof *file);
    size_t n_name = strlen(path) + 1;
    char *name = mem_alloc(n_name, 1);
    if (!file || !name) {
        mem_free(file);
        mem_free(name);
        return STATUS_NOFIT;
    }
    memcpy(name, path, n_name);
    file->name = name;
    struct store_silence silence = store_silence_begin();
    hid_t options = H5Pcreate(H5P_FILE_ACCESS);
    store_set_unlocked(options);
    file->id = H5Fopen(path, H5F_ACC_RDONLY, options);
    H5Pclose(options);
    prepare(file);
    store_silence_end(&silence);
    if (file->id < 0) {
        store_file_destroy(file);
        return log_error_at(STATUS_INPUT, (struct src_loc){.file = path},
                            "is no HDF5 file that can be read");
    }
    file->is_sealed = seal == STORE_SEAL_WHOLE;
    *out_file = file;
    return STATUS_OK;
}

bool store_file_is_sealed(const struct store_file *file) {
    return file->is_sealed;
}

void store_file_destroy(struct store_file *file) {
    if (!file) {
        return;
    }
    struct store_silence silence = store_silence_begin();
    H5Tclose(file->text_type);
    H5Pclose(file->link_list);
    H5Fclose(file->id);
    store_silence_end(&silence);
    mem_free((void *)(uintptr_t)file->name);
    mem_free(file);
}

enum status store_file_image(struct store_file *file, char **out_image, size_t *out_n) {
    TRY(file->status);
    struct store_silence silence = store_silence_begin();
    char *image = NULL;
    ssize_t n = -1;
    if (H5Fflush(file->id, H5F_SCOPE_GLOBAL) >= 0) {
        n = H5Fget_file_image(file->id, NULL, 0);
    }
    if (n > 0) {
        image = mem_alloc((size_t)n + STORE_SEAL_BYTES, 1);
    }
    const bool is_read = image != NULL && H5Fget_file_image(file->id, image, (size_t)n) == n;
    store_silence_end(&silence);
    if (!is_read) {
        const bool is_short = n > 0 && image == NULL;
        mem_free(image);
        return is_short ? STATUS_NOFIT : log_error(STATUS_INTERNAL, "HDF5 cannot finish a file");
    }
    *out_image = image;
    *out_n = (size_t)n;
    return STATUS_OK;
}

enum status store_file_save(struct store_file *file, const char *path) {
    char *image = NULL;
    size_t n = 0;
    TRY(store_file_image(file, &image, &n));
    store_seal_put(image, n);
    const enum status status = file_write(path, image, n + STORE_SEAL_BYTES);
    mem_free(image);
    return status;
}

/* ---- putting ---- */

static void fail(struct store_file *file, const char *path) {
    if (file->status == STATUS_OK) {
        file->status = log_error(STATUS_INTERNAL, "HDF5 cannot store %s", path);
    }
}

static hid_t make_space(const hsize_t *dims, size_t n_dims) {
    return n_dims == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple((int)n_dims, dims, NULL);
}

/* Chunks of whole rows, compressed, for what is not small. */
static hid_t make_layout(const hsize_t *dims, size_t n_dims, size_t row_bytes) {
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(list, false);
    if (n_dims > 0 && row_bytes > 0 && dims[0] > COMPRESS_BYTES / row_bytes) {
        hsize_t chunk[STORE_MAX_DIMS] = {CHUNK_BYTES / row_bytes, n_dims > 1 ? dims[1] : 0};
        chunk[0] = chunk[0] == 0 ? 1 : chunk[0] < dims[0] ? chunk[0] : dims[0];
        if (row_bytes < UINT32_MAX && H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0) {
            H5Pset_chunk(list, (int)n_dims, chunk);
            H5Pset_shuffle(list);
            H5Pset_deflate(list, DEFLATE_LEVEL);
        }
    }
    return list;
}

static bool add_text(struct store_file *file, hid_t object, const char *name, const char *text) {
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t note = H5Acreate2(object, name, file->text_type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool is_done = H5Awrite(note, file->text_type, &text) >= 0;
    H5Aclose(note);
    H5Sclose(space);
    return is_done;
}

struct item {
    const char *path, *unit;
    hid_t file_type, memory_type;
    hsize_t dims[STORE_MAX_DIMS];
    size_t n_dims;
    hid_t layout;
    const void *data;
};

static bool put_item(struct store_file *file, const struct item *item) {
    hid_t space = make_space(item->dims, item->n_dims);
    hid_t set = H5Dcreate2(file->id, item->path, item->file_type, space, file->link_list,
                           item->layout, H5P_DEFAULT);
    bool is_empty = false;
    for (size_t i = 0; i < item->n_dims; i++) {
        is_empty = is_empty || item->dims[i] == 0;
    }
    bool is_done = set >= 0 && add_text(file, set, "unit", item->unit);
    if (is_done && !is_empty) {
        is_done = H5Dwrite(set, item->memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, item->data) >= 0;
    }
    H5Dclose(set);
    H5Sclose(space);
    return is_done;
}

static void put(struct store_file *file, struct item *item, size_t row_bytes) {
    if (file->status != STATUS_OK) {
        return;
    }
    struct store_silence silence = store_silence_begin();
    item->layout = make_layout(item->dims, item->n_dims, row_bytes);
    bool is_done = put_item(file, item);
    H5Pclose(item->layout);
    store_silence_end(&silence);
    if (!is_done) {
        fail(file, item->path);
    }
}

void store_file_put(struct store_file *file, const char *path, enum store_type type,
                    const void *data, const size_t *dims, size_t n_dims, const char *unit) {
    CHECK(n_dims <= STORE_MAX_DIMS);
    struct item item = {.path = path,
                        .unit = unit,
                        .file_type = file_type(type),
                        .memory_type = store_native_type(type),
                        .n_dims = n_dims,
                        .data = data};
    for (size_t i = 0; i < n_dims; i++) {
        item.dims[i] = dims[i];
    }
    put(file, &item, store_type_size(type) * (n_dims > 1 ? dims[1] : 1));
}

void store_file_put_u64(struct store_file *file, const char *path, uint64_t value,
                        const char *unit) {
    store_file_put(file, path, STORE_U64, &value, NULL, 0, unit);
}

void store_file_put_f64(struct store_file *file, const char *path, double value, const char *unit) {
    store_file_put(file, path, STORE_F64, &value, NULL, 0, unit);
}

void store_file_put_texts(struct store_file *file, const char *path, const char *const *texts,
                          size_t n, const char *unit) {
    struct item item = {.path = path,
                        .unit = unit,
                        .file_type = file->text_type,
                        .memory_type = file->text_type,
                        .dims = {n},
                        .n_dims = 1,
                        .data = texts};
    put(file, &item, 0);
}

void store_file_put_words(struct store_file *file, const char *path, const char *words, size_t n,
                          size_t length, const char *unit) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, length > 0 ? length : 1);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    struct item item = {.path = path,
                        .unit = unit,
                        .file_type = type,
                        .memory_type = type,
                        .dims = {n},
                        .n_dims = 1,
                        .data = length > 0 ? words : "\0"};
    put(file, &item, length);
    H5Tclose(type);
}

static hid_t open_noted(const struct store_file *file, const char *path) {
    return H5Oopen(file->id, path, H5P_DEFAULT);
}

void store_file_note(struct store_file *file, const char *path, const char *name,
                     const char *text) {
    if (file->status != STATUS_OK) {
        return;
    }
    struct store_silence silence = store_silence_begin();
    hid_t object = open_noted(file, path);
    bool is_done = object >= 0 && add_text(file, object, name, text);
    H5Oclose(object);
    store_silence_end(&silence);
    if (!is_done) {
        fail(file, name);
    }
}

void store_file_note_u64(struct store_file *file, const char *path, const char *name,
                         uint64_t value) {
    if (file->status != STATUS_OK) {
        return;
    }
    struct store_silence silence = store_silence_begin();
    hid_t object = open_noted(file, path), space = H5Screate(H5S_SCALAR);
    hid_t note = H5Acreate2(object, name, H5T_STD_U64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    bool is_done = H5Awrite(note, H5T_NATIVE_UINT64, &value) >= 0;
    H5Aclose(note);
    H5Sclose(space);
    H5Oclose(object);
    store_silence_end(&silence);
    if (!is_done) {
        fail(file, name);
    }
}

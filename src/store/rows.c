#include "store/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/draft.h"
#include "base/log.h"
#include "base/text.h"
#include "comm/comm_native.h"
#include "store/file_internal.h"
#include "store/silence.h"

enum { SLACK_BYTES = 1 << 16 }; /* what HDF5 adds when the table gets its space */

struct store_rows {
    const struct team *team;
    size_t n_columns;
    enum precision precision;
    hid_t file, set, transfer;
    const char *path;        /* where the file goes; borrowed */
    char tmp[PATH_MAX];      /* where it grows */
    struct file_draft draft; /* on rank 0 */
};

static enum status fail(const struct store_rows *rows) {
    return log_error(STATUS_INTERNAL, "HDF5 cannot write %s", rows->path);
}

/* ---- rank 0: an empty table on disk ---- */

/* Contiguous, never filled, and without space: that comes when all ranks open it. */
static bool make_table(hid_t file, const struct store_plan *plan) {
    const hsize_t dims[2] = {plan->n_rows, plan->n_columns};
    hid_t space = H5Screate_simple(2, dims, NULL), list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_alloc_time(list, H5D_ALLOC_TIME_LATE);
    H5Pset_fill_time(list, H5D_FILL_TIME_NEVER);
    H5Pset_obj_track_times(list, false);
    const hid_t type = plan->precision == PRECISION_SINGLE ? H5T_IEEE_F32LE : H5T_IEEE_F64LE;
    hid_t set = H5Dcreate2(file, plan->name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    H5Dclose(set);
    H5Pclose(list);
    H5Sclose(space);
    return set >= 0;
}

static enum status write_image(struct file_draft *draft, struct store_file *file) {
    char *image = NULL;
    size_t n = 0;
    TRY(store_file_image(file, &image, &n));
    const enum status status = file_draft_write(draft, image, n);
    mem_free(image);
    return status;
}

/* Made in memory: HDF5 cannot close a file that the disk refuses. */
static enum status fill_file(struct store_rows *rows, const struct store_plan *plan) {
    struct store_file *file = NULL;
    TRY(store_file_create(&file));
    struct store_silence silence = store_silence_begin();
    const bool has_table = make_table(file->id, plan);
    store_silence_end(&silence);
    enum status status = has_table ? STATUS_OK : fail(rows);
    if (has_table) {
        store_file_note(file, plan->name, "unit", plan->unit);
        plan->fill(plan->ctx, file);
        status = write_image(&rows->draft, file);
    }
    store_file_destroy(file);
    return status;
}

/* Takes the blocks that the table will need. */
static enum status reserve(const struct store_rows *rows, const struct store_plan *plan) {
    struct stat info;
    size_t n_bytes, n_row;
    if (plan->n_rows > SIZE_MAX ||
        !size_mul(&n_row, plan->n_columns, precision_amp_bytes(plan->precision) / 2) ||
        !size_mul(&n_bytes, (size_t)plan->n_rows, n_row) || n_bytes > INT64_MAX / 2) {
        return file_refuse_write(rows->path, EFBIG);
    }
    int error = fstat(rows->draft.fd, &info) != 0 ? errno : 0;
    if (error == 0) {
        error = posix_fallocate(rows->draft.fd, 0, info.st_size + (off_t)n_bytes + SLACK_BYTES);
    }
    return file_refuse_write(rows->path, error);
}

static enum status fill_draft(struct store_rows *rows, const struct store_plan *plan) {
    const struct file_draft *draft = &rows->draft;
    if (strlen(draft->tmp) >= sizeof rows->tmp) {
        return file_refuse_write(plan->path, ENAMETOOLONG);
    }
    strcpy(rows->tmp, draft->tmp);
    TRY(fill_file(rows, plan));
    return reserve(rows, plan);
}

static enum status prepare(struct store_rows *rows, const struct store_plan *plan) {
    TRY(file_check_regular(plan->path));
    TRY(file_draft_open(&rows->draft, plan->path));
    const enum status status = fill_draft(rows, plan);
    if (status != STATUS_OK) {
        file_draft_drop(&rows->draft);
    }
    return status;
}

/* ---- all ranks ---- */

static enum status open_table(struct store_rows *rows, const char *name) {
    const MPI_Comm comm = team_native(rows->team);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    rows->transfer = H5Pcreate(H5P_DATASET_XFER);
    store_set_unlocked(access);
    if (comm != MPI_COMM_NULL) {
        H5Pset_fapl_mpio(access, comm, MPI_INFO_NULL);
        H5Pset_dxpl_mpio(rows->transfer, H5FD_MPIO_COLLECTIVE);
    }
    rows->file = H5Fopen(rows->tmp, H5F_ACC_RDWR, access);
    rows->set = rows->file < 0 ? H5I_INVALID_HID : H5Dopen2(rows->file, name, H5P_DEFAULT);
    H5Pclose(access);
    return comm_agree(rows->team, rows->set < 0 ? fail(rows) : STATUS_OK);
}

enum status store_rows_create(struct store_rows **out_rows, const struct team *team,
                              const struct store_plan *plan) {
    struct store_rows *rows = mem_alloc(1, sizeof *rows);
    enum status status = comm_agree(team, rows == NULL ? STATUS_NOFIT : STATUS_OK);
    if (status != STATUS_OK) {
        mem_free(rows);
        return status;
    }
    *rows = (struct store_rows){.team = team,
                                .n_columns = plan->n_columns,
                                .precision = plan->precision,
                                .path = plan->path,
                                .file = H5I_INVALID_HID,
                                .set = H5I_INVALID_HID,
                                .transfer = H5I_INVALID_HID};
    status = comm_agree(team, team_rank(team) == 0 ? prepare(rows, plan) : STATUS_OK);
    if (status != STATUS_OK) {
        mem_free(rows);
        return status;
    }
    comm_bcast(team, rows->tmp, sizeof rows->tmp, 0);
    struct store_silence silence = store_silence_begin();
    status = open_table(rows, plan->name);
    store_silence_end(&silence);
    if (status != STATUS_OK) {
        return store_rows_finish(rows, status);
    }
    *out_rows = rows;
    return STATUS_OK;
}

/* The same memory as floats: element i is written after it was read. */
static hid_t round_rows(const struct store_rows *rows, uint64_t n, double *data) {
    if (rows->precision == PRECISION_DOUBLE) {
        return H5T_NATIVE_DOUBLE;
    }
    for (uint64_t i = 0; i < n * rows->n_columns; i++) {
        const float x = (float)data[i];
        memcpy((char *)data + i * sizeof x, &x, sizeof x);
    }
    return H5T_NATIVE_FLOAT;
}

enum status store_rows_write(struct store_rows *rows, uint64_t first, uint64_t n, double *data) {
    struct store_silence silence = store_silence_begin();
    const hsize_t start[2] = {first, 0}, count[2] = {n, rows->n_columns};
    hid_t target = H5Dget_space(rows->set), source = H5Screate_simple(2, count, NULL);
    if (n > 0) {
        H5Sselect_hyperslab(target, H5S_SELECT_SET, start, NULL, count, NULL);
    } else {
        H5Sselect_none(target);
        H5Sselect_none(source);
    }
    const hid_t type = round_rows(rows, n, data);
    const bool is_written = H5Dwrite(rows->set, type, source, target, rows->transfer, data) >= 0;
    H5Sclose(source);
    H5Sclose(target);
    store_silence_end(&silence);
    return comm_agree(rows->team, is_written ? STATUS_OK : fail(rows));
}

enum status store_rows_finish(struct store_rows *rows, enum status status) {
    struct store_silence silence = store_silence_begin();
    H5Dclose(rows->set);
    H5Pclose(rows->transfer);
    if (rows->file >= 0 && H5Fclose(rows->file) < 0 && status == STATUS_OK) {
        status = fail(rows);
    }
    store_silence_end(&silence);
    status = comm_agree(rows->team, status);
    if (team_rank(rows->team) == 0) {
        if (status == STATUS_OK) {
            status = file_draft_keep(&rows->draft, true);
        } else {
            file_draft_drop(&rows->draft);
        }
    }
    status = comm_agree(rows->team, status);
    mem_free(rows);
    return status;
}

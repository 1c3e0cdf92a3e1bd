/* What the writer and the reader of small files share. */
#ifndef QSPAN_STORE_FILE_INTERNAL_H
#define QSPAN_STORE_FILE_INTERNAL_H

#include <hdf5.h>

#include "store/file.h"

struct store_file {
    hid_t id, link_list, text_type; /* negative: not there */
    enum status status;             /* of what was put so far */
    const char *name;               /* read: its path, owned */
    bool is_sealed;                 /* read: as it was written */
};

/* The bytes of a file that was put together, with room for its seal behind them; mem_free them. */
enum status store_file_image(struct store_file *file, char **out_image, size_t *out_n);
/* Files are opened without locks: parallel file systems often have none, and nobody else writes. */
void store_set_unlocked(hid_t access);
hid_t store_native_type(enum store_type type);
size_t store_type_size(enum store_type type);

#endif

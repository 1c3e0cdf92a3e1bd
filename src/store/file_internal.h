/* What the writer and the reader of small files share. */
#ifndef QSPAN_STORE_FILE_INTERNAL_H
#define QSPAN_STORE_FILE_INTERNAL_H

#include <hdf5.h>

#include "store/file.h"

struct store_file {
    hid_t id, link_list, text_type; /* negative: not there */
    enum status status;             /* of what was put so far */
    const char *name;               /* read: its path, owned */
};

hid_t store_native_type(enum store_type type);
size_t store_type_size(enum store_type type);

#endif

/* HDF5 prints a stack of every failure unless told not to: told so for as long as we are inside. */
#ifndef QSPAN_STORE_SILENCE_H
#define QSPAN_STORE_SILENCE_H

#include <hdf5.h>

struct store_silence {
    H5E_auto2_t printer;
    void *data;
};
struct store_silence store_silence_begin(void);
void store_silence_end(const struct store_silence *silence);

#endif

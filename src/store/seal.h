/* The last line of a file, after what HDF5 reads: a digest of all before it. HDF5 has none of its
 * own for most of a file; whoever changes the file by HDF5 cuts the line off. */
#ifndef QSPAN_STORE_SEAL_H
#define QSPAN_STORE_SEAL_H

#include <stddef.h>

enum { STORE_SEAL_BYTES = 32 };

enum store_seal { STORE_SEAL_NONE, STORE_SEAL_WHOLE, STORE_SEAL_BROKEN };

/* Writes the seal of n bytes behind them, where there is room. */
void store_seal_put(char *image, size_t n);
/* Reads the file once, from its start. STORE_SEAL_NONE also where it cannot be read. A change of a
 * single byte before the seal always breaks it. */
enum store_seal store_seal_check(int fd);

#endif

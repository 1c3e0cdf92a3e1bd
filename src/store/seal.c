#include "store/seal.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

enum { PIECE_BYTES = 1 << 20 };

static void print_seal(char out[STORE_SEAL_BYTES + 1], uint64_t digest) {
    const int n = snprintf(out, STORE_SEAL_BYTES + 1, "\nqspan digest  %016" PRIx64 "\n", digest);
    CHECK(n == STORE_SEAL_BYTES);
}

void store_seal_put(char *image, size_t n) {
    char seal[STORE_SEAL_BYTES + 1];
    print_seal(seal, text_digest(TEXT_DIGEST_NONE, image, n));
    memcpy(image + n, seal, STORE_SEAL_BYTES);
}

/* The first n bytes; false if they cannot be read. */
static bool digest_file(uint64_t *out_digest, int fd, uint64_t n, char *piece) {
    uint64_t digest = TEXT_DIGEST_NONE;
    for (uint64_t at = 0; at < n;) {
        const size_t n_piece = n - at < PIECE_BYTES ? (size_t)(n - at) : PIECE_BYTES;
        const ssize_t n_read = pread(fd, piece, n_piece, (off_t)at);
        if (n_read <= 0) {
            return false;
        }
        digest = text_digest(digest, piece, (size_t)n_read);
        at += (uint64_t)n_read;
    }
    *out_digest = digest;
    return true;
}

static enum store_seal check(int fd, char *piece) {
    char seal[STORE_SEAL_BYTES + 1], expected[STORE_SEAL_BYTES + 1];
    const size_t n_words = STORE_SEAL_BYTES - 17; /* without the digest and the end of the line */
    struct stat info;
    uint64_t digest;
    print_seal(expected, 0);
    if (fstat(fd, &info) != 0 || info.st_size < STORE_SEAL_BYTES) {
        return STORE_SEAL_NONE;
    }
    const off_t at = info.st_size - STORE_SEAL_BYTES;
    if (pread(fd, seal, STORE_SEAL_BYTES, at) != STORE_SEAL_BYTES ||
        memcmp(seal, expected, n_words) != 0 || !digest_file(&digest, fd, (uint64_t)at, piece)) {
        return STORE_SEAL_NONE;
    }
    print_seal(expected, digest);
    return memcmp(seal, expected, STORE_SEAL_BYTES) == 0 ? STORE_SEAL_WHOLE : STORE_SEAL_BROKEN;
}

enum store_seal store_seal_check(int fd) {
    char *piece = mem_alloc(PIECE_BYTES, 1);
    const enum store_seal seal = piece != NULL ? check(fd, piece) : STORE_SEAL_NONE;
    mem_free(piece);
    return seal;
}

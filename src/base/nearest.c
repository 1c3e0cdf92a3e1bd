#include "base/nearest.h"

#include <ctype.h>
#include <string.h>

enum { MAX_WORD = 64 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static int lower(char c) {
    return tolower((unsigned char)c);
}

/* Edit distance with swaps of neighbours (optimal string alignment). */
static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b) {
    size_t rows[3][MAX_WORD + 1];
    for (size_t j = 0; j <= n_b; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= n_a; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            size_t cost = lower(a[i - 1]) != lower(b[j - 1]);
            row[j] = least(least(row[j - 1], above[j]) + 1, above[j - 1] + cost);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1])) {
                row[j] = least(row[j], above2[j - 2] + 1);
            }
        }
    }
    return rows[n_a % 3][n_b];
}

struct nearest nearest_start(const char *word) {
    size_t n = strlen(word);
    return (struct nearest){.word = word, .distance = n < 6 ? 2 : n / 3 + 1};
}

void nearest_offer(struct nearest *near, const char *candidate) {
    size_t n_a = strlen(near->word), n_b = strlen(candidate);
    if (n_a > MAX_WORD || n_b > MAX_WORD) {
        return;
    }
    size_t d = distance(near->word, n_a, candidate, n_b);
    if (d < near->distance && d < n_b) {
        near->distance = d;
        near->best = candidate;
    }
}

#include "network/service.h"

static int64_t middle_of(unsigned bin) {
    if (bin < 64) {
        return bin;
    }
    const unsigned shift = bin / 64 - 1;
    const uint64_t low = (uint64_t)(64 + bin % 64) << shift;
    return (int64_t)(low + (shift > 0 ? UINT64_C(1) << (shift - 1) : 0));
}

int64_t histogram_quantile(const struct histogram *histogram, double q) {
    const double rank = q * (double)histogram->n;
    uint64_t below = 0;
    if (histogram->n == 0) {
        return 0;
    }
    for (unsigned bin = 0; bin < HISTOGRAM_BINS; bin++) {
        below += histogram->bins[bin];
        if ((double)below >= rank && below > 0) {
            const int64_t middle = middle_of(bin);
            return middle > histogram->max   ? histogram->max
                   : middle < histogram->min ? histogram->min
                                             : middle;
        }
    }
    return histogram->max;
}

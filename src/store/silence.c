#include "store/silence.h"

struct store_silence store_silence_begin(void) {
    struct store_silence silence = {0};
    H5Eget_auto2(H5E_DEFAULT, &silence.printer, &silence.data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return silence;
}

void store_silence_end(const struct store_silence *silence) {
    H5Eset_auto2(H5E_DEFAULT, silence->printer, silence->data);
}

#include "program/qnu.h"

#include <string.h>

static const char bytes[] = {
#include "program/qnu_inc.h"
};
const char *const qnu_text = bytes;
const size_t qnu_n = sizeof bytes - 1;

bool qnu_has_def(const char *name, size_t n) {
    for (const char *at = bytes; (at = strstr(at, "\ndef ")) != NULL; at++) {
        if (strncmp(at + 5, name, n) == 0 && at[5 + n] == '(') {
            return true;
        }
    }
    return false;
}

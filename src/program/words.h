/* Words of OpenQASM 3, and what a register may be called. */
#ifndef QSPAN_PROGRAM_WORDS_H
#define QSPAN_PROGRAM_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* The word begins statements or types of OpenQASM 3. */
bool word_is_keyword(const char *word, size_t n);
/* What a name that no register may have is, for messages: "a keyword of OpenQASM 3", "a gate",
 * "a constant or function of OpenQASM 3", "a def of qnu.inc"; NULL: free. */
const char *word_reserved_as(const char *word, size_t n);

#endif

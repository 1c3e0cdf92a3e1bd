/* `qspan help --man`. */
#ifndef QSPAN_CLI_MAN_H
#define QSPAN_CLI_MAN_H

#include "base/text.h"

/* Appends the manual page of all commands, for man(1). */
void man_add_page(struct text *out);

#endif

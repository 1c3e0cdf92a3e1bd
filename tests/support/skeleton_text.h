/* A timing skeleton as text. */
#ifndef QSPAN_TESTS_SUPPORT_SKELETON_TEXT_H
#define QSPAN_TESTS_SUPPORT_SKELETON_TEXT_H

#include "base/text.h"
#include "schedule/schedule.h"

/* One item per line, numbered, indented by block. */
void skeleton_add_text(struct text *out, const struct skeleton *skeleton,
                       const struct program *program);

#endif

/* The machine files that are built in (machines/ in the sources). */
#ifndef QSPAN_MACHINE_PRESET_FILES_H
#define QSPAN_MACHINE_PRESET_FILES_H

#include <stddef.h>

struct preset_file {
    const char *name, *help, *text;
    size_t n;
};
extern const struct preset_file preset_files[];
extern const size_t preset_files_count;

#endif

/* Programs that are as they should be, from text. */
#ifndef SUPPORT_CHECKED_H
#define SUPPORT_CHECKED_H

#include "program/program.h"

/* Read, and checked by program_check; ends the process, with message and text, where it is none. */
struct program *checked_program(const char *text);

#endif

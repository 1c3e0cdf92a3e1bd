/* The table of options, and what reads argv by it (argp). */
#ifndef QSPAN_CLI_OPTIONS_H
#define QSPAN_CLI_OPTIONS_H

#include "cli/cli.h"

enum option_kind {
    OPTION_KIND_FLAG,   /* bool */
    OPTION_KIND_COUNT,  /* uint64_t between min and max */
    OPTION_KIND_TOP,    /* uint64_t from 1, or "all" = UINT64_MAX */
    OPTION_KIND_BYTES,  /* uint64_t: a number of bytes, or a quantity such as 4 GiB */
    OPTION_KIND_REAL,   /* double, finite */
    OPTION_KIND_TIME,   /* int64_t: ps, from a quantity such as 10 us */
    OPTION_KIND_TEXT,   /* const char * */
    OPTION_KIND_CHOICE, /* const char *, one of `choices` */
    OPTION_KIND_DECODE, /* appended to decodes */
    OPTION_KIND_PARAM,  /* appended to params */
    OPTION_KIND_LATER,  /* refused: not available yet */
};

struct option_info {
    const char *name;
    char letter;         /* 0: none */
    const char *metavar; /* NULL: takes no value */
    enum option_kind kind;
    uint32_t commands;   /* bit per command_id */
    const char *instead; /* added to what is said of a choice in `later`; or NULL */
    enum option_id id;   /* bit in cli_options.given */
    size_t offset;       /* of the value in struct cli_options */
    uint64_t min, max;   /* COUNT; min also TIME, ps */
    const char
        *choices;      /* CHOICE: words that work, with blanks between; the first is the default */
    const char *later; /* CHOICE: words that will work later */
    const char *help;
};

extern const struct option_info options_table[];
extern const size_t options_count;

/* argv[0] is skipped. Values not given are set to their defaults. Errors: STATUS_USAGE, logged.
 * --help sets wants_help and nothing else is checked. */
enum status options_parse(struct cli_options *out_options, enum command_id command, int argc,
                          char **argv);
/* Prints `qspan COMMAND --help` on standard output; of gen, for one generator, or NULL. */
void options_print_help(enum command_id command, const struct generator *generator);

#endif

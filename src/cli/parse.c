#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/nearest.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/options.h"

enum { FIRST_LONG_KEY = 256, MAX_TABLE = 128 };

struct parse {
    struct cli_options *options;
    enum command_id command;
    bool is_reported;
};

static bool has_option(enum command_id command, const struct option_info *info) {
    return (info->commands >> command) & 1;
}

static int option_key(size_t index) {
    char letter = options_table[index].letter;
    return letter ? letter : FIRST_LONG_KEY + (int)index;
}

/* The option of this command with that key. */
static const struct option_info *find_key(enum command_id command, int key) {
    for (size_t i = 0; i < options_count; i++) {
        if (has_option(command, &options_table[i]) && option_key(i) == key) {
            return &options_table[i];
        }
    }
    return NULL;
}

static error_t refuse(struct parse *parse, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static error_t refuse(struct parse *parse, const char *fmt, ...) {
    struct text message = {0};
    va_list args;
    va_start(args, fmt);
    text_printf(&message, "%s: ", cli_commands[parse->command].name);
    text_vprintf(&message, fmt, args);
    va_end(args);
    log_error(STATUS_USAGE, "%s", message.failed ? "out of memory" : message.data);
    text_fini(&message);
    parse->is_reported = true;
    return EINVAL;
}

/* Whole decimal number without a sign. */
static bool read_count(uint64_t *out, const char *arg) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(arg, &end, 10);
    if (arg[0] < '0' || arg[0] > '9' || *end != '\0' || errno != 0) {
        return false;
    }
    *out = value;
    return true;
}

static error_t set_count(struct parse *parse, const struct option_info *info, uint64_t *out,
                         const char *arg) {
    uint64_t value;
    if (!read_count(&value, arg) || value < info->min || value > info->max) {
        return refuse(parse, "--%s %s: expected a whole number from %llu to %llu", info->name, arg,
                      (unsigned long long)info->min, (unsigned long long)info->max);
    }
    *out = value;
    return 0;
}

static error_t set_top(struct parse *parse, const struct option_info *info, uint64_t *out,
                       const char *arg) {
    uint64_t value = UINT64_MAX;
    if (strcmp(arg, "all") != 0 && (!read_count(&value, arg) || value == 0)) {
        return refuse(parse, "--%s %s: expected a whole number from 1, or all", info->name, arg);
    }
    *out = value;
    return 0;
}

static error_t set_time(struct parse *parse, const struct option_info *info, int64_t *out_ps,
                        const char *arg) {
    const char *why = NULL;
    if (units_parse_time(out_ps, &why, arg) != STATUS_OK) {
        return refuse(parse, "--%s %s: %s", info->name, arg, why);
    }
    if (*out_ps < (int64_t)info->min) {
        return refuse(parse, "--%s %s: expected more than 0", info->name, arg);
    }
    return 0;
}

static error_t set_bytes(struct parse *parse, const struct option_info *info, uint64_t *out,
                         const char *arg) {
    const char *why = NULL;
    double value = 0;
    uint64_t count;
    if (read_count(&count, arg)) {
        value = (double)count;
    } else if (units_parse(&value, &why, arg, UNIT_BYTES) != STATUS_OK) {
        return refuse(parse, "--%s %s: %s", info->name, arg, why);
    }
    if (value >= 0x1p63) {
        return refuse(parse, "--%s %s: the number is too large", info->name, arg);
    }
    if (value < 1) {
        return refuse(parse, "--%s %s: expected at least one byte", info->name, arg);
    }
    *out = (uint64_t)value;
    return 0;
}

static error_t set_real(struct parse *parse, const struct option_info *info, double *out,
                        const char *arg) {
    char *end;
    double value = strtod(arg, &end);
    if (end == arg || *end != '\0' || !isfinite(value)) {
        return refuse(parse, "--%s %s: expected a number", info->name, arg);
    }
    *out = value;
    return 0;
}

/* Is `word` one of a list with blanks between? */
static bool has_word(const char *list, const char *word) {
    size_t n = strlen(word);
    for (const char *at = list; at && n > 0 && (at = strstr(at, word)); at += n) {
        bool starts = at == list || at[-1] == ' ';
        if (starts && (at[n] == ' ' || at[n] == '\0')) {
            return true;
        }
    }
    return false;
}

/* "auto or statevector" */
static void print_choices(struct text *out, const char *choices) {
    for (const char *at = choices; *at; at++) {
        if (*at == ' ') {
            text_add(out, strchr(at + 1, ' ') ? ", " : " or ");
        } else {
            text_add_n(out, at, 1);
        }
    }
}

static error_t set_choice(struct parse *parse, const struct option_info *info, const char **out,
                          const char *arg) {
    if (has_word(info->choices, arg)) {
        *out = arg;
        return 0;
    }
    struct text choices = {0};
    print_choices(&choices, info->choices);
    const char *names = choices.failed ? info->choices : choices.data;
    error_t error = has_word(info->later, arg)
                        ? refuse(parse, "--%s %s is not available yet; use %s%s", info->name, arg,
                                 names, info->instead ? info->instead : "")
                        : refuse(parse, "--%s %s: expected %s", info->name, arg, names);
    text_fini(&choices);
    return error;
}

static error_t add_decode(struct parse *parse, const char *arg) {
    struct cli_options *options = parse->options;
    if (options->n_decodes == CLI_MAX_DECODES) {
        return refuse(parse, "--decode: at most %d", CLI_MAX_DECODES);
    }
    options->decodes[options->n_decodes++] = arg;
    return 0;
}

static error_t add_param(struct parse *parse, const char *arg) {
    struct cli_options *options = parse->options;
    if (options->n_params == CLI_MAX_PARAMS) {
        return refuse(parse, "--param: at most %d", CLI_MAX_PARAMS);
    }
    if (strchr(arg, '=') == NULL || arg[0] == '=') {
        return refuse(parse, "--param %s: expected NAME=VALUE", arg);
    }
    options->params[options->n_params++] = arg;
    return 0;
}

static error_t set_option(struct parse *parse, const struct option_info *info, const char *arg) {
    char *field = (char *)parse->options + info->offset;
    if (info->id >= OPTION_GEN) {
        parse->options->gen.given |= UINT32_C(1) << (info->id - OPTION_GEN);
    } else {
        parse->options->given |= UINT64_C(1) << info->id;
    }
    switch (info->kind) {
    case OPTION_KIND_FLAG:
        *(bool *)(void *)field = true;
        return 0;
    case OPTION_KIND_COUNT:
        return set_count(parse, info, (uint64_t *)(void *)field, arg);
    case OPTION_KIND_TOP:
        return set_top(parse, info, (uint64_t *)(void *)field, arg);
    case OPTION_KIND_BYTES:
        return set_bytes(parse, info, (uint64_t *)(void *)field, arg);
    case OPTION_KIND_REAL:
        return set_real(parse, info, (double *)(void *)field, arg);
    case OPTION_KIND_TIME:
        return set_time(parse, info, (int64_t *)(void *)field, arg);
    case OPTION_KIND_TEXT:
        if (arg[0] == '\0') {
            return refuse(parse, "--%s: its value is empty", info->name);
        }
        *(const char **)(void *)field = arg;
        return 0;
    case OPTION_KIND_CHOICE:
        return set_choice(parse, info, (const char **)(void *)field, arg);
    case OPTION_KIND_DECODE:
        return add_decode(parse, arg);
    case OPTION_KIND_PARAM:
        return add_param(parse, arg);
    case OPTION_KIND_LATER:
        return info->help ? refuse(parse, "--%s is not available yet; %s", info->name, info->help)
                          : refuse(parse, "--%s is not available yet", info->name);
    }
    return ARGP_ERR_UNKNOWN;
}

/* Names of this command's options that start with the first n characters of `word` (n = 0: all). */
static size_t list_names(const char **out, enum command_id command, const char *word, size_t n) {
    size_t n_names = 0;
    for (size_t i = 0; i < options_count; i++) {
        if (has_option(command, &options_table[i]) &&
            strncmp(options_table[i].name, word, n) == 0) {
            out[n_names++] = options_table[i].name;
        }
    }
    return n_names;
}

/* Says what is wrong with an argument that getopt did not take. */
static error_t explain(struct parse *parse, const char *token) {
    if (token[0] != '-' || token[1] != '-') {
        const struct option_info *info =
            token[0] == '-' ? find_key(parse->command, token[1]) : NULL;
        return info && info->metavar ? refuse(parse, "%s needs a value: %s", token, info->metavar)
                                     : refuse(parse, "unknown option %s; see qspan %s --help",
                                              token, cli_commands[parse->command].name);
    }
    const char *names[MAX_TABLE];
    const char *word = token + 2;
    size_t n = strcspn(word, "=");
    size_t n_names = n > 0 ? list_names(names, parse->command, word, n) : 0;
    if (n_names > 1 && strlen(names[0]) != n) {
        return refuse(parse, "%s may be --%s or --%s", token, names[0], names[1]);
    }
    if (n_names > 0) {
        return word[n] == '=' ? refuse(parse, "--%s takes no value", names[0])
                              : refuse(parse, "--%s needs a value", names[0]);
    }
    struct nearest near = nearest_start(word);
    n_names = list_names(names, parse->command, word, 0);
    for (size_t i = 0; i < n_names; i++) {
        nearest_offer(&near, names[i]);
    }
    return near.best ? refuse(parse, "unknown option %s; did you mean --%s?", token, near.best)
                     : refuse(parse, "unknown option %s; see qspan %s --help", token,
                              cli_commands[parse->command].name);
}

static error_t take_arg(struct parse *parse, const char *arg) {
    struct cli_options *options = parse->options;
    if (arg[0] == '\0') {
        return refuse(parse, "an argument is empty");
    }
    if (options->n_args == cli_commands[parse->command].n_args_max) {
        return refuse(parse, "unexpected argument '%s'", arg);
    }
    options->args[options->n_args++] = arg;
    return 0;
}

/* The first of the words of args_help that is not given. */
static error_t take_end(struct parse *parse) {
    const struct cli_command *command = &cli_commands[parse->command];
    if (parse->options->wants_help || parse->options->n_args >= command->n_args_min) {
        return 0;
    }
    const char *word = command->args_help;
    for (size_t i = 0; i < parse->options->n_args; i++) {
        word += strcspn(word, " ");
        word += strspn(word, " ");
    }
    return refuse(parse, "%.*s is missing; see qspan %s --help", (int)strcspn(word, " "), word,
                  command->name);
}

static error_t take_key(int key, char *arg, struct argp_state *state) {
    struct parse *parse = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        return take_arg(parse, arg);
    case ARGP_KEY_END:
        return take_end(parse);
    case ARGP_KEY_ERROR:
        return parse->is_reported ? 0 : explain(parse, state->argv[state->next - 1]);
    default: {
        const struct option_info *info = find_key(parse->command, key);
        return info ? set_option(parse, info, arg) : ARGP_ERR_UNKNOWN;
    }
    }
}

/* `generator`: without options of others; NULL: all. */
static void fill_argp_options(struct argp_option *out, enum command_id command,
                              const struct generator *generator) {
    size_t n = 0;
    for (size_t i = 0; i < options_count; i++) {
        const struct option_info *info = &options_table[i];
        const bool is_others = generator != NULL && info->id >= OPTION_GEN &&
                               !gen_takes(generator, (enum gen_param)(info->id - OPTION_GEN));
        if (has_option(command, info) && !is_others) {
            out[n++] = (struct argp_option){
                .name = info->name,
                .key = option_key(i),
                .arg = info->metavar,
                .flags = info->kind == OPTION_KIND_LATER ? OPTION_HIDDEN : 0,
                .doc = info->help,
                .group = (int)i + 1, /* keeps the order of the table */
            };
        }
    }
    out[n] = (struct argp_option){0};
}

static void set_defaults(struct cli_options *options) {
    *options = (struct cli_options){
        .engine = "auto",
        .precision = "double",
        .distribute = "simple",
        .idle = "twirl",
        .format = "qasm2",
        .out_format = "01",
        .obs_out_format = "01",
        .sweep_format = "01",
        .replicas = "auto",
        .n_shots = 1024,
        .shots_per_timeline = 1024,
        .max_rounds = 32,
        .max_branches = 65536,
        .n_ranks = 1,
        .workload = "all-to-all",
        .n_requests = 10000,
        .n_jobs = 1,
    };
}

enum status options_parse(struct cli_options *out_options, enum command_id command, int argc,
                          char **argv) {
    struct argp_option table[MAX_TABLE];
    struct cli_options options;
    struct parse parse = {.options = &options, .command = command};
    struct argp argp = {.options = table, .parser = take_key};
    CHECK(options_count < MAX_TABLE);
    fill_argp_options(table, command, NULL);
    set_defaults(&options);
    error_t error =
        argp_parse(&argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_NO_EXIT, NULL, &parse);
    if (error != 0) {
        return parse.is_reported ? STATUS_USAGE
                                 : log_error(STATUS_INTERNAL, "command line: %s", strerror(error));
    }
    *out_options = options;
    return STATUS_OK;
}

/* At a blank, outside of brackets. */
static bool can_break(const char *line, size_t at) {
    const bool is_blank = line[at] == ' ';
    while (at > 0 && line[at - 1] != '[' && line[at - 1] != ']') {
        at--;
    }
    return is_blank && (at == 0 || line[at - 1] == ']');
}

/* A line, broken where it is too long: what follows stands further in than the line. */
static void add_wrapped(struct text *out, const char *line, size_t n) {
    enum { WIDTH = 78 };
    const size_t n_indent = strspn(line, " ");
    size_t room = WIDTH;
    while (n > room) {
        size_t end = room;
        while (end > n_indent && !can_break(line, end)) {
            end--;
        }
        if (end <= n_indent) {
            break;
        }
        text_add_n(out, line, end);
        text_printf(out, "\n%*s", (int)n_indent + 2, "");
        line += end + 1;
        n -= end + 1;
        room = WIDTH - n_indent - 2;
    }
    text_add_n(out, line, n);
    text_add(out, "\n");
}

static void add_details(struct text *out, const struct cli_command *command,
                        const struct generator *generator) {
    struct text lines = {0};
    if (generator) {
        gen_add_entry(&lines, generator);
    } else {
        command->add_details(&lines);
    }
    for (const char *line = lines.failed ? "" : lines.data; *line;) {
        const size_t n = strcspn(line, "\n");
        add_wrapped(out, line, n);
        line += n + (line[n] == '\n');
    }
    text_add(out, "\n");
    text_fini(&lines);
}

void options_print_help(enum command_id command, const struct generator *generator) {
    struct argp_option table[MAX_TABLE];
    const struct cli_command *info = &cli_commands[command];
    struct text doc = {0}, name = {0};
    text_printf(&doc, "%s\v", info->summary);
    if (generator || info->add_details) {
        add_details(&doc, info, generator);
    }
    text_add(&doc, info->details ? info->details : "");
    text_printf(&name, "qspan %s", info->name);
    if (!doc.failed && !name.failed) {
        struct argp argp = {.options = table, .args_doc = info->args_help, .doc = doc.data};
        fill_argp_options(table, command, generator);
        /* that -n N and --n=N take the same value is seen from the list */
        setenv("ARGP_HELP_FMT", "no-dup-args-note", 0);
        argp_help(&argp, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC, name.data);
    }
    text_fini(&name);
    text_fini(&doc);
}

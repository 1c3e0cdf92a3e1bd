/* The manual page, from the tables of commands and options, in the man macros of troff. */
#include "cli/man.h"

#include <string.h>

#include "base/version.h"
#include "cli/cli.h"
#include "cli/options.h"

/* Text of a line: no escapes, no requests by accident, hyphens that can be copied. */
static void add_plain(struct text *out, const char *plain) {
    for (const char *c = plain; *c; c++) {
        if (*c == '\\') {
            text_add(out, "\\e");
        } else if (*c == '-') {
            text_add(out, "\\-");
        } else if ((*c == '.' || *c == '\'') && (c == plain || c[-1] == '\n')) {
            text_add(out, "\\&");
            text_add_n(out, c, 1);
        } else {
            text_add_n(out, c, 1);
        }
    }
}

/* Paragraphs with an empty line between; a line that starts with a blank is a line of its own, and
 * one that starts with four stands further in. */
static void add_paragraphs(struct text *out, const char *text) {
    for (const char *line = text; *line;) {
        const size_t n = strcspn(line, "\n");
        struct text plain = {0};
        text_add_n(&plain, line, n);
        const size_t n_indent = strspn(line, " ");
        if (n == 0) {
            text_add(out, ".PP\n");
        } else {
            text_add(out, n_indent >= 4 ? ".RS 4\n" : n_indent > 0 ? ".br\n" : "");
            add_plain(out, plain.failed ? "" : plain.data + n_indent);
            text_add(out, n_indent >= 4 ? "\n.RE\n" : "\n");
        }
        text_fini(&plain);
        line += n + (line[n] == '\n');
    }
}

static void add_option(struct text *out, const struct option_info *info) {
    text_add(out, ".TP\n.B ");
    if (info->letter) {
        text_printf(out, "\\-%c, ", info->letter);
    }
    text_add(out, "\\-\\-");
    add_plain(out, info->name);
    if (info->metavar) {
        text_add(out, "=");
        add_plain(out, info->metavar);
    }
    text_add(out, "\n");
    add_plain(out, info->help);
    text_add(out, "\n");
}

static void add_command(struct text *out, enum command_id id) {
    const struct cli_command *command = &cli_commands[id];
    text_add(out, ".SH QSPAN ");
    for (const char *c = command->name; *c; c++) {
        const char letter = (char)(*c - 'a' + 'A'); /* names are letters */
        text_add_n(out, &letter, 1);
    }
    text_printf(out, "\n.B qspan %s\n[\\fIOPTION\\fR...] ", command->name);
    add_plain(out, command->args_help);
    text_add(out, "\n.PP\n");
    add_plain(out, command->summary);
    text_add(out, "\n");
    for (size_t i = 0; i < options_count; i++) {
        const struct option_info *info = &options_table[i];
        if ((info->commands >> id & 1) != 0 && info->kind != OPTION_KIND_LATER && info->help) {
            add_option(out, info);
        }
    }
    text_add(out, ".PP\n");
    if (command->add_details) {
        struct text details = {0};
        command->add_details(&details);
        add_paragraphs(out, details.failed ? "" : details.data);
        text_fini(&details);
        text_add(out, ".PP\n");
    }
    add_paragraphs(out, command->details ? command->details : "");
}

void man_add_page(struct text *out) {
    text_add(out, ".TH QSPAN 1 \"\" \"qspan " QSPAN_VERSION "\" \"User Commands\"\n"
                  ".nh\n.ad l\n"
                  ".SH NAME\nqspan \\- emulate a network of quantum computers\n"
                  ".SH SYNOPSIS\n.B qspan\n\\fICOMMAND\\fR [\\fIOPTION\\fR...]\n.br\n"
                  ".B mpirun \\-n\n\\fIN\\fR\n.B qspan\n\\fICOMMAND\\fR [\\fIOPTION\\fR...]\n"
                  ".SH DESCRIPTION\n"
                  "qspan cuts a circuit across several quantum computers, runs it over teleported "
                  "gates and states on a modelled network, and reports joint counts, every Bell "
                  "pair and message used, and a timeline.\n.PP\nCommands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        text_printf(out, ".TP\n.B %s\n", cli_commands[i].name);
        add_plain(out, cli_commands[i].brief);
        text_add(out, "\n");
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        add_command(out, (enum command_id)i);
    }
}

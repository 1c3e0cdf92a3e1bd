/* The files that a command writes. */
#ifndef QSPAN_CLI_OUTPUTS_H
#define QSPAN_CLI_OUTPUTS_H

#include "base/text.h"
#include "cli/cli.h"
#include "machine/machine.h"
#include "network/trace.h"

/* They must differ from each other and from what the command reads, as far as names tell, and what
 * cannot go to standard output must have a name. Exceptions: `plan -o`, `convert` and `--resume`
 * with `-o` may replace what was read. Looks at no file. Errors: STATUS_USAGE, logged. */
enum status outputs_check(const struct cli_options *options, enum command_id command);
/* The same of the files that the names mean: links are followed, and a file that is not there is
 * told by its folder and name. For the rank that writes. */
enum status outputs_check_files(const struct cli_options *options, enum command_id command);
/* What --json asks for, then the report to standard output, unless that is where the JSON goes:
 * whatever becomes of one, the other is written. For the rank that writes. json NULL: the command
 * has none here. Errors: as file_write. */
enum status outputs_write_report(const struct cli_options *options, const struct text *report,
                                 const struct text *json);
/* Errors: as file_write. */
enum status outputs_write_trace(const char *path, const struct machine *machine,
                                const struct network_trace *trace);

#endif

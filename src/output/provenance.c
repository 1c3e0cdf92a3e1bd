#include "output/provenance.h"

#include <time.h>

#include "base/version.h"

void output_note_time(struct store_file *file, const char *name, int64_t unix_s) {
    char text[32] = "";
    struct tm utc;
    time_t t = (time_t)unix_s;
    if (gmtime_r(&t, &utc)) {
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    store_file_note(file, "/", name, text);
}

void output_note_provenance(struct store_file *file, const char *format,
                            const struct output_provenance *provenance) {
    store_file_note(file, "/", "format", format);
    store_file_note_u64(file, "/", "schema", 1);
    store_file_note(file, "/", "version", QSPAN_VERSION);
    store_file_note(file, "/", "build", QSPAN_GIT_HASH " (" QSPAN_COMPILER ")");
    store_file_note(file, "/", "command_line", provenance->command_line);
    store_file_note(file, "/", "machine", provenance->machine);
    store_file_note(file, "/", "noise", provenance->noise);
    store_file_note(file, "/", "mpi", comm_library());
    output_note_time(file, "started_utc", provenance->started_s);
}

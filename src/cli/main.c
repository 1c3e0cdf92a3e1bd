#include <fcntl.h>
#include <unistd.h>

#include "cli/cli.h"

/* Of a stream that was closed by whoever started this, the number must not become a file's: what is
 * meant for the stream would get into it. In the wrong direction, so that its use fails. */
static void fill_closed_streams(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

int main(int argc, char **argv) {
    fill_closed_streams();
    return cli_main(argc, argv);
}

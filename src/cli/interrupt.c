#include "cli/interrupt.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static const int signals[] = {SIGTERM, SIGUSR1};
enum { N_SIGNALS = sizeof signals / sizeof signals[0] };

volatile sig_atomic_t interrupt_signal;
static volatile sig_atomic_t says_so;

/* Only what is safe in a signal handler; batch systems send the same signal more than once. */
static void note_signal(int number) {
    static const char text[] = "qspan: told to stop\n";
    const int saved = errno;
    if (interrupt_signal == 0 && says_so && write(STDERR_FILENO, text, sizeof text - 1) < 0) {
        says_so = 0; /* nobody is there to read it */
    }
    interrupt_signal = interrupt_signal == 0 ? number : interrupt_signal;
    errno = saved;
}

void interrupt_listen(bool is_talking) {
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
    interrupt_signal = 0;
    says_so = is_talking;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < N_SIGNALS; i++) {
        sigaction(signals[i], &action, NULL);
    }
}

void interrupt_share(const struct team *team) {
    uint64_t number = (uint64_t)interrupt_signal;
    comm_max_u64(team, &number, 1);
    interrupt_signal = (sig_atomic_t)number;
}

const char *interrupt_name(void) {
    return interrupt_signal == SIGUSR1 ? "SIGUSR1" : "SIGTERM";
}

#include "cli/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/draft.h"

static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};
static const int stops[] = {SIGTERM, SIGUSR1};
enum {
    N_ENDS = sizeof ends / sizeof ends[0],
    N_STOPS = sizeof stops / sizeof stops[0],
    PATIENCE_S = 2, /* less than launchers have before they send SIGKILL */
};

volatile sig_atomic_t interrupt_signal;
static volatile sig_atomic_t says_so, has_results, n_seconds;

/* ---- handlers: only what is safe in one ---- */

/* Does not wait for a reader. */
static void say(const char *text) {
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (says_so && poll(&out, 1, 0) > 0 && write(STDERR_FILENO, text, strlen(text)) < 0) {
        says_so = 0; /* nobody is there to read it */
    }
}

/* As if there were no handler, which nothing blocks. */
static void end_by(int number) {
    file_drafts_unlink();
    signal(number, SIG_DFL);
    raise(number);
}

/* Batch systems send the same signal more than once. */
static void note_signal(int number) {
    const int saved = errno;
    if (interrupt_signal == 0) {
        interrupt_signal = number;
        alarm(1);
        say("qspan: told to stop\n");
    }
    errno = saved;
}

/* Each second after that: interrupts who waits for a reader (file_set_stop). */
static void lose_patience(int number) {
    const int saved = errno;
    (void)number;
    n_seconds++;
    if (!has_results && n_seconds >= PATIENCE_S) {
        say("qspan: stopped: there are no results\n");
        end_by(interrupt_signal);
    }
    alarm(1);
    errno = saved;
}

/* ---- what is listened to ---- */

static void handle(int number, void (*handler)(int), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void interrupt_init(void) {
    for (size_t i = 0; i < N_ENDS; i++) {
        struct sigaction old;
        if (sigaction(ends[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL) {
            handle(ends[i], end_by, SA_NODEFER);
        }
    }
}

void interrupt_listen(bool is_talking) {
    interrupt_signal = 0;
    has_results = 0;
    n_seconds = 0;
    says_so = is_talking;
    handle(SIGALRM, lose_patience, 0);
    file_set_stop(&interrupt_signal);
    for (size_t i = 0; i < N_STOPS; i++) {
        handle(stops[i], note_signal, SA_RESTART);
    }
}

void interrupt_keep(void) {
    has_results = 1;
}

void interrupt_share(const struct team *team) {
    uint64_t number = (uint64_t)interrupt_signal;
    comm_max_u64(team, &number, 1);
    interrupt_signal = (sig_atomic_t)number;
}

const char *interrupt_name(void) {
    return interrupt_signal == SIGUSR1 ? "SIGUSR1" : "SIGTERM";
}

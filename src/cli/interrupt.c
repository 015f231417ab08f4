/* Interruption by signal. */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t caught;

/* SIGUSR1 may come again from each layer that started the program, and the SIGTERM of a time limit behind it is still a first
 * request. */
static void handle(int number) {
    if (caught == 0) caught = number;
    if (number != SIGINT && number != SIGTERM) return;
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

void gt_interrupt_catch(void) {
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART}, before;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    /* nohup(1) */
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, NULL);
}

int gt_interrupt_signal(void) { return caught; }

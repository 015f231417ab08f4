/* private to the CLI. SIGINT, SIGTERM, SIGUSR1 and SIGHUP ask a command to stop; a second SIGINT or SIGTERM ends the program at
 * once. A batch system sends SIGUSR1 some time before a job's limit. */
#ifndef GT_CLI_INTERRUPT_H
#define GT_CLI_INTERRUPT_H

void gt_interrupt_catch(void);

/* The first signal that came, or 0. */
int gt_interrupt_signal(void);

#endif

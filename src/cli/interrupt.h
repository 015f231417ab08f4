/* private to the CLI. SIGINT and SIGTERM ask a command to stop; a second one ends the program at once. */
#ifndef GT_CLI_INTERRUPT_H
#define GT_CLI_INTERRUPT_H

void gt_interrupt_catch(void);

/* The signal that came, or 0. */
int gt_interrupt_signal(void);

#endif

/*
 * Namespaces that stay: pinned, or kept in the background.
 */
#ifndef MR_CLI_STAY_H
#define MR_CLI_STAY_H

#include "cli/options.h"

/*
 * Makes the pins that were asked for, and turns what was to be new of them into something to join. Returns 0, or the exit status
 * after a message; then none of them is left.
 */
int stay_pin(struct options *options);

/* Takes them back, where nothing came of what they were for. In the process that made them. */
void stay_undo_pins(void);

/*
 * Goes to the background: returns there with 0. The process that called waits until the command runs (or a holder), or until it is
 * known why not, and ends. In the re-executed program: takes up what the first run has left. Or the exit status, after a message.
 */
int stay_detach(void);

/* In the background, in the command's process: nothing of the terminal stays with it. Until it fails; see stay_fail(). */
void stay_leave_terminal(void);

/* Before the command is executed: if nothing more is heard of it, it was. */
void stay_try(void);

/* Where this process stays after that: who waits is let go. */
void stay_done(void);

/* It failed: messages can be seen again. The status goes to who waits. */
void stay_come_to_nothing(void);
int stay_fail(int status);

/* Instead of a command. Returns the exit status. */
int stay_hold(const struct maproot_request *request, const struct maproot_outcome *outcome);

#endif

/*
 * The end of a process that is held: whether it has come, waiting for it, bringing it about. A zombie has ended.
 * pidfd_open(2), pidfd_send_signal(2), proc(5). Any thread.
 */
#ifndef MR_SYSTEM_ENDING_H
#define MR_SYSTEM_ENDING_H

#include "system/process.h"

#include <stdbool.h>

/* Waits `ms` at most (0: only looks) until it has ended. 0; -ETIMEDOUT: it lives; or -errno. */
int mr_ending_await(const struct mr_process *process, int ms);

/* Sends a signal to that process and no other. 0, or -errno: -ESRCH when it is gone, -EPERM. */
int mr_ending_signal(const struct mr_process *process, int number);

#endif

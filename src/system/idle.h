/*
 * Waiting for long in little memory.
 */
#ifndef MR_SYSTEM_IDLE_H
#define MR_SYSTEM_IDLE_H

#include "system/signals.h"

/*
 * As mr_signals_wait() without a timeout, in a single-threaded process that does nothing else: its code, and the
 * stack that is not in use, are given back meanwhile and come again, page by page, as they are needed.
 */
int mr_idle_wait(mr_signal_set set, siginfo_t *ret_info);

#endif

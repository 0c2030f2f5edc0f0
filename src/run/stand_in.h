/*
 * Being there for a command alone: from before it starts every signal that this process gets is the command's.
 */
#ifndef MR_RUN_STAND_IN_H
#define MR_RUN_STAND_IN_H

#include "run/start.h"

/* Blocks everything, and keeps what the child shall have: signals, timers, being a subreaper. */
int mr_stand_in_begin(struct mr_start *start, struct maproot_error *err);

/* Nothing was started: as if nothing had been tried. */
void mr_stand_in_cancel(struct mr_start *start);

/* Once it was started: what a sender may fill our queue with still fits on the child's. */
void mr_stand_in_leave_room(void);

#endif

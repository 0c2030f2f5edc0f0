/*
 * Whether a process may be looked into (ptrace, /proc/PID), while children share its memory: there is one such setting
 * for them all. Some children need it on, for the maps that they write of themselves; some clear it, of their own will
 * or by changing ids. These two kinds are kept apart in time. prctl(2) PR_SET_DUMPABLE.
 */
#ifndef MR_SYSTEM_DUMPABLE_H
#define MR_SYSTEM_DUMPABLE_H

#include <stdbool.h>

/* Before a child is started; waits until no child of the other kind is being started. Returns what was set. */
int mr_dumpable_hold(bool changes);

/* When the child has executed: as it was before. */
void mr_dumpable_release(bool changes, int former);

/* In a copy of this process: what other threads held is theirs. */
void mr_dumpable_forget(void);

#endif

/*
 * Scopes: control groups that the caller's systemd makes and watches. Asked for through our program maproot-scope,
 * which speaks D-Bus. Source: systemd.scope(5), org.freedesktop.systemd1(5).
 */
#ifndef MR_SYSTEM_SCOPE_H
#define MR_SYSTEM_SCOPE_H

#include <maproot/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { MR_SCOPE_PROPERTIES = 32 }; /* at most, of one scope */

/*
 * Does it look as if a manager would answer: its private socket is there for us to write to, and so is our program.
 * Asks nobody, waits for nothing. As root the system's manager, else the user's; root of a user namespace may have
 * either.
 */
bool mr_scope_is_there(void);

/*
 * Makes the scope `unit` ("maproot-ID.scope"; one of this name must not be there) around a process, delegated to the
 * caller. `slice`: "NAME.slice"; NULL: as the manager likes it. A property is "MemoryMax=536870912": MemoryMin,
 * MemoryLow, MemoryHigh, MemoryMax, MemorySwapMax, TasksMax, CPUQuotaPerSecUSec, CPUQuotaPeriodUSec (or "infinity"),
 * CPUWeight and IOWeight (1 to 10000). When it returns 0, the manager has said that the process is in it; where that
 * is, is to be read in /proc. Step PROGRAM, PROGRAM_FAILED or INTERRUPTED: then nothing is to be stopped, for what
 * has this name may be somebody else's; a scope that came into being all the same goes by itself when the process has
 * ended.
 */
int mr_scope_start(const char *unit, const char *slice, pid_t pid, const char *const *properties, size_t count,
		   struct maproot_error *err);

/* Kills what is in it, and waits until it is gone. 0 also where there is none; one that is not maproot's is left alone. */
int mr_scope_stop(const char *unit, struct maproot_error *err);

#endif

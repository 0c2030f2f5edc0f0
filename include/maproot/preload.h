/*
 * Joined before main: what environment variables asked for, and libmaproot-preload did before the first line of the
 * program. That is a library for LD_PRELOAD, libmaproot-preload.so, and an object to link into programs whose runtime
 * starts threads before anybody could join, libmaproot-preload.a. These functions are theirs, not libmaproot's.
 *
 *   maproot_TYPE=REF          TYPE is cgroup, ipc, mnt, net, pid, time, user or uts; REF as in <maproot/join.h>
 *   maproot_order=[!]TYPE[,[!]TYPE]...
 *                             as maproot_join_open() has it: what is set but not in it is not joined. Without it all
 *                             that is set is opened first, and joined in the order that the owners decide
 *   maproot_on_error=exit     says what is wrong on standard error and ends the process with status 125, or
 *                   =record   lets main begin, which can ask here. Without it the library exits, the object records
 *
 * One that is empty is as good as not set. Any other variable that begins like these is an error, and so is one that is
 * there twice. They are gone from the environment when main begins, after an error too, so that no child joins again.
 * Where AT_SECURE is set (getauxval(3)) they are removed and mean nothing.
 *
 * All or nothing: after an error the process is where it was; where the kernel makes that impossible (a user namespace
 * can't be left), the error says what it is in. The first error counts.
 *
 * What is joined holds for the process with all its threads to come; a pid namespace for its children only. In a joined
 * mount namespace the working directory is "/". In a joined user namespace the process is its root where that is
 * mapped, else who it was, with all capabilities there; supplementary groups are dropped where that is allowed; and the
 * process is not dumpable from before it enters, since those who rule there must not rule it: no ptrace(2), no core,
 * files of its own in /proc that it can't open. That stays so, as no exec follows that would leave nothing to see. A
 * program that has nothing to hide from them can turn it back: prctl(2), PR_SET_DUMPABLE. All else is as it was.
 *
 * The variables' prefix is chosen when this is built (MAPROOT_ENV_PREFIX); the names of these functions stay.
 */
#ifndef MAPROOT_PRELOAD_H
#define MAPROOT_PRELOAD_H

#include <maproot/error.h>
#include <maproot/namespace.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What went wrong; code 0: nothing. Any time, any thread: it is written before main, and never after. */
const struct maproot_error *maproot_preload_result(void);

/* The same in words, one line without a newline; "" where nothing went wrong. */
const char *maproot_preload_message(void);

/*
 * The set of types that were entered; those in which the process was already are not among them. After an error: those
 * that it could not leave again.
 */
unsigned int maproot_preload_joined(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

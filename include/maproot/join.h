/*
 * Joining namespaces that exist. Which ones is said by references, in one grammar everywhere:
 *
 *   [TYPE[,TYPE]...=]REF
 *   REF   PID               the namespaces of a process
 *         pid:PID           the same
 *         pid:PID:START     the same, if that process started at START (field 22 of /proc/PID/stat)
 *         fd:N              a namespace, or the process of a pidfd, by an open descriptor
 *         name:NAME         what `maproot --name` keeps (<maproot/name.h>)
 *         PATH              one namespace: anything else. Below /proc or bound to a file
 *
 * Without TYPE: of a process or a name every type in which it differs from the caller; of a path or a descriptor the
 * type that it is. TYPE as below /proc/PID/ns, or as OCI names it.
 *
 * Everything is opened once and judged on what was opened; a process is held by a pidfd, so that nobody who was given
 * its number later is ever entered. A namespace in which the caller is already is skipped. Many types of one process
 * are joined in one call, all or none (Linux 5.8); else one by one, in an order that the owners of the namespaces
 * decide: what the rights of now are needed for, then the user namespace, then what it gives the rights for.
 *
 * Source: setns(2), ioctl_ns(2), namespaces(7), user_namespaces(7).
 */
#ifndef MAPROOT_JOIN_H
#define MAPROOT_JOIN_H

#include <maproot/error.h>
#include <maproot/namespace.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * References opened: the namespaces stay alive while this is open, whatever becomes of the process they are from. Not
 * changed by use: any number of threads may use one at once.
 */
struct maproot_join;

/*
 * Opens references. `order` NULL: the owners decide. Else a list "[!]TYPE[,[!]TYPE]...": types are joined in this order
 * and no other type is; with "!" opened now, without only when the type's turn comes (so inside what was joined before
 * it: a path is looked up there). References without TYPE are always opened now, after those with. The strings are
 * copied. Returns 0, or -errno, with step
 *   REFERENCE       -EINVAL: malformed, two references for one type, a type that is unknown or twice in the order
 *   NO_PROCESS      -ESRCH: no such process, or not any more the one that started at START
 *   OPEN_NAMESPACE  -ENOENT, -EACCES ...: it does not exist, or may not be looked at
 *   NOT_NAMESPACE   -EINVAL: it exists but is no namespace
 *   WRONG_TYPE      -EINVAL: it is a namespace of another type
 *   NAME            -ENOENT, -ESRCH: nothing has that name (any more)
 */
int maproot_join_open(const char *const *references, size_t count, const char *order,
		      struct maproot_join **ret_join, struct maproot_error *err);

/* The calling thread's own namespaces of these types: what another thread, or a function inside, may come back to. */
int maproot_join_current(unsigned int types, struct maproot_join **ret_join, struct maproot_error *err);

/* The types that it holds, also those in which the caller is already. */
unsigned int maproot_join_types(const struct maproot_join *join);

/*
 * An open descriptor of one namespace of it, which stays the join's; -1 where it has none of that type (any more open).
 */
int maproot_join_fd(const struct maproot_join *join, enum maproot_namespace type);

/* Closes it. NULL is good. */
void maproot_join_close(struct maproot_join *join);

/* What runs inside. `caller`: the namespaces of who called, of the types that were joined but user and pid, into
 * which nobody comes back; gone when this returns. */
typedef int maproot_inside(void *arg, const struct maproot_join *caller);

/*
 * Runs a function inside and waits for it. The caller's own namespaces are untouched whatever happens. Returns 0 with
 * the function's result in `*ret_result`, or -errno when it could not be run, or did not come back (step RUN_IN).
 *
 * For cgroup, ipc, mnt, net and uts it runs on a thread of its own, in this process's memory, with all signals blocked
 * that can be. For user, pid and time it runs in a child: a copy of this process, from which its result comes back and
 * nothing else does; all other threads are missing there, and its end sends this process a SIGCHLD (fork(2)). Calls
 * nest. Any thread, any number at once.
 */
int maproot_run_in(const struct maproot_join *join, maproot_inside *function, void *arg,
		   int *ret_result, struct maproot_error *err);

/* Where a thread was before maproot_enter(); for maproot_leave(). Not to be looked into. */
struct maproot_visit {
	unsigned int types;
	unsigned int depth;
	const void *thread;
	int home[MAPROOT_NAMESPACE_COUNT];
	int root;
	int directory;
};

/*
 * Takes the calling thread inside, until maproot_leave(). For pid it is what the thread's next children get; time needs
 * a process with one thread; mnt gives the thread a root and working directory of its own for good; user can't be left
 * again and is refused (-EINVAL, step REQUEST) unless the thread is in that one already: see maproot_run_in(),
 * maproot_spawn(). All or nothing: on failure the thread is where it was, or the error says into what it came (step
 * JOIN). Coming back takes CAP_SYS_ADMIN over where one was: whoever has no rights there (root of a user namespace who
 * shares the host's network, say) can visit another, but not return; maproot_run_in() is for him.
 */
int maproot_enter(const struct maproot_join *join, struct maproot_visit *ret_visit, struct maproot_error *err);

/*
 * Back to where this thread was, root and working directory too. Visits end in the opposite order of their begin:
 * another one, or one of another thread, is -EINVAL and nothing happens. A restore that fails (step RESTORE) marks the
 * thread: enter, leave and run_in answer -ENOTRECOVERABLE there from then on; end it.
 */
int maproot_leave(struct maproot_visit *visit, struct maproot_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

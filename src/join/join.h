/*
 * Opened references, and entering them: what the files of this directory share. open.c makes a join, with held.c for
 * what is of a process, order.c says in which order, enter.c does it, rights.c says why not, home.c remembers the way
 * back.
 */
#ifndef MR_JOIN_JOIN_H
#define MR_JOIN_JOIN_H

#include "model/reference.h"
#include "system/process.h"

#include <maproot/join.h>

/* One namespace to enter. */
struct mr_target {
	struct mr_reference reference; /* its text is good as long as the join */
	bool held;                     /* it is of join->process */
	int fd;                        /* -1: not opened; yet, or because it is of join->process */
	struct mr_nsfs_id id;          /* unless late */
};

/*
 * Either `process` holds the one process that all are of, and they can be entered in one call; or all but the late ones
 * are open.
 */
struct maproot_join {
	unsigned int types;
	unsigned int late;     /* of these: opened when their turn comes */
	unsigned int whole;    /* of these: of a process of which none were named */
	unsigned int same;     /* those in which the opener was already; not in `types` where none were named */
	struct mr_order order; /* count 0: the owners decide */
	struct mr_target target[MAPROOT_NAMESPACE_COUNT];
	struct mr_process process;
	int proc; /* /proc as it was before; -1: not needed after */
};

struct mr_join_wish {
	const char *const *references;
	size_t count;
	const char *order;    /* or NULL */
	unsigned int created; /* types that are to be new: one that is named as well is refused, "all" means the others */
	bool lasting;         /* the processes may end before it is used */
};

/*
 * Opens references; strings are the caller's and stay pointed to. Errors as maproot_join_open() has them; on failure
 * nothing is left open.
 */
int mr_join_open(const struct mr_join_wish *wish, struct maproot_join *ret_join, struct maproot_error *err);
void mr_join_done(struct maproot_join *join);

/* The types of it in which the calling thread is not now. Types that are opened late count as such. */
unsigned int mr_join_pending(const struct maproot_join *join);

/*
 * Opens what a process is in, which by now may be another one than it was. 0, or -errno as mr_held_fail() has it. In
 * the child.
 */
int mr_held_open(const struct mr_process *process, enum maproot_namespace type, struct mr_target *target,
		 struct maproot_error *err);

/*
 * Says why a namespace of a process can't be looked at: one that was reaped, or that waits to be, has none, but for the
 * one or other. Returns -code or, where the process is gone, -ESRCH. In the child.
 */
int mr_held_fail(const struct mr_process *process, enum maproot_namespace type, int code, struct maproot_error *err);

/*
 * Opens those that are entered through the process, as the calling process is going to lose sight of it. In the child.
 */
int mr_join_open_held(struct maproot_join *join, struct maproot_error *err);

/* Opens one when its turn has come. Returns the descriptor, the caller's, or -errno. In the child. */
int mr_join_open_late(const struct mr_target *target, enum maproot_namespace type, struct maproot_error *err);

/* In which order these types are entered one by one: as asked, or as the owners have it. In the child. */
struct mr_sequence {
	size_t count;
	enum maproot_namespace type[MAPROOT_NAMESPACE_COUNT];
};
void mr_join_sequence(const struct maproot_join *join, unsigned int types, struct mr_sequence *ret_sequence);

/* Whether a namespace is owned by the user namespace `user`, or by one below that. */
bool mr_join_is_owned_below(int fd, struct mr_nsfs_id user);

/*
 * Remembers where this thread is in these types (user is left out: one can't come back). 0 or -errno (step
 * OPEN_NAMESPACE).
 */
int mr_home_open(unsigned int types, struct maproot_visit *ret_home, struct maproot_error *err);

/* Drops those in which the thread is already where the join leads to. */
void mr_home_prune(struct maproot_visit *home, const struct maproot_join *join);

/* Goes back in those types. -errno with step RESTORE. */
int mr_home_return(const struct maproot_visit *home, unsigned int types, struct maproot_error *err);
void mr_home_close(struct maproot_visit *home);

/*
 * Enters these types of the join. On failure `home` is gone back to, and the error names what was entered and could not
 * be left; NULL: the thread or process ends then, or there is one type alone. 0 or -errno, steps JOIN, JOIN_RIGHTS,
 * NO_PROCESS, RESTORE, or as of opening. In the child.
 */
int mr_join_enter(const struct maproot_join *join, unsigned int types, const struct maproot_visit *home,
		  struct maproot_error *err);

/* Adds to an error which types the process has come into and can't leave any more; 0: none. In the child. */
void mr_join_say_entered(unsigned int types, struct maproot_error *err);

/*
 * Which right is lacking where, for entering these types; JOIN with EPERM where none is found. Returns -EPERM. In the
 * child.
 */
int mr_join_explain(const struct maproot_join *join, unsigned int types, struct maproot_error *err);

/* Whether a restore failed on this thread. */
bool mr_visit_failed(void);

/* "net namespace of '/run/netns/a'"; longer than an error's object, so that what is cut is seen to be */
enum { MR_TARGET_NAME_SIZE = 256 };
void mr_target_name(const struct mr_target *target, enum maproot_namespace type, char name[MR_TARGET_NAME_SIZE]);

#endif

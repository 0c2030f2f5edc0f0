/*
 * Being root of a user namespace: a request says what is wanted, and is carried out by
 *
 *   maproot_ensure_root()  at the top of main(): this very program again, as root
 *   maproot_become()       the same with a request of one's own
 *   maproot_spawn()        another program in new namespaces, from a host of any size and any thread
 *   maproot_exec()         the rest of a request in this process, then the command
 *
 * and with a control group, a network and hooks around it by maproot_start() of <maproot/engine.h>.
 *
 * Source: user_namespaces(7), clone(2), unshare(2), pivot_root(2), mount_namespaces(7).
 */
#ifndef MAPROOT_RUN_H
#define MAPROOT_RUN_H

#include <maproot/attributes.h>
#include <maproot/cgroup.h>
#include <maproot/error.h>
#include <maproot/idmap.h>
#include <maproot/join.h>
#include <maproot/network.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Where there is a choice, 0 is what fits the rest of the request. */
enum maproot_setgroups {
	MAPROOT_SETGROUPS_DEFAULT = 0, /* denied with single-entry maps, as the kernel wants; else allowed */
	MAPROOT_SETGROUPS_ALLOW,
	MAPROOT_SETGROUPS_DENY,
};

enum maproot_groups {
	MAPROOT_GROUPS_DEFAULT = 0, /* dropped in a joined user namespace that lets them be dropped; else kept */
	MAPROOT_GROUPS_KEEP,        /* supplementary groups stay; unmapped ones show as 65534 */
	MAPROOT_GROUPS_DROP,        /* none are left; checked afterwards */
};

enum maproot_propagation {
	MAPROOT_PROPAGATION_SLAVE = 0, /* mounts made outside arrive, ours don't leave */
	MAPROOT_PROPAGATION_PRIVATE,
	MAPROOT_PROPAGATION_SHARED, /* among the namespaces made from here; never back to the host */
	MAPROOT_PROPAGATION_UNCHANGED,
};

/*
 * Which ids the command has. In a new user namespace: the maps of `users` and `groups` come first, then the own id, then
 * subordinates. A joined one has its maps: there the command is its root where that is mapped, else who it was.
 */
struct maproot_identity {
	bool own_user;  /* map the effective user id to `user` although `users` has ranges */
	bool own_group; /* likewise the group */
	uint32_t user;  /* 0: root. Other ids keep all capabilities over exec (ambient set) */
	uint32_t group;
	bool subordinate;                  /* add all subordinate ids of the caller, see maproot_subids_read() */
	const struct maproot_idmap *users; /* NULL: the own id alone */
	const struct maproot_idmap *groups;
	enum maproot_setgroups setgroups;
	enum maproot_groups supplementary;
	bool preserve;  /* joined user namespace: change no id and no group */
	bool set_user;  /* at the end become `inner_user`, which has to be mapped; without capabilities unless it is 0, or attributes have them */
	bool set_group; /* likewise `inner_group` */
	uint32_t inner_user;
	uint32_t inner_group;
};

enum maproot_mount_kind {
	MAPROOT_MOUNT_BIND,
	MAPROOT_MOUNT_TMPFS,
	MAPROOT_MOUNT_PROC,       /* needs a new pid namespace */
	MAPROOT_MOUNT_FILESYSTEM, /* any `type`, mount(2). A proc or sysfs that may not be mounted for want of a new pid or net
	                           * namespace is the caller's, bound */
};

/*
 * Carried out in order, after `root` was built. Targets are absolute paths below the new root, whatever links that holds; there
 * they are made where they are missing. The flags of a bind are those of the mount itself, not of what is below it; those that
 * its source has stay.
 */
struct maproot_mount {
	enum maproot_mount_kind kind;
	const char *source; /* of a bind: a path outside; of a file system: what it calls its source, or NULL */
	const char *target;
	bool read_only;            /* of a bind, and everything mounted below it */
	const char *type;          /* of a file system: its type, the target is a directory */
	unsigned long flags;       /* of a file system: MS_*; of a bind 0: with all below, or MS_BIND, MS_REC, MS_NOSUID ... */
	unsigned long propagation; /* of both: MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE, with MS_REC or not; 0: as it is */
	const char *data;          /* of a file system: its own options, "mode=755,size=64k"; or NULL */
	/*
	 * Not NULL: where the mount can't be made the command goes without it, and this is told why. In the child, which may
	 * share memory with a threaded program: async-signal-safe calls only.
	 */
	void (*passed_over)(const struct maproot_error *err);
};

/*
 * Everything zero is the plain request: root of a new user and mount namespace, nothing else new. Joins come first, then what is
 * new, inside of what was joined. With joins a new user namespace is made only if asked for, and a process is made only for
 * what only children can enter (pid; new time), or if asked for.
 */
struct maproot_request {
	unsigned int namespaces;  /* set of types to create; user and mnt are added where they are needed */
	const char *const *joins; /* references, see <maproot/join.h>; one without types leaves out what is to be created */
	size_t join_count;
	const char *join_order; /* NULL: the owners decide */
	const char *name;       /* NULL: none; kept in <maproot/name.h> while the command runs, which then is a child */
	char *const *named;     /* what the record of the name calls the command, NULL-terminated; NULL: nothing */
	struct maproot_identity identity;
	bool in_place;    /* no child: this process becomes it; single-threaded callers only */
	bool child;       /* a child even where none is needed */
	bool as_pid_1;    /* new pid namespace: the command itself is its init */
	int death_signal; /* what the child gets when the thread that started it ends; 0: nothing */
	enum maproot_propagation propagation;
	const char *hostname;   /* NULL: keep; needs a new uts namespace */
	const char *domainname; /* likewise; of NIS */
	int64_t monotonic;      /* seconds added to CLOCK_MONOTONIC and CLOCK_BOOTTIME in a new time namespace */
	int64_t boottime;
	const char *root; /* NULL: keep; a directory to pivot into, given /proc, /sys, /dev, resolv.conf */
	const struct maproot_mount *mounts;
	size_t mount_count;
	const char *directory;                       /* working directory for the command; NULL: keep, or "/" of a new root */
	int keep_fds;                                /* 0: all that are not close-on-exec; N: below N, the others are closed */
	const struct maproot_attributes *attributes; /* NULL: nothing; <maproot/attributes.h> */
	const struct maproot_network *network;       /* NULL: nothing; <maproot/network.h>. What needs another program: maproot_start() */
	const struct maproot_cgroup *cgroup;         /* NULL: the caller's; <maproot/cgroup.h>. For maproot_start() */
};

/* What became of a request in the process that asked. */
struct maproot_outcome {
	bool ended;           /* true: a child did it and has ended; this process only waited */
	int wait_status;      /* as waitpid(2), when ended */
	unsigned int created; /* namespaces made, when not ended */
	unsigned int joined;  /* namespaces joined, when not ended */
	unsigned int skipped; /* not joined, as the caller was in them already */
};

/*
 * Makes sure that this process has CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SETUID and CAP_SETGID. Where they
 * are there, or permitted, returns 0. Else /proc/self/exe is executed again, same arguments and
 * environment, in a child in a new user and mount namespace; there the same call returns 0. The first
 * process forwards signals and ends as the child ends; in it the call returns only on failure, with
 * -errno. Call it at the top of main(), before threads are started. `argv` as main() got it.
 */
int maproot_ensure_root(char **argv, struct maproot_error *err);

/*
 * The same for any request, and never ends the process: returns 0 with `ret_outcome` filled (see there),
 * or -errno. Where joins need a child, it is not this program again but a copy of this process, in which this returns
 * too, as after fork(2). The namespaces, ids and pids of the request are done on return; maproot_exec() does the rest.
 * A plain caller who is privileged and asks for nothing new gets nothing new.
 * A process that waited for a child has closed all its descriptors and blocked all signals when this returns
 * (`ended`): what is left for it is maproot_end_as(). A failure half-way in place leaves it where it was then:
 * it should end. Single-threaded callers; after the re-execution one privileged operation is tried, so that
 * rights that are there in name only are an error here and no surprise later.
 */
int maproot_become(const struct maproot_request *request, char **argv,
		   struct maproot_outcome *ret_outcome, struct maproot_error *err);

/*
 * Whether this is the program that was executed again, and maproot_become() was not called yet: whatever is to be done once, the
 * first run has done.
 */
bool maproot_is_reexecuted(void);

/*
 * As maproot_exec(), but instead of a command this process holds the namespaces that it is in, in as little memory as it can:
 * closes all descriptors, leaves its directory, and returns when SIGTERM, SIGINT or SIGHUP has come (they need not be unblocked
 * before). As process 1 too. For a process with one thread.
 */
int maproot_hold(const struct maproot_request *request, unsigned int created, struct maproot_error *err);

/*
 * In this process: host name, loopback, root, mounts, directory, descriptors, attributes, then the command,
 * searched in the PATH of its environment as execvp(3) does (but that an unreadable directory does not hide a later hit).
 * `created` as maproot_become() gave it. `envp` NULL: environ. Returns only on failure, and then the process is
 * of no use any more but to say so: it may be half furnished.
 */
int maproot_exec(const struct maproot_request *request, unsigned int created, char *const argv[],
		 char *const envp[], struct maproot_error *err);

/* A child that was started. Waited for with maproot_supervise(), or by its pid and pidfd as any child. */
struct maproot_child {
	pid_t pid;  /* in the caller's pid namespace */
	pid_t init; /* of a new pid namespace, when it is ours; else 0 */
	int pidfd;  /* close-on-exec, yours to close; -1 where the kernel has none (before 5.3) */
};

/*
 * Starts a command as the request says, in a child of the calling thread. Returns 0 once the command is
 * executing; on failure nothing is left. Costs the same whatever memory the caller holds (but for time
 * namespaces and for our init, which need a copied process). The child has the calling thread's signal
 * mask and the process's ignored signals. A host that ignores SIGCHLD can't be told the status.
 * `death_signal` follows the *thread*: a pool thread that ends takes the child along. An init of ours always
 * dies with the thread that started it, and its namespace with it. Any thread, any number at once.
 */
int maproot_spawn(const struct maproot_request *request, char *const argv[], char *const envp[],
		  struct maproot_child *ret_child, struct maproot_error *err);

/*
 * Stands in for the child: forwards every signal that this process gets, stops and continues with it,
 * waits for its end, reaps it, and ends what is left of its pid namespace. Blocks all signals in the calling
 * thread while it runs; signals that other threads take are not seen. Returns 0 with the status as
 * waitpid(2), or -errno.
 */
int maproot_supervise(const struct maproot_child *child, int *ret_wait_status, struct maproot_error *err);

/*
 * Ends this process as another ended: exits with the same status, or dies by the same signal, without a
 * core of its own; 128+N where the signal can't kill it (process 1 of a pid namespace).
 */
void maproot_end_as(int wait_status) __attribute__((noreturn));

/*
 * Says what maproot_become() would do, a line a call, without doing it. Returns 0, or -errno with the
 * refusal that maproot_become() would give.
 */
int maproot_describe(const struct maproot_request *request, void (*line)(void *arg, const char *text),
		     void *arg, struct maproot_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

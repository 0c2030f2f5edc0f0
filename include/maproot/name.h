/*
 * Names: namespaces kept alive by a process that has a name, for users without rights. A record is a file of
 * "key=value" lines in $XDG_RUNTIME_DIR/maproot; without that variable in /run/maproot-names for root, in
 * /tmp/maproot-UID for others, which has to be the user's own and writable by nobody else. It is written whole or
 * not at all, and believed only while the process that it names is that process: a stale one is as good as none.
 */
#ifndef MAPROOT_NAME_H
#define MAPROOT_NAME_H

#include <maproot/error.h>
#include <maproot/idmap.h>
#include <maproot/namespace.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum {
	MAPROOT_NAME_SIZE = 64,     /* with its end: letters, digits, '.', '_', '-', not a '.' or '-' first, no number */
	MAPROOT_COMMAND_SIZE = 128, /* shortened to that */
	MAPROOT_BUNDLE_SIZE = 1024,
	MAPROOT_CGROUP_SIZE = 512,
	MAPROOT_NETWORK_SIZE = 256,
	MAPROOT_MADE_MAX = 16,
	MAPROOT_MADE_SIZE = 512,
};

/* Of what a record tells of, in the words of the OCI runtime-spec. */
enum maproot_state {
	MAPROOT_STATE_RUNNING = 0,
	MAPROOT_STATE_CREATING, /* there is no process yet */
	MAPROOT_STATE_CREATED,  /* it has not executed its command yet */
	MAPROOT_STATE_STOPPED,  /* it has ended, and is being taken down, or was left behind: see maproot_gc() */
};

/*
 * What a record says. The numbers count in the namespaces that it names: elsewhere they are nobody's, and not
 * believed. It is large: a thread with a small stack has none there.
 */
struct maproot_name_record {
	char name[MAPROOT_NAME_SIZE];
	pid_t pid;      /* of the process that is in the namespaces; 0: not yet there */
	uint64_t start; /* when it started: field 22 of /proc/PID/stat */
	pid_t keeper;   /* the maproot that waits for it */
	uint64_t keeper_start;
	uid_t user; /* who made it */
	gid_t group;
	int64_t created;                              /* seconds since 1970 */
	uint64_t pid_counts_in;                       /* the pid namespace of these numbers, by inode; 0: the kernel has none */
	uint64_t start_counts_in;                     /* likewise of the time namespace for the start times */
	uint64_t namespaces[MAPROOT_NAMESPACE_COUNT]; /* of `pid`: inode numbers; 0: not known, or not there */
	char command[MAPROOT_COMMAND_SIZE];           /* empty: nothing but a holder */
	/* Of runs of <maproot/engine.h>; empty and 0 otherwise. */
	char bundle[MAPROOT_BUNDLE_SIZE];   /* of OCI */
	char cgroup[MAPROOT_CGROUP_SIZE];   /* the command's group, as a path in the file system */
	char network[MAPROOT_NETWORK_SIZE]; /* strategies, by spaces, shortened to that */
	struct maproot_idmap users;         /* of a user namespace that was made for it */
	struct maproot_idmap groups;
	size_t made_count; /* what was made for it, in order: "KIND:WHAT", to be undone in reverse */
	char made[MAPROOT_MADE_MAX][MAPROOT_MADE_SIZE];
	enum maproot_state state; /* when it was read; not written down */
};

/*
 * Takes a name for the calling process, before there is anything to be named. Of two at the same instant one gets
 * it; the other one -EEXIST (step NAME). -EINVAL: not a name. A stale record is replaced, and so is what is none;
 * but not that of a run that left something behind, which is -EEXIST until maproot_gc().
 */
int maproot_name_claim(const char *name, const char *command, struct maproot_error *err);

/*
 * Completes the record of a claimed name: `pid` is the process to join; it may have ended, if nobody has waited for it
 * (else -ESRCH). -EPERM: the caller did not claim the name.
 */
int maproot_name_complete(const char *name, pid_t pid, struct maproot_error *err);

/* Removes the record. 0 also when it is gone, or somebody else's by now. */
int maproot_name_release(const char *name, struct maproot_error *err);

/*
 * Reads a record. Waits up to a second for one that is claimed and not complete (-EAGAIN). -ENOENT: nobody has the
 * name, or stale; -ESRCH: taken in another pid namespace; -EBADMSG: what is there is no record. All of step NAME.
 */
int maproot_name_find(const char *name, struct maproot_name_record *ret_record, struct maproot_error *err);

/*
 * Calls `each` for every living record, by name in order, until it returns other than 0; returns that, or -errno.
 * What is no record or counts in another namespace is passed over.
 */
int maproot_names(int (*each)(void *arg, const struct maproot_name_record *record), void *arg,
		  struct maproot_error *err);

/*
 * Ends what has the name: SIGTERM, after `patience_ms` SIGKILL, to exactly that process; while it is not yet
 * there, to the keeper. 0 when it is gone and the name free. Errors as of maproot_name_find(), but nothing is
 * waited for; -EPERM: it may not be ended; -ETIMEDOUT: the kernel does not let go of it. Of a run the keeper takes down what
 * was made, which is waited for; -EEXIST where it was killed before: maproot_gc() does it.
 */
int maproot_name_stop(const char *name, int patience_ms, struct maproot_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

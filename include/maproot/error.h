/*
 * Errors. The library never prints, and it allocates nothing in order to fail: a function returns 0 or a
 * negative errno value and, where the caller passed one, fills a struct maproot_error that says which step
 * failed on what. Text is made late, by maproot_error_format().
 *
 * Every `err` parameter may be NULL. Outputs (`ret_*`) are untouched on failure.
 */
#ifndef MAPROOT_ERROR_H
#define MAPROOT_ERROR_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * One row a step: identifier, stable name for machines, what a person reads. "%s" stands for the object.
 * A text that ends in '.' (dropped when printed) is complete without the errno's words.
 */
#define MAPROOT_STEPS(X)                                                                     \
	X(NONE, "none", "no error.")                                                         \
	X(REQUEST, "request", "%s.")                                                         \
	X(SECURE, "secure", "refusing to run %s.")                                           \
	X(FACTS, "facts", "cannot read %s")                                                  \
	X(PROBE, "probe", "cannot read the capabilities of this process")                    \
	X(RAISE, "raise", "cannot raise capability %s")                                      \
	X(IDENTIFY, "identify", "cannot re-execute: %s.")                                    \
	X(REEXEC, "reexec", "cannot re-execute '%s'")                                        \
	X(LACKING, "lacking", "still without %s inside the new user namespace.")             \
	X(PARSE_MAP, "parse-map", "malformed id map %s.")                                    \
	X(CHECK_MAP, "check-map", "invalid id map: %s.")                                     \
	X(SUBIDS, "subids", "no subordinate ids: %s.")                                       \
	X(HELPER, "helper", "cannot run '%s'")                                               \
	X(HELPER_FAILED, "helper-failed", "id map helper failed: %s.")                       \
	X(HELPER_KILLED, "helper-killed", "id map helper was killed: %s.")                   \
	X(CREATE, "create", "cannot create namespaces (%s)")                                 \
	X(PREPARE, "prepare", "cannot prepare %s")                                           \
	X(GATE, "gate", "the starting process went away while %s.")                          \
	X(SETGROUPS_FILE, "setgroups-file", "cannot write '%s'")                             \
	X(WRITE_UID_MAP, "write-uid-map", "cannot write '%s'")                               \
	X(WRITE_GID_MAP, "write-gid-map", "cannot write '%s'")                               \
	X(GROUPS, "groups", "cannot set the supplementary groups (%s)")                      \
	X(CHECK_GROUPS, "check-groups", "the supplementary groups are not as asked: %s.")    \
	X(SET_GID, "set-gid", "cannot become group %s")                                      \
	X(SET_UID, "set-uid", "cannot become user %s")                                       \
	X(KEEP_CAPABILITIES, "keep-capabilities", "cannot keep the capabilities over exec")  \
	X(TIME, "time", "cannot set the clock offsets in '%s'")                              \
	X(DEATH_SIGNAL, "death-signal", "cannot arrange for signal %s when the parent dies") \
	X(SIGNALS, "signals", "cannot %s")                                                   \
	X(INIT, "init", "cannot start the init of the pid namespace")                        \
	X(COMMAND, "command", "cannot start the process of the command")                     \
	X(PROPAGATION, "propagation", "cannot make the mounts below '/' %s")                 \
	X(HOSTNAME, "hostname", "cannot set the host name '%s'")                             \
	X(DOMAINNAME, "domainname", "cannot set the domain name '%s'")                       \
	X(LOOPBACK, "loopback", "cannot bring up network interface '%s'")                    \
	X(OPEN, "open", "cannot open '%s'")                                                  \
	X(MOUNT, "mount", "cannot mount %s")                                                 \
	X(BIND, "bind", "cannot bind '%s'")                                                  \
	X(ROOT, "root", "cannot make '%s' the root directory")                               \
	X(CHDIR, "chdir", "cannot change directory to '%s'")                                 \
	X(CLOSE_FDS, "close-fds", "cannot close file descriptors from %s up")                \
	X(FIND, "find", "cannot find '%s'")                                                  \
	X(EXEC, "exec", "cannot execute '%s'")                                               \
	X(REFERENCE, "reference", "malformed reference %s.")                                 \
	X(NO_PROCESS, "no-process", "there is no process %s.")                               \
	X(OPEN_NAMESPACE, "open-namespace", "cannot open namespace '%s'")                    \
	X(NOT_NAMESPACE, "not-namespace", "%s.")                                             \
	X(WRONG_TYPE, "wrong-type", "%s.")                                                   \
	X(JOIN, "join", "cannot join %s")                                                    \
	X(JOIN_RIGHTS, "join-rights", "no permission to join %s.")                           \
	X(RESTORE, "restore", "cannot go back to %s: this thread is of no use any more")     \
	X(RUN_IN, "run-in", "cannot run a function inside: %s.")                             \
	X(PIN, "pin", "cannot pin a namespace to %s")                                        \
	X(UNPIN, "unpin", "cannot unpin %s")                                                 \
	X(NAME, "name", "%s.")                                                               \
	X(RECORD, "record", "cannot keep the record '%s'")                                   \
	X(INSPECT, "inspect", "cannot read the namespaces of process %s")                    \
	X(CGROUP_FIND, "cgroup-find", "no control group to work in: %s.")                    \
	X(CGROUP_MAKE, "cgroup-make", "cannot make the control group '%s'")                  \
	X(CGROUP_LIMIT, "cgroup-limit", "cannot limit the control group: %s.")               \
	X(CGROUP_ENTER, "cgroup-enter", "cannot put the child into the control group '%s'")  \
	X(CGROUP_KILL, "cgroup-kill", "cannot end what is left in the control group '%s'")   \
	X(CGROUP_REMOVE, "cgroup-remove", "cannot remove the control group '%s'")            \
	X(CGROUP_RIGHTS, "cgroup-rights", "no permission for the control group: %s.")        \
	X(CGROUP_UNREACHABLE, "cgroup-unreachable", "cannot end a process in %s.")           \
	X(NETWORK, "network", "cannot set up the network: %s.")                              \
	X(NETWORK_UNDO, "network-undo", "cannot take the network down: %s.")                 \
	X(PROGRAM, "program", "cannot run '%s'")                                             \
	X(PROGRAM_FAILED, "program-failed", "%s.")                                           \
	X(HOOK, "hook", "the %s.")                                                           \
	X(KILLED, "killed", "the child was killed before it executed the command: %s.")      \
	X(INTERRUPTED, "interrupted", "ended while starting, by signal %s.")                 \
	X(UNDO, "undo", "cannot undo %s")                                                    \
	X(RLIMIT, "rlimit", "cannot set the resource limit %s")                              \
	X(CAPABILITIES, "capabilities", "cannot set the capabilities (%s)")                  \
	X(NO_NEW_PRIVILEGES, "no-new-privileges", "cannot give up new privileges")           \
	X(OOM_SCORE, "oom-score", "cannot set the OOM score adjustment to %s")               \
	X(SYSCTL, "sysctl", "cannot set the kernel parameter '%s'")                          \
	X(MASK, "mask", "cannot hide '%s'")                                                  \
	X(READ_ONLY, "read-only", "cannot make '%s' read-only")                              \
	X(SPEC, "spec", "%s.")                                                               \
	X(INTERPRETER, "interpreter", "cannot execute %s: bad interpreter")                  \
	X(SUPERVISE, "supervise", "cannot wait for the command")

/* clang-format off */
enum maproot_step {
#define X(id, name, text) MAPROOT_STEP_##id,
	MAPROOT_STEPS(X)
#undef X
	MAPROOT_STEP_COUNT,
};
/* clang-format on */

/* Small enough to cross a pipe in one atomic write. */
struct maproot_error {
	int code;               /* errno value, 0: no error */
	enum maproot_step step; /* what was being done */
	char object[240];       /* on what: a path, a map, a name; shortened in the middle when too long */
};

/* clang-format off */
#define MAPROOT_ERROR_INIT { 0, MAPROOT_STEP_NONE, "" }
/* clang-format on */

/* The exit statuses that are maproot's own; 0-124 belong to the command. As env(1), chroot(1), timeout(1). */
enum {
	MAPROOT_EXIT_FAILURE = 125,    /* maproot itself failed */
	MAPROOT_EXIT_CANNOT_RUN = 126, /* the command was found but can't be executed */
	MAPROOT_EXIT_NOT_FOUND = 127,  /* the command was not found */
};

/* Writes one line without a newline, always terminated; returns its full length, as snprintf(3). */
size_t maproot_error_format(const struct maproot_error *err, char *buffer, size_t size);

/* The stable name of a step ("write-uid-map"); "unknown" for a number that is none. */
const char *maproot_step_name(enum maproot_step step);

/* The exit status that tells of this error: 125, 126 or 127; 0 for no error. */
int maproot_error_status(const struct maproot_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

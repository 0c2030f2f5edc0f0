/*
 * The command line: the one table of options, and what parsing it yields.
 */
#ifndef MR_CLI_OPTIONS_H
#define MR_CLI_OPTIONS_H

#include <maproot/engine.h>

enum option_argument { ARGUMENT_NONE,
		       ARGUMENT_REQUIRED,
		       ARGUMENT_OPTIONAL };

/*
 * X: id, letter or 0, long name, argument, its name in --help, help text. H: a heading of --help. Letters are those
 * of unshare(1) where the meaning is.
 */
#define OPTIONS(X, H)                                                                                                                    \
	H("Identity (any of these makes a new user namespace, also for root)")                                                           \
	X(MAP_ROOT_USER, 'r', "map-root-user", NONE, NULL, "be root: map user and group to 0 (default; alone, no new one for root)")     \
	X(MAP_CURRENT_USER, 'c', "map-current-user", NONE, NULL, "keep the own ids, with all capabilities")                              \
	X(MAP_USER, 0, "map-user", REQUIRED, "USER", "map the own user to USER (number or name)")                                        \
	X(MAP_GROUP, 0, "map-group", REQUIRED, "GROUP", "map the own group to GROUP (number or name)")                                   \
	X(MAP_USERS, 0, "map-users", REQUIRED, "INNER:OUTER:COUNT", "map a range of users; may be repeated")                             \
	X(MAP_GROUPS, 0, "map-groups", REQUIRED, "INNER:OUTER:COUNT", "map a range of groups; may be repeated")                          \
	X(MAP_AUTO, 0, "map-auto", OPTIONAL, "try", "map all subordinate ids of the user as well, from 1 up")                            \
	X(SETGROUPS, 0, "setgroups", REQUIRED, "allow|deny", "whether setgroups(2) works inside")                                        \
	X(GROUPS, 0, "groups", REQUIRED, "keep|drop", "what becomes of the supplementary groups")                                        \
	H("Namespaces")                                                                                                                  \
	X(MOUNT, 'm', "mount", NONE, NULL, "new mount namespace (always, with a new user namespace)")                                    \
	X(UTS, 'u', "uts", NONE, NULL, "new uts namespace: host name")                                                                   \
	X(IPC, 'i', "ipc", NONE, NULL, "new ipc namespace")                                                                              \
	X(NET, 'n', "net", OPTIONAL, "STRATEGY", "new network namespace, loopback up; or none, host, ns:REF, veth, slirp4netns, pasta")  \
	X(PID, 'p', "pid", NONE, NULL, "new pid namespace, with an init that reaps")                                                     \
	X(CGROUP, 'C', "cgroup", OPTIONAL, "NAME", "new cgroup namespace; with NAME (or auto, try): run in a new control group instead") \
	X(TIME, 'T', "time", NONE, NULL, "new time namespace")                                                                           \
	X(USER, 'U', "user", NONE, NULL, "new user namespace, even with all capabilities")                                               \
	X(ALWAYS, 0, "always", NONE, NULL, "the same as --user")                                                                         \
	X(ALL, 0, "all", NONE, NULL, "all types that this kernel has")                                                                   \
	X(AS_PID_1, 0, "as-pid-1", NONE, NULL, "the command is process 1 of the new pid namespace")                                      \
	X(MOUNT_PROC, 0, "mount-proc", OPTIONAL, "DIR|try", "mount a new proc on DIR (/proc); with --pid")                               \
	X(HOSTNAME, 0, "hostname", REQUIRED, "NAME", "set the host name in a new uts namespace")                                         \
	X(MONOTONIC, 0, "monotonic", REQUIRED, "SECONDS", "shift CLOCK_MONOTONIC in a new time namespace")                               \
	X(BOOTTIME, 0, "boottime", REQUIRED, "SECONDS", "shift CLOCK_BOOTTIME in a new time namespace")                                  \
	H("Namespaces that exist")                                                                                                       \
	X(TARGET, 't', "target", REQUIRED, "PID", "join what of PID's namespaces differs from ours, and is not to be new")               \
	X(JOIN, 0, "join", REQUIRED, "[TYPE[,TYPE]=]REF", "join by PID, path, fd:N or name:NAME; may be repeated")                       \
	X(JOIN_ORDER, 0, "join-order", REQUIRED, "[!]TYPE,...", "join these, in this order; with ! opened before the first")             \
	X(SETUID, 'S', "setuid", REQUIRED, "USER", "become USER inside, at the end")                                                     \
	X(SETGID, 'G', "setgid", REQUIRED, "GROUP", "become GROUP inside, at the end")                                                   \
	X(PRESERVE_CREDENTIALS, 0, "preserve-credentials", NONE, NULL, "keep ids and groups in a joined user namespace")                 \
	H("Namespaces that stay")                                                                                                        \
	X(NAME, 0, "name", REQUIRED, "NAME", "let others find the command's namespaces as name:NAME")                                    \
	X(DETACH, 0, "detach", NONE, NULL, "with --name: leave it running in the background; without COMMAND, a holder")                 \
	X(STOP, 0, "stop", REQUIRED, "NAME", "end what --name has started, and exit")                                                    \
	X(LIST, 0, "list", OPTIONAL, "PID", "show the namespaces of a process (PID may also follow) or ours, and the names")             \
	X(JSON, 0, "json", NONE, NULL, "with --list or --doctor: as JSON")                                                               \
	X(PIN, 0, "pin", REQUIRED, "TYPE[=NAME|PATH]", "bind the new or the current namespace to a file; may be repeated")               \
	X(UNPIN, 0, "unpin", REQUIRED, "TYPE=NAME|PATH", "undo that, and exit; may be repeated")                                         \
	H("Files")                                                                                                                       \
	X(PROPAGATION, 0, "propagation", REQUIRED, "slave|private|shared|unchanged", "of mounts (slave)")                                \
	X(ROOT, 'R', "root", REQUIRED, "DIR", "enter DIR as the root directory, with /proc, /sys, /dev, resolv.conf")                    \
	X(BIND, 0, "bind", REQUIRED, "SRC[:DST[:ro]]", "bind SRC to DST; may be repeated")                                               \
	X(TMPFS, 0, "tmpfs", REQUIRED, "DST", "mount an empty tmpfs on DST; may be repeated")                                            \
	X(WD, 'w', "wd", REQUIRED, "DIR", "change to DIR")                                                                               \
	H("Around the command")                                                                                                          \
	X(PUBLISH, 0, "publish", REQUIRED, "[ADDR:]PORT:INNER[/udp]", "with slirp4netns or pasta: publish a port; may be repeated")      \
	X(CGROUP_MANAGER, 0, "cgroup-manager", REQUIRED, "auto|fs|systemd", "who makes the control group (auto)")                        \
	X(LIMIT, 0, "limit", REQUIRED, "FILE=VALUE", "limit the control group, 'memory.max=512M'; may be repeated")                      \
	X(RLIMIT, 0, "rlimit", REQUIRED, "NAME=SOFT[:HARD]", "set a resource limit, 'nofile=1024'; may be repeated")                     \
	X(CAPABILITIES, 0, "capabilities", REQUIRED, "LIST|none|all", "have these capabilities and no other, 'chown,setuid'")            \
	X(NO_NEW_PRIVILEGES, 0, "no-new-privileges", NONE, NULL, "let no program give more rights than there are")                       \
	X(OOM_SCORE, 0, "oom-score-adj", REQUIRED, "N", "how soon to be killed when memory runs out, -1000 to 1000")                     \
	X(SYSCTL, 0, "sysctl", REQUIRED, "NAME=VALUE", "set a kernel parameter of a new namespace; may be repeated")                     \
	X(MASK, 0, "mask", REQUIRED, "PATH", "hide a file or directory; may be repeated")                                                \
	X(READ_ONLY, 0, "read-only", REQUIRED, "PATH", "make it read-only ('/' without what is mounted below); may be repeated")         \
	X(SETUP, 0, "setup", REQUIRED, "COMMAND", "run COMMAND outside while the child is held; {pid} is its number")                    \
	X(SETUP_TIMEOUT, 0, "setup-timeout", REQUIRED, "SECONDS", "give up after that long (30; 0: never)")                              \
	X(STARTED, 0, "started", REQUIRED, "COMMAND", "run COMMAND outside once the command executes")                                   \
	X(STATUS_FD, 0, "status-fd", REQUIRED, "N", "write what happens to descriptor N, a JSON object a line")                          \
	X(GC, 0, "gc", NONE, NULL, "undo what runs left whose maproot was killed, and exit")                                             \
	H("Process")                                                                                                                     \
	X(FORK, 'f', "fork", NONE, NULL, "run the command in a child, even where none is needed")                                        \
	X(IN_PLACE, 0, "in-place", NONE, NULL, "run it in this process: no child, same pid")                                             \
	X(KILL_CHILD, 0, "kill-child", OPTIONAL, "SIG", "signal for the command when maproot dies (KILL)")                               \
	X(CLOSE_FDS, 0, "close-fds", NONE, NULL, "close all descriptors but 0, 1 and 2")                                                 \
	X(PRESERVE_FDS, 0, "preserve-fds", REQUIRED, "N", "close all descriptors but 0 to 2+N")                                          \
	H("Information")                                                                                                                 \
	X(DRY_RUN, 0, "dry-run", NONE, NULL, "print what would be done, and do nothing")                                                 \
	X(VERBOSE, 'v', "verbose", NONE, NULL, "say on stderr what was done, before the command starts")                                 \
	X(DOCTOR, 0, "doctor", NONE, NULL, "find out what works here and what doesn't, why, and what to do about it")                    \
	X(VERSION, 'V', "version", NONE, NULL, "print the version")                                                                      \
	X(HELP, 'h', "help", NONE, NULL, "print this help")

/* clang-format off */
enum option_id {
#define X(id, letter, name, argument, argument_name, help) OPTION_##id,
#define H(heading)
	OPTIONS(X, H)
#undef X
#undef H
	OPTION_COUNT,
};
/* clang-format on */

/* What the command line asked for. The maps and mounts that the request points to are options.c's, for good. */
struct options {
	struct maproot_request request;
	char **command; /* NULL-terminated, inside argv; see options_use_shell() */
	char *shell[2];
	bool map_root; /* asked for by name */
	bool detach;
	bool list;
	bool json;
	const char *list_target; /* NULL: ourselves */
	long long list_pid;      /* 0 then */
	const char *stop;        /* a name, or NULL */
	const char **pins;       /* TYPE[=WHERE] each */
	size_t pin_count;
	const char **unpins;
	size_t unpin_count;
	struct maproot_network network; /* the request's, once there is one */
	struct maproot_cgroup cgroup;
	struct maproot_attributes attributes;
	struct maproot_engine engine; /* what is around the command */
	bool outside;                 /* there is something: it is for maproot_start() */
	bool map_auto_try;            /* do without, where there are none */
	bool cgroup_try;
	bool net_try;
	int status_fd; /* -1: none */
	bool gc;
	bool doctor;
	bool dry_run;
	bool verbose;
	bool version;
	bool help;
};

/* Returns 0, or -1 after a message. `argv` stays as it is, but for strings that the options point to. */
int options_parse(int argc, char **argv, struct options *options);

/* Where there is no command, the user's shell is it. `created`: the namespaces that were made around this process. */
void options_use_shell(struct options *options, unsigned int created);

/* A signal by number, name, or name with SIG; RTMIN+N. Returns it, or -1. */
int options_signal(const char *name);

#endif

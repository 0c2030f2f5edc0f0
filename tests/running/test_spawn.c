/*
 * Contract of maproot_spawn(): a command runs in a child as the request says, in each of its parts; on failure the
 * error says which step of whom, and no process, descriptor or signal mask is different; any thread may call it, and
 * several at once. What is in the child's environment and signals is the caller's.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <maproot/run.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

/* Starts a shell with the script, and takes what it prints. Returns its wait status. */
static int run_script(const struct maproot_request *request, const char *script,
		      const char **ret_out)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	static char out[65536];
	struct maproot_child child = { .pid = 0 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	size_t length = 0;
	ssize_t got;
	int ends[2];
	int former = dup(1);
	int status;
	int code;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	fflush(NULL);
	ck_assert_int_eq(dup2(ends[1], 1), 1);
	code = maproot_spawn(request, argv, NULL, &child, &err);
	ck_assert_int_eq(dup2(former, 1), 1);
	(void)close(former);
	(void)close(ends[1]);
	ck_assert_msg(code == 0, "step %s: %s (%s)", maproot_step_name(err.step), err.object,
		      strerror(err.code));
	while ((got = read(ends[0], out + length, sizeof(out) - 1 - length)) > 0)
		length += (size_t)got;
	out[length] = '\0';
	(void)close(ends[0]);
	ck_assert_int_eq(maproot_supervise(&child, &status, NULL), 0);
	(void)close(child.pidfd);
	*ret_out = out;
	return status;
}

static const char script_ids[] =
	"echo $(id -u):$(id -g):$(cat /proc/self/setgroups); "
	"while read a b c; do echo $a $b $c; done </proc/self/uid_map; "
	"while read a b c; do echo $a $b $c; done </proc/self/gid_map; "
	"grep -q 'CapEff:.*0000000000000000' /proc/self/status && echo powerless; true";

/* In the texts: '@' is the user's number, '#' the first subordinate range, '$' the second. */
static const char *expand(const char *text)
{
	const struct support_user *user = support_user();
	static char out[4096];
	size_t length = 0;

	for (; *text; text++) {
		if (*text == '@')
			length += (size_t)sprintf(out + length, "%u", user->uid);
		else if (*text == '#')
			length += (size_t)sprintf(out + length, "%u", user->subordinate[0]);
		else if (*text == '$')
			length += (size_t)sprintf(out + length, "%u", user->subordinate[1]);
		else
			out[length++] = *text;
	}
	out[length] = '\0';
	return out;
}

static const struct {
	struct maproot_identity identity;
	const char *map; /* of the users to give, "" for none; may have '#' */
	const char *out;
} identities[] = {
	{ { .own_user = false }, "", "0:0:deny\n0 @ 1\n0 @ 1\n" },
	{ { .own_user = true, .own_group = true, .user = 5, .group = 6 },
	  "",
	  "5:6:deny\n5 @ 1\n6 @ 1\n" },
	{ { .subordinate = true },
	  "",
	  "0:0:allow\n0 @ 1\n1 # 65536\n65537 $ 65536\n0 @ 1\n1 # 65536\n65537 $ 65536\n" },
	{ { .subordinate = true, .setgroups = MAPROOT_SETGROUPS_DENY },
	  "",
	  "0:0:deny\n0 @ 1\n1 # 65536\n65537 $ 65536\n0 @ 1\n1 # 65536\n65537 $ 65536\n" },
	{ { .subordinate = true, .own_user = true, .own_group = true, .user = 7, .group = 8 },
	  "",
	  "7:8:allow\n7 @ 1\n1 # 6\n8 X 65530\n65538 $ 65536\n8 @ 1\n1 # 7\n9 Y 65529\n65538 $ "
	  "65536\n" },
	{ { .own_user = false }, "0:#:10", "0:0:allow\n0 # 10\n0 # 10\n" },
	{ { .own_user = true, .own_group = true, .user = 100, .group = 100 },
	  "0:#:10",
	  "100:100:allow\n0 # 10\n100 @ 1\n0 # 10\n100 @ 1\n" },
};

START_TEST(identities_are_as_asked)
{
	struct maproot_request request = { .identity = identities[_i].identity };
	static struct maproot_idmap map;
	struct maproot_idmap_range range;
	char want[4096];
	const char *out;
	char *at;

	if (identities[_i].map[0]) {
		ck_assert_int_eq(maproot_idmap_parse(expand(identities[_i].map), &range, NULL), 0);
		ck_assert_int_eq(maproot_idmap_add(&map, range, NULL), 0);
		request.identity.users = request.identity.groups = &map;
	}
	strcpy(want, expand(identities[_i].out));
	/* The rest of a range that goes around the own id. */
	while ((at = strpbrk(want, "XY"))) {
		char rest[4096];

		strcpy(rest, at + 1);
		(void)sprintf(at, "%u%s", support_user()->subordinate[0] + (*at == 'X' ? 6 : 7),
			      rest);
	}
	unit_become_user();
	ck_assert_int_eq(run_script(&request, script_ids, &out), 0);
	ck_assert_str_eq(out, want);
}
END_TEST

/* As real root: maps are written directly, whatever /etc/subuid says. */
START_TEST(root_maps_what_it_likes)
{
	static const struct maproot_idmap map = { .count = 2,
						  .range = { { 0, 500000, 10 }, { 20, 0, 5 } } };
	struct maproot_request request = { .identity = { .users = &map, .groups = &map } };
	const char *out;

	ck_assert_int_eq(run_script(&request, script_ids, &out), 0);
	ck_assert_str_eq(out, "0:0:allow\n0 500000 10\n20 0 5\n0 500000 10\n20 0 5\n");
}
END_TEST

START_TEST(supplementary_groups_are_dropped)
{
	struct maproot_request request = { .identity = { .subordinate = true,
							 .supplementary = MAPROOT_GROUPS_DROP } };
	const gid_t groups[] = { support_user()->gid, 12345, 12346 };
	const char *out;

	ck_assert_int_eq(setgroups(3, groups), 0);
	ck_assert_int_eq(setresgid(support_user()->gid, support_user()->gid, support_user()->gid),
			 0);
	ck_assert_int_eq(setresuid(support_user()->uid, support_user()->uid, support_user()->uid),
			 0);
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0);
	ck_assert_int_eq(run_script(&request, "grep ^Groups: /proc/self/status", &out), 0);
	ck_assert_str_eq(out, "Groups:\t \n");
	request.identity.supplementary = MAPROOT_GROUPS_KEEP;
	ck_assert_int_eq(run_script(&request, "grep ^Groups: /proc/self/status", &out), 0);
	ck_assert_str_eq(out, "Groups:\t65534 65534 0 \n");
}
END_TEST

static const struct maproot_mount binds[] = {
	{ .kind = MAPROOT_MOUNT_BIND, .source = "/etc", .target = "/mnt", .read_only = true },
	{ .kind = MAPROOT_MOUNT_TMPFS, .target = "/srv" },
};
static const struct maproot_mount proc = { .kind = MAPROOT_MOUNT_PROC, .target = "/proc" };

static const struct {
	struct maproot_request request;
	const char *script;
	const char *out;
} parts[] = {
	{ { .namespaces = BIT(UTS), .hostname = "box" }, "cat /proc/sys/kernel/hostname", "box\n" },
	{ { .namespaces = BIT(NET) },
	  "grep -c ' lo$' /proc/net/if_inet6; tail -n +3 /proc/net/dev | wc -l",
	  "1\n1\n" },
	{ { .namespaces = BIT(PID) }, "echo $$; echo $PPID", "2\n0\n" },
	{ { .namespaces = BIT(PID), .as_pid_1 = true }, "echo $$", "1\n" },
	{ { .namespaces = BIT(PID), .mounts = &proc, .mount_count = 1 },
	  "echo $$; cat /proc/1/comm",
	  "2\nmaproot-init\n" },
	{ { .namespaces = BIT(PID), .as_pid_1 = true, .mounts = &proc, .mount_count = 1 },
	  "echo $$; cat /proc/1/comm",
	  "1\nsh\n" },
	{ { .namespaces = BIT(TIME), .monotonic = 5000, .boottime = 7000 },
	  "while read a b c; do echo $a $b; done </proc/self/timens_offsets",
	  "monotonic 5000\nboottime 7000\n" },
	{ { .namespaces = BIT(TIME) | BIT(PID), .boottime = 7000 },
	  "echo $$; while read a b c; do echo $a $b; done </proc/self/timens_offsets",
	  "2\nmonotonic 0\nboottime 7000\n" },
	{ { .mounts = binds, .mount_count = 2 },
	  "test -e /mnt/passwd && touch /mnt/x 2>/dev/null || echo ro; touch /srv/x && ls /srv",
	  "ro\nx\n" },
	{ { .directory = "/usr" }, "pwd; readlink /proc/self/cwd", "/usr\n/usr\n" },
	{ { .keep_fds = 3 },
	  "test -e /proc/$$/fd/5 || test -e /proc/$$/fd/6 || echo closed",
	  "closed\n" },
	{ { .keep_fds = 6 },
	  "test -e /proc/$$/fd/5 && echo open; test -e /proc/$$/fd/6 || echo closed",
	  "open\nclosed\n" },
	{ { .keep_fds = 0 },
	  "test -e /proc/$$/fd/5 && echo open; test -e /proc/$$/fd/6 && echo open",
	  "open\nopen\n" },
	{ { .propagation = MAPROOT_PROPAGATION_SLAVE },
	  "grep ' / / ' /proc/self/mountinfo | grep -c master:",
	  "1\n" },
	{ { .propagation = MAPROOT_PROPAGATION_PRIVATE },
	  "grep ' / / ' /proc/self/mountinfo | grep -c -e master: -e shared:",
	  "0\n" },
	{ { .propagation = MAPROOT_PROPAGATION_SHARED },
	  "grep ' / / ' /proc/self/mountinfo | grep -c shared:",
	  "1\n" },
	{ { .propagation = MAPROOT_PROPAGATION_UNCHANGED },
	  "grep ' / / ' /proc/self/mountinfo | grep -c master:",
	  "1\n" },
	{ { .root = "/", .directory = "/usr" },
	  "pwd; test -c /dev/null && ls -d /dev/pts/ptmx",
	  "/usr\n/dev/pts/ptmx\n" },
};

START_TEST(each_part_of_a_request)
{
	const char *out;

	unit_become_user();
	ck_assert_int_eq(dup2(0, 5), 5);
	ck_assert_int_eq(dup2(0, 6), 6);
	(void)run_script(&parts[_i].request, parts[_i].script, &out);
	ck_assert_str_eq(out, parts[_i].out);
}
END_TEST

/* Alone, and with all others: each type is new exactly when it was asked for. */
START_TEST(namespaces_are_new_when_asked_for)
{
	const unsigned int set =
		_i < MAPROOT_NAMESPACE_COUNT ? MAPROOT_NAMESPACE_BIT(_i) : MAPROOT_NAMESPACE_ALL;
	const struct maproot_request request = { .namespaces = set };
	const unsigned int expected = set | BIT(USER) | BIT(MNT);
	char before[MAPROOT_NAMESPACE_COUNT][64];
	const char *out;

	unit_become_user();
	for (int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		const char *name = maproot_namespace_name((enum maproot_namespace)type);
		ssize_t length = readlink(support_text("/proc/self/ns/%s", name), before[type], 63);

		ck_assert_int_gt(length, 0);
		before[type][length] = '\n';
		before[type][length + 1] = '\0';
	}
	ck_assert_int_eq(run_script(&request,
				    "for n in cgroup ipc mnt net pid time user uts; do readlink "
				    "/proc/$(sed 's/ .*//' /proc/self/stat)/ns/$n || "
				    "readlink /proc/self/ns/$n; done",
				    &out),
			 0);
	for (int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		bool same = strstr(out, before[type]) != NULL;

		ck_assert_msg(same == !(expected & MAPROOT_NAMESPACE_BIT(type)), "%s in %s",
			      before[type], out);
	}
}
END_TEST

START_TEST(the_environment_is_given)
{
	const struct maproot_request request = { .keep_fds = 0 };
	char *const argv[] = {
		(char *)"/bin/sh", (char *)"-c",
		(char *)"test \"$A$PATH\" = 1/usr/bin:/bin && test \"$LISTEN_PID\" = $$", NULL
	};
	char listen_pid[32];
	char *const envp[] = { (char *)"A=1", listen_pid, (char *)"PATH=/usr/bin:/bin", NULL };
	struct maproot_child child;
	int status;

	(void)sprintf(listen_pid, "LISTEN_PID=%d", (int)getpid());
	unit_become_user();
	ck_assert_int_eq(maproot_spawn(&request, argv, envp, &child, NULL), 0);
	ck_assert_int_eq(maproot_supervise(&child, &status, NULL), 0);
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(listen_pid, support_text("LISTEN_PID=%d", (int)getpid()));
}
END_TEST

static void do_nothing(int signal)
{
	(void)signal;
}

START_TEST(signals_are_the_callers)
{
	const struct maproot_request request = { .keep_fds = 0 };
	sigset_t mask;
	const char *out;

	unit_become_user();
	ck_assert_ptr_ne(signal(SIGUSR1, do_nothing), SIG_ERR);
	ck_assert_ptr_ne(signal(SIGHUP, SIG_IGN), SIG_ERR);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	sigaddset(&mask, 40);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, &mask, NULL), 0);
	ck_assert_int_eq(run_script(&request,
				    "exec sed -n -e s/SigBlk://p -e s/SigCgt://p /proc/self/status",
				    &out),
			 0);
	ck_assert_str_eq(out, "\t0000008000000800\n\t0000000000000000\n");
	ck_assert_int_eq(
		run_script(&request, "exec sed -n -e s/SigIgn:.*1$/ok/p /proc/self/status", &out),
		0);
	ck_assert_str_eq(out, "ok\n");
	ck_assert_str_eq(unit_status(0, "SigBlk"), "0000008000000800");
	ck_assert_ptr_eq(signal(SIGUSR1, SIG_DFL), do_nothing);
}
END_TEST

START_TEST(the_child_can_be_polled)
{
	const struct maproot_request request = { .keep_fds = 0 };
	char *const argv[] = { (char *)"true", NULL };
	struct maproot_child child;
	struct pollfd polled;
	int status;

	unit_become_user();
	ck_assert_int_eq(maproot_spawn(&request, argv, NULL, &child, NULL), 0);
	ck_assert_int_ge(child.pidfd, 3);
	ck_assert_int_eq(fcntl(child.pidfd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(child.init, 0);
	polled = (struct pollfd){ .fd = child.pidfd, .events = POLLIN };
	ck_assert_int_eq(poll(&polled, 1, 10000), 1);
	ck_assert_int_eq(waitpid(child.pid, &status, 0), child.pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(an_old_kernel_has_no_pidfd)
{
	const struct maproot_request request = { .namespaces = BIT(PID) };
	char *const argv[] = { (char *)"true", NULL };
	struct maproot_child child;
	int status;

	unit_deny(SYS_pidfd_open, ENOSYS);
	unit_become_user();
	ck_assert_int_eq(maproot_spawn(&request, argv, NULL, &child, NULL), 0);
	ck_assert_int_eq(child.pidfd, -1);
	ck_assert_int_gt(child.init, 0);
	ck_assert_int_eq(maproot_supervise(&child, &status, NULL), 0);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(support_state(child.init), 0);
}
END_TEST

static const struct maproot_idmap overlapping = { .count = 1, .range = { { 0, 4000000000, 10 } } };
static const struct maproot_mount no_source = { .kind = MAPROOT_MOUNT_BIND, .source = "/nonesuch", .target = "/mnt" };

static const struct {
	struct maproot_request request;
	const char *command;
	int code;
	enum maproot_step step;
	const char *said; /* NULL: whatever */
} failures[] = {
	{ { .keep_fds = 0 },
	  "nonesuch",
	  ENOENT,
	  MAPROOT_STEP_FIND,
	  "cannot find 'nonesuch': No such file or directory" },
	{ { .keep_fds = 0 },
	  "",
	  ENOENT,
	  MAPROOT_STEP_FIND,
	  "cannot find '': No such file or directory" },
	{ { .keep_fds = 0 },
	  "/etc/passwd",
	  EACCES,
	  MAPROOT_STEP_EXEC,
	  "cannot execute '/etc/passwd': Permission denied" },
	{ { .keep_fds = 0 },
	  "/etc",
	  EISDIR,
	  MAPROOT_STEP_EXEC,
	  "cannot execute '/etc': Is a directory" },
	{ { .namespaces = BIT(PID) }, "nonesuch", ENOENT, MAPROOT_STEP_FIND, NULL },
	{ { .namespaces = BIT(TIME) }, "nonesuch", ENOENT, MAPROOT_STEP_FIND, NULL },
	{ { .namespaces = BIT(PID), .as_pid_1 = true },
	  "nonesuch",
	  ENOENT,
	  MAPROOT_STEP_FIND,
	  NULL },
	{ { .identity = { .subordinate = true } }, "nonesuch", ENOENT, MAPROOT_STEP_FIND, NULL },
	{ { .namespaces = BIT(PID), .identity = { .subordinate = true } },
	  "nonesuch",
	  ENOENT,
	  MAPROOT_STEP_FIND,
	  NULL },
	{ { .in_place = true }, "true", EINVAL, MAPROOT_STEP_REQUEST, "a spawn is never in place" },
	{ { .hostname = "x" }, "true", EINVAL, MAPROOT_STEP_REQUEST, NULL },
	{ { .identity = { .users = &overlapping } },
	  "true",
	  EPERM,
	  MAPROOT_STEP_HELPER_FAILED,
	  NULL },
	{ { .mounts = &no_source, .mount_count = 1 },
	  "true",
	  ENOENT,
	  MAPROOT_STEP_BIND,
	  "cannot bind '/nonesuch' on '/mnt': No such file or directory" },
	{ { .directory = "/nonesuch" },
	  "true",
	  ENOENT,
	  MAPROOT_STEP_CHDIR,
	  "cannot change directory to '/nonesuch': No such file or directory" },
	{ { .root = "/nonesuch" },
	  "true",
	  ENOENT,
	  MAPROOT_STEP_ROOT,
	  "cannot make '/nonesuch' the root directory: No such file or directory" },
	{ { .namespaces = BIT(TIME), .monotonic = -1000000000 },
	  "true",
	  ERANGE,
	  MAPROOT_STEP_TIME,
	  NULL },
	{ { .death_signal = 99 },
	  "true",
	  EINVAL,
	  MAPROOT_STEP_DEATH_SIGNAL,
	  "cannot arrange for signal 99 when the parent dies: Invalid argument" },
};

static int count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

START_TEST(failures_leave_nothing)
{
	char *const argv[] = { (char *)failures[_i].command, NULL };
	struct maproot_child child = { .pid = 4711 };
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "old" };
	const char *blocked;
	int descriptors;

	unit_become_user();
	descriptors = count_descriptors();
	blocked = unit_status(0, "SigBlk");
	ck_assert_int_eq(maproot_spawn(&failures[_i].request, argv, NULL, &child, &err),
			 -failures[_i].code);
	unit_check_error(&err, failures[_i].code, failures[_i].step, failures[_i].said);
	ck_assert_int_eq(child.pid, 4711);
	ck_assert_int_eq(count_descriptors(), descriptors);
	ck_assert_str_eq(unit_status(0, "SigBlk"), blocked);
	/* Not even a zombie. */
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(maproot_spawn(&failures[_i].request, argv, NULL, &child, NULL),
			 -failures[_i].code);
}
END_TEST

/* The starter dies: so does what it started, in whatever namespaces. */
static const unsigned int kinds[] = { 0, BIT(PID), BIT(TIME) };

START_TEST(the_death_signal_is_sent)
{
	const struct maproot_request request = { .namespaces = kinds[_i], .death_signal = SIGTERM };
	char *const argv[] = { (char *)"sleep", (char *)"60", NULL };
	int ends[2];
	struct maproot_child child;
	int status;
	pid_t pid;

	unit_become_user();
	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (maproot_spawn(&request, argv, NULL, &child, NULL) < 0 ||
		    write(ends[1], &child, sizeof(child)) != (ssize_t)sizeof(child))
			_exit(1);
		for (;;)
			(void)pause();
	}
	ck_assert_int_eq(read(ends[0], &child, sizeof(child)), sizeof(child));
	ck_assert_ptr_nonnull(memchr("RSD", support_state(child.pid), 3));
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert(support_wait(pid, 5000, &status));
	/* An orphan of ours now. */
	ck_assert(support_wait(child.pid, 5000, &status));
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}
END_TEST

/* Several threads at once; each gets its own child's status and nobody else's. */
struct worker {
	pthread_t thread;
	int number;
	int failures;
};

static void *spawn_often(void *arg)
{
	struct worker *worker = arg;

	for (int round = 0; round < support_size(5, 20, 100); round++) {
		int want = (worker->number * 20 + round) % 250;
		char text[16];
		char *const argv[] = { (char *)"/bin/sh", (char *)"-c", text, NULL };
		const struct maproot_request request = { .namespaces = worker->number % 4 == 3 ?
									       BIT(PID) :
									       0 };
		struct maproot_child child;
		struct maproot_error err;
		int status;

		(void)snprintf(text, sizeof(text), "exit %d", want);
		if (maproot_spawn(&request, argv, NULL, &child, &err) < 0 ||
		    maproot_supervise(&child, &status, &err) < 0 || !WIFEXITED(status) ||
		    WEXITSTATUS(status) != want)
			worker->failures++;
		else
			(void)close(child.pidfd);
	}
	return NULL;
}

START_TEST(several_threads_at_once)
{
	struct worker workers[8];
	int descriptors;

	unit_become_user();
	descriptors = count_descriptors();
	for (int at = 0; at < 8; at++) {
		workers[at] = (struct worker){ .number = at };
		ck_assert_int_eq(
			pthread_create(&workers[at].thread, NULL, spawn_often, &workers[at]), 0);
	}
	for (int at = 0; at < 8; at++) {
		ck_assert_int_eq(pthread_join(workers[at].thread, NULL), 0);
		ck_assert_int_eq(workers[at].failures, 0);
	}
	ck_assert_int_eq(count_descriptors(), descriptors);
}
END_TEST

/* The statuses are lost on such a host, the work is not. */
START_TEST(a_host_that_ignores_sigchld)
{
	const struct maproot_request request = { .identity = { .subordinate = _i == 1 },
						 .namespaces = _i == 2 ? BIT(PID) : 0 };
	const char *mark = support_text("%s/mark-%d", support_user()->home, (int)getpid());
	const char *command = support_text("grep -q CHLD /dev/null; : >%s", mark);
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_child child;
	struct pollfd polled;
	int code;

	unit_become_user();
	ck_assert_ptr_ne(signal(SIGCHLD, SIG_IGN), SIG_ERR);
	code = maproot_spawn(&request, argv, NULL, &child, &err);
	ck_assert_msg(code == 0, "step %s: %s", maproot_step_name(err.step), err.object);
	polled = (struct pollfd){ .fd = child.pidfd, .events = POLLIN };
	ck_assert_int_eq(poll(&polled, 1, 10000), 1);
	ck_assert_int_eq(access(mark, F_OK), 0);
	if (child.init > 0)
		(void)kill(child.init, SIGKILL);
	ck_assert_ptr_eq(signal(SIGCHLD, SIG_DFL), SIG_IGN);
	ck_assert_int_eq(unlink(mark), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("run/spawn", &tc);

	tcase_add_loop_test(tc, identities_are_as_asked, 0, UNIT_COUNT(identities));
	tcase_add_test(tc, root_maps_what_it_likes);
	tcase_add_test(tc, supplementary_groups_are_dropped);
	tcase_add_loop_test(tc, each_part_of_a_request, 0, UNIT_COUNT(parts));
	tcase_add_loop_test(tc, namespaces_are_new_when_asked_for, 0, MAPROOT_NAMESPACE_COUNT + 1);
	tcase_add_test(tc, the_environment_is_given);
	tcase_add_test(tc, signals_are_the_callers);
	tcase_add_test(tc, the_child_can_be_polled);
	tcase_add_test(tc, an_old_kernel_has_no_pidfd);
	tcase_add_loop_test(tc, failures_leave_nothing, 0, UNIT_COUNT(failures));
	tcase_add_loop_test(tc, the_death_signal_is_sent, 0, UNIT_COUNT(kinds));
	tcase_add_test(tc, several_threads_at_once);
	tcase_add_loop_test(tc, a_host_that_ignores_sigchld, 0, 3);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

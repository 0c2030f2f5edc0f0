/*
 * Trying things in a child. Our memory may be a threaded program's: the child makes system calls alone, and no signal
 * reaches a handler of the host's in it. Its end sends the host no SIGCHLD, and takes no wait(2) of the host's.
 */
#include "diagnose/trial.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "run/child.h"
#include "system/process.h"
#include "system/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PATIENCE_MS = 2000,
	LAYERS_NOW = 16,    /* Landlock's limit */
	LAYERS_BEFORE = 64, /* before Linux 5.19 */
	UNKNOWN_RESULT = 255,
};

/* Returns an exit status: an errno value, 0, or UNKNOWN_RESULT. */
typedef int operation(const void *arg);

/* Nothing that is tried takes long; what does is stuck in something that is not ours to wait for. */
static int await(pid_t pid)
{
	mr_auto_fd int pidfd = mr_pidfd_open(pid);
	struct pollfd end = { .fd = pidfd, .events = POLLIN };
	int status;
	pid_t got;

	if (pidfd >= 0 && poll(&end, 1, PATIENCE_MS) != 1)
		(void)kill(pid, SIGKILL); /* our own, and not reaped yet */
	do
		got = waitpid(pid, &status, __WALL);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return MR_TRIAL_IMPOSSIBLE;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? MR_TRIAL_KILLED : MR_TRIAL_IMPOSSIBLE;
	return WEXITSTATUS(status) == UNKNOWN_RESULT ? MR_TRIAL_IMPOSSIBLE : WEXITSTATUS(status);
}

static int try(const struct mr_evidence *evidence, operation *body, const void *arg)
{
	const struct rlimit none = { 0, 0 };
	mr_signal_set mask = 0;
	pid_t pid;
	int result;

	if (!mr_may_try(evidence) || mr_signals_mask(MR_SIGNALS_ALL, &mask) < 0)
		return MR_TRIAL_IMPOSSIBLE;
	pid = mr_fork(0, NULL);
	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &none);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		_exit(body(arg));
	}
	result = pid < 0 ? MR_TRIAL_IMPOSSIBLE : await(pid);
	(void)mr_signals_mask(mask, NULL); /* fails on a bad pointer only */
	return result;
}

/* In the child: another one, with new namespaces, for what only its like can do. */
static int in_new(unsigned long flags, operation *body, const void *arg)
{
	pid_t pid = mr_fork(flags, NULL);
	int result;

	if (pid < 0)
		return errno;
	if (pid == 0)
		_exit(body ? body(arg) : 0);
	result = await(pid);
	return result < UNKNOWN_RESULT ? result : UNKNOWN_RESULT;
}

static int clone_now(const void *arg)
{
	return in_new(*(const unsigned long *)arg, NULL, NULL);
}

int mr_try_clone(const struct mr_evidence *evidence, unsigned long flags)
{
	return try(evidence, clone_now, &flags);
}

int mr_try_fork(const struct mr_evidence *evidence)
{
	return mr_try_clone(evidence, 0);
}

static int unshare_now(const void *arg)
{
	return unshare((int)*(const unsigned long *)arg) < 0 ? errno : 0;
}

int mr_try_unshare(const struct mr_evidence *evidence, unsigned long flags)
{
	return try(evidence, unshare_now, &flags);
}

int mr_try_wrong_clone(const struct mr_evidence *evidence, unsigned long flags)
{
	/* A new user or mount namespace excludes sharing of the root directory; threads need shared handlers. */
	unsigned long wrong = flags | ((flags & (CLONE_NEWUSER | CLONE_NEWNS)) ? CLONE_FS : CLONE_THREAD);

	return mr_try_clone(evidence, wrong);
}

int mr_try_wrong_unshare(const struct mr_evidence *evidence, unsigned long flags)
{
	return mr_try_unshare(evidence, flags | 0x1); /* part of an exit signal: for clone(2) alone */
}

static int mount_nothing(const void *arg)
{
	(void)arg;
	return mount(NULL, NULL, NULL, 0, NULL) < 0 ? errno : 0;
}

int mr_try_wrong_mount(const struct mr_evidence *evidence)
{
	return try(evidence, mount_nothing, NULL);
}

static int set_nothing(const void *arg)
{
	(void)arg;
	return setns(-1, 0) < 0 ? errno : 0;
}

int mr_try_wrong_setns(const struct mr_evidence *evidence)
{
	return try(evidence, set_nothing, NULL);
}

static int make_slaves(const void *arg)
{
	(void)arg;
	return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ? errno : 0;
}

static int make_slaves_in_new(const void *arg)
{
	return in_new(CLONE_NEWUSER | CLONE_NEWNS, make_slaves, arg);
}

int mr_try_propagate(const struct mr_evidence *evidence)
{
	return try(evidence, make_slaves_in_new, NULL);
}

static int mount_type(const void *arg)
{
	const char *type = arg;

	return mount(type, "/", type, MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ? errno : 0;
}

static int mount_type_in_new(const void *arg)
{
	return in_new(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC, mount_type, arg);
}

int mr_try_mount(const struct mr_evidence *evidence, const char *type)
{
	return try(evidence, mount_type_in_new, type);
}

struct binding {
	const char *source;
	unsigned long flags;
};

static int bind_it(const void *arg)
{
	const struct binding *binding = arg;

	return mount(binding->source, "/", NULL, binding->flags, NULL) < 0 ? errno : 0;
}

static int bind_in_new(const void *arg)
{
	return in_new(CLONE_NEWUSER | CLONE_NEWNS, bind_it, arg);
}

int mr_try_bind(const struct mr_evidence *evidence, const char *source, bool recursive)
{
	const struct binding binding = { source, MS_BIND | (recursive ? MS_REC : 0) };

	return try(evidence, bind_in_new, &binding);
}

static int take_own_ids(const void *arg)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
	uid_t user = geteuid();
	gid_t group = getegid();

	(void)arg;
	if (syscall(SYS_capset, &header, none) < 0)
		return UNKNOWN_RESULT;
	if (syscall(SYS_setresgid, group, group, group) < 0 || syscall(SYS_setresuid, user, user, user) < 0)
		return errno;
	return 0;
}

int mr_try_own_ids(const struct mr_evidence *evidence)
{
	return try(evidence, take_own_ids, NULL);
}

/* Layers can be added to one's own domain until it has as many as there may be. */
static int add_layers(const void *arg)
{
	struct landlock_ruleset_attr rules = { .handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE };
	int added = 0;
	long fd = syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);

	(void)arg;
	if (fd < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return UNKNOWN_RESULT;
	while (added < LAYERS_BEFORE && syscall(SYS_landlock_restrict_self, fd, 0) == 0)
		added++;
	return added == LAYERS_BEFORE || errno == E2BIG ? added : UNKNOWN_RESULT;
}

int mr_try_landlock_layers(const struct mr_evidence *evidence)
{
	int added = try(evidence, add_layers, NULL);

	if (added > LAYERS_BEFORE)
		return -1;
	return added <= LAYERS_NOW ? LAYERS_NOW - added : LAYERS_BEFORE - added;
}

static int read_profile(const void *arg)
{
	static const char *const files[] = { "/proc/self/attr/apparmor/current", "/proc/self/attr/current" };
	char profile[256];

	for (int at = 0; at < 2; at++) {
		mr_auto_fd int fd = mr_open(files[at], O_RDONLY, 0);
		ssize_t length = fd < 0 ? fd : mr_read(fd, profile, sizeof(profile) - 1);

		if (length < 0)
			continue;
		profile[length] = '\0';
		return strstr(profile, arg) != NULL;
	}
	return UNKNOWN_RESULT;
}

static int read_profile_in_new(const void *arg)
{
	int result = in_new(CLONE_NEWUSER, read_profile, arg);

	return result <= 1 ? result : UNKNOWN_RESULT;
}

int mr_try_profile(const struct mr_evidence *evidence, const char *name)
{
	int result = try(evidence, read_profile_in_new, name);

	return result <= 1 ? result : -1;
}

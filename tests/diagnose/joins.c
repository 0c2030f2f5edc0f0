/*
 * Where namespaces of others are refused.
 */
#include "situation.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <maproot/join.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct maproot_request subordinate = { .identity = { .subordinate = true } };

/* The process that fail_to_join() names. */
static pid_t target;
static const char *types;

static int fail_to_join(const struct maproot_request *request, struct maproot_error *err)
{
	const char *reference = support_text("%s%d", types ? types : "", (int)target);
	const struct maproot_request joins = { .joins = &reference, .join_count = 1 };

	(void)request;
	return fail_to_start(&joins, err);
}

static pid_t start(void (*first)(void))
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		support_die("fork");
	if (pid == 0) {
		first();
		(void)!write(ready[1], &byte, 1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		support_die("no child");
	(void)close(ready[0]);
	return pid;
}

static void nothing(void)
{
}

static void new_network(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		support_die("unshare");
}

static void root_in_new_network(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		support_die("unshare");
}

static void close_itself(void)
{
	new_network();
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		support_die("PR_SET_DUMPABLE");
}

static void other_user(void)
{
	target = start(root_in_new_network);
	become_user();
}

static void closed(void)
{
	become_user();
	target = start(close_itself);
}

static void owned(void)
{
	types = "net=";
	become_user();
	target = start(new_network);
}

static void ended(void)
{
	become_user();
	target = start(nothing);
	unit_end(target);
}

static void hidden(void)
{
	unit_private_mounts();
	target = start(nothing);
	if (mount("proc", "/proc", "proc", 0, "hidepid=2") < 0)
		support_die("cannot mount /proc");
	become_user();
}

static void filtered(void)
{
	become_user();
	target = start(new_network);
	unit_deny(SYS_setns, EPERM);
}

/* A pid namespace of its own, seen through the /proc of before. */
static void foreign_proc(void)
{
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0 || (pid = fork()) < 0)
		support_die("unshare");
	if (pid > 0) {
		(void)waitpid(pid, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
	}
	become_user();
}

static const struct situation rows[] = {
	{ .id = "process-foreign",
	  .how = "a process of root's",
	  .prepare = other_user,
	  .error = { EACCES, MAPROOT_STEP_JOIN_RIGHTS, "" },
	  .fails = fail_to_join },
	{ .id = "process-closed",
	  .how = "a process that is not dumpable",
	  .prepare = closed,
	  .error = { EACCES, MAPROOT_STEP_JOIN_RIGHTS, "" },
	  .fails = fail_to_join },
	{ .id = "join-rights",
	  .how = "a network without its owner",
	  .prepare = owned,
	  .error = { EPERM, MAPROOT_STEP_JOIN_RIGHTS, "" },
	  .fails = fail_to_join },
	{ .id = "process-ended",
	  .how = "a process that has ended",
	  .prepare = ended,
	  .error = { ESRCH, MAPROOT_STEP_NO_PROCESS, "" },
	  .fails = fail_to_join },
	{ .id = "proc-hides",
	  .how = "hidepid=2",
	  .prepare = hidden,
	  .error = { ESRCH, MAPROOT_STEP_NO_PROCESS, "" },
	  .fails = fail_to_join },
	{ .id = "seccomp-setns",
	  .how = "filter: setns EPERM",
	  .prepare = filtered,
	  .error = { EPERM, MAPROOT_STEP_JOIN, "" },
	  .fails = fail_to_join,
	  .also = "no-new-privs" },
	{ .id = "proc-foreign",
	  .how = "a pid namespace without a /proc",
	  .prepare = foreign_proc,
	  .request = &subordinate,
	  .error = { ESRCH, MAPROOT_STEP_FACTS, "/proc, which belongs to another pid namespace" },
	  .fails = fail_to_start },
};

const struct situations situations_of_joins = { rows, UNIT_COUNT(rows) };

/*
 * Starting a helper. The child shares our memory until it executes, so that the size of the host
 * does not matter; what it says goes to a file in memory, which never fills up and can be read at any time.
 */
#include "system/helper.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "system/furniture.h"
#include "system/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { STACK_SIZE = 16 * 1024 };

struct start {
	const struct mr_helper *helper;
	pid_t parent;
	int null;
	int said;
	int output;
	int code; /* of the failure, from the child */
};

static int connect_streams(const struct start *start)
{
	if (dup2(start->null, STDIN_FILENO) < 0 ||
	    dup2(start->output >= 0 ? start->output : start->said, STDOUT_FILENO) < 0 ||
	    dup2(start->said, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

static int choose_descriptors(const struct mr_helper *helper)
{
	int code = mr_descriptors_close_on_exec_from(STDERR_FILENO + 1, NULL);

	for (size_t at = 0; code == 0 && at < helper->keep_count; at++) {
		if (fcntl(helper->keep[at], F_SETFD, 0) < 0)
			code = -errno;
	}
	return code;
}

static int get_ready(const struct start *start)
{
	static const struct sigaction by_default = { .sa_handler = SIG_DFL };
	const struct mr_helper *helper = start->helper;
	int code = 0;

	if (setpgid(0, 0) < 0)
		return -errno;
	if (helper->dies_with_us && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	if (helper->dies_with_us && getppid() != start->parent)
		return -ESRCH;
	code = connect_streams(start);
	if (code == 0)
		code = choose_descriptors(helper);
	if (code == 0)
		code = mr_signals_reset_handlers();
	if (code == 0)
		code = mr_signals_ignore_child(false); /* ignored, it would cost the helper its children's statuses */
	/* Hosts of some languages ignore it, which a program that is started is not to inherit. */
	if (code == 0 && sigaction(SIGPIPE, &by_default, NULL) < 0)
		code = -errno;
	return code < 0 ? code : mr_signals_mask(0, NULL);
}

static int child_main(void *argument)
{
	struct start *start = argument;
	const struct mr_helper *helper = start->helper;

	start->code = get_ready(start);
	if (start->code == 0) {
		(void)execve(helper->path, helper->argv, helper->envp ? helper->envp : environ);
		start->code = -errno;
	}
	return 127;
}

static int clone_helper(struct start *start, pid_t *ret_pid)
{
	_Alignas(16) char stack[STACK_SIZE];
	mr_signal_set former;
	int status;
	int code = mr_signals_mask(MR_SIGNALS_ALL, &former);
	pid_t pid;

	if (code < 0)
		return code;
	pid = clone(child_main, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, start);
	code = pid < 0 ? -errno : start->code;
	if (code == 0)
		code = mr_signals_mask(former, NULL);
	else
		(void)mr_signals_mask(former, NULL); /* the first failure counts */
	if (pid > 0 && code < 0) {
		(void)kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	if (code == 0)
		*ret_pid = pid;
	return code;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int open_said(const char *name, int *ret_fd)
{
	int fd = mr_raise_fd(memfd_create(name, MFD_CLOEXEC));

	if (fd >= 0)
		*ret_fd = fd;
	return fd < 0 ? fd : 0;
}

int mr_helper_start(const struct mr_helper *helper, struct mr_helper_run *ret_run, struct maproot_error *err)
{
	mr_auto_fd int null = mr_open("/dev/null", O_RDWR, 0);
	mr_auto_fd int said = -1;
	mr_auto_fd int output = -1;
	struct start start = { .helper = helper, .parent = getpid(), .null = null };
	pid_t pid = 0;
	int code = null < 0 ? null : open_said(last_part(helper->path), &said);

	if (code == 0 && helper->takes_output)
		code = open_said(last_part(helper->path), &output);
	start.said = said;
	start.output = output;
	if (code == 0)
		code = clone_helper(&start, &pid);
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_PROGRAM, helper->path);
	*ret_run = (struct mr_helper_run){
		.name = last_part(helper->path),
		.pid = pid,
		.said = mr_take_fd(&said),
		.output = mr_take_fd(&output),
		.heeds = helper->heeds,
	};
	return 0;
}

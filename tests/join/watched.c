/* See watched.h. */
#include "watched.h"

#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* Made by the watched process alone, when it has acted. */
#define MARKER SYS_getppid

#define LET(number)                                                        \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)(number), 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

bool watched_can(void)
{
	struct seccomp_notif_sizes sizes;

	return syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0;
}

struct watched *watched_new(void)
{
	struct watched *watched = mmap(NULL, sizeof(*watched), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (watched == MAP_FAILED)
		support_die("mmap");
	return watched;
}

void watched_done(struct watched *watched)
{
	(void)munmap(watched, sizeof(*watched));
}

/*
 * What the kernel never refuses is not refused here: it would be a lie about what happened. A sanitizer's memory is
 * its own.
 */
static int watch_calls(void)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		LET(SYS_close),
		LET(SYS_munmap),
		LET(SYS_exit),
		LET(SYS_rt_sigprocmask),
		LET(SYS_futex),
		LET(UNIT_SANITIZED ? SYS_mmap : SYS_exit),
		LET(UNIT_SANITIZED ? SYS_mprotect : SYS_exit),
		LET(UNIT_SANITIZED ? SYS_madvise : SYS_exit),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	const struct sock_fprog filter = { UNIT_COUNT(program), program };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
}

static _Noreturn void be_watched(struct watched *watched)
{
	if (watched->prepare)
		watched->prepare(watched);
	watched->listener = watch_calls();
	if (watched->listener >= 0)
		watched->code = watched->act(watched);
	watched->done = true;
	(void)syscall(MARKER);
	if (watched->again)
		watched->second = watched->again(watched);
	_exit(0);
}

static int take_listener(struct watched *watched, pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int listener;

	for (int waited = 0; watched->listener == -1; waited++) {
		if (waited > 20000)
			support_die("the watched process does not begin");
		support_sleep_us(50);
	}
	listener = (int)syscall(SYS_pidfd_getfd, pidfd, watched->listener, 0);
	if (pidfd < 0 || listener < 0)
		support_die("cannot watch %d", (int)pid);
	(void)close(pidfd);
	return listener;
}

static size_t count_descriptors(pid_t pid)
{
	DIR *directory = opendir(support_text("/proc/%d/fd", (int)pid));
	size_t count = 0;

	while (directory && readdir(directory))
		count++;
	if (directory)
		(void)closedir(directory);
	return count;
}

struct supervision {
	struct watched *watched;
	pid_t pid;
	int listener;
	unsigned int left; /* calls until the one */
	enum watched_action action;
	int code;
	bool acted;
	size_t descriptors;
};

static void note_end(struct supervision *supervision)
{
	struct watched *watched = supervision->watched;

	watched->descriptors_more = count_descriptors(supervision->pid) - supervision->descriptors;
	if (watched->look)
		watched->look(watched);
}

static void act_on(struct supervision *supervision, pid_t caller, struct seccomp_notif_resp *response)
{
	switch (supervision->action) {
	case WATCHED_FAIL:
		response->flags = 0;
		response->error = -supervision->code;
		break;
	case WATCHED_KILL_FIRST:
		(void)kill(supervision->pid, SIGKILL);
		break;
	case WATCHED_KILL_CALLER:
		(void)kill(caller, SIGKILL);
		break;
	case WATCHED_INTERFERE:
		supervision->watched->interfere(supervision->watched);
		break;
	}
}

/* Answers one call. */
static void answer(struct supervision *supervision, const struct seccomp_notif *call)
{
	struct seccomp_notif_resp response = { .id = call->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	pid_t caller = (pid_t)call->pid;

	if (call->data.nr == MARKER && caller == supervision->pid)
		note_end(supervision);
	else if (!supervision->watched->done && supervision->left > 0 && --supervision->left == 0) {
		supervision->acted = true;
		supervision->watched->call = call->data.nr;
		act_on(supervision, caller, &response);
	}
	/* ENOENT: it is dead already. */
	if (ioctl(supervision->listener, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0 && errno != ENOENT)
		support_die("SECCOMP_IOCTL_NOTIF_SEND");
}

static void supervise(struct supervision *supervision)
{
	struct pollfd ready = { .fd = supervision->listener, .events = POLLIN };

	for (;;) {
		struct seccomp_notif call = { 0 };

		if (poll(&ready, 1, 20000) <= 0)
			support_die("the watched process neither goes on nor ends");
		if (!(ready.revents & POLLIN))
			return; /* nobody is left to be watched */
		if (ioctl(supervision->listener, SECCOMP_IOCTL_NOTIF_RECV, &call) == 0)
			answer(supervision, &call);
		else if (errno != ENOENT && errno != EINTR)
			support_die("SECCOMP_IOCTL_NOTIF_RECV");
	}
}

bool watched_run(struct watched *watched, unsigned int number, enum watched_action action, int code)
{
	struct supervision supervision = { .watched = watched, .left = number, .action = action, .code = code };

	watched->listener = -1;
	watched->done = false;
	watched->code = watched->second = 0;
	watched->err = (struct maproot_error)MAPROOT_ERROR_INIT;
	supervision.pid = fork();
	if (supervision.pid < 0)
		support_die("fork");
	if (supervision.pid == 0)
		be_watched(watched);
	supervision.listener = take_listener(watched, supervision.pid);
	supervision.descriptors = count_descriptors(supervision.pid);
	supervise(&supervision);
	(void)close(supervision.listener);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	return supervision.acted;
}

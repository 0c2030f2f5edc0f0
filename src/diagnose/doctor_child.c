/*
 * A child of the doctor's, for what changes the process that does it, or may kill it.
 */
#include "base/cleanup.h"
#include "diagnose/doctor.h"
#include "run/child.h"
#include "system/process.h"
#include "system/signals.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 1000 };

/* False where it was killed. */
static bool await(pid_t pid)
{
	mr_auto_fd int pidfd = mr_pidfd_open(pid);
	struct pollfd end = { .fd = pidfd, .events = POLLIN };
	int status = -1;
	pid_t got;

	if (pidfd >= 0 && poll(&end, 1, PATIENCE_MS) != 1)
		(void)kill(pid, SIGKILL); /* our own, and not reaped yet */
	do
		got = waitpid(pid, &status, __WALL);
	while (got < 0 && errno == EINTR);
	return got == pid && status == 0;
}

_Noreturn static void be_child(void (*body)(void *), void *memory)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	body(memory);
	_exit(0);
}

bool mr_doctor_run(void (*body)(void *memory), void *memory, size_t size)
{
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	mr_signal_set mask = 0;
	bool well = false;

	if (shared == MAP_FAILED)
		return false;
	memcpy(shared, memory, size);
	if (mr_signals_mask(MR_SIGNALS_ALL, &mask) == 0) {
		pid_t pid = mr_fork(0, NULL);

		if (pid == 0)
			be_child(body, shared);
		well = pid > 0 && await(pid);
		(void)mr_signals_mask(mask, NULL); /* fails on a bad pointer only */
	}
	memcpy(memory, shared, size);
	(void)munmap(shared, size);
	return well;
}

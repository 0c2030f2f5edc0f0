/*
 * See sealed.h. The copy is a file in memory without a name; once sealed, not even root changes it.
 */
#include "cli/sealed.h"

#include "cli/report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* <linux/memfd.h>, <linux/fcntl.h>; MFD_EXEC is of Linux 6.3. */
enum {
	MEMFD_CLOSE_ON_EXEC = 1,
	MEMFD_SEALABLE = 2,
	MEMFD_EXECUTABLE = 16,
	GET_SEALS = 1034,
	ADD_SEALS = 1033,
	ALL_SEALS = 15
};

extern char **environ;

static const char self[] = "/proc/self/exe";

/* "net=..." leaves the mounts as they are; without types it may be any. */
static bool may_lead_to_mounts(const char *reference)
{
	const char *types = strchr(reference, '=');
	const char *slash = strchr(reference, '/');

	if (!types || (slash && slash < types))
		return true;
	for (const char *at = strchr(reference, 'm'); at && at < types; at = strchr(at + 1, 'm')) {
		if (strncmp(at, "mnt", 3) == 0 || strncmp(at, "mount", 5) == 0)
			return true;
	}
	return false;
}

static bool is_needed(const struct options *options)
{
	for (size_t at = 0; at < options->request.join_count; at++) {
		if (may_lead_to_mounts(options->request.joins[at]))
			return access(self, W_OK) == 0 || (errno != EACCES && errno != EROFS);
	}
	return false;
}

/* The new program's name is the file's, which is a number. */
static void take_name(const char *name)
{
	const char *slash = name ? strrchr(name, '/') : NULL;

	if (name)
		(void)prctl(PR_SET_NAME, slash ? slash + 1 : name, 0, 0, 0); /* fails on a bad pointer only */
}

static int make_file(void)
{
	const unsigned int flags = MEMFD_CLOSE_ON_EXEC | MEMFD_SEALABLE;
	int fd = (int)syscall(SYS_memfd_create, "maproot", flags | MEMFD_EXECUTABLE);

	return fd < 0 && errno == EINVAL ? (int)syscall(SYS_memfd_create, "maproot", flags) : fd;
}

static int copy_to(int to, int from)
{
	struct stat status;
	off_t done = 0;

	if (fstat(from, &status) < 0)
		return -1;
	while (done < status.st_size) {
		ssize_t put = sendfile(to, from, &done, (size_t)(status.st_size - done));

		if (put == 0)
			errno = EIO;
		if (put <= 0)
			return -1;
	}
	return fcntl(to, ADD_SEALS, ALL_SEALS);
}

/* A limit on the size of files would kill us, and not just fail. */
static int copy_limited(int to, int from)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction former;
	int code;
	int kept;

	(void)sigaction(SIGXFSZ, &ignore, &former); /* fails for none of these */
	code = copy_to(to, from);
	kept = errno;
	(void)sigaction(SIGXFSZ, &former, NULL);
	errno = kept;
	return code;
}

static int fail(const char *what)
{
	report("cannot run from a copy that nobody can write to: ", what, ": ", strerror(errno), NULL);
	return MAPROOT_EXIT_FAILURE;
}

static int execute_copy(int program, char **argv)
{
	int copy = make_file();
	int status;

	if (copy < 0)
		return fail("a file in memory");
	if (copy_limited(copy, program) < 0)
		status = fail("copying");
	else
		status = (int)syscall(SYS_execveat, copy, "", argv, environ, AT_EMPTY_PATH) < 0 ? fail("executing") : 0;
	(void)close(copy);
	return status;
}

int sealed_run(const struct options *options, char **argv)
{
	int program;
	int status = 0;

	if (!is_needed(options))
		return 0;
	program = open(self, O_RDONLY | O_CLOEXEC);
	if (program < 0)
		return fail(self);
	if (fcntl(program, GET_SEALS) >= 0)
		take_name(argv[0]);
	else
		status = execute_copy(program, argv);
	(void)close(program);
	return status;
}

/*
 * Where somebody else than the kernel refuses, or the process is not what it has to be.
 */
#include "situation.h"

#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct maproot_request new_pid = { .namespaces = MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_PID) };

#define FILTERED(name, number, by_clone, by_unshare)                 \
	static void name(void)                                       \
	{                                                            \
		become_user();                                       \
		filter_creation((number), (by_clone), (by_unshare)); \
	}
FILTERED(filtered_eperm, EPERM, true, true)
FILTERED(filtered_enosys, ENOSYS, true, true)
FILTERED(filtered_eacces, EACCES, true, true)
FILTERED(filtered_clone_only, EPERM, true, false)
FILTERED(filtered_unshare, EPERM, false, true)
FILTERED(filtered_enospc, ENOSPC, true, true)
FILTERED(killed, 0, true, true)

static void call_missing(void)
{
	unit_private_mounts();
	unit_overlay(support_text("/proc/%d/status", (int)getpid()), "Name:\tx\nSeccomp:\t0\nThreads:\t1\n");
	filtered_enosys();
}

static const struct maproot_request in_place = { .in_place = true };

static int fail_in_place(const struct maproot_request *request, struct maproot_error *err)
{
	char *argv[] = { (char *)"x", NULL };
	struct maproot_outcome outcome;

	return maproot_become(request, argv, &outcome, err);
}

static void *sleep_on(void *arg)
{
	for (;;)
		(void)pause();
	return arg;
}

static void threaded(void)
{
	pthread_t thread;

	become_user();
	if (pthread_create(&thread, NULL, sleep_on, NULL) != 0)
		support_die("pthread_create");
}

static void no_processes(void)
{
	const struct rlimit none = { 0, 0 };

	become_user();
	if (setrlimit(RLIMIT_NPROC, &none) < 0)
		support_die("setrlimit");
}

static void full_group(void)
{
	const char *group = make_group("/sys/fs/cgroup/pids");

	put_text(support_text("%s/pids.max", group), "1");
	put_text(support_text("%s/cgroup.procs", group), support_text("%d", (int)getpid()));
	become_user();
}

static void no_files(void)
{
	const struct rlimit none = { 3, 3 };

	become_user();
	if (setrlimit(RLIMIT_NOFILE, &none) < 0)
		support_die("setrlimit");
}

static void no_memory(void)
{
	const struct rlimit little = { 4096, 4096 };

	become_user();
	if (setrlimit(RLIMIT_AS, &little) < 0)
		support_die("setrlimit");
}

static void other_effective_user(void)
{
	if (seteuid(support_user()->uid) < 0)
		support_die("seteuid");
}

static const struct situation rows[] = {
	{ .id = "seccomp-create",
	  .how = "filter: EPERM (Docker)",
	  .prepare = filtered_eperm,
	  .error = CREATE(EPERM, "mnt user"),
	  .fails = fail_to_start,
	  .also = "no-new-privs" },
	{ .id = "seccomp-create",
	  .how = "filter: ENOSYS",
	  .prepare = filtered_enosys,
	  .error = CREATE(ENOSYS, "mnt user"),
	  .fails = fail_to_start,
	  .also = "no-new-privs" },
	{ .id = "seccomp-create",
	  .how = "filter: EACCES",
	  .prepare = filtered_eacces,
	  .error = CREATE(EACCES, "mnt user"),
	  .fails = fail_to_start,
	  .also = "no-new-privs" },
	{ .id = "seccomp-create",
	  .how = "filter: ENOSPC",
	  .prepare = filtered_enospc,
	  .error = CREATE(ENOSPC, "mnt user"),
	  .fails = fail_to_start,
	  .also = "no-new-privs" },
	{ .id = "seccomp-create",
	  .how = "filter: of clone alone",
	  .prepare = filtered_clone_only,
	  .error = CREATE(EPERM, "mnt user"),
	  .fails = fail_to_start,
	  .also = "no-new-privs" },
	{ .id = "seccomp-create",
	  .how = "filter: of unshare alone",
	  .prepare = filtered_unshare,
	  .request = &in_place,
	  .error = CREATE(EPERM, "in place"),
	  .fails = fail_in_place,
	  .also = "no-new-privs" },
	{ .id = "seccomp-kills",
	  .how = "filter: kill",
	  .prepare = killed,
	  .error = CREATE(EPERM, "mnt user"),
	  .also = "no-new-privs" },
	{ .id = "call-missing",
	  .how = "filter that does not show",
	  .prepare = call_missing,
	  .error = CREATE(ENOSYS, "mnt user"),
	  .fails = fail_to_start,
	  .also = "no-new-privs proc-masked" },
	{ .id = "threads",
	  .how = "in place, two threads",
	  .prepare = threaded,
	  .request = &in_place,
	  .error = CREATE(EINVAL, "in place"),
	  .fails = fail_in_place },
	{ .id = "rlimit-processes",
	  .how = "RLIMIT_NPROC=0",
	  .prepare = no_processes,
	  .error = CREATE(EAGAIN, "mnt user"),
	  .fails = fail_to_start },
	{ .id = "cgroup-processes",
	  .how = "pids.max=1",
	  .prepare = full_group,
	  .error = CREATE(EAGAIN, "mnt user"),
	  .fails = fail_to_start },
	{ .id = "rlimit-files",
	  .how = "RLIMIT_NOFILE=3",
	  .prepare = no_files,
	  .request = &new_pid,
	  .error = { EMFILE, MAPROOT_STEP_PREPARE, "" },
	  .fails = fail_to_start },
	{ .id = "rlimit-memory",
	  .how = "RLIMIT_AS=4096",
	  .no_sanitizer = true,
	  .prepare = no_memory,
	  .error = { ENOMEM, MAPROOT_STEP_PREPARE, "" },
	  .fails = fail_to_start },
	{ .id = "setid-program",
	  .how = "effective user is not the real one",
	  .prepare = other_effective_user,
	  .error = { EPERM, MAPROOT_STEP_SECURE, "" },
	  .fails = fail_to_start,
	  .also = "not-dumpable" },
};

const struct situations situations_of_filters = { rows, UNIT_COUNT(rows) };

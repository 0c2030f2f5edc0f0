/*
 * The host joins. No exec follows, which would begin a process anew: what it had before, and what its ids allow others,
 * is set right here.
 */
#include "preload/host.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "join/join.h"
#include "model/plan.h"
#include "system/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char proc[] = "/proc/";

/* Of the host, as it was. */
struct former {
	int proc; /* what a joined mount namespace has there may be gone, or a fake */
	struct mr_nsfs_id id[MAPROOT_NAMESPACE_COUNT];
	struct maproot_visit home;
	bool dumpable;
	int death_signal;
	pid_t parent;
};

/* A thread joins for itself; others, which a library has started, would stay outside. */
static int check_alone(struct maproot_error *err)
{
	static const char tasks[] = "/proc/self/task";
	const nlink_t alone = 3; /* ".", "..", and a directory for each thread */
	struct stat status;

	if (stat(tasks, &status) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_FACTS, tasks);
	if (status.st_nlink > alone)
		return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST,
			       "this process has threads already, which joining would leave where they are");
	return 0;
}

/* Which namespace of a type the process is in; false with errno set. */
static bool look(const struct former *former, enum maproot_namespace type, struct mr_nsfs_id *ret_id)
{
	char path[MR_NSFS_PATH_SIZE];
	struct stat status;

	mr_nsfs_own_path(type, path);
	if (fstatat(former->proc, path + strlen(proc), &status, 0) < 0)
		return false;
	*ret_id = (struct mr_nsfs_id){ status.st_dev, status.st_ino };
	return true;
}

static int remember(unsigned int types, struct former *former, struct maproot_error *err)
{
	int code = former->proc < 0 ? former->proc : 0;

	for (unsigned int type = 0; code == 0 && type < MAPROOT_NAMESPACE_COUNT; type++)
		code = mr_has(types, type) && !look(former, type, &former->id[type]) ? -errno : 0;
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_OPEN_NAMESPACE, "/proc/thread-self/ns");
	former->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
	(void)prctl(PR_GET_PDEATHSIG, &former->death_signal, 0, 0, 0); /* fails on a bad pointer only */
	former->parent = getppid();
	return mr_home_open(types, &former->home, err);
}

/* Those of the types in which the process is not where it was. */
static unsigned int find_entered(unsigned int types, const struct former *former)
{
	unsigned int entered = 0;

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		struct mr_nsfs_id now;

		if (mr_has(types, type) && (!look(former, type, &now) || !mr_nsfs_same(now, former->id[type])))
			entered |= MAPROOT_NAMESPACE_BIT(type);
	}
	return entered;
}

/* Changed ids clear the death signal. The end of a parent that died meanwhile was not noticed. */
static void keep_death_signal(const struct former *former)
{
	if (former->death_signal == 0)
		return;
	(void)prctl(PR_SET_PDEATHSIG, former->death_signal, 0, 0, 0); /* it was one before */
	if (getppid() != former->parent)
		(void)syscall(SYS_kill, getpid(), former->death_signal); /* it is ourselves */
}

static int enter(const struct maproot_join *join, unsigned int types, const struct former *former,
		 unsigned int *ret_joined, struct maproot_error *err)
{
	bool hide = former->dumpable && mr_has(types, MAPROOT_NAMESPACE_USER);
	int code;

	/* Before, as those inside need an instant only; and for good, as the host's memory is what it was. */
	if (hide)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* 0 is always good */
	code = mr_join_enter(join, types, &former->home, err);
	*ret_joined = find_entered(types, former);
	if (!mr_has(*ret_joined, MAPROOT_NAMESPACE_USER)) {
		if (hide)
			(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* 1 as well */
	} else if (code == 0) {
		code = mr_identity_take_joined(NULL, err);
		if (code < 0)
			mr_join_say_entered(*ret_joined, err);
	}
	return code;
}

static int enter_and_settle(const struct maproot_join *join, unsigned int types, unsigned int *ret_joined,
			    struct maproot_error *err)
{
	mr_auto_fd int directory = mr_open(proc, O_PATH | O_DIRECTORY, 0);
	struct former former = { .proc = directory };
	int code = remember(types, &former, err);

	if (code < 0)
		return code;
	code = enter(join, types, &former, ret_joined, err);
	keep_death_signal(&former);
	mr_home_close(&former.home);
	return code;
}

int mr_host_join(const struct mr_variables *variables, unsigned int *ret_joined, struct maproot_error *err)
{
	const struct mr_join_wish wish = { .references = variables->references,
					   .count = variables->count,
					   .order = variables->order };
	struct maproot_join join;
	unsigned int pending;
	int code = mr_join_open(&wish, &join, err);

	*ret_joined = 0;
	if (code < 0)
		return code;
	pending = mr_join_pending(&join);
	if (pending)
		code = check_alone(err);
	if (code == 0 && pending)
		code = enter_and_settle(&join, pending, ret_joined, err);
	mr_join_done(&join);
	return code;
}

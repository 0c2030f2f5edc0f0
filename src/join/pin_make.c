/*
 * A namespace that nobody is in: a child makes it, opens it into the descriptors that it shares with us, and ends. It
 * shares our memory as well, so that the size of the program costs nothing; we are held until it has ended.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "join/pin.h"
#include "model/plan.h"
#include "system/furniture.h"
#include "system/idmap_write.h"
#include "system/mounts.h"
#include "system/signals.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef NS_GET_MNTNS_ID
#define NS_GET_MNTNS_ID _IOR(NSIO, 0x5, uint64_t) /* Linux 6.11 */
#endif

enum {
	GUARD_SIZE = 64 * 1024, /* the largest page there is */
	STACK_SIZE = 64 * 1024,
};

struct making {
	enum maproot_namespace type;
	uid_t user; /* ours: the child has none that is mapped, in a new user namespace */
	gid_t group;
	uint64_t count; /* of our mount namespace, among all; 0: not known */
	int fd;
	struct maproot_error err;
};

static int fail_to_create(const struct making *making, int code, struct maproot_error *err)
{
	return mr_fail(err, code, MAPROOT_STEP_CREATE, maproot_namespace_name(making->type));
}

static int map_own_ids(const struct making *making, struct maproot_error *err)
{
	struct mr_plan plan = { .mapper = MR_MAPPER_SELF };
	int code = mr_idmap_deny_setgroups(-1, err);

	plan.users.range[plan.users.count++] = (struct maproot_idmap_range){ 0, making->user, 1 };
	plan.groups.range[plan.groups.count++] = (struct maproot_idmap_range){ 0, making->group, 1 };
	return code < 0 ? code : mr_idmap_write_own(&plan, -1, err);
}

static uint64_t count_of_mount_namespace(void)
{
	mr_auto_fd int fd = mr_nsfs_open_own(MAPROOT_NAMESPACE_MNT);
	uint64_t count;

	return fd >= 0 && ioctl(fd, NS_GET_MNTNS_ID, &count) == 0 ? count : 0;
}

/*
 * A mount namespace can hold only those that count as younger, so that none comes to hold itself. Linux 6.18 lets each
 * cpu count for itself: what was made later may be older. The cpu that has made ours makes younger ones.
 */
static int make_younger(const struct making *making, struct maproot_error *err)
{
	const int flag = (int)maproot_namespace_flag(MAPROOT_NAMESPACE_MNT);
	cpu_set_t allowed;
	cpu_set_t one;

	if (making->count == 0 || sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return 0;
	for (int cpu = 0; cpu < CPU_SETSIZE && count_of_mount_namespace() <= making->count; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one) == 0 && unshare(flag) < 0)
			return fail_to_create(making, errno, err);
	}
	return 0; /* if there was none, mount(2) will say so */
}

static int furnish_mounts(const struct making *making, struct maproot_error *err)
{
	int code = make_younger(making, err);

	return code < 0 ? code : mr_mounts_propagate(MAPROOT_PROPAGATION_SLAVE, err);
}

static int furnish(const struct making *making, struct maproot_error *err)
{
	switch (making->type) {
	case MAPROOT_NAMESPACE_NET:
		return mr_loopback_up(err);
	case MAPROOT_NAMESPACE_MNT:
		return furnish_mounts(making, err);
	case MAPROOT_NAMESPACE_USER:
		return map_own_ids(making, err);
	case MAPROOT_NAMESPACE_TIME:
		/* Its flag is no flag of clone(2). */
		if (unshare((int)maproot_namespace_flag(making->type)) < 0)
			return fail_to_create(making, errno, err);
		return 0;
	default:
		return 0;
	}
}

static int run_child(void *argument)
{
	struct making *making = argument;
	char path[MR_NSFS_PATH_SIZE];

	if (furnish(making, &making->err) < 0)
		return 1;
	making->fd = mr_nsfs_open_own(making->type);
	if (making->fd >= 0)
		return 0;
	mr_nsfs_own_path(making->type, path);
	(void)mr_fail(&making->err, -making->fd, MAPROOT_STEP_OPEN_NAMESPACE, path);
	return 1;
}

static int run_and_wait(struct making *making, char *stack_top)
{
	/* Without a signal at its end, for which the host might wait. */
	unsigned int flags = CLONE_VM | CLONE_VFORK | CLONE_FILES;
	int status;
	pid_t got;
	pid_t pid;

	if (making->type != MAPROOT_NAMESPACE_TIME)
		flags |= maproot_namespace_flag(making->type);
	pid = clone(run_child, stack_top, (int)flags, making);
	if (pid < 0)
		return fail_to_create(making, errno, &making->err);
	do
		got = waitpid(pid, &status, __WALL);
	while (got < 0 && errno == EINTR);
	if (making->err.code == 0 && (got < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0))
		(void)fail_to_create(making, got < 0 ? errno : ECHILD, &making->err);
	return -making->err.code;
}

int mr_pin_make_namespace(enum maproot_namespace type, struct maproot_error *err)
{
	struct making making = {
		.type = type,
		.user = geteuid(),
		.group = getegid(),
		.count = type == MAPROOT_NAMESPACE_MNT ? count_of_mount_namespace() : 0,
		.fd = -1,
	};
	char *stack = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	mr_signal_set former = 0;
	int code;

	if (stack == MAP_FAILED)
		return mr_fail(err, errno, MAPROOT_STEP_PREPARE, "memory for a child");
	code = mprotect(stack, GUARD_SIZE, PROT_NONE) < 0 ? -errno : mr_signals_mask(MR_SIGNALS_ALL, &former);
	if (code < 0) {
		(void)mr_fail(&making.err, -code, MAPROOT_STEP_PREPARE, "a child");
	} else {
		code = run_and_wait(&making, stack + GUARD_SIZE + STACK_SIZE);
		(void)mr_signals_mask(former, NULL); /* it was right before */
	}
	(void)munmap(stack, GUARD_SIZE + STACK_SIZE);
	if (code < 0) {
		mr_close_fd(&making.fd);
		return mr_error_pass(err, &making.err);
	}
	return making.fd;
}

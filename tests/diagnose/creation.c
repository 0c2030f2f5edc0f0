/*
 * Where the kernel creates no namespaces: limits, depth, root directories, ids.
 */
#include "situation.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define X(type, name, oci, letter, flag)                                 \
	static void no_##type(void)                                      \
	{                                                                \
		identity_namespace();                                    \
		set_limit(name, "0");                                    \
		become_user();                                           \
	}                                                                \
	static const struct maproot_request new_##type = { .namespaces = \
								   MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##type) };
MAPROOT_NAMESPACES(X)
#undef X

/* One user namespace may be there, and is. */
static void used_up(void)
{
	identity_namespace();
	set_limit("user", "1");
	become_user();
	(void)unit_unmapped_process();
}

static void forbidden_from_outside(void)
{
	identity_namespace();
	set_limit("user", "1");
	identity_namespace();
	become_user();
}

static void mounts_forbidden_from_outside(void)
{
	identity_namespace();
	set_limit("mnt", "0");
	identity_namespace();
	become_user();
}

static void too_deep(void)
{
	const char *users = support_text("%u %u 1", support_user()->uid, support_user()->uid);
	const char *groups = support_text("%u %u 1", support_user()->gid, support_user()->gid);
	int depth = 0;

	become_user();
	for (; unshare(CLONE_NEWUSER) == 0; depth++) {
		put_text("/proc/self/setgroups", "deny");
		put_text("/proc/self/uid_map", users);
		put_text("/proc/self/gid_map", groups);
	}
	if (errno != ENOSPC || depth < 20)
		support_die("nested %d deep", depth);
}

static void in_chroot(void)
{
	const struct support_user *user = support_user();

	/* Whoever changes his ids is not dumpable any more, which is not what this is about. */
	if (chroot(support_directory()) < 0 || chdir("/") < 0 || setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		support_die("chroot");
}

static void in_chroot_to_mount(void)
{
	unit_private_mounts();
	if (mount("/", support_directory(), NULL, MS_BIND | MS_REC, NULL) < 0)
		support_die("cannot bind /");
	in_chroot();
}

static void without_maps(void)
{
	become_user();
	if (unshare(CLONE_NEWUSER) < 0)
		support_die("unshare");
}

/* The ids from 1 up are mapped to where they were, also 65534: as which 0 shows. */
static void root_unmapped(void)
{
	pid_t target = getpid();
	int ready[2];
	char byte;

	if (pipe2(ready, O_CLOEXEC) < 0)
		support_die("pipe");
	if (fork() == 0) {
		(void)close(ready[1]);
		(void)!read(ready[0], &byte, 1);
		put_text(support_text("/proc/%d/uid_map", (int)target), "1 1 65535");
		put_text(support_text("/proc/%d/gid_map", (int)target), "0 0 65536");
		_exit(0);
	}
	if (unshare(CLONE_NEWUSER) < 0)
		support_die("unshare");
	(void)close(ready[1]);
	(void)close(ready[0]);
	while (wait(NULL) > 0)
		;
}

static void group_unmapped(void)
{
	become_user();
	if (unshare(CLONE_NEWUSER) < 0)
		support_die("unshare");
	put_text("/proc/self/uid_map", support_text("%u %u 1", support_user()->uid, support_user()->uid));
}

static const struct situation rows[] = {
#define X(type, name, oci, letter, flag)                    \
	{ .id = "sysctl-max-" name "-namespaces",           \
	  .how = "user.max_" name "_namespaces=0 (nested)", \
	  .prepare = no_##type,                             \
	  .request = &new_##type,                           \
	  .error = CREATE(ENOSPC, ""),                      \
	  .fails = fail_to_start },
	MAPROOT_NAMESPACES(X)
#undef X
		{ .id = "namespaces-used-up",
		  .how = "limit 1, and one is held",
		  .prepare = used_up,
		  .error = CREATE(ENOSPC, "mnt user"),
		  .fails = fail_to_start },
	{ .id = "outer-limit",
	  .how = "limit 1 one user namespace further out",
	  .prepare = forbidden_from_outside,
	  .error = CREATE(ENOSPC, "mnt user"),
	  .fails = fail_to_start },
	{ .id = "outer-limit",
	  .how = "no mount namespaces one further out",
	  .prepare = mounts_forbidden_from_outside,
	  .error = CREATE(ENOSPC, "mnt user"),
	  .fails = fail_to_start },
	{ .id = "outer-limit",
	  .how = "nested as deep as it goes",
	  .prepare = too_deep,
	  .request = &new_USER,
	  .error = CREATE(ENOSPC, ""),
	  .also = "helper-owner-unmapped setgroups-denied outer-id-unmapped",
	  .fails = fail_to_start },
	{ .id = "chroot",
	  .how = "chroot to a directory",
	  .prepare = in_chroot,
	  .error = CREATE(EPERM, "mnt user"),
	  .fails = fail_to_start,
	  .also = "proc-missing path-missing nameless-user command-missing helper-missing tun-missing "
		  "network-program-missing null-device" },
	{ .id = "chroot-or-lsm",
	  .how = "chroot to a mount point",
	  .prepare = in_chroot_to_mount,
	  .error = CREATE(EPERM, "mnt user"),
	  .fails = fail_to_start,
	  .possible = true },
	{ .id = "unmapped-id",
	  .how = "no id is mapped",
	  .prepare = without_maps,
	  .request = &new_USER,
	  .error = CREATE(EPERM, ""),
	  .fails = fail_to_start,
	  .also = "no-subuids helper-owner-unmapped outer-id-unmapped" },
	{ .id = "unmapped-id",
	  .how = "0 is not mapped, 65534 is",
	  .prepare = root_unmapped,
	  .request = &new_USER,
	  .error = CREATE(EPERM, ""),
	  .fails = fail_to_start,
	  .also = "no-subuids helper-owner-unmapped outer-id-unmapped" },
	{ .id = "unmapped-id",
	  .how = "the group is not mapped",
	  .prepare = group_unmapped,
	  .request = &new_USER,
	  .error = CREATE(EPERM, ""),
	  .fails = fail_to_start,
	  .also = "no-subuids helper-owner-unmapped outer-id-unmapped" },
};

const struct situations situations_of_creation = { rows, UNIT_COUNT(rows) };

/*
 * Where subordinate ids are not to be had: the programs that map them, and the files that grant them.
 */
#include "situation.h"

#include "unit.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct maproot_request subordinate = { .identity = { .subordinate = true } };
static const struct maproot_idmap foreign_ids = { .count = 2, .range = { { 0, 4000000000, 1 }, { 1, 4000000001, 5 } } };
static const struct maproot_request foreign = { .identity = { .users = &foreign_ids } };

#define SAID(words)                                      \
	{                                                \
		EPERM, MAPROOT_STEP_HELPER_FAILED, words \
	}
#define REFUSED "newuidmap: write to uid_map failed: Operation not permitted"

static void no_program(void)
{
	unit_only_programs_of("/nowhere");
	become_user();
}

static void helper_closed(void)
{
	unit_private_mounts();
	unit_overlay("/usr/bin/newuidmap", "x");
	become_user();
}

static void closed_null(void)
{
	unit_private_mounts();
	unit_overlay("/dev/null", "");
	if (chmod("/dev/null", 0600) < 0)
		support_die("cannot close /dev/null");
	become_user();
}

static void cover_helper(mode_t mode, uid_t owner)
{
	const char *copy = support_install("/usr/bin/newuidmap", support_text("newuidmap-%d", (int)getpid()));

	unit_private_mounts();
	if (chown(copy, owner, 0) < 0 || chmod(copy, mode) < 0 ||
	    mount(copy, "/usr/bin/newuidmap", NULL, MS_BIND, NULL) < 0)
		support_die("cannot cover newuidmap");
}

static void helper_plain(void)
{
	cover_helper(0755, 0);
	become_user();
}

static void helper_of_user(void)
{
	cover_helper(04755, 1);
	become_user();
}

static void helper_nosuid(void)
{
	unit_private_mounts();
	if (mount("/usr/bin/newuidmap", "/usr/bin/newuidmap", NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, "/usr/bin/newuidmap", NULL, MS_REMOUNT | MS_BIND | MS_NOSUID, NULL) < 0)
		support_die("cannot remount newuidmap");
	become_user();
}

static void no_new_privs(void)
{
	become_user();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		support_die("PR_SET_NO_NEW_PRIVS");
}

static void bounded(void)
{
	if (prctl(PR_CAPBSET_DROP, CAP_SETUID, 0, 0, 0) < 0)
		support_die("PR_CAPBSET_DROP");
	become_user();
}

static void without_subuids(void)
{
	unit_private_mounts();
	unit_overlay("/etc/subuid", "");
	unit_overlay("/etc/subgid", "");
	become_user();
}

static void without_subgids(void)
{
	unit_private_mounts();
	unit_overlay("/etc/subgid", "");
	become_user();
}

static void nameless(void)
{
	unit_private_mounts();
	unit_overlay("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
	become_user();
}

static void in_namespace(void)
{
	unit_enter_namespace(0);
}

static const struct situation rows[] = {
	{ .id = "helper-missing",
	  .how = "no programs",
	  .prepare = no_program,
	  .request = &subordinate,
	  .error = { ENOENT, MAPROOT_STEP_HELPER, "newuidmap" },
	  .fails = fail_to_start,
	  .also = "network-program-missing command-missing" },
	{ .id = "helper-not-executable",
	  .how = "newuidmap 0644",
	  .prepare = helper_closed,
	  .request = &subordinate,
	  .error = { EACCES, MAPROOT_STEP_HELPER, "newuidmap" },
	  .fails = fail_to_start,
	  .also = "helper-not-privileged" },
	{ .id = "null-device",
	  .how = "/dev/null 0600",
	  .prepare = closed_null,
	  .request = &subordinate,
	  .error = { EACCES, MAPROOT_STEP_HELPER, "/usr/bin/newuidmap" },
	  .fails = fail_to_start },
	{ .id = "helper-not-privileged",
	  .how = "newuidmap 0755",
	  .prepare = helper_plain,
	  .request = &subordinate,
	  .error = SAID(REFUSED),
	  .fails = fail_to_start },
	{ .id = "helper-not-of-root",
	  .how = "newuidmap 4755 of user 1",
	  .prepare = helper_of_user,
	  .request = &subordinate,
	  .error = SAID("newuidmap: open of uid_map failed: Permission denied"),
	  .fails = fail_to_start },
	{ .id = "helper-owner-unmapped",
	  .how = "in a user namespace of one id",
	  .prepare = in_namespace,
	  .error = SAID(REFUSED),
	  .also = "no-subuids setgroups-denied outer-id-unmapped" },
	{ .id = "helper-nosuid",
	  .how = "nosuid mount",
	  .prepare = helper_nosuid,
	  .request = &subordinate,
	  .error = SAID(REFUSED),
	  .fails = fail_to_start },
	{ .id = "no-new-privs",
	  .how = "PR_SET_NO_NEW_PRIVS",
	  .prepare = no_new_privs,
	  .request = &subordinate,
	  .error = SAID(REFUSED),
	  .fails = fail_to_start },
	{ .id = "helper-bounded",
	  .how = "CAP_SETUID out of the bounding set",
	  .prepare = bounded,
	  .request = &subordinate,
	  .error = SAID(REFUSED),
	  .fails = fail_to_start },
	{ .id = "helper-filtered",
	  .how = "made up",
	  .error = { ECHILD, MAPROOT_STEP_HELPER_KILLED, "newuidmap, signal 31" },
	  .by_error = true },
	{ .id = "nameless-user",
	  .how = "/etc/passwd without the user",
	  .prepare = nameless,
	  .request = &subordinate,
	  .error = SAID("newuidmap: Cannot determine your user name."),
	  .fails = fail_to_start },
	{ .id = "no-subuids",
	  .how = "/etc/subuid, subgid empty",
	  .prepare = without_subuids,
	  .request = &subordinate,
	  .error = { ENOENT, MAPROOT_STEP_SUBIDS, "" },
	  .fails = fail_to_start },
	{ .id = "no-subgids",
	  .how = "/etc/subgid empty",
	  .prepare = without_subgids,
	  .request = &subordinate,
	  .error = { ENOENT, MAPROOT_STEP_SUBIDS, "" },
	  .fails = fail_to_start },
	{ .id = "range-not-granted",
	  .how = "ids of nobody's",
	  .request = &foreign,
	  .error = SAID(""),
	  .fails = fail_to_start },
};

const struct situations situations_of_helpers = { rows, UNIT_COUNT(rows) };

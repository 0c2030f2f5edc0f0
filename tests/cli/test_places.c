/*
 * Contract of the program wherever it is started from: by root, by a user, in a user namespace of its own or of a less
 * powerful user's, in a chroot, below a limit on namespaces, behind filters. It works there as elsewhere, or says at
 * which step it can't.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define POWER  "grep -q 'CapEff:.0*$' /proc/self/status && echo powerless || echo powerful"
#define PARENT "[ $PPID = {pid} ] && echo here || echo child"

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0)
		support_die("cannot write %s", path);
}

/* As the user: root of a user namespace, with the own id alone. */
static void enter_as(uid_t user, gid_t group)
{
	uid_t outer = geteuid();
	gid_t outer_group = getegid();

	if (unshare(CLONE_NEWUSER) < 0)
		support_die("cannot make a user namespace");
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", support_text("%u %u 1", user, outer));
	write_file("/proc/self/gid_map", support_text("%u %u 1", group, outer_group));
}

static void root_of_a_namespace(void *arg)
{
	(void)arg;
	enter_as(0, 0);
}

/* In a namespace, without power over it: the capabilities go at exec. */
static void user_of_a_namespace(void *arg)
{
	(void)arg;
	enter_as(1234, 1234);
}

/* In a namespace, with power over it, but not root by number. */
static void ruler_of_a_namespace(void *arg)
{
	(void)arg;
	enter_as(1234, 1234);
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		cap_value_t one = cap;
		cap_t caps = cap_get_proc();

		if (!caps || cap_set_flag(caps, CAP_INHERITABLE, 1, &one, CAP_SET) < 0 ||
		    cap_set_proc(caps) < 0 || cap_set_ambient(one, CAP_SET) < 0)
			continue; /* one that this kernel has not */
		(void)cap_free(caps);
	}
}

/* Root by number, with nothing; or with what Linux 5.12 wants of who maps root of the outside. */
static void powerless_root_of_a_namespace(void *arg)
{
	(void)arg;
	enter_as(0, 0);
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap);
}

static void root_with_setfcap_alone(void *arg)
{
	(void)arg;
	enter_as(0, 0);
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if (cap != CAP_SETFCAP)
			(void)prctl(PR_CAPBSET_DROP, cap);
	}
}

/* In each: what comes of the plain call, of a new namespace all the same, and of a mount. */
static const struct {
	void (*enter)(void *arg);
	struct cli_row row;
} nested[] = {
	{ root_of_a_namespace,
	  { { "sh", "-c", "id -u; " PARENT "; " POWER }, "0\nhere\npowerful\n", "", 0 } },
	{ root_of_a_namespace,
	  { { "--always", "sh", "-c", "id -u; " PARENT "; " POWER "; cat /proc/self/setgroups" },
	    "0\nchild\npowerful\ndeny\n",
	    "",
	    0 } },
	{ root_of_a_namespace,
	  { { "--always", "--in-place", "sh", "-c", "id -u; " PARENT }, "0\nhere\n", "", 0 } },
	{ root_of_a_namespace, { { "-c", "sh", "-c", "id -u; " PARENT }, "0\nchild\n", "", 0 } },
	{ root_of_a_namespace,
	  { { "--tmpfs=/mnt", "stat", "-f", "-c", "%T", "/mnt" }, "tmpfs\n", "", 0 } },
	{ root_of_a_namespace,
	  { { "-p", "-n", "-u", "sh", "-c", "echo $$; grep -c ' lo$' /proc/net/if_inet6" },
	    "2\n1\n",
	    "",
	    0 } },
	{ root_of_a_namespace,
	  { { "--map-users=0:0:1", "--map-users=1:1:1", "true" }, "", NULL, 125 } },
	{ root_of_a_namespace,
	  { { "{maproot}", "--always", "{maproot}", "--always", "--map-user=7", "id", "-u" },
	    "7\n",
	    "",
	    0 } },
	{ user_of_a_namespace,
	  { { "sh", "-c", "id -u; " PARENT "; " POWER }, "0\nchild\npowerful\n", "", 0 } },
	{ user_of_a_namespace,
	  { { "--in-place", "--tmpfs=/mnt", "stat", "-f", "-c", "%T", "/mnt" },
	    "tmpfs\n",
	    "",
	    0 } },
	{ user_of_a_namespace, { { "-c", "id", "-u" }, "1234\n", "", 0 } },
	{ user_of_a_namespace,
	  { { "--map-auto", "true" },
	    "",
	    "maproot: no subordinate ids: user without a passwd entry (1234) has no range in "
	    "/etc/subuid\n",
	    125 } },
	{ ruler_of_a_namespace,
	  { { "sh", "-c", "id -u; " PARENT "; " POWER }, "1234\nhere\npowerful\n", "", 0 } },
	{ ruler_of_a_namespace,
	  { { "--tmpfs=/mnt", "sh", "-c", "id -u; " POWER }, "1234\npowerful\n", "", 0 } },
	{ ruler_of_a_namespace,
	  { { "--always", "sh", "-c", "id -u; " POWER }, "0\npowerful\n", "", 0 } },
	{ powerless_root_of_a_namespace,
	  { { "true" },
	    "",
	    "maproot: cannot write '/proc/self/uid_map': Operation not permitted\n",
	    125 } },
	{ root_with_setfcap_alone,
	  { { "sh", "-c", "id -u; " PARENT "; " POWER }, "0\nchild\npowerful\n", "", 0 } },
};

START_TEST(in_a_user_namespace)
{
	const struct cli_place place = { .after = nested[_i].enter };
	struct support_result result;

	if (nested[_i].row.err) {
		cli_check(&nested[_i].row, &place);
		return;
	}
	cli_run(nested[_i].row.argv, &place, &result);
	ck_assert_msg(strncmp(result.err, "maproot: ", 9) == 0, "%s", result.err);
	ck_assert_int_eq(result.status, nested[_i].row.status << 8);
	support_release(&result);
}
END_TEST

/* Another directory as root, with everything in it. */
static void change_root(void *arg)
{
	const char *place = support_text("%s/chroot", support_directory());

	(void)arg;
	unit_private_mounts();
	if (mount("/", place, NULL, MS_BIND | MS_REC, NULL) < 0 || chroot(place) < 0 ||
	    chdir("/") < 0)
		support_die("cannot chroot");
}

static const struct {
	bool as_root;
	struct cli_row row;
} chrooted[] = {
	{ false,
	  { { "true" },
	    "",
	    "maproot: cannot create namespaces (mnt user): Operation not permitted\n",
	    125 } },
	{ false,
	  { { "--in-place", "true" },
	    "",
	    "maproot: cannot create namespaces (in place): Operation not permitted\n",
	    125 } },
	{ false,
	  { { "-p", "true" },
	    "",
	    "maproot: cannot create namespaces (mnt user): Operation not permitted\n",
	    125 } },
	{ false,
	  { { "--map-auto", "true" },
	    "",
	    "maproot: cannot create namespaces (mnt user): Operation not permitted\n",
	    125 } },
	{ true, { { "sh", "-c", "id -u; " PARENT }, "0\nhere\n", "", 0 } },
	{ true, { { "--hostname=x", "cat", "/proc/sys/kernel/hostname" }, "x\n", "", 0 } },
	{ true,
	  { { "--always", "true" },
	    "",
	    "maproot: cannot create namespaces (mnt user): Operation not permitted\n",
	    125 } },
};

START_TEST(in_a_chroot)
{
	const struct cli_place place = { .before = change_root, .as_root = chrooted[_i].as_root };

	cli_check(&chrooted[_i].row, &place);
}
END_TEST

/* A limit of one's own, in a user namespace: the machine's is not touched. */
static void limit_namespaces(void *arg)
{
	(void)arg;
	enter_as(0, 0);
	write_file("/proc/sys/user/max_user_namespaces", "0");
	write_file("/proc/sys/user/max_net_namespaces", "0");
}

static const struct cli_row limited[] = {
	{ { "echo", "a" }, "a\n", "", 0 },
	{ { "--always", "true" },
	  "",
	  "maproot: cannot create namespaces (mnt user): No space left on device\n",
	  125 },
	{ { "--always", "--in-place", "true" },
	  "",
	  "maproot: cannot create namespaces (in place): No space left on device\n",
	  125 },
	{ { "-n", "true" },
	  "",
	  "maproot: cannot create namespaces (in place): No space left on device\n",
	  125 },
	{ { "-n", "-f", "true" },
	  "",
	  "maproot: cannot create namespaces (net): No space left on device\n",
	  125 },
};

START_TEST(below_a_limit)
{
	const struct cli_place place = { .after = limit_namespaces };

	cli_check(&limited[_i], &place);
}
END_TEST

/* Filters that deny one thing each: the step says which. */
static const struct {
	long call;
	int number;
	struct cli_row row;
} filtered[] = {
	{ SYS_mount,
	  EPERM,
	  { { "true" },
	    "",
	    "maproot: cannot make the mounts below '/' slave: Operation not permitted\n",
	    125 } },
	{ SYS_mount,
	  EACCES,
	  { { "--in-place", "true" },
	    "",
	    "maproot: cannot make the mounts below '/' slave: Permission denied\n",
	    125 } },
	{ SYS_mount,
	  EACCES,
	  { { "-p", "true" },
	    "",
	    "maproot: cannot make the mounts below '/' slave: Permission denied\n",
	    125 } },
	{ SYS_clone,
	  EPERM,
	  { { "true" },
	    "",
	    "maproot: cannot create namespaces (mnt user): Operation not permitted\n",
	    125 } },
	{ SYS_unshare,
	  EPERM,
	  { { "--in-place", "true" },
	    "",
	    "maproot: cannot create namespaces (in place): Operation not permitted\n",
	    125 } },
	{ SYS_sethostname,
	  EPERM,
	  { { "--hostname=x", "true" },
	    "",
	    "maproot: cannot set the host name 'x': Operation not permitted\n",
	    125 } },
	{ SYS_pivot_root,
	  EPERM,
	  { { "--root=tree", "true" },
	    "",
	    "maproot: cannot make 'tree' the root directory: Operation not permitted\n",
	    125 } },
	{ SYS_capget,
	  0,
	  { { "true" },
	    "",
	    "maproot: still without CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SETUID, CAP_SETGID inside "
	    "the new user namespace\n",
	    125 } },
	{ SYS_capget,
	  EPERM,
	  { { "true" },
	    "",
	    "maproot: cannot read the capabilities of this process: Operation not permitted\n",
	    125 } },
};

static int current_filter;

/* Root needs no no_new_privs, so that newuidmap works: a filter made by root, then the user. */
static void deny_as_root(void *arg)
{
	(void)arg;
	unit_deny(filtered[current_filter].call, filtered[current_filter].number);
}

START_TEST(behind_a_filter)
{
	const struct cli_place place = { .before = deny_as_root };

	current_filter = _i;
	cli_check(&filtered[_i].row, &place);
}
END_TEST

/* How often a program is executed, all in all: once again, and the command. */
static const struct {
	const char *const argv[CLI_WORDS];
	bool as_root;
	int execs;
} counted[] = {
	{ { "true" }, false, 2 },
	{ { "-p", "true" }, false, 2 },
	{ { "--in-place", "true" }, false, 1 },
	{ { "true" }, true, 1 },
	{ { "--always", "true" }, true, 2 },
	{ { "nonesuch" }, false, 1 },
	{ { "--dry-run", "true" }, false, 0 },
	{ { "--nonesuch" }, false, 0 },
};

START_TEST(executed_again_once_at_most)
{
	const char *words[CLI_WORDS + 1] = { cli_maproot() };
	struct support_command command = { .argv = words, .as_root = counted[_i].as_root };
	struct support_result result;

	for (int at = 0; counted[_i].argv[at]; at++)
		words[at + 1] = counted[_i].argv[at];
	ck_assert_int_eq(unit_count_execs(&command, &result), counted[_i].execs);
	support_release(&result);
}
END_TEST

static void make_things(void)
{
	const struct support_user *user = support_user();
	const char *tree = support_text("%s/tree", user->home);

	if (mkdir(support_text("%s/chroot", support_directory()), 0755) < 0 ||
	    mkdir(tree, 0755) < 0 || chown(tree, user->uid, user->gid) < 0)
		support_die("cannot make directories");
}

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("cli/places", &tc);

	cli_set_up();
	make_things();
	tcase_add_loop_test(tc, in_a_user_namespace, 0, UNIT_COUNT(nested));
	tcase_add_loop_test(tc, in_a_chroot, 0, UNIT_COUNT(chrooted));
	tcase_add_loop_test(tc, below_a_limit, 0, UNIT_COUNT(limited));
	tcase_add_loop_test(tc, behind_a_filter, 0, UNIT_COUNT(filtered));
	tcase_add_loop_test(tc, executed_again_once_at_most, 0, UNIT_COUNT(counted));
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

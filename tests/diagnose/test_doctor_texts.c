/*
 * Contract of what maproot_doctor() says of what works: ranges and their source, how deep, how many there may be and
 * how many are seen, and that what can be mounted really was.
 */
#include "doctor_report.h"
#include "situation.h"
#include "unit.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

START_TEST(ranges_are_told)
{
	struct report *report = report_of(unit_become_user, NULL);
	const struct support_user *user = support_user();
	const char *users =
		support_text("subordinate-users=ok:|131072 ids (%u-%u, %u-%u) of /etc/subuid||", user->subordinate[0],
			     user->subordinate[0] + 65535, user->subordinate[1], user->subordinate[1] + 65535);

	ck_assert_str_eq(report_line(report, "subordinate-users"), users);
	ck_assert_str_eq(report_line(report, "nesting"),
			 "nesting=ok:|33 user namespaces can be made inside of one another||");
	free(report);
}
END_TEST

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		support_die("cannot write %s", path);
	(void)close(fd);
}

/* In a user namespace below as many others. */
static void deep_inside(void)
{
	unit_become_user();
	for (int level = 0; level < 32; level++) {
		uid_t user = geteuid();
		gid_t group = getegid();

		if (unshare(CLONE_NEWUSER) < 0)
			support_die("level %d", level);
		if (level == 0)
			write_file("/proc/self/setgroups", "deny");
		write_file("/proc/self/uid_map", support_text("%u %u 1", user, user));
		write_file("/proc/self/gid_map", support_text("%u %u 1", group, group));
	}
}

START_TEST(depth_is_told)
{
	struct report *report = report_of(deep_inside, NULL);

	ck_assert_str_eq(
		report_line(report, "nesting"),
		"nesting=degraded:outer-limit|1 user namespaces can be made inside of one another|"
		"user namespaces are nested as deep as they may be (32 levels), or limited to those that there are|"
		"run it further outside, or raise user.max_user_namespaces there");
	free(report);
}
END_TEST

/* With a process of the user's in a namespace of each type. */
static void beside_others(void)
{
	int ends[2];

	unit_become_user();
	if (pipe2(ends, O_CLOEXEC) < 0)
		support_die("pipe");
	for (int at = 0; at < 2; at++) {
		char byte;
		pid_t pid = fork();

		if (pid == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
			if (unshare(CLONE_NEWUSER | CLONE_NEWUTS | (at == 0 ? CLONE_NEWIPC : 0)) < 0 ||
			    write(ends[1], "", 1) != 1)
				_exit(1);
			for (;;)
				(void)pause();
		}
		if (pid < 0 || read(ends[0], &byte, 1) != 1)
			support_die("no process");
	}
}

START_TEST(use_is_counted)
{
	struct report *report = report_of(beside_others, NULL);

	ck_assert_msg(strstr(report_line(report, "user-namespace"), ", 2 in use as far as can be seen") != NULL, "%s",
		      report_line(report, "user-namespace"));
	ck_assert_msg(strstr(report_line(report, "uts-namespace"), ", 2 in use as far as can be seen") != NULL, "%s",
		      report_line(report, "uts-namespace"));
	ck_assert_msg(strstr(report_line(report, "ipc-namespace"), ", 1 in use as far as can be seen") != NULL, "%s",
		      report_line(report, "ipc-namespace"));
	ck_assert_msg(strstr(report_line(report, "net-namespace"), ", 0 in use as far as can be seen") != NULL, "%s",
		      report_line(report, "net-namespace"));
	free(report);
	support_kill_descendants();
}
END_TEST

static void seven_uts_namespaces(void)
{
	identity_namespace();
	set_limit("uts", "7");
	unit_become_user();
}

static void in_container(void)
{
	unit_enter_namespace(0);
}

START_TEST(limits_are_told)
{
	struct report *report = report_of(seven_uts_namespaces, NULL);

	ck_assert_str_eq(report_line(report, "uts-namespace"),
			 "uts-namespace=ok:|can be made; limit 7, 0 in use as far as can be seen||");
	ck_assert_str_eq(report_line(report, "ipc-namespace"),
			 "ipc-namespace=ok:|can be made; no limit here, 0 in use as far as can be seen||");
	free(report);
	/* The one that we are in counts outside. */
	report = report_of(in_container, NULL);
	ck_assert_str_eq(report_line(report, "user-namespace"),
			 "user-namespace=ok:|can be made; no limit here, 0 in use as far as can be seen||");
	free(report);
}
END_TEST

static bool kernel_knows(const char *type)
{
	char *known = support_read("/proc/filesystems", NULL);
	bool knows = known && strstr(known, support_text("\t%s\n", type));

	free(known);
	return knows;
}

START_TEST(mounts_were_tried)
{
	struct report *report = report_of(with_open_fuse, NULL);
	struct report *closed = report_of(with_closed_fuse, NULL);

	ck_assert_str_eq(report_line(report, "mount-tmpfs"), "mount-tmpfs=ok:|can be mounted||");
	ck_assert_str_eq(report_line(report, "mount-proc"), "mount-proc=ok:|can be mounted||");
	if (kernel_knows("overlay"))
		ck_assert_str_eq(report_line(report, "mount-overlay"), "mount-overlay=ok:|can be mounted||");
	if (kernel_knows("fuse"))
		ck_assert_str_eq(report_line(report, "mount-fuse"), "mount-fuse=ok:|can be mounted||");
	if (kernel_knows("fuse"))
		ck_assert_str_eq(report_line(closed, "mount-fuse"),
				 "mount-fuse=no:fuse-closed|cannot open '/dev/fuse'|this user may not open /dev/fuse|"
				 "chmod 666 /dev/fuse");
	free(report);
	free(closed);
}
END_TEST

Suite *build(void);

Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("doctor's texts", &tests);

	(void)support_maproot(MAPROOT_PATH);
	tcase_add_test(tests, ranges_are_told);
	tcase_add_test(tests, depth_is_told);
	tcase_add_test(tests, use_is_counted);
	tcase_add_test(tests, limits_are_told);
	tcase_add_test(tests, mounts_were_tried);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

/*
 * Contract of maproot_doctor(): every id is told once, in the order that the header promises; in each situation
 * those lines change that are concerned, with the right cause, and no other; it is usable where the plain request
 * works. Nothing of it stays: no process, no mount, no descriptor, no file. It takes less than 100 ms.
 */
#include "doctor_report.h"
#include "situation.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

START_TEST(right_lines)
{
	struct report *before = report_of(unit_become_user, NULL);
	struct report *now = report_of(doctor_places[_i].prepare, NULL);

	end_groups();
	report_check(before, now, doctor_places[_i].want, doctor_places[_i].how);
	free(before);
	free(now);
}
END_TEST

/* Directories that stand in for a machine. */

#define MACHINE                                                                                                 \
	"/proc/self/status", "Seccomp:\t0\n", "/proc/filesystems", "nodev\tproc\n", "/usr/bin/newuidmap", "#!", \
		"/usr/bin/newgidmap", "#!"
#define SWITCHES "/proc/sys/kernel/"

static const struct {
	const char *file;
	const char *text;
	const char *want;
} machines[] = {
	{ SWITCHES "apparmor_restrict_unprivileged_userns", "1\n",
	  "main-job=no:apparmor-restricts user-namespace=no:apparmor-restricts lsm=no:apparmor-restricts" },
	{ SWITCHES "apparmor_restrict_unprivileged_userns", "0\n", "" },
	{ "/sys/fs/selinux/enforce", "1", "main-job=no:selinux user-namespace=no:selinux lsm=no:selinux" },
	{ "/sys/fs/selinux/enforce", "0", "" },
	{ SWITCHES "unprivileged_userns_clone", "0\n",
	  "main-job=no:sysctl-unprivileged-userns-clone user-namespace=no:sysctl-unprivileged-userns-clone" },
	{ "/proc/sys/user/max_user_namespaces", "0\n",
	  "main-job=no:sysctl-max-user-namespaces user-namespace=no:sysctl-max-user-namespaces" },
	{ "/proc/sys/user/max_user_namespaces", "1\n", "" },
	{ "/proc/sys/user/max_uts_namespaces", "0\n", "uts-namespace=no:sysctl-max-uts-namespaces" },
	{ SWITCHES "osrelease", "4.4.0-19041-Microsoft\n", "main-job=no:wsl1 user-namespace=no:wsl1" },
	{ "/proc/self/mountinfo",
	  "10 1 0:4 / / rw - ext4 root rw\n20 10 0:5 / /proc rw - proc proc rw,hidepid=invisible\n",
	  "proc-hidepid=degraded:proc-hides" },
	{ "/proc/self/mountinfo",
	  "10 1 0:4 / / rw - ext4 root rw\n20 10 0:5 / /proc rw - proc proc rw\n21 20 0:6 / /proc/acpi ro - tmpfs "
	  "tmpfs ro\n",
	  "proc-masked=degraded:proc-masked" },
	{ "/proc/self/mountinfo", "10 1 0:4 / / rw - ext4 root rw\n20 10 0:5 / /proc ro - proc proc rw\n",
	  "main-job=no:proc-read-only user-namespace=degraded:proc-read-only map-single=no:proc-read-only "
	  "proc=no:proc-read-only" },
};

START_TEST(files_of_a_machine)
{
	const char *usual[] = { MACHINE, NULL, NULL, NULL };
	const char *changed[] = { MACHINE, machines[_i].file, machines[_i].text, NULL };
	const char *root = make_files(usual);
	struct report *before = report_of(unit_become_user, root);
	struct report *now = report_of(unit_become_user, make_files(changed));

	report_check(before, now, machines[_i].want, support_text("%s: %s", machines[_i].file, machines[_i].text));
	free(before);
	free(now);
}
END_TEST

static size_t open_descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static int count_findings(void *arg, const struct maproot_finding *finding)
{
	(void)finding;
	++*(int *)arg;
	return 0;
}

static int nothing_changes(void *arg)
{
	char *mounts = support_mounts();
	char *groups = support_read("/proc/self/cgroup", NULL);
	size_t descriptors = open_descriptors();
	pid_t pids[4];
	bool usable = false;
	int count = 0;

	(void)arg;
	unit_become_user();
	if (maproot_doctor(NULL, count_findings, &count, &usable, NULL) != 0 || !usable || count != REPORT_LINES)
		return 1;
	if (support_descendants(getpid(), pids, 4) != 0)
		return 2;
	if (strcmp(mounts, support_mounts()) != 0 || strcmp(groups, support_read("/proc/self/cgroup", NULL)) != 0)
		return 3;
	return open_descriptors() == descriptors ? 0 : 4;
}

START_TEST(leaves_nothing)
{
	ck_assert_int_eq(unit_in_child(nothing_changes, NULL), 0);
}
END_TEST

static int stop_at_third(void *arg, const struct maproot_finding *finding)
{
	(void)finding;
	return ++*(int *)arg == 3 ? 42 : 0;
}

START_TEST(can_be_stopped)
{
	bool usable = true;
	int count = 0;

	ck_assert_int_eq(maproot_doctor(NULL, stop_at_third, &count, &usable, NULL), 42);
	ck_assert_int_eq(count, 3);
	ck_assert_str_eq(maproot_finding_state_name(MAPROOT_FINDING_DEGRADED), "degraded");
	ck_assert_str_eq(maproot_finding_state_name((enum maproot_state_of_finding)3), "unknown");
}
END_TEST

static int is_quick(void *arg)
{
	enum { RUNS = 200,
	       BAR_US = 100000 };
	int64_t shortest = INT64_MAX;

	(void)arg;
	unit_become_user();
	for (int run = 0; run < RUNS && shortest >= BAR_US; run++) {
		int64_t start = support_now_us();
		bool usable;
		int count = 0;

		if (maproot_doctor(NULL, count_findings, &count, &usable, NULL) != 0)
			return 1;
		if (support_now_us() - start < shortest)
			shortest = support_now_us() - start;
	}
	return shortest < BAR_US * (UNIT_SANITIZED ? 10 : 1) ? 0 : 2;
}

START_TEST(takes_below_100_ms)
{
	ck_assert_int_eq(unit_in_child(is_quick, NULL), 0);
}
END_TEST

Suite *build(void);

Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("doctor", &tests);

	(void)support_maproot(MAPROOT_PATH);
	(void)setenv("MAPROOT_LIBEXEC", support_directory(), 1);
	(void)unit_file("maproot-net", "#!/bin/sh\n");
	tcase_add_loop_test(tests, right_lines, 0, (int)doctor_place_count);
	tcase_add_loop_test(tests, files_of_a_machine, 0, (int)UNIT_COUNT(machines));
	tcase_add_test(tests, leaves_nothing);
	tcase_add_test(tests, can_be_stopped);
	tcase_add_test(tests, takes_below_100_ms);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

/*
 * Contract of maproot-oci for what is around the process: its control group is where the configuration says, limited, and gone
 * afterwards; a limit that can't be set ends the run, unless it is left out; no group, descriptor or variable of the caller
 * comes along.
 */
#include "bundle.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMESPACES "'namespaces': [{'type': 'mount'}, {'type': 'pid'}]"

/* Where the second version is, by itself or beside the first; NULL where it isn't. */
static const char *unified(void)
{
	if (access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) == 0)
		return "/sys/fs/cgroup/unified";
	return access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0 ? "/sys/fs/cgroup" : NULL;
}

/* A file that every group has, so that no controller has to be there. */
START_TEST(group_is_made_limited_and_removed)
{
	char *name = strdup(support_text("maproot-oci-test-%d", getpid()));
	const char *bundle = bundle_make(
		NULL, support_text("{'mounts': [{'destination': '/proc', 'type': 'proc'}, {'destination': '/work', 'source': '%s',"
				   "'options': ['rbind', 'ro']}], 'linux': {" NAMESPACES ", 'cgroupsPath': '/%s/inner',"
				   "'resources': {'unified': {'cgroup.max.descendants': '3'}}}}",
				   unified(), name));
	struct support_result result;

	bundle_run(bundle, true,
		   (const char *[]){ "--cgroup-manager=fs", "--", "sh", "-c",
				     support_text("cat /work/%s/inner/cgroup.max.descendants; grep ^0:: /proc/self/cgroup", name), NULL },
		   &result);
	ck_assert_str_eq(result.err, "");
	ck_assert_str_eq(result.out, support_text("3\n0::/%s/inner\n", name));
	ck_assert_int_ne(access(support_text("%s/%s", unified(), name), F_OK), 0);
	free(name);
	support_release(&result);
}
END_TEST

static const struct {
	const char *argument;
	int status;
} ways[] = {
	{ "--cgroup-manager=fs", 125 },
	{ "--no-cgroup", 0 },
	{ "--ignore=linux.resources", 0 },
	{ "--ignore=linux.resources.unified", 0 },
};

START_TEST(limit_that_can_not_be_ends_it_or_is_left_out)
{
	const char *bundle = bundle_make(NULL, "{'linux': {" NAMESPACES ", 'resources': {'unified': {'no-such.max': '1'}}}}");
	struct support_result result;

	bundle_run(bundle, true, (const char *[]){ ways[_i].argument, "echo", "ran", NULL }, &result);
	ck_assert_int_eq(WEXITSTATUS(result.status), ways[_i].status);
	ck_assert_str_eq(result.out, ways[_i].status ? "" : "ran\n");
	ck_assert_int_eq(strstr(result.err, "maproot-oci: cannot limit the control group: ") != NULL, ways[_i].status != 0);
	support_release(&result);
}
END_TEST

static void give_things(void *arg)
{
	const gid_t groups[] = { 7001, 7002 };

	(void)arg;
	if (setgroups(2, groups) < 0 || dup2(1, 77) < 0)
		support_die("groups and a descriptor");
}

START_TEST(nothing_of_the_caller_comes_along)
{
	const char *bundle = bundle_make(NULL, "{'mounts': [{'destination': '/proc', 'type': 'proc'}], 'linux': {" NAMESPACES "}}");
	const char *argv[] = { bundle_program(), "--bundle", bundle, "--", "sh", "-c",
			       "grep Groups /proc/self/status; test -e /proc/self/fd/77 || echo closed; echo $HOME$CALLER", NULL };
	const char *envp[] = { "CALLER=1", "HOME=/root", "PATH=/usr/bin:/bin", NULL };
	const struct support_command command = { .argv = argv, .envp = envp, .before = give_things, .as_root = true };
	struct support_result result;

	support_run(&command, &result);
	ck_assert_str_eq(result.out, "Groups:\t \nclosed\n\n");
	ck_assert_int_eq(result.status, 0);
	support_release(&result);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("oci/around", &tc);

	if (unified())
		tcase_add_test(tc, group_is_made_limited_and_removed);
	else
		puts("skipped: no cgroup version 2 here");
	tcase_add_loop_test(tc, limit_that_can_not_be_ends_it_or_is_left_out, 0, UNIT_COUNT(ways));
	tcase_add_test(tc, nothing_of_the_caller_comes_along);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

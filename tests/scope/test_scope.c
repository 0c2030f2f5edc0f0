/*
 * Contract of src/system/scope.h: a manager is there where its private socket is one that we may write to, and our
 * program is found; what is asked for gets to the manager; what the program says is the error; a program that hangs
 * is ended, and so is the waiting by a signal that would end this process. Nothing is left open.
 */
#include "system/scope.h"

#include "bus.h"
#include "place.h"
#include "system/helper.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CALL                                                                             \
	"StartTransientUnit maproot-a.scope fail Description(s)=Command run by maproot " \
	"CollectMode(s)=inactive-or-failed Delegate(b)=true PIDs(au)=%d,"

static void begin(const char *how)
{
	bus_place(false);
	bus_start();
	bus_start_manager(how);
	unit_become_user();
}

START_TEST(there_is_nobody)
{
	bus_place(false);
	unit_become_user();
	ck_assert(!mr_scope_is_there());
	(void)unit_file(bus_path("systemd/private"), "no socket");
	ck_assert(!mr_scope_is_there());
	bus_set_runtime_directory(NULL);
	ck_assert(!mr_scope_is_there());
}
END_TEST

START_TEST(there_is_a_manager)
{
	char path[PATH_MAX];
	char *longer = malloc(2 * PATH_MAX);

	bus_place(false);
	bus_start_nonsense("systemd/private", "", false);
	unit_become_user();
	ck_assert(mr_scope_is_there());

	/* The same place, in more characters than there may be. */
	ck_assert_ptr_nonnull(longer);
	memset(longer, '/', 2 * PATH_MAX);
	strcpy(longer + 2 * PATH_MAX - 1 - strlen(bus_path("")), bus_path(""));
	bus_set_runtime_directory(longer);
	ck_assert(!mr_scope_is_there());
	free(longer);

	/* Without our program, unless it is installed on this machine. */
	bus_set_runtime_directory(bus_path(""));
	ck_assert(mr_scope_is_there());
	ck_assert_int_eq(setenv("MAPROOT_LIBEXEC", "/nowhere", 1), 0);
	ck_assert_int_eq(mr_scope_is_there(), mr_helper_find_own("maproot-scope", path, sizeof(path), NULL) == 0);
	bus_end();
}
END_TEST

START_TEST(manager_of_others_is_none)
{
	bus_place(false);
	bus_start_nonsense("systemd/private", "", false);
	ck_assert_int_eq(chmod(bus_path("systemd/private"), 0600), 0);
	unit_become_user();
	ck_assert(!mr_scope_is_there());
	bus_end();
}
END_TEST

START_TEST(request_gets_there)
{
	static const char *const properties[] = { "MemoryMax=1048576", "TasksMax=infinity" };
	size_t open;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *call;

	begin("done");
	open = place_descriptors();
	ck_assert_msg(mr_scope_start("maproot-a.scope", "x.slice", getpid(), properties, 2, &err) == 0, "%s", err.object);
	ck_assert_int_eq(mr_scope_start("maproot-a.scope", NULL, 1, NULL, 0, NULL), 0);
	ck_assert_msg(mr_scope_stop("maproot-a.scope", &err) == 0, "%s", err.object);
	ck_assert_int_eq(err.code, 0);
	ck_assert_uint_eq(place_descriptors(), open);
	call = support_text(CALL " Slice(s)=x.slice MemoryMax(t)=1048576 TasksMax(t)=18446744073709551615\n" CALL "\n"
				 "GetUnit maproot-a.scope\nGet /one Unit.Description\nKillUnit maproot-a.scope all 9\nStopUnit maproot-a.scope replace\n",
			    (int)getpid(), 1);
	ck_assert_str_eq(bus_end_manager(), call);
	bus_end();
}
END_TEST

START_TEST(too_many_properties_are_refused)
{
	const char *properties[MR_SCOPE_PROPERTIES + 1];
	struct maproot_error err = MAPROOT_ERROR_INIT;

	for (size_t at = 0; at < UNIT_COUNT(properties); at++)
		properties[at] = "TasksMax=1";
	begin("done");
	ck_assert_int_eq(mr_scope_start("maproot-a.scope", NULL, 1, properties, MR_SCOPE_PROPERTIES + 1, &err), -E2BIG);
	ck_assert_int_eq(err.step, MAPROOT_STEP_CGROUP_LIMIT);
	ck_assert_str_eq(bus_end_manager(), "");
	bus_start_manager("done");
	ck_assert_int_eq(mr_scope_start("maproot-a.scope", NULL, 1, properties, MR_SCOPE_PROPERTIES, NULL), 0);
	bus_end();
}
END_TEST

START_TEST(failure_is_the_programs_word)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	begin("failed");
	ck_assert_int_eq(mr_scope_start("maproot-a.scope", NULL, getpid(), NULL, 0, &err), -ECHILD);
	unit_check_error(&err, ECHILD, MAPROOT_STEP_PROGRAM_FAILED,
			 "maproot-scope: cannot start scope maproot-a.scope: its job ended with 'failed' (exit status 1)");
	err = (struct maproot_error)MAPROOT_ERROR_INIT;
	ck_assert_int_eq(mr_scope_stop("maproot-a.scope", &err), -ECHILD);
	unit_check_error(&err, ECHILD, MAPROOT_STEP_PROGRAM_FAILED,
			 "maproot-scope: cannot stop scope maproot-a.scope: its job ended with 'failed' (exit status 1)");
	bus_end();
}
END_TEST

START_TEST(missing_scope_is_stopped_already)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	begin("refuse:org.freedesktop.systemd1.NoSuchUnit");
	ck_assert_msg(mr_scope_stop("maproot-a.scope", &err) == 0, "%s", err.object);
	bus_end();
}
END_TEST

/* A signal that came while all are blocked, as they are while a command is started. */
START_TEST(signal_ends_the_waiting)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	sigset_t all;

	begin("never");
	ck_assert(signal(SIGTERM, SIG_DFL) != SIG_ERR); /* Check's */
	sigfillset(&all);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &all, NULL), 0);
	ck_assert_int_eq(raise(SIGTERM), 0);
	ck_assert_int_eq(mr_scope_start("maproot-a.scope", NULL, getpid(), NULL, 0, &err), -EINTR);
	ck_assert_int_eq(err.step, MAPROOT_STEP_INTERRUPTED);
	bus_end();
}
END_TEST

/* In the program's place one that never ends, ignoring what it is asked. */
START_TEST(hanging_program_is_ended)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *directory;

	bus_place(false);
	directory = bus_path("libexec");
	ck_assert_int_eq(mkdir(directory, 0755), 0);
	(void)unit_file(support_text("%s/maproot-scope", directory), "#!/bin/sh\ntrap '' TERM\nexec sleep 1000\n");
	ck_assert_int_eq(setenv("MAPROOT_LIBEXEC", directory, 1), 0);
	unit_become_user();
	ck_assert_int_eq(mr_scope_start("maproot-a.scope", NULL, getpid(), NULL, 0, &err), -ECHILD);
	unit_check_error(&err, ECHILD, MAPROOT_STEP_PROGRAM_FAILED, "maproot-scope took longer than 12000 ms");
}
END_TEST

static Suite *build(void)
{
	TCase *tcase;
	Suite *suite = unit_suite("scope/scope", &tcase);

	tcase_add_test(tcase, there_is_nobody);
	tcase_add_test(tcase, there_is_a_manager);
	tcase_add_test(tcase, manager_of_others_is_none);
	tcase_add_test(tcase, request_gets_there);
	tcase_add_test(tcase, too_many_properties_are_refused);
	tcase_add_test(tcase, failure_is_the_programs_word);
	tcase_add_test(tcase, missing_scope_is_stopped_already);
	tcase_add_test(tcase, signal_ends_the_waiting);
	tcase_add_test(tcase, hanging_program_is_ended);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

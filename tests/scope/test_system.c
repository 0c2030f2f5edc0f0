/*
 * Contract of src/system/scope.h and maproot-scope for root: the manager is the system's, by /run/systemd/private or
 * the system's bus; a user's is none of root's business, unless root is root of a user namespace.
 */
#include "bus.h"

#include "base/io.h"
#include "system/scope.h"

#include <sched.h>
#include <sys/wait.h>

#define START "start maproot-a.scope - 4711"

START_TEST(systems_bus_is_asked)
{
	bus_place(true);
	bus_start();
	bus_start_manager("done");
	ck_assert(!mr_scope_is_there());
	bus_check(START, 0, "");
	bus_check("stop maproot-a.scope", 0, "");
	bus_check("check", 0, "");
	bus_end();
}
END_TEST

START_TEST(systems_private_socket_is_asked)
{
	bus_place(true);
	bus_start_private_manager("done");
	ck_assert(mr_scope_is_there());
	bus_check(START, 0, "");
	bus_check("stop maproot-a.scope", 0, "");
	bus_check("check", 0, "");
	bus_end();
}
END_TEST

/* What is below $XDG_RUNTIME_DIR would refuse. */
START_TEST(users_manager_is_not_asked)
{
	struct support_result result;

	bus_place(true);
	bus_start_nonsense("systemd/private", "", true);
	ck_assert(!mr_scope_is_there());
	bus_check(START, 1,
		  "cannot start scope maproot-a.scope: the system's manager: No such file or directory; "
		  "the system's bus: No such file or directory\n");
	bus_run("unshare --user --map-root-user", START, &result);
	bus_check_result(&result, 1,
			 "cannot start scope maproot-a.scope: the user's manager: the connection was closed; "
			 "the user's bus: No such file or directory; the system's manager: No such file or directory; "
			 "the system's bus: No such file or directory\n");
	bus_end();
}
END_TEST

/* Root of a user namespace, as its ids are mapped: 0 to 0. */
static int is_there(void *arg)
{
	(void)arg;
	if (unshare(CLONE_NEWUSER) < 0 || mr_write_file("/proc/self/uid_map", "0 0 1", 5) < 0)
		return 2;
	return mr_scope_is_there();
}

START_TEST(users_manager_is_there_in_a_user_namespace)
{
	bus_place(true);
	ck_assert_int_eq(unit_in_child(is_there, NULL), 0);
	bus_start_nonsense("systemd/private", "", true);
	ck_assert_int_eq(WEXITSTATUS(unit_in_child(is_there, NULL)), 1);
	bus_end();
}
END_TEST

static Suite *build(void)
{
	TCase *tcase;
	Suite *suite = unit_suite("scope/system", &tcase);

	tcase_add_test(tcase, systems_bus_is_asked);
	tcase_add_test(tcase, systems_private_socket_is_asked);
	tcase_add_test(tcase, users_manager_is_not_asked);
	tcase_add_test(tcase, users_manager_is_there_in_a_user_namespace);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

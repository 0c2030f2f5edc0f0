/*
 * Contract of maproot-scope, how the manager is reached: by what the environment says, the private socket first; who
 * has no manager, or finds something else in its place, is told so for each place; nobody is asked who counts
 * processes in another pid namespace.
 */
#include "bus.h"

#include <string.h>
#include <unistd.h>

#define START        "start maproot-a.scope - 4711"
#define CANNOT_START "cannot start scope maproot-a.scope: "
#define CANNOT_STOP  "cannot stop scope maproot-a.scope: "

static void begin(const char *how)
{
	bus_place(false);
	bus_start();
	bus_start_manager(how);
}

/* No systemd on the bus; nobody on a socket; nothing there; no directory known. */
START_TEST(nobody_is_there)
{
	static const char none[] = "the user's manager: No such file or directory; the user's bus: ";

	bus_place(false);
	bus_check(START, 1, support_text(CANNOT_START "%sNo such file or directory\n", none));
	bus_check("check", 1, support_text("no manager: %sNo such file or directory\n", none));
	bus_check("stop maproot-a.scope", 1, support_text(CANNOT_STOP "%sNo such file or directory\n", none));
	bus_start();
	bus_check(START, 1, CANNOT_START "there is no systemd on this bus\n");
	bus_check("stop maproot-a.scope", 1, CANNOT_STOP "there is no systemd on this bus\n");
	bus_check("check", 1, "no manager: there is no systemd on this bus\n");
	bus_kill();
	bus_set_address("unix:path=/nowhere");
	bus_check(START, 1, support_text(CANNOT_START "%sNo such file or directory\n", none));
	bus_set_address(NULL);
	bus_set_runtime_directory(NULL);
	bus_check(START, 1,
		  CANNOT_START "the user's manager: XDG_RUNTIME_DIR is not set; the user's bus: XDG_RUNTIME_DIR is not set\n");
	bus_end();
}
END_TEST

/* A bus is not made to start something that calls itself systemd. */
START_TEST(nobody_is_started)
{
	bus_place(false);
	(void)unit_file(bus_path("../org.freedesktop.systemd1.service"),
			support_text("[D-BUS Service]\nName=org.freedesktop.systemd1\nExec=/usr/bin/touch %s\n",
				     bus_path("started")));
	bus_start();
	bus_check(START, 1, CANNOT_START "there is no systemd on this bus\n");
	bus_check("stop maproot-a.scope", 1, CANNOT_STOP "there is no systemd on this bus\n");
	bus_check("check", 1, "no manager: there is no systemd on this bus\n");
	ck_assert_int_ne(access(bus_path("started"), F_OK), 0);
	bus_end();
}
END_TEST

/* The address counts, wherever it is; a private socket that nobody listens on is passed over. */
START_TEST(address_is_heeded)
{
	begin("done");
	bus_set_address(support_text("unix:path=%s", bus_path("bus")));
	bus_set_runtime_directory(NULL);
	bus_check(START, 0, "");
	bus_end();
}
END_TEST

START_TEST(dead_private_socket_is_passed_over)
{
	bus_place(false);
	bus_start_nonsense("systemd/private", "", false);
	bus_end();
	bus_start();
	bus_start_manager("done");
	bus_check(START, 0, "");
	bus_end();
}
END_TEST

/* Who listens is no bus. */
static const struct {
	const char *text;
	bool closes;
	const char *reason;
} nonsense[] = {
	{ "", false, "no answer in time" },
	{ "", true, "the connection was closed" },
	{ "220 mail.example.org ESMTP\r\n250 OK\r\n", false, "no answer in time" },
	{ "REJECTED\r\nREJECTED\r\nREJECTED\r\n", false, "Operation not permitted" },
	{ "\x01\xff\r\n\r\n\r\n\r\nl\x04\x01\x01\xff\xff\xff\xff", false, "Operation not permitted" },
};

START_TEST(nonsense_is_an_error)
{
	const char *reason = support_text("the user's manager: No such file or directory; the user's bus: %s\n",
					  nonsense[_i].reason);

	bus_place(false);
	bus_start_nonsense("bus", nonsense[_i].text, nonsense[_i].closes);
	bus_check_in_time(START, 1, support_text(CANNOT_START "%s", reason));
	bus_end();
}
END_TEST

/* A question whether somebody is there takes a second at most, where nothing else is said. */
START_TEST(check_is_quick)
{
	int64_t before = support_now_us();

	bus_place(false);
	bus_start_nonsense("bus", "", false);
	bus_check("check", 1,
		  "no manager: the user's manager: No such file or directory; the user's bus: no answer in time\n");
	ck_assert_int_lt(support_now_us() - before, 8000000);
	bus_end();
}
END_TEST

/* In a pid namespace of its own, 4711 is somebody else to the manager. */
START_TEST(numbers_of_another_namespace_are_refused)
{
	struct support_result result;

	begin("done");
	bus_run("unshare --user --map-current-user --pid --fork", START, &result);
	bus_check_result(&result, 1,
			 CANNOT_START
			 "the manager is outside of this pid namespace, where processes have other numbers\n");
	ck_assert_str_eq(bus_end_manager(), "");
	bus_end();
}
END_TEST

/* Who is root of a user namespace is still the user of the manager outside. */
START_TEST(root_of_a_user_namespace_is_a_user)
{
	struct support_result result;

	begin("done");
	bus_run("unshare --user --map-root-user", START, &result);
	bus_check_result(&result, 0, "");
	ck_assert_ptr_nonnull(strstr(bus_end_manager(), "PIDs(au)=4711,\n"));
	bus_end();
}
END_TEST

static Suite *build(void)
{
	TCase *tcase;
	Suite *suite = unit_suite("scope/reach", &tcase);

	tcase_add_test(tcase, nobody_is_there);
	tcase_add_test(tcase, nobody_is_started);
	tcase_add_test(tcase, address_is_heeded);
	tcase_add_test(tcase, dead_private_socket_is_passed_over);
	tcase_add_loop_test(tcase, nonsense_is_an_error, 0, UNIT_COUNT(nonsense));
	tcase_add_test(tcase, check_is_quick);
	tcase_add_test(tcase, numbers_of_another_namespace_are_refused);
	tcase_add_test(tcase, root_of_a_user_namespace_is_a_user);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

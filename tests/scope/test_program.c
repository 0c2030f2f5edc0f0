/*
 * Contract of maproot-scope: the call that systemd gets is this one exactly; the program ends when the job has ended,
 * not before, whenever the end is told and whoever else says something; it fails in words where the job fails, the
 * manager refuses, hangs or dies; it never waits longer than it may. A scope that is not there is stopped already.
 */
#include "bus.h"

#include <string.h>
#include <sys/wait.h>

#define START        "start maproot-a.scope - 4711"
#define CANNOT_START "cannot start scope maproot-a.scope: "
#define CANNOT_STOP  "cannot stop scope maproot-a.scope: "
#define LOOK         "GetUnit maproot-a.scope\nGet /one Unit.Description\n"
#define STOP         LOOK "KillUnit maproot-a.scope all 9\n"
#define CALL                                                                             \
	"StartTransientUnit maproot-a.scope fail Description(s)=Command run by maproot " \
	"CollectMode(s)=inactive-or-failed Delegate(b)=true PIDs(au)=4711,"

static void begin(const char *how)
{
	bus_place(false);
	bus_start();
	bus_start_manager(how);
}

static const struct {
	const char *arguments;
	const char *call;
} calls[] = {
	{ START, CALL "\n" },
	{ "start maproot-a.scope my-own.slice 4711", CALL " Slice(s)=my-own.slice\n" },
	{ START " MemoryMax=536870912 MemoryHigh=infinity MemoryLow=1 MemoryMin=0 MemorySwapMax=0 TasksMax=100",
	  CALL " MemoryMax(t)=536870912 MemoryHigh(t)=18446744073709551615 MemoryLow(t)=1 MemoryMin(t)=0 "
	       "MemorySwapMax(t)=0 TasksMax(t)=100\n" },
	{ START " CPUQuotaPerSecUSec=500000 CPUQuotaPeriodUSec=10000 CPUWeight=10000 IOWeight=1",
	  CALL " CPUQuotaPerSecUSec(t)=500000 CPUQuotaPeriodUSec(t)=10000 CPUWeight(t)=10000 IOWeight(t)=1\n" },
	{ START " MemoryMax=18446744073709551614", CALL " MemoryMax(t)=18446744073709551614\n" },
	{ "stop maproot-a.scope", STOP "StopUnit maproot-a.scope replace\n" },
	{ "check", "Get /systemd1 Manager.Version\n" },
};

START_TEST(call_is_exactly_this)
{
	begin("done");
	bus_check(calls[_i].arguments, 0, "");
	ck_assert_str_eq(bus_end_manager(), calls[_i].call);
	bus_end();
}
END_TEST

START_TEST(private_socket_will_do)
{
	bus_place(false);
	bus_start_private_manager("done");
	bus_check(calls[_i].arguments, 0, "");
	ck_assert_str_eq(bus_end_manager(), calls[_i].call);
	bus_end();
}
END_TEST

/* What goes wrong with a bus whose dbus-daemon is sound. */
static const struct {
	const char *how;
	const char *arguments;
	int status;
	const char *err;
} outcomes[] = {
	{ "early:done", START, 0, "" },
	{ "other:done", START, 0, "" },
	{ "early:failed", START, 1, CANNOT_START "its job ended with 'failed'\n" },
	{ "other:failed", START, 1, CANNOT_START "its job ended with 'failed'\n" },
	{ "forged:failed", START, 1, CANNOT_START "its job ended with 'failed'\n" },
	{ "failed", START, 1, CANNOT_START "its job ended with 'failed'\n" },
	{ "timeout", START, 1, CANNOT_START "its job ended with 'timeout'\n" },
	{ "canceled", START, 1, CANNOT_START "its job ended with 'canceled'\n" },
	{ "dependency", START, 1, CANNOT_START "its job ended with 'dependency'\n" },
	{ "refuse:org.freedesktop.systemd1.UnitExists", START, 1, CANNOT_START "The fake refuses.\n" },
	{ "refuse:org.freedesktop.DBus.Error.AccessDenied", START, 1, CANNOT_START "The fake refuses.\n" },
	{ "refuse:org.freedesktop.systemd1.NoSuchUnit", START, 1, CANNOT_START "The fake refuses.\n" },
	{ "jobless", START, 1, CANNOT_START "the manager's answer names no job\n" },
	{ "die", START, 1, CANNOT_START "the manager went away without an answer\n" },
	{ "leave", START, 1, CANNOT_START "the manager went away before the job ended\n" },

	{ "early:done", "stop maproot-a.scope", 0, "" },
	{ "refuse:org.freedesktop.systemd1.NoSuchUnit", "stop maproot-a.scope", 0, "" },
	{ "refuse:org.freedesktop.DBus.Error.AccessDenied", "stop maproot-a.scope", 1, CANNOT_STOP "The fake refuses.\n" },
	{ "gone:org.freedesktop.systemd1.NoSuchUnit", "stop maproot-a.scope", 0, "" },
	{ "gone:org.freedesktop.DBus.Error.UnknownObject", "stop maproot-a.scope", 0, "" },
	{ "gone:org.freedesktop.DBus.Error.AccessDenied", "stop maproot-a.scope", 1, CANNOT_STOP "The fake refuses.\n" },
	{ "failed", "stop maproot-a.scope", 1, CANNOT_STOP "its job ended with 'failed'\n" },
	{ "die", "stop maproot-a.scope", 1, CANNOT_STOP "the manager went away without an answer\n" },

	{ "never", "check", 0, "" },
};

START_TEST(outcome_is_told)
{
	begin(outcomes[_i].how);
	bus_check(outcomes[_i].arguments, outcomes[_i].status, outcomes[_i].err);
	bus_end();
}
END_TEST

static const struct {
	const char *how;
	const char *arguments;
	const char *err;
} endless[] = {
	{ "silent", START, CANNOT_START "the manager did not answer in time\n" },
	{ "never", START, CANNOT_START "its job did not end in time\n" },
	{ "never", "stop maproot-a.scope", CANNOT_STOP "its job did not end in time\n" },
	{ "silent", "check", "no manager: the manager did not answer in time\n" },
};

START_TEST(time_is_limited)
{
	begin(endless[_i].how);
	bus_check_in_time(endless[_i].arguments, 1, endless[_i].err);
	bus_end();
}
END_TEST

START_TEST(unending_start_is_taken_back)
{
	begin("never");
	bus_check_in_time(START, 1, CANNOT_START "its job did not end in time\n");
	ck_assert_str_eq(support_text("%s\n", bus_hear()), CALL "\n");
	ck_assert_str_eq(bus_hear(), "StopUnit maproot-a.scope replace");
	bus_end();
}
END_TEST

/* Of a name that is somebody else's nothing is stopped. */
START_TEST(others_are_left_alone)
{
	begin("refuse:org.freedesktop.systemd1.UnitExists");
	bus_check(START, 1, CANNOT_START "The fake refuses.\n");
	bus_check("check", 0, "");
	ck_assert_str_eq(bus_end_manager(), CALL "\nGet /systemd1 Manager.Version\n");
	bus_end();
}
END_TEST

START_TEST(foreign_scope_is_not_stopped)
{
	begin("foreign");
	bus_check("stop maproot-a.scope", 1, CANNOT_STOP "it is not one of maproot's\n");
	ck_assert_str_eq(bus_end_manager(), LOOK);
	bus_end();
}
END_TEST

/* Whether the answer has come through by then, nobody knows. */
START_TEST(bus_may_close_while_the_job_runs)
{
	static const char closed[] = CANNOT_START "the connection was closed";
	struct support_process process;
	struct support_result result;

	begin("never");
	bus_launch("", START, &process);
	ck_assert_str_eq(support_text("%s\n", bus_hear()), CALL "\n");
	bus_kill();
	support_finish(&process, &result);
	ck_assert_msg(strncmp(result.err, closed, strlen(closed)) == 0, "%s", result.err);
	ck_assert(WIFEXITED(result.status) && WEXITSTATUS(result.status) == 1);
	support_release(&result);
	bus_end();
}
END_TEST

START_TEST(private_manager_may_leave_while_the_job_runs)
{
	bus_place(false);
	bus_start_private_manager("leave");
	bus_check(START, 1, CANNOT_START "the connection was closed before the job ended\n");
	bus_end();
}
END_TEST

START_TEST(private_manager_may_die_instead_of_an_answer)
{
	bus_place(false);
	bus_start_private_manager("die");
	bus_check(START, 1, CANNOT_START "the connection was closed\n");
	bus_end();
}
END_TEST

static Suite *build(void)
{
	TCase *tcase;
	Suite *suite = unit_suite("scope/program", &tcase);

	tcase_add_loop_test(tcase, call_is_exactly_this, 0, UNIT_COUNT(calls));
	tcase_add_loop_test(tcase, private_socket_will_do, 0, UNIT_COUNT(calls));
	tcase_add_loop_test(tcase, outcome_is_told, 0, UNIT_COUNT(outcomes));
	tcase_add_loop_test(tcase, time_is_limited, 0, UNIT_COUNT(endless));
	tcase_add_test(tcase, unending_start_is_taken_back);
	tcase_add_test(tcase, others_are_left_alone);
	tcase_add_test(tcase, foreign_scope_is_not_stopped);
	tcase_add_test(tcase, bus_may_close_while_the_job_runs);
	tcase_add_test(tcase, private_manager_may_leave_while_the_job_runs);
	tcase_add_test(tcase, private_manager_may_die_instead_of_an_answer);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

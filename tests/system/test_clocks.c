/*
 * Contract of mr_clocks_set(): the next child's monotonic and boot time clocks are shifted by so many seconds,
 * either way; no offset, no call; a clock that would run below zero is refused by name.
 */
#include "system/furniture.h"

#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static const struct {
	int64_t monotonic;
	int64_t boottime;
} rows[] = { { 3600, 7200 }, { 0, 100000 }, { 100000, 0 }, { 0, 0 }, { 4000000000, 1 } };

struct seen {
	time_t monotonic;
	time_t boottime;
	int row;
};

static time_t seconds(clockid_t clock)
{
	struct timespec now;

	return clock_gettime(clock, &now) < 0 ? -1 : now.tv_sec;
}

static bool is_near(time_t value, int64_t wanted)
{
	return value >= wanted && value <= wanted + 5;
}

static int look(void *arg)
{
	const struct seen *seen = arg;

	if (!is_near(seconds(CLOCK_MONOTONIC), seen->monotonic + rows[seen->row].monotonic))
		return 1;
	return is_near(seconds(CLOCK_BOOTTIME), seen->boottime + rows[seen->row].boottime) ? 0 : 2;
}

START_TEST(shifts_the_next_childs)
{
	struct seen seen = { seconds(CLOCK_MONOTONIC), seconds(CLOCK_BOOTTIME), _i };

	unit_enter_namespace(CLONE_NEWTIME);
	ck_assert_int_eq(mr_clocks_set(rows[_i].monotonic, rows[_i].boottime, -1, NULL), 0);
	ck_assert_int_eq(unit_in_child(look, &seen), 0);
}
END_TEST

START_TEST(backwards_too_but_not_below_zero)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_enter_namespace(CLONE_NEWTIME);
	ck_assert_int_eq(mr_clocks_set(-1, -1, -1, &err), 0);
	ck_assert_int_eq(mr_clocks_set(-100000000, 0, -1, &err), -ERANGE);
	unit_check_error(&err, ERANGE, MAPROOT_STEP_TIME,
			 "cannot set the clock offsets in '/proc/self/timens_offsets': "
			 "Numerical result out of range");
}
END_TEST

START_TEST(none_needs_no_proc)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_enter_namespace(CLONE_NEWTIME);
	ck_assert_int_eq(mount("tmpfs", "/proc", "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(mr_clocks_set(0, 0, -1, &err), 0);
	ck_assert_int_eq(mr_clocks_set(1, 0, -1, &err), -ENOENT);
	ck_assert_int_eq(err.step, MAPROOT_STEP_TIME);
	ck_assert_int_eq(umount2("/proc", MNT_DETACH), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/clocks", &tc);

	tcase_add_loop_test(tc, shifts_the_next_childs, 0, UNIT_COUNT(rows));
	tcase_add_test(tc, backwards_too_but_not_below_zero);
	tcase_add_test(tc, none_needs_no_proc);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

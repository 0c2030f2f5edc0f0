/*
 * Contract of the descriptor part of src/system/furniture.h: everything from a number up is closed, at once or at
 * the next exec, and nothing below it; also where the kernel has no close_range(2).
 */
#include "system/furniture.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

static const int opened[] = { 5, 9, 10, 63, 500 };

static void open_some(void)
{
	const struct rlimit limit = { 600, 600 };

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (size_t at = 0; at < UNIT_COUNT(opened); at++)
		ck_assert_int_eq(dup2(0, opened[at]), opened[at]);
	/* What is open stays so when the limit falls below it. */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 50, 600 }), 0);
}

/* An old kernel has none; one of 5.9 has none that marks. */
static const int answers[] = { -1, ENOSYS, EINVAL };

START_TEST(closes_at_once)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	open_some();
	if (answers[_i] >= 0)
		unit_deny(SYS_close_range, answers[_i]);
	ck_assert_int_eq(mr_descriptors_close_from(10, &err), 0);
	for (size_t at = 0; at < UNIT_COUNT(opened); at++)
		ck_assert_int_eq(fcntl(opened[at], F_GETFD) >= 0, opened[at] < 10);
}
END_TEST

START_TEST(closes_at_exec)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	open_some();
	if (answers[_i] >= 0)
		unit_deny(SYS_close_range, answers[_i]);
	ck_assert_int_eq(mr_descriptors_close_on_exec_from(10, &err), 0);
	for (size_t at = 0; at < UNIT_COUNT(opened); at++)
		ck_assert_int_eq(fcntl(opened[at], F_GETFD), opened[at] < 10 ? 0 : FD_CLOEXEC);
}
END_TEST

START_TEST(says_why_not)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_deny(SYS_close_range, EPERM);
	ck_assert_int_eq(mr_descriptors_close_on_exec_from(7, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_CLOSE_FDS,
			 "cannot close file descriptors from 7 up: Operation not permitted");
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/descriptors", &tc);

	tcase_add_loop_test(tc, closes_at_once, 0, UNIT_COUNT(answers));
	tcase_add_loop_test(tc, closes_at_exec, 0, UNIT_COUNT(answers));
	tcase_add_test(tc, says_why_not);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

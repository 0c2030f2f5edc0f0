/*
 * Contract of src/base/cleanup.h: a marked variable is closed or freed when its scope ends, unless it was
 * handed over; a closer keeps errno, and accepts what was never opened.
 */
#include "base/cleanup.h"

#include "unit.h"

#include <fcntl.h>

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static int open_something(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(closes_at_the_end_of_the_scope)
{
	int number;

	{
		mr_auto_fd int fd = open_something();

		number = fd;
		ck_assert(is_open(number));
		errno = EDOM;
	}
	ck_assert_int_eq(errno, EDOM);
	ck_assert(!is_open(number));
}
END_TEST

START_TEST(what_was_taken_stays_open)
{
	int taken;

	{
		mr_auto_fd int fd = open_something();

		taken = mr_take_fd(&fd);
		ck_assert_int_eq(fd, -1);
	}
	ck_assert(is_open(taken));
	mr_close_fd(&taken);
	ck_assert_int_eq(taken, -1);
}
END_TEST

START_TEST(closing_nothing_keeps_errno)
{
	int fd = -1;

	errno = EDOM;
	mr_close_fd(&fd);
	ck_assert_int_eq(errno, EDOM);
	/* A close that fails, as of a descriptor that is none, says nothing either. */
	fd = 12345;
	mr_close_fd(&fd);
	ck_assert_int_eq(errno, EDOM);
	ck_assert_int_eq(fd, -1);
}
END_TEST

START_TEST(freeing_keeps_errno)
{
	errno = EDOM;
	{
		mr_auto_free char *nothing = NULL;
		mr_auto_free char *something = malloc(64);

		ck_assert_ptr_nonnull(something);
		ck_assert_ptr_null(nothing);
	}
	ck_assert_int_eq(errno, EDOM);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("base/cleanup", &tc);

	tcase_add_test(tc, closes_at_the_end_of_the_scope);
	tcase_add_test(tc, what_was_taken_stays_open);
	tcase_add_test(tc, closing_nothing_keeps_errno);
	tcase_add_test(tc, freeing_keeps_errno);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

/*
 * Contract of src/system/dumpable.h: who needs the setting as it is shares it with others of the kind; who changes it
 * is alone and leaves it as it was; a copy of the process is not held up by threads that it does not have.
 */
#include "system/dumpable.h"

#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static int setting(void)
{
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
}

/* What was set, what a child has made of it, what is to be left. */
static const struct {
	bool changes;
	int former;
	int became;
	int left;
} rows[] = {
	{ true, 1, 0, 1 },
	{ true, 0, 0, 0 },
	{ true, 0, 1, 0 },
	{ true, 1, 1, 1 },
	{ false, 1, 0, 0 }, /* of somebody who said that it would not */
	{ false, 0, 0, 0 },
};

START_TEST(is_left_as_it_was)
{
	int former;

	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, rows[_i].former, 0, 0, 0), 0);
	former = mr_dumpable_hold(rows[_i].changes);
	ck_assert_int_eq(former, rows[_i].former);
	ck_assert_int_eq(setting(), rows[_i].former);
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, rows[_i].became, 0, 0, 0), 0);
	mr_dumpable_release(rows[_i].changes, former);
	ck_assert_int_eq(setting(), rows[_i].left);
}
END_TEST

/* 2, which a program that may not be read starts with, can be found and not be set. */
START_TEST(what_cannot_be_set_is_not)
{
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), 0);
	(void)mr_dumpable_hold(true);
	mr_dumpable_release(true, 2);
	ck_assert_int_eq(setting(), 0);
}
END_TEST

struct other {
	bool changes;
	atomic_bool started;
	atomic_bool holds;
	atomic_bool release;
};

static void *hold_in_thread(void *arg)
{
	struct other *other = arg;
	int former;

	atomic_store(&other->started, true);
	former = mr_dumpable_hold(other->changes);
	atomic_store(&other->holds, true);
	while (!atomic_load(&other->release))
		support_sleep_us(1000);
	mr_dumpable_release(other->changes, former);
	return NULL;
}

static bool becomes_true(atomic_bool *flag, int ms)
{
	for (; ms > 0 && !atomic_load(flag); ms--)
		support_sleep_us(1000);
	return atomic_load(flag);
}

static const struct {
	bool first;
	bool second;
	bool together;
} pairs[] = {
	{ false, false, true },
	{ false, true, false },
	{ true, false, false },
	{ true, true, false },
};

START_TEST(the_kinds_are_kept_apart)
{
	struct other other = { .changes = pairs[_i].second };
	int former = mr_dumpable_hold(pairs[_i].first);
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, hold_in_thread, &other), 0);
	ck_assert(becomes_true(&other.started, 5000));
	ck_assert(becomes_true(&other.holds, pairs[_i].together ? 5000 : 100) == pairs[_i].together);
	mr_dumpable_release(pairs[_i].first, former);
	ck_assert(becomes_true(&other.holds, 5000));
	atomic_store(&other.release, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

struct crowd {
	atomic_int inside;
	atomic_bool stop;
};

/* Whether there is another one who stays. */
static bool may_leave(struct crowd *crowd)
{
	int inside = atomic_load(&crowd->inside);

	return inside > 1 && atomic_compare_exchange_strong(&crowd->inside, &inside, inside - 1);
}

/* Somebody is always there: they let go only when another one has come, or if for long none does. */
static void *be_there(void *arg)
{
	struct crowd *crowd = arg;

	while (!atomic_load(&crowd->stop)) {
		int former = mr_dumpable_hold(false);
		int ms = 0;

		atomic_fetch_add(&crowd->inside, 1);
		while (!may_leave(crowd)) {
			support_sleep_us(1000);
			if (++ms < 300)
				continue;
			atomic_fetch_sub(&crowd->inside, 1);
			break;
		}
		mr_dumpable_release(false, former);
	}
	return NULL;
}

START_TEST(who_is_alone_is_not_kept_waiting_by_a_crowd)
{
	struct other other = { .changes = true };
	struct crowd crowd = { 0 };
	pthread_t threads[4];
	pthread_t thread;
	bool got;

	for (size_t at = 0; at < UNIT_COUNT(threads); at++)
		ck_assert_int_eq(pthread_create(&threads[at], NULL, be_there, &crowd), 0);
	support_sleep_us(100000);
	ck_assert_int_eq(pthread_create(&thread, NULL, hold_in_thread, &other), 0);
	got = becomes_true(&other.holds, 5000);
	atomic_store(&crowd.stop, true);
	atomic_store(&other.release, true);
	for (size_t at = 0; at < UNIT_COUNT(threads); at++)
		ck_assert_int_eq(pthread_join(threads[at], NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(got);
}
END_TEST

static int hold_in_copy(void *arg)
{
	(void)arg;
	mr_dumpable_forget();
	mr_dumpable_release(true, mr_dumpable_hold(true));
	return 0;
}

START_TEST(a_copy_forgets_the_threads_it_has_not)
{
	struct other other = { .changes = _i == 1 };
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, hold_in_thread, &other), 0);
	ck_assert(becomes_true(&other.holds, 5000));
	ck_assert_int_eq(unit_in_child(hold_in_copy, NULL), 0);
	atomic_store(&other.release, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/dumpable", &tc);

	tcase_add_loop_test(tc, is_left_as_it_was, 0, UNIT_COUNT(rows));
	tcase_add_test(tc, what_cannot_be_set_is_not);
	tcase_add_loop_test(tc, the_kinds_are_kept_apart, 0, UNIT_COUNT(pairs));
	tcase_add_test(tc, who_is_alone_is_not_kept_waiting_by_a_crowd);
	tcase_add_loop_test(tc, a_copy_forgets_the_threads_it_has_not, 0, 2);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

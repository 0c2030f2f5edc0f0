/*
 * Contract of maproot_join_open(), _current(), _types(), _fd() and _close(): a join needs nothing of what it was made
 * from, neither the strings nor the processes; the current one is the calling thread's; closing leaves nothing open.
 */
#include "joins.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

START_TEST(lasts_when_the_process_and_the_strings_are_gone)
{
	pid_t pid = place_make(PLACE_BIT(NET) | PLACE_BIT(UTS), 0);
	size_t before = place_descriptors();
	char process[32];
	char path[64];
	char order[] = "!uts,!net,ipc";
	const char *references[] = { process, path, "ipc=/nowhere" };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_join *join;
	struct maproot_visit visit;

	(void)stpcpy(process, joins_typed("net", pid));
	(void)stpcpy(path, support_text("/proc/%d/ns/uts", (int)pid));
	joins_check(maproot_join_open(references, 3, order, &join, &err), &err);
	unit_end(pid);
	memset(process, 'x', sizeof(process) - 1);
	memset(path, 'x', sizeof(path) - 1);
	memset(order, 'x', sizeof(order) - 1);
	ck_assert_uint_eq(maproot_join_types(join), PLACE_BIT(NET) | PLACE_BIT(UTS) | PLACE_BIT(IPC));
	ck_assert_uint_eq(place_descriptors(), before + 2);
	ck_assert_int_gt(maproot_join_fd(join, MAPROOT_NAMESPACE_NET), 2);
	ck_assert_int_eq(maproot_join_fd(join, MAPROOT_NAMESPACE_IPC), -1); /* not its turn */
	ck_assert_int_eq(maproot_join_fd(join, MAPROOT_NAMESPACE_MNT), -1);
	ck_assert_int_eq(maproot_join_fd(join, MAPROOT_NAMESPACE_COUNT), -1);
	ck_assert_int_eq(maproot_join_fd(join, (enum maproot_namespace) - 1), -1);
	/* The text of what is opened late is still needed. */
	ck_assert_int_eq(maproot_enter(join, &visit, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_OPEN_NAMESPACE,
			 "cannot open namespace '/nowhere': No such file or directory");
	maproot_join_close(join);
	ck_assert_uint_eq(place_descriptors(), before);
}
END_TEST

START_TEST(descriptors_are_of_the_namespaces)
{
	pid_t pid = place_make(PLACE_BY_THREAD | PLACE_BIT(PID) | PLACE_BIT(TIME), PLACE_BIT(USER));
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));

	ck_assert_uint_eq(maproot_join_types(join), MAPROOT_NAMESPACE_ALL);
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		struct mr_nsfs_id id;
		int fd = maproot_join_fd(join, type);

		ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		ck_assert_int_eq(mr_nsfs_id_of(fd, &id), 0);
		ck_assert_uint_eq(id.inode, place_of(pid, type));
	}
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

static const unsigned int sets[] = { 0, PLACE_BIT(NET), PLACE_BIT(USER) | PLACE_BIT(UTS), MAPROOT_NAMESPACE_ALL };

static void check_current(unsigned int types)
{
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "from an earlier call" };
	size_t before = place_descriptors();
	struct maproot_join *join;

	joins_check(maproot_join_current(types, &join, &err), &err);
	ck_assert_uint_eq(maproot_join_types(join), types);
	ck_assert_uint_eq(place_descriptors(), before + (size_t)__builtin_popcount(types));
	ck_assert_uint_eq(mr_join_pending(join), 0);
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		int fd = maproot_join_fd(join, type);
		struct mr_nsfs_id id;

		if (!(types & MAPROOT_NAMESPACE_BIT(type))) {
			ck_assert_int_eq(fd, -1);
			continue;
		}
		ck_assert(fd > 2 && mr_nsfs_id_of(fd, &id) == 0);
		ck_assert_uint_eq(id.inode, place_of(0, type));
	}
	maproot_join_close(join);
	ck_assert_uint_eq(place_descriptors(), before);
}

START_TEST(current_is_where_one_is)
{
	check_current(sets[_i]);
}
END_TEST

static void *go_and_check(void *arg)
{
	ck_assert_int_eq(unshare(CLONE_NEWUTS | CLONE_NEWNET), 0);
	*(ino_t *)arg = place_of(0, MAPROOT_NAMESPACE_NET);
	check_current(PLACE_BIT(UTS) | PLACE_BIT(NET));
	return NULL;
}

START_TEST(current_is_of_the_thread)
{
	pthread_t thread;
	ino_t elsewhere = 0;

	ck_assert_int_eq(pthread_create(&thread, NULL, go_and_check, &elsewhere), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_ne(elsewhere, place_of(0, MAPROOT_NAMESPACE_NET));
	check_current(PLACE_BIT(UTS) | PLACE_BIT(NET));
}
END_TEST

START_TEST(current_may_not_be_to_be_had)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	size_t before = place_descriptors();
	struct maproot_join *join = (struct maproot_join *)&err;

	/* For children, of whom there were none. */
	ck_assert_int_eq(unshare(CLONE_NEWPID), 0);
	ck_assert_int_eq(maproot_join_current(MAPROOT_NAMESPACE_ALL, &join, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_OPEN_NAMESPACE,
			 "cannot open namespace '/proc/thread-self/ns/pid_for_children': No such file or directory");
	ck_assert_int_eq(maproot_join_current(PLACE_BIT(PID), &join, NULL), -ENOENT);
	ck_assert_ptr_eq(join, &err);
	ck_assert_uint_eq(place_descriptors(), before);
}
END_TEST

START_TEST(a_failure_changes_nothing_of_the_callers)
{
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "from an earlier call" };
	const char *reference = "/nowhere";
	struct maproot_join *join = (struct maproot_join *)&err;

	ck_assert_int_eq(maproot_join_open(&reference, 1, NULL, &join, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_OPEN_NAMESPACE,
			 "cannot open namespace '/nowhere': No such file or directory");
	ck_assert_ptr_eq(join, &err);
}
END_TEST

static int count_calls(void *arg, const struct maproot_join *caller)
{
	ck_assert_uint_eq(maproot_join_types(caller), 0);
	return ++*(int *)arg;
}

START_TEST(nothing_may_be_joined)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_join *join;
	struct maproot_visit visit;
	int result = 0;
	int calls = 6;

	joins_check(maproot_join_open(NULL, 0, NULL, &join, &err), &err);
	ck_assert_uint_eq(maproot_join_types(join), 0);
	joins_check(maproot_run_in(join, count_calls, &calls, &result, &err), &err);
	ck_assert(result == 7 && calls == 7);
	joins_check(maproot_enter(join, &visit, &err), &err);
	joins_check(maproot_leave(&visit, &err), &err);
	maproot_join_close(join);
	maproot_join_close(NULL);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("join/handle", &tc);

	tcase_add_test(tc, lasts_when_the_process_and_the_strings_are_gone);
	tcase_add_test(tc, descriptors_are_of_the_namespaces);
	tcase_add_loop_test(tc, current_is_where_one_is, 0, UNIT_COUNT(sets));
	tcase_add_test(tc, current_is_of_the_thread);
	tcase_add_test(tc, current_may_not_be_to_be_had);
	tcase_add_test(tc, a_failure_changes_nothing_of_the_callers);
	tcase_add_test(tc, nothing_may_be_joined);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

/*
 * Contract of maproot_enter() and maproot_leave(): this thread is inside in between and back after, in its namespaces,
 * root and working directory, and no other thread notices; visits end in the opposite order. What fails leaves the
 * thread where it was; a restore that fails leaves a thread that is good for nothing, and says so ever after. No
 * descriptor stays open.
 */
#include "joins.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void enter(const struct maproot_join *join, struct maproot_visit *visit)
{
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "from an earlier call" };

	joins_check(maproot_enter(join, visit, &err), &err);
}

static void leave(struct maproot_visit *visit)
{
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "from an earlier call" };

	joins_check(maproot_leave(visit, &err), &err);
}

static void check_inside(pid_t pid, unsigned int types)
{
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (types & MAPROOT_NAMESPACE_BIT(type))
			ck_assert_uint_eq(place_of(0, type), place_of(pid, type));
	}
}

/* Another thread, which stays where it is. */
static atomic_bool others_end;

static void *stay(void *arg)
{
	struct place_whereabouts here;

	(void)arg;
	place_remember(&here);
	while (!atomic_load(&others_end)) {
		place_check_unmoved(&here);
		support_sleep_us(200);
	}
	place_check_unmoved(&here);
	return NULL;
}

static const struct {
	unsigned int types;
	bool threads;
	bool chrooted;
	bool as_user; /* root of a user namespace that owns all that it is in */
} rows[] = {
	{ PLACE_BIT(NET), false, false, false },
	{ PLACE_BIT(NET), true, false, false },
	{ PLACE_BIT(MNT), false, false, false },
	{ PLACE_BIT(MNT), true, true, false },
	{ PLACE_BY_THREAD, false, false, false },
	{ PLACE_BY_THREAD | PLACE_BIT(PID), true, false, false },
	{ PLACE_BY_THREAD | PLACE_BIT(PID) | PLACE_BIT(TIME), false, true, false },
	{ PLACE_BY_THREAD, true, true, true },
	{ PLACE_BIT(UTS), false, false, true },
};

static void go_below(void)
{
	const char *path = support_text("%s/root%d", support_user()->home, (int)getpid());

	ck_assert(mkdir(path, 0755) == 0 && mkdir(support_text("%s/proc", path), 0755) == 0 &&
		  mkdir(support_text("%s/deep", path), 0755) == 0);
	ck_assert_int_eq(mount("/proc", support_text("%s/proc", path), NULL, MS_BIND | MS_REC, NULL), 0);
	ck_assert(chdir(path) == 0 && chroot(".") == 0 && chdir("/deep") == 0);
}

START_TEST(inside_and_back)
{
	unsigned int types = rows[_i].types;
	struct place_whereabouts here;
	struct maproot_visit visit;
	struct maproot_join *join;
	pthread_t other;
	size_t before;
	pid_t pid;

	if (rows[_i].as_user)
		unit_enter_namespace(CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS);
	else
		unit_private_mounts();
	pid = place_make(types, 0);
	if (rows[_i].chrooted)
		go_below();
	join = joins_open(NULL, joins_pid(pid));
	ck_assert_uint_eq(maproot_join_types(join), types);
	if (rows[_i].threads)
		ck_assert_int_eq(pthread_create(&other, NULL, stay, NULL), 0);
	place_remember(&here);
	before = place_descriptors();
	for (int turn = 0; turn < 3; turn++) {
		enter(join, &visit);
		check_inside(pid, types);
		if (types & PLACE_BIT(MNT)) /* as nsenter(1) does */
			ck_assert_int_eq(access("/deep", F_OK), -1);
		leave(&visit);
		place_check_unmoved(&here);
		/* The other thread may be reading a directory. */
		ck_assert(rows[_i].threads || place_descriptors() == before);
	}
	atomic_store(&others_end, true);
	if (rows[_i].threads)
		ck_assert_int_eq(pthread_join(other, NULL), 0);
	ck_assert_uint_eq(place_descriptors(), before);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

static int tell_namespaces(void *arg)
{
	const ino_t *want = arg;

	return place_id(0, "pid") == want[0] && place_id(0, "time") == want[1] ? 0 : 1;
}

/* As seen by children: of pid only they are inside. */
START_TEST(children_are_inside_too)
{
	unsigned int types = PLACE_BIT(PID) | PLACE_BIT(TIME);
	pid_t pid = place_make(types, 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	ino_t inner[] = { place_of(pid, MAPROOT_NAMESPACE_PID), place_of(pid, MAPROOT_NAMESPACE_TIME) };
	ino_t outer[] = { place_id(0, "pid"), place_id(0, "time") };
	struct maproot_visit visit;

	enter(join, &visit);
	ck_assert_uint_eq(place_id(0, "pid"), outer[0]);
	ck_assert_int_eq(unit_in_child(tell_namespaces, inner), 0);
	leave(&visit);
	ck_assert_int_eq(unit_in_child(tell_namespaces, outer), 0);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

static void refuse_leave(struct maproot_visit *visit)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct place_whereabouts here;

	place_remember(&here);
	ck_assert_int_eq(maproot_leave(visit, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST, "this is not the visit that this thread began last");
	place_check_unmoved(&here);
}

static void *leave_in_thread(void *arg)
{
	struct maproot_join *join;
	struct maproot_visit visit;

	refuse_leave(arg);
	/* Also where it has a visit of its own that began at the same depth. */
	ck_assert_int_eq(maproot_join_current(PLACE_BIT(IPC), &join, NULL), 0);
	enter(join, &visit);
	refuse_leave(arg);
	leave(&visit);
	maproot_join_close(join);
	return NULL;
}

START_TEST(visits_end_in_the_opposite_order)
{
	pid_t pids[2] = { place_make(PLACE_BIT(NET) | PLACE_BIT(UTS), 0), place_make(PLACE_BIT(NET), 0) };
	struct maproot_join *joins[] = { joins_open(NULL, joins_pid(pids[0])), joins_open(NULL, joins_pid(pids[1])) };
	struct maproot_visit visits[3];
	struct place_whereabouts here[3];
	size_t before = place_descriptors();
	pthread_t other;

	memset(visits, 0, sizeof(visits));
	refuse_leave(&visits[0]);
	place_remember(&here[0]);
	enter(joins[0], &visits[0]);
	check_inside(pids[0], PLACE_BIT(NET) | PLACE_BIT(UTS));
	place_remember(&here[1]);
	enter(joins[1], &visits[1]);
	check_inside(pids[1], PLACE_BIT(NET));
	check_inside(pids[0], PLACE_BIT(UTS));
	refuse_leave(&visits[0]);
	place_remember(&here[2]);
	enter(joins[0], &visits[2]); /* back where the first one is, and yet the third */
	refuse_leave(&visits[0]);
	refuse_leave(&visits[1]);
	ck_assert_int_eq(pthread_create(&other, NULL, leave_in_thread, &visits[0]), 0);
	ck_assert_int_eq(pthread_join(other, NULL), 0);
	for (int at = 2; at >= 0; at--) {
		leave(&visits[at]);
		place_check_unmoved(&here[at]);
		refuse_leave(&visits[at]);
	}
	ck_assert_uint_eq(place_descriptors(), before);
	for (int at = 0; at < 2; at++) {
		maproot_join_close(joins[at]);
		unit_end(pids[at]);
	}
}
END_TEST

START_TEST(a_user_namespace_is_not_visited)
{
	pid_t pid = place_make(PLACE_BIT(USER) | PLACE_BIT(NET), 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	struct maproot_visit visit = { .types = 77 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct place_whereabouts here;
	size_t before = place_descriptors();

	place_remember(&here);
	ck_assert_int_eq(maproot_enter(join, &visit, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST,
			 "a user namespace can't be left again, so this thread can't visit one");
	ck_assert_int_eq(maproot_enter(join, &visit, NULL), -EINVAL);
	ck_assert_uint_eq(visit.types, 77);
	place_check_unmoved(&here);
	ck_assert_uint_eq(place_descriptors(), before);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

/* Of all types, also user; and without any right. */
START_TEST(where_one_is_already_needs_no_right)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct place_whereabouts here;
	struct maproot_visit visit;
	struct maproot_join *join;

	if (_i == 1)
		unit_become_user();
	joins_check(maproot_join_current(MAPROOT_NAMESPACE_ALL, &join, &err), &err);
	unit_deny(SYS_setns, EIO);
	place_remember(&here);
	enter(join, &visit);
	place_check_unmoved(&here);
	leave(&visit);
	place_check_unmoved(&here);
	maproot_join_close(join);
}
END_TEST

static const struct {
	enum maproot_namespace fails;
	int number;
	enum maproot_step step;
	const char *text; /* NULL: as the kernel has the rights; "%d" the process */
} failures[] = {
	/* In their order: cgroup, ipc, net, pid, time, uts, mnt. */
	{ MAPROOT_NAMESPACE_CGROUP, EINVAL, MAPROOT_STEP_JOIN,
	  "cannot join cgroup namespace of process %d: Invalid argument" },
	{ MAPROOT_NAMESPACE_IPC, EINVAL, MAPROOT_STEP_JOIN,
	  "cannot join ipc namespace of process %d: Invalid argument" },
	{ MAPROOT_NAMESPACE_NET, ENOMEM, MAPROOT_STEP_JOIN,
	  "cannot join net namespace of process %d: Cannot allocate memory" },
	{ MAPROOT_NAMESPACE_PID, EPERM, MAPROOT_STEP_JOIN,
	  "cannot join pid namespace of process %d: Operation not permitted" },
	{ MAPROOT_NAMESPACE_TIME, EUSERS, MAPROOT_STEP_JOIN,
	  "cannot join time namespace of process %d: Too many users" },
	{ MAPROOT_NAMESPACE_UTS, EPERM, MAPROOT_STEP_JOIN,
	  "cannot join uts namespace of process %d: Operation not permitted" },
	{ MAPROOT_NAMESPACE_MNT, EPERM, MAPROOT_STEP_JOIN,
	  "cannot join mnt namespace of process %d: Operation not permitted" },
};

static const char *with_number(const char *text, pid_t pid)
{
	const char *at = strstr(text, "%d");

	return at ? support_text("%.*s%d%s", (int)(at - text), text, (int)pid, at + 2) : text;
}

START_TEST(a_failure_leaves_one_where_one_was)
{
	pid_t pid = place_make(PLACE_BY_THREAD | PLACE_BIT(PID) | PLACE_BIT(TIME), 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_visit visit = { .types = 77 };
	struct place_whereabouts here;
	size_t before = place_descriptors();
	struct maproot_join *rest;

	place_remember(&here);
	place_deny_setns(failures[_i].fails, failures[_i].number);
	ck_assert_int_eq(maproot_enter(join, &visit, &err), -failures[_i].number);
	unit_check_error(&err, failures[_i].number, failures[_i].step, with_number(failures[_i].text, pid));
	place_check_unmoved(&here);
	ck_assert_uint_eq(visit.types, 77);
	ck_assert_int_eq(maproot_enter(join, &visit, NULL), -failures[_i].number);
	place_check_unmoved(&here);
	ck_assert_uint_eq(place_descriptors(), before);
	/* The thread is as good as before. */
	rest = joins_open(NULL, joins_typed(failures[_i].fails == MAPROOT_NAMESPACE_NET ? "uts" : "net", pid));
	enter(rest, &visit);
	leave(&visit);
	maproot_join_close(rest);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

/* With several threads the kernel moves none of them to another time namespace. */
START_TEST(time_needs_one_thread)
{
	pid_t pid = place_make(PLACE_BIT(TIME) | PLACE_BIT(NET), 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct place_whereabouts here;
	struct maproot_visit visit;
	pthread_t other;

	place_remember(&here);
	ck_assert_int_eq(pthread_create(&other, NULL, stay, NULL), 0);
	ck_assert_int_eq(maproot_enter(join, &visit, &err), -EUSERS);
	unit_check_error(&err, EUSERS, MAPROOT_STEP_JOIN,
			 support_text("cannot join time namespace of process %d: Too many users", (int)pid));
	place_check_unmoved(&here);
	atomic_store(&others_end, true);
	ck_assert_int_eq(pthread_join(other, NULL), 0);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

static int never(void *arg, const struct maproot_join *caller)
{
	(void)caller;
	*(bool *)arg = true;
	return 0;
}

static const char lost[] =
	"cannot go back to where it was before: this thread is of no use any more: State not recoverable";

static void check_lost(const struct maproot_join *join, struct maproot_visit *outer)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_visit visit;
	bool ran = false;
	int result = 77;

	ck_assert_int_eq(maproot_enter(join, &visit, &err), -ENOTRECOVERABLE);
	unit_check_error(&err, ENOTRECOVERABLE, MAPROOT_STEP_RESTORE, lost);
	ck_assert_int_eq(maproot_run_in(join, never, &ran, &result, &err), -ENOTRECOVERABLE);
	unit_check_error(&err, ENOTRECOVERABLE, MAPROOT_STEP_RESTORE, lost);
	ck_assert(!ran && result == 77);
	if (!outer)
		return;
	ck_assert_int_eq(maproot_leave(outer, &err), -ENOTRECOVERABLE);
	unit_check_error(&err, ENOTRECOVERABLE, MAPROOT_STEP_RESTORE, lost);
	ck_assert_int_eq(maproot_leave(outer, NULL), -ENOTRECOVERABLE);
}

static void *visit_well(void *arg)
{
	struct maproot_visit visit;

	enter(arg, &visit);
	leave(&visit);
	return NULL;
}

START_TEST(a_failed_restore_spoils_the_thread_and_no_other)
{
	pid_t pids[2] = { place_make(PLACE_BIT(UTS), 0), place_make(PLACE_BIT(NET) | PLACE_BIT(IPC), 0) };
	struct maproot_join *outer = joins_open(NULL, joins_pid(pids[0]));
	struct maproot_join *inner = joins_open(NULL, joins_pid(pids[1]));
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_visit visits[2];
	size_t before = place_descriptors();
	ino_t ipc = place_of(0, MAPROOT_NAMESPACE_IPC);
	pthread_t other;

	enter(outer, &visits[0]);
	enter(inner, &visits[1]);
	place_deny_setns(MAPROOT_NAMESPACE_NET, EPERM);
	ck_assert_int_eq(maproot_leave(&visits[1], &err), -EPERM);
	unit_check_error(
		&err, EPERM, MAPROOT_STEP_RESTORE,
		"cannot go back to its net namespace: this thread is of no use any more: Operation not permitted");
	/* What could be restored is. */
	ck_assert_uint_eq(place_of(0, MAPROOT_NAMESPACE_IPC), ipc);
	check_inside(pids[1], PLACE_BIT(NET));
	check_lost(outer, &visits[0]);
	ck_assert_uint_eq(place_descriptors(), before);
	ck_assert_int_eq(pthread_create(&other, NULL, visit_well, outer), 0);
	ck_assert_int_eq(pthread_join(other, NULL), 0);
	maproot_join_close(outer);
	maproot_join_close(inner);
	unit_end(pids[0]);
	unit_end(pids[1]);
}
END_TEST

/* What fails half-way is gone back from; where that fails too, the error is about that. */
START_TEST(a_failed_way_back_spoils_it_too)
{
	pid_t pid = place_make(PLACE_BIT(IPC) | PLACE_BIT(NET) | PLACE_BIT(UTS), 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_visit visit = { .types = 77 };
	size_t before;
	int last = -1;

	/* No room is left below what the join has open: the way back is above. */
	while (last < maproot_join_fd(join, MAPROOT_NAMESPACE_IPC) ||
	       last < maproot_join_fd(join, MAPROOT_NAMESPACE_UTS))
		last = dup(0);
	before = place_descriptors();
	place_deny_setns(MAPROOT_NAMESPACE_UTS, ENOMEM);
	place_deny_setns_above(last, EPERM);
	ck_assert_int_eq(maproot_enter(join, &visit, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_RESTORE,
			 "cannot go back to its ipc namespace (this process is already in: ipc net): "
			 "this thread is of no use any more: Operation not permitted");
	ck_assert_uint_eq(visit.types, 77);
	check_inside(pid, PLACE_BIT(IPC) | PLACE_BIT(NET));
	ck_assert_uint_eq(place_descriptors(), before);
	check_lost(join, NULL);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

static int visit_with_closed_stdio(void *arg)
{
	struct maproot_visit visit;
	int left = 0;

	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (maproot_enter(arg, &visit, NULL) != 0)
		return 7;
	for (int fd = 0; fd < 3; fd++)
		left += fcntl(fd, F_GETFD) >= 0;
	return maproot_leave(&visit, NULL) == 0 ? left : 8;
}

START_TEST(nothing_lands_on_closed_stdio)
{
	pid_t pid = place_make(PLACE_BY_THREAD, 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	int status = unit_in_child(visit_with_closed_stdio, join);

	ck_assert_msg(status == 0, "status %#x", status);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("join/visit", &tc);

	tcase_add_loop_test(tc, inside_and_back, 0, UNIT_COUNT(rows));
	tcase_add_test(tc, children_are_inside_too);
	tcase_add_test(tc, visits_end_in_the_opposite_order);
	tcase_add_test(tc, a_user_namespace_is_not_visited);
	tcase_add_loop_test(tc, where_one_is_already_needs_no_right, 0, 2);
	tcase_add_loop_test(tc, a_failure_leaves_one_where_one_was, 0, UNIT_COUNT(failures));
	tcase_add_test(tc, time_needs_one_thread);
	tcase_add_test(tc, a_failed_restore_spoils_the_thread_and_no_other);
	tcase_add_test(tc, a_failed_way_back_spoils_it_too);
	tcase_add_test(tc, nothing_lands_on_closed_stdio);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

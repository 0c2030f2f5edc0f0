/*
 * Contract of src/join/enter.c: what was opened is entered, in one call where the kernel can and one by one where it
 * can't, with the same result for root and for users, in any nesting of user namespaces; what is opened late is opened
 * inside. A failure goes back to where the process was, or names exactly what it is in.
 */
#include "joins.h"

#include <errno.h>
#include <fcntl.h>
#include <maproot/run.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* How a kernel lets it be done, or what the caller has kept open. */
enum {
	AT_ONCE,  /* setns(2) of a pidfd, and of nothing else */
	SINGLY,   /* before Linux 5.8 */
	NO_PIDFD, /* before 5.3 */
	KEPT,     /* descriptors only */
	WAYS
};

static void be_on(int way)
{
	for (unsigned int type = 0; way == AT_ONCE && type < MAPROOT_NAMESPACE_COUNT; type++)
		place_deny_setns(type, EIO);
	if (way == SINGLY)
		place_deny_setns_of_many(EINVAL);
	if (way == NO_PIDFD)
		unit_deny(SYS_pidfd_open, ENOSYS);
}

static void check_inside(pid_t pid, unsigned int types)
{
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (types & MAPROOT_NAMESPACE_BIT(type))
			ck_assert_msg(place_of(0, type) == place_of(pid, type), "not in its %s namespace",
				      maproot_namespace_name(type));
	}
}

static const struct {
	bool as_user;
	unsigned int first;
	unsigned int then;
	const char *types; /* NULL: all in which it differs */
} rows[] = {
	{ false, PLACE_BIT(NET) | PLACE_BIT(UTS), 0, NULL },
	{ false, PLACE_BY_THREAD | PLACE_BIT(PID) | PLACE_BIT(TIME), 0, NULL },
	{ false, PLACE_BIT(USER) | PLACE_BY_THREAD | PLACE_BIT(PID), 0, NULL },
	/* The net one is the host's to give, the others are the user namespace's. */
	{ false, PLACE_BIT(NET) | PLACE_BIT(TIME), PLACE_BIT(USER) | PLACE_BIT(UTS) | PLACE_BIT(MNT), NULL },
	{ false, PLACE_BIT(NET) | PLACE_BIT(MNT), PLACE_BIT(USER), "user,mnt,net" },
	/* Without the user namespace that owns them. */
	{ false, PLACE_BIT(USER) | PLACE_BY_THREAD, 0, "net,mnt" },
	{ true, PLACE_BIT(USER), 0, NULL },
	{ true, PLACE_BIT(USER) | PLACE_BY_THREAD | PLACE_BIT(PID), 0, NULL },
	{ true, PLACE_BIT(USER), PLACE_BIT(USER) | PLACE_BIT(NET) | PLACE_BIT(MNT), NULL },
	/* Owned by one that is between ours and the one to be joined. */
	{ true, PLACE_BIT(USER) | PLACE_BIT(NET) | PLACE_BIT(IPC) | PLACE_BIT(PID), PLACE_BIT(USER) | PLACE_BIT(UTS),
	  NULL },
};

struct trip {
	pid_t pid;
	int way;
	struct maproot_join join;
};

static int enter(void *arg)
{
	struct trip *trip = arg;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	size_t before = place_descriptors();

	be_on(trip->way);
	joins_check(mr_join_enter(&trip->join, trip->join.types, NULL, &err), &err);
	ck_assert_uint_eq(place_descriptors(), before);
	check_inside(trip->pid, trip->join.types);
	ck_assert_uint_eq(mr_join_pending(&trip->join), 0);
	return 0;
}

START_TEST(enters)
{
	int row = _i / WAYS;
	struct trip trip = { .way = _i % WAYS };

	if (rows[row].as_user)
		unit_become_user();
	trip.pid = place_make(rows[row].first, rows[row].then);
	if (trip.way == NO_PIDFD)
		be_on(NO_PIDFD);
	trip.join = joins_hold(NULL, support_text("%s%s%d", rows[row].types ? rows[row].types : "",
						  rows[row].types ? "=" : "", (int)trip.pid));
	ck_assert_int_eq(trip.join.process.pidfd >= 0, trip.way != NO_PIDFD);
	if (trip.way == KEPT) {
		ck_assert_int_eq(mr_join_open_held(&trip.join, NULL), 0);
		mr_process_release(&trip.join.process);
	}
	/* A single type is a single type also where the process is held. */
	if (trip.way == AT_ONCE && (trip.join.types & (trip.join.types - 1)) == 0)
		trip.way = KEPT;
	ck_assert_int_eq(unit_in_child(enter, &trip), 0);
	mr_join_done(&trip.join);
	unit_end(trip.pid);
}
END_TEST

/* Things of several places, each where it belongs. */
static int enter_mixed(void *arg)
{
	const pid_t *pids = arg;
	struct maproot_join join = joins_hold(NULL, joins_typed("net", pids[0]),
					      support_text("/proc/%d/ns/ipc", (int)pids[0]), joins_pid(pids[1]));
	ino_t net = place_of(pids[0], MAPROOT_NAMESPACE_NET);
	ino_t ipc = place_of(pids[0], MAPROOT_NAMESPACE_IPC);
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_uint_eq(join.types,
			  PLACE_BIT(NET) | PLACE_BIT(IPC) | PLACE_BIT(USER) | PLACE_BIT(UTS) | PLACE_BIT(MNT));
	joins_check(mr_join_enter(&join, join.types, NULL, &err), &err);
	/* From inside nobody outside is to be looked at. */
	ck_assert_uint_eq(place_of(0, MAPROOT_NAMESPACE_NET), net);
	ck_assert_uint_eq(place_of(0, MAPROOT_NAMESPACE_IPC), ipc);
	check_inside(pids[1], PLACE_BIT(USER) | PLACE_BIT(UTS) | PLACE_BIT(MNT));
	return 0;
}

START_TEST(enters_what_is_of_several)
{
	pid_t pids[] = { place_make(PLACE_BIT(NET) | PLACE_BIT(IPC), 0),
			 place_make(PLACE_BIT(USER) | PLACE_BIT(UTS) | PLACE_BIT(MNT), 0) };

	ck_assert_int_eq(unit_in_child(enter_mixed, pids), 0);
	unit_end(pids[0]);
	unit_end(pids[1]);
}
END_TEST

/* In their order: net, user, uts, mnt. */
static const struct {
	enum maproot_namespace fails;
	int number;
	bool way_back;
	unsigned int stays;
	enum maproot_step step;
	const char *text; /* "%d" the process */
} failures[] = {
	{ MAPROOT_NAMESPACE_NET, ENOMEM, true, 0, MAPROOT_STEP_JOIN,
	  "cannot join net namespace of process %d: Cannot allocate memory" },
	{ MAPROOT_NAMESPACE_USER, ENOMEM, true, 0, MAPROOT_STEP_JOIN,
	  "cannot join user namespace of process %d: Cannot allocate memory" },
	{ MAPROOT_NAMESPACE_USER, EPERM, true, 0, MAPROOT_STEP_JOIN,
	  "cannot join user namespace of process %d: Operation not permitted" },
	{ MAPROOT_NAMESPACE_UTS, ENOMEM, true, PLACE_BIT(NET) | PLACE_BIT(USER), MAPROOT_STEP_JOIN,
	  "cannot join uts namespace of process %d (this process is already in: net user): Cannot allocate memory" },
	{ MAPROOT_NAMESPACE_UTS, EPERM, true, PLACE_BIT(NET) | PLACE_BIT(USER), MAPROOT_STEP_JOIN,
	  "cannot join uts namespace of process %d (this process is already in: net user): Operation not permitted" },
	{ MAPROOT_NAMESPACE_MNT, EINVAL, true, PLACE_BIT(NET) | PLACE_BIT(USER) | PLACE_BIT(UTS), MAPROOT_STEP_JOIN,
	  "cannot join mnt namespace of process %d (this process is already in: net user uts): Invalid argument" },
	/* Who ends on a failure is nowhere. */
	{ MAPROOT_NAMESPACE_UTS, ENOMEM, false, PLACE_BIT(NET) | PLACE_BIT(USER), MAPROOT_STEP_JOIN,
	  "cannot join uts namespace of process %d: Cannot allocate memory" },
	{ MAPROOT_NAMESPACE_MNT, EPERM, false, PLACE_BIT(NET) | PLACE_BIT(USER) | PLACE_BIT(UTS), MAPROOT_STEP_JOIN,
	  "cannot join mnt namespace of process %d: Operation not permitted" },
};

static const char *with_number(const char *text, pid_t pid)
{
	const char *at = strstr(text, "%d");

	return at ? support_text("%.*s%d%s", (int)(at - text), text, (int)pid, at + 2) : text;
}

struct failing {
	struct maproot_join join;
	pid_t pid;
	int row;
};

static int fail_in_between(void *arg)
{
	const struct failing *failing = arg;
	int row = failing->row;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct place_whereabouts here;
	struct maproot_visit home;
	size_t before = place_descriptors();

	place_remember(&here);
	joins_check(mr_home_open(failing->join.types, &home, &err), &err);
	place_deny_setns_of_many(EINVAL);
	place_deny_setns(failures[row].fails, failures[row].number);
	ck_assert_int_eq(
		mr_join_enter(&failing->join, failing->join.types, failures[row].way_back ? &home : NULL, &err),
		-failures[row].number);
	unit_check_error(&err, failures[row].number, failures[row].step, with_number(failures[row].text, failing->pid));
	if (failures[row].stays == 0)
		place_check_unmoved(&here);
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		bool inside = failures[row].stays & MAPROOT_NAMESPACE_BIT(type);

		ck_assert_msg(place_of(0, type) == (inside ? place_of(failing->pid, type) : here.namespaces[type]),
			      "in another %s namespace", maproot_namespace_name(type));
	}
	mr_home_close(&home);
	ck_assert_uint_eq(place_descriptors(), before);
	return 0;
}

START_TEST(a_failure_goes_back_or_says_where_it_is)
{
	struct failing failing = { .row = _i / 2 };

	failing.pid = place_make(PLACE_BIT(NET), PLACE_BIT(USER) | PLACE_BIT(UTS) | PLACE_BIT(MNT));
	failing.join = joins_hold(NULL, joins_pid(failing.pid));
	if (_i % 2) {
		ck_assert_int_eq(mr_join_open_held(&failing.join, NULL), 0);
		mr_process_release(&failing.join.process);
	}
	ck_assert_int_eq(unit_in_child(fail_in_between, &failing), 0);
	mr_join_done(&failing.join);
	unit_end(failing.pid);
}
END_TEST

/* No filter, but rights that go with the user namespace, as it was ordered. */
static int lose_rights(void *arg)
{
	const struct failing *failing = arg;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_visit home;

	joins_check(mr_home_open(failing->join.types, &home, &err), &err);
	ck_assert_int_eq(mr_join_enter(&failing->join, failing->join.types, &home, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_JOIN,
			 support_text("cannot join net namespace of process %d (this process is already in: user uts): "
				      "Operation not permitted",
				      (int)failing->pid));
	check_inside(failing->pid, PLACE_BIT(USER) | PLACE_BIT(UTS));
	return 0;
}

/* The same where nobody is left to be anywhere: why it failed is what counts. */
static int lose_rights_and_end(void *arg)
{
	const struct failing *failing = arg;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(mr_join_enter(&failing->join, failing->join.types, NULL, &err), -EPERM);
	unit_check_error(
		&err, EPERM, MAPROOT_STEP_JOIN_RIGHTS,
		support_text("no permission to join net namespace of process %d: CAP_SYS_ADMIN is lacking in the "
			     "user namespace that owns it, which is not below this one",
			     (int)failing->pid));
	return 0;
}

START_TEST(rights_that_are_lost_on_the_way)
{
	struct failing failing = { .pid = place_make(PLACE_BIT(NET) | PLACE_BIT(UTS), PLACE_BIT(USER)) };

	failing.join = joins_hold("!uts,!user,!net", joins_pid(failing.pid));
	if (_i == 0) {
		mr_join_done(&failing.join);
		unit_end(failing.pid);
		failing.pid = place_make(PLACE_BIT(NET), PLACE_BIT(USER) | PLACE_BIT(UTS));
		failing.join = joins_hold("!user,!uts,!net", joins_pid(failing.pid));
	}
	ck_assert_int_eq(unit_in_child(_i == 0 ? lose_rights : lose_rights_and_end, &failing), 0);
	mr_join_done(&failing.join);
	unit_end(failing.pid);
}
END_TEST

/* A process whose mount namespace has its net namespace under a path of its own, and other things beside it. */
static const char *inner(const char *name)
{
	return support_text("%s/inner/%s", support_directory(), name);
}

static int furnish(void *arg)
{
	(void)arg;
	if (mount("tmpfs", inner(""), "tmpfs", 0, NULL) < 0)
		return -1;
	(void)unit_file(inner("net"), "");
	(void)unit_file(inner("file"), "");
	return mount("/proc/self/ns/net", inner("net"), NULL, MS_BIND, NULL);
}

static const struct {
	const char *order;
	const char *late; /* below the inner directory where it is no absolute path */
	const char *types;
	int code;
	enum maproot_step step;
	const char *text; /* "%s" the path */
} lates[] = {
	{ "!mnt,net", "net", "mnt", 0, MAPROOT_STEP_NONE, NULL },
	{ "mnt,net", "net", "mnt", 0, MAPROOT_STEP_NONE, NULL },
	{ "!mnt,!uts,net", "net", "mnt,uts", 0, MAPROOT_STEP_NONE, NULL },
	/* Before it is inside there is nothing. */
	{ "net,!mnt", "net", "mnt", EINVAL, MAPROOT_STEP_NOT_NAMESPACE,
	  "'%s' is a file, not a namespace (nothing is mounted there in this mount namespace)" },
	{ "!mnt,net", "file", "mnt", EINVAL, MAPROOT_STEP_NOT_NAMESPACE,
	  "'%s' is a file, not a namespace (nothing is mounted there in this mount namespace)" },
	{ "!uts,!mnt,net", "nowhere", "mnt,uts", ENOENT, MAPROOT_STEP_OPEN_NAMESPACE,
	  "cannot open namespace '%s': No such file or directory" },
	{ "!mnt,net", "/proc/self/ns/uts", "mnt", EINVAL, MAPROOT_STEP_WRONG_TYPE, "'%s' is a uts namespace, not net" },
	/* Where one is already. */
	{ "!mnt,net", "/proc/self/ns/net", "mnt", 0, MAPROOT_STEP_NONE, NULL },
};

struct late {
	int row;
	pid_t pid;
};

static int enter_late(void *arg)
{
	const struct late *late = arg;
	int row = late->row;
	const char *path = lates[row].late[0] == '/' ? lates[row].late : inner(lates[row].late);
	struct maproot_join join =
		joins_hold(lates[row].order, joins_typed(lates[row].types, late->pid), support_text("net=%s", path));
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct place_whereabouts here;
	struct maproot_visit home;
	size_t before = place_descriptors();
	int code;

	ck_assert_int_eq(chdir("/usr"), 0);
	place_remember(&here);
	joins_check(mr_home_open(join.types, &home, &err), &err);
	code = mr_join_enter(&join, join.types, &home, &err);
	mr_home_close(&home);
	ck_assert_int_eq(code, -lates[row].code);
	if (code < 0) {
		const char *at = strstr(lates[row].text, "%s");

		unit_check_error(&err, lates[row].code, lates[row].step,
				 support_text("%.*s%s%s", (int)(at - lates[row].text), lates[row].text, path, at + 2));
		place_check_unmoved(&here);
	} else {
		check_inside(late->pid, join.types & ~PLACE_BIT(NET));
		check_inside(lates[row].late[0] == '/' ? 0 : late->pid, PLACE_BIT(NET));
	}
	ck_assert_uint_eq(place_descriptors(), before);
	return 0;
}

START_TEST(what_is_late_is_opened_inside)
{
	struct late late = { .row = _i };

	(void)mkdir(inner(""), 0755);
	late.pid = place_make_settled(PLACE_BIT(NET) | PLACE_BIT(MNT) | PLACE_BIT(UTS), 0, furnish, NULL);
	/* Outside there is a file. */
	unit_private_mounts();
	ck_assert_int_eq(mount("tmpfs", inner(""), "tmpfs", 0, NULL), 0);
	(void)unit_file(inner("net"), "");
	ck_assert_int_eq(unit_in_child(enter_late, &late), 0);
	unit_end(late.pid);
}
END_TEST

static int enter_late_and_fail(void *arg)
{
	const struct late *late = arg;
	struct maproot_join join =
		joins_hold("!user,net", joins_typed("user", late->pid),
			   late->row == 0 ? "net=/nowhere" : support_text("net=/proc/%d/ns/net", getppid()));
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_visit home;

	joins_check(mr_home_open(join.types, &home, &err), &err);
	if (late->row == 0) {
		ck_assert_int_eq(mr_join_enter(&join, join.types, &home, &err), -ENOENT);
		unit_check_error(&err, ENOENT, MAPROOT_STEP_JOIN,
				 "cannot join net namespace of '/nowhere' (this process is already in: user): "
				 "No such file or directory");
		return 0;
	}
	/* Once inside, nobody outside is to be looked at. */
	ck_assert_int_eq(mr_join_enter(&join, join.types, &home, &err), -EACCES);
	unit_check_error(
		&err, EACCES, MAPROOT_STEP_JOIN,
		support_text("cannot join net namespace of '/proc/%d/ns/net' (this process is already in: user): "
			     "Permission denied",
			     getppid()));
	return 0;
}

START_TEST(what_is_late_fails_inside)
{
	struct late late = { .row = _i };

	unit_become_user();
	late.pid = place_make(PLACE_BIT(USER), 0);
	ck_assert_int_eq(unit_in_child(enter_late_and_fail, &late), 0);
	unit_end(late.pid);
}
END_TEST

static int enter_late_where_one_is(void *arg)
{
	struct maproot_join join = joins_hold("user,net", "net=/proc/self/ns/net", "user=/proc/self/ns/user");
	struct maproot_error err = MAPROOT_ERROR_INIT;

	(void)arg;
	ck_assert_uint_eq(join.late, PLACE_BIT(NET) | PLACE_BIT(USER));
	joins_check(mr_join_enter(&join, join.types, NULL, &err), &err);
	return 0;
}

/* Without a right, and where the kernel allows it to nobody. */
START_TEST(what_is_late_may_be_ones_own)
{
	if (_i == 1)
		unit_become_user();
	ck_assert_int_eq(unit_in_child(enter_late_where_one_is, NULL), 0);
}
END_TEST

/* Of what was opened late it is still said why. */
static int enter_late_without_rights(void *arg)
{
	struct maproot_join join = joins_hold("uts,net", joins_typed("net,uts", *(pid_t *)arg));
	struct maproot_error err = MAPROOT_ERROR_INIT;
	size_t before = place_descriptors();

	unit_deny(SYS_setns, EPERM);
	ck_assert_int_eq(mr_join_enter(&join, join.types, NULL, &err), -EPERM);
	unit_check_error(
		&err, EPERM, MAPROOT_STEP_JOIN_RIGHTS,
		support_text("no permission to join uts namespace of process %d: CAP_SYS_ADMIN is lacking in our own "
			     "user namespace (join the user namespace that owns it as well)",
			     (int)*(pid_t *)arg));
	ck_assert_uint_eq(place_descriptors(), before);
	return 0;
}

START_TEST(what_is_late_needs_the_rights_too)
{
	pid_t pid;

	unit_become_user();
	pid = place_make(PLACE_BIT(USER) | PLACE_BIT(NET) | PLACE_BIT(UTS), 0);
	ck_assert_int_eq(unit_in_child(enter_late_without_rights, &pid), 0);
	unit_end(pid);
}
END_TEST

/* It ended, or ended and was not waited for, between being held and being entered. */
START_TEST(a_process_that_ended)
{
	pid_t pid = place_make(PLACE_BIT(NET) | PLACE_BIT(UTS), 0);
	struct maproot_join join = joins_hold(NULL, _i < 2 ? joins_pid(pid) : joins_typed("net", pid));
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct place_whereabouts here;
	siginfo_t info;

	place_remember(&here);
	if (_i % 2)
		ck_assert(kill(pid, SIGKILL) == 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	else
		unit_end(pid);
	ck_assert_int_eq(mr_join_enter(&join, join.types, NULL, &err), -ESRCH);
	unit_check_error(&err, ESRCH, MAPROOT_STEP_NO_PROCESS, support_text("there is no process %d", (int)pid));
	place_check_unmoved(&here);
	mr_join_done(&join);
	if (_i % 2)
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

static void *idle(void *arg)
{
	for (;;)
		(void)pause();
	return arg;
}

START_TEST(a_process_with_threads_stays_where_it_is)
{
	pid_t pid = place_make(PLACE_BIT(USER) | PLACE_BIT(NET), 0);
	struct maproot_join join = joins_hold(NULL, joins_pid(pid));
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct place_whereabouts here;
	struct maproot_visit home;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, idle, NULL), 0);
	place_remember(&here);
	ck_assert_int_eq(mr_home_open(join.types, &home, NULL), 0);
	ck_assert_int_eq(mr_join_enter(&join, join.types, &home, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_JOIN,
			 support_text("cannot join user namespace of process %d: Invalid argument", (int)pid));
	place_check_unmoved(&here);
	mr_home_close(&home);
	mr_join_done(&join);
	unit_end(pid);
}
END_TEST

/* As deep as the kernel lets it. */
static int go_deep(void *arg)
{
	int *depth = arg;

	for (*depth = 1; unshare(CLONE_NEWUSER) == 0; ++*depth) {
		static const char *const files[] = { "setgroups", "uid_map", "gid_map" };

		/* Who has an id that is not mapped makes no more of them. */
		for (size_t at = 0; at < UNIT_COUNT(files); at++) {
			const char *value = at == 0 ? "deny" : "0 0 1";
			int fd = open(support_text("/proc/self/%s", files[at]), O_WRONLY | O_CLOEXEC);

			if (write(fd, value, strlen(value)) != (ssize_t)strlen(value) || close(fd) < 0)
				return -1;
		}
	}
	return errno == ENOSPC ? unshare(CLONE_NEWNET) : -1;
}

/* One more is refused, by name. */
static int go_deeper(void *arg, const struct maproot_join *caller)
{
	const struct maproot_request request = { .namespaces = PLACE_BIT(USER) };
	char *const argv[] = { (char *)"true", NULL };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_child child;

	(void)arg;
	(void)caller;
	if (maproot_spawn(&request, argv, NULL, &child, &err) == 0)
		return -1;
	return err.step == MAPROOT_STEP_CREATE ? err.code : -2;
}

START_TEST(from_the_top_to_the_bottom)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct trip trip;
	struct maproot_join *join;
	int *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int result;

	ck_assert(shared != MAP_FAILED);
	if (_i == 1)
		unit_become_user();
	trip.pid = place_make_settled(PLACE_BIT(USER), 0, go_deep, shared);
	ck_assert_int_ge(*shared, 32);
	for (trip.way = 0; trip.way < WAYS; trip.way++) {
		trip.join = joins_hold(NULL, joins_pid(trip.pid));
		if (trip.way == KEPT)
			ck_assert_int_eq(mr_join_open_held(&trip.join, NULL), 0);
		if (trip.way == KEPT)
			mr_process_release(&trip.join.process);
		ck_assert_uint_eq(trip.join.types, PLACE_BIT(USER) | PLACE_BIT(NET));
		ck_assert_int_eq(unit_in_child(enter, &trip), 0);
		mr_join_done(&trip.join);
	}
	join = joins_open(NULL, joins_pid(trip.pid));
	joins_check(maproot_run_in(join, go_deeper, NULL, &result, &err), &err);
	ck_assert_int_eq(result, ENOSPC);
	maproot_join_close(join);
	unit_end(trip.pid);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("join/enter", &tc);

	tcase_add_loop_test(tc, enters, 0, WAYS * UNIT_COUNT(rows));
	tcase_add_test(tc, enters_what_is_of_several);
	tcase_add_loop_test(tc, a_failure_goes_back_or_says_where_it_is, 0, 2 * UNIT_COUNT(failures));
	tcase_add_loop_test(tc, rights_that_are_lost_on_the_way, 0, 2);
	tcase_add_loop_test(tc, what_is_late_is_opened_inside, 0, UNIT_COUNT(lates));
	tcase_add_loop_test(tc, what_is_late_fails_inside, 0, 2);
	tcase_add_loop_test(tc, what_is_late_may_be_ones_own, 0, 2);
	tcase_add_test(tc, what_is_late_needs_the_rights_too);
	tcase_add_loop_test(tc, a_process_that_ended, 0, 4);
	tcase_add_test(tc, a_process_with_threads_stays_where_it_is);
	tcase_add_loop_test(tc, from_the_top_to_the_bottom, 0, 2);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

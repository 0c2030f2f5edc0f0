/*
 * Contract of <maproot/pin.h> about failures: whichever system call fails, a pin that could not be made leaves neither
 * file nor mount nor descriptor, one that could not be removed is as it was and can be removed again, and the error
 * says at which step; a process killed at any call, or the child that it has, leaves only what the next one can work
 * with.
 */
#include "pins.h"
#include "watched.h"

#include <signal.h>
#include <sys/wait.h>

static const struct {
	enum maproot_namespace type;
	const char *where;
	const char *path;
} rows[] = {
	{ MAPROOT_NAMESPACE_NET, "a", "/run/netns/a" },
	{ MAPROOT_NAMESPACE_MNT, "a", "/run/maproot/mnt/a" },
	{ MAPROOT_NAMESPACE_UTS, "a", "/run/maproot/uts/a" },
	{ MAPROOT_NAMESPACE_USER, "/run/own/a", "/run/own/a" },
	{ MAPROOT_NAMESPACE_TIME, "/run/own/a", "/run/own/a" },
};

enum { ROWS = UNIT_COUNT(rows) };

/* What the watched process tells of its pin. */
enum {
	ROW,
	INODE,
	ORPHANED, /* not of its own: its child is to be killed, who opens descriptors for it */
};

static int make(struct watched *watched)
{
	size_t row = watched->seen[ROW];
	int code = maproot_pin_new(rows[row].type, rows[row].where, (struct maproot_pin **)&watched->object,
				   &watched->err);

	watched->done = true;
	watched->seen[INODE] = code == 0 ? inode_of_fd(maproot_pin_fd(watched->object)) : 0;
	return code;
}

static void prepare_pin(struct watched *watched)
{
	if (make(watched) < 0)
		_exit(99);
	watched->done = false;
}

static int close_it(struct watched *watched)
{
	return maproot_pin_close((struct maproot_pin **)&watched->object, &watched->err);
}

static int unpin_it(struct watched *watched)
{
	size_t row = watched->seen[ROW];

	return maproot_unpin(rows[row].type, rows[row].where, &watched->err);
}

static int unpin_or_not(struct watched *watched)
{
	return watched->code == 0 ? 0 : unpin_it(watched);
}

static const char *path_of(const struct watched *watched)
{
	return rows[watched->seen[ROW]].path;
}

static void check_said(const struct watched *watched)
{
	char text[512];

	ck_assert_int_eq(watched->err.code, -watched->code);
	ck_assert_int_ne(watched->err.step, MAPROOT_STEP_NONE);
	ck_assert_uint_gt(maproot_error_format(&watched->err, text, sizeof(text)), 10);
}

/* Between: it is there, whole, or not at all. */
static void look_after_making(struct watched *watched)
{
	if (watched->code == 0) {
		ck_assert_uint_eq(inode_of(path_of(watched)), watched->seen[INODE]);
		return;
	}
	check_said(watched);
	check_gone(path_of(watched));
	ck_assert_uint_eq(mounts_with(" - nsfs "), 0);
	if (!watched->seen[ORPHANED])
		ck_assert_uint_eq(watched->descriptors_more, 0);
}

static void look_after_removing(struct watched *watched)
{
	if (watched->code == 0) {
		ck_assert_msg(!exists(path_of(watched)), "not all is gone, after call %d", watched->call);
		check_gone(path_of(watched));
		return;
	}
	check_said(watched);
	ck_assert_msg(inode_of(path_of(watched)) == watched->seen[INODE], "not as it was: %s",
		      maproot_step_name(watched->err.step));
	ck_assert_uint_eq(mounts_with(" - nsfs "), 1);
	ck_assert_uint_eq(watched->descriptors_more, 0);
}

static const struct {
	int (*act)(struct watched *watched);
	void (*prepare)(struct watched *watched);
	int (*again)(struct watched *watched);
	void (*look)(struct watched *watched);
} acts[] = {
	{ make, NULL, close_it, look_after_making },
	{ close_it, prepare_pin, close_it, look_after_removing },
	{ unpin_it, prepare_pin, unpin_or_not, look_after_removing },
};

enum { ACTS = UNIT_COUNT(acts) };

/* Each run has a /run that was never used. */
static void renew_run(void)
{
	ck_assert_int_eq(umount2("/run", MNT_DETACH), 0);
	mount_run();
	ck_assert_int_eq(mkdir("/run/own", 0755), 0);
}

static struct watched *begin_watched(int row, int act)
{
	struct watched *watched;

	begin(AS_ROOT);
	watched = watched_new();
	watched->act = acts[act].act;
	watched->prepare = acts[act].prepare;
	watched->again = acts[act].again;
	watched->look = acts[act].look;
	watched->seen[ROW] = (uint64_t)row;
	return watched;
}

static const int errnos[] = { EPERM, EINTR, EINVAL, ENOMEM };

enum { ERRNOS = UNIT_COUNT(errnos) };

START_TEST(a_call_that_fails)
{
	int row = _i % ROWS;
	int act = _i / ROWS % ACTS;
	int number = errnos[_i / ROWS / ACTS];
	struct watched *watched;
	unsigned int reported = 0;
	unsigned int call = 0;

	if (_i / ROWS / ACTS >= support_size(1, ERRNOS, ERRNOS))
		return;
	watched = begin_watched(row, act);
	while (watched_run(watched, ++call, WATCHED_FAIL, number)) {
		reported += watched->code < 0;
		ck_assert_msg(watched->second == 0, "call %u: then %d", call, watched->second);
		check_gone(rows[row].path);
		ck_assert_uint_eq(mounts_with(" - nsfs "), 0);
		renew_run();
	}
	ck_assert_int_eq(watched->code, 0);
	/* None that the test has missed: opening, mounting and the like can't all be of no account. */
	ck_assert_uint_gt(call, 10);
	if (number == EPERM)
		ck_assert_uint_gt(reported, act == 0 ? 8 : 3);
	watched_done(watched);
}
END_TEST

/* What is left by one that died: the next makes a pin there, or finds a whole one and can remove that. */
static void work_on(int row)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin *pin = NULL;
	int code = maproot_pin_new(rows[row].type, rows[row].where, &pin, &err);

	if (code == -EEXIST) {
		ck_assert_int_eq(maproot_pin_open(rows[row].type, rows[row].where, &pin, NULL), 0);
		close_pin(&pin);
		ck_assert_int_eq(maproot_unpin(rows[row].type, rows[row].where, NULL), 0);
		pin = make_pin(rows[row].type, rows[row].where);
	} else {
		ck_assert_msg(code == 0, "%d, step %s", code, maproot_step_name(err.step));
	}
	check_pinned(pin, rows[row].path);
	close_pin(&pin);
}

/* Likewise who only wants it gone. */
static void tidy(int row)
{
	int code = maproot_unpin(rows[row].type, rows[row].where, NULL);

	ck_assert_msg(code == 0 || code == -ENOENT, "%d", code);
}

static void (*const next[])(int row) = { work_on, tidy };

static const enum watched_action victims[] = { WATCHED_KILL_FIRST, WATCHED_KILL_CALLER };

enum { NEXT = UNIT_COUNT(next),
       VICTIMS = UNIT_COUNT(victims) };

START_TEST(a_death)
{
	int row = _i % ROWS;
	int act = _i / ROWS % ACTS;
	enum watched_action victim = victims[_i / ROWS / ACTS % VICTIMS];
	struct watched *watched = begin_watched(row, act);
	unsigned int call = 0;

	watched->seen[ORPHANED] = victim == WATCHED_KILL_CALLER;
	while (watched_run(watched, ++call, victim, 0)) {
		next[_i / ROWS / ACTS / VICTIMS](row);
		check_gone(rows[row].path);
		ck_assert_uint_eq(mounts_with(" - nsfs "), 0);
		renew_run();
	}
	ck_assert_uint_gt(call, 10);
	watched_done(watched);
}
END_TEST

/* A file that another mount namespace's end has bared, on a disk say, is taken as well; one of other make is not. */
static int leave_bare(void *arg)
{
	struct maproot_pin *pin = NULL;

	(void)arg;
	return unshare(CLONE_NEWNS) == 0 && maproot_pin_new(MAPROOT_NAMESPACE_UTS, "/run/own/a", &pin, NULL) == 0 ? 0 :
														    1;
}

static void spoil_nothing(void)
{
}

static void spoil_mode(void)
{
	ck_assert_int_eq(chmod("/run/own/a", 0600), 0);
}

static void spoil_size(void)
{
	ck_assert_int_eq(truncate("/run/own/a", 1), 0);
}

static const struct {
	void (*spoil)(void);
	int code;
	int unpin;
} bared[] = {
	{ spoil_nothing, 0, 0 },
	{ spoil_mode, EEXIST, EINVAL },
	{ spoil_size, EEXIST, EINVAL },
};

START_TEST(a_file_left_behind)
{
	struct maproot_pin *pin = NULL;

	begin(_i % PLACES);
	ck_assert_int_eq(unit_in_child(leave_bare, NULL), 0);
	ck_assert(exists("/run/own/a"));
	ck_assert_uint_eq(mounts_with("/run/own/a"), 0);
	bared[_i / PLACES].spoil();
	ck_assert_int_eq(maproot_pin_new(MAPROOT_NAMESPACE_UTS, "/run/own/a", &pin, NULL),
			 -bared[_i / PLACES].code);
	if (pin) {
		check_pinned(pin, "/run/own/a");
		close_pin(&pin);
		check_gone("/run/own/a");
		ck_assert_int_eq(unit_in_child(leave_bare, NULL), 0);
	}
	ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_UTS, "/run/own/a", NULL), -bared[_i / PLACES].unpin);
	ck_assert_int_eq(exists("/run/own/a"), bared[_i / PLACES].unpin != 0);
}
END_TEST

/* Whoever made it may be about to go on. */
START_TEST(a_file_that_somebody_else_left)
{
	struct maproot_pin *pin = NULL;

	begin(AS_ROOT);
	ck_assert_int_eq(unit_in_child(leave_bare, NULL), 0);
	ck_assert_int_eq(chown("/run/own/a", support_user()->uid, 0), 0);
	ck_assert_int_eq(maproot_pin_new(MAPROOT_NAMESPACE_UTS, "/run/own/a", &pin, NULL), -EEXIST);
	ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_UTS, "/run/own/a", NULL), -EINVAL);
	ck_assert(exists("/run/own/a"));
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("join/pin_faults", &tc);

	tcase_add_loop_test(tc, a_call_that_fails, 0, ROWS * ACTS * ERRNOS);
	tcase_add_loop_test(tc, a_death, 0, ROWS * ACTS * VICTIMS * NEXT);
	tcase_add_loop_test(tc, a_file_left_behind, 0, UNIT_COUNT(bared) * PLACES);
	if (geteuid() == 0)
		tcase_add_test(tc, a_file_that_somebody_else_left);
	return suite;
}

int main(void)
{
	if (!watched_can())
		support_skip("this kernel hands no system calls to others (SECCOMP_RET_USER_NOTIF)");
	return unit_main(build);
}

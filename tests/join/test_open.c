/*
 * Contract of src/join/open.c: references are opened once and judged on what was opened; whatever is wrong with one is
 * found before anything has changed, said exactly, and leaves nothing open. What is said of single types comes before
 * what is said of all. Whoever swaps paths, or gets the number of a process that was held, makes an error of it and
 * nothing else.
 */
#include "joins.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2
#endif

/* What the rows' references may name: "%P" and "%Q", two processes, and things of the first. */
static struct {
	pid_t p; /* net, uts, ipc, and in a user namespace that owns none of them */
	pid_t q; /* net, uts */
	pid_t dead;
	pid_t zombie;
	pid_t thread;
	unsigned long long start;
	int net;    /* an open namespace of P */
	int pidfd;  /* P, held */
	int gone;   /* a pidfd of the dead */
	int device; /* not a namespace */
} stage;

static void *idle(void *arg)
{
	atomic_store((_Atomic pid_t *)arg, (pid_t)syscall(SYS_gettid));
	for (;;)
		(void)pause();
	return NULL;
}

static void set_stage(void)
{
	static _Atomic pid_t tid;
	pthread_t thread;

	stage.p = place_make(PLACE_BIT(NET) | PLACE_BIT(UTS) | PLACE_BIT(IPC), PLACE_BIT(USER));
	stage.q = place_make(PLACE_BIT(NET) | PLACE_BIT(UTS), 0);
	stage.dead = place_make(0, 0);
	stage.zombie = place_zombie();
	stage.start = place_start_time(stage.p);
	stage.net = open(support_text("/proc/%d/ns/net", (int)stage.p), O_RDONLY | O_CLOEXEC);
	stage.pidfd = mr_pidfd_open(stage.p);
	stage.gone = mr_pidfd_open(stage.dead);
	stage.device = open("/dev/null", O_RDONLY | O_CLOEXEC);
	unit_end(stage.dead);
	ck_assert_int_eq(pthread_create(&thread, NULL, idle, &tid), 0);
	while ((stage.thread = atomic_load(&tid)) == 0)
		support_sleep_us(1000);
}

static void clear_stage(void)
{
	int status;

	unit_end(stage.p);
	unit_end(stage.q);
	ck_assert_int_eq(waitpid(stage.zombie, &status, 0), stage.zombie);
}

static const char *word(char letter)
{
	switch (letter) {
	case 'P':
		return joins_pid(stage.p);
	case 'Q':
		return joins_pid(stage.q);
	case 'D':
		return joins_pid(stage.dead);
	case 'Z':
		return joins_pid(stage.zombie);
	case 'T':
		return joins_pid(stage.thread);
	case 'S':
		return support_text("%llu", stage.start);
	case 'O':
		return support_text("%llu", stage.start + 1);
	case 'N':
		return support_text("fd:%d", stage.net);
	case 'I':
		return support_text("fd:%d", stage.pidfd);
	case 'G':
		return support_text("fd:%d", stage.gone);
	case 'X':
		return support_text("fd:%d", stage.device);
	default:
		support_die("%%%c names nothing", letter);
	}
}

static const char *fill(const char *text)
{
	for (const char *at; text && (at = strchr(text, '%'));)
		text = support_text("%.*s%s%s", (int)(at - text), text, word(at[1]), at + 2);
	return text;
}

static size_t fill_all(const char *const *texts, const char **references)
{
	size_t count = 0;

	for (; count < 3 && texts[count]; count++)
		references[count] = fill(texts[count]);
	return count;
}

#define OF_P (PLACE_BIT(NET) | PLACE_BIT(UTS) | PLACE_BIT(IPC) | PLACE_BIT(USER))

static const struct {
	const char *references[3];
	const char *order;
	unsigned int created;
	unsigned int types;
	unsigned int of_q; /* of these: from Q; the others are from P */
	unsigned int late;
	unsigned int own; /* of these: our own */
	bool held;        /* by the wrapper: P alone gives them all */
} good[] = {
	{ .references = { "%P" }, .types = OF_P, .held = true },
	{ .references = { "pid:%P" }, .types = OF_P, .held = true },
	{ .references = { "pid:%P:%S" }, .types = OF_P, .held = true },
	{ .references = { "%I" }, .types = OF_P, .held = true },
	{ .references = { "net=%P" }, .types = PLACE_BIT(NET), .held = true },
	{ .references = { "net,user=pid:%P" }, .types = PLACE_BIT(NET) | PLACE_BIT(USER), .held = true },
	{ .references = { "net=%I" }, .types = PLACE_BIT(NET), .held = true },
	{ .references = { "net=%P", "uts=%P" }, .types = PLACE_BIT(NET) | PLACE_BIT(UTS), .held = true },
	{ .references = { "net=%P", "%P" }, .types = OF_P, .held = true },
	{ .references = { "%P", "net=%P" }, .types = OF_P, .held = true },
	{ .references = { "%P", "pid:%P:%S", "%I" }, .types = OF_P, .held = true },
	/* Named, also what is our own. */
	{ .references = { "net,mnt=%P" },
	  .types = PLACE_BIT(NET) | PLACE_BIT(MNT),
	  .own = PLACE_BIT(MNT),
	  .held = true },
	{ .references = { "/proc/self/ns/uts" }, .types = PLACE_BIT(UTS), .own = PLACE_BIT(UTS) },
	/* By files. */
	{ .references = { "/proc/%P/ns/net" }, .types = PLACE_BIT(NET) },
	{ .references = { "net=/proc/%P/ns/net" }, .types = PLACE_BIT(NET) },
	{ .references = { "%N" }, .types = PLACE_BIT(NET) },
	{ .references = { "network=%N", "/proc/%P/ns/uts" }, .types = PLACE_BIT(NET) | PLACE_BIT(UTS) },
	/* Single ones first, wherever they stand. */
	{ .references = { "%P", "net=/proc/%Q/ns/net" }, .types = OF_P, .of_q = PLACE_BIT(NET) },
	{ .references = { "net=/proc/%Q/ns/net", "%P" }, .types = OF_P, .of_q = PLACE_BIT(NET) },
	{ .references = { "%P", "/proc/%Q/ns/net" }, .types = OF_P, .of_q = PLACE_BIT(NET) },
	{ .references = { "/proc/%Q/ns/net", "%P" }, .types = OF_P, .of_q = PLACE_BIT(NET) },
	{ .references = { "%P", "net,uts=%Q" }, .types = OF_P, .of_q = PLACE_BIT(NET) | PLACE_BIT(UTS) },
	{ .references = { "uts=%P", "%N", "%Q" }, .types = PLACE_BIT(NET) | PLACE_BIT(UTS) },
	{ .references = { "%Q", "%N" }, .types = PLACE_BIT(NET) | PLACE_BIT(UTS), .of_q = PLACE_BIT(UTS) },
	{ .references = { "ipc,user=%P", "%Q" }, .types = OF_P, .of_q = PLACE_BIT(NET) | PLACE_BIT(UTS) },
	/* Of what is to be new nothing is joined. */
	{ .references = { "%P" }, .created = PLACE_BIT(NET), .types = OF_P & ~PLACE_BIT(NET), .held = true },
	/* An order takes what it names, and may put off what was named. */
	{ .references = { "%P" }, .order = "!net,!mnt", .types = PLACE_BIT(NET) },
	{ .references = { "%P" }, .order = "net,mnt", .types = PLACE_BIT(NET) },
	{ .references = { "net=%P", "uts=%P" }, .order = "!uts", .types = PLACE_BIT(UTS) },
	{ .references = { "net=%P", "uts=%D" }, .order = "!net,ipc", .types = PLACE_BIT(NET) },
	{ .references = { "net=%P", "uts=/nowhere" },
	  .order = "uts,!net",
	  .types = PLACE_BIT(NET) | PLACE_BIT(UTS),
	  .late = PLACE_BIT(UTS) },
	{ .references = { "net,uts=%D" },
	  .order = "net,uts",
	  .types = PLACE_BIT(NET) | PLACE_BIT(UTS),
	  .late = PLACE_BIT(NET) | PLACE_BIT(UTS) },
	/* Nothing at all. */
	{ .references = { NULL } },
	{ .references = { "%P" }, .order = "!time" },
};

static ino_t wanted(int row, unsigned int type)
{
	if (good[row].own & MAPROOT_NAMESPACE_BIT(type))
		return place_of(0, type);
	return place_of(good[row].of_q & MAPROOT_NAMESPACE_BIT(type) ? stage.q : stage.p, type);
}

static void check_opened(int row, const struct maproot_join *join, bool held)
{
	ck_assert_uint_eq(join->types, good[row].types);
	ck_assert_uint_eq(join->late, good[row].late);
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		const struct mr_target *target = &join->target[type];

		if (!(join->types & ~join->late & MAPROOT_NAMESPACE_BIT(type))) {
			ck_assert(!(join->types & MAPROOT_NAMESPACE_BIT(type)) || target->fd == -1);
			continue;
		}
		ck_assert_uint_eq(target->id.inode, wanted(row, type));
		ck_assert((target->fd < 0) == held);
		if (held)
			continue;
		ck_assert_int_gt(target->fd, 2);
		ck_assert_int_eq(fcntl(target->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
		ck_assert(mr_nsfs_is(target->fd, target->id));
	}
	ck_assert((join->process.pidfd >= 0) == held);
	ck_assert((join->process.directory >= 0) == held);
}

START_TEST(opens)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *references[3];
	struct mr_join_wish wish = { references, 0, good[_i].order, good[_i].created, false };
	struct maproot_join join;
	size_t before;

	/* A text of the ring is gone after some others: the references are made anew for each opening. */
	set_stage();
	before = place_descriptors();
	wish.count = fill_all(good[_i].references, references);
	joins_check(mr_join_open(&wish, &join, &err), &err);
	check_opened(_i, &join, good[_i].held);
	/* What it needs is open, and no more. */
	ck_assert_uint_eq(place_descriptors() - before,
			  good[_i].held ? 2 : (size_t)__builtin_popcount(join.types & ~join.late));
	mr_join_done(&join);
	mr_join_done(&join);
	ck_assert_uint_eq(place_descriptors(), before);

	/* For those who keep it, also when the process ends. */
	wish.lasting = true;
	(void)fill_all(good[_i].references, references);
	joins_check(mr_join_open(&wish, &join, &err), &err);
	check_opened(_i, &join, false);
	mr_join_done(&join);
	ck_assert_uint_eq(place_descriptors(), before);
	clear_stage();
}
END_TEST

static const struct {
	const char *references[3];
	const char *order;
	unsigned int created;
	int code;
	enum maproot_step step;
	const char *text;
} bad[] = {
	{ { "" }, NULL, 0, EINVAL, MAPROOT_STEP_REFERENCE, "malformed reference '': nothing is named" },
	{ { "%P", "nets=%P" },
	  NULL,
	  0,
	  EINVAL,
	  MAPROOT_STEP_REFERENCE,
	  "malformed reference 'nets=%P': what stands before '=' are no namespace types" },
	{ { "%P" },
	  "net,net",
	  0,
	  EINVAL,
	  MAPROOT_STEP_REFERENCE,
	  "malformed reference 'net,net': a type is named twice in the order" },
	{ { "%P" }, "", 0, EINVAL, MAPROOT_STEP_REFERENCE, "malformed reference '': not an order of namespace types" },
	{ { "net=%P", "net=%Q" },
	  NULL,
	  0,
	  EINVAL,
	  MAPROOT_STEP_REFERENCE,
	  "malformed reference net: two references for one type" },
	{ { "uts=%P", "net,uts=%P" },
	  NULL,
	  0,
	  EINVAL,
	  MAPROOT_STEP_REFERENCE,
	  "malformed reference uts: two references for one type" },
	{ { "net=%P", "/proc/%P/ns/net" },
	  NULL,
	  0,
	  EINVAL,
	  MAPROOT_STEP_REFERENCE,
	  "malformed reference net: two references for one type" },
	{ { "%N", "/proc/%P/ns/net" },
	  NULL,
	  0,
	  EINVAL,
	  MAPROOT_STEP_REFERENCE,
	  "malformed reference net: two references for one type" },
	{ { "%P", "%Q" },
	  NULL,
	  0,
	  EINVAL,
	  MAPROOT_STEP_REFERENCE,
	  "malformed reference net: two references for one type" },
	{ { "%Q", "%P" },
	  NULL,
	  0,
	  EINVAL,
	  MAPROOT_STEP_REFERENCE,
	  "malformed reference net: two references for one type" },
	{ { "net=%P" },
	  NULL,
	  PLACE_BIT(NET),
	  EINVAL,
	  MAPROOT_STEP_REFERENCE,
	  "malformed reference net: to be joined and to be new at once" },
	{ { "%N" },
	  NULL,
	  PLACE_BIT(NET),
	  EINVAL,
	  MAPROOT_STEP_REFERENCE,
	  "malformed reference net: to be joined and to be new at once" },
	{ { "%D" }, NULL, 0, ESRCH, MAPROOT_STEP_NO_PROCESS, "there is no process %D" },
	{ { "net=pid:%D" }, NULL, 0, ESRCH, MAPROOT_STEP_NO_PROCESS, "there is no process %D" },
	{ { "%T" }, NULL, 0, ESRCH, MAPROOT_STEP_NO_PROCESS, "there is no process %T" },
	{ { "%Z" }, NULL, 0, ESRCH, MAPROOT_STEP_NO_PROCESS, "there is no process %Z any more" },
	{ { "net=%Z" }, NULL, 0, ESRCH, MAPROOT_STEP_NO_PROCESS, "there is no process %Z any more" },
	{ { "pid:%P:%O" },
	  NULL,
	  0,
	  ESRCH,
	  MAPROOT_STEP_NO_PROCESS,
	  "there is no process %P that started then: the number was given to another" },
	{ { "%G" }, NULL, 0, ESRCH, MAPROOT_STEP_NO_PROCESS, "there is no process any more that the descriptor holds" },
	{ { "/nowhere" },
	  NULL,
	  0,
	  ENOENT,
	  MAPROOT_STEP_OPEN_NAMESPACE,
	  "cannot open namespace '/nowhere': No such file or directory" },
	{ { "net=/proc/%P/ns/nets" },
	  NULL,
	  0,
	  ENOENT,
	  MAPROOT_STEP_OPEN_NAMESPACE,
	  "cannot open namespace '/proc/%P/ns/nets': No such file or directory" },
	{ { "net=%N", "fd:1000" },
	  NULL,
	  0,
	  EBADF,
	  MAPROOT_STEP_OPEN_NAMESPACE,
	  "cannot open namespace 'fd:1000': Bad file descriptor" },
	{ { "/proc/self/status" },
	  NULL,
	  0,
	  EINVAL,
	  MAPROOT_STEP_NOT_NAMESPACE,
	  "'/proc/self/status' is a file, not a namespace" },
	{ { "net=/dev/null" },
	  NULL,
	  0,
	  EINVAL,
	  MAPROOT_STEP_NOT_NAMESPACE,
	  "'/dev/null' is a device, not a namespace" },
	{ { "user=/proc" }, NULL, 0, EINVAL, MAPROOT_STEP_NOT_NAMESPACE, "'/proc' is a directory, not a namespace" },
	{ { "%P", "%X" }, NULL, 0, EINVAL, MAPROOT_STEP_NOT_NAMESPACE, "'%X' is a device, not a namespace" },
	{ { "net=/proc/%P/ns/uts" },
	  NULL,
	  0,
	  EINVAL,
	  MAPROOT_STEP_WRONG_TYPE,
	  "'/proc/%P/ns/uts' is a uts namespace, not net" },
	{ { "user=%N" }, NULL, 0, EINVAL, MAPROOT_STEP_WRONG_TYPE, "'%N' is a net namespace, not user" },
	{ { "ipc,uts=/proc/%P/ns/uts" },
	  NULL,
	  0,
	  EINVAL,
	  MAPROOT_STEP_WRONG_TYPE,
	  "'/proc/%P/ns/uts' is a uts namespace, not ipc uts" },
	{ { "name:nobody-has-this" }, NULL, 0, ENOENT, MAPROOT_STEP_NAME, NULL },
	{ { "name:" }, NULL, 0, EINVAL, MAPROOT_STEP_NAME, NULL },
};

START_TEST(refuses_and_leaves_nothing)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *references[3];
	struct mr_join_wish wish = { references, 0, bad[_i].order, bad[_i].created, false };
	struct maproot_join join = { .types = 77 };
	size_t before;

	set_stage();
	before = place_descriptors();
	for (int lasting = 0; lasting < 2; lasting++) {
		wish.count = fill_all(bad[_i].references, references);
		wish.lasting = lasting;
		err.code = 0;
		ck_assert_int_eq(mr_join_open(&wish, &join, &err), -bad[_i].code);
		unit_check_error(&err, bad[_i].code, bad[_i].step, fill(bad[_i].text));
		ck_assert_int_eq(mr_join_open(&wish, &join, NULL), -bad[_i].code);
		ck_assert_uint_eq(join.types, 77);
		ck_assert_uint_eq(place_descriptors(), before);
	}
	clear_stage();
}
END_TEST

static const char *const of_init[] = { "1", "net=1", "user=pid:1" };

START_TEST(who_may_not_look_is_told_why)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_join *join;
	size_t before;

	unit_become_user();
	before = place_descriptors();
	ck_assert_int_eq(maproot_join_open(&of_init[_i], 1, NULL, &join, &err), -EACCES);
	unit_check_error(
		&err, EACCES, MAPROOT_STEP_JOIN_RIGHTS,
		"no permission to join the namespaces of process 1: CAP_SYS_PTRACE is lacking in its user namespace");
	ck_assert_uint_eq(place_descriptors(), before);
}
END_TEST

/* The part of a zombie that is still there can be had. */
START_TEST(what_a_zombie_has_left)
{
	pid_t pid = place_zombie();
	struct maproot_join *join = joins_open(NULL, joins_typed("user", pid));
	int status;

	ck_assert_uint_eq(maproot_join_types(join), PLACE_BIT(USER));
	maproot_join_close(join);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}
END_TEST

static const char *const by_process[] = { "", "net=", "net,ipc,uts,user=pid:" };

/* Before Linux 5.3: what a process is in is open from the start. */
START_TEST(without_pidfds)
{
	pid_t pid = place_make(PLACE_BIT(NET) | PLACE_BIT(UTS) | PLACE_BIT(IPC), PLACE_BIT(USER));
	struct maproot_join join;
	size_t before;

	unit_deny(SYS_pidfd_open, ENOSYS);
	before = place_descriptors();
	join = joins_hold(NULL, support_text("%s%d", by_process[_i], (int)pid));
	ck_assert_int_eq(join.process.directory, -1);
	ck_assert_uint_eq(place_descriptors(), before + (size_t)__builtin_popcount(join.types));
	mr_join_done(&join);
	ck_assert_uint_eq(place_descriptors(), before);
	unit_end(pid);
}
END_TEST

static int recycle(void *arg)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct place_whereabouts here;
	struct maproot_join held;
	struct maproot_join *kept;
	struct maproot_join *join = NULL;
	pid_t pid = place_make(PLACE_BIT(NET), 0);
	char exact[64];
	const char *reference = exact;
	ino_t net = place_of(pid, MAPROOT_NAMESPACE_NET);

	(void)arg;
	(void)stpcpy(exact, support_text("pid:%d:%llu", (int)pid, place_start_time(pid)));
	held = joins_hold(NULL, joins_pid(pid));
	kept = joins_open(NULL, joins_pid(pid));
	unit_end(pid);
	support_sleep_us(20000);
	(void)place_recycle(pid);
	place_remember(&here);
	if (mr_join_open_held(&held, NULL) != -ESRCH)
		return 1;
	if (mr_join_enter(&held, held.types, NULL, &err) != -ESRCH || err.step != MAPROOT_STEP_NO_PROCESS)
		return 2;
	place_check_unmoved(&here);
	mr_join_done(&held);
	if (maproot_join_open(&reference, 1, NULL, &join, NULL) != -ESRCH)
		return 3;
	/* Who has the number now may be meant by who says no more. */
	join = joins_open(NULL, joins_pid(pid));
	if (maproot_join_types(join) != 0)
		return 4;
	maproot_join_close(join);
	/* What was opened for good is what it was. */
	if (mr_join_enter(kept, PLACE_BIT(NET), NULL, &err) != 0 || place_of(0, MAPROOT_NAMESPACE_NET) != net)
		return 5;
	maproot_join_close(kept);
	unit_end(pid);
	return 0;
}

START_TEST(a_recycled_number_is_never_entered)
{
	int status = place_in_pid_namespace(recycle, NULL);

	ck_assert_msg(status == 0, "status %#x", status);
}
END_TEST

static void leave_net(int number)
{
	(void)number;
	if (unshare(CLONE_NEWNET) < 0)
		_exit(9);
}

static int listen_for_it(void *arg)
{
	(void)arg;
	return signal(SIGUSR1, leave_net) == SIG_ERR;
}

/* Whoever goes elsewhere while being looked at is found where it was when it was opened. */
START_TEST(what_was_opened_counts_not_what_was_seen)
{
	pid_t pid = place_make_settled(PLACE_BIT(NET), 0, listen_for_it, NULL);
	struct maproot_join join = joins_hold(NULL, joins_pid(pid));
	ino_t before = place_of(pid, MAPROOT_NAMESPACE_NET);

	ck_assert_uint_eq(join.target[MAPROOT_NAMESPACE_NET].id.inode, before);
	ck_assert_int_eq(kill(pid, SIGUSR1), 0);
	while (place_of(pid, MAPROOT_NAMESPACE_NET) == before)
		support_sleep_us(1000);
	ck_assert_int_eq(mr_join_open_held(&join, NULL), 0);
	ck_assert_uint_eq(join.target[MAPROOT_NAMESPACE_NET].id.inode, place_of(pid, MAPROOT_NAMESPACE_NET));
	ck_assert(mr_nsfs_is(join.target[MAPROOT_NAMESPACE_NET].fd, join.target[MAPROOT_NAMESPACE_NET].id));
	mr_join_done(&join);
	unit_end(pid);
}
END_TEST

/* What may stand under a path of its own, by links and things that can be renamed. */
enum { SWAPS = 6 };

static const char *swap_name(int number)
{
	return support_text("%s/swap%d", support_directory(), number);
}

static void make_swaps(pid_t pid)
{
	const char *const links[] = { support_text("/proc/%d/ns/net", (int)pid),
				      support_text("/proc/%d/ns/uts", (int)pid), "/proc/self/status" };

	for (int at = 0; at < SWAPS; at++)
		(void)remove(swap_name(at));
	for (int at = 0; at < 3; at++)
		ck_assert_int_eq(symlink(links[at], swap_name(at)), 0);
	ck_assert_int_eq(mkfifo(swap_name(3), 0600), 0);
	ck_assert_int_eq(mkdir(swap_name(4), 0700), 0);
	(void)unit_file(swap_name(5), "");
}

static pid_t start_swapping(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (unsigned int turn = 0;; turn++) {
		/* Back to the namespace at every second turn. */
		if (syscall(SYS_renameat2, AT_FDCWD, swap_name(0), AT_FDCWD, swap_name(1 + (int)(turn / 2 % 5)),
			    RENAME_EXCHANGE) < 0)
			support_die("swap %u", turn);
	}
}

/* Whatever is found, it is what was opened: the namespace, or an error that fits one of the others. */
START_TEST(a_path_that_is_swapped_all_the_time)
{
	pid_t pid = place_make(PLACE_BIT(NET) | PLACE_BIT(UTS), 0);
	char path[512];
	const char *reference = path;
	int least = support_size(2000, 10000, 50000);
	size_t before = place_descriptors();
	ino_t net = place_of(pid, MAPROOT_NAMESPACE_NET);
	int count[MAPROOT_STEP_COUNT] = { 0 };
	pid_t swapper;

	(void)stpcpy(path, support_text("net=%s", swap_name(0)));
	make_swaps(pid);
	swapper = start_swapping();
	/* One cpu for both, and chance decides when the other one has it. */
	for (int turn = 0; turn < least || (!count[MAPROOT_STEP_WRONG_TYPE] && turn < 100 * least); turn++) {
		struct maproot_error err = MAPROOT_ERROR_INIT;
		struct maproot_join *join;
		int code = maproot_join_open(&reference, 1, NULL, &join, &err);

		count[err.step]++;
		if (code == 0) {
			ck_assert_uint_eq(join->types, PLACE_BIT(NET));
			ck_assert_uint_eq(join->target[MAPROOT_NAMESPACE_NET].id.inode, net);
			ck_assert(mr_nsfs_is(join->target[MAPROOT_NAMESPACE_NET].fd,
					     join->target[MAPROOT_NAMESPACE_NET].id));
			maproot_join_close(join);
			continue;
		}
		ck_assert_msg(code == -EINVAL &&
				      (err.step == MAPROOT_STEP_NOT_NAMESPACE || err.step == MAPROOT_STEP_WRONG_TYPE),
			      "%d: %s: %s", code, maproot_step_name(err.step), err.object);
	}
	unit_end(swapper);
	unit_end(pid);
	ck_assert_msg(count[MAPROOT_STEP_NONE] > 0 && count[MAPROOT_STEP_NOT_NAMESPACE] > 0 &&
			      count[MAPROOT_STEP_WRONG_TYPE] > 0,
		      "it was not swapped: %d %d %d", count[MAPROOT_STEP_NONE], count[MAPROOT_STEP_NOT_NAMESPACE],
		      count[MAPROOT_STEP_WRONG_TYPE]);
	ck_assert_uint_eq(place_descriptors(), before);
	for (int at = 0; at < SWAPS; at++)
		ck_assert_int_eq(remove(swap_name(at)), 0);
}
END_TEST

/* A thread is compared with the process by what it is in itself. */
static void *open_in_thread(void *arg)
{
	struct maproot_join *join;

	(void)arg;
	ck_assert_int_eq(unshare(CLONE_NEWUTS), 0);
	join = joins_open(NULL, joins_pid(getpid()));
	ck_assert_uint_eq(maproot_join_types(join), PLACE_BIT(UTS));
	ck_assert_uint_eq(mr_join_pending(join), PLACE_BIT(UTS));
	maproot_join_close(join);
	return NULL;
}

START_TEST(own_is_the_threads)
{
	struct maproot_join *join = joins_open(NULL, joins_pid(getpid()));
	pthread_t thread;

	ck_assert_uint_eq(maproot_join_types(join), 0);
	maproot_join_close(join);
	ck_assert_int_eq(pthread_create(&thread, NULL, open_in_thread, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(pending_is_where_one_is_not)
{
	pid_t pid = place_make(PLACE_BIT(NET) | PLACE_BIT(UTS), 0);
	struct maproot_join *join =
		joins_open("!net,!uts,!mnt,ipc", joins_typed("net,uts,mnt", pid), "ipc=/proc/self/ns/ipc");

	ck_assert_uint_eq(mr_join_pending(join), PLACE_BIT(NET) | PLACE_BIT(UTS) | PLACE_BIT(IPC));
	ck_assert_int_eq(setns(maproot_join_fd(join, MAPROOT_NAMESPACE_NET), CLONE_NEWNET), 0);
	ck_assert_uint_eq(mr_join_pending(join), PLACE_BIT(UTS) | PLACE_BIT(IPC));
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

static int open_with_closed_stdio(void *arg)
{
	const char *references[] = { arg, "/proc/self/ns/uts", NULL };
	struct maproot_join *join;
	int left = 0;

	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (maproot_join_open(references, 2, NULL, &join, NULL) != 0)
		return 9;
	for (int fd = 0; fd < 3; fd++)
		left += fcntl(fd, F_GETFD) >= 0;
	return left;
}

START_TEST(nothing_lands_on_closed_stdio)
{
	pid_t pid = place_make(PLACE_BIT(NET), 0);
	char reference[16];
	int status;

	(void)stpcpy(reference, joins_pid(pid));
	status = unit_in_child(open_with_closed_stdio, reference);
	ck_assert_msg(status == 0, "status %#x", status);
	unit_end(pid);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("join/open", &tc);

	tcase_add_loop_test(tc, opens, 0, UNIT_COUNT(good));
	tcase_add_loop_test(tc, refuses_and_leaves_nothing, 0, UNIT_COUNT(bad));
	tcase_add_loop_test(tc, who_may_not_look_is_told_why, 0, UNIT_COUNT(of_init));
	tcase_add_test(tc, what_a_zombie_has_left);
	tcase_add_loop_test(tc, without_pidfds, 0, UNIT_COUNT(by_process));
	tcase_add_test(tc, a_recycled_number_is_never_entered);
	tcase_add_test(tc, what_was_opened_counts_not_what_was_seen);
	tcase_add_test(tc, a_path_that_is_swapped_all_the_time);
	tcase_add_test(tc, own_is_the_threads);
	tcase_add_test(tc, pending_is_where_one_is_not);
	tcase_add_test(tc, nothing_lands_on_closed_stdio);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

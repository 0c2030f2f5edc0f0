/*
 * Contract of maproot_run_in(): a function runs inside and its result comes back, apart from why it could not run; the
 * caller's namespaces, signals, descriptors and threads are what they were, whatever happens; calls nest, and any
 * number run at once. For user, pid and time it runs in a child, of which nothing is left.
 */
#include "joins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* By a thread; by a child; by a child of a child. */
static const unsigned int ways[] = {
	PLACE_BIT(NET),
	PLACE_BY_THREAD,
	PLACE_BIT(USER) | PLACE_BIT(NET),
	PLACE_BIT(PID) | PLACE_BIT(UTS),
	PLACE_BIT(USER) | PLACE_BIT(PID) | PLACE_BY_THREAD,
	PLACE_BIT(TIME) | PLACE_BIT(NET),
};

enum { WAYS = UNIT_COUNT(ways),
       FIRST_BY_CHILD = 2 };

static size_t threads(void)
{
	DIR *stream = opendir("/proc/self/task");
	size_t count = 0;

	ck_assert_ptr_nonnull(stream);
	for (const struct dirent *entry; (entry = readdir(stream));)
		count += entry->d_name[0] != '.';
	(void)closedir(stream);
	return count;
}

/* What of a process could be left behind or changed. */
struct state {
	struct place_whereabouts here;
	size_t descriptors;
	size_t threads;
	const char *mask;
	int dumpable;
};

static struct state remember(void)
{
	struct state state = { .descriptors = place_descriptors(), .threads = threads() };

	place_remember(&state.here);
	state.mask = strdup(unit_status(0, "SigBlk"));
	state.dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	return state;
}

static void check_as_before(struct state *state)
{
	place_check_unmoved(&state->here);
	ck_assert_uint_eq(place_descriptors(), state->descriptors);
	/* The end of one that was joined may be a moment before it is gone from /proc. */
	for (int ms = 0; ms < 1000 && threads() != state->threads; ms++)
		support_sleep_us(1000);
	ck_assert_uint_eq(threads(), state->threads);
	ck_assert_str_eq(unit_status(0, "SigBlk"), state->mask);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), state->dumpable);
	ck_assert(waitpid(-1, NULL, WNOHANG) <= 0);
	free((void *)state->mask);
}

static int run(const struct maproot_join *join, maproot_inside *function, void *arg)
{
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "from an earlier call" };
	int result = 4711;

	joins_check(maproot_run_in(join, function, arg, &result, &err), &err);
	return result;
}

/* Where it runs, by the numbers of the namespaces. */
struct inside {
	ino_t want[MAPROOT_NAMESPACE_COUNT]; /* 0: any */
	pid_t process;
	pid_t thread;
	bool by_child;
	int result;
};

static struct inside expect(pid_t pid, unsigned int types)
{
	struct inside inside = { .process = getpid(), .thread = (pid_t)syscall(SYS_gettid) };

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++)
		inside.want[type] = types & MAPROOT_NAMESPACE_BIT(type) ? place_of(pid, type) : place_of(0, type);
	inside.by_child = types & (PLACE_BIT(USER) | PLACE_BIT(PID) | PLACE_BIT(TIME));
	return inside;
}

/* Check itself has locks, which in a child some other thread may hold for ever: it is told by the result. */
static int look(void *arg, const struct maproot_join *caller)
{
	const struct inside *inside = arg;
	bool right = (getpid() == inside->process) == !inside->by_child && (pid_t)syscall(SYS_gettid) != inside->thread;

	(void)caller;
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++)
		right &= place_id(0, maproot_namespace_name(type)) == inside->want[type];
	return right ? inside->result : 4712;
}

static const int results[] = { 0, 1, -1, 77, INT_MAX, INT_MIN };

START_TEST(runs_inside)
{
	unsigned int types = ways[_i];
	pid_t pid = place_make(types, 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	struct inside inside = expect(pid, types);
	struct state state = remember();

	ck_assert_uint_eq(maproot_join_types(join), types);
	for (size_t at = 0; at < UNIT_COUNT(results); at++) {
		inside.result = results[at];
		ck_assert_int_eq(run(join, look, &inside), results[at]);
	}
	check_as_before(&state);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

static void *idle(void *arg)
{
	while (!atomic_load((atomic_bool *)arg))
		support_sleep_us(200);
	return NULL;
}

/* A user's process, with threads. */
START_TEST(runs_inside_what_a_user_made)
{
	static const unsigned int types = PLACE_BIT(USER) | PLACE_BY_THREAD | PLACE_BIT(PID);
	atomic_bool end = false;
	struct maproot_join *join;
	struct inside inside;
	struct state state;
	pthread_t thread;
	pid_t pid;

	unit_become_user();
	pid = place_make(types, 0);
	join = joins_open(NULL, joins_pid(pid));
	ck_assert_int_eq(pthread_create(&thread, NULL, idle, &end), 0);
	inside = expect(pid, types);
	inside.result = 78;
	state = remember();
	ck_assert_int_eq(run(join, look, &inside), 78);
	atomic_store(&end, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	state.threads--;
	check_as_before(&state);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

static int write_outside(void *arg, const struct maproot_join *caller)
{
	(void)caller;
	return ++*(int *)arg;
}

/* A thread shares memory, a child does not. */
START_TEST(what_is_written_stays_where_it_is_shared)
{
	pid_t pid = place_make(ways[_i], 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	int number = 5;

	ck_assert_int_eq(run(join, write_outside, &number), 6);
	ck_assert_int_eq(number, _i < FIRST_BY_CHILD ? 6 : 5);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

/* Ways of not coming back. */
static int exit_thread(void *arg, const struct maproot_join *caller)
{
	(void)arg;
	(void)caller;
	pthread_exit(NULL);
}

static int exit_well(void *arg, const struct maproot_join *caller)
{
	(void)arg;
	(void)caller;
	_exit(0);
}

static int exit_badly(void *arg, const struct maproot_join *caller)
{
	(void)arg;
	(void)caller;
	_exit(3);
}

static int crash(void *arg, const struct maproot_join *caller)
{
	static const struct rlimit no_core = { 0, 0 };

	(void)arg;
	(void)caller;
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)signal(SIGABRT, SIG_DFL);
	(void)kill(getpid(), SIGABRT);
	return 0;
}

static int be_killed(void *arg, const struct maproot_join *caller)
{
	(void)arg;
	(void)caller;
	(void)kill(getpid(), SIGKILL);
	return 0;
}

/* With somebody left behind who holds all that was open. */
static int leave_somebody(void *arg, const struct maproot_join *caller)
{
	(void)arg;
	(void)caller;
	if (fork() == 0) {
		for (;;)
			(void)pause();
	}
	_exit(0);
}

static void check_not_returned(unsigned int types, maproot_inside *function)
{
	pid_t pid = place_make(types, 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct state state = remember();
	int result = 4711;

	ck_assert_int_eq(maproot_run_in(join, function, NULL, &result, &err), -ECHILD);
	unit_check_error(&err, ECHILD, MAPROOT_STEP_RUN_IN, "cannot run a function inside: it ended without returning");
	ck_assert_int_eq(result, 4711);
	ck_assert_int_eq(maproot_run_in(join, function, NULL, &result, NULL), -ECHILD);
	if (function == leave_somebody) {
		support_kill_descendants(); /* the place as well */
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	} else {
		unit_end(pid);
	}
	check_as_before(&state);
	maproot_join_close(join);
}

START_TEST(a_thread_that_does_not_return)
{
	check_not_returned(ways[_i], exit_thread);
}
END_TEST

static maproot_inside *const ends[] = { exit_well, exit_badly, crash, be_killed, leave_somebody };

enum { BY_CHILD = WAYS - FIRST_BY_CHILD };

START_TEST(a_child_that_does_not_return)
{
	check_not_returned(ways[FIRST_BY_CHILD + _i % BY_CHILD], ends[_i / BY_CHILD]);
}
END_TEST

/* One inside of the other: each in its own, and where the outer one is for the rest. */
struct nested {
	struct maproot_join *joins[3];
	struct inside inside[3];
	int depth;
};

static int go_deeper(void *arg, const struct maproot_join *caller)
{
	struct nested *nested = arg;
	struct place_whereabouts here;
	int result = 0;
	int depth = nested->depth;

	ck_assert_int_eq(look(&nested->inside[depth], caller), 0);
	place_remember(&here);
	if (depth < 2) {
		nested->depth++;
		nested->inside[depth + 1].process = getpid();
		nested->inside[depth + 1].thread = (pid_t)syscall(SYS_gettid);
		result = run(nested->joins[depth + 1], go_deeper, nested);
		nested->depth = depth;
	}
	place_check_unmoved(&here);
	/* 1, 12, 123 */
	return depth == 2 ? 3 : result + (depth == 1 ? 20 : 100);
}

static const unsigned int nests[][3] = {
	{ PLACE_BIT(NET), PLACE_BIT(UTS), PLACE_BIT(NET) | PLACE_BIT(IPC) },
	{ PLACE_BIT(NET) | PLACE_BIT(MNT), PLACE_BIT(PID), PLACE_BIT(UTS) },
	{ PLACE_BIT(PID), PLACE_BIT(NET), PLACE_BIT(TIME) },
	{ PLACE_BIT(NET), PLACE_BIT(IPC), PLACE_BIT(USER) | PLACE_BIT(UTS) },
};

START_TEST(calls_nest)
{
	struct nested nested = { .depth = 0 };
	struct state state;
	pid_t pids[3];

	for (size_t at = 0; at < 3; at++) {
		pids[at] = place_make(nests[_i][at], 0);
		nested.joins[at] = joins_open(NULL, joins_pid(pids[at]));
		nested.inside[at] = expect(pids[at], nests[_i][at]);
		for (unsigned int type = 0; at > 0 && type < MAPROOT_NAMESPACE_COUNT; type++) {
			if (!(nests[_i][at] & MAPROOT_NAMESPACE_BIT(type)))
				nested.inside[at].want[type] = nested.inside[at - 1].want[type];
		}
	}
	state = remember();
	ck_assert_int_eq(run(nested.joins[0], go_deeper, &nested), 123);
	check_as_before(&state);
	for (size_t at = 0; at < 3; at++) {
		maproot_join_close(nested.joins[at]);
		unit_end(pids[at]);
	}
}
END_TEST

/* The way to the caller's, in between. */
static int compare(void *arg, const struct maproot_join *caller)
{
	(void)caller;
	return place_of(0, MAPROOT_NAMESPACE_NET) == *(ino_t *)arg;
}

struct visit_caller {
	unsigned int types;
	ino_t outside;
};

static int visit_caller(void *arg, const struct maproot_join *caller)
{
	struct visit_caller *want = arg;
	ino_t here = place_of(0, MAPROOT_NAMESPACE_NET);
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_visit visit;
	struct mr_nsfs_id id;

	ck_assert_uint_eq(maproot_join_types(caller), want->types);
	ck_assert_int_eq(maproot_join_fd(caller, MAPROOT_NAMESPACE_PID), -1);
	ck_assert_int_eq(maproot_join_fd(caller, MAPROOT_NAMESPACE_USER), -1);
	ck_assert_int_eq(mr_nsfs_id_of(maproot_join_fd(caller, MAPROOT_NAMESPACE_NET), &id), 0);
	ck_assert_uint_eq(id.inode, want->outside);
	ck_assert_uint_ne(here, want->outside);
	joins_check(maproot_enter(caller, &visit, &err), &err);
	ck_assert_uint_eq(place_of(0, MAPROOT_NAMESPACE_NET), want->outside);
	joins_check(maproot_leave(&visit, &err), &err);
	ck_assert_uint_eq(place_of(0, MAPROOT_NAMESPACE_NET), here);
	ck_assert_int_eq(run(caller, compare, &want->outside), 1);
	return 79;
}

static const unsigned int with_way_back[] = { PLACE_BIT(NET), PLACE_BY_THREAD, PLACE_BIT(NET) | PLACE_BIT(PID),
					      PLACE_BIT(NET) | PLACE_BIT(TIME), PLACE_BIT(NET) | PLACE_BIT(UTS) };

START_TEST(the_callers_are_at_hand)
{
	unsigned int types = with_way_back[_i];
	struct visit_caller want = { types & ~PLACE_BIT(PID), place_of(0, MAPROOT_NAMESPACE_NET) };
	pid_t pid = place_make(types, 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	struct state state = remember();

	ck_assert_int_eq(run(join, visit_caller, &want), 79);
	check_as_before(&state);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

/* Where the call comes from a visit, the caller's are those of the visit. */
START_TEST(the_callers_may_be_visited_ones)
{
	pid_t pids[2] = { place_make(PLACE_BIT(NET), 0), place_make(PLACE_BIT(NET), 0) };
	struct maproot_join *joins[2] = { joins_open(NULL, joins_pid(pids[0])), joins_open(NULL, joins_pid(pids[1])) };
	struct visit_caller want = { PLACE_BIT(NET), place_of(pids[0], MAPROOT_NAMESPACE_NET) };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_visit visit;

	joins_check(maproot_enter(joins[0], &visit, &err), &err);
	ck_assert_int_eq(run(joins[1], visit_caller, &want), 79);
	ck_assert_uint_eq(place_of(0, MAPROOT_NAMESPACE_NET), want.outside);
	joins_check(maproot_leave(&visit, &err), &err);
	for (int at = 0; at < 2; at++) {
		maproot_join_close(joins[at]);
		unit_end(pids[at]);
	}
}
END_TEST

enum { CROWD = 16 };

struct member {
	struct maproot_join **joins;
	ino_t *nets;
	unsigned int number;
	int calls;
	int wrong;
};

static int tell_net(void *arg, const struct maproot_join *caller)
{
	(void)caller;
	*(ino_t *)arg = place_of(0, MAPROOT_NAMESPACE_NET);
	return 80;
}

static void *call_often(void *arg)
{
	struct member *member = arg;
	ino_t own = place_of(0, MAPROOT_NAMESPACE_NET);

	for (int at = 0; at < member->calls; at++) {
		unsigned int target = (member->number + (unsigned int)at) % CROWD;
		ino_t net = 0;
		int result = 0;

		member->wrong += maproot_run_in(member->joins[target], tell_net, &net, &result, NULL) != 0;
		member->wrong += result != 80 || net != member->nets[target];
		member->wrong += place_of(0, MAPROOT_NAMESPACE_NET) != own;
	}
	return NULL;
}

START_TEST(a_crowd_in_a_crowd_of_namespaces)
{
	int calls = support_size(1600, 10000, 50000) / CROWD;
	struct maproot_join *joins[CROWD];
	struct member members[CROWD];
	pthread_t workers[CROWD];
	ino_t nets[CROWD];
	pid_t pids[CROWD];
	struct state state;

	for (unsigned int at = 0; at < CROWD; at++) {
		pids[at] = place_make(PLACE_BIT(NET), 0);
		joins[at] = joins_open(NULL, joins_pid(pids[at]));
		nets[at] = place_of(pids[at], MAPROOT_NAMESPACE_NET);
	}
	state = remember();
	for (unsigned int at = 0; at < CROWD; at++) {
		members[at] = (struct member){ joins, nets, at, calls, 0 };
		ck_assert_int_eq(pthread_create(&workers[at], NULL, call_often, &members[at]), 0);
	}
	for (unsigned int at = 0; at < CROWD; at++) {
		ck_assert_int_eq(pthread_join(workers[at], NULL), 0);
		ck_assert_int_eq(members[at].wrong, 0);
	}
	check_as_before(&state);
	for (unsigned int at = 0; at < CROWD; at++) {
		maproot_join_close(joins[at]);
		unit_end(pids[at]);
	}
}
END_TEST

static void *call_with_children(void *arg)
{
	struct member *member = arg;

	for (int at = 0; at < member->calls; at++) {
		int result = 0;

		member->wrong +=
			maproot_run_in(member->joins[0], look, member->nets, &result, NULL) != 0 || result != 81;
	}
	return NULL;
}

/* Children at once: no end of a pipe that another call's child has keeps this one waiting. */
START_TEST(a_crowd_of_children)
{
	pid_t pid = place_make(PLACE_BIT(USER) | PLACE_BIT(PID) | PLACE_BIT(NET), 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	struct inside inside = expect(pid, maproot_join_types(join));
	struct member members[4];
	pthread_t workers[4];
	struct state state = remember();

	inside.result = 81;
	for (size_t at = 0; at < UNIT_COUNT(workers); at++) {
		members[at] = (struct member){ &join, (ino_t *)&inside, 0, support_size(20, 50, 500), 0 };
		ck_assert_int_eq(pthread_create(&workers[at], NULL, call_with_children, &members[at]), 0);
	}
	for (size_t at = 0; at < UNIT_COUNT(workers); at++) {
		ck_assert_int_eq(pthread_join(workers[at], NULL), 0);
		ck_assert_int_eq(members[at].wrong, 0);
	}
	check_as_before(&state);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

static int check_root(void *arg, const struct maproot_join *caller)
{
	(void)arg;
	(void)caller;
	ck_assert(getuid() == 0 && geteuid() == 0 && getgid() == 0 && getegid() == 0);
	/* Whoever rules the namespace looks into nothing of ours. */
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	return (int)getgroups(0, NULL);
}

START_TEST(in_a_user_namespace_it_is_root)
{
	pid_t pid;
	struct maproot_join *join;
	int groups;

	unit_become_user();
	groups = getgroups(0, NULL);
	pid = place_make(PLACE_BIT(USER), 0);
	join = joins_open(NULL, joins_pid(pid));
	/* Groups can't be dropped where one has only oneself mapped. */
	ck_assert_int_eq(run(join, check_root, NULL), groups);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

static int tell_pid(void *arg, const struct maproot_join *caller)
{
	(void)arg;
	(void)caller;
	return getpid();
}

START_TEST(in_a_pid_namespace_it_counts_as_there)
{
	pid_t pid = place_make(PLACE_BIT(PID), 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));

	/* The place is 1. */
	ck_assert_int_eq(run(join, tell_pid, NULL), 2);
	ck_assert_int_eq(run(join, tell_pid, NULL), 3);
	unit_end(pid);
	/* It is dead with its init: nobody is born there any more. */
	{
		struct maproot_error err = MAPROOT_ERROR_INIT;
		int result = 4711;

		ck_assert_int_eq(maproot_run_in(join, tell_pid, NULL, &result, &err), -ENOMEM);
		unit_check_error(&err, ENOMEM, MAPROOT_STEP_PREPARE,
				 "cannot prepare a process: Cannot allocate memory");
		ck_assert_int_eq(result, 4711);
	}
	maproot_join_close(join);
}
END_TEST

/* All but faults and the two that the thread library needs. */
static int tell_mask(void *arg, const struct maproot_join *caller)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, 32, 33 };
	uint64_t want = UINT64_MAX & ~((uint64_t)1 << (SIGKILL - 1)) & ~((uint64_t)1 << (SIGSTOP - 1));
	uint64_t mask = 0;

	(void)arg;
	(void)caller;
	for (size_t at = 0; at < UNIT_COUNT(faults); at++)
		want &= ~((uint64_t)1 << (faults[at] - 1));
	ck_assert_int_eq(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask)), 0);
	ck_assert(mask == want);
	return 0;
}

static atomic_int handled_by;

static void note_thread(int number)
{
	(void)number;
	atomic_store(&handled_by, (int)syscall(SYS_gettid));
}

static int signal_the_process(void *arg, const struct maproot_join *caller)
{
	(void)arg;
	(void)caller;
	ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
	support_sleep_us(1000);
	return atomic_load(&handled_by) != (int)syscall(SYS_gettid);
}

static int fault(void *arg, const struct maproot_join *caller)
{
	(void)arg;
	(void)caller;
	ck_assert_int_eq(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGBUS), 0);
	return atomic_load(&handled_by) == (int)syscall(SYS_gettid);
}

START_TEST(signals_stay_out_but_faults)
{
	pid_t pid = place_make(ways[_i], 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	struct state state = remember();

	(void)signal(SIGUSR1, note_thread);
	(void)signal(SIGBUS, note_thread);
	ck_assert_int_eq(run(join, tell_mask, NULL), 0);
	/* The host's handler runs in the host's thread, or for a child not at all. */
	ck_assert_int_eq(run(join, signal_the_process, NULL), 1);
	ck_assert_int_eq(atomic_load(&handled_by), _i < FIRST_BY_CHILD ? (int)syscall(SYS_gettid) : 0);
	ck_assert_int_eq(run(join, fault, NULL), 1);
	check_as_before(&state);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

/* What the host does about its children. */
static void reap_all(int number)
{
	int saved = errno;

	(void)number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	errno = saved;
}

static void ignore_children(void)
{
	(void)signal(SIGCHLD, SIG_IGN);
}

static void reap_children(void)
{
	(void)signal(SIGCHLD, reap_all);
}

static void want_no_children(void)
{
	const struct sigaction action = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };

	ck_assert_int_eq(sigaction(SIGCHLD, &action, NULL), 0);
}

static void block_children(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
}

static void (*const hosts[])(void) = { ignore_children, reap_children, want_no_children, block_children };

/* SIGCHLD as the host has it, and also inside. */
START_TEST(whatever_the_host_does_about_children)
{
	pid_t pid = place_make(PLACE_BIT(USER) | PLACE_BIT(PID) | PLACE_BIT(NET), 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	struct inside inside = expect(pid, maproot_join_types(join));
	struct sigaction before;
	struct sigaction after;
	int result = 4711;

	hosts[_i]();
	ck_assert_int_eq(sigaction(SIGCHLD, NULL, &before), 0);
	inside.result = 82;
	for (int turn = 0; turn < 20; turn++)
		ck_assert_int_eq(run(join, look, &inside), 82);
	ck_assert_int_eq(maproot_run_in(join, exit_badly, NULL, &result, NULL), -ECHILD);
	ck_assert_int_eq(sigaction(SIGCHLD, NULL, &after), 0);
	ck_assert(before.sa_handler == after.sa_handler && before.sa_flags == after.sa_flags);
	(void)signal(SIGCHLD, SIG_DFL);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

struct canceled {
	struct maproot_join *join;
	atomic_bool inside;
	atomic_bool go_on;
	atomic_bool returned;
	int pipe[2];
	int result;
};

/* In a child nobody sees a flag: a pipe tells both. */
static int wait_inside(void *arg, const struct maproot_join *caller)
{
	struct canceled *canceled = arg;
	char byte = 0;

	(void)caller;
	atomic_store(&canceled->inside, true);
	return read(canceled->pipe[0], &byte, 1) == 1 ? 83 : -1;
}

static void *run_canceled(void *arg)
{
	struct canceled *canceled = arg;

	/* Nothing is on the stack that is left here: a sanitizer would take it to be there still. */
	if (maproot_run_in(canceled->join, wait_inside, canceled, &canceled->result, NULL) == 0 && canceled->result == 83)
		atomic_store(&canceled->returned, true);
	pthread_testcancel();
	return NULL;
}

START_TEST(who_is_canceled_comes_back_first)
{
	pid_t pid = place_make(ways[_i], 0);
	struct canceled canceled = { .join = joins_open(NULL, joins_pid(pid)) };
	struct state state;
	pthread_t thread;
	void *end;

	ck_assert_int_eq(pipe2(canceled.pipe, O_CLOEXEC), 0);
	state = remember();
	ck_assert_int_eq(pthread_create(&thread, NULL, run_canceled, &canceled), 0);
	support_sleep_us(20000);
	ck_assert_int_eq(pthread_cancel(thread), 0);
	support_sleep_us(20000);
	ck_assert(!atomic_load(&canceled.returned));
	ck_assert_int_eq(write(canceled.pipe[1], "", 1), 1);
	ck_assert_int_eq(pthread_join(thread, &end), 0);
	ck_assert(end == PTHREAD_CANCELED && atomic_load(&canceled.returned));
	check_as_before(&state);
	maproot_join_close(canceled.join);
	unit_end(pid);
}
END_TEST

static int wait_for_ever(void *arg, const struct maproot_join *caller)
{
	(void)caller;
	atomic_store((atomic_int *)arg, 1);
	for (;;)
		(void)pause();
	return 0;
}

struct doomed {
	struct maproot_join *join;
	atomic_int *started;
};

static int run_doomed(void *arg)
{
	struct doomed *doomed = arg;
	int result;

	return maproot_run_in(doomed->join, wait_for_ever, doomed->started, &result, NULL);
}

/* A place that the user made, for root to go to: other ids and rights than its own. */
static pid_t place_of_user(unsigned int types)
{
	pid_t pid;

	ck_assert(setegid(support_user()->gid) == 0 && seteuid(support_user()->uid) == 0);
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
	pid = place_make(types, 0);
	ck_assert(seteuid(0) == 0 && setegid(0) == 0 && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	return pid;
}

START_TEST(root_goes_where_a_user_is_root)
{
	static const gid_t groups[] = { 100, 200 };
	unsigned int types = PLACE_BIT(USER) | PLACE_BY_THREAD | PLACE_BIT(PID);
	pid_t pid = place_of_user(types);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	struct inside inside = expect(pid, types);
	struct state state = remember();

	inside.result = 85;
	ck_assert_int_eq(run(join, look, &inside), 85);
	ck_assert_int_eq(setgroups(2, groups), 0);
	ck_assert_int_eq(run(join, check_root, NULL), 2);
	check_as_before(&state);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

/* Who is killed leaves nobody inside. */
START_TEST(nobody_outlives_the_caller)
{
	pid_t pid = _i < WAYS ? place_make(ways[_i], 0) : place_of_user(PLACE_BIT(USER) | PLACE_BIT(UTS));
	struct doomed doomed = { joins_open(NULL, joins_pid(pid)),
				 mmap(NULL, sizeof(atomic_int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
				      0) };
	pid_t left[8];
	pid_t caller;
	size_t count;

	ck_assert_ptr_ne(doomed.started, MAP_FAILED);
	caller = fork();
	if (caller == 0)
		_exit(run_doomed(&doomed));
	while (atomic_load(doomed.started) == 0)
		support_sleep_us(1000);
	unit_end(caller);
	/* The place, and nobody else. */
	for (int ms = 0; ms < 2000 && (count = support_descendants(getpid(), left, UNIT_COUNT(left))) > 1; ms++)
		support_sleep_us(1000);
	ck_assert_uint_eq(count, 1);
	/* An init does not end before those of its namespace were waited for, and we have inherited them. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	maproot_join_close(doomed.join);
	unit_end(pid);
}
END_TEST

static int never(void *arg, const struct maproot_join *caller)
{
	(void)caller;
	atomic_store((atomic_bool *)arg, true);
	return 0;
}

/* In their orders: net, uts by a thread; user, net, pid, uts by a child. */
static const struct {
	unsigned int types;
	enum maproot_namespace fails;
	int number;
	const char *text; /* "%d" the place */
} failures[] = {
	{ PLACE_BIT(NET) | PLACE_BIT(UTS), MAPROOT_NAMESPACE_NET, ENOMEM,
	  "cannot join net namespace of process %d: Cannot allocate memory" },
	{ PLACE_BIT(NET) | PLACE_BIT(UTS), MAPROOT_NAMESPACE_UTS, ENOMEM,
	  "cannot join uts namespace of process %d: Cannot allocate memory" },
	{ PLACE_BIT(NET) | PLACE_BIT(UTS), MAPROOT_NAMESPACE_UTS, EPERM,
	  "cannot join uts namespace of process %d: Operation not permitted" },
	{ PLACE_BIT(USER) | PLACE_BIT(UTS), MAPROOT_NAMESPACE_USER, EINVAL,
	  "cannot join user namespace of process %d: Invalid argument" },
	{ PLACE_BIT(USER) | PLACE_BIT(PID) | PLACE_BIT(UTS), MAPROOT_NAMESPACE_UTS, EPERM,
	  "cannot join uts namespace of process %d: Operation not permitted" },
	{ PLACE_BIT(PID) | PLACE_BIT(UTS), MAPROOT_NAMESPACE_UTS, EPERM,
	  "cannot join uts namespace of process %d: Operation not permitted" },
};

START_TEST(a_join_that_fails_runs_nothing)
{
	pid_t pid = place_make(failures[_i].types, 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *at = strstr(failures[_i].text, "%d");
	atomic_bool *ran = mmap(NULL, sizeof(*ran), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct state state = remember();
	int result = 4711;

	place_deny_setns(failures[_i].fails, failures[_i].number);
	ck_assert_int_eq(maproot_run_in(join, never, ran, &result, &err), -failures[_i].number);
	unit_check_error(&err, failures[_i].number, MAPROOT_STEP_JOIN,
			 support_text("%.*s%d%s", (int)(at - failures[_i].text), failures[_i].text, (int)pid, at + 2));
	ck_assert_int_eq(maproot_run_in(join, never, ran, &result, NULL), -failures[_i].number);
	ck_assert(result == 4711 && !atomic_load(ran));
	check_as_before(&state);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

START_TEST(who_may_not_go_in_is_told_why)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_join *join;
	atomic_bool ran = false;
	struct state state;
	int result = 4711;
	pid_t pid;

	unit_become_user();
	pid = place_make(PLACE_BIT(USER) | PLACE_BIT(NET), 0);
	join = joins_open(NULL, joins_typed("net", pid));
	state = remember();
	ck_assert_int_eq(maproot_run_in(join, never, &ran, &result, &err), -EPERM);
	unit_check_error(
		&err, EPERM, MAPROOT_STEP_JOIN_RIGHTS,
		support_text("no permission to join net namespace of process %d: CAP_SYS_ADMIN is lacking in our own "
			     "user namespace (join the user namespace that owns it as well)",
			     (int)pid));
	ck_assert(result == 4711 && !atomic_load(&ran));
	check_as_before(&state);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

/* Without a thread or a process more; without a descriptor more. */
static const struct {
	unsigned int types;
	bool files;
	int number;
	enum maproot_step step;
	const char *text;
} limits[] = {
	{ PLACE_BIT(NET), false, EAGAIN, MAPROOT_STEP_PREPARE,
	  "cannot prepare a thread: Resource temporarily unavailable" },
	{ PLACE_BIT(USER), false, EAGAIN, MAPROOT_STEP_PREPARE,
	  "cannot prepare a process: Resource temporarily unavailable" },
	{ PLACE_BIT(NET), true, EMFILE, MAPROOT_STEP_OPEN_NAMESPACE,
	  "cannot open namespace '/proc/thread-self/ns/net': Too many open files" },
	{ PLACE_BIT(USER), true, EMFILE, MAPROOT_STEP_PREPARE,
	  "cannot prepare a pipe for the answer: Too many open files" },
};

START_TEST(what_is_used_up_is_said)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	atomic_bool ran = false;
	struct maproot_join *join;
	struct rlimit former;
	struct state state;
	int result = 4711;
	pid_t pid;
	int code;

	unit_become_user();
	pid = place_make(limits[_i].types | PLACE_BIT(USER), 0);
	if (limits[_i].types == PLACE_BIT(NET))
		joins_check(maproot_join_current(PLACE_BIT(NET), &join, &err), &err);
	else
		join = joins_open(NULL, joins_typed("user", pid));
	state = remember();
	(void)getrlimit(limits[_i].files ? RLIMIT_NOFILE : RLIMIT_NPROC, &former);
	(void)setrlimit(limits[_i].files ? RLIMIT_NOFILE : RLIMIT_NPROC, &(struct rlimit){ 0, former.rlim_max });
	code = maproot_run_in(join, never, &ran, &result, &err);
	(void)setrlimit(limits[_i].files ? RLIMIT_NOFILE : RLIMIT_NPROC, &former);
	ck_assert_int_eq(code, -limits[_i].number);
	unit_check_error(&err, limits[_i].number, limits[_i].step, limits[_i].text);
	ck_assert(result == 4711 && !atomic_load(&ran));
	check_as_before(&state);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

/* It has a root and a working directory of its own. */
static int walk(void *arg, const struct maproot_join *caller)
{
	(void)arg;
	(void)caller;
	return chdir("/usr") == 0 && chroot("/usr") == 0 ? 84 : -1;
}

START_TEST(walking_inside_moves_nobody_else)
{
	pid_t pid = place_make(ways[_i] | PLACE_BIT(MNT), 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	struct state state = remember();

	ck_assert_int_eq(run(join, walk, NULL), 84);
	check_as_before(&state);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

static int count_stdio(void *arg, const struct maproot_join *caller)
{
	int count = 0;

	(void)arg;
	(void)caller;
	for (int fd = 0; fd < 3; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static int run_with_closed_stdio(void *arg)
{
	int result = 7;

	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (maproot_run_in(arg, count_stdio, NULL, &result, NULL) != 0)
		return 8;
	return result + count_stdio(NULL, NULL);
}

START_TEST(nothing_lands_on_closed_stdio)
{
	pid_t pid = place_make(ways[_i], 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));
	int status = unit_in_child(run_with_closed_stdio, join);

	ck_assert_msg(status == 0, "status %#x", status);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("join/inside", &tc);

	tcase_add_loop_test(tc, runs_inside, 0, WAYS);
	tcase_add_test(tc, runs_inside_what_a_user_made);
	tcase_add_loop_test(tc, what_is_written_stays_where_it_is_shared, 0, WAYS);
	tcase_add_loop_test(tc, a_thread_that_does_not_return, 0, FIRST_BY_CHILD);
	tcase_add_loop_test(tc, a_child_that_does_not_return, 0, UNIT_COUNT(ends) * BY_CHILD);
	tcase_add_loop_test(tc, calls_nest, 0, UNIT_COUNT(nests));
	tcase_add_loop_test(tc, the_callers_are_at_hand, 0, UNIT_COUNT(with_way_back));
	tcase_add_test(tc, the_callers_may_be_visited_ones);
	tcase_add_test(tc, a_crowd_in_a_crowd_of_namespaces);
	tcase_add_test(tc, a_crowd_of_children);
	tcase_add_test(tc, in_a_user_namespace_it_is_root);
	tcase_add_test(tc, root_goes_where_a_user_is_root);
	tcase_add_test(tc, in_a_pid_namespace_it_counts_as_there);
	tcase_add_loop_test(tc, signals_stay_out_but_faults, 0, WAYS);
	tcase_add_loop_test(tc, whatever_the_host_does_about_children, 0, UNIT_COUNT(hosts));
	tcase_add_loop_test(tc, who_is_canceled_comes_back_first, 0, WAYS);
	tcase_add_loop_test(tc, nobody_outlives_the_caller, 0, WAYS + 1);
	tcase_add_loop_test(tc, a_join_that_fails_runs_nothing, 0, UNIT_COUNT(failures));
	tcase_add_test(tc, who_may_not_go_in_is_told_why);
	tcase_add_loop_test(tc, what_is_used_up_is_said, 0, UNIT_COUNT(limits));
	tcase_add_loop_test(tc, walking_inside_moves_nobody_else, 0, WAYS);
	tcase_add_loop_test(tc, nothing_lands_on_closed_stdio, 0, WAYS);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

/*
 * Contract of maproot_become() with joins, in a program that goes on: here, where that can be; else in a copy of it,
 * which has all that fork(2) leaves it, and what else was on its way to the caller (signals, timers, LISTEN_PID),
 * while the caller stands in for it. A failure leaves the caller as it was, where it was. And of maproot_hold():
 * furnished, small, until it is told to end.
 */
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <maproot/capability.h>
#include <maproot/run.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static char *no_argv[] = { (char *)"unused", NULL };

static const char *own_link(const char *type)
{
	char link[64] = "";

	ck_assert_int_gt(readlink(support_text("/proc/self/ns/%s", type), link, sizeof(link) - 1), 0);
	return support_text("%s", link);
}

static int count_open(void)
{
	int count = 0;

	for (int fd = 0; fd < 200; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

START_TEST(this_process_goes_in)
{
	static const char *const references[] = { "user,net,uts=%d", "%d" };
	struct container container = { .kind = CONTAINER_SHARED };
	const char *joins[1];
	struct maproot_request request = {
		.joins = joins, .join_count = 1, .in_place = _i % 2, .namespaces = _i / 2 ? 0 : BIT(IPC)
	};
	struct maproot_outcome outcome = { .ended = true };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t pid = getpid();
	int before;
	int code;

	unit_become_user();
	container_start(&container);
	joins[0] = support_text(references[_i / 2], (int)container.pid); /* NOLINT: from the table */
	before = count_open();
	code = maproot_become(&request, no_argv, &outcome, &err);
	ck_assert_msg(code == 0, "step %s: %s", maproot_step_name(err.step), err.object);
	ck_assert(!outcome.ended);
	ck_assert_uint_eq(outcome.created, request.namespaces);
	if (_i / 2) {
		ck_assert_uint_eq(outcome.joined, container.types);
		ck_assert_uint_eq(outcome.skipped, maproot_namespaces_supported() & ~container.types);
	} else {
		ck_assert_uint_eq(outcome.joined, BIT(USER) | BIT(NET) | BIT(UTS));
		ck_assert_uint_eq(outcome.skipped, 0);
	}
	ck_assert_int_eq(getpid(), pid);
	ck_assert_uint_eq(geteuid(), 0);
	ck_assert_int_eq(maproot_capabilities_probe(NULL, 0, NULL), 1);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	ck_assert_int_eq(count_open(), before);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG | __WALL), 0); /* the container alone */
	container_end(&container);
}
END_TEST

/* What the copy has found, and what the process has that asked. */
struct found {
	int parent_code;
	bool ended;
	int wait_status;
	int left_open;
	int child_code;
	unsigned int joined;
	unsigned int created;
	char listen_pid[32];
	char own_pid[32];
	int pending_value;
	int pending_code;
	bool blocked;
	long timer;
	bool handler;
	int memory;
	int subreaper;
	int death_signal;
};

static struct found *found;

static void handle(int number)
{
	(void)number;
}

static void look_in_copy(const struct maproot_outcome *outcome)
{
	struct timespec none = { 0, 0 };
	struct sigaction action;
	struct itimerval timer;
	sigset_t mask;
	siginfo_t info = { 0 };

	found->joined = outcome->joined;
	found->created = outcome->created;
	(void)snprintf(found->listen_pid, sizeof(found->listen_pid), "%s", getenv("LISTEN_PID"));
	(void)snprintf(found->own_pid, sizeof(found->own_pid), "%d", (int)getpid());
	(void)sigprocmask(SIG_SETMASK, NULL, &mask);
	found->blocked = sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGTERM);
	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGUSR1);
	if (sigtimedwait(&mask, &info, &none) == SIGUSR1) {
		found->pending_value = info.si_value.sival_int;
		found->pending_code = info.si_code;
	}
	(void)getitimer(ITIMER_REAL, &timer);
	found->timer = (long)timer.it_value.tv_sec;
	(void)sigaction(SIGUSR2, NULL, &action);
	found->handler = action.sa_handler == handle;
	(void)prctl(PR_GET_CHILD_SUBREAPER, &found->subreaper, 0, 0, 0);
	(void)prctl(PR_GET_PDEATHSIG, &found->death_signal, 0, 0, 0);
}

/* A program with something of everything, which becomes what is asked for. Ends with 33 in the copy. */
static _Noreturn void become_with_everything(const struct maproot_request *request)
{
	struct itimerval timer = { .it_value = { .tv_sec = 1000 } };
	struct maproot_outcome outcome = { .ended = false };
	int *memory = malloc(sizeof(*memory));
	pid_t pid = getpid();
	sigset_t mask;

	*memory = 42;
	(void)setenv("LISTEN_PID", support_text("%d", (int)pid), 1);
	(void)signal(SIGUSR2, handle);
	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGUSR1);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	(void)sigqueue(pid, SIGUSR1, (union sigval){ .sival_int = 5 });
	(void)setitimer(ITIMER_REAL, &timer, NULL);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	found->parent_code = -1000;
	found->child_code = maproot_become(request, no_argv, &outcome, NULL);
	if (!outcome.ended && found->child_code == 0) {
		found->memory = *memory;
		look_in_copy(&outcome);
		_exit(33);
	}
	found->parent_code = found->child_code;
	found->ended = outcome.ended;
	found->wait_status = outcome.wait_status;
	found->left_open = count_open();
	if (outcome.ended)
		maproot_end_as(outcome.wait_status);
	_exit(77);
}

static const struct {
	enum container_kind kind;
	unsigned int created;
	bool child;
	bool as_pid_1;
} copies[] = {
	{ CONTAINER_UNSHARE, 0, false, false },
	{ CONTAINER_UNSHARE, BIT(NET), false, false },
	{ CONTAINER_UNSHARE, BIT(PID), false, false },
	{ CONTAINER_SHARED, BIT(PID), false, true },
	{ CONTAINER_SHARED, 0, true, false },
	{ CONTAINER_SHARED, BIT(UTS), true, false },
	{ CONTAINER_SHARED, BIT(TIME), false, false },
	{ CONTAINER_ALL, 0, false, false },
	{ CONTAINER_ALL, BIT(NET), true, false },
};

static void share_memory(void)
{
	found = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(found, MAP_FAILED);
}

START_TEST(a_copy_comes_back)
{
	struct container container = { .kind = copies[_i].kind };
	const char *joins[1];
	struct maproot_request request = { .joins = joins,
					   .join_count = 1,
					   .namespaces = copies[_i].created,
					   .child = copies[_i].child,
					   .as_pid_1 = copies[_i].as_pid_1,
					   .death_signal = SIGKILL };
	int status;
	pid_t pid;

	unit_become_user();
	container_start(&container);
	joins[0] = support_text("%d", (int)container.pid);
	share_memory();
	pid = fork();
	if (pid == 0)
		become_with_everything(&request);
	ck_assert(support_wait(pid, 20000, &status));
	ck_assert_int_eq(status, 33 << 8);
	ck_assert_int_eq(found->parent_code, 0);
	ck_assert(found->ended);
	ck_assert_int_eq(found->wait_status, 33 << 8);
	ck_assert_int_eq(found->left_open, 0);
	ck_assert_uint_eq(found->joined, container.types & ~copies[_i].created);
	ck_assert_uint_eq(found->created, copies[_i].created);
	ck_assert_str_eq(found->listen_pid, found->own_pid);
	ck_assert_int_eq(found->pending_value, 5);
	ck_assert_int_eq(found->pending_code, SI_QUEUE);
	ck_assert(found->blocked);
	ck_assert_int_ge(found->timer, 900);
	ck_assert(found->handler);
	ck_assert_int_eq(found->memory, 42);
	ck_assert_int_eq(found->subreaper, 1);
	ck_assert_int_eq(found->death_signal, SIGKILL);
	if (copies[_i].as_pid_1)
		ck_assert_str_eq(found->own_pid, "1");
	container_end(&container);
}
END_TEST

/* What can't be: nothing has happened, not even to what is pending. */
static const struct {
	const char *reference;
	bool child;
	int code;
} failures[] = {
	{ "net=%d", true, EPERM },
	{ "net=%d", false, EPERM },
	{ "net,uts,pid=%d", false, EPERM },
	{ "pid:%d:1", true, ESRCH },
};

START_TEST(a_failure_changes_nothing)
{
	struct container container = { .kind = CONTAINER_UNSHARE };
	const char *joins[1];
	struct maproot_request request = { .joins = joins, .join_count = 1, .child = failures[_i].child };
	struct maproot_outcome outcome;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct itimerval timer = { .it_value = { .tv_sec = 1000 } };
	const struct timespec none = { 0, 0 };
	siginfo_t info = { 0 };
	sigset_t mask;
	sigset_t now;
	char net[64];
	int before;

	unit_become_user();
	container_start(&container);
	joins[0] = support_text(failures[_i].reference, (int)container.pid); /* NOLINT: from the table */
	strcpy(net, own_link("net"));
	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGUSR1);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, &mask, NULL), 0);
	ck_assert_int_eq(sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 5 }), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
	before = count_open();
	ck_assert_int_eq(maproot_become(&request, no_argv, &outcome, &err), -failures[_i].code);
	ck_assert_int_eq(err.code, failures[_i].code);
	ck_assert_int_eq(count_open(), before);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &now), 0);
	ck_assert_int_eq(sigismember(&now, SIGUSR1), 1);
	ck_assert_int_eq(sigismember(&now, SIGTERM), 0);
	ck_assert_int_eq(sigtimedwait(&mask, &info, &none), SIGUSR1);
	ck_assert_int_eq(info.si_value.sival_int, 5);
	ck_assert_int_eq(getitimer(ITIMER_REAL, &timer), 0);
	ck_assert_int_ge(timer.it_value.tv_sec, 900);
	timer = (struct itimerval){ .it_value = { 0, 0 } };
	ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
	ck_assert_str_eq(own_link("net"), net);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG | __WALL), 0); /* the container alone */
	container_end(&container);
}
END_TEST

static pid_t start_beside(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUTS | CLONE_NEWIPC) < 0 || write(ready[1], "x", 1) != 1)
			_exit(99);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	return pid;
}

/* The third of three is not allowed: the first two are left again, where the kernel lets one back. */
static const struct {
	int home; /* is of the caller's own user namespace */
	enum maproot_step step;
	const char *said;
	bool stuck;
} ways_back[] = {
	{ CLONE_NEWUTS | CLONE_NEWIPC, MAPROOT_STEP_JOIN_RIGHTS,
	  "no permission to join net namespace of fd:%d: CAP_SYS_ADMIN is lacking in the user namespace that owns it, "
	  "which is not below this one",
	  false },
	{ CLONE_NEWUTS, MAPROOT_STEP_RESTORE,
	  "cannot go back to its ipc namespace (this process is already in: ipc): this thread is of no use any more: "
	  "Operation not permitted",
	  true },
};

START_TEST(half_way_is_gone_back)
{
	struct container container = { .kind = CONTAINER_UNSHARE_ROOT };
	const char *joins[3];
	struct maproot_request request = { .joins = joins, .join_count = 3, .join_order = "!uts,!ipc,!net" };
	struct maproot_outcome outcome;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char uts[64];
	char ipc[64];
	pid_t pid;
	int net;

	container_start(&container);
	net = open(support_text("/proc/%d/ns/net", (int)container.pid), O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(net, 0);
	container_end(&container);
	unit_enter_namespace(ways_back[_i].home);
	pid = start_beside();
	joins[0] = container_keep(support_text("uts=%d", (int)pid));
	joins[1] = container_keep(support_text("ipc=%d", (int)pid));
	joins[2] = container_keep(support_text("net=fd:%d", net));
	strcpy(uts, own_link("uts"));
	strcpy(ipc, own_link("ipc"));
	ck_assert_int_eq(maproot_become(&request, no_argv, &outcome, &err), -EPERM);
	unit_check_error(&err, EPERM, ways_back[_i].step, support_text(ways_back[_i].said, net)); /* NOLINT: likewise */
	ck_assert_str_eq(own_link("uts"), uts);
	ck_assert_int_eq(strcmp(own_link("ipc"), ipc) != 0, ways_back[_i].stuck);
	unit_end(pid);
}
END_TEST

static const int endings[] = { SIGTERM, SIGINT, SIGHUP };

static _Noreturn void hold(void)
{
	const struct maproot_request request = { .in_place = true,
						 .namespaces = BIT(UTS) | BIT(NET),
						 .hostname = "held" };
	struct maproot_outcome outcome;

	if (maproot_become(&request, no_argv, &outcome, NULL) < 0)
		_exit(1);
	found->child_code = 1;
	_exit(maproot_hold(&request, outcome.created, NULL) < 0 ? 2 : 12);
}

START_TEST(a_holder_holds_until_it_is_told)
{
	const char *argv[] = { container_maproot(), "-t", NULL, "uname", "-n", NULL };
	struct support_command command = { .argv = argv, .envp = container_environment() };
	struct support_result result;
	char link[64] = "";
	int status;
	pid_t pid;

	unit_become_user();
	share_memory();
	pid = fork();
	if (pid == 0)
		hold();
	while (found->child_code == 0)
		support_sleep_us(1000);
	/* All descriptors are closed when it waits. */
	for (int waited = 0; waited < 5000 && access(support_text("/proc/%d/fd/0", (int)pid), F_OK) == 0; waited++)
		support_sleep_us(1000);
	ck_assert_int_gt(readlink(support_text("/proc/%d/cwd", (int)pid), link, sizeof(link) - 1), 0);
	ck_assert_str_eq(link, "/");
	argv[2] = support_text("%d", (int)pid);
	support_run(&command, &result);
	ck_assert_str_eq(result.out, "held\n");
	support_release(&result);
	ck_assert_int_eq(kill(pid, SIGUSR1), 0);
	ck_assert(!support_wait(pid, 50, &status));
	ck_assert_int_eq(kill(pid, endings[_i]), 0);
	ck_assert(support_wait(pid, 5000, &status));
	ck_assert_int_eq(status, 12 << 8);
}
END_TEST

START_TEST(a_holder_that_can_not_be_furnished)
{
	const struct maproot_request request = { .directory = "/nonesuch" };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int before = count_open();

	ck_assert_int_eq(maproot_hold(&request, 0, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_CHDIR,
			 "cannot change directory to '/nonesuch': No such file or directory");
	ck_assert_int_eq(count_open(), before);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("joining/become", &tc);

	container_set_up();
	tcase_add_loop_test(tc, this_process_goes_in, 0, 4);
	for (size_t at = 0; at < UNIT_COUNT(copies); at++) {
		if (container_possible(copies[at].kind) && (container_has_time() || !(copies[at].created & BIT(TIME))))
			tcase_add_loop_test(tc, a_copy_comes_back, (int)at, (int)at + 1);
	}
	tcase_add_loop_test(tc, a_failure_changes_nothing, 0, UNIT_COUNT(failures));
	if (container_possible(CONTAINER_UNSHARE_ROOT))
		tcase_add_loop_test(tc, half_way_is_gone_back, 0, UNIT_COUNT(ways_back));
	tcase_add_loop_test(tc, a_holder_holds_until_it_is_told, 0, UNIT_COUNT(endings));
	tcase_add_test(tc, a_holder_that_can_not_be_furnished);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

/*
 * Contract of maproot_spawn() with joins: from a host with threads, whatever memory it has, a command in any mix of
 * joined and new namespaces, at a cost that does not depend on that memory; the host is afterwards as it was, also
 * where it failed, and then the error says which step of what.
 */
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <maproot/run.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALL MAPROOT_NAMESPACE_ALL

/* Threads that do something all the time. */
static atomic_bool over;

static void *be_busy(void *arg)
{
	while (!atomic_load(&over)) {
		free(malloc(1000));
		support_sleep_us(500);
	}
	return arg;
}

static void start_threads(pthread_t threads[2])
{
	for (int at = 0; at < 2; at++)
		ck_assert_int_eq(pthread_create(&threads[at], NULL, be_busy, NULL), 0);
}

static void end_threads(pthread_t threads[2])
{
	atomic_store(&over, true);
	for (int at = 0; at < 2; at++)
		ck_assert_int_eq(pthread_join(threads[at], NULL), 0);
}

/* What must be the same before and after. */
static const char *state_of_host(void)
{
	char directory[512] = "";
	char names[2048] = "";
	sigset_t mask;
	int open_count = 0;

	for (int fd = 0; fd < 200; fd++)
		open_count += fcntl(fd, F_GETFD) >= 0;
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		const char *name = maproot_namespace_name((enum maproot_namespace)type);
		char link[64] = "";

		(void)!readlink(support_text("/proc/thread-self/ns/%s", name), link, sizeof(link) - 1);
		(void)strcat(names, link);
	}
	(void)!getcwd(directory, sizeof(directory));
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	return container_keep(support_text("%d descriptors, in %s, %s, user %d:%d, usr1 %d, dumpable %d", open_count,
					   directory, names, (int)geteuid(), (int)getegid(),
					   sigismember(&mask, SIGUSR1), prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)));
}

static const char *const *expand_joins(const struct container *container, const char *const *joins, size_t *ret_count)
{
	static const char *words[8];

	for (*ret_count = 0; joins[*ret_count]; ++*ret_count)
		words[*ret_count] = container_expand(container, joins[*ret_count]);
	return words;
}

/* Starts "inside look"; what it says is read, and where it is looked at. */
static void spawn_view(const struct maproot_request *request, const struct container *container,
		       struct maproot_child *ret_child, struct view *ret_view)
{
	char *argv[] = { (char *)container->program, (char *)"look", NULL };
	char *envp[] = { (char *)"A=1", NULL };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int former = dup(1);
	int ends[2];
	int code;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	(void)fflush(NULL);
	ck_assert_int_eq(dup2(ends[1], 1), 1);
	ck_assert_int_eq(fcntl(former, F_SETFD, FD_CLOEXEC), 0);
	code = maproot_spawn(request, argv, envp, ret_child, &err);
	ck_assert_int_eq(dup2(former, 1), 1);
	(void)close(former);
	(void)close(ends[1]);
	ck_assert_msg(code == 0, "step %s: %s (%s)", maproot_step_name(err.step), err.object, strerror(err.code));
	ret_view->text = container_read_until(ends[0], "end", 10000);
	ret_view->pid = ret_child->pid;
	(void)close(ends[0]);
}

static const struct {
	enum container_kind kind;
	const char *joins[4];
	const char *order;
	unsigned int joined;
	struct maproot_request request;
	bool as_root;
	const char *user;
} rows[] = {
	{ CONTAINER_UNSHARE, { "{pid}" }, NULL, ALL, { .death_signal = SIGKILL }, false, "0 0 0" },
	{ CONTAINER_SHARED, { "pid:{pid}:{start}" }, NULL, ALL, { .keep_fds = 3 }, false, "0 0 0" },
	{ CONTAINER_SHARED, { "user,net={pid}" }, NULL, BIT(USER) | BIT(NET), { .keep_fds = 3 }, false, "0 0 0" },
	{ CONTAINER_SHARED,
	  { "user={pid}", "/proc/{pid}/ns/net" },
	  "!user,net",
	  BIT(USER) | BIT(NET),
	  { .keep_fds = 3 },
	  false,
	  "0 0 0" },
	{ CONTAINER_UNSHARE, { "{pid}" }, NULL, ALL, { .namespaces = BIT(NET), .directory = "/" }, false, "0 0 0" },
	{ CONTAINER_UNSHARE,
	  { "{pid}" },
	  NULL,
	  ALL,
	  { .namespaces = BIT(UTS) | BIT(IPC), .hostname = "h" },
	  false,
	  "0 0 0" },
	{ CONTAINER_UNSHARE, { "{pid}" }, NULL, ALL, { .namespaces = BIT(PID) }, false, "0 0 0" },
	{ CONTAINER_UNSHARE, { "{pid}" }, NULL, ALL, { .namespaces = BIT(PID), .as_pid_1 = true }, false, "0 0 0" },
	{ CONTAINER_UNSHARE, { "{pid}" }, NULL, ALL, { .namespaces = BIT(TIME), .boottime = 200000 }, false, "0 0 0" },
	{ CONTAINER_SHARED,
	  { "{pid}" },
	  NULL,
	  ALL,
	  { .namespaces = BIT(TIME) | BIT(PID), .boottime = 200000 },
	  false,
	  "0 0 0" },
	{ CONTAINER_ALL, { "{pid}" }, NULL, ALL, { .death_signal = SIGKILL }, false, "0 0 0" },
	{ CONTAINER_ALL, { "{pid}" }, NULL, ALL, { .namespaces = BIT(NET) }, false, "0 0 0" },
	{ CONTAINER_ALL, { "user,time={pid}" }, NULL, BIT(USER) | BIT(TIME), { .keep_fds = 3 }, false, "0 0 0" },
	{ CONTAINER_ALL, { "{pid}" }, NULL, ALL, { .namespaces = BIT(PID) }, false, "0 0 0" },
	{ CONTAINER_BWRAP, { "{pid}" }, NULL, ALL, { .keep_fds = 3 }, false, NULL },
	{ CONTAINER_RUNC, { "{pid}" }, NULL, ALL, { .keep_fds = 3 }, false, "0 0 0" },
	{ CONTAINER_UNSHARE, { "{pid}" }, NULL, ALL, { .keep_fds = 3 }, true, "0 0 0" },
	{ CONTAINER_UNSHARE_ROOT, { "{pid}" }, NULL, ALL, { .namespaces = BIT(NET) }, true, "0 0 0" },
	{ CONTAINER_UNSHARE_ROOT, { "net={pid}" }, NULL, BIT(NET), { .namespaces = BIT(USER) }, true, "0 0 0" },
	{ CONTAINER_OWNED_BY_ROOT,
	  { "{pid}" },
	  NULL,
	  ALL,
	  { .identity = { .set_user = true, .inner_user = 5, .set_group = true, .inner_group = 6 } },
	  true,
	  "5 5 5" },
	{ CONTAINER_OWNED_BY_ROOT, { "{pid}" }, NULL, ALL, { .namespaces = BIT(PID) }, true, "0 0 0" },
};

static void check_view(size_t row, const struct container *container, const struct view *view,
		       const struct maproot_child *child)
{
	unsigned int created = rows[row].request.namespaces;
	unsigned int joined = container->types & rows[row].joined & ~created;
	unsigned int different;

	if (created & BIT(USER))
		created |= BIT(MNT);
	different = container_difference(0, view->pid);
	ck_assert_msg(different == (joined | created), "differs from the host in %s", container_types(different));
	different = container_difference(container->pid, view->pid);
	ck_assert_msg(different == ((container->types & ~joined) | created), "differs from the container in %s",
		      container_types(different));
	if (rows[row].user)
		ck_assert_str_eq(view_line(view, "user"), rows[row].user);
	ck_assert_str_eq(view_line(view, "descriptors"), "0 1 2");
	ck_assert_str_eq(view_line(view, "environment"), "A=1");
	ck_assert_str_eq(view_line(view, "death-signal"), support_text("%d", rows[row].request.death_signal));
	ck_assert_int_eq(child->init != 0, (created & BIT(PID)) && !rows[row].request.as_pid_1);
	if (rows[row].request.as_pid_1)
		ck_assert_str_eq(view_line(view, "pid"), "1");
	if (rows[row].request.boottime)
		ck_assert_int_ge(strtoll(view_line(view, "boottime"), NULL, 10), rows[row].request.boottime);
	else
		ck_assert_int_eq(strtoll(view_line(view, "boottime"), NULL, 10) >= 100000, (joined & BIT(TIME)) != 0);
}

START_TEST(the_command_is_there)
{
	struct container container = { .kind = rows[_i].kind };
	struct maproot_request request = rows[_i].request;
	struct maproot_child child;
	struct view view;
	pthread_t threads[2];
	const char *before;
	int status;

	if (!rows[_i].as_root)
		unit_become_user();
	container_start(&container);
	request.joins = expand_joins(&container, rows[_i].joins, &request.join_count);
	request.join_order = rows[_i].order;
	request.keep_fds = 3; /* Check's own files are open */
	if (!(container.types & rows[_i].joined & BIT(MNT)))
		container.program = container_inside();
	start_threads(threads);
	before = state_of_host();
	spawn_view(&request, &container, &child, &view);
	check_view((size_t)_i, &container, &view, &child);
	ck_assert_int_eq(kill(child.pid, SIGUSR1), 0);
	ck_assert_int_eq(maproot_supervise(&child, &status, NULL), 0);
	ck_assert_int_eq(status, 0);
	(void)close(child.pidfd);
	ck_assert_str_eq(state_of_host(), before);
	end_threads(threads);
	free(view.text);
	container_end(&container);
}
END_TEST

static const struct {
	const char *joins[4];
	const char *command; /* NULL: the program inside */
	struct maproot_request request;
	int code;
	enum maproot_step step;
	const char *said; /* in the terms of container_expand(); NULL: whatever */
} failures[] = {
	{ { "{pid}" },
	  "/nonesuch",
	  { .keep_fds = 3 },
	  ENOENT,
	  MAPROOT_STEP_FIND,
	  "cannot find '/nonesuch': No such file or directory" },
	{ { "{pid}" },
	  "/nonesuch",
	  { .namespaces = BIT(PID) },
	  ENOENT,
	  MAPROOT_STEP_FIND,
	  "cannot find '/nonesuch': No such file or directory" },
	{ { "user,net={pid}" },
	  "/etc/passwd",
	  { .keep_fds = 3 },
	  EACCES,
	  MAPROOT_STEP_EXEC,
	  "cannot execute '/etc/passwd': Permission denied" },
	{ { "net={pid}" },
	  NULL,
	  { .keep_fds = 3 },
	  EPERM,
	  MAPROOT_STEP_JOIN_RIGHTS,
	  "no permission to join net namespace of process {pid}: CAP_SYS_ADMIN is lacking in our own user namespace "
	  "(join the "
	  "user namespace that owns it as well)" },
	{ { "2147483647" }, NULL, { .keep_fds = 3 }, ESRCH, MAPROOT_STEP_NO_PROCESS, "there is no process 2147483647" },
	{ { "pid:{pid}:1" },
	  NULL,
	  { .keep_fds = 3 },
	  ESRCH,
	  MAPROOT_STEP_NO_PROCESS,
	  "there is no process {pid} that started then: the number was given to another" },
	{ { "/dev/null" },
	  NULL,
	  { .keep_fds = 3 },
	  EINVAL,
	  MAPROOT_STEP_NOT_NAMESPACE,
	  "'/dev/null' is a device, not a namespace" },
	{ { "{pid}" },
	  NULL,
	  { .identity = { .set_user = true, .inner_user = 77 } },
	  EINVAL,
	  MAPROOT_STEP_SET_UID,
	  "cannot become user 77: Invalid argument" },
	{ { "{pid}" },
	  NULL,
	  { .identity = { .supplementary = MAPROOT_GROUPS_DROP } },
	  EPERM,
	  MAPROOT_STEP_GROUPS,
	  "cannot set the supplementary groups (none): Operation not permitted" },
	{ { "{pid}" },
	  NULL,
	  { .directory = "/nonesuch" },
	  ENOENT,
	  MAPROOT_STEP_CHDIR,
	  "cannot change directory to '/nonesuch': No such file or directory" },
	{ { "{pid}" }, NULL, { .in_place = true }, EINVAL, MAPROOT_STEP_REQUEST, "a spawn is never in place" },
	{ { "{pid}" }, NULL, { .name = "n" }, EINVAL, MAPROOT_STEP_REQUEST, NULL },
	{ { "{pid}" },
	  NULL,
	  { .root = "/" },
	  EINVAL,
	  MAPROOT_STEP_REQUEST,
	  "root, mounts and propagation need a new mount namespace, not a joined one" },
};

START_TEST(a_failure_leaves_nothing)
{
	struct container container = { .kind = CONTAINER_UNSHARE };
	struct maproot_request request = failures[_i].request;
	struct maproot_child child = { .pid = -7, .pidfd = -7 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char *argv[] = { (char *)failures[_i].command, (char *)"exit", (char *)"7", NULL };
	const char *before;
	pthread_t threads[2];
	size_t running;

	if (getgroups(0, NULL) == 0 && geteuid() != 0 && request.identity.supplementary == MAPROOT_GROUPS_DROP)
		return; /* who has none has them dropped */
	unit_become_user();
	container_start(&container);
	if (!argv[0])
		argv[0] = (char *)container.program;
	request.joins = expand_joins(&container, failures[_i].joins, &request.join_count);
	start_threads(threads);
	before = state_of_host();
	running = support_descendants(getpid(), NULL, 0);
	ck_assert_int_eq(maproot_spawn(&request, argv, NULL, &child, &err), -failures[_i].code);
	unit_check_error(&err, failures[_i].code, failures[_i].step,
			 failures[_i].said ? container_expand(&container, failures[_i].said) : NULL);
	ck_assert_int_eq(child.pid, -7);
	ck_assert_int_eq(child.pidfd, -7);
	ck_assert_str_eq(state_of_host(), before);
	ck_assert_uint_eq(support_descendants(getpid(), NULL, 0), running);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG | __WALL), 0); /* the container is the only child */
	end_threads(threads);
	container_end(&container);
}
END_TEST

static int compare(const void *one, const void *other)
{
	const int64_t *a = one;
	const int64_t *b = other;

	return (*a > *b) - (*a < *b);
}

/* The shortest time of many spawns, in us: what others do on the machine is not in it. */
static int64_t measure(const struct maproot_request *request, const struct container *container)
{
	enum { COUNT = 31 };
	char *argv[] = { (char *)container->program, (char *)"exit", (char *)"7", NULL };
	int64_t times[COUNT];
	int status;

	for (int at = 0; at < COUNT; at++) {
		struct maproot_child child;
		int64_t start = support_now_us();

		ck_assert_int_eq(maproot_spawn(request, argv, NULL, &child, NULL), 0);
		times[at] = support_now_us() - start;
		ck_assert_int_eq(waitpid(child.pid, &status, 0), child.pid);
		(void)close(child.pidfd);
	}
	qsort(times, COUNT, sizeof(times[0]), compare);
	return times[0];
}

/* With 1 MB, and with 1 GB: the kernel has no page table of it to copy. */
START_TEST(memory_costs_nothing)
{
	static const unsigned int created[] = { 0, BIT(NET), BIT(UTS) | BIT(IPC) };
	const size_t size = (size_t)1 << 30;
	struct container container = { .kind = CONTAINER_UNSHARE };
	struct maproot_request request = { .namespaces = created[_i], .join_count = 1 };
	struct maproot_request copying = { .namespaces = BIT(TIME), .join_count = 1 };
	const char *joins[1];
	int64_t large;
	int64_t small;
	char *memory;

	unit_become_user();
	container_start(&container);
	joins[0] = container_keep(support_text("%d", (int)container.pid));
	request.joins = copying.joins = joins;
	small = measure(&request, &container);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	(void)madvise(memory, size, MADV_NOHUGEPAGE);
	memset(memory, 1, size);
	large = measure(&request, &container);
	ck_assert_msg(large < 2 * small + 500, "%lld us with 1 GB, %lld us with 1 MB", (long long)large,
		      (long long)small);
	/* Where memory has to be copied, it is seen: the times above are worth something. */
	if (_i == 0 && container_has_time())
		ck_assert_int_gt(measure(&copying, &container), 3 * large);
	ck_assert_int_eq(munmap(memory, size), 0);
	container_end(&container);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("joining/spawn", &tc);

	container_set_up();
	for (size_t at = 0; at < UNIT_COUNT(rows); at++) {
		if (container_possible(rows[at].kind) && (geteuid() == 0 || !rows[at].as_root) &&
		    (container_has_time() || !(rows[at].request.namespaces & BIT(TIME))))
			tcase_add_loop_test(tc, the_command_is_there, (int)at, (int)at + 1);
	}
	tcase_add_loop_test(tc, a_failure_leaves_nothing, 0, UNIT_COUNT(failures));
	if (!UNIT_SANITIZED)
		tcase_add_loop_test(tc, memory_costs_nothing, 0, 3);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

/*
 * Contract of maproot_spawn() with joins: the command is in exactly the namespaces that were asked for, joined and new ones mixed,
 * and the host in its own, from any thread of a host of any size; a start costs the same whatever memory the host has (but for
 * time); the host is dumpable afterwards as it was; what can't be joined is said, and leaves no process and no descriptor.
 */
#include "place.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <maproot/run.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ALL = MAPROOT_NAMESPACE_ALL };

static char *const waits[] = { (char *)"sleep", (char *)"1000", NULL };

static struct maproot_child spawn(const struct maproot_request *request)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_child child = { .pid = 0 };
	char text[400];

	if (maproot_spawn(request, waits, NULL, &child, &err) < 0) {
		(void)maproot_error_format(&err, text, sizeof(text));
		ck_abort_msg("%s", text);
	}
	return child;
}

static void end(const struct maproot_child *child)
{
	int status;

	ck_assert_int_eq(kill(child->pid, SIGKILL), 0);
	ck_assert_int_eq(maproot_supervise(child, &status, NULL), 0);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	if (child->pidfd >= 0)
		(void)close(child->pidfd);
}

static const struct {
	unsigned int made;   /* of the process to join */
	const char *types;   /* "user,net=" or "" */
	unsigned int joined; /* what the command has of it */
	unsigned int created;
	bool as_root;
} rows[] = {
	{ PLACE_BIT(USER) | PLACE_BIT(NET), "", PLACE_BIT(USER) | PLACE_BIT(NET), 0, false },
	{ ALL, "", ALL, 0, false },
	{ ALL & ~PLACE_BIT(TIME), "", ALL & ~PLACE_BIT(TIME), 0, false },
	{ ALL, "user,pid=", PLACE_BIT(USER) | PLACE_BIT(PID), 0, false },
	{ ALL, "user,time=", PLACE_BIT(USER) | PLACE_BIT(TIME), 0, false },
	{ ALL, "user,uts=", PLACE_BIT(USER) | PLACE_BIT(UTS), PLACE_BIT(NET) | PLACE_BIT(IPC), false },
	{ ALL, "", ALL & ~PLACE_BIT(NET), PLACE_BIT(NET), false },
	{ ALL, "", ALL & ~PLACE_BIT(PID), PLACE_BIT(PID), false },
	{ ALL, "", ALL & ~PLACE_BIT(TIME), PLACE_BIT(TIME), false },
	{ ALL, "", ALL & ~(PLACE_BIT(TIME) | PLACE_BIT(PID)), PLACE_BIT(TIME) | PLACE_BIT(PID), false },
	{ PLACE_BIT(NET) | PLACE_BIT(UTS), "net=", PLACE_BIT(NET), 0, true },
	{ PLACE_BIT(NET) | PLACE_BIT(PID), "", PLACE_BIT(NET) | PLACE_BIT(PID), 0, true },
	{ PLACE_BIT(NET), "net=", PLACE_BIT(NET), PLACE_BIT(USER) | PLACE_BIT(MNT), true },
};

/* Of a process that was started before or after, so that it can be compared with the host. */
static void check_place(pid_t pid, pid_t target, unsigned int joined, unsigned int created)
{
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		const char *name = maproot_namespace_name(type);
		ino_t id = place_id(pid, name);

		if (joined & MAPROOT_NAMESPACE_BIT(type))
			ck_assert_msg(id == place_id(target, name), "%s is not joined", name);
		else if (created & MAPROOT_NAMESPACE_BIT(type))
			ck_assert_msg(id != place_id(target, name) && id != place_id(getpid(), name), "%s is not new",
				      name);
		else
			ck_assert_msg(id == place_id(getpid(), name), "%s is not inherited", name);
	}
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		support_die("cannot write %s", path);
	(void)close(fd);
}

/* Makes the namespaces, and stays beside the one who stands in them: pid and time are for children. */
static _Noreturn void make_and_tell(unsigned int types, int out)
{
	const char *map = support_text("0 %u 1", geteuid());
	const char *group_map = support_text("0 %u 1", getegid());
	unsigned int flags = 0;
	pid_t pid;

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++)
		if (types & MAPROOT_NAMESPACE_BIT(type))
			flags |= maproot_namespace_flag(type);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare((int)flags) < 0)
		support_die("cannot unshare");
	if (types & PLACE_BIT(USER)) {
		write_text("/proc/self/setgroups", "deny");
		write_text("/proc/self/uid_map", map);
		write_text("/proc/self/gid_map", group_map);
	}
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	if (pid < 0 || write(out, &pid, sizeof(pid)) != sizeof(pid))
		support_die("cannot tell who is inside");
	(void)close(out);
	(void)waitpid(pid, NULL, 0);
	_exit(0);
}

/* The process to join; `*ret_maker` is to be ended, and takes it along. */
static pid_t make_target(unsigned int types, pid_t *ret_maker)
{
	int ends[2];
	pid_t inside = 0;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	*ret_maker = fork();
	if (*ret_maker == 0)
		make_and_tell(types, ends[1]);
	(void)close(ends[1]);
	ck_assert_int_eq(read(ends[0], &inside, sizeof(inside)), sizeof(inside));
	(void)close(ends[0]);
	return inside;
}

/* The maker sees the end of the other one, and ends. */
static void end_target(pid_t target, pid_t maker)
{
	ck_assert_int_eq(kill(target, SIGKILL), 0);
	ck_assert_int_eq(waitpid(maker, NULL, 0), maker);
}

static void start_all_around(size_t row, pid_t target)
{
	const char *reference = support_text("%s%d", rows[row].types, (int)target);
	const struct maproot_request request = { .joins = &reference,
						 .join_count = 1,
						 .namespaces = rows[row].created };
	struct place_whereabouts before;
	size_t descriptors = place_descriptors();
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	struct maproot_child child;

	place_remember(&before);
	child = spawn(&request);
	check_place(child.pid, target, rows[row].joined, rows[row].created);
	place_check_unmoved(&before);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), dumpable);
	end(&child);
	ck_assert_uint_eq(place_descriptors(), descriptors);
}

static void *idle(void *arg)
{
	(void)pthread_barrier_wait(arg);
	for (;;)
		(void)pause();
	return NULL;
}

static void have_threads(void)
{
	static pthread_barrier_t barrier;
	pthread_t thread;

	(void)pthread_barrier_init(&barrier, NULL, 5);
	for (int at = 0; at < 4; at++)
		ck_assert_int_eq(pthread_create(&thread, NULL, idle, &barrier), 0);
	(void)pthread_barrier_wait(&barrier);
}

START_TEST(the_command_is_where_it_was_asked_to_be)
{
	pid_t maker;
	pid_t target;

	if (!rows[_i].as_root)
		unit_become_user();
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
	target = make_target(rows[_i].made, &maker);
	have_threads();
	start_all_around((size_t)_i, target);
	end_target(target, maker);
}
END_TEST

/* Nothing is left where the second half is refused: user of our own is joined, uts of the machine can't be. */
START_TEST(what_is_refused_leaves_nothing)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_child child;
	const char *references[2];
	pid_t strange = place_make(PLACE_BIT(UTS), 0);
	int fd = open(support_text("/proc/%d/ns/uts", (int)strange), O_RDONLY | O_CLOEXEC);
	struct maproot_request request = { .joins = references, .join_count = 2 };
	size_t descriptors;
	pid_t own;

	unit_end(strange);
	unit_become_user();
	own = place_make(PLACE_BIT(USER) | PLACE_BIT(NET), 0);
	references[0] = support_text("user,net=%d", (int)own);
	references[1] = support_text("uts=fd:%d", fd);
	have_threads();
	descriptors = place_descriptors();
	ck_assert_int_eq(maproot_spawn(&request, waits, NULL, &child, &err), -EPERM);
	ck_assert_int_eq(err.step, MAPROOT_STEP_JOIN_RIGHTS);
	ck_assert_msg(strstr(err.object, "uts namespace of") && strstr(err.object, "CAP_SYS_ADMIN is lacking"), "%s",
		      err.object);
	ck_assert_uint_eq(place_descriptors(), descriptors);
	unit_end(own);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	(void)close(fd);
}
END_TEST

START_TEST(what_a_spawn_does_not_do)
{
	static const struct {
		struct maproot_request request;
		const char *text;
	} refused[] = {
		{ { .in_place = true }, "a spawn is never in place" },
		{ { .name = "a" }, "a spawn keeps no name: somebody has to wait for its end (see maproot_name_claim)" },
		{ { .join_order = "net" }, "an order of joining needs something to join" },
	};
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_child child;

	ck_assert_int_eq(maproot_spawn(&refused[_i].request, waits, NULL, &child, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST, refused[_i].text);
}
END_TEST

/* The shortest of many: what others do on the machine is not in it. */
static int64_t time_starts(const struct maproot_request *request)
{
	int64_t shortest = INT64_MAX;

	for (int at = 0; at < 31; at++) {
		int64_t before = support_now_us();
		struct maproot_child child = spawn(request);
		int64_t took = support_now_us() - before;

		if (took < shortest)
			shortest = took;
		end(&child);
	}
	return shortest;
}

/* A copy of the page tables of so much memory would take many times as long as all the rest. */
START_TEST(a_large_host_waits_no_longer)
{
	size_t size = (size_t)support_size(256, 512, 1024) << 20;
	pid_t maker;
	pid_t target;
	const char *reference;
	struct maproot_request request = { .joins = &reference, .join_count = 1 };
	int64_t small;
	int64_t large;
	char *memory;

	unit_become_user();
	target = make_target(ALL & ~PLACE_BIT(TIME), &maker);
	reference = support_text("%d", (int)target);
	have_threads();
	small = time_starts(&request);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	(void)madvise(memory, size, MADV_NOHUGEPAGE);
	for (size_t at = 0; at < size; at += 4096)
		memory[at] = 1;
	large = time_starts(&request);
	end_target(target, maker);
	ck_assert_msg(large < 3 * small + 1000, "%lld us, and %lld us with much memory", (long long)small,
		      (long long)large);
}
END_TEST

/* Children that write maps of themselves need what those that join take away: each start has to work all the same. */
struct crowd {
	const struct maproot_request *request;
	int count;
	int failed;
};

static void *start_many(void *arg)
{
	struct crowd *crowd = arg;

	for (int at = 0; at < crowd->count; at++) {
		struct maproot_child child;
		int status;

		if (maproot_spawn(crowd->request, waits, NULL, &child, NULL) < 0) {
			crowd->failed++;
			continue;
		}
		(void)kill(child.pid, SIGKILL);
		(void)maproot_supervise(&child, &status, NULL);
		if (child.pidfd >= 0)
			(void)close(child.pidfd);
	}
	return NULL;
}

START_TEST(many_threads_of_both_kinds)
{
	enum { THREADS = 6 };
	static const struct maproot_request plain = { .namespaces = 0 };
	struct maproot_request joining = { .join_count = 1 };
	struct crowd crowds[THREADS];
	pthread_t threads[THREADS];
	const char *reference;
	pid_t maker;
	pid_t target;

	unit_become_user();
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
	target = make_target(PLACE_BIT(USER) | PLACE_BIT(NET) | PLACE_BIT(PID), &maker);
	reference = support_text("%d", (int)target);
	joining.joins = &reference;
	for (int at = 0; at < THREADS; at++) {
		crowds[at] = (struct crowd){ at % 2 ? &joining : &plain, support_size(20, 60, 300), 0 };
		ck_assert_int_eq(pthread_create(&threads[at], NULL, start_many, &crowds[at]), 0);
	}
	for (int at = 0; at < THREADS; at++) {
		ck_assert_int_eq(pthread_join(threads[at], NULL), 0);
		ck_assert_msg(crowds[at].failed == 0, "thread %d: %d starts failed", at, crowds[at].failed);
	}
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
	end_target(target, maker);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("running/spawn_joined", &tc);

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, the_command_is_where_it_was_asked_to_be, 0, (int)UNIT_COUNT(rows));
	tcase_add_test(tc, what_is_refused_leaves_nothing);
	tcase_add_loop_test(tc, what_a_spawn_does_not_do, 0, 3);
	tcase_add_test(tc, a_large_host_waits_no_longer);
	tcase_add_test(tc, many_threads_of_both_kinds);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

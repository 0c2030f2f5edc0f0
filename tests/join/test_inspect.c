/*
 * Contract of include/maproot/inspect.h: every type that the process has, which one it is in, whether that is
 * ours, who owns it as far as the kernel tells, and who else is in it, the lowest numbers first; of the calling
 * thread, not of its process's first one; of the process, not of its children to be. Processes that come, go or
 * can't be read meanwhile are no error; one that is no process, has ended or may not be looked at is.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <maproot/inspect.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SHOWN = 16 };

/* All that was told, in the order in which it was. */
struct told {
	size_t count;
	struct maproot_namespace_info info[MAPROOT_NAMESPACE_COUNT];
	pid_t members[MAPROOT_NAMESPACE_COUNT][SHOWN];
};

static int note(void *arg, const struct maproot_namespace_info *info)
{
	struct told *told = arg;

	ck_assert_uint_lt(told->count, MAPROOT_NAMESPACE_COUNT);
	ck_assert_uint_le(info->members_shown, SHOWN);
	ck_assert_uint_le(info->members_shown, info->member_count);
	memcpy(told->members[info->type], info->members, info->members_shown * sizeof(pid_t));
	told->info[told->count++] = *info;
	return 0;
}

static struct told ask(pid_t pid)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct told told = { .count = 0 };
	int code = maproot_inspect(pid, note, &told, &err);

	ck_assert_msg(code == 0, "%s: %s: %s", maproot_step_name(err.step), err.object, strerror(-code));
	return told;
}

static const struct maproot_namespace_info *of(const struct told *told, enum maproot_namespace type)
{
	for (size_t at = 0; at < told->count; at++) {
		if (told->info[at].type == type)
			return &told->info[at];
	}
	ck_abort_msg("nothing was told of %s", maproot_namespace_name(type));
}

static uint64_t id_at(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_ino : 0;
}

static uint64_t id_of(pid_t pid, unsigned int type)
{
	return id_at(support_text("/proc/%d/ns/%s", (int)pid, maproot_namespace_name(type)));
}

static bool is_member(const struct told *told, enum maproot_namespace type, pid_t pid)
{
	for (size_t at = 0; at < of(told, type)->members_shown; at++) {
		if (told->members[type][at] == pid)
			return true;
	}
	return false;
}

/* A child that has done `flags`, and waits. */
static pid_t start_in(int flags)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		support_die("pipe2");
	pid = fork();
	if (pid == 0) {
		if (unshare(flags) < 0 || write(ready[1], "", 1) != 1)
			_exit(99);
		for (;;)
			(void)pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		support_die("unshare %#x", (unsigned int)flags);
	close(ready[0]);
	return pid;
}

START_TEST(ourselves)
{
	struct told told = ask(_i ? getpid() : 0);
	unsigned int types = 0;

	for (size_t at = 0; at < told.count; at++) {
		const struct maproot_namespace_info *info = &told.info[at];

		ck_assert(at == 0 || info->type > told.info[at - 1].type);
		ck_assert_uint_eq(info->id, id_of(getpid(), info->type));
		ck_assert(info->ours);
		ck_assert_uint_ge(info->member_count, 1);
		types |= MAPROOT_NAMESPACE_BIT(info->type);
	}
	ck_assert_uint_eq(types, maproot_namespaces_supported());
}
END_TEST

START_TEST(a_container)
{
	uint64_t user;
	struct told told;
	pid_t child;

	if (geteuid() == 0)
		unit_become_user();
	child = start_in(CLONE_NEWUSER | CLONE_NEWUTS | CLONE_NEWNET);
	user = id_of(child, MAPROOT_NAMESPACE_USER);
	told = ask(child);
	for (size_t at = 0; at < told.count; at++) {
		const struct maproot_namespace_info *info = &told.info[at];
		bool is_new = info->type == MAPROOT_NAMESPACE_USER || info->type == MAPROOT_NAMESPACE_UTS ||
			      info->type == MAPROOT_NAMESPACE_NET;

		ck_assert_uint_eq(info->id, id_of(child, info->type));
		ck_assert_int_eq(info->ours, !is_new);
		if (!is_new)
			continue;
		ck_assert_uint_eq(info->member_count, 1);
		ck_assert_uint_eq(info->members_shown, 1);
		ck_assert_int_eq(told.members[info->type][0], child);
		ck_assert(info->owner_known && info->user_known);
		ck_assert_uint_eq(info->owner_user, geteuid());
		ck_assert_uint_eq(info->owner, info->type == MAPROOT_NAMESPACE_USER ? id_at("/proc/self/ns/user") : user);
	}
	ck_assert_uint_ne(id_of(child, MAPROOT_NAMESPACE_UTS), id_at("/proc/self/ns/uts"));
	unit_end(child);
}
END_TEST

/* What is above us is not told, but for who made our own user namespace: whom we see as whoever he is mapped to. */
START_TEST(owners_above)
{
	struct told told;

	unit_enter_namespace(0);
	told = ask(0);
	ck_assert(!of(&told, MAPROOT_NAMESPACE_NET)->owner_known);
	ck_assert(!of(&told, MAPROOT_NAMESPACE_NET)->user_known);
	ck_assert(!of(&told, MAPROOT_NAMESPACE_USER)->owner_known);
	ck_assert(of(&told, MAPROOT_NAMESPACE_USER)->user_known);
	ck_assert_uint_eq(of(&told, MAPROOT_NAMESPACE_USER)->owner_user, 0);
	ck_assert(of(&told, MAPROOT_NAMESPACE_MNT)->owner_known);
	ck_assert_uint_eq(of(&told, MAPROOT_NAMESPACE_MNT)->owner, id_at("/proc/self/ns/user"));
	ck_assert_uint_eq(of(&told, MAPROOT_NAMESPACE_MNT)->owner_user, 0);
}
END_TEST

/*
 * More than are shown: the lowest, in order, and all counted. Asked about the last one too, which is not among the
 * lowest.
 */
START_TEST(many_members)
{
	enum { MANY = 300 };
	pid_t member[MANY];
	const pid_t *shown;
	struct told told;

	unit_enter_namespace(CLONE_NEWUTS);
	for (int at = 0; at < MANY; at++)
		member[at] = start_in(0);
	for (int asked = 0; asked < MANY; asked += MANY - 1) {
		told = ask(member[asked]);
		shown = told.members[MAPROOT_NAMESPACE_UTS];
		/* and this process, which is the first one */
		ck_assert_uint_eq(of(&told, MAPROOT_NAMESPACE_UTS)->member_count, MANY + 1);
		ck_assert_uint_eq(of(&told, MAPROOT_NAMESPACE_UTS)->members_shown, SHOWN);
		for (size_t at = 1; at < SHOWN; at++)
			ck_assert_int_lt(shown[at - 1], shown[at]);
		ck_assert(is_member(&told, MAPROOT_NAMESPACE_UTS, member[0]) ||
			  member[0] > shown[SHOWN - 1]); /* numbers may have begun again */
	}
	for (int at = 0; at < MANY; at++)
		unit_end(member[at]);
}
END_TEST

/* A thread elsewhere. */
static void *ask_inside(void *arg)
{
	struct told *told = arg;

	if (unshare(CLONE_NEWUTS) < 0)
		support_die("unshare");
	*told = ask(0);
	if (of(told, MAPROOT_NAMESPACE_UTS)->id != id_at("/proc/thread-self/ns/uts"))
		support_die("another namespace than the thread's");
	return NULL;
}

START_TEST(a_thread)
{
	struct told told;
	pthread_t thread;

	unit_enter_namespace(0);
	ck_assert_int_eq(pthread_create(&thread, NULL, ask_inside, &told), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(of(&told, MAPROOT_NAMESPACE_UTS)->ours);
	ck_assert_uint_ne(of(&told, MAPROOT_NAMESPACE_UTS)->id, id_at("/proc/self/ns/uts"));
	ck_assert_uint_eq(of(&told, MAPROOT_NAMESPACE_UTS)->member_count, 1);
	ck_assert_int_eq(told.members[MAPROOT_NAMESPACE_UTS][0], getpid());
	ck_assert(is_member(&told, MAPROOT_NAMESPACE_MNT, getpid()));
}
END_TEST

/* Not what the children get. */
START_TEST(not_for_children)
{
	uint64_t pid = id_at("/proc/self/ns/pid");
	uint64_t time = id_at("/proc/self/ns/time");
	struct told told;

	unit_enter_namespace(0);
	ck_assert_int_eq(unshare(CLONE_NEWPID), 0);
	if (time != 0)
		ck_assert_int_eq(unshare(0x80), 0); /* CLONE_NEWTIME */
	told = ask(0);
	ck_assert_uint_eq(of(&told, MAPROOT_NAMESPACE_PID)->id, pid);
	ck_assert_uint_ne(id_at("/proc/self/ns/pid_for_children"), pid);
	if (time != 0)
		ck_assert_uint_eq(of(&told, MAPROOT_NAMESPACE_TIME)->id, time);
}
END_TEST

static int never(void *arg, const struct maproot_namespace_info *info)
{
	(void)arg;
	(void)info;
	ck_abort_msg("told of a process that is none");
}

static void check_no_process(pid_t pid)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(maproot_inspect(pid, never, NULL, &err), -ESRCH);
	unit_check_error(&err, ESRCH, MAPROOT_STEP_NO_PROCESS, support_text("there is no process %d", (int)pid));
}

static void *wait_as_thread(void *arg)
{
	*(_Atomic pid_t *)arg = (pid_t)syscall(SYS_gettid);
	for (;;)
		(void)pause();
	return NULL;
}

START_TEST(no_process)
{
	_Atomic pid_t tid = 0;
	pthread_t thread;
	pid_t child = start_in(0);

	ck_assert_int_eq(kill(child, SIGKILL), 0);
	while (support_state(child) != 'Z')
		support_sleep_us(1000);
	check_no_process(child);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	check_no_process(child);
	check_no_process(INT32_MAX);
	ck_assert_int_eq(pthread_create(&thread, NULL, wait_as_thread, &tid), 0);
	while (tid == 0)
		support_sleep_us(1000);
	check_no_process(tid);
}
END_TEST

START_TEST(not_to_be_looked_at)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t child = start_in(0);
	pid_t watcher = fork();
	int status;

	if (watcher == 0) {
		unit_become_user();
		ck_assert_int_eq(maproot_inspect(child, never, NULL, &err), -EACCES);
		unit_check_error(&err, EACCES, MAPROOT_STEP_INSPECT,
				 support_text("cannot read the namespaces of process %d: Permission denied", (int)child));
		_exit(0);
	}
	ck_assert_int_eq(waitpid(watcher, &status, 0), watcher);
	ck_assert_int_eq(status, 0);
	unit_end(child);
}
END_TEST

static int end_here(void *arg, const struct maproot_namespace_info *info)
{
	(void)info;
	return ++*(int *)arg == 3 ? 4711 : 0;
}

START_TEST(the_caller_may_end_it)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int calls = 0;

	ck_assert_int_eq(maproot_inspect(0, end_here, &calls, &err), 4711);
	ck_assert_int_eq(calls, 3);
	ck_assert_int_eq(err.code, 0);
}
END_TEST

/* Processes start and end all the time. */
static pid_t start_storm(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (;;) {
			pid_t brief = fork();

			if (brief == 0)
				_exit(0);
			(void)waitpid(brief, NULL, 0);
		}
	}
	return pid;
}

START_TEST(processes_come_and_go)
{
	pid_t storm[2] = { start_storm(), start_storm() };
	pid_t child = start_in(0);

	for (int round = 0; round < support_size(20, 100, 2000); round++) {
		struct told told = ask(round % 2 ? child : 0);

		ck_assert_uint_ge(of(&told, MAPROOT_NAMESPACE_MNT)->member_count, 2);
	}
	unit_end(storm[0]);
	unit_end(storm[1]);
	support_kill_descendants();
}
END_TEST

/* One that ends while it is asked about is told of whole, or is no process; never in part. */
START_TEST(the_process_itself_goes)
{
	unsigned int types = maproot_namespaces_supported();
	bool seen[2] = { false, false };

	for (int round = 0; round < support_size(50, 300, 3000); round++) {
		struct maproot_error err = MAPROOT_ERROR_INIT;
		struct told told = { .count = 0 };
		pid_t child = fork();
		int code;

		if (child == 0) {
			support_sleep_us(round % 50 * 10);
			_exit(0);
		}
		code = maproot_inspect(child, note, &told, &err);
		if (code == 0)
			ck_assert_int_eq(told.count, __builtin_popcount(types));
		else
			ck_assert_msg(code == -ESRCH && err.step == MAPROOT_STEP_NO_PROCESS && told.count == 0, "%s: %s",
				      maproot_step_name(err.step), strerror(-code));
		seen[code == 0] = true;
		ck_assert_int_eq(waitpid(child, NULL, 0), child);
	}
	ck_assert(seen[0] || seen[1]);
}
END_TEST

static int look_past(void *hidden)
{
	struct told told;

	unit_become_user();
	told = ask(0);
	ck_assert(is_member(&told, MAPROOT_NAMESPACE_NET, getpid()));
	ck_assert(!is_member(&told, MAPROOT_NAMESPACE_NET, *(pid_t *)hidden));
	return 0;
}

START_TEST(hidden_processes)
{
	pid_t child = start_in(0);

	unit_private_mounts();
	ck_assert_int_eq(mount("proc", "/proc", "proc", 0, "hidepid=2"), 0);
	ck_assert_int_eq(unit_in_child(look_past, &child), 0);
	unit_end(child);
}
END_TEST

static size_t open_descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static int look_with_stdio_closed(void *arg, const struct maproot_namespace_info *info)
{
	(void)info;
	for (int fd = 0; fd < 3; fd++)
		*(bool *)arg = *(bool *)arg && fcntl(fd, F_GETFD) < 0;
	return 0;
}

START_TEST(no_descriptor_is_left)
{
	pid_t child = start_in(0);
	bool closed = true;
	size_t before;

	for (int fd = 0; fd < 3; fd++)
		(void)close(fd);
	before = open_descriptors();
	if (maproot_inspect(0, look_with_stdio_closed, &closed, NULL) != 0 ||
	    maproot_inspect(child, look_with_stdio_closed, &closed, NULL) != 0 ||
	    maproot_inspect(INT32_MAX, look_with_stdio_closed, &closed, NULL) != -ESRCH || !closed)
		_exit(98);
	if (open_descriptors() != before)
		_exit(97);
	unit_end(child);
	_exit(0);
}
END_TEST

START_TEST(without_proc)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_private_mounts();
	ck_assert_int_eq(mount("tmpfs", "/proc", "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(maproot_inspect(0, never, NULL, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_FACTS, "cannot read /proc/thread-self: No such file or directory");
	ck_assert_int_eq(mkdir("/proc/thread-self", 0755), 0);
	ck_assert_int_eq(symlink("1", "/proc/self"), 0);
	ck_assert_int_eq(maproot_inspect(0, never, NULL, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_NOT_NAMESPACE, "'/proc' is not a proc file system");
	ck_assert_int_eq(umount("/proc"), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *test;
	Suite *suite = unit_suite("inspect", &test);

	tcase_add_loop_test(test, ourselves, 0, 2);
	tcase_add_test(test, a_container);
	tcase_add_test(test, no_process);
	tcase_add_test(test, the_caller_may_end_it);
	tcase_add_test(test, processes_come_and_go);
	tcase_add_test(test, the_process_itself_goes);
	tcase_add_exit_test(test, no_descriptor_is_left, 0);
	if (geteuid() != 0)
		return suite;
	tcase_add_test(test, owners_above);
	tcase_add_test(test, many_members);
	tcase_add_test(test, a_thread);
	tcase_add_test(test, not_for_children);
	tcase_add_test(test, not_to_be_looked_at);
	tcase_add_test(test, hidden_processes);
	tcase_add_test(test, without_proc);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

/*
 * Contract of src/system/process.h: who holds a process holds that one, also when its number was given to another; what
 * is no process, is one no more, or started at another time is refused by name; nothing stays open on failure. The same
 * without pidfds, and where /proc counts otherwise than we do.
 */
#include "system/process.h"

#include "place.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* With all that the kernel has; as before Linux 5.3; behind a filter that knows the one call and not the other. */
enum { NEW_KERNEL,
       NO_PIDFD,
       NO_SIGNAL,
       KERNELS };

static void be_on(int kernel)
{
	if (kernel == NO_PIDFD)
		unit_deny(SYS_pidfd_open, ENOSYS);
	if (kernel == NO_SIGNAL)
		unit_deny(SYS_pidfd_send_signal, ENOSYS);
}

static void check_held(const struct mr_process *process, pid_t pid, bool pidfd)
{
	struct mr_nsfs_id id;
	uint64_t start;
	int fd;

	ck_assert_int_eq(process->pid, pid);
	ck_assert_int_gt(process->directory, 2);
	ck_assert_int_eq(fcntl(process->directory, F_GETFD), FD_CLOEXEC);
	if (pidfd) {
		ck_assert_int_gt(process->pidfd, 2);
		ck_assert_int_eq(fcntl(process->pidfd, F_GETFD), FD_CLOEXEC);
	} else {
		ck_assert_int_lt(process->pidfd, 0);
	}
	ck_assert_int_eq(mr_process_check(process), 0);
	ck_assert_int_eq(mr_process_start_time(process, &start), 0);
	ck_assert_uint_eq(start, place_start_time(pid));
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		ck_assert_int_eq(mr_process_namespace_id(process, type, &id), 0);
		ck_assert_uint_eq(id.inode, place_of(pid, type));
		fd = mr_process_open_namespace(process, type);
		ck_assert_int_gt(fd, 2);
		ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
		ck_assert(mr_nsfs_is(fd, id));
		close(fd);
	}
}

START_TEST(holds_another_and_itself)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t pid = place_make(PLACE_BIT(NET) | PLACE_BIT(UTS) | PLACE_BIT(TIME), PLACE_BIT(USER));
	size_t before;
	struct mr_process process;

	be_on(_i);
	before = place_descriptors();
	ck_assert_int_eq(mr_process_hold(pid, 0, &process, &err), 0);
	check_held(&process, pid, _i != NO_PIDFD);
	mr_process_release(&process);
	mr_process_release(&process);
	ck_assert_int_eq(mr_process_hold(pid, place_start_time(pid), &process, &err), 0);
	mr_process_release(&process);
	ck_assert_int_eq(mr_process_hold(getpid(), 0, &process, &err), 0);
	check_held(&process, getpid(), _i != NO_PIDFD);
	mr_process_release(&process);
	ck_assert_uint_eq(place_descriptors(), before);
	unit_end(pid);
}
END_TEST

static void refuse(pid_t pid, uint64_t start_time, const char *text)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_process process = { 77, -7, -8 };
	size_t before = place_descriptors();

	ck_assert_int_eq(mr_process_hold(pid, start_time, &process, &err), -ESRCH);
	unit_check_error(&err, ESRCH, MAPROOT_STEP_NO_PROCESS, text);
	ck_assert(process.pid == 77 && process.pidfd == -7 && process.directory == -8);
	ck_assert_int_eq(mr_process_hold(pid, start_time, &process, NULL), -ESRCH);
	ck_assert_uint_eq(place_descriptors(), before);
}

START_TEST(refuses_the_dead)
{
	pid_t pid = place_make(0, 0);

	be_on(_i);
	unit_end(pid);
	refuse(pid, 0, support_text("there is no process %d", (int)pid));
	refuse(pid, 5, support_text("there is no process %d", (int)pid));
	refuse(INT_MAX, 0, "there is no process 2147483647");
}
END_TEST

static void *wait_for_ever(void *arg)
{
	pid_t *tid = arg;

	__atomic_store_n(tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	for (;;)
		(void)pause();
	return NULL;
}

START_TEST(refuses_a_thread_that_leads_no_process)
{
	pthread_t thread;
	pid_t tid = 0;

	be_on(_i);
	ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_ever, &tid), 0);
	while (__atomic_load_n(&tid, __ATOMIC_ACQUIRE) == 0)
		support_sleep_us(1000);
	refuse(tid, 0, support_text("there is no process %d", (int)tid));
}
END_TEST

START_TEST(refuses_another_start_time)
{
	pid_t pid = place_make(0, 0);
	uint64_t start = place_start_time(pid);

	be_on(_i);
	for (int off = -1; off <= 1; off += 2)
		refuse(pid, start + (uint64_t)off,
		       support_text("there is no process %d that started then: the number was given to another",
				    (int)pid));
	unit_end(pid);
}
END_TEST

/* A name may look like the rest of the line, and its field 22. */
START_TEST(reads_the_start_time_behind_any_name)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	uint64_t before = place_start_time(getpid());
	struct mr_process process;
	uint64_t start;

	ck_assert_int_eq(prctl(PR_SET_NAME, ") 1 2 3 4 5 6 ("), 0);
	ck_assert_int_eq(mr_process_hold(getpid(), before, &process, &err), 0);
	ck_assert_int_eq(mr_process_start_time(&process, &start), 0);
	ck_assert(start == before);
	mr_process_release(&process);
}
END_TEST

/* It is there until it was waited for, but in few namespaces. */
START_TEST(a_zombie_is_held_and_empty)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t pid = place_zombie();
	struct mr_process process;
	struct mr_nsfs_id id;
	int status;

	be_on(_i);
	ck_assert_int_eq(mr_process_hold(pid, 0, &process, &err), 0);
	ck_assert_int_eq(mr_process_namespace_id(&process, MAPROOT_NAMESPACE_NET, &id), -ENOENT);
	ck_assert_int_eq(mr_process_open_namespace(&process, MAPROOT_NAMESPACE_NET), -ENOENT);
	ck_assert_int_eq(mr_process_check(&process), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(mr_process_check(&process), -ESRCH);
	mr_process_release(&process);
}
END_TEST

/* Held before, it is gone after, whoever has its number now. */
static int recycle(void *arg)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_process process;
	struct mr_nsfs_id id;
	uint64_t start;
	pid_t pid = place_make(PLACE_BIT(NET), 0);
	uint64_t started = place_start_time(pid);

	be_on(*(const int *)arg);
	if (mr_process_hold(pid, 0, &process, &err) != 0)
		return 1;
	unit_end(pid);
	support_sleep_us(20000); /* another clock tick: the start times differ */
	if (place_recycle(pid) != pid)
		return 2;
	if (mr_process_check(&process) != -ESRCH)
		return 3;
	if (mr_process_namespace_id(&process, MAPROOT_NAMESPACE_NET, &id) == 0 ||
	    mr_process_open_namespace(&process, MAPROOT_NAMESPACE_NET) >= 0 ||
	    mr_process_start_time(&process, &start) == 0)
		return 4;
	mr_process_release(&process);
	if (mr_process_hold(pid, started, &process, &err) != -ESRCH || err.step != MAPROOT_STEP_NO_PROCESS)
		return 5;
	if (mr_process_hold(pid, 0, &process, NULL) != 0 ||
	    mr_process_namespace_id(&process, MAPROOT_NAMESPACE_NET, &id) != 0 ||
	    id.inode != place_of(0, MAPROOT_NAMESPACE_NET))
		return 6;
	unit_end(pid);
	return 0;
}

START_TEST(a_recycled_number_is_somebody_else)
{
	int kernel = _i;
	int status = place_in_pid_namespace(recycle, &kernel);

	ck_assert_msg(status == 0, "status %#x", status);
}
END_TEST

enum { SWAPPED = 100 };

static _Noreturn void give_and_take(void)
{
	for (;;)
		unit_end(place_recycle(SWAPPED));
}

/* Whoever holds has both of one process: where that one is gone by its pidfd, it is by its directory as well. */
static int hold_while_recycled(void *arg)
{
	int64_t end = support_now_us() + support_size(500, 1500, 10000) * (int64_t)1000;
	struct mr_process process;
	int held = 0;
	int refused = 0;
	struct stat status;
	pid_t swapper = fork();

	(void)arg;
	if (swapper == 0)
		give_and_take();
	while (support_now_us() < end) {
		int code = mr_process_hold(SWAPPED, 0, &process, NULL);

		refused += code == -ESRCH;
		if (code < 0 && code != -ESRCH)
			return 1;
		if (code < 0)
			continue;
		held++;
		if (mr_process_check(&process) < 0 && fstatat(process.directory, "stat", &status, 0) == 0)
			return 2;
		mr_process_release(&process);
	}
	unit_end(swapper);
	return held > 0 && refused > 0 ? 0 : 3;
}

START_TEST(a_number_that_is_recycled_all_the_time)
{
	int status = place_in_pid_namespace(hold_while_recycled, NULL);

	ck_assert_msg(status == 0, "status %#x", status);
}
END_TEST

static int hold_pidfd(pid_t pid)
{
	int fd = mr_pidfd_open(pid);

	ck_assert_int_gt(fd, 2);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	return fd;
}

START_TEST(holds_by_a_pidfd)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t pid = place_make(PLACE_BIT(NET), 0);
	int pidfd = hold_pidfd(pid);
	size_t before = place_descriptors();
	struct mr_process process;

	ck_assert_int_eq(mr_process_hold_pidfd(pidfd, &process, &err), 0);
	check_held(&process, pid, true);
	ck_assert_int_ne(process.pidfd, pidfd);
	mr_process_release(&process);
	ck_assert_uint_eq(place_descriptors(), before);
	ck_assert_int_ge(fcntl(pidfd, F_GETFD), 0);
	unit_end(pid);
	ck_assert_int_eq(mr_process_hold_pidfd(pidfd, &process, &err), -ESRCH);
	unit_check_error(&err, ESRCH, MAPROOT_STEP_NO_PROCESS,
			 "there is no process any more that the descriptor holds");
	ck_assert_uint_eq(place_descriptors(), before);
}
END_TEST

static void *hold_elsewhere(void *arg)
{
	struct mr_process process;
	int pidfd;

	ck_assert_int_eq(unshare(CLONE_FILES), 0);
	pidfd = hold_pidfd(*(pid_t *)arg);
	ck_assert_int_eq(mr_process_hold_pidfd(pidfd, &process, NULL), 0);
	check_held(&process, *(pid_t *)arg, true);
	return NULL;
}

/* Its numbers are not those of /proc/self/fd. */
START_TEST(holds_in_a_thread_with_descriptors_of_its_own)
{
	pid_t pid = place_make(PLACE_BIT(NET), 0);
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, hold_elsewhere, &pid), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	unit_end(pid);
}
END_TEST

static int make_file(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int make_namespace(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* Much is said of it below /proc/self/fdinfo. */
static int make_talkative(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };

	for (int at = 0; at < 50; at++)
		ck_assert_int_eq(epoll_ctl(fd, EPOLL_CTL_ADD, eventfd(0, EFD_CLOEXEC), &event), 0);
	return fd;
}

static int make_closed(void)
{
	return 1000;
}

static int (*const no_pidfds[])(void) = { make_file, make_namespace, make_talkative, make_closed };

START_TEST(what_is_no_pidfd_is_left_to_others)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_process process = { 77, -7, -8 };
	int fd = no_pidfds[_i]();
	size_t before = place_descriptors();

	ck_assert_int_eq(mr_process_hold_pidfd(fd, &process, &err), -EINVAL);
	ck_assert_int_eq(err.code, 0);
	ck_assert_int_eq(process.pid, 77);
	ck_assert_uint_eq(place_descriptors(), before);
}
END_TEST

/* In a new pid namespace below the /proc of an outer one: our number of a process is there somebody else's. */
static int hold_under_outer_proc(void *arg)
{
	struct mr_process process;
	struct mr_nsfs_id id;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t pid = place_make(PLACE_BIT(NET), 0);

	(void)arg;
	/* We are 1 and it is 2: both are others in the /proc that we see. */
	if (getpid() != 1 || pid != 2)
		return 1;
	if (mr_process_hold(pid, 0, &process, &err) != 0)
		return 2;
	if (mr_process_namespace_id(&process, MAPROOT_NAMESPACE_NET, &id) != 0)
		return 3;
	if (process.pid == pid || id.inode != place_of(process.pid, MAPROOT_NAMESPACE_NET) ||
	    id.inode == place_of(0, MAPROOT_NAMESPACE_NET))
		return 4;
	mr_process_release(&process);
	unit_end(pid);
	return mr_process_hold(pid, 0, &process, NULL) == -ESRCH ? 0 : 5;
}

START_TEST(a_proc_that_counts_otherwise)
{
	int status;

	ck_assert_int_eq(unshare(CLONE_NEWPID), 0);
	status = unit_in_child(hold_under_outer_proc, NULL);
	ck_assert_msg(status == 0, "status %#x", status);
}
END_TEST

static pid_t number_in_proc(void)
{
	char text[16] = { 0 };

	ck_assert_int_gt(readlink("/proc/self", text, sizeof(text) - 1), 0);
	return (pid_t)strtol(text, NULL, 10);
}

/* Once somebody has the same number in both, whoever is another there must still not be taken for ours. */
static int hold_by_chance(void *arg)
{
	const pid_t *outer = arg; /* a process outside */
	struct mr_process process;
	struct mr_nsfs_id id;
	pid_t pid = place_recycle(*outer);

	if (getpid() != number_in_proc() || mr_process_hold(pid, 0, &process, NULL) != 0)
		return 1;
	if (process.pid == *outer)
		return 2;
	/* Both are in our net namespace: so it is told by what is the outer's alone. */
	if (mr_process_namespace_id(&process, MAPROOT_NAMESPACE_PID, &id) != 0 || id.inode != place_id(0, "pid"))
		return 3;
	mr_process_release(&process);
	unit_end(pid);
	return 0;
}

/* The next child is likely to have the number after that of the last one, outside; inside it has it for sure. */
static int find_coincidence(void *arg)
{
	pid_t *last = mmap(NULL, sizeof(*last), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*last = 1000;
	for (int attempt = 0; attempt < 500; attempt++) {
		int file = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
		const char *number = support_text("%d", (int)*last);
		int status;
		pid_t pid;

		if (write(file, number, strlen(number)) < 0)
			return 9;
		close(file);
		pid = fork();
		if (pid == 0) {
			*last = number_in_proc();
			_exit(getpid() == *last ? hold_by_chance(arg) : 8);
		}
		if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 8)
			return WEXITSTATUS(status);
	}
	return 7;
}

START_TEST(numbers_that_coincide)
{
	pid_t outer = getpid();
	int status;

	ck_assert_int_eq(unshare(CLONE_NEWPID), 0);
	status = unit_in_child(find_coincidence, &outer);
	ck_assert_msg(status == 0, "status %#x", status);
}
END_TEST

/* The other way round: a /proc in which we are nobody. */
static int mount_inner_proc(void *arg)
{
	(void)arg;
	return mount("proc", support_text("%s/proc", support_directory()), "proc", 0, NULL);
}

START_TEST(a_proc_of_a_stranger)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *place = support_text("%s/proc", support_directory());
	struct mr_process process;
	int pidfd;
	pid_t pid;

	ck_assert(mkdir(place, 0755) == 0 || errno == EEXIST);
	/* It is shared with the process that mounts it, and in private with nobody else. */
	unit_private_mounts();
	ck_assert_int_eq(mount(place, place, NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(mount(NULL, place, NULL, MS_SHARED, NULL), 0);
	pid = place_make_settled(PLACE_BIT(PID), 0, mount_inner_proc, NULL);
	pidfd = hold_pidfd(getpid());
	ck_assert_int_eq(mount(place, "/proc", NULL, MS_BIND | MS_REC, NULL), 0);
	ck_assert_int_eq(access("/proc/1/ns/net", F_OK), 0);
	ck_assert_int_eq(mr_process_hold(1, 0, &process, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_OPEN_NAMESPACE,
			 "cannot open namespace '/proc/thread-self': No such file or directory");
	/* Of a pidfd it is not even to be told that it is one. */
	ck_assert_int_eq(mr_process_hold_pidfd(pidfd, &process, NULL), -EINVAL);
	ck_assert_int_eq(umount2("/proc", MNT_DETACH), 0);
	unit_end(pid);
}
END_TEST

static int look_for_the_outer(void *arg)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_process process;
	const int *pidfd = arg;

	if (mr_process_hold_pidfd(*pidfd, &process, &err) != -ESRCH || err.step != MAPROOT_STEP_NO_PROCESS)
		return 1;
	return strcmp(err.object, "that the descriptor holds, in this /proc") == 0 ? 0 : 2;
}

START_TEST(a_pidfd_of_who_is_not_to_be_seen)
{
	int pidfd = hold_pidfd(getpid());
	int status = place_in_pid_namespace(look_for_the_outer, &pidfd);

	ck_assert_msg(status == 0, "status %#x", status);
}
END_TEST

START_TEST(no_proc_at_all)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	size_t before = place_descriptors();
	struct mr_process process;

	unit_private_mounts();
	ck_assert_int_eq(mount("tmpfs", "/proc", "tmpfs", 0, NULL), 0);
	if (_i == NO_PIDFD)
		unit_deny(SYS_pidfd_open, ENOSYS);
	ck_assert_int_eq(mr_process_hold(getpid(), 0, &process, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_OPEN_NAMESPACE,
			 _i == NO_PIDFD ? support_text("cannot open namespace '/proc/%d': No such file or directory",
						       (int)getpid()) :
					  "cannot open namespace '/proc/thread-self': No such file or directory");
	ck_assert_int_eq(umount2("/proc", MNT_DETACH), 0);
	ck_assert_uint_eq(place_descriptors(), before);
}
END_TEST

/* A directory that only looks like it. */
START_TEST(a_false_proc)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_process process;

	unit_private_mounts();
	ck_assert_int_eq(mount("tmpfs", "/proc", "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(mkdir("/proc/5", 0755), 0);
	unit_deny(SYS_pidfd_open, ENOSYS);
	ck_assert_int_eq(mr_process_hold(5, 0, &process, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_NOT_NAMESPACE, "'/proc/5' is not of a proc file system");
	ck_assert_int_eq(umount2("/proc", MNT_DETACH), 0);
}
END_TEST

START_TEST(a_process_of_another_user)
{
	struct mr_process process;
	struct mr_nsfs_id id;

	unit_become_user();
	ck_assert_int_eq(mr_process_hold(1, 0, &process, NULL), 0);
	ck_assert_int_eq(mr_process_check(&process), 0);
	ck_assert_int_eq(mr_process_namespace_id(&process, MAPROOT_NAMESPACE_NET, &id), -EACCES);
	ck_assert_int_eq(mr_process_open_namespace(&process, MAPROOT_NAMESPACE_NET), -EACCES);
	mr_process_release(&process);
}
END_TEST

static int hold_with_closed_stdio(void *arg)
{
	struct mr_process process;
	int pidfd;

	(void)arg;
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (mr_process_hold(getpid(), 0, &process, NULL) != 0 || process.pidfd < 3 || process.directory < 3)
		return 1;
	if (mr_process_open_namespace(&process, MAPROOT_NAMESPACE_NET) < 3)
		return 2;
	mr_process_release(&process);
	pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (pidfd != 0 || mr_process_hold_pidfd(pidfd, &process, NULL) != 0 || process.pidfd < 3)
		return 3;
	return fcntl(1, F_GETFD) < 0 && fcntl(2, F_GETFD) < 0 ? 0 : 4;
}

START_TEST(nothing_lands_on_closed_stdio)
{
	int status = unit_in_child(hold_with_closed_stdio, NULL);

	ck_assert_msg(status == 0, "status %#x", status);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/process", &tc);

	tcase_add_loop_test(tc, holds_another_and_itself, 0, KERNELS);
	tcase_add_loop_test(tc, refuses_the_dead, 0, KERNELS);
	/* Without pidfds a thread is as good as a process. */
	tcase_add_loop_test(tc, refuses_a_thread_that_leads_no_process, NEW_KERNEL, NO_PIDFD);
	tcase_add_loop_test(tc, refuses_another_start_time, 0, KERNELS);
	tcase_add_test(tc, reads_the_start_time_behind_any_name);
	tcase_add_loop_test(tc, a_zombie_is_held_and_empty, 0, KERNELS);
	tcase_add_loop_test(tc, a_recycled_number_is_somebody_else, 0, KERNELS);
	tcase_add_test(tc, a_number_that_is_recycled_all_the_time);
	tcase_add_test(tc, holds_by_a_pidfd);
	tcase_add_test(tc, holds_in_a_thread_with_descriptors_of_its_own);
	tcase_add_loop_test(tc, what_is_no_pidfd_is_left_to_others, 0, UNIT_COUNT(no_pidfds));
	tcase_add_test(tc, a_proc_that_counts_otherwise);
	tcase_add_test(tc, numbers_that_coincide);
	tcase_add_test(tc, a_proc_of_a_stranger);
	tcase_add_test(tc, a_pidfd_of_who_is_not_to_be_seen);
	tcase_add_loop_test(tc, no_proc_at_all, NEW_KERNEL, NO_SIGNAL);
	tcase_add_test(tc, a_false_proc);
	tcase_add_test(tc, a_process_of_another_user);
	tcase_add_test(tc, nothing_lands_on_closed_stdio);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

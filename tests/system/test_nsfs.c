/*
 * Contract of src/system/nsfs.h: whatever is at a path is opened without waiting, above 2 and close-on-exec; an open
 * descriptor is judged by what it is, with an error for each way of being no namespace; owners and parents are told as
 * far as the kernel tells them; "own" is of the calling thread, and of pid and time what its children get.
 */
#include "system/nsfs.h"

#include "place.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *in_home(const char *name)
{
	return support_text("%s/%s", support_user()->home, name);
}

static const char *make_fifo(void)
{
	const char *path = in_home("fifo");

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	return path;
}

static const char *make_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = in_home("socket");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)stpcpy(address.sun_path, path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	return path;
}

static const char *make_file(void)
{
	return unit_file(in_home("file"), "not empty");
}

static const char *make_empty(void)
{
	return unit_file(in_home("empty"), "");
}

static const char *name_null(void)
{
	return "/dev/null";
}

static const char *name_directory(void)
{
	return "/";
}

static const char *name_proc(void)
{
	return "/proc/self/status";
}

static const struct {
	const char *(*make)(void);
	const char *is; /* what the message says */
} strangers[] = {
	{ make_fifo, "a FIFO or pipe, not a namespace" },
	{ make_socket, "a socket, not a namespace" },
	{ make_file, "a file, not a namespace" },
	{ make_empty, "a file, not a namespace (nothing is mounted there in this mount namespace)" },
	{ name_null, "a device, not a namespace" },
	{ name_directory, "a directory, not a namespace" },
	{ name_proc, "a file, not a namespace" }, /* empty by its size, and no place for a mount */
};

/* Nobody writes to the FIFO: an open that waits ends in the time limit. */
START_TEST(a_stranger_is_opened_and_named)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *path = strangers[_i].make();
	enum maproot_namespace type = MAPROOT_NAMESPACE_COUNT;
	struct mr_nsfs_id id = { 7, 7 };
	size_t before = place_descriptors();
	int fd = mr_nsfs_open(path, &err);
	int code = fd < 0 ? fd : mr_nsfs_judge(fd, path, &type, &id, &err);

	ck_assert_int_eq(code, -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_NOT_NAMESPACE, support_text("'%s' is %s", path, strangers[_i].is));
	ck_assert(type == MAPROOT_NAMESPACE_COUNT && id.inode == 7 && id.device == 7);
	if (fd >= 0)
		close(fd);
	ck_assert_uint_eq(place_descriptors(), before);
}
END_TEST

static int make_pipe(void)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	return ends[0];
}

static int make_socket_fd(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int make_event(void)
{
	return eventfd(0, EFD_CLOEXEC);
}

static const struct {
	int (*make)(void);
	const char *is;
} descriptors[] = {
	{ make_pipe, "a FIFO or pipe, not a namespace" },
	{ make_socket_fd, "a socket, not a namespace" },
	{ make_event, "a file, not a namespace" },
};

START_TEST(a_strange_descriptor_is_named)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	enum maproot_namespace type;
	struct mr_nsfs_id id;

	ck_assert_int_eq(mr_nsfs_judge(descriptors[_i].make(), "fd:9", &type, &id, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_NOT_NAMESPACE, support_text("'fd:9' is %s", descriptors[_i].is));
}
END_TEST

static const struct {
	const char *path;
	int code;
	const char *text;
} unopened[] = {
	{ "/nowhere/at/all", ENOENT, "cannot open namespace '/nowhere/at/all': No such file or directory" },
	{ "", ENOENT, "cannot open namespace '': No such file or directory" },
	{ "/dev/null/x", ENOTDIR, "cannot open namespace '/dev/null/x': Not a directory" },
	{ "/proc/1/ns/net", EACCES, "cannot open namespace '/proc/1/ns/net': Permission denied" },
};

START_TEST(what_cannot_be_opened_is_said)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_become_user();
	ck_assert_int_eq(mr_nsfs_open(unopened[_i].path, &err), -unopened[_i].code);
	unit_check_error(&err, unopened[_i].code, MAPROOT_STEP_OPEN_NAMESPACE, unopened[_i].text);
	ck_assert_int_eq(mr_nsfs_open(unopened[_i].path, NULL), -unopened[_i].code);
}
END_TEST

START_TEST(a_device_that_is_not_there_is_a_device)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *path = in_home("device");

	ck_assert_int_eq(mknod(path, S_IFCHR | 0600, makedev(511, 77)), 0);
	ck_assert_int_eq(mr_nsfs_open(path, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_NOT_NAMESPACE,
			 support_text("'%s' is a device, not a namespace", path));
}
END_TEST

START_TEST(every_type_is_known)
{
	enum maproot_namespace type = (enum maproot_namespace)_i;
	const char *path = support_text("/proc/self/ns/%s", maproot_namespace_name(type));
	enum maproot_namespace found = MAPROOT_NAMESPACE_COUNT;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_nsfs_id id;
	struct mr_nsfs_id same;
	struct stat status;
	int fd = mr_nsfs_open(path, &err);

	ck_assert_int_gt(fd, 2);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(mr_nsfs_judge(fd, path, &found, &id, &err), 0);
	ck_assert_int_eq(found, type);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert(id.inode == status.st_ino && id.device == status.st_dev);
	ck_assert_int_eq(mr_nsfs_id_of(fd, &same), 0);
	ck_assert(mr_nsfs_same(id, same) && mr_nsfs_is(fd, id));
	same.inode++;
	ck_assert(!mr_nsfs_same(id, same) && !mr_nsfs_is(fd, same));
	same = id;
	same.device++;
	ck_assert(!mr_nsfs_same(id, same) && !mr_nsfs_is(fd, same));
	/* The same process's own, asked in another way. */
	ck_assert_int_eq(mr_nsfs_own_id(type, &same), 0);
	ck_assert(mr_nsfs_same(id, same));
	close(fd);
	ck_assert(!mr_nsfs_is(fd, id));
	ck_assert_int_eq(mr_nsfs_id_of(fd, &same), -EBADF);
}
END_TEST

START_TEST(closed_and_pathlike_descriptors)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	enum maproot_namespace type;
	struct mr_nsfs_id id;
	int path_only = open("/proc/self/ns/net", O_PATH | O_CLOEXEC);

	ck_assert_int_eq(mr_nsfs_judge(1000, "fd:1000", &type, &id, &err), -EBADF);
	unit_check_error(&err, EBADF, MAPROOT_STEP_OPEN_NAMESPACE,
			 "cannot open namespace 'fd:1000': Bad file descriptor");
	err.code = 0;
	ck_assert_int_eq(mr_nsfs_judge(path_only, "fd:7", &type, &id, &err), -EBADF);
	unit_check_error(&err, EBADF, MAPROOT_STEP_OPEN_NAMESPACE, "cannot open namespace 'fd:7': Bad file descriptor");
}
END_TEST

static int open_with_closed_stdio(void *arg)
{
	int fd;

	(void)arg;
	for (fd = 0; fd < 3; fd++)
		close(fd);
	for (fd = 0; fd < 4; fd++) {
		int opened = fd == 0 ? mr_nsfs_open("/proc/self/ns/net", NULL) :
			     fd == 1 ? mr_nsfs_open_own(MAPROOT_NAMESPACE_UTS) :
			     fd == 2 ? mr_nsfs_owner(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) :
				       mr_nsfs_open("/dev/null", NULL);

		/* The descriptor that was asked about is 0, by intention. */
		if (opened < 3 || (fcntl(opened, F_GETFD) & FD_CLOEXEC) == 0)
			return 1 + fd;
	}
	return fcntl(1, F_GETFD) < 0 && fcntl(2, F_GETFD) < 0 ? 0 : 9;
}

START_TEST(nothing_lands_on_closed_stdio)
{
	int status = unit_in_child(open_with_closed_stdio, NULL);

	ck_assert_msg(status == 0, "status %#x", status);
}
END_TEST

static int open_terminal(void *arg)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	enum maproot_namespace type;
	struct mr_nsfs_id id;
	int fd;

	(void)arg;
	if (setsid() < 0)
		return 1;
	fd = mr_nsfs_open(arg, &err);
	if (fd < 0 || mr_nsfs_judge(fd, arg, &type, &id, &err) != -EINVAL)
		return 2;
	return open("/dev/tty", O_RDWR | O_CLOEXEC) < 0 && errno == ENXIO ? 0 : 3;
}

START_TEST(a_terminal_does_not_become_ours)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char name[64];
	int status;

	ck_assert(grantpt(master) == 0 && unlockpt(master) == 0 && ptsname_r(master, name, sizeof(name)) == 0);
	status = unit_in_child(open_terminal, name);
	ck_assert_msg(status == 0, "status %#x", status);
}
END_TEST

START_TEST(owners_and_parents)
{
	pid_t pid = place_make(PLACE_BIT(NET), PLACE_BIT(USER) | PLACE_BIT(UTS));
	int net = open(support_text("/proc/%d/ns/net", (int)pid), O_RDONLY | O_CLOEXEC);
	int uts = open(support_text("/proc/%d/ns/uts", (int)pid), O_RDONLY | O_CLOEXEC);
	int user = open(support_text("/proc/%d/ns/user", (int)pid), O_RDONLY | O_CLOEXEC);
	int own = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	struct mr_nsfs_id own_id;
	struct mr_nsfs_id user_id;
	uid_t maker = 77;

	ck_assert(mr_nsfs_id_of(own, &own_id) == 0 && mr_nsfs_id_of(user, &user_id) == 0);
	ck_assert(!mr_nsfs_same(own_id, user_id));
	ck_assert(mr_nsfs_is(mr_nsfs_owner(net), own_id));
	ck_assert(mr_nsfs_is(mr_nsfs_owner(uts), user_id));
	ck_assert(mr_nsfs_is(mr_nsfs_owner(user), own_id));
	ck_assert(mr_nsfs_is(mr_nsfs_parent(user), own_id));
	ck_assert_int_eq(mr_nsfs_parent(own), -EPERM);
	ck_assert_int_eq(mr_nsfs_owner_user(user, &maker), 0);
	ck_assert_int_eq(maker, 0);
	ck_assert_int_eq(fcntl(mr_nsfs_owner(net), F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(mr_nsfs_owner(-1), -EBADF);
	unit_end(pid);
}
END_TEST

START_TEST(who_made_a_user_namespace)
{
	uid_t maker = 77;
	pid_t pid;
	int user;

	unit_become_user();
	pid = place_make(PLACE_BIT(USER), 0);
	user = open(support_text("/proc/%d/ns/user", (int)pid), O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(mr_nsfs_owner_user(user, &maker), 0);
	ck_assert_int_eq(maker, support_user()->uid);
	ck_assert_int_eq(mr_nsfs_owner_user(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), &maker), -EINVAL);
	unit_end(pid);
}
END_TEST

START_TEST(an_owner_above_is_not_told)
{
	int host = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	unit_enter_namespace(0);
	ck_assert_int_eq(mr_nsfs_owner(host), -EPERM);
}
END_TEST

static const char *const own_paths[] = {
	[MAPROOT_NAMESPACE_CGROUP] = "/proc/thread-self/ns/cgroup",
	[MAPROOT_NAMESPACE_IPC] = "/proc/thread-self/ns/ipc",
	[MAPROOT_NAMESPACE_MNT] = "/proc/thread-self/ns/mnt",
	[MAPROOT_NAMESPACE_NET] = "/proc/thread-self/ns/net",
	[MAPROOT_NAMESPACE_PID] = "/proc/thread-self/ns/pid_for_children",
	[MAPROOT_NAMESPACE_TIME] = "/proc/thread-self/ns/time_for_children",
	[MAPROOT_NAMESPACE_USER] = "/proc/thread-self/ns/user",
	[MAPROOT_NAMESPACE_UTS] = "/proc/thread-self/ns/uts",
};

START_TEST(own_paths_are_of_the_thread)
{
	char path[MR_NSFS_PATH_SIZE];

	mr_nsfs_own_path((enum maproot_namespace)_i, path);
	ck_assert_str_eq(path, own_paths[_i]);
}
END_TEST

/* A thread that has a namespace of its own finds that one, and the first thread the one of before. */
static void *look_elsewhere(void *arg)
{
	struct mr_nsfs_id *ids = arg;
	int fd;

	ck_assert_int_eq(unshare(CLONE_NEWUTS), 0);
	ck_assert_int_eq(mr_nsfs_own_id(MAPROOT_NAMESPACE_UTS, &ids[0]), 0);
	fd = mr_nsfs_open_own(MAPROOT_NAMESPACE_UTS);
	ck_assert_int_eq(mr_nsfs_id_of(fd, &ids[1]), 0);
	close(fd);
	return NULL;
}

START_TEST(own_is_of_the_thread)
{
	struct mr_nsfs_id ids[2];
	struct mr_nsfs_id before;
	struct mr_nsfs_id after;
	pthread_t thread;

	ck_assert_int_eq(mr_nsfs_own_id(MAPROOT_NAMESPACE_UTS, &before), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, look_elsewhere, ids), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(mr_nsfs_own_id(MAPROOT_NAMESPACE_UTS, &after), 0);
	ck_assert(mr_nsfs_same(ids[0], ids[1]) && !mr_nsfs_same(ids[0], before));
	ck_assert(mr_nsfs_same(before, after));
}
END_TEST

START_TEST(own_of_time_is_what_children_get)
{
	struct mr_nsfs_id before;
	struct mr_nsfs_id after;

	ck_assert_int_eq(mr_nsfs_own_id(MAPROOT_NAMESPACE_TIME, &before), 0);
	ck_assert_int_eq(unshare(CLONE_NEWTIME), 0);
	ck_assert_int_eq(mr_nsfs_own_id(MAPROOT_NAMESPACE_TIME, &after), 0);
	ck_assert(!mr_nsfs_same(before, after) && after.inode == place_id(0, "time_for_children"));
	ck_assert(before.inode == place_id(0, "time"));
}
END_TEST

/* The kernel shows no pid namespace in which nobody has been yet. */
START_TEST(an_unborn_pid_namespace_is_not_there)
{
	struct mr_nsfs_id id = { 7, 7 };

	ck_assert_int_eq(unshare(CLONE_NEWPID), 0);
	ck_assert_int_eq(mr_nsfs_own_id(MAPROOT_NAMESPACE_PID, &id), -ENOENT);
	ck_assert_int_eq(mr_nsfs_open_own(MAPROOT_NAMESPACE_PID), -ENOENT);
	ck_assert(id.inode == 7);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/nsfs", &tc);

	tcase_add_loop_test(tc, a_stranger_is_opened_and_named, 0, UNIT_COUNT(strangers));
	tcase_add_loop_test(tc, a_strange_descriptor_is_named, 0, UNIT_COUNT(descriptors));
	tcase_add_loop_test(tc, what_cannot_be_opened_is_said, 0, UNIT_COUNT(unopened));
	tcase_add_test(tc, a_device_that_is_not_there_is_a_device);
	tcase_add_loop_test(tc, every_type_is_known, 0, MAPROOT_NAMESPACE_COUNT);
	tcase_add_test(tc, closed_and_pathlike_descriptors);
	tcase_add_test(tc, nothing_lands_on_closed_stdio);
	tcase_add_test(tc, a_terminal_does_not_become_ours);
	tcase_add_test(tc, owners_and_parents);
	tcase_add_test(tc, who_made_a_user_namespace);
	tcase_add_test(tc, an_owner_above_is_not_told);
	tcase_add_loop_test(tc, own_paths_are_of_the_thread, 0, MAPROOT_NAMESPACE_COUNT);
	tcase_add_test(tc, own_is_of_the_thread);
	tcase_add_test(tc, own_of_time_is_what_children_get);
	tcase_add_test(tc, an_unborn_pid_namespace_is_not_there);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

/*
 * Contract of <maproot/pin.h>, where nothing fails that the test has not arranged: what is made, where, how it is
 * used; what is refused, and that it stays as it was then. test_pin_close.c has what others do to pins,
 * test_pin_netns.c the company of ip-netns(8), test_pin_faults.c what happens when any call fails or a process dies.
 */
#include "pins.h"

#include <arpa/inet.h>
#include <grp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Those that can be made. */
static const enum maproot_namespace types[] = {
	MAPROOT_NAMESPACE_CGROUP,
	MAPROOT_NAMESPACE_IPC,
	MAPROOT_NAMESPACE_MNT,
	MAPROOT_NAMESPACE_NET,
	MAPROOT_NAMESPACE_TIME,
	MAPROOT_NAMESPACE_USER,
	MAPROOT_NAMESPACE_UTS,
};

enum { TYPES = UNIT_COUNT(types) };

static const char *path_of(enum maproot_namespace type, const char *name)
{
	return type == MAPROOT_NAMESPACE_NET ?
		       support_text("/run/netns/%s", name) :
		       support_text("/run/maproot/%s/%s", maproot_namespace_name(type), name);
}

/* Rows: each type in each place. */
START_TEST(makes_a_new_one)
{
	enum maproot_namespace type = types[_i % TYPES];
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin *pin;
	size_t descriptors;
	ino_t own;

	begin(_i / TYPES);
	own = inode_of(own_name(type));
	descriptors = open_descriptors();
	pin = make_pin(type, "a");
	check_pinned(pin, path_of(type, "a"));
	ck_assert_uint_ne(inode_of_fd(maproot_pin_fd(pin)), own);
	ck_assert_uint_eq(inode_of(own_name(type)), own);
	ck_assert_int_eq(fcntl(maproot_pin_fd(pin), F_GETFD), FD_CLOEXEC);
	check_inside(pin, type);
	close_pin(&pin);
	check_gone(path_of(type, "a"));
	ck_assert_uint_eq(open_descriptors(), descriptors);
	/* Again, in directories that are there, below a path, and then twice closed. */
	pin = make_pin(type, path_of(type, "b"));
	check_pinned(pin, path_of(type, "b"));
	close_pin(&pin);
	ck_assert_int_eq(maproot_pin_close(&pin, &err), 0);
	check_gone(path_of(type, "b"));
}
END_TEST

START_TEST(pins_the_current_one)
{
	enum maproot_namespace type = (enum maproot_namespace)(_i % MAPROOT_NAMESPACE_COUNT);
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin *pin = NULL;

	begin(_i / MAPROOT_NAMESPACE_COUNT);
	if (type == MAPROOT_NAMESPACE_MNT) {
		ck_assert_int_eq(maproot_pin_current(type, "a", &pin, &err), -EINVAL);
		unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST,
				 "the current mount namespace can't be pinned: it would hold itself");
		ck_assert_ptr_null(pin);
		return;
	}
	ck_assert_int_eq(maproot_pin_current(type, "a", &pin, &err), 0);
	check_pinned(pin, path_of(type, "a"));
	ck_assert_uint_eq(inode_of_fd(maproot_pin_fd(pin)), inode_of(own_name(type)));
	close_pin(&pin);
	check_gone(path_of(type, "a"));
}
END_TEST

static void *pin_own_uts(void *arg)
{
	struct maproot_pin *pin = NULL;

	if (unshare(CLONE_NEWUTS) == 0 &&
	    maproot_pin_current(MAPROOT_NAMESPACE_UTS, "thread", &pin, NULL) == 0 &&
	    inode_of_fd(maproot_pin_fd(pin)) == inode_of("/proc/thread-self/ns/uts"))
		*(ino_t *)arg = inode_of_fd(maproot_pin_fd(pin));
	(void)maproot_pin_close(&pin, NULL);
	return NULL;
}

START_TEST(the_current_one_is_the_threads)
{
	pthread_t thread;
	ino_t found = 0;

	begin(AS_ROOT);
	ck_assert_int_eq(pthread_create(&thread, NULL, pin_own_uts, &found), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_ne(found, 0);
	ck_assert_uint_ne(found, inode_of("/proc/self/ns/uts"));
}
END_TEST

static int ask_flags_of_lo(void *arg, const struct maproot_join *caller)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)arg;
	(void)caller;
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return -1;
	(void)close(fd);
	return request.ifr_flags;
}

static int compare_ids(void *arg, const struct maproot_join *caller)
{
	const unsigned int *ids = arg;
	const char *wanted[] = { support_text("%10u %10u %10u\n", 0, ids[0], 1),
				 support_text("%10u %10u %10u\n", 0, ids[1], 1), "deny\n" };
	static const char *const paths[] = { "/proc/self/uid_map", "/proc/self/gid_map",
					     "/proc/self/setgroups" };

	(void)caller;
	for (size_t at = 0; at < UNIT_COUNT(paths); at++) {
		char *text = support_read(paths[at], NULL);

		/* Widths apart: as outside sees it, or as inside does. */
		if (!text || (at < 2 ? strncmp(text, wanted[at], 10) : strcmp(text, wanted[at])) != 0)
			return 1 + (int)at;
		free(text);
	}
	return geteuid() == 0 && getegid() == 0 ? 0 : 9;
}

static int look_at_mounts(void *arg, const struct maproot_join *caller)
{
	int result;
	char *line;
	char *text;

	(void)arg;
	(void)caller;
	/* Not the process's: this is another thread. */
	text = support_read("/proc/thread-self/mountinfo", NULL);
	line = text ? strstr(text, " / /run ") : NULL;
	if (!line)
		return 1;
	*strchr(line, '\n') = '\0';
	result = strstr(line, " master:") && !strstr(line, " shared:") ? 0 : 2;
	free(text);
	return result;
}

/*
 * Loopback up; ids mapped; mounts slaves, so that what is mounted outside later is seen inside, and not the other way
 * round.
 */
START_TEST(is_furnished)
{
	unsigned int ids[2];
	struct maproot_pin *pin;
	int result = -1;

	begin(_i);
	ck_assert_int_eq(mount(NULL, "/run", NULL, MS_SHARED, NULL), 0);
	pin = make_pin(MAPROOT_NAMESPACE_NET, NULL);
	ck_assert_int_eq(maproot_pin_run_in(pin, ask_flags_of_lo, NULL, &result, NULL), 0);
	ck_assert_int_eq(result & IFF_UP, IFF_UP);
	close_pin(&pin);
	ids[0] = geteuid();
	ids[1] = getegid();
	pin = make_pin(MAPROOT_NAMESPACE_USER, NULL);
	ck_assert_int_eq(maproot_pin_run_in(pin, compare_ids, ids, &result, NULL), 0);
	ck_assert_int_eq(result, 0);
	close_pin(&pin);
	pin = make_pin(MAPROOT_NAMESPACE_MNT, NULL);
	ck_assert_int_eq(maproot_pin_run_in(pin, look_at_mounts, NULL, &result, NULL), 0);
	ck_assert_int_eq(result, 0);
	close_pin(&pin);
}
END_TEST

START_TEST(random_names_differ)
{
	enum { COUNT = 64,
	       DIGITS = 32 };
	struct maproot_pin *pins[COUNT];

	begin(AS_ROOT);
	for (size_t at = 0; at < COUNT; at++) {
		const char *name;

		pins[at] = make_pin(MAPROOT_NAMESPACE_UTS, NULL);
		name = strrchr(maproot_pin_path(pins[at]), '/') + 1;
		ck_assert_uint_eq(strlen(name), DIGITS);
		ck_assert_uint_eq(strspn(name, "0123456789abcdef"), DIGITS);
		for (size_t other = 0; other < at; other++)
			ck_assert_str_ne(maproot_pin_path(pins[other]), maproot_pin_path(pins[at]));
	}
	ck_assert_uint_eq(entries("/run/maproot/uts"), COUNT);
	for (size_t at = 0; at < COUNT; at++)
		close_pin(&pins[at]);
	ck_assert_uint_eq(entries("/run/maproot/uts"), 0);
}
END_TEST

static const struct {
	enum maproot_namespace type;
	const char *where;
	int code;
	const char *text; /* NULL: not looked at */
} refused[] = {
	{ MAPROOT_NAMESPACE_PID, "a", EINVAL,
	  "a new pid namespace can't be pinned: without a process it takes no other" },
	{ MAPROOT_NAMESPACE_COUNT, "a", EINVAL, "there is no such type of namespace" },
	{ (enum maproot_namespace) - 1, "a", EINVAL, "there is no such type of namespace" },
	{ MAPROOT_NAMESPACE_UTS, "", EINVAL, "a pin can't be called ''" },
	{ MAPROOT_NAMESPACE_UTS, ".", EINVAL, "a pin can't be called '.'" },
	{ MAPROOT_NAMESPACE_NET, "..", EINVAL, "a pin can't be called '..'" },
	{ MAPROOT_NAMESPACE_UTS, "/run/own/", EINVAL, "a pin can't be called ''" },
	{ MAPROOT_NAMESPACE_UTS, "/run/own/..", EINVAL, "a pin can't be called '..'" },
	{ MAPROOT_NAMESPACE_UTS, "/", EINVAL, "a pin can't be called ''" },
	{ MAPROOT_NAMESPACE_UTS,
	  "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	  "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	  "01234567890123456789012345678901234567890123456789012345",
	  ENAMETOOLONG, NULL },
};

START_TEST(refuses_what_is_no_name)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin *pin = NULL;

	begin(AS_ROOT);
	ck_assert_int_eq(maproot_pin_new(refused[_i].type, refused[_i].where, &pin, &err), -refused[_i].code);
	unit_check_error(&err, refused[_i].code, MAPROOT_STEP_REQUEST, refused[_i].text);
	ck_assert_ptr_null(pin);
	ck_assert_int_eq(maproot_pin_new(refused[_i].type, refused[_i].where, &pin, NULL), -refused[_i].code);
	ck_assert_uint_eq(entries("/run"), 1);
	ck_assert_uint_eq(entries("/run/own"), 0);
	if (refused[_i].type == MAPROOT_NAMESPACE_PID)
		return;
	ck_assert_int_eq(maproot_pin_open(refused[_i].type, refused[_i].where, &pin, NULL), -refused[_i].code);
	ck_assert_int_eq(maproot_unpin(refused[_i].type, refused[_i].where, NULL), -refused[_i].code);
}
END_TEST

START_TEST(the_longest_name)
{
	char name[256];
	struct maproot_pin *pin;

	begin(AS_ROOT);
	(void)memset(name, 'n', 255);
	name[255] = '\0';
	pin = make_pin(MAPROOT_NAMESPACE_UTS, name);
	check_pinned(pin, path_of(MAPROOT_NAMESPACE_UTS, name));
	close_pin(&pin);
	check_gone(path_of(MAPROOT_NAMESPACE_UTS, name));
}
END_TEST

START_TEST(a_relative_path_outlives_a_change_of_directory)
{
	struct maproot_pin *pin;

	begin(AS_ROOT);
	ck_assert_int_eq(chdir("/run/own"), 0);
	pin = make_pin(MAPROOT_NAMESPACE_UTS, "./here");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_str_eq(maproot_pin_path(pin), "/run/own/./here");
	ck_assert_uint_eq(inode_of("/run/own/here"), inode_of_fd(maproot_pin_fd(pin)));
	close_pin(&pin);
	check_gone("/run/own/here");
}
END_TEST

/* Something is there: made by `make`, and the same afterwards. */
static void make_file(void)
{
	(void)unit_file("/run/own/x", "");
}

static void make_directory(void)
{
	ck_assert_int_eq(mkdir("/run/own/x", 0755), 0);
}

static void make_link(void)
{
	ck_assert_int_eq(symlink("/run/own/target", "/run/own/x"), 0);
}

static void make_fifo(void)
{
	ck_assert_int_eq(mkfifo("/run/own/x", 0600), 0);
}

static void make_socket(void)
{
	struct sockaddr address = { .sa_family = AF_UNIX, .sa_data = "/run/own/x" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, &address, sizeof(address)), 0);
	(void)close(fd);
}

static void make_file_of_ip(void)
{
	int fd = open("/run/own/x", O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}

static void make_link_to_namespace(void)
{
	ck_assert_int_eq(symlink("/proc/self/ns/uts", "/run/own/x"), 0);
}

static const struct {
	void (*make)(void);
	const char *text; /* of unpinning it */
} things[] = {
	{ make_file, "'/run/own/x' is a file, not a namespace (nothing is mounted there in this mount namespace)" },
	{ make_directory, "'/run/own/x' is a directory, not a namespace" },
	{ make_link, "'/run/own/x' is a symbolic link, not a namespace" },
	{ make_link_to_namespace, "'/run/own/x' is a symbolic link, not a namespace" },
	{ make_fifo, "'/run/own/x' is a FIFO or pipe, not a namespace" },
	{ make_socket, "'/run/own/x' is a socket, not a namespace" },
	{ make_file_of_ip,
	  "'/run/own/x' is a file, not a namespace (nothing is mounted there in this mount namespace)" },
};

START_TEST(what_is_there_stays)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin *pin = NULL;
	struct stat before;
	struct stat after;

	begin(AS_ROOT);
	things[_i].make();
	ck_assert_int_eq(lstat("/run/own/x", &before), 0);
	ck_assert_int_eq(maproot_pin_new(MAPROOT_NAMESPACE_UTS, "/run/own/x", &pin, &err), -EEXIST);
	unit_check_error(&err, EEXIST, MAPROOT_STEP_PIN, "cannot pin a namespace to '/run/own/x': File exists");
	ck_assert_int_eq(maproot_pin_current(MAPROOT_NAMESPACE_UTS, "/run/own/x", &pin, NULL), -EEXIST);
	ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_UTS, "/run/own/x", &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_NOT_NAMESPACE, things[_i].text);
	ck_assert_ptr_null(pin);
	ck_assert_int_eq(lstat("/run/own/x", &after), 0);
	ck_assert_int_eq(memcmp(&before.st_ino, &after.st_ino, sizeof(before.st_ino)), 0);
	ck_assert_uint_eq(before.st_mode, after.st_mode);
	ck_assert_uint_eq(entries("/run/own"), 1);
	ck_assert_uint_eq(mounts_with("/run/own/x"), 0);
}
END_TEST

START_TEST(a_pin_is_there)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin *pin;
	struct maproot_pin *other = NULL;

	begin(_i);
	pin = make_pin(MAPROOT_NAMESPACE_UTS, "a");
	ck_assert_int_eq(maproot_pin_new(MAPROOT_NAMESPACE_UTS, "a", &other, &err), -EEXIST);
	unit_check_error(&err, EEXIST, MAPROOT_STEP_PIN,
			 "cannot pin a namespace to '/run/maproot/uts/a': File exists");
	ck_assert_ptr_null(other);
	check_pinned(pin, "/run/maproot/uts/a");
	/* The same name of another type is another pin. */
	other = make_pin(MAPROOT_NAMESPACE_IPC, "a");
	close_pin(&pin);
	close_pin(&other);
}
END_TEST

/* Where directories are symbolic links, somebody else would say what is made where. */
static const struct {
	enum maproot_namespace type;
	const char *link; /* to /run/own */
	const char *where;
	const char *path;
} links[] = {
	{ MAPROOT_NAMESPACE_NET, "/run/netns", "a", "/run/netns/a" },
	{ MAPROOT_NAMESPACE_UTS, "/run/maproot", "a", "/run/maproot/uts/a" },
	{ MAPROOT_NAMESPACE_UTS, "/run/maproot/uts", "a", "/run/maproot/uts/a" },
	{ MAPROOT_NAMESPACE_MNT, "/run/maproot/mnt", "a", "/run/maproot/mnt/a" },
	{ MAPROOT_NAMESPACE_UTS, "/run/link", "/run/link/a", "/run/link/a" },
};

START_TEST(links_instead_of_directories)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin *pin = NULL;
	size_t mounts;

	begin(AS_ROOT);
	if (strcmp(links[_i].link, "/run/maproot") != 0)
		ck_assert_int_eq(mkdir("/run/maproot", 0755), 0);
	ck_assert_int_eq(symlink("/run/own", links[_i].link), 0);
	mounts = mounts_with("\n");
	ck_assert_int_eq(maproot_pin_new(links[_i].type, links[_i].where, &pin, &err), -ENOTDIR);
	unit_check_error(&err, ENOTDIR, MAPROOT_STEP_PIN,
			 support_text("cannot pin a namespace to '%s': Not a directory", links[_i].path));
	ck_assert_int_eq(maproot_unpin(links[_i].type, links[_i].where, &err), -ENOTDIR);
	unit_check_error(&err, ENOTDIR, MAPROOT_STEP_UNPIN, NULL);
	ck_assert_uint_eq(entries("/run/own"), 0);
	ck_assert_uint_eq(mounts_with("\n"), mounts);
}
END_TEST

/* Directories of ours are everybody's to look into, whatever the umask of who made them. */
START_TEST(directories_have_their_mode)
{
	static const char *const paths[] = { "/run/netns", "/run/maproot", "/run/maproot/uts" };
	struct maproot_pin *pins[2];

	begin(AS_ROOT);
	(void)umask(0777);
	pins[0] = make_pin(MAPROOT_NAMESPACE_NET, "a");
	pins[1] = make_pin(MAPROOT_NAMESPACE_UTS, "a");
	for (size_t at = 0; at < UNIT_COUNT(paths); at++) {
		struct stat status;

		ck_assert_int_eq(stat(paths[at], &status), 0);
		ck_assert_uint_eq(status.st_mode & 07777, 0755);
	}
	close_pin(&pins[0]);
	close_pin(&pins[1]);
}
END_TEST

/* A mount namespace can't be held where its own copy of the mount would hold it; for names there is a place. */
START_TEST(mount_namespaces_need_a_private_mount)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin *pin = NULL;

	begin(_i);
	ck_assert_int_eq(mount(NULL, "/run", NULL, MS_SHARED, NULL), 0);
	ck_assert_int_eq(maproot_pin_new(MAPROOT_NAMESPACE_MNT, "/run/own/a", &pin, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_PIN,
			 "cannot pin a namespace to '/run/own/a', which for a mount namespace has to be on a "
			 "private mount of this one: Invalid argument");
	check_gone("/run/own/a");
	pin = make_pin(MAPROOT_NAMESPACE_MNT, "a");
	ck_assert_ptr_null(strstr(unit_mount("/run/maproot/mnt"), "shared:"));
	check_inside(pin, MAPROOT_NAMESPACE_MNT);
	close_pin(&pin);
	/* Once is enough. */
	pin = make_pin(MAPROOT_NAMESPACE_MNT, "a");
	ck_assert_uint_eq(mounts_with(" /run/maproot/mnt "), 1);
	close_pin(&pin);
}
END_TEST

/*
 * Linux 6.18 counts them for each cpu apart, and ours may count as younger than one that is made later: from wherever
 * ours comes, and wherever we are.
 */
START_TEST(mount_namespaces_from_every_cpu)
{
	cpu_set_t all;
	int made_on = 0;

	begin(AS_ROOT);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	for (; made_on < CPU_SETSIZE; made_on++) {
		struct maproot_pin *pin;
		cpu_set_t one;
		cpu_set_t after;

		if (!CPU_ISSET(made_on, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(made_on, &one);
		ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
		ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
		for (int pinned_on = 0; pinned_on < CPU_SETSIZE; pinned_on++) {
			if (!CPU_ISSET(pinned_on, &all))
				continue;
			CPU_ZERO(&one);
			CPU_SET(pinned_on, &one);
			ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
			ck_assert_int_eq(sched_setaffinity(0, sizeof(all), &all), 0);
			pin = make_pin(MAPROOT_NAMESPACE_MNT, "a");
			check_inside(pin, MAPROOT_NAMESPACE_MNT);
			close_pin(&pin);
			/* The caller stays free to go where it could. */
			ck_assert_int_eq(sched_getaffinity(0, sizeof(after), &after), 0);
			ck_assert(CPU_EQUAL(&all, &after));
		}
	}
}
END_TEST

START_TEST(outlives_its_maker)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	enum maproot_namespace type = types[_i];
	struct maproot_pin *pin = NULL;
	pid_t pid;
	int status;

	begin(AS_ROOT);
	pid = fork();
	if (pid == 0)
		_exit(maproot_pin_new(type, "a", &pin, NULL) == 0 ? 0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(maproot_pin_open(type, "a", &pin, &err), 0);
	check_pinned(pin, path_of(type, "a"));
	check_inside(pin, type);
	close_pin(&pin);
	ck_assert_uint_eq(mounts_with(path_of(type, "a")), 1);
	ck_assert_int_eq(maproot_unpin(type, "a", &err), 0);
	check_gone(path_of(type, "a"));
	ck_assert_int_eq(maproot_unpin(type, "a", &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_UNPIN,
			 support_text("cannot unpin '%s': No such file or directory", path_of(type, "a")));
	ck_assert_int_eq(maproot_pin_open(type, "a", &pin, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_OPEN_NAMESPACE, NULL);
}
END_TEST

START_TEST(nothing_was_ever_there)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin *pin = NULL;

	begin(AS_ROOT);
	ck_assert_int_eq(maproot_unpin(types[_i], "a", &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_UNPIN, NULL);
	ck_assert_int_eq(maproot_unpin(types[_i], "/run/nonesuch/a", NULL), -ENOENT);
	ck_assert_int_eq(maproot_pin_new(types[_i], "/run/nonesuch/a", &pin, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_PIN,
			 "cannot pin a namespace to '/run/nonesuch/a': No such file or directory");
	ck_assert_int_eq(maproot_unpin(types[_i], NULL, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST, "a name or a path is needed to find a pin");
	ck_assert_uint_eq(entries("/run"), 1);
}
END_TEST

START_TEST(another_type_is_refused)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin *pin;
	struct maproot_pin *opened = NULL;

	begin(AS_ROOT);
	pin = make_pin(MAPROOT_NAMESPACE_UTS, "/run/own/a");
	ck_assert_int_eq(maproot_pin_open(MAPROOT_NAMESPACE_NET, "/run/own/a", &opened, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_WRONG_TYPE, "'/run/own/a' is a uts namespace, not net");
	ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_NET, "/run/own/a", &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_WRONG_TYPE, "'/run/own/a' is a uts namespace, not net");
	check_pinned(pin, "/run/own/a");
	(void)unit_file("/run/own/b", "text");
	ck_assert_int_eq(maproot_pin_open(MAPROOT_NAMESPACE_NET, "/run/own/b", &opened, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_NOT_NAMESPACE, "'/run/own/b' is a file, not a namespace");
	ck_assert_ptr_null(opened);
	close_pin(&pin);
}
END_TEST

/* The plain user: nowhere, and nothing is left. */
START_TEST(without_rights)
{
	const char *path = support_text("%s/a", support_user()->home);
	struct maproot_error err = MAPROOT_ERROR_INIT;
	enum maproot_namespace type = types[_i];
	struct maproot_pin *pin = NULL;
	int code;

	if (geteuid() == 0) {
		begin(AS_ROOT);
		pin = make_pin(type, "of-root");
	}
	unit_become_user();
	if (pin) {
		/* Closing a pin takes the rights that making it took. */
		ck_assert_int_eq(maproot_pin_close(&pin, &err), -EPERM);
		unit_check_error(&err, EPERM, MAPROOT_STEP_UNPIN, NULL);
		check_pinned(pin, path_of(type, "of-root"));
		ck_assert_int_eq(maproot_unpin(type, "of-root", &err), -EPERM);
		unit_check_error(&err, EPERM, MAPROOT_STEP_UNPIN, NULL);
		check_pinned(pin, path_of(type, "of-root"));
	}
	pin = NULL;
	code = maproot_pin_new(type, "a", &pin, &err);
	ck_assert_msg(code == -EPERM || code == -EACCES, "%d", code);
	unit_check_error(&err, -code, MAPROOT_STEP_PIN, NULL);
	/* A user namespace can be made by anybody, but not bound. */
	ck_assert_int_eq(maproot_pin_new(type, path, &pin, &err), -EPERM);
	unit_check_error(&err, EPERM, type == MAPROOT_NAMESPACE_USER ? MAPROOT_STEP_PIN : MAPROOT_STEP_CREATE,
			 NULL);
	check_gone(path);
	if (type != MAPROOT_NAMESPACE_MNT) {
		ck_assert_int_eq(maproot_pin_current(type, path, &pin, &err), -EPERM);
		unit_check_error(&err, EPERM, MAPROOT_STEP_PIN,
				 support_text("cannot pin a namespace to '%s': Operation not permitted", path));
	}
	check_gone(path);
	ck_assert_ptr_null(pin);
	ck_assert_uint_eq(entries(support_user()->home), 0);
}
END_TEST

/* Inside of maproot, /run belongs to others, and a directory of one's own does it as well. */
START_TEST(inside_a_user_namespace)
{
	const char *path = support_text("%s/a", support_user()->home);
	struct maproot_error err = MAPROOT_ERROR_INIT;
	enum maproot_namespace type = types[_i];
	struct maproot_pin *pin = NULL;

	if (geteuid() == 0) {
		unit_private_mounts();
		mount_run();
		ck_assert_int_eq(mkdir("/run/netns", 0755), 0);
	}
	unit_enter_namespace(0);
	if (access("/run", W_OK) != 0) {
		int code = maproot_pin_new(type, "a", &pin, &err);

		ck_assert_int_eq(code, -EACCES);
		unit_check_error(&err, EACCES, MAPROOT_STEP_PIN, NULL);
	}
	ck_assert_int_eq(mount(support_user()->home, support_user()->home, NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(mount(NULL, support_user()->home, NULL, MS_PRIVATE, NULL), 0);
	pin = make_pin(type, path);
	check_pinned(pin, path);
	check_inside(pin, type);
	close_pin(&pin);
	check_gone(path);
}
END_TEST

START_TEST(stdio_stays_closed)
{
	struct maproot_pin *pin = NULL;
	int codes[2];
	int found = 0;

	begin(AS_ROOT);
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (_i & 1 << fd)
			(void)close(fd);
	}
	codes[0] = maproot_pin_new(MAPROOT_NAMESPACE_NET, "a", &pin, NULL);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		found |= fcntl(fd, F_GETFD) < 0 ? 1 << fd : 0;
	found |= pin && maproot_pin_fd(pin) <= STDERR_FILENO ? 16 : 0;
	codes[1] = maproot_pin_close(&pin, NULL);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		found |= (fcntl(fd, F_GETFD) < 0) != ((_i & 1 << fd) != 0) ? 32 : 0;
	/* Check's own words need somewhere to go. */
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (_i & 1 << fd)
			(void)open("/dev/null", O_RDWR | O_CLOEXEC);
	}
	ck_assert_int_eq(codes[0], 0);
	ck_assert_int_eq(codes[1], 0);
	ck_assert_int_eq(found, _i);
}
END_TEST

static volatile sig_atomic_t signals_seen;

static void note_signal(int number)
{
	signals_seen = number;
}

/* The host hears nothing of the child that makes a namespace, and has it not among those that it waits for. */
START_TEST(the_child_is_nobodys_business)
{
	const struct sigaction noting = { .sa_handler = note_signal };
	const struct sigaction ignoring = { .sa_handler = SIG_IGN, .sa_flags = SA_NOCLDWAIT };
	struct maproot_pin *pin;

	begin(AS_ROOT);
	ck_assert_int_eq(sigaction(SIGCHLD, _i == 0 ? &noting : &ignoring, NULL), 0);
	pin = make_pin(MAPROOT_NAMESPACE_NET, "a");
	ck_assert_int_eq(signals_seen, 0);
	ck_assert_int_eq(waitpid(-1, NULL, __WALL), -1);
	ck_assert_int_eq(errno, ECHILD);
	close_pin(&pin);
}
END_TEST

/* Whose next child is the first of a pid namespace must not lose it to a child of ours. */
START_TEST(the_first_of_a_pid_namespace)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin *pin = NULL;
	int status;
	pid_t pid;

	begin(AS_ROOT);
	ck_assert_int_eq(unshare(CLONE_NEWPID), 0);
	ck_assert_int_eq(maproot_pin_new(MAPROOT_NAMESPACE_NET, "/run/own/a", &pin, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST, NULL);
	check_gone("/run/own/a");
	pid = fork();
	if (pid == 0) {
		/* Check's fork runs its hooks; this one only tells who it is. */
		_exit(getpid() == 1 ? 0 : 1);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

enum { THREADS = 16 };

struct worker {
	size_t number;
	bool same_name;
	pthread_barrier_t *barrier;
	int made;
	const char *flaw;
};

static const char *work_once(struct worker *worker, int round)
{
	enum maproot_namespace type = worker->same_name ? MAPROOT_NAMESPACE_UTS :
							  types[(worker->number + (size_t)round) % TYPES];
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin *pin = NULL;
	char name[32];
	int result = 0;
	int code;

	(void)snprintf(name, sizeof(name), "n%zu", worker->same_name ? 0 : worker->number);
	code = maproot_pin_new(type, name, &pin, &err);
	if (code == -EEXIST && worker->same_name)
		return NULL;
	if (code < 0)
		return maproot_step_name(err.step);
	worker->made++;
	if (inode_of(maproot_pin_path(pin)) != inode_of_fd(maproot_pin_fd(pin)))
		return "its path leads elsewhere";
	if (round % 4 == 0 && (maproot_pin_run_in(pin, tell_namespace, &type, &result, NULL) < 0 ||
			       (unsigned int)result != inode_of_fd(maproot_pin_fd(pin))))
		return "not inside";
	return maproot_pin_close(&pin, NULL) == 0 ? NULL : "not closed";
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	int rounds = support_size(4, 12, 50);

	(void)pthread_barrier_wait(worker->barrier);
	for (int round = 0; round < rounds && !worker->flaw; round++)
		worker->flaw = work_once(worker, round);
	return NULL;
}

static size_t threads_of_process(void)
{
	return entries("/proc/self/task");
}

/* All with names of their own; all with the same name, which one at a time has. */
START_TEST(many_threads)
{
	struct worker workers[THREADS] = { { 0 } };
	pthread_t threads[THREADS];
	pthread_barrier_t barrier;
	size_t descriptors;
	int made = 0;

	begin(AS_ROOT);
	descriptors = open_descriptors();
	ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, THREADS), 0);
	for (size_t at = 0; at < THREADS; at++) {
		workers[at] = (struct worker){ .number = at, .same_name = _i == 1, .barrier = &barrier };
		ck_assert_int_eq(pthread_create(&threads[at], NULL, work, &workers[at]), 0);
	}
	for (size_t at = 0; at < THREADS; at++)
		ck_assert_int_eq(pthread_join(threads[at], NULL), 0);
	for (size_t at = 0; at < THREADS; at++) {
		ck_assert_msg(!workers[at].flaw, "thread %zu: %s", at, workers[at].flaw);
		made += workers[at].made;
	}
	ck_assert_int_ge(made, 1);
	ck_assert_uint_eq(open_descriptors(), descriptors);
	ck_assert_uint_eq(threads_of_process(), 1);
	ck_assert_uint_eq(mounts_with(" - nsfs "), 0);
	ck_assert_uint_eq(mounts_with(" /run/netns "), _i == 1 ? 0 : 1);
	ck_assert_uint_eq(mounts_with(" /run/maproot/mnt "), _i == 1 ? 0 : 1);
	for (size_t at = 0; at < TYPES; at++)
		ck_assert_uint_eq(entries(strndup(path_of(types[at], ""), 64)), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("join/pin", &tc);

	tcase_add_loop_test(tc, makes_a_new_one, 0, TYPES * PLACES);
	tcase_add_loop_test(tc, pins_the_current_one, 0, MAPROOT_NAMESPACE_COUNT * PLACES);
	tcase_add_test(tc, the_current_one_is_the_threads);
	tcase_add_loop_test(tc, is_furnished, 0, PLACES);
	tcase_add_test(tc, random_names_differ);
	tcase_add_loop_test(tc, refuses_what_is_no_name, 0, UNIT_COUNT(refused));
	tcase_add_test(tc, the_longest_name);
	tcase_add_test(tc, a_relative_path_outlives_a_change_of_directory);
	tcase_add_loop_test(tc, what_is_there_stays, 0, UNIT_COUNT(things));
	tcase_add_loop_test(tc, a_pin_is_there, 0, PLACES);
	tcase_add_loop_test(tc, links_instead_of_directories, 0, UNIT_COUNT(links));
	tcase_add_test(tc, directories_have_their_mode);
	tcase_add_loop_test(tc, mount_namespaces_need_a_private_mount, 0, PLACES);
	tcase_add_test(tc, mount_namespaces_from_every_cpu);
	tcase_add_loop_test(tc, outlives_its_maker, 0, TYPES);
	tcase_add_loop_test(tc, nothing_was_ever_there, 0, TYPES);
	tcase_add_test(tc, another_type_is_refused);
	tcase_add_loop_test(tc, without_rights, 0, TYPES);
	tcase_add_loop_test(tc, inside_a_user_namespace, 0, TYPES);
	tcase_add_loop_test(tc, stdio_stays_closed, 0, 8);
	tcase_add_loop_test(tc, the_child_is_nobodys_business, 0, 2);
	tcase_add_test(tc, the_first_of_a_pid_namespace);
	tcase_add_loop_test(tc, many_threads, 0, 2);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

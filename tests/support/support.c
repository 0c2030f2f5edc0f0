/*
 * The test user, the private copies, and small things; see support.h. The passwd and subordinate-id files
 * are bind-mounted copies in a mount namespace of this process, so the machine's own are never touched.
 * Uid and ranges come from the process id: test programs that run side by side don't meet.
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST_UID         0x10000000u
#define FIRST_SUBORDINATE 0x40000000u
#define RANGE             65536u

static struct support_user user;
static char directory[200];
static volatile sig_atomic_t ordered_to_end;

void support_skip(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	printf("skipped: ");
	vprintf(format, ap);
	printf("\n");
	va_end(ap);
	exit(SUPPORT_SKIPPED);
}

void support_die(const char *format, ...)
{
	int number = errno;
	va_list ap;

	va_start(ap, format);
	fprintf(stderr, "test support: ");
	vfprintf(stderr, format, ap);
	va_end(ap);
	if (number)
		fprintf(stderr, ": %s", strerror(number));
	fprintf(stderr, "\n");
	exit(99);
}

const char *support_text(const char *format, ...)
{
	static char ring[16][PATH_MAX];
	static unsigned int next;
	char *buffer = ring[next++ % 16];
	va_list ap;
	int length;

	va_start(ap, format);
	length = vsnprintf(buffer, PATH_MAX, format, ap);
	va_end(ap);
	if (length < 0 || length >= PATH_MAX)
		support_die("text too long: %s", format);
	return buffer;
}

int64_t support_now_us(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		support_die("clock_gettime");
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void support_sleep_us(int64_t us)
{
	struct timespec left = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	while (us > 0 && nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

int support_size(int quick, int ci, int full)
{
	const char *size = getenv("MAPROOT_TEST_SIZE");

	if (!size || strcmp(size, "ci") == 0)
		return ci;
	if (strcmp(size, "quick") == 0)
		return quick;
	if (strcmp(size, "full") == 0)
		return full;
	errno = 0;
	support_die("MAPROOT_TEST_SIZE is '%s'; it must be quick, ci or full", size);
}

char *support_read(const char *path, size_t *ret_length)
{
	size_t size = 65536, length = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *buffer;

	if (fd < 0)
		return NULL;
	buffer = malloc(size);
	for (;;) {
		ssize_t n;

		if (!buffer)
			support_die("malloc");
		n = read(fd, buffer + length, size - length - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int number = errno;

			free(buffer);
			close(fd);
			errno = number;
			return NULL;
		}
		if (n == 0)
			break;
		length += (size_t)n;
		if (length + 1 == size)
			buffer = realloc(buffer, size *= 2);
	}
	close(fd);
	buffer[length] = '\0';
	if (ret_length)
		*ret_length = length;
	return buffer;
}

char *support_mounts(void)
{
	char *text = support_read("/proc/self/mountinfo", NULL);

	if (!text)
		support_die("/proc/self/mountinfo");
	return text;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	(void)remove(path); /* what can't be removed shows as a directory left behind, below */
	return 0;
}

static void remove_directory(void)
{
	/* The copies are mounted from here; a lazy unmount lets go of them. */
	(void)umount2("/etc/passwd", MNT_DETACH);
	(void)umount2("/etc/group", MNT_DETACH);
	(void)umount2("/etc/subuid", MNT_DETACH);
	(void)umount2("/etc/subgid", MNT_DETACH);
	(void)nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	if (access(directory, F_OK) == 0)
		fprintf(stderr, "test support: could not remove %s\n", directory);
}

static void make_directory(void)
{
	const char *base = getenv("TMPDIR");
	int length = snprintf(directory, sizeof(directory), "%s/maproot-test-XXXXXX",
			      base && base[0] == '/' ? base : "/tmp");

	if (length < 0 || (size_t)length >= sizeof(directory) || !mkdtemp(directory))
		support_die("cannot make a temporary directory %s", directory);
	if (chmod(directory, 0755) < 0)
		support_die("chmod %s", directory);
}

/* Copies `path` (which may be absent), adds `line`, and mounts the copy over it. */
static void overlay_file(const char *path, const char *line)
{
	const char *name = strrchr(path, '/') + 1;
	const char *copy = support_text("%s/etc-%s", directory, name);
	size_t length = 0;
	char *text = support_read(path, &length);
	FILE *file;

	if (!text && errno != ENOENT)
		support_die("cannot read %s", path);
	if (!text)
		support_skip("%s does not exist, so no copy can be mounted over it", path);
	file = fopen(copy, "we");
	if (!file)
		support_die("cannot create %s", copy);
	if (fwrite(text, 1, length, file) != length ||
	    (length && text[length - 1] != '\n' && fputc('\n', file) == EOF) ||
	    fputs(line, file) == EOF || fchmod(fileno(file), 0644) < 0 || fclose(file))
		support_die("cannot write %s", copy);
	free(text);
	if (mount(copy, path, NULL, MS_BIND, NULL) < 0)
		support_die("cannot mount a copy over %s", path);
}

static void make_user(void)
{
	uint32_t number = (uint32_t)getpid();

	user.uid = FIRST_UID + number;
	user.gid = user.uid;
	user.subordinate[0] = FIRST_SUBORDINATE + number % 4096 * 4 * RANGE;
	user.subordinate[1] = user.subordinate[0] + 2 * RANGE;
	user.subordinate_count = RANGE;
	(void)snprintf(user.name, sizeof(user.name), "mrtest%u", number);
	(void)snprintf(user.home, sizeof(user.home), "%s/home", directory);

	if (unshare(CLONE_NEWNS) < 0)
		support_die("cannot make a private mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0)
		support_die("cannot make the mounts private");
	overlay_file("/etc/passwd", support_text("%s:x:%u:%u::%s:/bin/sh\n", user.name, user.uid,
						 user.gid, user.home));
	overlay_file("/etc/group", support_text("%s:x:%u:\n", user.name, user.gid));
	/* The one by name, the other by number: both forms are legal. */
	overlay_file("/etc/subuid",
		     support_text("%s:%u:%u\n%u:%u:%u\n", user.name, user.subordinate[0], RANGE,
				  user.uid, user.subordinate[1], RANGE));
	overlay_file("/etc/subgid",
		     support_text("%s:%u:%u\n%u:%u:%u\n", user.name, user.subordinate[0], RANGE,
				  user.uid, user.subordinate[1], RANGE));
}

static void order_to_end(int number)
{
	ordered_to_end = number;
}

/* The keeper's life; returns the test's wait status. */
static int keep(pid_t test)
{
	const struct sigaction action = { .sa_handler = order_to_end };
	int status;

	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
	while (waitpid(test, &status, 0) < 0) {
		if (errno != EINTR)
			support_die("waitpid");
		if (ordered_to_end)
			(void)kill(test, SIGKILL);
	}
	support_kill_descendants();
	return status;
}

static void fork_keeper(void)
{
	pid_t test;
	int status;

	support_adopt_orphans();
	fflush(NULL);
	test = fork();
	if (test < 0)
		support_die("fork");
	if (test == 0) {
		/* Whatever kills the keeper. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		return;
	}
	status = keep(test);
	remove_directory();
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	fprintf(stderr, "test support: the test died of signal %d\n", WTERMSIG(status));
	_exit(98);
}

void support_init(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	make_directory();
	fork_keeper();
	if (geteuid() == 0) {
		make_user();
	} else {
		struct passwd *entry = getpwuid(geteuid());

		user.uid = geteuid();
		user.gid = getegid();
		(void)snprintf(user.name, sizeof(user.name), "%s", entry ? entry->pw_name : "");
		(void)snprintf(user.home, sizeof(user.home), "%s/home", directory);
	}
	if (mkdir(user.home, 0755) < 0 || chmod(user.home, 0755) < 0 ||
	    chown(user.home, user.uid, user.gid) < 0)
		support_die("cannot make %s", user.home);
}

const struct support_user *support_user(void)
{
	return &user;
}

const char *support_directory(void)
{
	return directory;
}

const char *support_install(const char *program, const char *name)
{
	char *path = strdup(support_text("%s/%s", directory, name));
	size_t length = 0;
	char *bytes = support_read(program, &length);
	int fd;

	if (!bytes || !path)
		support_die("cannot read %s", program);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (fd < 0)
		support_die("cannot create %s", path);
	for (size_t done = 0; done < length;) {
		ssize_t n = write(fd, bytes + done, length - done);

		if (n < 0)
			support_die("cannot write %s", path);
		done += (size_t)n;
	}
	if (fchmod(fd, 0755) < 0 || close(fd) < 0)
		support_die("cannot finish %s", path);
	free(bytes);
	return path;
}

const char *support_maproot(const char *fallback)
{
	static const char *installed;
	const char *program = getenv("MAPROOT");

	if (!installed)
		installed = support_install(program && *program ? program : fallback, "maproot");
	return installed;
}

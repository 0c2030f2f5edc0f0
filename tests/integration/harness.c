/* See harness.h. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *maproot, *actor, *probe;
static char *mounts_before;

static struct {
	const char *name;
	const char *option;
} modes[] = {
#define X(id, name, option) [MODE_##id] = { name, option },
	HARNESS_MODES(X)
#undef X
};

const char *mode_name(enum mode mode)
{
	return modes[mode].name;
}

bool mode_in_place(enum mode mode)
{
	return mode == MODE_BARE || mode == MODE_IN_PLACE || mode == MODE_JOIN;
}

const char *const *mode_wrap(enum mode mode, const char *const *argv)
{
	size_t count = 0, next = 0;
	const char **wrapped;

	while (argv[count])
		count++;
	wrapped = calloc(count + 3, sizeof(*wrapped));
	if (!wrapped)
		support_die("calloc");
	if (mode != MODE_BARE)
		wrapped[next++] = maproot;
	if (modes[mode].option)
		wrapped[next++] = modes[mode].option;
	for (size_t i = 0; i < count; i++)
		wrapped[next++] = argv[i];
	return wrapped;
}

const char *const *mode_words(enum mode mode, const char *a, const char *b, const char *c,
			      const char *d, const char *e, const char *f)
{
	const char *const words[] = { a, b, c, d, e, f, NULL };

	return mode_wrap(mode, words);
}

const char *harness_maproot(void)
{
	return maproot;
}

const char *harness_actor(void)
{
	return actor;
}

const char *harness_probe(void)
{
	return probe;
}

static void before_test(void)
{
	/* Else it would go on when the runner is killed by a time limit. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	support_adopt_orphans();
	mounts_before = support_mounts();
}

static void after_test(void)
{
	size_t left = support_wait_alone(2000);
	char *mounts_after = support_mounts();
	bool same = strcmp(mounts_before, mounts_after) == 0;

	if (left)
		support_kill_descendants();
	ck_assert_msg(left == 0, "%zu processes were left behind", left);
	ck_assert_msg(same, "the mounts changed:\n%s\nbefore:\n%s", mounts_after, mounts_before);
	free(mounts_before);
	free(mounts_after);
}

TCase *harness_case(Suite *suite, const char *name, double seconds)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, before_test, after_test);
	tcase_set_timeout(tc, seconds);
	suite_add_tcase(suite, tc);
	return tc;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0)
		support_die("cannot write %s", path);
}

/* Says to be there, and is, until somebody kills it or the test program ends. */
static _Noreturn void stay(int ready)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write(ready, "x", 1) != 1)
		_exit(1);
	(void)close(ready);
	for (;;)
		(void)pause();
}

/* In a child: the user, root of a user and mount namespace of his, made by nothing that is under test. */
static _Noreturn void be_container(int flags, int ready)
{
	const struct support_user *user = support_user();
	pid_t pid;

	support_become_user();
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | flags) < 0)
		support_die("cannot make a container");
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", support_text("0 %u 1", user->uid));
	write_file("/proc/self/gid_map", support_text("0 %u 1", user->gid));
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		support_die("cannot make a container's mounts its own");
	if (!(flags & CLONE_NEWPID))
		stay(ready);
	pid = fork();
	if (pid == 0)
		stay(ready);
	(void)close(ready);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	_exit(0);
}

/* Returns its first process, the child of this one. */
static pid_t start_container(enum mode mode, int flags)
{
	pid_t child;
	pid_t inner;
	int ready[2];
	char byte;

	if (pipe2(ready, O_CLOEXEC) < 0 || (child = fork()) < 0)
		support_die("cannot start a container");
	if (child == 0)
		be_container(flags, ready[1]);
	(void)close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		support_die("a container did not start");
	(void)close(ready[0]);
	if (support_descendants(child, &inner, 1) == 0)
		inner = child;
	modes[mode].option = strdup(support_text("--target=%d", (int)inner));
	return child;
}

static void end_container(pid_t child)
{
	pid_t inner;

	if (support_descendants(child, &inner, 1) == 1)
		(void)kill(inner, SIGKILL);
	else
		(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
}

int harness_main(Suite *(*build)(void))
{
	pid_t container[2];
	SRunner *runner;
	int failed;

	support_init();
	container[0] = start_container(MODE_JOIN, 0);
	container[1] = start_container(MODE_JOIN_PID, CLONE_NEWPID);
	maproot = support_maproot(MAPROOT_PATH);
	actor = support_install(ACTOR_PATH, "actor");
	probe = support_install(PROBE_PATH, "probe");
	runner = srunner_create(build());
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	end_container(container[0]);
	end_container(container[1]);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

const char *harness_file(const char *name)
{
	char *path = strdup(support_text("%s/%s", support_user()->home, name));
	const char *end = support_text("%s.end", path);

	if (!path || (unlink(path) < 0 && errno != ENOENT) || (unlink(end) < 0 && errno != ENOENT))
		support_die("cannot remove %s", name);
	return path;
}

pid_t harness_wait_ready(const char *path, int ms)
{
	int64_t end = support_now_us() + (int64_t)ms * 1000;

	while (support_now_us() < end) {
		char *text = support_read(path, NULL);
		int pid = 0;

		if (text && strchr(text, '\n') && sscanf(text, "ready %d", &pid) == 1) {
			free(text);
			return pid;
		}
		free(text);
		support_sleep_us(500);
	}
	errno = 0;
	support_die("%s was not written within %d ms", path, ms);
}

static size_t parse_log(const char *text, struct signal_line *lines, size_t count)
{
	size_t found = 0;

	for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		struct signal_line one;
		char copy[160];

		/* sscanf() measures its whole text: give it one line of a long log at a time. */
		(void)snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(line, "\n"), line);
		if (!strchr(line, '\n') ||
		    sscanf(copy, "signal %d code %d value %lld sender %d", &one.number, &one.code,
			   &one.value, &one.sender) != 4)
			continue;
		if (found < count)
			lines[found] = one;
		found++;
	}
	return found;
}

size_t harness_read_log(const char *path, struct signal_line *lines, size_t count, int ms)
{
	int64_t end = support_now_us() + (int64_t)ms * 1000;

	for (;;) {
		char *text = support_read(path, NULL);
		size_t found = parse_log(text, lines, count);

		free(text);
		if (found >= count || support_now_us() >= end)
			return found;
		support_sleep_us(2000);
	}
}

void harness_end_log(const char *path)
{
	int fd = open(support_text("%s.end", path), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || close(fd) < 0)
		support_die("cannot create %s.end", path);
}

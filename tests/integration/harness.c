/* See harness.h. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static const char *maproot, *actor, *probe;
static char *mounts_before;

static const struct {
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

int harness_main(Suite *(*build)(void))
{
	SRunner *runner;
	int failed;

	support_init();
	maproot = support_maproot(MAPROOT_PATH);
	actor = support_install(ACTOR_PATH, "actor");
	probe = support_install(PROBE_PATH, "probe");
	runner = srunner_create(build());
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
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

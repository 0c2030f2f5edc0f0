/* See place.h. */
#include "place.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *programs[WAY_COUNT];
static const char *library;

/* Children of its own are in what it made for children: pid and time. */
static _Noreturn void keep(int flags, int out)
{
	pid_t pid;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		support_die("PR_SET_PDEATHSIG");
	unit_enter_namespace(flags);
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(out);
		for (;;)
			pause();
	}
	if (pid < 0 || write(out, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
		support_die("cannot start a container");
	close(out);
	for (;;)
		pause();
}

void place_start(struct place *place, int flags)
{
	int ends[2];

	if (pipe(ends) < 0)
		support_die("pipe");
	place->other = 0;
	place->keeper = fork();
	if (place->keeper == 0) {
		close(ends[0]);
		keep(flags, ends[1]);
	}
	close(ends[1]);
	if (place->keeper < 0 || read(ends[0], &place->pid, sizeof(place->pid)) != (ssize_t)sizeof(place->pid))
		support_die("cannot start a container");
	close(ends[0]);
}

void place_end(struct place *place)
{
	int status;

	(void)kill(place->pid, SIGKILL);
	(void)kill(place->keeper, SIGKILL);
	ck_assert(waitpid(place->keeper, &status, 0) == place->keeper);
	(void)waitpid(place->pid, &status, 0);
}

const char *place_namespace(pid_t pid, const char *name)
{
	char link[64] = "";

	if (readlink(support_text("/proc/%d/ns/%s", (int)pid, name), link, sizeof(link) - 1) < 0)
		support_die("cannot read the %s namespace of %d", name, (int)pid);
	return support_text("%s", link);
}

void probe_install(void)
{
	programs[WAY_PRELOADED] = support_install(PROBE_PRELOADED, "probe");
	programs[WAY_LINKED] = support_install(PROBE_LINKED, "probe-linked");
	programs[WAY_STATIC] = support_install(PROBE_STATIC, "probe-static");
	library = support_install(PRELOAD_LIBRARY, "libmaproot-preload.so");
}

const char *probe_program(enum way way)
{
	return programs[way];
}

/* Field 22 of a stat file, behind the name in brackets. */
static const char *start_time(pid_t pid)
{
	char *text = support_read(support_text("/proc/%d/stat", (int)pid), NULL);
	const char *at = text ? strrchr(text, ')') : NULL;
	const char *start;

	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		support_die("/proc/%d/stat", (int)pid);
	start = support_text("%.*s", (int)strcspn(at + 1, " "), at + 1);
	free(text);
	return start;
}

const char *probe_words(const struct place *place, const char *text)
{
	const struct {
		const char *name;
		const char *value;
	} words[] = {
		{ "{pid}", support_text("%d", (int)place->pid) },
		{ "{start}", strstr(text, "{start}") ? start_time(place->pid) : "" },
		{ "{other}", support_text("%d", (int)place->other) },
		{ "{dir}", support_directory() },
	};

	for (size_t word = 0; word < UNIT_COUNT(words); word++) {
		const char *at;

		while ((at = strstr(text, words[word].name)) != NULL)
			text = support_text("%.*s%s%s", (int)(at - text), text, words[word].value,
					    at + strlen(words[word].name));
	}
	return text;
}

void probe_run(const struct probe_run *run, const struct place *place, struct support_result *ret_result)
{
	enum { ROOM = 16 };
	const char *program = run->program ? run->program : programs[run->way];
	const char *const argv[] = { program, run->argument ? run->argument : "report", NULL };
	const char *envp[ROOM + 2];
	char *copies[ROOM];
	size_t count = 0;
	struct support_command command = { .argv = argv,
					   .envp = envp,
					   .before = run->before,
					   .after = run->after,
					   .arg = run->arg,
					   .as_root = run->as_root };

	for (; run->environment[count]; count++) {
		ck_assert_uint_lt(count, ROOM);
		envp[count] = copies[count] = strdup(probe_words(place, run->environment[count]));
	}
	envp[count] = NULL;
	if (run->way == WAY_PRELOADED) {
		envp[count] = support_text("LD_PRELOAD=%s", library);
		envp[count + 1] = NULL;
	}
	support_run(&command, ret_result);
	ck_assert_msg(!ret_result->timed_out, "the probe hangs");
	for (size_t at = 0; at < count; at++)
		free(copies[at]);
}

const char *probe_value(const struct support_result *result, const char *key)
{
	const char *prefix = support_text("%s ", key);
	const char *found = NULL;

	for (const char *line = result->out; *line; line += strcspn(line, "\n"), line += *line != '\0') {
		if (strncmp(line, prefix, strlen(prefix)) != 0)
			continue;
		ck_assert_msg(!found, "two lines %s in:\n%s", key, result->out);
		found = support_text("%.*s", (int)strcspn(line + strlen(prefix), "\n"), line + strlen(prefix));
	}
	return found ? found : "";
}

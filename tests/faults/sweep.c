/*
 * See sweep.h. Contract: a worker that dies is seen, and a run that is not flawless without any
 * fault ends the test at once: a sweep over it would prove nothing.
 */
#include "sweep.h"

#include "support.h"

#include <errno.h>
#include <maproot/error.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 2

static void *share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return memory;
}

struct sweep_job *sweep_run(size_t count, sweep_work work, void *arg)
{
	struct sweep_job *jobs = share((count ? count : 1) * sizeof(*jobs));
	atomic_size_t *next = share(sizeof(*next));
	pid_t worker[WORKERS];

	fflush(stdout);
	for (int i = 0; i < WORKERS; i++) {
		worker[i] = fork();
		if (worker[i] < 0) {
			perror("fork");
			exit(1);
		}
		if (worker[i] > 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (size_t at; (at = atomic_fetch_add(next, 1)) < count;)
			jobs[at].outcome = work(arg, at, &jobs[at]);
		_exit(0);
	}
	for (int i = 0; i < WORKERS; i++) {
		int status;

		while (waitpid(worker[i], &status, 0) < 0 && errno == EINTR)
			;
	}
	return jobs;
}

size_t sweep_report(const char *title, const struct sweep_job *jobs, size_t count)
{
	size_t number[SWEEP_OUTCOMES] = { 0 };
	double longest = 0;

	for (size_t i = 0; i < count; i++) {
		number[jobs[i].outcome]++;
		if (jobs[i].seconds > longest)
			longest = jobs[i].seconds;
		if (jobs[i].outcome == SWEEP_BAD || jobs[i].outcome == SWEEP_UNDONE)
			printf("BAD %s\n",
			       jobs[i].outcome == SWEEP_BAD ? jobs[i].text : "a worker died");
		else if (jobs[i].outcome == SWEEP_MISSED)
			printf("not reached again: %s\n", jobs[i].text);
		else if (getenv("SWEEP_VERBOSE"))
			printf("%s %s\n",
			       jobs[i].outcome == SWEEP_REPORTED ? "reported" : "went on",
			       jobs[i].text);
	}
	printf("%s: %zu points: %zu reported, %zu went on, %zu not reached, %zu bad; "
	       "the last process ended after %.1f ms at most\n",
	       title, count, number[SWEEP_REPORTED], number[SWEEP_TOLERATED], number[SWEEP_MISSED],
	       number[SWEEP_BAD] + number[SWEEP_UNDONE], longest * 1e3);
	/*
	 * a few calls come or don't with the order of events; many that don't mean that the sweep
	 * * is blind
	 */
	if (number[SWEEP_MISSED] * 20 > count) {
		printf("BAD %zu of %zu points were not reached\n", number[SWEEP_MISSED], count);
		return number[SWEEP_BAD] + number[SWEEP_UNDONE] + 1;
	}
	return number[SWEEP_BAD] + number[SWEEP_UNDONE];
}

const char *sweep_flaw(const struct inject_result *result)
{
	if (!result->ended)
		return "hangs";
	if (result->survivors > 0)
		return "processes are left";
	if (!result->payload_started)
		return "the command did not run";
	if (strcmp(result->output, "ok\n") != 0)
		return "the command is not in what it was promised";
	if (!WIFEXITED(result->status) || WEXITSTATUS(result->status) != ARENA_STATUS)
		return "not the command's status";
	if (result->diagnostics[0] != '\0')
		return "there are diagnostics";
	return NULL;
}

bool sweep_less(const struct inject_result *result)
{
	return result->output[0] != '\0' && strcmp(result->output, "ok\n") != 0;
}

void sweep_list(const struct inject_run *run, struct inject_list *list)
{
	struct inject_run listing = *run;

	listing.action = INJECT_NOTHING;
	/* in turn: with all at once and with the payload held until everything else is quiet */
	for (int i = 0; i < 9; i++) {
		struct inject_result result;
		const char *flaw;
		int r;

		/*
		 * the first one may leave mount points in a root directory, which the others find
		 * * there
		 */
		listing.list = i > 0 ? list : NULL;
		listing.gate = i % 2;
		r = inject_run(&listing, &result);
		if (r < 0) {
			fprintf(stderr, "cannot trace: %s\n", strerror(-r));
			exit(1);
		}
		flaw = sweep_flaw(&result);
		if (flaw) {
			printf("a run without any fault is not flawless: %s (status %#x)\n%s%s",
			       flaw, (unsigned int)result.status, result.output,
			       result.diagnostics);
			exit(1);
		}
	}
}

bool sweep_names_step(const char *diagnostics)
{
	static const char *const steps[] = {
#define X(id, name, text) text,
		MAPROOT_STEPS(X)
#undef X
	};
	/* The words of the step "request" are its object: this is the one that a fault brings. */
	static const char request[] = "capability ";
	static const char start[] = "maproot: ";
	const char *end = strchr(diagnostics, '\n');

	if (strncmp(diagnostics, start, strlen(start)) != 0 || !end)
		return false;
	/* after the first line: causes and advice, which are indented */
	for (const char *line = end + 1; *line; line = strchr(line, '\n') + 1)
		if (strncmp(line, "  ", 2) != 0 || !strchr(line, '\n'))
			return false;
	diagnostics += strlen(start);
	if (strncmp(diagnostics, request, strlen(request)) == 0)
		return true;
	for (size_t i = 1; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const char *object = strstr(steps[i], "%s");
		size_t length = object ? (size_t)(object - steps[i]) : strlen(steps[i]);
		bool wants_errno = steps[i][strlen(steps[i]) - 1] != '.';

		if (length == 0)
			continue;
		if (!object && !wants_errno)
			length--;
		if (strncmp(diagnostics, steps[i], length) == 0 &&
		    (!wants_errno || strstr(diagnostics + length, ": ")))
			return true;
	}
	return false;
}

const struct arena_mode *sweep_begin(int argc, char **argv, enum arena_build build,
				     struct arena *arena, struct inject_run *run)
{
	const struct arena_mode *mode = argc == 2 ? arena_find_mode(argv[1]) : NULL;

	if (!mode) {
		fprintf(stderr, "usage: %s MODE\n", argv[0]);
		exit(2);
	}
	arena_enter(arena, build);
	if (mode->auto_map && !arena->privileged)
		support_skip(
			"%s: a set-user-ID helper has no rights under an ordinary user's tracer; "
			"run the tests as root",
			mode->name);
	arena_prepare(arena, mode, run);
	return mode;
}

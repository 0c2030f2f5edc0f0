/*
 * Contract: at whichever system call of whichever process of a run SIGKILL comes to the wrapper,
 * nothing of the run lives 200 ms later, no mount and no file is left, and the command never ran in
 * less than it was promised. The same for SIGKILL to each of the processes between the wrapper and
 * the command; then the wrapper, which lives, says what happened or dies by the signal that it
 * stands in for.
 *
 *   test_kill_sweep MODE     (arena.c has the modes)
 */
#include "support.h"
#include "sweep.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

struct job {
	const struct inject_point *point;
	const char *victim;
};

struct sweep {
	const struct inject_run *run;
	struct arena *arena;
	struct job *job;
	size_t count;
};

/* The wrapper lives, so it has to account for the death of the other process. */
static const char *judge_wrapper(const struct inject_result *result)
{
	if (WIFSIGNALED(result->status))
		return WTERMSIG(result->status) == SIGKILL ? NULL :
							     "the wrapper died of something else";
	if (WEXITSTATUS(result->status) == 125)
		return sweep_names_step(result->diagnostics) ? NULL :
							       "no message that names the step";
	if (WEXITSTATUS(result->status) == 128 + SIGKILL)
		return NULL;
	return sweep_flaw(result);
}

static const char *judge(const struct job *job, const struct inject_result *result)
{
	if (!result->ended)
		return "hangs";
	if (result->payload_survived)
		return "the command outlived the wrapper";
	if (result->survivors > 0)
		return "processes are left";
	if (sweep_less(result))
		return "the command ran in less than it was promised";
	if (strcmp(job->victim, "0") != 0)
		return judge_wrapper(result);
	/* it may have been past its last call but one: then it ended as it would have ended */
	return WIFSIGNALED(result->status) || !sweep_flaw(result) ? NULL : "not killed";
}

static enum sweep_outcome work(void *arg, size_t index, struct sweep_job *record)
{
	const struct sweep *sweep = arg;
	const struct job *job = &sweep->job[index];
	struct inject_run run = *sweep->run;
	enum sweep_outcome outcome = SWEEP_MISSED;
	struct inject_result result;
	const char *complaint = NULL;
	char point[200];

	run.action = INJECT_KILL;
	run.at = job->point;
	run.victim = job->victim;
	run.gate = true;
	for (int attempt = 0; attempt < 8; attempt++) {
		if (inject_run(&run, &result) < 0)
			return SWEEP_UNDONE;
		if (!result.hit)
			continue;
		outcome = SWEEP_TOLERATED;
		complaint = NULL;
		/* a victim that was no longer needed: the run got over it */
		if (result.victim_missing ||
		    (strcmp(job->victim, "0") != 0 && !sweep_flaw(&result)))
			break;
		outcome = SWEEP_REPORTED;
		record->seconds = result.leftover_seconds;
		complaint = judge(job, &result);
		/* the machine may have been busy; an orphan stays one, however often one looks */
		if (!complaint && result.leftover_seconds > 0.2)
			complaint = "something lives on for more than 200 ms";
		else
			break;
	}
	if (!complaint && arena_leftovers(sweep->arena) > 0)
		complaint = "something is left behind";
	inject_point_format(job->point, point, sizeof(point));
	snprintf(record->text, sizeof(record->text),
		 "%s, SIGKILL to %s: %s [status %#x, %u left, %.0f ms] %.60s %.140s", point,
		 job->victim, complaint ? complaint : "", (unsigned int)result.status,
		 result.survivors, result.leftover_seconds * 1e3, result.output,
		 result.diagnostics);
	for (char *c = record->text; *c; c++)
		if (*c == '\n')
			*c = ' ';
	return complaint ? SWEEP_BAD : outcome;
}

static void add_job(struct sweep *sweep, const struct inject_point *point, const char *victim)
{
	sweep->job = realloc(sweep->job, (sweep->count + 1) * sizeof(*sweep->job));
	if (!sweep->job)
		exit(1);
	sweep->job[sweep->count++] = (struct job){ point, victim };
}

int main(int argc, char **argv)
{
	static struct arena arena;
	struct inject_run run;
	struct inject_list list = { .point = NULL };
	struct sweep sweep = { .run = &run, .arena = &arena };
	const struct arena_mode *mode = sweep_begin(argc, argv, ARENA_PLAIN, &arena, &run);
	const char *victims[16];
	size_t victim_count = 0, bad;

	run.helpers = true;
	sweep_list(&run, &list);
	for (size_t i = 0; i < list.count; i++) {
		size_t at = 0;

		while (at < victim_count && strcmp(victims[at], list.point[i].path) != 0)
			at++;
		if (at == victim_count && victim_count < 16)
			victims[victim_count++] = list.point[i].path;
	}
	for (size_t i = 0; i < list.count; i++) {
		/* a helper does nothing for most of its calls but start */
		if (list.point[i].image == INJECT_HELPER &&
		    list.point[i].sequence % (unsigned int)support_size(16, 8, 1) != 0)
			continue;
		for (size_t at = 0; at < victim_count; at++)
			/* quick: the wrapper and the caller itself */
			if (at == 0 || support_size(0, 1, 1) ||
			    strcmp(victims[at], list.point[i].path) == 0)
				add_job(&sweep, &list.point[i], victims[at]);
	}
	bad = sweep_report(mode->name, sweep_run(sweep.count, work, &sweep), sweep.count);
	bad += (size_t)arena_leftovers(&arena);
	inject_list_done(&list);
	free(sweep.job);
	return bad ? 1 : 0;
}

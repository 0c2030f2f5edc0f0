/*
 * Contract: whichever allocation of a run fails, once or with all that follow, the run does not
 * crash, leaves no process, never gives the command less than it was promised, and either is not
 * harmed or says which step failed and ends with status 125. Between clone and exec nothing is
 * allocated at all.
 *
 *   test_alloc_sweep MODE     (arena.c has the modes)
 */
#include "allocate.h"
#include "support.h"
#include "sweep.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct sweep {
	struct inject_run *run;
	const struct arena *arena;
};

/* The counters that the programs of this process share; each worker has its own. */
static struct allocate *counters(const struct arena *arena, struct inject_run *run)
{
	static char *envp[8];
	static struct allocate *memory;
	static pid_t owner;
	const char *path;
	int fd;
	size_t count = 0;

	if (owner != getpid()) {
		owner = getpid();
		path = support_text("%s/allocate-%d", support_directory(), getpid());
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 || fchown(fd, arena->uid, arena->gid) < 0 ||
		    ftruncate(fd, sizeof(*memory)) < 0)
			support_die("cannot make %s", path);
		memory = mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (memory == MAP_FAILED)
			support_die("cannot map %s", path);
		close(fd);
		for (; run->envp[count]; count++)
			envp[count] = run->envp[count];
		envp[count] = strdup(support_text("FAULTS_ALLOCATE=%s", path));
	}
	run->envp = envp;
	*memory = (struct allocate){ .fail = 0 };
	return memory;
}

static const char *judge(const struct inject_result *result)
{
	if (!result->ended)
		return "hangs";
	if (result->survivors > 0)
		return "processes are left";
	if (sweep_less(result))
		return "the command ran in less than it was promised";
	if (!sweep_flaw(result))
		return NULL;
	if (!WIFEXITED(result->status))
		return "crashes";
	if (WEXITSTATUS(result->status) != 125)
		return "not status 125";
	return sweep_names_step(result->diagnostics) ? NULL : "no message that names the step";
}

static enum sweep_outcome work(void *arg, size_t index, struct sweep_job *record)
{
	const struct sweep *sweep = arg;
	struct inject_run run = *sweep->run;
	struct allocate *allocate = counters(sweep->arena, &run);
	struct inject_result result;
	const char *complaint;

	allocate->fail = (long)(index / 2) + 1;
	allocate->forever = index % 2;
	if (inject_run(&run, &result) < 0)
		return SWEEP_UNDONE;
	record->seconds = result.leftover_seconds;
	complaint = judge(&result);
	snprintf(record->text, sizeof(record->text),
		 "allocation %ld%s: %s [status %#x] %.90s %.140s", allocate->fail,
		 allocate->forever ? " and all that follow" : "", complaint ? complaint : "",
		 (unsigned int)result.status, result.output, result.diagnostics);
	if (complaint)
		return SWEEP_BAD;
	if (atomic_load(&allocate->failed) == 0)
		return SWEEP_MISSED;
	return sweep_flaw(&result) ? SWEEP_REPORTED : SWEEP_TOLERATED;
}

int main(int argc, char **argv)
{
	static struct arena arena;
	struct inject_run run;
	struct inject_list list = { .point = NULL };
	struct sweep sweep = { .run = &run, .arena = &arena };
	const struct arena_mode *mode = sweep_begin(argc, argv, ARENA_ALLOCATE, &arena, &run);
	struct allocate *allocate;
	struct inject_run first = run;
	size_t bad = 0, count;

	run.marked = false;
	allocate = counters(&arena, &first);
	sweep_list(&first, &list);
	inject_list_done(&list);
	*allocate = (struct allocate){ .fail = 0 };
	{
		struct inject_result result;

		if (inject_run(&first, &result) < 0)
			return 1;
	}
	count = (size_t)atomic_load(&allocate->count);
	if (count == 0)
		/* libcap alone makes one: nothing counted is nothing linked */
		printf("BAD no allocation was counted\n"), bad++;
	/* a process that stays behind is a copy, with memory of its own */
	if (!mode->in_place && atomic_load(&allocate->in_children) > 0) {
		printf("BAD %ld allocations between clone and exec\n",
		       atomic_load(&allocate->in_children));
		bad++;
	}
	bad += sweep_report(mode->name, sweep_run(2 * count, work, &sweep), 2 * count);
	bad += (size_t)arena_leftovers(&arena);
	return bad ? 1 : 0;
}

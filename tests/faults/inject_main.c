/*
 * The injector by hand, to look at one point that a sweep complained about.
 *
 *   faults-inject list MODE
 *   faults-inject fail MODE PROCESS NUMBER ERRNO      "0.1 13 1": its 13th call answers EPERM
 *   faults-inject kill MODE PROCESS NUMBER VICTIM     "0.1 13 0": SIGKILL to the wrapper there
 */
#include "support.h"
#include "sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(const char *name)
{
	fprintf(stderr,
		"usage: %s list MODE | fail MODE PROCESS NUMBER ERRNO | kill MODE PROCESS NUMBER "
		"VICTIM\n",
		name);
	return 2;
}

static void print(const struct inject_run *run, const struct inject_result *result)
{
	char text[256] = "nothing";

	if (result->hit)
		inject_point_format(&result->point, text, sizeof(text));
	printf("at:        %s%s\n", text,
	       run->action == INJECT_KILL && result->victim_missing ? " (no such process there)" :
								      "");
	printf("status:    %#x%s after %.1f ms\n", (unsigned int)result->status,
	       result->ended ? "" : ", never ended,", result->seconds * 1e3);
	printf("processes: %u, left %u, the last ended %.1f ms later\n", result->processes,
	       result->survivors, result->leftover_seconds * 1e3);
	printf("output:    %s\nerrors:    %s\n", result->output, result->diagnostics);
}

int main(int argc, char **argv)
{
	static struct arena arena;
	struct inject_run run;
	struct inject_list list = { .point = NULL };
	struct inject_point point = { .path = "" };
	struct inject_result result;
	bool fail = argc == 6 && strcmp(argv[1], "fail") == 0;
	bool kill = argc == 6 && strcmp(argv[1], "kill") == 0;
	char text[256];

	if (!fail && !kill && !(argc == 3 && strcmp(argv[1], "list") == 0))
		return usage(argv[0]);
	(void)sweep_begin(2, argv + 1, ARENA_PLAIN, &arena, &run);
	run.helpers = getenv("INJECT_HELPERS") != NULL;
	if (!fail && !kill) {
		sweep_list(&run, &list);
		for (size_t i = 0; i < list.count; i++) {
			inject_point_format(&list.point[i], text, sizeof(text));
			puts(text);
		}
		return 0;
	}
	(void)snprintf(point.path, sizeof(point.path), "%s", argv[3]);
	point.sequence = (unsigned int)strtoul(argv[4], NULL, 10);
	run.at = &point;
	run.gate = kill;
	run.action = fail ? INJECT_FAIL : INJECT_KILL;
	run.code = fail ? (int)strtol(argv[5], NULL, 10) : 0;
	run.victim = argv[5];
	if (inject_run(&run, &result) < 0)
		support_die("cannot trace");
	print(&run, &result);
	return 0;
}

/*
 * A program of somebody's who uses the library: makes itself root, then does as its first argument says. What went
 * wrong is on stderr, with status 125.
 *
 *   say            ids, process 1 or not, whether the maps are a namespace's, arguments, environment
 *   status N       ends with the status
 *   signal N       dies by the signal
 *   unlink         removes its own file before anything else
 *   unprivileged   lowers its effective capabilities before anything else, and says whether they are back
 *   twice          asks again
 *   in-place, pid, auto     a request of its own by maproot_become(); then as `say`
 */
#include <maproot/capability.h>
#include <maproot/run.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

extern char **environ;

/* Asked by AddressSanitizer, where there is one: its leak check does not work below a tracer. */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static int fail(const struct maproot_error *err)
{
	char text[512];

	(void)maproot_error_format(err, text, sizeof(text));
	fprintf(stderr, "rooted: %s\n", text);
	return maproot_error_status(err);
}

static void lower_capabilities(void)
{
	cap_t caps = cap_get_proc();

	if (!caps || cap_clear_flag(caps, CAP_EFFECTIVE) < 0 || cap_set_proc(caps) < 0)
		exit(98);
	(void)cap_free(caps);
}

static void say(int argc, char **argv)
{
	char map[64] = "";
	char name[16] = "";
	FILE *file = fopen("/proc/self/uid_map", "re");

	if (file) {
		unsigned int inner, outer, count;

		while (fscanf(file, "%u %u %u", &inner, &outer, &count) == 3)
			(void)snprintf(map, sizeof(map), "%u", count == 4294967295 ? 0 : count);
		(void)fclose(file);
	}
	(void)prctl(PR_GET_NAME, name);
	printf("user %u group %u root %d mapped %s name %s\n", geteuid(), getegid(),
	       maproot_capabilities_probe(NULL, 0, NULL), map, name);
	for (int at = 0; at < argc; at++)
		printf("argument %s\n", argv[at]);
	for (char **entry = environ; *entry; entry++)
		printf("environment %s\n", *entry);
}

static int become(const char *how, char **argv, struct maproot_error *err)
{
	struct maproot_request request = { .death_signal = SIGKILL };
	struct maproot_outcome outcome;
	int code;

	if (strcmp(how, "in-place") == 0)
		request.in_place = true;
	else if (strcmp(how, "pid") == 0)
		request.namespaces = MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_PID);
	else if (strcmp(how, "auto") == 0)
		request.identity.subordinate = true;
	else
		return maproot_ensure_root(argv, err);
	code = maproot_become(&request, argv, &outcome, err);
	if (code == 0 && outcome.ended)
		maproot_end_as(outcome.wait_status);
	return code;
}

int main(int argc, char **argv)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *how = argc > 1 ? argv[1] : "say";

	if (strcmp(how, "unlink") == 0)
		(void)unlink(argv[0]);
	if (strcmp(how, "unprivileged") == 0)
		lower_capabilities();
	if (become(how, argv, &err) < 0)
		return fail(&err);
	if (strcmp(how, "twice") == 0 && maproot_ensure_root(argv, &err) < 0)
		return fail(&err);
	if (strcmp(how, "status") == 0)
		return atoi(argv[2]);
	if (strcmp(how, "signal") == 0)
		(void)kill(getpid(), atoi(argv[2]));
	say(argc, argv);
	return 0;
}

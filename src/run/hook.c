/*
 * Running a hook. A command is the shell's; where the process's number belongs in it, it says "{pid}".
 */
#include "run/hook.h"

#include "base/error.h"
#include "base/text.h"
#include "system/helper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum { NUMBER_SIZE = 24 };

static const char placeholder[] = "{pid}";

/* A new string, or NULL. */
static char *put_pid(const char *command, const char *pid)
{
	size_t places = 0;
	size_t size;
	char *line;

	for (const char *at = command; (at = strstr(at, placeholder)) != NULL; at += strlen(placeholder))
		places++;
	size = strlen(command) + places * strlen(pid) + 1;
	line = malloc(size);
	if (line) {
		struct mr_text text = mr_text_in(line, size);

		for (const char *at = command; *at != '\0';) {
			bool here = strncmp(at, placeholder, strlen(placeholder)) == 0;

			mr_text_add_bytes(&text, here ? pid : at, here ? strlen(pid) : 1);
			at += here ? strlen(placeholder) : 1;
		}
	}
	return line;
}

static bool is_ours(const char *entry)
{
	return strncmp(entry, "MAPROOT_PID=", 12) == 0 || strncmp(entry, "MAPROOT_ID=", 11) == 0;
}

/* The caller's environment, and what a hook is told. A new array, or NULL. */
static char **extend_environment(char *pid_entry, char *id_entry)
{
	size_t count = 0;
	size_t kept = 0;
	char **copy;

	while (environ[count])
		count++;
	copy = malloc((count + 3) * sizeof(*copy));
	if (!copy)
		return NULL;
	for (size_t at = 0; at < count; at++) {
		if (!is_ours(environ[at]))
			copy[kept++] = environ[at];
	}
	copy[kept++] = pid_entry;
	copy[kept++] = id_entry;
	copy[kept] = NULL;
	return copy;
}

static int run_line(char *line, char *const envp[], int timeout_ms, mr_signal_set heeds, struct maproot_error *err)
{
	char *argv[] = { (char *)"sh", (char *)"-c", line, NULL };
	const struct mr_helper helper = {
		.path = "/bin/sh",
		.argv = argv,
		.envp = envp,
		.dies_with_us = true, /* nobody would end it where it hangs */
		.heeds = heeds,
	};
	struct mr_helper_run run = MR_HELPER_NONE;
	int code = mr_helper_start(&helper, &run, err);

	return code < 0 ? code : mr_helper_finish(&run, timeout_ms, err);
}

static int run_command(const struct maproot_hook *hook, const struct mr_hook_facts *facts, struct maproot_error *err)
{
	char number[NUMBER_SIZE];
	char pid_entry[NUMBER_SIZE + 16] = "";
	char id_entry[128] = "";
	struct mr_text number_text = mr_text_in(number, sizeof(number));
	struct mr_text pid_text = mr_text_in(pid_entry, sizeof(pid_entry));
	struct mr_text id_text = mr_text_in(id_entry, sizeof(id_entry));

	mr_text_add_number(&number_text, facts->pid);
	mr_text_add(&pid_text, "MAPROOT_PID=");
	mr_text_add(&pid_text, number);
	mr_text_add(&id_text, "MAPROOT_ID=");
	mr_text_add(&id_text, facts->id);

	char *line = put_pid(hook->command, number);
	char **envp = extend_environment(pid_entry, id_entry);
	int code = line && envp ? run_line(line, envp, hook->timeout_ms, facts->heeds, err) :
				  mr_fail(err, ENOMEM, MAPROOT_STEP_PREPARE, "a hook");

	free(envp);
	free(line);
	return code;
}

int mr_hook_run(const struct maproot_hook *hook, const struct mr_hook_facts *facts, struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	char text[sizeof(why.object) + 160];
	int code;

	if (hook->call)
		return hook->call(hook->arg, facts->pid, err);
	if (!hook->command)
		return 0;
	code = run_command(hook, facts, &why);
	if (code == 0 || why.step == MAPROOT_STEP_INTERRUPTED || why.step == MAPROOT_STEP_PREPARE)
		return code < 0 ? mr_error_pass(err, &why) : 0;
	if (why.step == MAPROOT_STEP_PROGRAM)
		(void)maproot_error_format(&why, text, sizeof(text));
	return mr_fail_pieces(err, -code, MAPROOT_STEP_HOOK, facts->which, " hook failed: ",
			      why.step == MAPROOT_STEP_PROGRAM ? text : why.object, NULL);
}

/* See cli.h. */
#include "cli.h"

#include <maproot/namespace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *maproot;

void cli_set_up(void)
{
	maproot = support_maproot(MAPROOT_PATH);
}

const char *cli_maproot(void)
{
	return maproot;
}

static const char *own_namespaces(void)
{
	static char links[1024];
	size_t length = 0;

	for (int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		char link[64] = "";
		const char *name = maproot_namespace_name((enum maproot_namespace)type);

		if (readlink(support_text("/proc/self/ns/%s", name), link, sizeof(link) - 1) <= 0)
			support_die("cannot read my own %s namespace", name);
		length += (size_t)snprintf(links + length, sizeof(links) - length, "%s,", link);
	}
	return links;
}

static const char *value_of(const char *name, size_t length)
{
	const struct support_user *user = support_user();
	const struct {
		const char *name;
		const char *value;
	} values[] = {
		{ "uid", support_text("%u", user->uid) },
		{ "gid", support_text("%u", user->gid) },
		{ "user", user->name },
		{ "sub0", support_text("%u", user->subordinate[0]) },
		{ "sub1", support_text("%u", user->subordinate[1]) },
		{ "home", user->home },
		{ "dir", support_directory() },
		{ "maproot", maproot },
		{ "pid", support_text("%d", (int)getpid()) },
		{ "ns", own_namespaces() },
	};

	for (size_t at = 0; at < UNIT_COUNT(values); at++) {
		if (strlen(values[at].name) == length &&
		    strncmp(values[at].name, name, length) == 0)
			return values[at].value;
	}
	return NULL;
}

const char *cli_expand(const char *text)
{
	size_t size = strlen(text) + 65536;
	char *out = calloc(1, size);
	size_t length = 0;

	if (!out)
		support_die("calloc");
	while (*text) {
		size_t word = *text == '{' ? strcspn(text + 1, "}") : 0;
		const char *value = word > 0 ? value_of(text + 1, word) : NULL;

		if (value) {
			length += (size_t)snprintf(out + length, size - length, "%s", value);
			text += word + 2;
		} else {
			out[length++] = *text++;
		}
	}
	return out;
}

void cli_run(const char *const *argv, const struct cli_place *place,
	     struct support_result *ret_result)
{
	static const struct cli_place nowhere = { .as_root = false };
	static const char *const sanitized[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"SHELL=/bin/sh",
		"ASAN_OPTIONS=detect_leaks=0",
		NULL,
	};
	const char *words[CLI_WORDS + 2] = { maproot };
	struct support_command command = { .argv = words };

	if (!place)
		place = &nowhere;
	for (int at = 0; at < CLI_WORDS && argv[at]; at++)
		words[at + 1] = cli_expand(argv[at]);
	command.path = place->program ? place->program : maproot;
	command.before = place->before;
	command.after = place->after;
	command.envp = place->envp;
	if (UNIT_SANITIZED && !place->envp)
		command.envp = sanitized;
	command.as_root = place->as_root;
	support_run(&command, ret_result);
	ck_assert_msg(!ret_result->timed_out, "%s %s: timed out", words[1],
		      words[2] ? words[2] : "");
}

static const char *joined(const char *const *argv)
{
	const char *text = "";

	for (int at = 0; at < CLI_WORDS && argv[at]; at++)
		text = support_text("%s '%s'", text, argv[at]);
	return text;
}

void cli_check(const struct cli_row *row, const struct cli_place *place)
{
	const char *out = cli_expand(row->out ? row->out : "");
	const char *err = cli_expand(row->err ? row->err : "");
	size_t length = strlen(err);
	struct support_result result;

	cli_run(row->argv, place, &result);
	support_leave_out_explanation(result.err);
	ck_assert_msg(strcmp(result.out, out) == 0,
		      "maproot%s printed\n%s(instead of\n%s), and said\n%s", joined(row->argv),
		      result.out, out, result.err);
	if (length > 0 && err[length - 1] == '*' && strncmp(result.err, err, length - 1) == 0)
		err = result.err;
	ck_assert_msg(strcmp(result.err, err) == 0, "maproot%s said\n%s(instead of\n%s)",
		      joined(row->argv), result.err, err);
	ck_assert_msg(WIFEXITED(result.status) && WEXITSTATUS(result.status) == row->status,
		      "maproot%s ended with status %x instead of %d", joined(row->argv),
		      result.status, row->status);
	ck_assert_uint_eq(support_wait_alone(2000), 0);
	support_release(&result);
}

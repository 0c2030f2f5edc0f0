/*
 * What the strategies have in common that work by a program which goes on running: finding, starting, and speaking with it.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/stop_point.h"
#include "base/text.h"
#include "join/registry.h"
#include "run/network_strategy.h"
#include "system/program.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int fail(int code, const char *what, const char *name, const char *why, struct maproot_error *err)
{
	return mr_fail_pieces(err, code, MAPROOT_STEP_NETWORK, what, " '", name, "'", why, NULL);
}

int mr_network_find_program(struct mr_networks *networks, const char *name, const char *package,
			    struct maproot_error *err)
{
	int code = mr_program_find(name, networks->program, sizeof(networks->program));

	if (code == -ENOENT)
		return mr_fail_pieces(err, ENOENT, MAPROOT_STEP_NETWORK, "there is no program '", name,
				      "' in PATH; install the package ", package, NULL);
	return code < 0 ? fail(-code, "may not execute", networks->program, "", err) : 0;
}

int mr_network_check_tun(struct maproot_error *err)
{
	static const char path[] = "/dev/net/tun";
	mr_auto_fd int fd = mr_open(path, O_RDWR | O_NONBLOCK, 0);

	switch (fd < 0 ? -fd : 0) {
	case 0:
		return 0;
	case ENOENT:
		return fail(ENOENT, "there is no", path, "; load the module tun, or let the device into the container", err);
	case ENODEV:
	case ENXIO:
		return fail(-fd, "nothing is behind", path, "; load the module tun", err);
	case EACCES:
		return fail(EACCES, "this user may not open", path, "; it should have mode 0666", err);
	case EPERM:
		return fail(EPERM, "opening", path, " is forbidden, as by a control group of devices", err);
	default:
		return fail(-fd, "cannot open", path, "", err);
	}
}

int mr_network_choose_file(struct mr_networks *networks, const char *suffix, size_t size, struct mr_journal *journal,
			   struct maproot_error *err)
{
	char path[PATH_MAX];
	int code = mr_registry_path(path, err);
	struct mr_text text = mr_text_in(networks->file, size < PATH_MAX ? size : PATH_MAX);

	if (code < 0)
		return code;
	mr_text_add(&text, path);
	mr_text_add(&text, "/.");
	mr_text_add(&text, networks->id);
	mr_text_add(&text, suffix);
	if (mr_text_is_cut(&text))
		return fail(ENAMETOOLONG, "the directory of names is too long a path for a socket in it:", path, "",
			    err);
	return mr_journal_note(journal, "file", networks->file, err);
}

void mr_network_remove_file(struct mr_networks *networks)
{
	if (networks->file[0] != '\0')
		(void)unlink(networks->file); /* the journal knows of it until it is gone */
	networks->file[0] = '\0';
}

int mr_network_start(struct mr_networks *networks, const struct mr_arguments *arguments, struct mr_helper *helper,
		     struct mr_journal *journal, struct maproot_error *err)
{
	int code;

	helper->path = networks->program;
	helper->argv = arguments->argv;
	helper->heeds = networks->heeds;
	if (arguments->cut)
		return mr_fail(err, E2BIG, MAPROOT_STEP_PROGRAM, networks->program);
	code = mr_helper_start(helper, &networks->helper, err);
	if (code < 0)
		return code;
	mr_stop_point("network-started");
	return mr_journal_note_process(journal, networks->helper.pid, err);
}

int mr_network_fail_ended(struct mr_networks *networks, struct maproot_error *err)
{
	const char *name = networks->helper.name;
	int code = mr_helper_finish(&networks->helper, MR_NETWORK_TIMEOUT_MS, err);

	return code < 0 ? code : fail(ECHILD, "the program", name, " ended before it was ready", err);
}

static void add_text(struct mr_arguments *arguments, const char *text)
{
	size_t length = strlen(text) + 1;
	const size_t most = sizeof(arguments->argv) / sizeof(arguments->argv[0]) - 1;

	if (arguments->count == most || length > sizeof(arguments->text) - arguments->used) {
		arguments->cut = true;
		return;
	}
	memcpy(arguments->text + arguments->used, text, length);
	arguments->argv[arguments->count++] = arguments->text + arguments->used;
	arguments->used += length;
}

void mr_arguments_add(struct mr_arguments *arguments, const char *word, const char *value)
{
	add_text(arguments, word);
	if (value)
		add_text(arguments, value);
}

void mr_arguments_add_number(struct mr_arguments *arguments, const char *word, long number)
{
	char digits[24];
	struct mr_text text = mr_text_in(digits, sizeof(digits));

	mr_text_add_number(&text, number);
	mr_arguments_add(arguments, word, digits);
}

/*
 * Where subordinate ids come from: the files of subuid(5), or another source that nsswitch.conf(5) names, which
 * getsubids(1) knows how to ask.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "model/subid.h"
#include "system/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const files[] = {
	[MAPROOT_USERS] = "/etc/subuid",
	[MAPROOT_GROUPS] = "/etc/subgid",
};

enum {
	PASSWD_SIZE = 4096,
	TEXT_STEP = 65536,
};

/* Reads to the end of a file or pipe; `*ret_text` is the caller's to free. */
static int read_all(int fd, char **ret_text)
{
	mr_auto_free char *text = NULL;
	size_t size = 0;
	size_t length = 0;
	ssize_t got;

	do {
		if (length + 1 >= size) {
			char *larger = realloc(text, size + TEXT_STEP);

			if (!larger)
				return -ENOMEM;
			text = larger;
			size += TEXT_STEP;
		}
		got = mr_read(fd, text + length, size - length - 1);
		if (got < 0)
			return (int)got;
		length += (size_t)got;
	} while (got > 0);
	text[length] = '\0';
	*ret_text = text;
	text = NULL;
	return 0;
}

/* The first word of the "subid:" line, as libsubid takes it; the files where there is none. */
static bool names_other_source(const char *text)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, " \t\n");
		if (strncmp(line, "subid:", 6) != 0)
			continue;
		line += 6;
		line += strspn(line, " \t");

		size_t length = strcspn(line, " \t\n");

		return length > 0 && (length != 5 || strncmp(line, "files", length) != 0);
	}
	return false;
}

/* "subid: sss" in nsswitch.conf: the files are then not asked at all. 1, 0 (also where there is none), or -errno. */
static int other_source(void)
{
	mr_auto_fd int fd = mr_open("/etc/nsswitch.conf", O_RDONLY, 0);
	mr_auto_free char *text = NULL;
	int code = fd < 0 ? fd : read_all(fd, &text);

	if (code < 0)
		return code == -ENOENT ? 0 : code;
	return names_other_source(text);
}

/* A user whom the user database does not know has no name, but may still be named by number: NULL, and no error. */
static int find_name(uint32_t user, struct passwd *entry, char *buffer, size_t size, const char **ret_name)
{
	struct passwd *found = NULL;
	int code;

	do
		code = getpwuid_r(user, entry, buffer, size, &found);
	while (code == EINTR);
	if (code != 0 && code != ENOENT && code != ESRCH)
		return -code;
	*ret_name = found ? entry->pw_name : NULL;
	return 0;
}

static int ask_getsubids(enum maproot_id_kind kind, const struct mr_subid_owner *owner,
			 struct maproot_idmap *map, struct maproot_error *err)
{
	char path[PATH_MAX];
	const char *const of_user[] = { "getsubids", owner->name, NULL };
	const char *const of_group[] = { "getsubids", "-g", owner->name, NULL };
	mr_auto_free char *text = NULL;
	int ends[2];
	int status = 0;
	int wait_code;
	pid_t pid;
	int code = mr_program_find("getsubids", path, sizeof(path));

	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_HELPER, "getsubids");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_PREPARE, "a pipe for getsubids");

	mr_auto_fd int reader = mr_raise_fd(ends[0]);
	mr_auto_fd int writer = mr_raise_fd(ends[1]);

	if (reader < 0 || writer < 0)
		return mr_fail(err, EMFILE, MAPROOT_STEP_PREPARE, "a pipe for getsubids");
	code = mr_program_start(path, (char *const *)(kind == MAPROOT_USERS ? of_user : of_group), writer,
				-1, &pid);
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_HELPER, path);
	mr_close_fd(&writer);
	code = read_all(reader, &text);
	if (code < 0)
		(void)mr_fail(err, -code, MAPROOT_STEP_HELPER, path);
	mr_close_fd(&reader);
	wait_code = mr_program_wait(pid, &status);
	/* A host that ignores SIGCHLD is told no status: the output counts. */
	if (wait_code < 0 && wait_code != -ECHILD && code == 0)
		code = mr_fail(err, -wait_code, MAPROOT_STEP_HELPER, path);
	if (code < 0)
		return code;
	if (WIFSIGNALED(status))
		return mr_fail(err, ECHILD, MAPROOT_STEP_HELPER_KILLED, "getsubids");
	return mr_subid_add_listing(text, map, err);
}

static int ask_files(enum maproot_id_kind kind, const struct mr_subid_owner *owner,
		     struct maproot_idmap *map, struct maproot_error *err)
{
	mr_auto_fd int fd = mr_open(files[kind], O_RDONLY, 0);
	mr_auto_free char *text = NULL;
	int code = fd < 0 ? fd : read_all(fd, &text);

	if (code == -ENOENT)
		return 0; /* no file, no ranges: told as such */
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_OPEN, files[kind]);
	return mr_subid_add_file(text, owner, map, err);
}

static int fail_none(enum maproot_id_kind kind, const struct mr_subid_owner *owner, bool asked_other,
		     struct maproot_error *err)
{
	char number[12];
	struct mr_text text = mr_text_in(number, sizeof(number));

	mr_text_add_number(&text, owner->id);
	return mr_fail_pieces(err, ENOENT, MAPROOT_STEP_SUBIDS, "user ",
			      owner->name ? owner->name : "without a passwd entry", " (", number,
			      ") has no range in ", asked_other ? "getsubids" : files[kind], NULL);
}

int maproot_subids_read(enum maproot_id_kind kind, uint32_t outer_user, struct maproot_idmap *map,
			struct maproot_error *err)
{
	char buffer[PASSWD_SIZE];
	struct passwd entry;
	struct mr_subid_owner owner = { .id = outer_user };
	size_t before = map->count;
	int other = other_source();
	int code;

	mr_error_reset(err);
	if (other < 0)
		return mr_fail(err, -other, MAPROOT_STEP_FACTS, "/etc/nsswitch.conf");
	code = find_name(outer_user, &entry, buffer, sizeof(buffer), &owner.name);
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_FACTS, "the user database");
	if (other && owner.name)
		code = ask_getsubids(kind, &owner, map, err);
	else
		code = ask_files(kind, &owner, map, err);
	if (code == 0)
		code = fail_none(kind, &owner, other && owner.name, err);
	if (code < 0)
		map->count = before;
	return code < 0 ? code : 0;
}

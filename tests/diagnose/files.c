/*
 * Where a file is the reason: one to be found, opened or executed.
 */
#include "situation.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN(number, path)                        \
	{                                         \
		(number), MAPROOT_STEP_OPEN, path \
	}

static const struct maproot_mount of_nothing[] = {
	{ .kind = MAPROOT_MOUNT_BIND, .source = "/no/such", .target = "/mnt" }
};
static const struct maproot_request missing_source = { .mounts = of_nothing, .mount_count = 1 };
static const struct maproot_request missing_root = { .root = "/no/such" };
static const struct maproot_request no_directory = { .directory = "/etc/passwd/x" };
static const struct maproot_request closed_directory = { .directory = "/mnt/closed/x" };
static const struct maproot_request nonsense = { .as_pid_1 = true };

static void small_mount(const char *options, unsigned long flags)
{
	unit_private_mounts();
	if (mount("tmpfs", "/mnt", "tmpfs", 0, options) < 0)
		support_die("cannot mount");
	(void)unit_file("/mnt/program", "#!/bin/sh\n");
	(void)unit_file("/mnt/text", "text");
	(void)unit_file("/mnt/script", "#!/no/interpreter\n");
	if (chmod("/mnt/script", 0755) < 0 || mkdir("/mnt/closed", 0700) < 0)
		support_die("cannot fill /mnt");
	if (flags != 0 && mount(NULL, "/mnt", NULL, MS_REMOUNT | MS_BIND | flags, NULL) < 0)
		support_die("cannot remount");
}

static void files(void)
{
	small_mount("mode=755", 0);
	become_user();
}

static void files_noexec(void)
{
	small_mount("mode=755", MS_NOEXEC);
	become_user();
}

static void files_read_only(void)
{
	small_mount("mode=755", MS_RDONLY);
	become_user();
}

static void files_full(void)
{
	static const char block[65536];
	int fd;

	small_mount("mode=755,size=256k", 0);
	fd = open("/mnt/full", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	while (fd >= 0 && write(fd, block, sizeof(block)) > 0)
		;
	become_user();
}

static const struct situation rows[] = {
	{ .id = "request",
	  .how = "process 1 without a pid namespace",
	  .request = &nonsense,
	  .error = { EINVAL, MAPROOT_STEP_REQUEST, "" },
	  .fails = fail_to_start,
	  .by_error = true },
	{ .id = "path-missing",
	  .how = "bind of /no/such",
	  .request = &missing_source,
	  .error = { ENOENT, MAPROOT_STEP_BIND, "/no/such' on '/mnt" },
	  .fails = fail_to_start,
	  .by_error = true },
	{ .id = "path-missing",
	  .how = "root /no/such",
	  .request = &missing_root,
	  .error = { ENOENT, MAPROOT_STEP_ROOT, "/no/such" },
	  .fails = fail_to_start,
	  .by_error = true },
	{ .id = "path-component",
	  .how = "directory below a file",
	  .request = &no_directory,
	  .error = { ENOTDIR, MAPROOT_STEP_CHDIR, "/etc/passwd/x" },
	  .fails = fail_to_start,
	  .by_error = true },
	{ .id = "path-closed",
	  .how = "directory below a closed one",
	  .prepare = files,
	  .request = &closed_directory,
	  .error = { EACCES, MAPROOT_STEP_CHDIR, "/mnt/closed/x" },
	  .fails = fail_to_start,
	  .also = "not-executable" },
	{ .id = "path-closed",
	  .how = "command in a closed directory",
	  .prepare = files,
	  .command = "/mnt/closed/x",
	  .error = { EACCES, MAPROOT_STEP_EXEC, "/mnt/closed/x" },
	  .fails = fail_to_start,
	  .also = "not-executable interpreter-missing" },
	{ .id = "path-read-only",
	  .how = "read-only mount",
	  .prepare = files_read_only,
	  .error = OPEN(EROFS, "/mnt/x"),
	  .also = "path-closed not-executable" },
	{ .id = "no-space",
	  .how = "full tmpfs",
	  .prepare = files_full,
	  .error = { ENOSPC, MAPROOT_STEP_RECORD, "/mnt/x" },
	  .also = "path-closed not-executable" },
	{ .id = "noexec-mount",
	  .how = "noexec mount",
	  .prepare = files_noexec,
	  .command = "/mnt/program",
	  .error = { EACCES, MAPROOT_STEP_EXEC, "/mnt/program" },
	  .fails = fail_to_start,
	  .also = "path-closed" },
	{ .id = "not-executable",
	  .how = "0644",
	  .prepare = files,
	  .command = "/mnt/text",
	  .error = { EACCES, MAPROOT_STEP_EXEC, "/mnt/text" },
	  .fails = fail_to_start,
	  .also = "path-closed" },
	{ .id = "interpreter-missing",
	  .how = "#!/no/interpreter",
	  .prepare = files,
	  .command = "/mnt/script",
	  .error = { ENOENT, MAPROOT_STEP_INTERPRETER, "" },
	  .fails = fail_to_start,
	  .also = "path-closed not-executable",
	  .by_error = true },
	{ .id = "command-missing",
	  .how = "no such command",
	  .command = "no-such-command",
	  .error = { ENOENT, MAPROOT_STEP_FIND, "no-such-command" },
	  .fails = fail_to_start,
	  .by_error = true },
	{ .id = "command-path-missing",
	  .how = "no such path",
	  .command = "/no/such/command",
	  .error = { ENOENT, MAPROOT_STEP_FIND, "/no/such/command" },
	  .fails = fail_to_start,
	  .by_error = true },
};

const struct situations situations_of_files = { rows, UNIT_COUNT(rows) };

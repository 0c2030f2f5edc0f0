/*
 * Causes that lie in a file, or on the way to it.
 */
#include "diagnose/paths.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "diagnose/causes.h"
#include "diagnose/trial.h"
#include "system/program.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static enum mr_verdict tell(const struct mr_evidence *evidence, struct mr_finding *finding, const char *path)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	mr_text_add(&what, path);
	return mr_path_may_differ(evidence) ? MR_POSSIBLE : MR_ESTABLISHED;
}

static bool is_missing(const char *path, bool is_last)
{
	(void)is_last;
	return access(path, F_OK) < 0 && errno == ENOENT;
}

static bool is_no_directory(const char *path, bool is_last)
{
	struct stat info;

	(void)is_last;
	return stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

static bool is_closed_directory(const char *path, bool is_last)
{
	struct stat info;

	if (stat(path, &info) < 0)
		return false;
	if (is_last && !S_ISDIR(info.st_mode))
		return false;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 && errno == EACCES;
}

static enum mr_verdict first(const struct mr_evidence *evidence, struct mr_finding *finding,
			     bool (*is_it)(const char *, bool))
{
	char path[PATH_MAX];

	if (!mr_error_path(evidence, path))
		return MR_IRRELEVANT;
	return mr_path_first(path, is_it) ? tell(evidence, finding, path) : MR_EXCLUDED;
}

/* Of a proc file system that is not there more is to be said than that. */
static bool is_below_missing_proc(const struct mr_evidence *evidence)
{
	struct mr_finding other = { 0 };

	return strncmp(evidence->err->object, "/proc/", 6) == 0 &&
	       mr_check_proc_missing(evidence, &other) == MR_ESTABLISHED;
}

enum mr_verdict mr_check_path_missing(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	return is_below_missing_proc(evidence) ? MR_EXCLUDED : first(evidence, finding, is_missing);
}

enum mr_verdict mr_check_path_component(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	return first(evidence, finding, is_no_directory);
}

enum mr_verdict mr_check_path_closed(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	return first(evidence, finding, is_closed_directory);
}

/* The mount that a path is on, or would be. */
static bool mount_flags(const char *of, unsigned long *ret_flags)
{
	char path[PATH_MAX];
	struct mr_text text = mr_text_in(path, sizeof(path));
	struct statvfs info;

	mr_text_add(&text, of);
	while (statvfs(path, &info) < 0) {
		char *slash = strrchr(path, '/');

		if (!slash || slash == path)
			return false;
		*slash = '\0';
	}
	*ret_flags = info.f_flag;
	return true;
}

enum mr_verdict mr_check_path_read_only(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_finding other = { 0 };
	char path[PATH_MAX];
	unsigned long flags;

	if (!mr_error_path(evidence, path) || !mount_flags(path, &flags))
		return MR_IRRELEVANT;
	if (strncmp(evidence->err->object, "/proc/", 6) == 0 &&
	    mr_check_proc_read_only(evidence, &other) == MR_ESTABLISHED)
		return MR_EXCLUDED;
	return flags & ST_RDONLY ? tell(evidence, finding, path) : MR_EXCLUDED;
}

/* A file to be executed; false where the way to it is closed, which then is the cause. */
static bool is_reachable(const struct mr_evidence *evidence, char path[PATH_MAX], struct stat *ret_info)
{
	return mr_error_path(evidence, path) && stat(path, ret_info) == 0 && S_ISREG(ret_info->st_mode);
}

enum mr_verdict mr_check_noexec(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char path[PATH_MAX];
	struct stat info;
	unsigned long flags;

	if (!is_reachable(evidence, path, &info) || !mount_flags(path, &flags))
		return MR_IRRELEVANT;
	return flags & ST_NOEXEC ? tell(evidence, finding, path) : MR_EXCLUDED;
}

enum mr_verdict mr_check_not_executable(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char path[PATH_MAX];
	struct stat info;
	unsigned long flags = 0;

	if (!is_reachable(evidence, path, &info))
		return MR_IRRELEVANT;
	if (mount_flags(path, &flags) && (flags & ST_NOEXEC) && (info.st_mode & 0111) != 0)
		return MR_EXCLUDED;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? tell(evidence, finding, path) : MR_EXCLUDED;
}

/* "'PATH' by 'INTERPRETER'"; a program's own, its dynamic linker, is not named. */
enum mr_verdict mr_check_interpreter(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	const char *by = strstr(evidence->err->object, " by '");
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	if (!by) {
		mr_text_add(&what, "the dynamic linker of that program");
		return MR_ESTABLISHED; /* execve(2) found the program, and did not find something */
	}
	by += 5;
	mr_text_add(&what, "'");
	mr_text_add_bytes(&what, by, strcspn(by, "' "));
	mr_text_add(&what, "'");
	return MR_ESTABLISHED;
}

/* A command by its path is not searched for. */
enum mr_verdict mr_check_command_path(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	char path[PATH_MAX];

	mr_text_add(&what, evidence->err->object);
	if (!strchr(evidence->err->object, '/') || (mr_error_path(evidence, path) && access(path, F_OK) == 0))
		return MR_EXCLUDED;
	return MR_ESTABLISHED;
}

enum mr_verdict mr_check_command_missing(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	const char *name = evidence->err->object;
	char path[PATH_MAX];

	mr_text_add(&what, name);
	if (strchr(name, '/'))
		return MR_EXCLUDED;
	/* Searched where the command would be; with a root directory of its own that is elsewhere. */
	if (evidence->request->root || evidence->request->mount_count > 0)
		return MR_ESTABLISHED;
	return mr_program_find(name, path, sizeof(path)) == 0 ? MR_EXCLUDED : MR_ESTABLISHED;
}

/* "a new TYPE on 'TARGET'" */
static bool read_type(const struct mr_evidence *evidence, char *type, size_t size)
{
	static const char prefix[] = "a new ";
	const char *object = evidence->err->object;
	const char *end = strstr(object, " on ");
	struct mr_text text = mr_text_in(type, size);

	if (strncmp(object, prefix, strlen(prefix)) != 0 || !end)
		return false;
	object += strlen(prefix);
	mr_text_add_bytes(&text, object, (size_t)(end - object));
	return !mr_text_is_cut(&text);
}

struct type_search {
	const char *type;
	bool found;
};

static bool find_type(void *arg, const char *line)
{
	struct type_search *search = arg;
	const char *tab = strchr(line, '\t');

	search->found = tab && strcmp(tab + 1, search->type) == 0;
	return !search->found;
}

enum mr_verdict mr_check_filesystem_unknown(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char type[64];
	struct type_search search = { type, false };

	if (!read_type(evidence, type, sizeof(type)) ||
	    mr_evidence_lines(evidence, "/proc/filesystems", find_type, &search) < 0)
		return MR_IRRELEVANT;
	if (search.found)
		return MR_EXCLUDED;

	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	mr_text_add(&what, type);
	return MR_ESTABLISHED;
}

/* Types that are not safe with contents made up by users are for the outermost root. */
enum mr_verdict mr_check_filesystem_refused(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	char type[64];

	if (!read_type(evidence, type, sizeof(type)) || strcmp(type, "proc") == 0 || strcmp(type, "sysfs") == 0)
		return MR_IRRELEVANT;
	mr_text_add(&what, type);
	return mr_try_mount(evidence, type) == EPERM && mr_try_mount(evidence, "tmpfs") == 0 ? MR_ESTABLISHED :
											       MR_EXCLUDED;
}

enum mr_verdict mr_check_locked_mounts(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char path[PATH_MAX];

	if (!mr_error_path(evidence, path))
		return MR_IRRELEVANT;
	if (mr_try_bind(evidence, path, false) != EINVAL || mr_try_bind(evidence, path, true) != 0)
		return MR_EXCLUDED;
	return tell(evidence, finding, path);
}

enum mr_verdict mr_check_space(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char path[PATH_MAX];
	struct statvfs info;
	char *slash;

	if (!mr_error_path(evidence, path))
		return MR_IRRELEVANT;
	while (statvfs(path, &info) < 0 && (slash = strrchr(path, '/')) && slash != path)
		*slash = '\0';
	if (statvfs(path, &info) < 0)
		return MR_IRRELEVANT;
	if (info.f_blocks == 0) /* not a place where anything is kept */
		return MR_EXCLUDED;
	return info.f_bavail == 0 || (info.f_files > 0 && info.f_favail == 0) ? tell(evidence, finding, path) :
										MR_EXCLUDED;
}

/* Programs are started with it for what they have no use for. */
enum mr_verdict mr_check_null_device(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	mr_auto_fd int fd = mr_open("/dev/null", O_RDWR, 0);

	if (!mr_may_try(evidence))
		return MR_IRRELEVANT;
	if (fd != -evidence->err->code)
		return MR_EXCLUDED;
	mr_text_add(&what, fd == -ENOENT ? "is not there" : "can't be opened by this user");
	return MR_ESTABLISHED;
}

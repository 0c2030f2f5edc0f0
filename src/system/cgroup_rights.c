/*
 * What the kernel asks of who puts a process into another group (cgroups(7), delegation): that he may write to
 * cgroup.procs of the new group, and of the nearest group that both the old and the new one are below. Asked
 * before, so that it can be said what is lacking; the kernel judges by itself.
 */
#include "system/cgroup_parts.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char procs[] = "cgroup.procs";

int mr_cgroup_rights_to_make(int directory, const char *path, struct maproot_error *err)
{
	if (faccessat(directory, ".", W_OK, AT_EACCESS) == 0)
		return 0;
	if (errno == EROFS)
		return mr_fail_pieces(err, EROFS, MAPROOT_STEP_CGROUP_FIND, "'", path,
				      "' is on a read-only mount of the control groups", NULL);
	return mr_fail_pieces(err, errno, MAPROOT_STEP_CGROUP_FIND, "'", path,
			      "' is not delegated to this user (systemd-run --user --scope -p Delegate=yes; else chown it as root)",
			      NULL);
}

/* The path of the nearest group above both, or one of them. */
static void find_common(const char *one, const char *other, char common[MAPROOT_CGROUP_SIZE])
{
	size_t length = 0;
	size_t at = 0;

	for (; one[at] != '\0' && one[at] == other[at]; at++) {
		if (one[at] == '/')
			length = at;
	}
	if ((one[at] == '\0' || one[at] == '/') && (other[at] == '\0' || other[at] == '/'))
		length = at;
	memcpy(common, one, length);
	common[length] = '\0';
}

int mr_cgroup_rights_to_move(const struct mr_cgroup *group, struct maproot_error *err)
{
	char common[MAPROOT_CGROUP_SIZE];
	char path[MAPROOT_CGROUP_SIZE + sizeof(procs)];
	struct mr_text text = mr_text_in(path, sizeof(path));

	/* In version 1 only the new group's counts; where ours isn't seen, the kernel's answer is all there is. */
	if (!group->unified || group->own[0] == '\0')
		return 0;
	find_common(group->own, group->path[0], common);
	mr_text_add(&text, common);
	mr_text_add(&text, "/");
	mr_text_add(&text, procs);
	if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0)
		return 0;
	if (strcmp(common, group->own) == 0)
		return mr_fail_pieces(err, errno, MAPROOT_STEP_CGROUP_RIGHTS, "'", path,
				      "' can't be written to by this user: it has to be delegated with its directory",
				      NULL);
	return mr_fail_pieces(err, errno, MAPROOT_STEP_CGROUP_RIGHTS,
			      "this process is not inside of what is delegated, but in '",
			      group->own, "', and may not take a process away from there (", path, ")", NULL);
}

/* Whether the new group's own file is what can't be written to. */
static int explain_target(const struct mr_cgroup *group, struct maproot_error *err)
{
	for (size_t at = 0; at < group->count; at++) {
		char path[MAPROOT_CGROUP_SIZE + sizeof(procs)];
		struct mr_text text = mr_text_in(path, sizeof(path));

		mr_text_add(&text, group->path[at]);
		mr_text_add(&text, "/");
		mr_text_add(&text, procs);
		if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0 && errno != ENOENT)
			return mr_fail_pieces(err, errno, MAPROOT_STEP_CGROUP_RIGHTS, "'", path,
					      "' can't be written to by this user", NULL);
	}
	return 0;
}

int mr_cgroup_explain(const struct mr_cgroup *group, int code, struct maproot_error *err)
{
	const char *path = group->count > 0 ? group->path[0] : group->scope;

	if (code == EACCES || code == EPERM) {
		if (explain_target(group, err) < 0 || mr_cgroup_rights_to_move(group, err) < 0)
			return -code;
	}
	if (code == EACCES && group->unified && group->own[0] == '\0')
		return mr_fail_pieces(err, code, MAPROOT_STEP_CGROUP_RIGHTS,
				      "this process is not inside of what is delegated, but in a group that is not seen here, and '",
				      path, "' is elsewhere", NULL);
	if (code == ENOENT && group->unified && access(path, F_OK) == 0)
		return mr_fail_pieces(err, code, MAPROOT_STEP_CGROUP_RIGHTS, "'", path,
				      "' and this process's group are not in the same cgroup namespace", NULL);
	if (code == EBUSY)
		return mr_fail_pieces(err, code, MAPROOT_STEP_CGROUP_RIGHTS, "'", path,
				      "' hands controllers on, so that no process may be in it", NULL);
	return mr_fail(err, code, MAPROOT_STEP_CGROUP_ENTER, path);
}

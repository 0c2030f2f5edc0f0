/*
 * The namespaces of a process. What is to be said of them is gathered first, with one look at each process of
 * /proc for all types together; then the caller is told. Processes that go away meanwhile, or may not be looked
 * at, are not counted.
 */
#include <maproot/inspect.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "model/plan.h"
#include "system/nsfs.h"
#include "system/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { SHOWN = 16,
       PATH_SIZE = 40,
       LINK_SIZE = 64 };

struct members {
	size_t count;
	pid_t pid[SHOWN]; /* the lowest, in order */
};

struct view {
	struct mr_process process;
	unsigned int types; /* that it has */
	struct maproot_namespace_info info[MAPROOT_NAMESPACE_COUNT];
	struct members members[MAPROOT_NAMESPACE_COUNT];
};

/* The calling thread, by the number that its process has in /proc. */
static int hold_self(struct mr_process *ret_process, struct maproot_error *err)
{
	struct mr_process process = { 0, -1, mr_open("/proc/thread-self", O_PATH | O_DIRECTORY, 0) };
	struct statfs system;
	char number[24];
	ssize_t length = readlink("/proc/self", number, sizeof(number) - 1);
	const char *end;
	uint64_t pid;

	if (process.directory < 0)
		return mr_fail(err, -process.directory, MAPROOT_STEP_FACTS, "/proc/thread-self");
	number[length > 0 ? length : 0] = '\0';
	if (fstatfs(process.directory, &system) < 0 || system.f_type != PROC_SUPER_MAGIC ||
	    mr_text_read_number(number, &end, INT32_MAX, &pid) < 0) {
		mr_process_release(&process);
		return mr_fail(err, EINVAL, MAPROOT_STEP_NOT_NAMESPACE, "'/proc' is not a proc file system");
	}
	process.pid = (pid_t)pid;
	*ret_process = process;
	return 0;
}

/* The owner of an open namespace, of a user namespace its parent. What the kernel does not tell is left unknown. */
static void read_owner(int fd, struct maproot_namespace_info *info)
{
	bool is_user = info->type == MAPROOT_NAMESPACE_USER;
	mr_auto_fd int owner = mr_nsfs_owner(fd);
	struct stat status;

	if (owner >= 0 && fstat(owner, &status) == 0) {
		info->owner_known = true;
		info->owner = status.st_ino;
	}
	if (is_user || info->owner_known)
		info->user_known = mr_nsfs_owner_user(is_user ? fd : owner, &info->owner_user) == 0;
}

/* One namespace of the process. -ENOENT where it has none of the type. */
static int read_namespace(const struct view *view, const struct mr_process *self, enum maproot_namespace type,
			  struct maproot_namespace_info *ret_info)
{
	struct maproot_namespace_info info = { .type = type };
	struct mr_nsfs_id own;
	struct mr_nsfs_id id;
	mr_auto_fd int fd = -1;
	int code = mr_process_namespace_id(&view->process, type, &id);

	if (code < 0)
		return code;
	fd = mr_process_open_namespace(&view->process, type);
	if (fd < 0)
		return fd;
	info.id = id.inode;
	info.ours = mr_process_namespace_id(self, type, &own) == 0 && mr_nsfs_same(own, id);
	read_owner(fd, &info);
	*ret_info = info;
	return 0;
}

static int read_namespaces(struct view *view, const struct mr_process *self, struct maproot_error *err)
{
	pid_t pid = view->process.pid;
	struct mr_nsfs_id mounts;

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		int code = read_namespace(view, self, type, &view->info[type]);

		if (code == 0)
			view->types |= MAPROOT_NAMESPACE_BIT(type);
		else if (code != -ENOENT && code != -ESRCH)
			return mr_fail_number(err, -code, MAPROOT_STEP_INSPECT, pid);
	}
	/* At its end a process loses most of them at once: that is not to be taken for a kernel without. All have this one. */
	if (mr_process_namespace_id(&view->process, MAPROOT_NAMESPACE_MNT, &mounts) < 0)
		return mr_fail_number(err, ESRCH, MAPROOT_STEP_NO_PROCESS, pid);
	return 0;
}

static void add_member(struct members *members, pid_t pid)
{
	size_t shown = members->count < SHOWN ? members->count : SHOWN;
	size_t at = shown;

	members->count++;
	while (at > 0 && members->pid[at - 1] > pid)
		at--;
	if (at == SHOWN)
		return;
	if (shown == SHOWN)
		shown--;
	memmove(&members->pid[at + 1], &members->pid[at], (shown - at) * sizeof(members->pid[0]));
	members->pid[at] = pid;
}

/* The inode number in "net:[4026531840]"; 0 where the link can't be read. Cheaper than to go there for it. */
static uint64_t read_link(int proc, const char *pid, enum maproot_namespace type)
{
	char path[PATH_SIZE];
	char target[LINK_SIZE];
	struct mr_text text = mr_text_in(path, sizeof(path));
	const char *at;
	ssize_t length;
	uint64_t id;

	mr_text_add(&text, pid);
	mr_text_add(&text, "/ns/");
	mr_text_add(&text, maproot_namespace_name(type));
	length = readlinkat(proc, path, target, sizeof(target) - 1);
	if (length < 0)
		return 0;
	target[length] = '\0';
	at = strchr(target, '[');
	return at && mr_text_read_number(at + 1, &at, UINT64_MAX, &id) == 0 ? id : 0;
}

/* All have a mount namespace; who shows none has ended, or may not be looked at. */
static void look_at(struct view *view, int proc, const char *name, pid_t pid)
{
	uint64_t mounts = read_link(proc, name, MAPROOT_NAMESPACE_MNT);

	for (unsigned int type = 0; mounts != 0 && type < MAPROOT_NAMESPACE_COUNT; type++) {
		uint64_t id = 0;

		if (mr_has(view->types, type))
			id = type == MAPROOT_NAMESPACE_MNT ? mounts : read_link(proc, name, type);
		if (id != 0 && id == view->info[type].id)
			add_member(&view->members[type], pid);
	}
}

static int scan(struct view *view)
{
	int proc = mr_open("/proc", O_RDONLY | O_DIRECTORY, 0);
	DIR *stream = proc < 0 ? NULL : fdopendir(proc);
	const struct dirent *entry;
	int code;

	if (!stream) {
		code = proc < 0 ? proc : -errno;
		mr_close_fd(&proc);
		return code;
	}
	while ((errno = 0, entry = readdir(stream)) != NULL) {
		const char *end;
		uint64_t pid;

		if (mr_text_read_number(entry->d_name, &end, INT32_MAX, &pid) == 0 && *end == '\0' &&
		    (pid_t)pid != view->process.pid)
			look_at(view, proc, entry->d_name, (pid_t)pid);
	}
	code = -errno;
	(void)closedir(stream); /* it was only read */
	return code;
}

/* All that is to be told. */
static int gather(pid_t pid, struct view *view, struct maproot_error *err)
{
	struct mr_process self = MR_PROCESS_NONE;
	int code = hold_self(&self, err);

	if (code < 0)
		return code;
	view->process = self;
	if (pid != 0)
		code = mr_process_hold(pid, 0, &view->process, err);
	if (code == 0)
		code = read_namespaces(view, &self, err);
	if (code == 0) {
		/* A thread may be elsewhere than its process, and a process be hidden in /proc. */
		for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++)
			add_member(&view->members[type], view->process.pid);
		code = scan(view);
		if (code < 0)
			(void)mr_fail(err, -code, MAPROOT_STEP_FACTS, "/proc");
	}
	if (view->process.directory != self.directory)
		mr_process_release(&view->process);
	mr_process_release(&self);
	return code;
}

int maproot_inspect(pid_t pid, int (*each)(void *arg, const struct maproot_namespace_info *info), void *arg,
		    struct maproot_error *err)
{
	struct view view = { .types = 0 };
	int code;

	mr_error_reset(err);
	code = gather(pid, &view, err);
	for (unsigned int type = 0; code == 0 && type < MAPROOT_NAMESPACE_COUNT; type++) {
		struct maproot_namespace_info *info = &view.info[type];
		const struct members *members = &view.members[type];

		if (!mr_has(view.types, type))
			continue;
		info->member_count = members->count;
		info->members = members->pid;
		info->members_shown = members->count < SHOWN ? members->count : SHOWN;
		code = each(arg, info);
	}
	return code;
}

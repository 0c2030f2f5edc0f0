/*
 * Counting.
 */
#include "diagnose/counts.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "system/nsfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NAMESPACES_AT_MOST = 256 };

/* Calls `each` for every process of a /proc, by the text of its number. */
static void each_process(const struct mr_evidence *evidence,
			 void (*each)(const struct mr_evidence *, const char *, void *), void *arg)
{
	char path[PATH_MAX];
	struct mr_text text = mr_text_in(path, sizeof(path));
	const struct dirent *entry;
	DIR *directory;

	mr_text_add(&text, evidence->root);
	mr_text_add(&text, "/proc");
	directory = opendir(path);
	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			each(evidence, entry->d_name, arg);
	}
	(void)closedir(directory);
}

struct namespaces {
	struct mr_nsfs_id seen[NAMESPACES_AT_MOST];
	uint64_t count;
};

static void add_namespace(const struct mr_evidence *evidence, const char *pid, void *arg)
{
	struct namespaces *namespaces = arg;
	char path[64];
	struct mr_text text = mr_text_in(path, sizeof(path));
	struct mr_nsfs_id id;
	struct mr_nsfs_id own;
	uid_t owner;

	(void)evidence;
	mr_text_add(&text, "/proc/");
	mr_text_add(&text, pid);
	mr_text_add(&text, "/ns/user");

	mr_auto_fd int fd = mr_open(path, O_RDONLY, 0);

	if (fd < 0 || mr_nsfs_id_of(fd, &id) < 0 || mr_nsfs_own_id(MAPROOT_NAMESPACE_USER, &own) < 0 ||
	    mr_nsfs_same(id, own) || mr_nsfs_owner_user(fd, &owner) < 0 || owner != geteuid())
		return;
	for (uint64_t at = 0; at < namespaces->count; at++) {
		if (mr_nsfs_same(namespaces->seen[at], id))
			return;
	}
	if (namespaces->count < NAMESPACES_AT_MOST)
		namespaces->seen[namespaces->count++] = id;
}

uint64_t mr_count_user_namespaces(void)
{
	const struct mr_evidence machine = { .root = "" };
	struct namespaces namespaces = { .count = 0 };

	each_process(&machine, add_namespace, &namespaces);
	return namespaces.count;
}

struct tasks {
	uint64_t threads; /* of the process that is being read */
	uint64_t user;
	uint64_t of_user;
};

static bool read_task_line(void *arg, const char *line)
{
	struct tasks *tasks = arg;
	const char *end;

	if (strncmp(line, "Uid:\t", 5) == 0)
		return mr_text_read_number(line + 5, &end, UINT32_MAX, &tasks->user) == 0;
	if (strncmp(line, "Threads:\t", 9) == 0) {
		(void)mr_text_read_number(line + 9, &end, INT32_MAX, &tasks->threads);
		return false;
	}
	return true;
}

static void add_tasks(const struct mr_evidence *evidence, const char *pid, void *arg)
{
	struct tasks *tasks = arg;
	char path[64];
	struct mr_text text = mr_text_in(path, sizeof(path));

	tasks->threads = 0;
	tasks->user = UINT64_MAX;
	mr_text_add(&text, "/proc/");
	mr_text_add(&text, pid);
	mr_text_add(&text, "/status");
	if (mr_evidence_lines(evidence, path, read_task_line, tasks) == 0 && tasks->user == getuid())
		tasks->of_user += tasks->threads;
}

uint64_t mr_count_tasks_of_user(const struct mr_evidence *evidence)
{
	struct tasks tasks = { .of_user = 0 };

	each_process(evidence, add_tasks, &tasks);
	return tasks.of_user;
}

/* "0.20 0.18 0.12 1/80 11206": the second number of the fourth field */
uint64_t mr_count_tasks_of_machine(const struct mr_evidence *evidence)
{
	char load[128];
	const char *slash;
	const char *end;
	uint64_t tasks;

	if (mr_evidence_read(evidence, "/proc/loadavg", load, sizeof(load)) < 0)
		return 0;
	slash = strchr(load, '/');
	return slash && mr_text_read_number(slash + 1, &end, INT32_MAX, &tasks) == 0 ? tasks : 0;
}

enum { DESCRIPTORS_MAX = 65536,
       AT_ONCE = 64 };

/* Of `number` from `first` up; poll(2) takes no more of them than there may be descriptors. */
static uint64_t count_open(int first, int number)
{
	struct pollfd polled[AT_ONCE];
	uint64_t count = 0;

	for (int at = 0; at < number; at++)
		polled[at] = (struct pollfd){ .fd = first + at };
	if (poll(polled, (nfds_t)number, 0) < 0)
		return 0;
	for (int at = 0; at < number; at++)
		count += (polled[at].revents & POLLNVAL) == 0;
	return count;
}

uint64_t mr_count_descriptors(void)
{
	struct rlimit limit;
	uint64_t count = 0;
	int empty = 0;
	int number;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == 0)
		return 0;
	number = limit.rlim_cur < AT_ONCE ? (int)limit.rlim_cur : AT_ONCE;
	/* Not by /proc/self/fd: that takes a descriptor, and there may be none. The lowest numbers are taken first. */
	for (int first = 0; (rlim_t)first < limit.rlim_cur && first < DESCRIPTORS_MAX && empty < 16; first += number) {
		uint64_t here = count_open(first, number);

		empty = here == 0 ? empty + 1 : 0;
		count += here;
	}
	return count;
}

struct group_search {
	const struct mr_evidence *evidence;
	uint64_t needed;
	struct mr_pids_limit found;
	bool is_found;
};

static bool has_no_room(struct group_search *search, const char *directory)
{
	char path[PATH_MAX];
	struct mr_text text = mr_text_in(path, sizeof(path));
	struct mr_pids_limit *found = &search->found;
	struct mr_text where = mr_text_in(found->path, sizeof(found->path));

	mr_text_add(&text, directory);
	mr_text_add(&text, "/pids.max");
	if (mr_text_is_cut(&text) || mr_evidence_number(search->evidence, path, &found->limit) < 0)
		return false;
	text = mr_text_in(path, sizeof(path));
	mr_text_add(&text, directory);
	mr_text_add(&text, "/pids.current");
	if (mr_evidence_number(search->evidence, path, &found->used) < 0)
		return false;
	mr_text_add(&where, directory);
	return found->used + search->needed > found->limit;
}

/* From the group up to where the hierarchy is mounted. */
static bool climb(struct group_search *search, const char *mount, const char *group)
{
	char path[PATH_MAX];
	struct mr_text text = mr_text_in(path, sizeof(path));
	size_t floor = strlen(mount);

	mr_text_add(&text, mount);
	mr_text_add(&text, group);
	if (mr_text_is_cut(&text))
		return false;
	for (;;) {
		if (has_no_room(search, path))
			return true;

		char *slash = strrchr(path, '/');

		if (!slash || (size_t)(slash - path) < floor)
			return false;
		*slash = '\0';
	}
}

/* "8:pids:/a/b" of version 1, "0::/a/b" of version 2; where they are usually mounted. */
static bool look_at_group(void *arg, const char *line)
{
	static const char *const mounts[] = { "/sys/fs/cgroup/pids", "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct group_search *search = arg;
	const char *controllers = strchr(line, ':');
	const char *group = controllers ? strchr(controllers + 1, ':') : NULL;
	bool unified = controllers && controllers[1] == ':';

	if (!group || (!unified && strncmp(controllers, ":pids:", 6) != 0))
		return true;
	for (int at = unified; at < (unified ? 3 : 1) && !search->is_found; at++)
		search->is_found = climb(search, mounts[at], strcmp(group + 1, "/") == 0 ? "" : group + 1);
	return !search->is_found;
}

bool mr_find_pids_limit(const struct mr_evidence *evidence, uint64_t needed, struct mr_pids_limit *ret_limit)
{
	struct group_search search = { .evidence = evidence, .needed = needed };

	(void)mr_evidence_lines(evidence, "/proc/self/cgroup", look_at_group, &search);
	if (search.is_found)
		*ret_limit = search.found;
	return search.is_found;
}

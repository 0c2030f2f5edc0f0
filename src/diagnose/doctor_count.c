/*
 * Namespaces of this user's, by the processes that are in them. The kernel counts them for the owner of the user
 * namespace that they belong to; those that no process is in, or none that this user may look into, can't be seen.
 */
#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "diagnose/doctor.h"
#include "system/nsfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	SEEN_AT_MOST = 256, /* of a type */
	PATIENCE_MS = 20,   /* on a machine with very many processes it is "at least" */
};

struct count {
	struct mr_nsfs_id own;
	struct mr_nsfs_id seen[SEEN_AT_MOST];
	size_t seen_count;
	uint64_t owned;
};

static bool is_new(struct count *count, struct mr_nsfs_id id)
{
	if (mr_nsfs_same(id, count->own) || count->seen_count == SEEN_AT_MOST)
		return false;
	for (size_t at = 0; at < count->seen_count; at++) {
		if (mr_nsfs_same(id, count->seen[at]))
			return false;
	}
	count->seen[count->seen_count++] = id;
	return true;
}

/* What belongs to our own user namespace may be of anybody here. */
static bool is_owned(const char *path, unsigned int type, struct mr_nsfs_id own_user)
{
	mr_auto_fd int fd = mr_open(path, O_RDONLY, 0);
	mr_auto_fd int owner = -1;
	uid_t user;

	if (fd < 0)
		return false;
	if (type == MAPROOT_NAMESPACE_USER)
		return mr_nsfs_owner_user(fd, &user) == 0 && user == geteuid();
	owner = mr_nsfs_owner(fd);
	return owner >= 0 && !mr_nsfs_is(owner, own_user) && mr_nsfs_owner_user(owner, &user) == 0 && user == geteuid();
}

static void count_process(struct count counts[MAPROOT_NAMESPACE_COUNT], const char *pid)
{
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		char path[300];
		struct mr_text text = mr_text_in(path, sizeof(path));
		struct stat info;

		mr_text_add(&text, "/proc/");
		mr_text_add(&text, pid);
		mr_text_add(&text, "/ns/");
		mr_text_add(&text, maproot_namespace_name((enum maproot_namespace)type));
		if (stat(path, &info) < 0)
			return; /* another's, or it has ended */
		if (is_new(&counts[type], (struct mr_nsfs_id){ info.st_dev, info.st_ino }) &&
		    is_owned(path, type, counts[MAPROOT_NAMESPACE_USER].own))
			counts[type].owned++;
	}
}

static int64_t now_ms(void)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* there is always one */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void mr_doctor_count(uint64_t counts[MAPROOT_NAMESPACE_COUNT])
{
	struct count *found = calloc(MAPROOT_NAMESPACE_COUNT, sizeof(*found));
	DIR *directory = opendir("/proc");
	int64_t end = now_ms() + PATIENCE_MS;
	const struct dirent *entry;

	for (unsigned int type = 0; found && type < MAPROOT_NAMESPACE_COUNT; type++)
		(void)mr_nsfs_own_id((enum maproot_namespace)type, &found[type].own);
	while (found && directory && (entry = readdir(directory)) && now_ms() < end) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			count_process(found, entry->d_name);
	}
	for (unsigned int type = 0; found && type < MAPROOT_NAMESPACE_COUNT; type++)
		counts[type] = found[type].owned;
	if (directory)
		(void)closedir(directory);
	free(found);
}

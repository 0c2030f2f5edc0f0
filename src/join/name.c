/*
 * Names: taken, completed, given back, looked up. Who changes a record has the directory's lock from looking to
 * writing, so that of two who find the same stale record one replaces it and the other one sees that. Who reads
 * needs none: a record is there whole or not at all.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "join/belief.h"
#include "join/registry.h"
#include "model/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FIND_WAIT_MS = 1000,
       FIND_NAP_MS = 5 };

static int fail_name(struct maproot_error *err, int code, const char *name, const char *what)
{
	return mr_fail_pieces(err, code, MAPROOT_STEP_NAME, "the name '", name, "' ", what, NULL);
}

/* 0 where nobody has it; what is no record has nobody. */
static int check_free(int registry, const char *name, struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	struct maproot_name_record record;
	int code = mr_registry_read(registry, name, &record, &why);

	if (code == 0)
		code = mr_belief_check(&record, &why);
	if (code == 0)
		return fail_name(err, EEXIST, name, "is taken");
	if (code == -ESRCH)
		return fail_name(err, EEXIST, name, "is taken, in another pid or time namespace");
	return code == -ENOENT || code == -EBADMSG ? 0 : mr_error_pass(err, &why);
}

/* The calling process as the keeper. */
static int fill_keeper(struct maproot_name_record *record, struct maproot_error *err)
{
	struct mr_process process;
	int code = mr_belief_place(record, err);

	record->keeper = getpid();
	record->user = geteuid();
	record->group = getegid();
	record->created = time(NULL);
	if (code == 0)
		code = mr_process_hold(record->keeper, 0, &process, err);
	if (code < 0)
		return code;
	code = mr_process_start_time(&process, &record->keeper_start);
	mr_process_release(&process);
	return code < 0 ? mr_fail(err, -code, MAPROOT_STEP_FACTS, "when this process started") : 0;
}

int maproot_name_claim(const char *name, const char *command, struct maproot_error *err)
{
	struct maproot_name_record record = { .pid = 0 };
	mr_auto_registry int registry = -1;
	int code;

	mr_error_reset(err);
	code = mr_record_check_name(name, err);
	if (code == 0)
		code = fill_keeper(&record, err);
	if (code < 0)
		return code;
	memcpy(record.name, name, strlen(name) + 1);
	mr_record_set_command(&record, command);
	registry = mr_registry_open_locked(true, err);
	if (registry < 0)
		return registry;
	code = check_free(registry, name, err);
	return code < 0 ? code : mr_registry_write(registry, &record, err);
}

/* The process to join, and where it is. */
static int fill_process(struct maproot_name_record *record, pid_t pid, struct maproot_error *err)
{
	struct mr_process process;
	int code = mr_process_hold(pid, 0, &process, err);

	if (code < 0)
		return code;
	record->pid = pid;
	code = mr_process_start_time(&process, &record->start);
	for (unsigned int type = 0; code == 0 && type < MAPROOT_NAMESPACE_COUNT; type++) {
		struct mr_nsfs_id id = { 0, 0 };

		code = mr_process_namespace_id(&process, type, &id);
		/* One that has ended has none; into one that hides in what it joined nobody looks. */
		if (code == -ENOENT || code == -ESRCH || code == -EACCES)
			code = 0;
		record->namespaces[type] = id.inode;
	}
	mr_process_release(&process);
	return code < 0 ? mr_fail_number(err, -code, MAPROOT_STEP_INSPECT, pid) : 0;
}

int maproot_name_complete(const char *name, pid_t pid, struct maproot_error *err)
{
	struct maproot_name_record record;
	mr_auto_registry int registry = -1;
	int code;

	mr_error_reset(err);
	code = mr_record_check_name(name, err);
	if (code < 0)
		return code;
	registry = mr_registry_open_locked(false, err);
	code = registry < 0 ? registry : mr_registry_read(registry, name, &record, err);
	if (code == -ENOENT || (code == 0 && (record.keeper != getpid() || !mr_belief_is_own(&record))))
		return fail_name(err, EPERM, name, "was not taken by this process");
	if (code == 0)
		code = fill_process(&record, pid, err);
	return code < 0 ? code : mr_registry_write(registry, &record, err);
}

int maproot_name_release(const char *name, struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	struct maproot_name_record record;
	mr_auto_registry int registry = -1;
	int code;

	mr_error_reset(err);
	code = mr_record_check_name(name, err);
	if (code < 0)
		return code;
	registry = mr_registry_open_locked(false, &why);
	code = registry < 0 ? registry : mr_registry_read(registry, name, &record, &why);
	if (code == -ENOENT || code == -EBADMSG)
		return 0;
	if (code < 0)
		return mr_error_pass(err, &why);
	return mr_belief_is_own(&record) ? mr_registry_remove(registry, name, err) : 0;
}

static int read_living(int registry, const char *name, struct maproot_name_record *ret_record,
		       struct maproot_error *err)
{
	int code = mr_registry_read(registry, name, ret_record, err);

	return code < 0 ? code : mr_belief_check(ret_record, err);
}

int maproot_name_find(const char *name, struct maproot_name_record *ret_record, struct maproot_error *err)
{
	const struct timespec nap = { 0, FIND_NAP_MS * 1000000L };
	struct maproot_name_record record;
	mr_auto_fd int registry = -1;
	int code;

	mr_error_reset(err);
	code = mr_record_check_name(name, err);
	if (code < 0)
		return code;
	registry = mr_registry_open(false, err);
	code = registry < 0 ? registry : read_living(registry, name, &record, err);
	for (int waited = 0; code == 0 && record.pid == 0 && waited < FIND_WAIT_MS; waited += FIND_NAP_MS) {
		(void)nanosleep(&nap, NULL); /* cut short by a signal, it looks sooner */
		code = read_living(registry, name, &record, err);
	}
	if (code == -ENOENT)
		return fail_name(err, ENOENT, name, "is nobody's");
	if (code < 0)
		return code;
	if (record.pid == 0)
		return fail_name(err, EAGAIN, name, "is taken, but its process is not yet there");
	*ret_record = record;
	return 0;
}

struct names {
	char (*name)[MAPROOT_NAME_SIZE];
	size_t count;
	size_t size;
};

static int add_name(struct names *names, const char *name)
{
	if (names->count == names->size) {
		size_t size = names->size ? 2 * names->size : 16;
		void *larger = realloc(names->name, size * sizeof(names->name[0]));

		if (!larger)
			return -ENOMEM;
		names->name = larger;
		names->size = size;
	}
	memcpy(names->name[names->count++], name, strlen(name) + 1);
	return 0;
}

static int compare(const void *one, const void *other)
{
	return strcmp(one, other);
}

/* All files that have names of names, in order. */
static int read_names(int registry, struct names *names)
{
	int copy = mr_raise_fd(openat(registry, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	int code = 0;

	if (!stream) {
		code = copy < 0 ? copy : -errno;
		mr_close_fd(&copy);
		return code;
	}
	while (code == 0 && (errno = 0, entry = readdir(stream)) != NULL) {
		if (mr_record_check_name(entry->d_name, NULL) == 0)
			code = add_name(names, entry->d_name);
	}
	if (code == 0)
		code = -errno;
	(void)closedir(stream); /* it was only read */
	if (code == 0 && names->count > 0)
		qsort(names->name, names->count, sizeof(names->name[0]), compare);
	return code;
}

int maproot_names(int (*each)(void *arg, const struct maproot_name_record *record), void *arg,
		  struct maproot_error *err)
{
	mr_auto_registry int registry = -1;
	struct names names = { NULL, 0, 0 };
	int code;

	mr_error_reset(err);
	registry = mr_registry_open(false, err);
	if (registry < 0)
		return registry == -ENOENT ? 0 : registry;
	code = read_names(registry, &names);
	if (code < 0)
		(void)mr_fail(err, -code, MAPROOT_STEP_FACTS, "the directory of names");
	for (size_t at = 0; code == 0 && at < names.count; at++) {
		struct maproot_error why = MAPROOT_ERROR_INIT;
		struct maproot_name_record record;

		code = read_living(registry, names.name[at], &record, &why);
		if (code == 0)
			code = each(arg, &record);
		else if (code == -ENOENT || code == -ESRCH || code == -EBADMSG)
			code = 0;
		else
			(void)mr_error_pass(err, &why);
	}
	free(names.name);
	return code;
}

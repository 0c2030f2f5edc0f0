/*
 * Names: taken, completed, given back. Who changes a record has the directory's lock from looking to writing, so that of
 * two who find the same stale record one replaces it and the other one sees that.
 */
#include "join/name.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "join/belief.h"
#include "join/registry.h"
#include "model/record.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int fail_name(struct maproot_error *err, int code, const char *name, const char *what)
{
	return mr_fail_pieces(err, code, MAPROOT_STEP_NAME, "the name '", name, "' ", what, NULL);
}

static void add_base_36(struct mr_text *text, uint64_t number)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	const uint64_t base = sizeof(digits) - 1;
	char tail[16];
	size_t at = sizeof(tail);

	do {
		tail[--at] = digits[number % base];
		number /= base;
	} while (number > 0);
	mr_text_add_bytes(text, tail + at, sizeof(tail) - at);
}

/* The moment tells processes apart that have one number after the other, the count what one process makes up. */
void mr_name_make_up(char name[MAPROOT_NAME_SIZE])
{
	static atomic_uint count;
	struct mr_text text = mr_text_in(name, MAPROOT_NAME_SIZE);
	unsigned int number = atomic_fetch_add(&count, 1);
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* it can't fail: the clock exists */
	mr_text_add(&text, "run-");
	mr_text_add_number(&text, getpid());
	mr_text_add(&text, "-");
	add_base_36(&text, (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
	if (number > 0) {
		mr_text_add(&text, "-");
		add_base_36(&text, number);
	}
}

int mr_name_check_nothing_left(const struct maproot_name_record *record, struct maproot_error *err)
{
	int code = record->made_count > 0 ? mr_belief_check_keeper(record, err) : 1;

	if (code == 1)
		return 0;
	if (code == 0)
		return fail_name(err, EEXIST, record->name, "is taken by a run that is being taken down");
	if (code == -ENOENT)
		return fail_name(err, EEXIST, record->name,
				 "is taken by a run that was killed: maproot --gc takes down what is left of it");
	return code;
}

/* 0 where nobody has it; what is no record has nobody. */
static int check_free(int registry, const char *name, struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	mr_auto_free struct maproot_name_record *record = NULL;
	int code;

	if (!mr_registry_has(registry, name))
		return 0;
	record = mr_record_new(err);
	if (!record)
		return -ENOMEM;
	code = mr_registry_read(registry, name, record, &why);
	if (code == -ENOENT || code == -EBADMSG)
		return 0;
	if (code == 0)
		code = mr_belief_check(record, &why);
	if (code == 0)
		return fail_name(err, EEXIST, name, "is taken");
	if (code == -ENOENT)
		code = mr_name_check_nothing_left(record, &why);
	if (code == -ESRCH)
		return fail_name(err, EEXIST, name, "is taken, in another pid or time namespace");
	return code == 0 ? 0 : mr_error_pass(err, &why);
}

int mr_name_claim(struct maproot_name_record *record, struct maproot_error *err)
{
	mr_auto_registry int registry = -1;
	int code = mr_record_check_name(record->name, err);

	record->user = geteuid();
	record->group = getegid();
	record->created = time(NULL);
	if (code == 0)
		code = mr_belief_fill_keeper(record, err);
	if (code < 0)
		return code;
	registry = mr_registry_open_locked(true, err);
	if (registry < 0)
		return registry;
	code = check_free(registry, record->name, err);
	return code < 0 ? code : mr_registry_write(registry, record, err);
}

int maproot_name_claim(const char *name, const char *command, struct maproot_error *err)
{
	mr_auto_free struct maproot_name_record *record = NULL;
	int code;

	mr_error_reset(err);
	code = mr_record_check_name(name, err);
	if (code < 0)
		return code;
	record = mr_record_new(err);
	if (!record)
		return -ENOMEM;
	memcpy(record->name, name, strlen(name) + 1);
	mr_record_set_command(record, command);
	return mr_name_claim(record, err);
}

int mr_name_fill_process(struct maproot_name_record *record, pid_t pid, struct maproot_error *err)
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

/* What is there of a name, with the registry locked. -ENOENT (not said in err): nothing. */
static int open_own(const char *name, int *ret_registry, struct maproot_name_record **ret_record,
		    struct maproot_error *err)
{
	mr_auto_registry int registry = mr_registry_open_locked(false, err);
	mr_auto_free struct maproot_name_record *record = registry < 0 ? NULL : mr_record_new(err);
	int code;

	if (registry < 0)
		return registry;
	if (!record)
		return -ENOMEM;
	code = mr_registry_read(registry, name, record, err);
	if (code < 0)
		return code;
	*ret_registry = mr_take_fd(&registry);
	*ret_record = record;
	record = NULL;
	return 0;
}

int maproot_name_complete(const char *name, pid_t pid, struct maproot_error *err)
{
	mr_auto_free struct maproot_name_record *record = NULL;
	mr_auto_registry int registry = -1;
	int code;

	mr_error_reset(err);
	code = mr_record_check_name(name, err);
	if (code < 0)
		return code;
	code = open_own(name, &registry, &record, err);
	if (code == -ENOENT || (code == 0 && (record->keeper != getpid() || !mr_belief_is_own(record))))
		return fail_name(err, EPERM, name, "was not taken by this process");
	if (code == 0)
		code = mr_name_fill_process(record, pid, err);
	return code < 0 ? code : mr_registry_write(registry, record, err);
}

int mr_name_update(const struct maproot_name_record *record, struct maproot_error *err)
{
	mr_auto_free struct maproot_name_record *there = NULL;
	mr_auto_registry int registry = -1;
	int code = open_own(record->name, &registry, &there, err);

	if (code == -ENOENT || (code == 0 && !mr_belief_same_keeper(record, there)))
		return fail_name(err, EPERM, record->name, "is not this process's any more");
	return code < 0 ? code : mr_registry_write(registry, record, err);
}

/* No process starts that early, so that whoever has the keeper's number is another one. */
int mr_name_abandon(struct maproot_name_record *record, struct maproot_error *err)
{
	mr_auto_free struct maproot_name_record *there = NULL;
	mr_auto_registry int registry = -1;
	int code = open_own(record->name, &registry, &there, err);

	if (code == -ENOENT || (code == 0 && !mr_belief_same_keeper(record, there)))
		return fail_name(err, EPERM, record->name, "is not this process's any more");
	record->keeper_start = 1;
	return code < 0 ? code : mr_registry_write(registry, record, err);
}

static int release(const char *name, const struct maproot_name_record *own, struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	mr_auto_free struct maproot_name_record *there = NULL;
	mr_auto_registry int registry = -1;
	int code = open_own(name, &registry, &there, &why);

	if (code == -ENOENT || code == -EBADMSG)
		return 0;
	if (code < 0)
		return mr_error_pass(err, &why);
	if (own ? mr_belief_same_keeper(own, there) : mr_belief_is_own(there))
		return mr_registry_remove(registry, name, err);
	return 0;
}

int mr_name_release(const struct maproot_name_record *record, struct maproot_error *err)
{
	return release(record->name, record, err);
}

int maproot_name_release(const char *name, struct maproot_error *err)
{
	int code;

	mr_error_reset(err);
	code = mr_record_check_name(name, err);
	return code < 0 ? code : release(name, NULL, err);
}

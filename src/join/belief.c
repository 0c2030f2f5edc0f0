/*
 * What a record says against what there is. A number of a process means something in one pid namespace only, and
 * its start time in one time namespace: a reader in another one must not take a living process for a dead one.
 */
#include "join/belief.h"

#include "base/error.h"
#include "base/text.h"
#include "system/ending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* /proc may be of an outer pid namespace, where our numbers are others'. */
static int check_proc(struct maproot_error *err)
{
	int code = mr_process_check_proc();

	if (code == -ESRCH)
		return mr_fail(err, ESRCH, MAPROOT_STEP_NAME, "names need a /proc of this pid namespace");
	return code < 0 ? mr_fail(err, -code, MAPROOT_STEP_FACTS, "/proc/self") : 0;
}

/* 0 where the kernel has no such type. */
static int read_own(enum maproot_namespace type, uint64_t *ret_id, struct maproot_error *err)
{
	const char *path = type == MAPROOT_NAMESPACE_PID ? "/proc/self/ns/pid" : "/proc/self/ns/time";
	struct stat status = { .st_ino = 0 };

	if (stat(path, &status) < 0 && errno != ENOENT)
		return mr_fail(err, errno, MAPROOT_STEP_FACTS, path);
	*ret_id = status.st_ino;
	return 0;
}

int mr_belief_place(struct maproot_name_record *record, struct maproot_error *err)
{
	uint64_t pid = 0;
	uint64_t time = 0;
	int code = check_proc(err);

	if (code == 0)
		code = read_own(MAPROOT_NAMESPACE_PID, &pid, err);
	if (code == 0)
		code = read_own(MAPROOT_NAMESPACE_TIME, &time, err);
	if (code < 0)
		return code;
	record->pid_counts_in = pid;
	record->start_counts_in = time;
	return 0;
}

static int elsewhere(const struct maproot_name_record *record, const char *type, struct maproot_error *err)
{
	return mr_fail_pieces(err, ESRCH, MAPROOT_STEP_NAME, "the name '", record->name, "' was taken in another ", type,
			      " namespace", NULL);
}

/* Nobody has this number with this start time: -ENOENT, or -ESRCH where the start times can't be compared. */
static int check_stale(const struct maproot_name_record *record, pid_t pid, struct maproot_error *err)
{
	struct mr_process process;
	uint64_t time = 0;
	int code = read_own(MAPROOT_NAMESPACE_TIME, &time, err);

	if (code < 0)
		return code;
	if (time == record->start_counts_in || mr_process_hold(pid, 0, &process, NULL) < 0)
		return -ENOENT;
	mr_process_release(&process);
	return elsewhere(record, "time", err);
}

int mr_belief_hold(const struct maproot_name_record *record, struct mr_process *ret_process,
		   struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	struct mr_process process;
	pid_t pid = record->pid ? record->pid : record->keeper;
	uint64_t own = 0;
	int code = check_proc(err);

	if (code == 0)
		code = read_own(MAPROOT_NAMESPACE_PID, &own, err);
	if (code < 0)
		return code;
	if (own != record->pid_counts_in)
		return elsewhere(record, "pid", err);
	code = mr_process_hold(pid, record->pid ? record->start : record->keeper_start, &process, &why);
	if (code == -ESRCH)
		return check_stale(record, pid, err);
	if (code < 0)
		return mr_error_pass(err, &why);
	code = mr_ending_await(&process, 0);
	if (code == -ETIMEDOUT) {
		*ret_process = process;
		return 0;
	}
	mr_process_release(&process);
	return code == 0 ? -ENOENT : mr_fail_number(err, -code, MAPROOT_STEP_INSPECT, pid);
}

int mr_belief_check(const struct maproot_name_record *record, struct maproot_error *err)
{
	struct mr_process process;
	int code = mr_belief_hold(record, &process, err);

	if (code == 0)
		mr_process_release(&process);
	return code;
}

/* The number alone may be that of an earlier process. */
bool mr_belief_is_own(const struct maproot_name_record *record)
{
	struct maproot_name_record here = { .pid = 0 };
	struct mr_process process;
	pid_t own = getpid();
	uint64_t start;
	int code;

	if (own != record->keeper && own != record->pid)
		return false;
	if (mr_belief_place(&here, NULL) < 0 || here.pid_counts_in != record->pid_counts_in)
		return false;
	if (mr_process_hold(own, 0, &process, NULL) < 0)
		return false;
	code = mr_process_start_time(&process, &start);
	mr_process_release(&process);
	return code == 0 && (start == (own == record->keeper ? record->keeper_start : record->start));
}

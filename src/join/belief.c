/*
 * What a record says against what there is. A number of a process means something in one pid namespace only, and
 * its start time in one time namespace: a reader in another one must not take a living process for a dead one.
 */
#include "join/belief.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "system/ending.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Fields of /proc/PID/stat, proc(5), and a bit of the flags: PF_FORKNOEXEC of the kernel's sched.h. */
enum { FLAGS = 9,
       START = 22,
       STAT_SIZE = 1024,
       FORKED_NOT_EXECUTED = 0x40 };

/* /proc may be of an outer pid namespace, where our numbers are others'. */
static int other_proc(struct maproot_error *err)
{
	return mr_fail(err, ESRCH, MAPROOT_STEP_NAME, "names need a /proc of this pid namespace");
}

static int check_proc(struct maproot_error *err)
{
	int code = mr_process_check_proc();

	if (code == -ESRCH)
		return other_proc(err);
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

/* -ENOENT: nobody lives who has this number and started then. */
static int hold(const struct maproot_name_record *record, pid_t pid, uint64_t start, struct mr_process *ret_process,
		struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	struct mr_process process;
	uint64_t own = 0;
	int code = check_proc(err);

	if (code == 0)
		code = read_own(MAPROOT_NAMESPACE_PID, &own, err);
	if (code < 0)
		return code;
	if (own != record->pid_counts_in)
		return elsewhere(record, "pid", err);
	code = mr_process_hold(pid, start, &process, &why);
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

int mr_belief_hold_keeper(const struct maproot_name_record *record, struct mr_process *ret_process,
			  struct maproot_error *err)
{
	return hold(record, record->keeper, record->keeper_start, ret_process, err);
}

int mr_belief_hold(const struct maproot_name_record *record, struct mr_process *ret_process,
		   struct maproot_error *err)
{
	if (record->pid == 0)
		return mr_belief_hold_keeper(record, ret_process, err);
	return hold(record, record->pid, record->start, ret_process, err);
}

int mr_belief_check(const struct maproot_name_record *record, struct maproot_error *err)
{
	struct mr_process process;
	int code = mr_belief_hold(record, &process, err);

	if (code == 0)
		mr_process_release(&process);
	return code;
}

int mr_belief_check_keeper(const struct maproot_name_record *record, struct maproot_error *err)
{
	struct mr_process process;
	int code = mr_belief_hold_keeper(record, &process, err);

	if (code == 0)
		mr_process_release(&process);
	return code;
}

/* A file as of /proc/PID/stat. 0 or -errno. */
static int read_stat(int directory, const char *path, char text[STAT_SIZE])
{
	mr_auto_fd int fd = mr_raise_fd(openat(directory, path, O_RDONLY | O_CLOEXEC));
	ssize_t length = fd < 0 ? fd : mr_read(fd, text, STAT_SIZE - 1);

	if (length < 0)
		return (int)length;
	text[length] = '\0';
	return 0;
}

/* The name, field 2, may hold anything, also spaces and brackets: field 3 follows its last bracket. */
static int read_field(const char *text, int number, uint64_t *ret_value)
{
	const char *at = strrchr(text, ')');

	for (int field = 2; at && field < number; field++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at && mr_text_read_number(at, &at, UINT64_MAX, ret_value) == 0 ? 0 : -EIO;
}

/* Of this process, by one file, which also shows whether /proc counts as we do. */
static int read_self(uint64_t *ret_start, struct maproot_error *err)
{
	char text[STAT_SIZE];
	const char *end;
	uint64_t pid = 0;
	int code = read_stat(AT_FDCWD, "/proc/self/stat", text);

	if (code == 0)
		code = mr_text_read_number(text, &end, INT32_MAX, &pid);
	if (code == 0 && (pid_t)pid != getpid())
		return other_proc(err);
	if (code == 0)
		code = read_field(text, START, ret_start);
	return code < 0 ? mr_fail(err, -code, MAPROOT_STEP_FACTS, "/proc/self") : 0;
}

int mr_belief_fill_keeper(struct maproot_name_record *record, struct maproot_error *err)
{
	uint64_t start = 0;
	uint64_t pid = 0;
	uint64_t time = 0;
	int code = read_self(&start, err);

	if (code == 0)
		code = read_own(MAPROOT_NAMESPACE_PID, &pid, err);
	if (code == 0)
		code = read_own(MAPROOT_NAMESPACE_TIME, &time, err);
	if (code < 0)
		return code;
	record->keeper = getpid();
	record->keeper_start = start;
	record->pid_counts_in = pid;
	record->start_counts_in = time;
	return 0;
}

int mr_belief_look(struct maproot_name_record *record, struct maproot_error *err)
{
	char text[STAT_SIZE];
	struct mr_process process = MR_PROCESS_NONE;
	uint64_t flags = 0;
	int code = mr_belief_hold(record, &process, err);

	if (code == -ENOENT)
		record->state = MAPROOT_STATE_STOPPED;
	if (code < 0)
		return code == -ENOENT ? 0 : code;
	record->state = record->pid == 0 ? MAPROOT_STATE_CREATING : MAPROOT_STATE_RUNNING;
	if (record->pid != 0 && read_stat(process.directory, "stat", text) == 0 &&
	    read_field(text, FLAGS, &flags) == 0 && flags & FORKED_NOT_EXECUTED)
		record->state = MAPROOT_STATE_CREATED;
	mr_process_release(&process);
	return 0;
}

/* The number alone may be that of an earlier process. */
bool mr_belief_is_own(const struct maproot_name_record *record)
{
	pid_t own = getpid();
	uint64_t start = 0;
	uint64_t pid = 0;

	if (own != record->keeper && own != record->pid)
		return false;
	if (read_self(&start, NULL) < 0 || start != (own == record->keeper ? record->keeper_start : record->start))
		return false;
	return read_own(MAPROOT_NAMESPACE_PID, &pid, NULL) == 0 && pid == record->pid_counts_in;
}

bool mr_belief_same_keeper(const struct maproot_name_record *one, const struct maproot_name_record *other)
{
	return one->keeper == other->keeper && one->keeper_start == other->keeper_start &&
	       one->pid_counts_in == other->pid_counts_in;
}

/*
 * The end of what has a name. The process is held while it is signalled and waited for, so that nobody who is
 * given its number is hit; the record goes last, and only if it is still the same.
 */
#include "base/error.h"
#include "join/belief.h"
#include "join/registry.h"
#include "model/record.h"
#include "system/ending.h"

#include <errno.h>
#include <signal.h>

enum {
	KILL_WAIT_MS = 10000, /* what the kernel may take to tear a process down */
	ROUNDS = 3,           /* the keeper; who it completed the record with meanwhile; one to spare */
};

static int fail_process(struct maproot_error *err, int code, const char *name, const char *what)
{
	return mr_fail_pieces(err, code, MAPROOT_STEP_NAME, "the process of the name '", name, "' ", what, NULL);
}

/* Asked, then made to. */
static int end_process(const struct mr_process *process, int patience_ms)
{
	int code = mr_ending_signal(process, SIGTERM);

	if (code < 0)
		return code;
	/* One that is stopped hears of it only when it goes on. */
	(void)mr_ending_signal(process, SIGCONT);
	code = mr_ending_await(process, patience_ms > 0 ? patience_ms : 0);
	if (code != -ETIMEDOUT)
		return code;
	code = mr_ending_signal(process, SIGKILL);
	return code < 0 ? code : mr_ending_await(process, KILL_WAIT_MS);
}

/* -ENOENT: there is nothing. */
static int read_record(const char *name, struct maproot_name_record *ret_record, struct maproot_error *err)
{
	mr_auto_registry int registry = mr_registry_open(false, err);

	return registry < 0 ? registry : mr_registry_read(registry, name, ret_record, err);
}

static bool is_same(const struct maproot_name_record *one, const struct maproot_name_record *other)
{
	return one->keeper == other->keeper && one->keeper_start == other->keeper_start && one->pid == other->pid &&
	       one->start == other->start && one->pid_counts_in == other->pid_counts_in;
}

/*
 * 0 when the name is free, or somebody else's by now. -EAGAIN (not said in err): the keeper completed the record
 * meanwhile.
 */
static int forget(const struct maproot_name_record *record, struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	mr_auto_registry int registry = mr_registry_open_locked(false, &why);
	struct maproot_name_record now;
	int code = registry < 0 ? registry : mr_registry_read(registry, record->name, &now, &why);

	if (code == -ENOENT || code == -EBADMSG)
		return 0;
	if (code < 0)
		return mr_error_pass(err, &why);
	if (is_same(record, &now))
		return mr_registry_remove(registry, record->name, err);
	return now.keeper == record->keeper && now.keeper_start == record->keeper_start ? -EAGAIN : 0;
}

static int stop_process(const struct maproot_name_record *record, int patience_ms, struct maproot_error *err)
{
	struct mr_process process;
	int code = mr_belief_hold(record, &process, err);

	if (code < 0)
		return code;
	code = end_process(&process, patience_ms);
	mr_process_release(&process);
	if (code == -EPERM)
		return fail_process(err, EPERM, record->name, "may not be ended by this user");
	if (code == -ETIMEDOUT)
		return fail_process(err, ETIMEDOUT, record->name, "does not end");
	if (code < 0 && code != -ESRCH)
		return mr_fail_number(err, -code, MAPROOT_STEP_INSPECT, process.pid);
	return 0;
}

/* 0, or -errno: -ENOENT when there was nobody (not said in err), -EAGAIN when there is somebody again. */
static int stop_round(const char *name, int patience_ms, struct maproot_error *err)
{
	struct maproot_name_record record;
	int code = read_record(name, &record, err);
	int forgotten;

	if (code < 0)
		return code;
	code = stop_process(&record, patience_ms, err);
	if (code < 0 && code != -ENOENT)
		return code;
	forgotten = forget(&record, err);
	return forgotten < 0 ? forgotten : code;
}

int maproot_name_stop(const char *name, int patience_ms, struct maproot_error *err)
{
	int rounds = 0;
	int code;

	mr_error_reset(err);
	code = mr_record_check_name(name, err);
	if (code < 0)
		return code;
	do
		code = stop_round(name, patience_ms, err);
	while (code == -EAGAIN && ++rounds < ROUNDS);
	if (code == -ENOENT && rounds > 0)
		return 0;
	if (code == -ENOENT)
		return mr_fail_pieces(err, ENOENT, MAPROOT_STEP_NAME, "the name '", name, "' is nobody's", NULL);
	return code == -EAGAIN ? fail_process(err, EAGAIN, name, "is there again and again") : code;
}

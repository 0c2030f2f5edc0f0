/*
 * The end of what has a name. The process is held while it is signalled and waited for, so that nobody who is
 * given its number is hit; the record goes last, and only if it is still the same.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "join/belief.h"
#include "join/name.h"
#include "join/registry.h"
#include "model/record.h"
#include "system/ending.h"

#include <errno.h>
#include <signal.h>

enum {
	KILL_WAIT_MS = 10000, /* what the kernel may take to tear a process down */
	KEEPER_NAP_MS = 5,
	ROUNDS = 3, /* the keeper; who it completed the record with meanwhile; one to spare */
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
static int read_record(const char *name, struct maproot_name_record *record, struct maproot_error *err)
{
	mr_auto_registry int registry = mr_registry_open(false, err);

	return registry < 0 ? registry : mr_registry_read(registry, name, record, err);
}

static bool is_same(const struct maproot_name_record *one, const struct maproot_name_record *other)
{
	return mr_belief_same_keeper(one, other) && one->pid == other->pid && one->start == other->start;
}

/*
 * 0 when the name is free, or somebody else's by now. Not said in err: -EAGAIN: the keeper completed the record
 * meanwhile; -EBUSY: something is to be taken down before.
 */
static int forget(const struct maproot_name_record *record, struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	mr_auto_free struct maproot_name_record *now = mr_record_new(err);
	mr_auto_registry int registry = now ? mr_registry_open_locked(false, &why) : -ENOMEM;
	int code = registry < 0 ? registry : mr_registry_read(registry, record->name, now, &why);

	if (!now)
		return -ENOMEM;
	if (code == -ENOENT || code == -EBADMSG)
		return 0;
	if (code < 0)
		return mr_error_pass(err, &why);
	if (!mr_belief_same_keeper(record, now))
		return 0;
	if (!is_same(record, now))
		return -EAGAIN;
	return now->made_count > 0 ? -EBUSY : mr_registry_remove(registry, record->name, err);
}

/* The keeper takes down what it has made, and with it the record; what it can't is left to others. */
static int await_keeper(const struct maproot_name_record *record, struct maproot_error *err)
{
	struct mr_process keeper;
	int code = mr_belief_hold_keeper(record, &keeper, err);
	int waited = 0;

	if (code == -ENOENT)
		return mr_name_check_nothing_left(record, err);
	if (code < 0)
		return code;
	do {
		/* Its end first: a record that is there after that stays there. */
		code = mr_ending_await(&keeper, KEEPER_NAP_MS);
		waited += KEEPER_NAP_MS;
	} while (forget(record, NULL) == -EBUSY && code == -ETIMEDOUT && waited < KILL_WAIT_MS);
	mr_process_release(&keeper);
	code = forget(record, err);
	return code == -EBUSY ? mr_name_check_nothing_left(record, err) : code;
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
	mr_auto_free struct maproot_name_record *record = mr_record_new(err);
	int code = record ? read_record(name, record, err) : -ENOMEM;
	int forgotten;

	if (code < 0)
		return code;
	code = stop_process(record, patience_ms, err);
	if (code < 0 && code != -ENOENT)
		return code;
	forgotten = forget(record, err);
	if (forgotten == -EBUSY) {
		code = 0; /* there was something to be ended */
		forgotten = await_keeper(record, err);
	}
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

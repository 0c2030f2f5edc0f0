/*
 * What killed runs have left. A record whose keeper is gone is taken over: while this process is its keeper nobody else
 * touches it, and should this one be killed too, it is as stale as before. The directory is locked for moments only,
 * not while something is taken down.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "join/belief.h"
#include "join/name.h"
#include "join/registry.h"
#include "model/record.h"
#include "run/undo.h"
#include "system/ending.h"

#include <errno.h>
#include <maproot/engine.h>
#include <maproot/name.h>
#include <signal.h>

enum { KILL_WAIT_MS = 10000 }; /* what the kernel may take to tear a process down */

/* What is asked of one record. */
enum verdict {
	LEAVE,     /* it lives, or nobody here can tell, or it is none */
	FORGET,    /* nothing is left but the record */
	TAKE_DOWN, /* as far as it says that something was made, the command too */
};

/* Who kept a record, and where the start times count. */
struct keeper {
	pid_t pid;
	uint64_t start;
	uint64_t start_counts_in;
};

/* A name without anything made may outlive its keeper: then it is its process's. */
static int judge(const struct maproot_name_record *record, enum verdict *ret_verdict, struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	int code = mr_belief_check_keeper(record, &why);
	bool abandoned = code == -ENOENT;

	*ret_verdict = LEAVE;
	if (abandoned)
		code = mr_belief_check(record, &why);
	if (code < 0 && code != -ENOENT && code != -ESRCH)
		return mr_error_pass(err, &why);
	if (!abandoned || code == -ESRCH)
		return 0;
	if (record->made_count > 0)
		*ret_verdict = TAKE_DOWN;
	else if (code == -ENOENT)
		*ret_verdict = FORGET;
	return 0;
}

/* Looks at a record, and does what has to be done while nobody else writes. */
static int take_over(const char *name, struct maproot_name_record *record, struct keeper *ret_former,
		     enum verdict *ret_verdict, struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	mr_auto_registry int registry = mr_registry_open_locked(false, &why);
	int code = registry < 0 ? registry : mr_registry_read(registry, name, record, &why);

	*ret_verdict = LEAVE;
	if (code == -ENOENT || code == -EBADMSG)
		return 0;
	if (code < 0)
		return mr_error_pass(err, &why);
	code = judge(record, ret_verdict, err);
	if (code < 0 || *ret_verdict == LEAVE)
		return code;
	if (*ret_verdict == FORGET)
		return mr_registry_remove(registry, name, err);
	*ret_former = (struct keeper){ record->keeper, record->keeper_start, record->start_counts_in };
	code = mr_belief_fill_keeper(record, err);
	return code < 0 ? code : mr_registry_write(registry, record, err);
}

/* Nobody waits for it any more. */
static int end_command(const struct maproot_name_record *record, struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	struct mr_process process;
	int code;

	if (record->pid == 0)
		return 0;
	code = mr_belief_hold(record, &process, &why);
	if (code == -ENOENT)
		return 0;
	if (code < 0)
		return mr_error_pass(err, &why);
	code = mr_ending_signal(&process, SIGKILL);
	if (code == 0)
		code = mr_ending_await(&process, KILL_WAIT_MS);
	mr_process_release(&process);
	if (code == 0 || code == -ESRCH)
		return 0;
	return mr_fail_pieces(err, -code, MAPROOT_STEP_UNDO, "the run '", record->name, "': its process does not end",
			      NULL);
}

/*
 * What could not be taken down is stale again: this process may live on for long, and would pass for a keeper. A failure
 * here is one more after that which brought us here.
 */
static void give_back(struct maproot_name_record *record, const struct keeper *former)
{
	mr_auto_free struct maproot_name_record *there = mr_record_new(NULL);
	mr_auto_registry int registry = there ? mr_registry_open_locked(false, NULL) : -ENOMEM;

	if (registry < 0 || mr_registry_read(registry, record->name, there, NULL) < 0 ||
	    !mr_belief_same_keeper(record, there))
		return;
	record->keeper = former->pid;
	record->keeper_start = former->start;
	record->start_counts_in = former->start_counts_in;
	(void)mr_registry_write(registry, record, NULL);
}

static int take_down(struct maproot_name_record *record, const struct keeper *former, struct maproot_error *err)
{
	int ended = end_command(record, err);
	int undone = mr_undo_all(record, NULL, NULL, err);
	int code = ended < 0 ? ended : undone;

	if (code == 0)
		code = mr_name_release(record, err);
	if (code < 0)
		give_back(record, former);
	return code;
}

/* 1: it is gone, 0: it is left alone, or -errno. */
static int collect(const char *name, struct maproot_name_record *record, struct maproot_error *err)
{
	struct keeper former = { 0, 0, 0 };
	enum verdict verdict = LEAVE;
	int code = take_over(name, record, &former, &verdict, err);

	if (code == 0 && verdict == TAKE_DOWN)
		code = take_down(record, &former, err);
	return code < 0 ? code : verdict != LEAVE;
}

static int read_names(struct mr_registry_names *ret_names, struct maproot_error *err)
{
	mr_auto_registry int registry = mr_registry_open_locked(false, err);
	int code = registry < 0 ? registry : mr_registry_clean(registry, err);

	return code < 0 ? code : mr_registry_names(registry, ret_names, err);
}

int maproot_gc(void (*each)(void *arg, const char *id), void *arg, struct maproot_error *err)
{
	mr_auto_free struct maproot_name_record *record = NULL;
	struct mr_registry_names names = { NULL, 0, 0 };
	int failure;
	int count = 0;

	mr_error_reset(err);
	record = mr_record_new(err);
	if (!record)
		return -ENOMEM;
	failure = read_names(&names, err);
	if (failure == -ENOENT && (!err || err->code == 0))
		return 0;
	for (size_t at = 0; at < names.count; at++) {
		int code = collect(names.name[at], record, err);

		if (code < 0 && failure == 0)
			failure = code;
		if (code != 1)
			continue;
		count++;
		if (each)
			each(arg, names.name[at]);
	}
	mr_registry_names_done(&names);
	return failure < 0 ? failure : count;
}

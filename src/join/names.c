/*
 * Names and runs looked up. Who reads needs no lock: a record is there whole or not at all.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "join/belief.h"
#include "join/registry.h"
#include "model/record.h"

#include <errno.h>
#include <maproot/state.h>
#include <time.h>

enum { FIND_WAIT_MS = 1000,
       FIND_NAP_MS = 5 };

static int fail_name(struct maproot_error *err, int code, const char *name, const char *what)
{
	return mr_fail_pieces(err, code, MAPROOT_STEP_NAME, "the name '", name, "' ", what, NULL);
}

/* -ENOENT: there is none. */
static int read_any(int registry, const char *name, struct maproot_name_record *record, struct maproot_error *err)
{
	int code = mr_registry_read(registry, name, record, err);

	return code < 0 ? code : mr_belief_look(record, err);
}

/* -ENOENT: stale, or none. */
static int read_living(int registry, const char *name, struct maproot_name_record *record, struct maproot_error *err)
{
	int code = read_any(registry, name, record, err);

	return code == 0 && record->state == MAPROOT_STATE_STOPPED ? -ENOENT : code;
}

static int find_living(int registry, const char *name, struct maproot_name_record *record, struct maproot_error *err)
{
	const struct timespec nap = { 0, FIND_NAP_MS * 1000000L };
	int code = read_living(registry, name, record, err);

	for (int waited = 0; code == 0 && record->pid == 0 && waited < FIND_WAIT_MS; waited += FIND_NAP_MS) {
		(void)nanosleep(&nap, NULL); /* cut short by a signal, it looks sooner */
		code = read_living(registry, name, record, err);
	}
	if (code == 0 && record->pid == 0)
		return fail_name(err, EAGAIN, name, "is taken, but its process is not yet there");
	return code;
}

/* Who looks before main() must not use the host's malloc(3). */
static int find(const char *name, int (*look)(int, const char *, struct maproot_name_record *, struct maproot_error *),
		struct maproot_name_record *ret_record, struct maproot_error *err)
{
	struct maproot_name_record record;
	mr_auto_fd int registry = -1;
	int code;

	mr_error_reset(err);
	code = mr_record_check_name(name, err);
	if (code < 0)
		return code;
	registry = mr_registry_open(false, err);
	code = registry < 0 ? registry : look(registry, name, &record, err);
	if (code == -ENOENT)
		return fail_name(err, ENOENT, name, "is nobody's");
	if (code == 0)
		*ret_record = record;
	return code;
}

int maproot_name_find(const char *name, struct maproot_name_record *ret_record, struct maproot_error *err)
{
	return find(name, find_living, ret_record, err);
}

int maproot_state_find(const char *id, struct maproot_name_record *ret_record, struct maproot_error *err)
{
	return find(id, read_any, ret_record, err);
}

struct visit {
	int (*each)(void *arg, const struct maproot_name_record *record);
	void *arg;
	bool ended; /* those too that left something */
};

/* 0 also where it is passed over. */
static int visit_one(const struct visit *visit, int registry, const char *name, struct maproot_name_record *record,
		     struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	int code = read_any(registry, name, record, &why);

	if (code == -ENOENT || code == -ESRCH || code == -EBADMSG)
		return 0;
	if (code < 0)
		return mr_error_pass(err, &why);
	if (record->state == MAPROOT_STATE_STOPPED && (!visit->ended || record->made_count == 0))
		return 0;
	return visit->each(visit->arg, record);
}

static int visit_all(const struct visit *visit, struct maproot_error *err)
{
	mr_auto_free struct maproot_name_record *record = NULL;
	mr_auto_fd int registry = -1;
	struct mr_registry_names names;
	int code;

	mr_error_reset(err);
	registry = mr_registry_open(false, err);
	if (registry < 0)
		return registry == -ENOENT ? 0 : registry;
	record = mr_record_new(err);
	if (!record)
		return -ENOMEM;
	code = mr_registry_names(registry, &names, err);
	if (code < 0)
		return code;
	for (size_t at = 0; code == 0 && at < names.count; at++)
		code = visit_one(visit, registry, names.name[at], record, err);
	mr_registry_names_done(&names);
	return code;
}

int maproot_names(int (*each)(void *arg, const struct maproot_name_record *record), void *arg,
		  struct maproot_error *err)
{
	return visit_all(&(struct visit){ each, arg, false }, err);
}

int maproot_states(int (*each)(void *arg, const struct maproot_name_record *record), void *arg,
		   struct maproot_error *err)
{
	return visit_all(&(struct visit){ each, arg, true }, err);
}

/*
 * From references to open namespaces: everything that can be wrong with a reference is found here, before anything has
 * changed.
 */
#include "join/join.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "model/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <maproot/name.h>

static int refuse_twice(enum maproot_namespace type, const char *how, struct maproot_error *err)
{
	return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REFERENCE, maproot_namespace_name(type), ": ", how,
			      NULL);
}

/*
 * The types that a reference may still give; 0 in the end is nothing to do. -EINVAL where it names one that is taken.
 */
static int choose_types(const struct maproot_join *join, const struct mr_join_wish *wish,
			const struct mr_reference *reference, unsigned int *ret_types,
			struct maproot_error *err)
{
	unsigned int types = reference->types ? reference->types : MAPROOT_NAMESPACE_ALL;

	for (unsigned int type = 0; reference->types && type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (!mr_has(types, type))
			continue;
		if (mr_has(wish->created, type))
			return refuse_twice(type, "to be joined and to be new at once", err);
		if (mr_has(join->types, type))
			return refuse_twice(type, "two references for one type", err);
	}
	types &= ~(wish->created | (join->types & ~join->whole));
	if (join->order.count > 0)
		types &= join->order.types;
	*ret_types = types;
	return 0;
}

static void add_target(struct maproot_join *join, enum maproot_namespace type,
		       const struct mr_target *target)
{
	join->types |= MAPROOT_NAMESPACE_BIT(type);
	join->target[type] = *target;
}

/* One namespace that was opened. Takes `fd`. */
static int add_open(struct maproot_join *join, const struct mr_join_wish *wish,
		    const struct mr_reference *reference, int fd, struct maproot_error *err)
{
	mr_auto_fd int owned = fd;
	struct mr_target target = { .reference = *reference, .fd = -1 };
	struct mr_reference judged = *reference;
	enum maproot_namespace type = MAPROOT_NAMESPACE_COUNT;
	struct mr_nsfs_id own = { 0, 0 };
	unsigned int types = 0;
	int code = mr_nsfs_judge(owned, reference->text, &type, &target.id, err);

	if (code < 0)
		return code;
	if (reference->types && reference->types != MAPROOT_NAMESPACE_BIT(type)) {
		char wanted[MR_NAMES_SIZE];

		mr_plan_name_namespaces(reference->types, wanted);
		return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_WRONG_TYPE, "'", reference->text, "' is a ",
				      maproot_namespace_name(type), " namespace, not ", wanted, NULL);
	}
	judged.types = MAPROOT_NAMESPACE_BIT(type);
	code = choose_types(join, wish, &judged, &types, err);
	if (code < 0 || types == 0)
		return code;
	if (mr_nsfs_own_id(type, &own) == 0 && mr_nsfs_same(own, target.id))
		join->same |= MAPROOT_NAMESPACE_BIT(type);
	target.fd = mr_take_fd(&owned);
	add_target(join, type, &target);
	return 0;
}

/* The types of a process that were named, or in which it differs from us. */
static int add_types_of(struct maproot_join *join, const struct mr_process *process, bool held,
			const struct mr_reference *reference, unsigned int types, struct maproot_error *err)
{
	int code = 0;

	for (unsigned int type = 0; code == 0 && type < MAPROOT_NAMESPACE_COUNT; type++) {
		struct mr_target target = { .reference = *reference, .held = held, .fd = -1 };
		struct mr_nsfs_id own = { 0, 0 };

		if (!mr_has(types, type))
			continue;
		code = mr_process_namespace_id(process, type, &target.id);
		if (code == -ENOENT && !reference->types && !mr_has(maproot_namespaces_supported(), type)) {
			code = 0;
			continue;
		}
		if (code < 0)
			return mr_held_fail(process, type, code, err);
		if (mr_nsfs_own_id(type, &own) == 0 && mr_nsfs_same(own, target.id)) {
			join->same |= MAPROOT_NAMESPACE_BIT(type);
			if (!reference->types)
				continue;
		}
		if (mr_has(join->types, type)) {
			if (mr_nsfs_same(join->target[type].id, target.id))
				continue;
			return refuse_twice(type, "two references for one type", err);
		}
		if (!held)
			code = mr_held_open(process, type, &target, err);
		if (code < 0)
			break;
		add_target(join, type, &target);
		if (!reference->types)
			join->whole |= MAPROOT_NAMESPACE_BIT(type);
	}
	return code;
}

/* One process may be held to the end: the first. Takes `process`. */
static int add_process(struct maproot_join *join, struct mr_process *process,
		       const struct mr_reference *reference, unsigned int types, struct maproot_error *err)
{
	bool first = join->process.directory < 0;
	bool same = !first && join->process.pid == process->pid;
	int code = add_types_of(join, process, first || same, reference, types, err);

	if (code == 0 && first)
		join->process = *process;
	else
		mr_process_release(process);
	return code;
}

static int hold_named(const struct mr_reference *reference, struct mr_process *ret_process,
		      struct maproot_error *err)
{
	struct maproot_name_record record;
	int code = maproot_name_find(reference->text, &record, err);

	return code < 0 ? code : mr_process_hold(record.pid, record.start, ret_process, err);
}

/* Fills either `process` or `*ret_fd`. */
static int open_reference(const struct mr_reference *reference, struct mr_process *process, int *ret_fd,
			  struct maproot_error *err)
{
	int code;

	switch (reference->kind) {
	case MR_REFERENCE_PID:
		return mr_process_hold(reference->pid, reference->start_time, process, err);
	case MR_REFERENCE_NAME:
		return hold_named(reference, process, err);
	case MR_REFERENCE_FD:
		/* -EINVAL without a word: it is no pidfd, so it has to be a namespace. */
		code = mr_process_hold_pidfd(reference->fd, process, err);
		if (code != -EINVAL)
			return code;
		*ret_fd = mr_raise_fd(fcntl(reference->fd, F_DUPFD_CLOEXEC, 3));
		return *ret_fd < 0 ?
			       mr_fail(err, -*ret_fd, MAPROOT_STEP_OPEN_NAMESPACE, reference->text) :
			       0;
	case MR_REFERENCE_PATH:
		break;
	}
	*ret_fd = mr_nsfs_open(reference->text, err);
	return *ret_fd < 0 ? *ret_fd : 0;
}

/* Types whose turn to be opened comes later; all that is known of them is what was said. */
static void postpone(struct maproot_join *join, const struct mr_reference *reference, unsigned int types)
{
	const struct mr_target target = { .reference = *reference, .fd = -1 };

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (mr_has(types, type))
			add_target(join, type, &target);
	}
	join->late |= types;
}

static int add_reference(struct maproot_join *join, const struct mr_join_wish *wish,
			 const struct mr_reference *reference, struct maproot_error *err)
{
	struct mr_process process = MR_PROCESS_NONE;
	unsigned int types = 0;
	unsigned int late;
	int fd = -1;
	int code = choose_types(join, wish, reference, &types, err);

	if (code < 0 || types == 0)
		return code;
	late = reference->types ? types & join->order.late : 0;
	postpone(join, reference, late);
	types &= ~late;
	if (types == 0)
		return 0;
	code = open_reference(reference, &process, &fd, err);
	if (code < 0)
		return code;
	if (fd >= 0)
		return add_open(join, wish, reference, fd, err);
	return add_process(join, &process, reference, types, err);
}

static bool is_of_one_process(const struct maproot_join *join)
{
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (mr_has(join->types, type) && !join->target[type].held)
			return false;
	}
	return join->process.pidfd >= 0;
}

int mr_join_open_late(const struct mr_target *target, enum maproot_namespace type, struct maproot_error *err)
{
	struct mr_process process = MR_PROCESS_NONE;
	struct maproot_join one = { .types = 0, .process = MR_PROCESS_NONE, .proc = -1 };
	const struct mr_join_wish plain = { .count = 0 };
	struct mr_reference reference = target->reference;
	int fd = -1;
	int code = open_reference(&reference, &process, &fd, err);

	if (code < 0)
		return code;
	reference.types = MAPROOT_NAMESPACE_BIT(type);
	if (fd >= 0) {
		code = add_open(&one, &plain, &reference, fd, err);
	} else {
		code = add_types_of(&one, &process, false, &reference, reference.types, err);
		mr_process_release(&process);
	}
	return code < 0 ? code : one.target[type].fd;
}

/* What is said of single types comes before what is said of all of them. A descriptor may be one or the other. */
enum { TURNS = 4 };
static int turn_of(const struct mr_reference *reference)
{
	if (reference->types != 0)
		return 0;
	if (reference->kind == MR_REFERENCE_PATH)
		return 1;
	return reference->kind == MR_REFERENCE_FD ? 2 : 3;
}

int mr_join_open(const struct mr_join_wish *wish, struct maproot_join *ret_join, struct maproot_error *err)
{
	struct maproot_join join = { .types = 0, .process = MR_PROCESS_NONE, .proc = -1 };
	int code = wish->order ? mr_order_parse(wish->order, &join.order, err) : 0;

	for (int turn = 0; turn < TURNS; turn++) {
		for (size_t at = 0; code == 0 && at < wish->count; at++) {
			struct mr_reference reference = { .types = 0 };

			code = mr_reference_parse(wish->references[at], &reference, err);
			if (code == 0 && turn_of(&reference) == turn)
				code = add_reference(&join, wish, &reference, err);
		}
	}
	if (code == 0 && (wish->lasting || join.order.count > 0 || !is_of_one_process(&join))) {
		code = mr_join_open_held(&join, err);
		mr_process_release(&join.process);
	}
	if (code == 0)
		*ret_join = join;
	else
		mr_join_done(&join);
	return code;
}

void mr_join_done(struct maproot_join *join)
{
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (mr_has(join->types, type))
			mr_close_fd(&join->target[type].fd);
	}
	mr_process_release(&join->process);
	mr_close_fd(&join->proc);
	join->types = 0;
}

unsigned int mr_join_pending(const struct maproot_join *join)
{
	unsigned int pending = join->types;

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		struct mr_nsfs_id own = { 0, 0 };

		if (mr_has(join->types & ~join->late, type) && mr_nsfs_own_id(type, &own) == 0 &&
		    mr_nsfs_same(own, join->target[type].id))
			pending &= ~MAPROOT_NAMESPACE_BIT(type);
	}
	return pending;
}

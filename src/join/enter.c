/*
 * Entering what was opened: all in one call where the kernel can, else one by one with a way back.
 */
#include "join/join.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "model/plan.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

void mr_target_name(const struct mr_target *target, enum maproot_namespace type, char name[MR_TARGET_NAME_SIZE])
{
	struct mr_text text = mr_text_in(name, MR_TARGET_NAME_SIZE);
	bool quoted = target->reference.text && target->reference.kind != MR_REFERENCE_FD;

	mr_text_add(&text, maproot_namespace_name(type));
	mr_text_add(&text, " namespace of ");
	if (target->reference.kind == MR_REFERENCE_PID) {
		mr_text_add(&text, "process ");
		mr_text_add_number(&text, target->reference.pid);
		return;
	}
	mr_text_add(&text, quoted ? "'" : "");
	mr_text_add(&text, target->reference.text ? target->reference.text : "the caller");
	mr_text_add(&text, quoted ? "'" : "");
}

void mr_join_say_entered(unsigned int types, struct maproot_error *err)
{
	char names[MR_NAMES_SIZE];
	char said[MR_NAMES_SIZE + 64];
	struct mr_text text = mr_text_in(said, sizeof(said));
	struct maproot_error plain;

	if (!err || types == 0)
		return;
	mr_plan_name_namespaces(types, names);
	mr_text_add(&text, " (this process is already in: ");
	mr_text_add(&text, names);
	mr_text_add(&text, ")");
	plain = *err;
	mr_error_reset(err);
	(void)mr_fail_pieces(err, plain.code, plain.step, plain.object, said, NULL);
}

static int fail_at(const struct maproot_join *join, enum maproot_namespace type, bool outside, int code,
		   struct maproot_error *err)
{
	char name[MR_TARGET_NAME_SIZE];

	if (code == EPERM && outside)
		return mr_join_explain(join, MAPROOT_NAMESPACE_BIT(type), err);
	mr_target_name(&join->target[type], type, name);
	return mr_fail(err, code, MAPROOT_STEP_JOIN, name);
}

/* Of what was entered: a user namespace, and what there was no way back from. */
static unsigned int find_stuck(const struct maproot_visit *home, unsigned int entered)
{
	unsigned int stuck = 0;

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		struct mr_nsfs_id now;

		if (mr_has(entered, type) && (!mr_has(home->types, type) || mr_nsfs_own_id(type, &now) < 0 ||
					      !mr_nsfs_is(home->home[type], now)))
			stuck |= MAPROOT_NAMESPACE_BIT(type);
	}
	return stuck;
}

static int enter_one(const struct maproot_join *join, enum maproot_namespace type, struct maproot_error *err)
{
	const struct mr_target *target = &join->target[type];
	mr_auto_fd int late = -1;
	struct maproot_join opened;
	struct mr_nsfs_id own;

	if (!mr_has(join->late, type))
		return setns(target->fd, (int)maproot_namespace_flag(type)) < 0 ? -errno : 0;
	late = mr_join_open_late(target, type, err);
	if (late < 0)
		return late;
	/* One that is entered already; of user the kernel would refuse that. */
	if (mr_nsfs_own_id(type, &own) == 0 && mr_nsfs_is(late, own))
		return 0;
	if (setns(late, (int)maproot_namespace_flag(type)) == 0)
		return 0;
	if (errno != EPERM)
		return -errno;
	/* Nobody can ask about it once it is closed. */
	opened = *join;
	opened.target[type].fd = late;
	return mr_join_explain(&opened, MAPROOT_NAMESPACE_BIT(type), err);
}

/*
 * What is owned by a user namespace between ours and the one to be joined: before that one, there are no rights where
 * we are, after it none where the owner is. There are, in the owner.
 */
static int enter_through_owner(const struct maproot_join *join, enum maproot_namespace type, unsigned int *entered)
{
	mr_auto_fd int owner = mr_nsfs_owner(join->target[type].fd);
	struct mr_nsfs_id id;

	if (owner < 0 || mr_nsfs_id_of(owner, &id) < 0 ||
	    !mr_join_is_owned_below(join->target[MAPROOT_NAMESPACE_USER].fd, id) || setns(owner, CLONE_NEWUSER) < 0)
		return -EPERM;
	*entered |= MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_USER);
	return setns(join->target[type].fd, (int)maproot_namespace_flag(type)) < 0 ? -errno : 0;
}

/*
 * Returns 0 or -errno; with `home`, after having gone back as far as that goes. Without, there will be nobody to be
 * anywhere.
 */
static int enter_each(const struct maproot_join *join, unsigned int types, const struct maproot_visit *home,
		      struct maproot_error *err)
{
	struct maproot_error own = MAPROOT_ERROR_INIT;
	struct mr_sequence sequence;
	unsigned int entered = 0;

	mr_join_sequence(join, types, &sequence);
	for (size_t at = 0; at < sequence.count; at++) {
		enum maproot_namespace type = sequence.type[at];
		int code = enter_one(join, type, &own);

		if (code == -EPERM && join->order.count == 0 && type != MAPROOT_NAMESPACE_USER &&
		    mr_has(types & ~entered, MAPROOT_NAMESPACE_USER))
			code = enter_through_owner(join, type, &entered);
		if (code == 0) {
			entered |= MAPROOT_NAMESPACE_BIT(type);
			continue;
		}
		/* In another user namespace the way back is lost, and not what went wrong. */
		if (home)
			(void)mr_home_return(home, entered, mr_has(entered, MAPROOT_NAMESPACE_USER) ? NULL : err);
		entered = home ? find_stuck(home, entered) : 0;
		/* A path alone has no room for what else is to be said. */
		if (entered && own.step == MAPROOT_STEP_OPEN_NAMESPACE)
			mr_error_reset(&own);
		if (own.code == 0)
			(void)fail_at(join, type, entered == 0, -code, &own);
		/* A way back that failed counts more than why it was needed. */
		(void)mr_error_pass(err, &own);
		mr_join_say_entered(entered, err);
		return code;
	}
	return 0;
}

/* All or nothing, without any descriptor of a single one. */
static int enter_at_once(const struct maproot_join *join, unsigned int types, struct maproot_error *err)
{
	struct maproot_error own = MAPROOT_ERROR_INIT;

	if (setns(join->process.pidfd, (int)mr_plan_clone_flags(types)) == 0)
		return 0;
	switch (errno) {
	case ESRCH:
		return mr_fail_number(err, ESRCH, MAPROOT_STEP_NO_PROCESS, join->process.pid);
	case EPERM:
		/*
		 * The rights that come with the user namespace are not counted in one call: it may be done without one.
		 */
		(void)mr_join_explain(join, types, &own);
		return own.step == MAPROOT_STEP_JOIN_RIGHTS ? mr_error_pass(err, &own) : -EINVAL;
	default:
		return -errno; /* not said yet: EINVAL is an old kernel, or one of them, which is found one by one */
	}
}

int mr_join_enter(const struct maproot_join *join, unsigned int types, const struct maproot_visit *home,
		  struct maproot_error *err)
{
	struct maproot_join opened;
	int code;

	if (types == 0)
		return 0;
	if (join->process.pidfd < 0)
		return enter_each(join, types, home, err);
	code = enter_at_once(join, types, err);
	if (code == 0 || code == -EPERM || code == -ESRCH)
		return code;
	opened = *join;
	code = mr_join_open_held(&opened, err);
	if (code == 0)
		code = enter_each(&opened, types, home, err);
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (mr_has(opened.types, type) && opened.target[type].fd != join->target[type].fd)
			mr_close_fd(&opened.target[type].fd);
	}
	return code;
}

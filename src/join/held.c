/*
 * What a process is in, opened; and why it can't be.
 */
#include "join/join.h"

#include "base/error.h"
#include "base/text.h"
#include "model/plan.h"

#include <errno.h>

int mr_held_fail(const struct mr_process *process, enum maproot_namespace type, int code,
		 struct maproot_error *err)
{
	char number[16];
	struct mr_text text = mr_text_in(number, sizeof(number));

	mr_text_add_number(&text, process->pid);
	if (code == -ENOENT && !mr_has(maproot_namespaces_supported(), type))
		return mr_fail_pieces(err, ENOENT, MAPROOT_STEP_OPEN_NAMESPACE, "/proc/", number, "/ns/",
				      maproot_namespace_name(type), NULL);
	if (code == -ESRCH || code == -ENOENT || mr_process_check(process) < 0)
		return mr_fail_pieces(err, ESRCH, MAPROOT_STEP_NO_PROCESS, number, " any more", NULL);
	if (code == -EACCES || code == -EPERM)
		return mr_fail_pieces(err, -code, MAPROOT_STEP_JOIN_RIGHTS, "the namespaces of process ", number,
				      ": CAP_SYS_PTRACE is lacking in its user namespace", NULL);
	return mr_fail_number(err, -code, MAPROOT_STEP_INSPECT, process->pid);
}

int mr_held_open(const struct mr_process *process, enum maproot_namespace type,
		 struct mr_target *target, struct maproot_error *err)
{
	int code;

	target->fd = mr_process_open_namespace(process, type);
	code = target->fd < 0 ? target->fd : mr_nsfs_id_of(target->fd, &target->id);
	return code < 0 ? mr_held_fail(process, type, code, err) : 0;
}

int mr_join_open_held(struct maproot_join *join, struct maproot_error *err)
{
	int code = 0;

	for (unsigned int type = 0; code == 0 && type < MAPROOT_NAMESPACE_COUNT; type++) {
		struct mr_target *target = &join->target[type];

		if (mr_has(join->types, type) && target->held && target->fd < 0)
			code = mr_held_open(&join->process, type, target, err);
	}
	return code;
}

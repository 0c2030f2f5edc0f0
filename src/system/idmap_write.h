/*
 * Giving a user namespace its id maps. user_namespaces(7), newuidmap(1).
 */
#ifndef MR_SYSTEM_IDMAP_WRITE_H
#define MR_SYSTEM_IDMAP_WRITE_H

#include "model/plan.h"

#include <sys/types.h>

/*
 * In the process inside: /proc/self is right whatever pid namespace /proc belongs to. `proc`: an open /proc that shows this
 * process, where the one to be seen may not; -1: it does. In the child.
 */
int mr_idmap_deny_setgroups(int proc, struct maproot_error *err);
int mr_idmap_write_own(const struct mr_plan *plan, int proc, struct maproot_error *err);

/*
 * From outside, for a process that waits: by this process (MR_MAPPER_PARENT) or by the two helpers, side by
 * side (MR_MAPPER_HELPERS). `pid` in this process's pid namespace, which /proc has to show: checked.
 */
int mr_idmap_write_for(const struct mr_plan *plan, pid_t pid, struct maproot_error *err);

#endif

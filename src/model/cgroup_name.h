/*
 * Where a control group is to be, from text. Pure. The forms are those of <maproot/cgroup.h>.
 */
#ifndef MR_MODEL_CGROUP_NAME_H
#define MR_MODEL_CGROUP_NAME_H

#include <maproot/error.h>
#include <maproot/name.h>

enum mr_cgroup_kind {
	MR_CGROUP_BELOW_OWN,  /* "NAME", "A/B", and the id of the run */
	MR_CGROUP_BELOW_ROOT, /* "/A/B" */
	MR_CGROUP_SCOPE,      /* "SLICE:PREFIX:NAME", as the OCI's cgroupsPath has it with systemd */
};

enum { MR_CGROUP_UNIT_SIZE = MAPROOT_NAME_SIZE + 32 };

struct mr_cgroup_name {
	enum mr_cgroup_kind kind;
	char path[MAPROOT_CGROUP_SIZE];  /* without a '/' at its ends; "": it is a scope alone */
	char unit[MR_CGROUP_UNIT_SIZE];  /* "maproot-ID.scope", "NAME.scope", "PREFIX-NAME.scope"; "": for none */
	char slice[MR_CGROUP_UNIT_SIZE]; /* "": systemd chooses */
};

/* `name` NULL: after `id`. -EINVAL (step CGROUP_FIND) where it is malformed, -ENAMETOOLONG where it does not fit. */
int mr_cgroup_name_parse(const char *name, const char *id, struct mr_cgroup_name *ret_name, struct maproot_error *err);

#endif

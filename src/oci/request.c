/*
 * From a configuration to a request, for the caller who is to carry it out.
 */
#include "oci/place.h"

#include <errno.h>
#include <maproot/capability.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int note(struct maproot_oci *spec, const char *text, struct maproot_error *err)
{
	return mr_oci_add(spec, &spec->notes, text, err);
}

/* With the caller's own group alone setgroups(2) is denied, also for dropping them. */
static bool can_drop_groups(const struct maproot_oci *spec, bool privileged)
{
	const struct maproot_idmap *map = &spec->groups;

	return privileged || map->count > 1 ||
	       (map->count == 1 && (map->range[0].count > 1 || map->range[0].outer != getegid()));
}

static int settle_groups(const struct maproot_oci *spec, struct maproot_identity *identity, bool privileged,
			 struct maproot_error *err)
{
	const struct mr_oci_place top = mr_oci_top(spec);
	const struct mr_oci_place process = { &top, "process", 0, spec->tree };
	const struct mr_oci_place user = { &process, "user", 0, spec->tree };
	const struct mr_oci_place groups = { &user, "additionalGids", 0, spec->tree };

	if (spec->attributes.group_count > 0 && !can_drop_groups(spec, privileged) &&
	    !mr_oci_is_joined(spec, MAPROOT_NAMESPACE_USER))
		return mr_oci_fail(&groups, err, EPERM,
				   "is impossible where the caller's own group alone is mapped (use subordinate ids)", NULL);
	if (spec->attributes.group_count == 0 && !mr_oci_is_joined(spec, MAPROOT_NAMESPACE_USER) &&
	    can_drop_groups(spec, privileged))
		identity->supplementary = MAPROOT_GROUPS_DROP;
	return 0;
}

static int settle_identity(struct maproot_oci *spec, struct maproot_request *request, bool *ret_own,
			   struct maproot_error *err)
{
	struct maproot_identity *identity = &request->identity;
	bool fresh = mr_oci_is_new(spec, MAPROOT_NAMESPACE_USER);
	int privileged = maproot_capabilities_probe(NULL, 0, err);
	int code = 0;

	if (privileged < 0)
		return privileged;
	*ret_own = !fresh && privileged == 0 && !mr_oci_is_joined(spec, MAPROOT_NAMESPACE_USER);
	if (*ret_own) {
		request->namespaces |= MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_USER);
		code = note(spec, "linux.namespaces: made a user namespace besides, as the caller has no privileges", err);
	}
	if (code < 0)
		return code;
	if ((fresh || *ret_own) && spec->users.count == 0) {
		/* The one id that is mapped is the one that is wanted. */
		identity->user = spec->process.uid;
		identity->group = spec->process.gid;
	} else {
		identity->users = spec->users.count > 0 ? &spec->users : NULL;
		identity->groups = spec->groups.count > 0 ? &spec->groups : NULL;
		identity->set_user = identity->set_group = true;
		identity->inner_user = spec->process.uid;
		identity->inner_group = spec->process.gid;
	}
	return settle_groups(spec, identity, privileged == 1, err);
}

static int settle_namespaces(struct maproot_oci *spec, struct maproot_request *request, struct maproot_error *err)
{
	const char **joins = mr_oci_take(spec, MAPROOT_NAMESPACE_COUNT, sizeof(*joins), err);

	if (!joins)
		return -ENOMEM;
	request->joins = joins;
	for (size_t at = 0; at < spec->namespace_count; at++) {
		const struct maproot_namespace_entry *entry = &spec->namespaces[at];

		if (!entry->path) {
			request->namespaces |= MAPROOT_NAMESPACE_BIT(entry->type);
			continue;
		}
		joins[request->join_count] =
			mr_oci_text(spec, err, maproot_namespace_name(entry->type), "=", entry->path, NULL);
		if (!joins[request->join_count++])
			return -ENOMEM;
	}
	request->as_pid_1 = mr_oci_is_new(spec, MAPROOT_NAMESPACE_PID);
	if (maproot_namespace_get(spec->namespaces, spec->namespace_count, MAPROOT_NAMESPACE_MNT))
		return 0;
	return note(spec, "linux.namespaces: made a mount namespace besides, for root and mounts", err);
}

/* What is joined keeps its root and mounts: the findings have said so. */
static int settle_files(struct maproot_oci *spec, struct maproot_request *request, bool own_user_namespace,
			struct maproot_error *err)
{
	struct maproot_attributes *attributes = &spec->attributes;

	if (mr_oci_is_joined(spec, MAPROOT_NAMESPACE_MNT)) {
		attributes->masked_count = attributes->read_only_count = 0;
		attributes->read_only_root = false;
		return 0;
	}
	attributes->bare_root = attributes->default_devices = true;
	request->root = spec->root;
	request->propagation = spec->propagation;
	return mr_oci_lay_mounts(spec, request, own_user_namespace, err);
}

static void settle_cgroup(struct maproot_oci *spec, const struct maproot_oci_wish *wish, struct maproot_request *request)
{
	if (wish->no_cgroup || (!spec->cgroups_path && spec->limits.count == 0))
		return;
	spec->cgroup = (struct maproot_cgroup){
		.name = spec->cgroups_path,
		.manager = wish->manager,
		.limits = spec->limits.item,
		.limit_count = spec->limits.count,
	};
	request->cgroup = &spec->cgroup;
}

static int settle_command(struct maproot_oci *spec, const struct maproot_oci_wish *wish, struct maproot_oci_run *run,
			  struct maproot_error *err)
{
	static char *const no_environment[] = { NULL };
	const struct mr_oci_place top = mr_oci_top(spec);
	const struct mr_oci_place process = { &top, "process", 0, spec->tree };
	const struct mr_oci_place args = { &process, "args", 0, spec->tree };

	run->argv = wish->command && wish->command[0] ? wish->command : spec->process.args;
	run->envp = spec->process.env ? spec->process.env : no_environment;
	run->engine = (struct maproot_engine){
		.id = wish->id,
		.named = run->argv,
		.bundle = spec->bundle,
		.keep_record = true,
	};
	return run->argv ? 0 : mr_oci_fail(&args, err, EINVAL, "is missing, and no command is given", NULL);
}

int maproot_oci_request(struct maproot_oci *spec, const struct maproot_oci_wish *wish, struct maproot_oci_run *ret_run,
			struct maproot_error *err)
{
	struct maproot_oci_run run = { 0 };
	bool own = false;
	int code;

	if (err)
		*err = (struct maproot_error)MAPROOT_ERROR_INIT;
	run.request = (struct maproot_request){
		.death_signal = SIGKILL,
		.hostname = mr_oci_is_new(spec, MAPROOT_NAMESPACE_UTS) ? spec->hostname : NULL,
		.domainname = mr_oci_is_new(spec, MAPROOT_NAMESPACE_UTS) ? spec->domainname : NULL,
		.monotonic = spec->monotonic,
		.boottime = spec->boottime,
		.directory = spec->process.cwd,
		.keep_fds = STDERR_FILENO + 1,
		.attributes = &spec->attributes,
	};
	code = settle_command(spec, wish, &run, err);
	if (code == 0)
		code = settle_namespaces(spec, &run.request, err);
	if (code == 0)
		code = settle_identity(spec, &run.request, &own, err);
	if (code == 0)
		code = settle_files(spec, &run.request, own, err);
	if (code < 0)
		return code;
	settle_cgroup(spec, wish, &run.request);
	*ret_run = run;
	return 0;
}

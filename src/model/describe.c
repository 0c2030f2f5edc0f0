/*
 * A plan in words, for --dry-run and --verbose: what would be done, in the order in which it is done.
 */
#include "base/text.h"
#include "model/attributes.h"
#include "model/plan.h"

#include <limits.h>

/* A mount is the longest there is to say: type, target, options; longer ones no kernel takes. */
enum { LINE_SIZE = 3 * PATH_MAX };

struct out {
	void (*line)(void *arg, const char *text);
	void *arg;
};

static void say(const void *arg, const char *key, const char *value)
{
	const struct out *out = arg;
	char buffer[LINE_SIZE];
	struct mr_text text = mr_text_in(buffer, sizeof(buffer));

	mr_text_add(&text, key);
	mr_text_add(&text, ": ");
	mr_text_add(&text, value);
	out->line(out->arg, buffer);
}

void mr_plan_name_namespaces(unsigned int namespaces, char names[MR_NAMES_SIZE])
{
	struct mr_text text = mr_text_in(names, MR_NAMES_SIZE);

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (mr_has(namespaces, type))
			mr_text_add_item(&text, " ", maproot_namespace_name(type));
	}
}

static void say_namespaces(const struct out *out, const struct mr_plan *plan)
{
	char names[MR_NAMES_SIZE];

	mr_plan_name_namespaces(plan->namespaces, names);
	say(out, "new namespaces", names[0] != '\0' ? names : "none");
}

static void say_joined(const struct out *out, const struct maproot_request *request, const struct mr_plan *plan)
{
	char names[MR_NAMES_SIZE];
	char buffer[LINE_SIZE];
	struct mr_text text = mr_text_in(buffer, sizeof(buffer));

	if (plan->joined) {
		mr_plan_name_namespaces(plan->joined, names);
		mr_text_add(&text, names);
		if (plan->process) {
			mr_text_add(&text, ", of process ");
			mr_text_add_number(&text, plan->process);
			mr_text_add(&text, ", in one call");
		} else if (request->join_order) {
			mr_text_add(&text, ", one by one: ");
			mr_text_add(&text, request->join_order);
		} else {
			mr_text_add(&text, ", one by one");
		}
		say(out, "joined", buffer);
	}
	if (plan->skipped) {
		mr_plan_name_namespaces(plan->skipped, names);
		say(out, "already in", names);
	}
}

static void say_map(const struct out *out, const char *key, const struct maproot_idmap *map)
{
	for (size_t at = 0; at < map->count; at++) {
		char buffer[LINE_SIZE];
		struct maproot_idmap one = { .count = 1, .range = { map->range[at] } };
		size_t length = maproot_idmap_format(&one, buffer, sizeof(buffer));

		buffer[length - 1] = '\0'; /* the newline that the kernel wants */
		say(out, key, buffer);
	}
}

/* What its maps are is seen when they are reached. */
static void say_joined_ids(const struct out *out, const struct maproot_identity *identity)
{
	static const char *const groups[] = {
		[MAPROOT_GROUPS_DEFAULT] = "supplementary groups dropped if they can be",
		[MAPROOT_GROUPS_KEEP] = "supplementary groups kept",
		[MAPROOT_GROUPS_DROP] = "no supplementary groups",
	};
	char buffer[LINE_SIZE];
	struct mr_text text = mr_text_in(buffer, sizeof(buffer));

	if (identity->preserve) {
		say(out, "runs as", "who it is, in the terms of the joined user namespace");
		return;
	}
	mr_text_add(&text, "root of the joined user namespace if it has one, else who it is, ");
	mr_text_add(&text, groups[identity->supplementary]);
	say(out, "runs as", buffer);
}

static void say_last_ids(const struct out *out, const struct maproot_identity *identity)
{
	char buffer[LINE_SIZE];
	struct mr_text text = mr_text_in(buffer, sizeof(buffer));

	if (identity->set_user) {
		mr_text_add(&text, "user ");
		mr_text_add_number(&text, identity->inner_user);
	}
	if (identity->set_group) {
		mr_text_add(&text, identity->set_user ? ", group " : "group ");
		mr_text_add_number(&text, identity->inner_group);
	}
	if (identity->set_user || identity->set_group)
		say(out, "becomes at the end", buffer);
}

static void say_ids(const struct out *out, const struct mr_plan *plan)
{
	static const char *const mappers[] = {
		[MR_MAPPER_NONE] = "nobody",
		[MR_MAPPER_SELF] = "the new process itself",
		[MR_MAPPER_PARENT] = "this process, which may",
		[MR_MAPPER_HELPERS] = "newuidmap and newgidmap",
	};
	char buffer[LINE_SIZE];
	struct mr_text text = mr_text_in(buffer, sizeof(buffer));

	if (plan->mapper != MR_MAPPER_NONE) {
		say_map(out, "uid map", &plan->users);
		say_map(out, "gid map", &plan->groups);
		say(out, "maps written by", mappers[plan->mapper]);
		say(out, "setgroups", plan->deny_setgroups ? "deny" : "allow");
	}
	mr_text_add(&text, "user ");
	mr_text_add_number(&text, plan->user);
	mr_text_add(&text, ", group ");
	mr_text_add_number(&text, plan->group);
	mr_text_add(&text, plan->drop_groups ? ", no supplementary groups" :
					       ", supplementary groups kept");
	if (plan->keep_capabilities)
		mr_text_add(&text, ", capabilities kept over exec");
	say(out, "runs as", buffer);
}

static void say_process(const struct out *out, const struct mr_plan *plan)
{
	static const char *const ways[] = {
		[MR_WAY_HERE] = "this one",
		[MR_WAY_IN_PLACE] = "this one, with ",
		[MR_WAY_CHILD] = "a child; signals and status pass through",
	};
	char buffer[LINE_SIZE];
	struct mr_text text = mr_text_in(buffer, sizeof(buffer));

	mr_text_add(&text, ways[plan->way]);
	if (plan->way == MR_WAY_IN_PLACE) {
		mr_text_add(&text, plan->joined ? "setns" : "");
		mr_text_add(&text, plan->joined && plan->namespaces ? " and " : "");
		mr_text_add(&text, plan->namespaces ? "unshare" : "");
	}
	if (plan->way == MR_WAY_CHILD && plan->death_signal != 0) {
		mr_text_add(&text, "; gets signal ");
		mr_text_add_number(&text, plan->death_signal);
		mr_text_add(&text, " if this process dies");
	}
	if (mr_has(plan->namespaces, MAPROOT_NAMESPACE_PID))
		mr_text_add(&text, plan->init ? "; process 1 is an init of ours" :
						"; the command is process 1");
	say(out, "process", buffer);
}

static void say_clocks(const struct out *out, const struct mr_plan *plan)
{
	char buffer[LINE_SIZE];
	struct mr_text text = mr_text_in(buffer, sizeof(buffer));

	if (!plan->monotonic && !plan->boottime)
		return;
	mr_text_add(&text, "monotonic ");
	mr_text_add_number(&text, plan->monotonic);
	mr_text_add(&text, " s, boottime ");
	mr_text_add_number(&text, plan->boottime);
	mr_text_add(&text, " s");
	say(out, "clock offsets", buffer);
}

static void say_mount(const struct out *out, const struct maproot_mount *mount)
{
	char buffer[LINE_SIZE];
	struct mr_text text = mr_text_in(buffer, sizeof(buffer));

	mr_mount_describe(mount, &text);
	say(out, "mount", buffer);
}

static void say_furniture(const struct out *out, const struct maproot_request *request,
			  const struct mr_plan *plan)
{
	static const char *const propagations[] = {
		[MAPROOT_PROPAGATION_SLAVE] = "slave",
		[MAPROOT_PROPAGATION_PRIVATE] = "private",
		[MAPROOT_PROPAGATION_SHARED] = "shared",
		[MAPROOT_PROPAGATION_UNCHANGED] = "unchanged",
	};
	const struct maproot_attributes *attributes = request->attributes;
	char buffer[LINE_SIZE];
	struct mr_text text = mr_text_in(buffer, sizeof(buffer));

	say_clocks(out, plan);
	if (mr_has(plan->namespaces, MAPROOT_NAMESPACE_MNT))
		say(out, "propagation", propagations[request->propagation]);
	if (request->hostname)
		say(out, "host name", request->hostname);
	if (request->domainname)
		say(out, "domain name", request->domainname);
	if (mr_has(plan->namespaces, MAPROOT_NAMESPACE_NET))
		say(out, "network", "loopback up");
	for (size_t at = 0; attributes && at < attributes->sysctl_count; at++)
		say(out, "kernel parameter", attributes->sysctls[at]);
	if (request->root)
		say(out, "root", request->root);
	if (attributes && attributes->bare_root)
		say(out, "contents of the root", attributes->default_devices ? "the mounts, and devices" : "the mounts alone");
	for (size_t at = 0; at < request->mount_count; at++)
		say_mount(out, &request->mounts[at]);
	if (attributes)
		mr_attributes_describe_mounts(attributes, say, out);
	if (request->directory)
		say(out, "directory", request->directory);
	if (request->keep_fds > 0) {
		mr_text_add(&text, "closed from ");
		mr_text_add_number(&text, request->keep_fds);
		mr_text_add(&text, " up");
		say(out, "descriptors", buffer);
	}
}

/* What is made from outside while the child is held. */
static void say_around(const struct out *out, const struct maproot_request *request)
{
	static const char *const managers[] = {
		[MAPROOT_CGROUP_AUTO] = "systemd, else the file system",
		[MAPROOT_CGROUP_FS] = "the file system",
		[MAPROOT_CGROUP_SYSTEMD] = "systemd",
	};
	const struct maproot_network *network = request->network;
	const struct maproot_cgroup *cgroup = request->cgroup;

	for (size_t at = 0; network && at < network->strategy_count; at++)
		say(out, "network", network->strategies[at]);
	for (size_t at = 0; network && at < network->port_count; at++)
		say(out, "published port", network->ports[at]);
	if (!cgroup)
		return;
	say(out, "control group", cgroup->name ? cgroup->name : "after the id of the run");
	say(out, "made by", managers[cgroup->manager]);
	for (size_t at = 0; at < cgroup->limit_count; at++)
		say(out, "limit", cgroup->limits[at]);
}

void mr_plan_describe(const struct maproot_request *request, const struct mr_plan *plan,
		      void (*line)(void *arg, const char *text), void *arg)
{
	const struct out out = { line, arg };

	say_joined(&out, request, plan);
	say_namespaces(&out, plan);
	if (mr_has(plan->joined, MAPROOT_NAMESPACE_USER))
		say_joined_ids(&out, &request->identity);
	else
		say_ids(&out, plan);
	say_last_ids(&out, &request->identity);
	say_process(&out, plan);
	say_around(&out, request);
	say_furniture(&out, request, plan);
	if (request->attributes)
		mr_attributes_describe(request->attributes, say, &out);
}

/*
 * Numbers that are used up: namespaces, processes, descriptors. Namespaces are counted per user in every user
 * namespace from the one of the maker to the outermost, and each of them has limits of its own; only those of our own
 * can be read.
 */
#include "base/text.h"
#include "diagnose/causes.h"
#include "diagnose/counts.h"
#include "diagnose/trial.h"
#include "model/plan.h"
#include "system/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	UNLIMITED = 2147483647, /* what a new user namespace starts with: more than there is memory for */
	START_NEEDS = 4,        /* processes at once, at most */
	FILES_NEEDED = 24,
};

static const char *const sysctl_ids[MAPROOT_NAMESPACE_COUNT] = {
#define X(id, name, oci, letter, flag) [MAPROOT_NAMESPACE_##id] = "sysctl-max-" name "-namespaces",
	MAPROOT_NAMESPACES(X)
#undef X
};

static int read_limit(const struct mr_evidence *evidence, unsigned int type, uint64_t *ret_limit)
{
	char path[64];
	struct mr_text text = mr_text_in(path, sizeof(path));

	mr_text_add(&text, "/proc/sys/user/max_");
	mr_text_add(&text, maproot_namespace_name((enum maproot_namespace)type));
	mr_text_add(&text, "_namespaces");
	return mr_evidence_number(evidence, path, ret_limit);
}

enum mr_verdict mr_check_sysctl_max(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	bool read = false;

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		uint64_t limit;

		if (!mr_has(evidence->creates, type) || read_limit(evidence, type, &limit) < 0)
			continue;
		read = true;
		if (limit != 0)
			continue;
		finding->id = sysctl_ids[type];
		mr_text_add(&what, maproot_namespace_name((enum maproot_namespace)type));
		return MR_ESTABLISHED;
	}
	return read ? MR_EXCLUDED : MR_IRRELEVANT;
}

/*
 * The type that the kernel refuses as things are now: COUNT where it does not, somebody else does, or nothing can be
 * tried.
 */
static unsigned int refused_type(const struct mr_evidence *evidence)
{
	if (mr_try_wrong_clone(evidence, CLONE_NEWUSER) != EINVAL)
		return MAPROOT_NAMESPACE_COUNT;
	if (mr_try_clone(evidence, CLONE_NEWUSER) == ENOSPC)
		return MAPROOT_NAMESPACE_USER;
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		unsigned long flags = CLONE_NEWUSER | maproot_namespace_flag((enum maproot_namespace)type);

		if (mr_has(evidence->creates, type) && mr_try_unshare(evidence, flags) == ENOSPC)
			return type;
	}
	return MAPROOT_NAMESPACE_COUNT;
}

/*
 * A limit of ours that could be reached, but for what can be seen: the namespaces of this user that processes are in.
 */
static enum mr_verdict is_reached(const struct mr_evidence *evidence, unsigned int type, uint64_t limit)
{
	if (limit == 0 || limit >= UNLIMITED)
		return MR_EXCLUDED;
	if (mr_evidence_is_outermost(evidence))
		return MR_ESTABLISHED; /* there is no other limit, and no depth */
	if (type == MAPROOT_NAMESPACE_USER && mr_count_user_namespaces() >= limit)
		return MR_ESTABLISHED;
	return MR_POSSIBLE;
}

enum mr_verdict mr_check_used_up(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	struct mr_text how = mr_text_in(finding->how, sizeof(finding->how));
	unsigned int type = refused_type(evidence);
	uint64_t limit;

	if (type == MAPROOT_NAMESPACE_COUNT || read_limit(evidence, type, &limit) < 0)
		return MR_IRRELEVANT;
	mr_text_add(&how, maproot_namespace_name((enum maproot_namespace)type));
	mr_text_add_number(&what, (int64_t)limit);
	mr_text_add(&what, " ");
	mr_text_add(&what, maproot_namespace_name((enum maproot_namespace)type));
	return is_reached(evidence, type, limit);
}

/* A limit of an outer user namespace, or too deep: the kernel says the same, and shows neither. */
enum mr_verdict mr_check_outer_limit(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	unsigned int type = refused_type(evidence);
	uint64_t limit;

	if (type == MAPROOT_NAMESPACE_COUNT)
		return MR_IRRELEVANT;
	if (mr_evidence_is_outermost(evidence))
		return MR_EXCLUDED;
	mr_text_add(&what, maproot_namespace_name((enum maproot_namespace)type));
	if (read_limit(evidence, type, &limit) < 0)
		return MR_POSSIBLE;
	if (limit == 0)
		return MR_EXCLUDED;
	switch (is_reached(evidence, type, limit)) {
	case MR_EXCLUDED:
		return MR_ESTABLISHED;
	case MR_POSSIBLE:
		return MR_POSSIBLE;
	default:
		return MR_EXCLUDED;
	}
}

static void add_of(char *buffer, size_t size, uint64_t used, uint64_t limit)
{
	struct mr_text text = mr_text_in(buffer, size);

	mr_text_add_number(&text, (int64_t)used);
	mr_text_add(&text, " of ");
	mr_text_add_number(&text, (int64_t)limit);
}

enum mr_verdict mr_check_process_rlimit(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct rlimit limit;
	uint64_t used;

	if (getrlimit(RLIMIT_NPROC, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return MR_EXCLUDED;
	if (mr_evidence_is_outermost(evidence) &&
	    (getuid() == 0 || mr_caps_has(CAP_SYS_RESOURCE) || mr_caps_has(CAP_SYS_ADMIN)))
		return MR_EXCLUDED; /* it is not for them */
	used = mr_count_tasks_of_user(evidence);
	add_of(finding->what, sizeof(finding->what), used, limit.rlim_cur);
	if (used + START_NEEDS > limit.rlim_cur)
		return MR_ESTABLISHED;
	/* Not all may be seen that are counted. */
	return mr_try_fork(evidence) == 0 ? MR_EXCLUDED : MR_POSSIBLE;
}

enum mr_verdict mr_check_process_cgroup(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_pids_limit found;

	if (!mr_find_pids_limit(evidence, START_NEEDS, &found))
		return MR_EXCLUDED;

	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	struct mr_text how = mr_text_in(finding->how, sizeof(finding->how));

	mr_text_add_number(&what, (int64_t)found.used);
	mr_text_add(&what, " of ");
	mr_text_add_number(&what, (int64_t)found.limit);
	mr_text_add(&what, " processes of the control group '");
	mr_text_add(&what, found.path);
	mr_text_add(&what, "'");
	mr_text_add(&how, found.path);
	return MR_ESTABLISHED;
}

enum mr_verdict mr_check_process_machine(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	static const char *const limits[] = { "threads-max", "pid_max" };
	uint64_t used = mr_count_tasks_of_machine(evidence);
	struct mr_text how = mr_text_in(finding->how, sizeof(finding->how));

	if (used == 0)
		return MR_IRRELEVANT;
	for (int at = 0; at < 2; at++) {
		char path[48];
		struct mr_text text = mr_text_in(path, sizeof(path));
		uint64_t limit;

		mr_text_add(&text, "/proc/sys/kernel/");
		mr_text_add(&text, limits[at]);
		if (mr_evidence_number(evidence, path, &limit) < 0 || used + START_NEEDS <= limit)
			continue;
		add_of(finding->what, sizeof(finding->what), used, limit);
		mr_text_add(&how, limits[at]);
		return MR_ESTABLISHED;
	}
	return MR_EXCLUDED;
}

enum mr_verdict mr_check_open_files(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct rlimit limit;
	uint64_t used = mr_count_descriptors();

	(void)evidence;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return MR_IRRELEVANT;
	add_of(finding->what, sizeof(finding->what), used, limit.rlim_cur);
	return used + FILES_NEEDED > limit.rlim_cur ? MR_ESTABLISHED : MR_EXCLUDED;
}

enum mr_verdict mr_check_open_files_machine(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	uint64_t used;
	uint64_t limit;

	if (mr_evidence_number(evidence, "/proc/sys/fs/file-nr", &used) < 0 ||
	    mr_evidence_number(evidence, "/proc/sys/fs/file-max", &limit) < 0)
		return MR_IRRELEVANT;
	add_of(finding->what, sizeof(finding->what), used, limit);
	return used + FILES_NEEDED > limit ? MR_ESTABLISHED : MR_EXCLUDED;
}

enum mr_verdict mr_check_address_space(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	enum { MEMORY_NEEDED_KB = 4096 };
	struct rlimit limit;
	char size[32];
	const char *end;
	uint64_t used;

	if (getrlimit(RLIMIT_AS, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return MR_EXCLUDED;
	if (!mr_evidence_status(evidence, "VmSize", size, sizeof(size)) ||
	    mr_text_read_number(size, &end, INT64_MAX, &used) < 0)
		return MR_IRRELEVANT;
	add_of(finding->what, sizeof(finding->what), used, limit.rlim_cur / 1024);
	return used + MEMORY_NEEDED_KB > limit.rlim_cur / 1024 ? MR_ESTABLISHED : MR_EXCLUDED;
}

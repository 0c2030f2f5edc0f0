/*
 * Causes that lie in the process: its root directory, its ids, its threads, its capabilities.
 */
#include "base/text.h"
#include "diagnose/causes.h"
#include "diagnose/ids.h"
#include "diagnose/trial.h"
#include "model/plan.h"
#include "system/caps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CAP_SETFCAP
#define CAP_SETFCAP 31
#endif

/* struct statx of <linux/stat.h>, which does not live beside <sys/stat.h> everywhere */
struct statx_head {
	uint32_t mask;
	uint32_t blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, spare;
	uint64_t ino, size, blocks, attributes_mask;
	uint8_t rest[256];
};

enum { ATTRIBUTE_MOUNT_ROOT = 0x2000 }; /* Linux 5.8 */

struct slash_search {
	bool found;
};

static bool find_slash(void *arg, const char *line)
{
	struct slash_search *search = arg;
	struct mr_mount_line mount;

	search->found = mr_mount_line_read(line, &mount) && strcmp(mount.point, "/") == 0;
	return !search->found;
}

/* Whether "/" is the root of a mount: 1, 0, -1 where nobody says. */
static int root_is_mount(const struct mr_evidence *evidence)
{
	struct statx_head head = { 0 };
	struct slash_search search = { false };

	if (mr_may_try(evidence) && syscall(SYS_statx, AT_FDCWD, "/", 0, 0, &head) == 0 &&
	    (head.attributes_mask & ATTRIBUTE_MOUNT_ROOT))
		return (head.attributes & ATTRIBUTE_MOUNT_ROOT) != 0;
	if (mr_evidence_lines(evidence, "/proc/self/mountinfo", find_slash, &search) < 0)
		return -1;
	return search.found;
}

static bool ids_are_unmapped(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	static const char *const words[] = { "user", "group" };
	const uint32_t ids[] = { geteuid(), getegid() };
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	int tried;

	for (int kind = 0; kind < 2; kind++) {
		if (mr_id_is_mapped(evidence, kind == 0 ? MAPROOT_USERS : MAPROOT_GROUPS, ids[kind]) == MR_ID_UNMAPPED)
			mr_text_add_item(&what, " and ", words[kind]);
	}
	if (what.length > 0)
		return true;
	/* A mapped id that looks like an unmapped one, or the maps can't be read: taking it tells. */
	if (ids[0] != 65534 && ids[1] != 65534)
		return false;
	tried = mr_try_own_ids(evidence);
	mr_text_add(&what, ids[0] == 65534 ? "user" : "group");
	return tried == EPERM || tried == EINVAL;
}

enum mr_verdict mr_check_unmapped(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	return ids_are_unmapped(evidence, finding) ? MR_ESTABLISHED : MR_EXCLUDED;
}

enum mr_verdict mr_check_chroot(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	(void)finding;
	if (!mr_has(evidence->creates, MAPROOT_NAMESPACE_USER))
		return MR_IRRELEVANT;
	return root_is_mount(evidence) == 0 ? MR_ESTABLISHED : MR_EXCLUDED;
}

/*
 * A chroot to a mount point looks like any other root directory: it is what is left when the kernel itself still
 * refuses.
 */
enum mr_verdict mr_check_chroot_hidden(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_finding other = { 0 };
	bool refused =
		mr_try_wrong_clone(evidence, CLONE_NEWUSER) == EINVAL && mr_try_clone(evidence, CLONE_NEWUSER) == EPERM;

	(void)finding;
	if (!refused || root_is_mount(evidence) == 0 || ids_are_unmapped(evidence, &other))
		return MR_EXCLUDED;
	return MR_POSSIBLE;
}

enum mr_verdict mr_check_threads(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char number[24];
	const char *end;
	uint64_t threads = 0;
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	if (evidence->err->step == MAPROOT_STEP_CREATE && !evidence->in_place)
		return MR_IRRELEVANT;
	if (!mr_evidence_status(evidence, "Threads", number, sizeof(number)) ||
	    mr_text_read_number(number, &end, INT32_MAX, &threads) < 0)
		return MR_IRRELEVANT;
	mr_text_add(&what, number);
	return threads > 1 ? MR_ESTABLISHED : MR_EXCLUDED;
}

enum mr_verdict mr_check_setid_program(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	(void)evidence;
	(void)finding;
	return getauxval(AT_SECURE) || getuid() != geteuid() || getgid() != getegid() ? MR_ESTABLISHED : MR_EXCLUDED;
}

/* Files below /proc/self belong to root then. */
enum mr_verdict mr_check_not_dumpable(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	(void)evidence;
	(void)finding;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 1 ? MR_ESTABLISHED : MR_EXCLUDED;
}

/* Since 5.12 a map of the outer root takes CAP_SETFCAP outside: an inner root could else write file capabilities. */
enum mr_verdict mr_check_setfcap(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	const struct maproot_idmap *users = evidence->request->identity.users;
	uint32_t inner;
	bool of_root = geteuid() == 0 || (users && maproot_idmap_to_inner(users, 0, &inner));

	(void)finding;
	return of_root && !mr_caps_has(CAP_SETFCAP) ? MR_ESTABLISHED : MR_EXCLUDED;
}

/* What is mapped has to be mapped here itself. */
enum mr_verdict mr_check_outer_ids(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	bool of_users = evidence->err->step == MAPROOT_STEP_WRITE_UID_MAP;
	const struct maproot_identity *identity = &evidence->request->identity;
	const struct maproot_idmap *map = of_users ? identity->users : identity->groups;
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	if (!map)
		return MR_IRRELEVANT;
	for (size_t at = 0; at < map->count; at++) {
		uint64_t end = (uint64_t)map->range[at].outer + map->range[at].count;
		uint64_t id = mr_id_first_unmapped(evidence, of_users ? MAPROOT_USERS : MAPROOT_GROUPS,
						   map->range[at].outer, end);

		if (id == end)
			continue;
		mr_text_add(&what, of_users ? "user id " : "group id ");
		mr_text_add_number(&what, (int64_t)id);
		return MR_ESTABLISHED;
	}
	return MR_EXCLUDED;
}

enum mr_verdict mr_check_setgroups_denied(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char said[16];

	(void)finding;
	if (mr_evidence_read(evidence, "/proc/self/setgroups", said, sizeof(said)) < 0)
		return MR_IRRELEVANT;
	/* Refused inside: ours there says "deny" wherever own ids alone were mapped. */
	if (strcmp(said, "deny") == 0 ||
	    (evidence->has_request && evidence->request->join_count == 0 && !evidence->request->identity.subordinate &&
	     evidence->request->identity.setgroups != MAPROOT_SETGROUPS_ALLOW))
		return MR_ESTABLISHED;
	return MR_EXCLUDED;
}

/* EINVAL: the number has no place in the user namespace. */
enum mr_verdict mr_check_id_not_mapped(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	mr_text_add(&what, evidence->err->step == MAPROOT_STEP_SET_UID ? "user " : "group ");
	mr_text_add(&what, evidence->err->object);
	return MR_ESTABLISHED; /* the only meaning that setresuid(2) and setresgid(2) have for it */
}

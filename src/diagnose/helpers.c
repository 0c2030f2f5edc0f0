/*
 * newuidmap(1), newgidmap(1) and the ids that they may map. All that can be wrong about their rights ends in one
 * message of theirs, "write to uid_map failed: Operation not permitted".
 */
#include "base/cleanup.h"
#include "base/text.h"
#include "diagnose/causes.h"
#include "diagnose/grants.h"
#include "diagnose/ids.h"
#include "system/program.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* The helper that the error is about: its object starts with the name. */
static const char *name_of(const struct mr_evidence *evidence)
{
	static const char *const names[] = { "newuidmap", "newgidmap", "getsubids" };

	for (int at = 0; at < 3; at++) {
		if (strstr(evidence->err->object, names[at]))
			return names[at];
	}
	return NULL;
}

/* 0, -ENOENT or -EACCES. */
static int find(const struct mr_evidence *evidence, const char *name, char path[PATH_MAX])
{
	struct mr_text text = mr_text_in(path, PATH_MAX);
	int code;

	if (mr_may_try(evidence))
		return mr_program_find(name, path, PATH_MAX);
	mr_text_add(&text, evidence->root);
	mr_text_add(&text, "/usr/bin/");
	mr_text_add(&text, name);
	code = access(path, X_OK) == 0 ? 0 : -errno;
	return code;
}

enum mr_verdict mr_check_helper_missing(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	const char *name = name_of(evidence);
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	char path[PATH_MAX];

	if (!name)
		return MR_IRRELEVANT;
	mr_text_add(&what, name);
	return find(evidence, name, path) == -ENOENT ? MR_ESTABLISHED : MR_EXCLUDED;
}

enum mr_verdict mr_check_helper_mode(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	const char *name = name_of(evidence);
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	char path[PATH_MAX];

	if (!name)
		return MR_IRRELEVANT;
	if (find(evidence, name, path) != -EACCES)
		return MR_EXCLUDED;
	mr_text_add(&what, path);
	return MR_ESTABLISHED;
}

/* What the helper says before it tries to write is not about its rights. */
static bool is_about_rights(const struct mr_evidence *evidence)
{
	const char *said = evidence->err->object;

	return !strstr(said, "not allowed") && !strstr(said, "Cannot determine") && !strstr(said, "ID range");
}

struct helper {
	const char *name;
	char path[PATH_MAX];
	struct stat info;
	bool has_capabilities;
	bool has_set_user_id;
};

static bool look_at(const struct mr_evidence *evidence, struct helper *helper)
{
	helper->name = name_of(evidence);
	if (!helper->name || !is_about_rights(evidence) || find(evidence, helper->name, helper->path) < 0 ||
	    stat(helper->path, &helper->info) < 0)
		return false;
	helper->has_set_user_id = (helper->info.st_mode & S_ISUID) != 0;
	helper->has_capabilities = getxattr(helper->path, "security.capability", NULL, 0) > 0;
	return true;
}

static void tell_path(struct mr_finding *finding, const struct helper *helper)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	mr_text_add(&what, helper->path);
}

enum mr_verdict mr_check_helper_bits(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct helper helper;

	if (!look_at(evidence, &helper))
		return MR_IRRELEVANT;
	tell_path(finding, &helper);
	return helper.has_set_user_id || helper.has_capabilities ? MR_EXCLUDED : MR_ESTABLISHED;
}

enum mr_verdict mr_check_helper_nosuid(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct helper helper;
	struct statvfs info;

	if (!look_at(evidence, &helper))
		return MR_IRRELEVANT;
	if (statvfs(helper.path, &info) < 0 || !(info.f_flag & ST_NOSUID))
		return MR_EXCLUDED;
	tell_path(finding, &helper);
	return helper.has_set_user_id || helper.has_capabilities ? MR_ESTABLISHED : MR_EXCLUDED;
}

enum mr_verdict mr_check_helper_no_new_privs(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct helper helper;

	if (!look_at(evidence, &helper))
		return MR_IRRELEVANT;
	tell_path(finding, &helper);
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? MR_ESTABLISHED : MR_EXCLUDED;
}

/* Of what even set-user-ID programs can't get. */
enum mr_verdict mr_check_helper_bounds(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct helper helper;
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	bool of_groups;

	if (!look_at(evidence, &helper))
		return MR_IRRELEVANT;
	of_groups = strcmp(helper.name, "newgidmap") == 0;
	mr_text_add(&what, of_groups ? "CAP_SETGID" : "CAP_SETUID");
	return prctl(PR_CAPBSET_READ, of_groups ? CAP_SETGID : CAP_SETUID, 0, 0, 0) == 0 ? MR_ESTABLISHED : MR_EXCLUDED;
}

/* The bit makes one the file's owner, who has to be root. */
enum mr_verdict mr_check_helper_owner(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct helper helper;

	if (!look_at(evidence, &helper))
		return MR_IRRELEVANT;
	tell_path(finding, &helper);
	if (!helper.has_set_user_id || helper.has_capabilities || helper.info.st_uid == 0)
		return MR_EXCLUDED;
	switch (mr_id_is_mapped(evidence, MAPROOT_USERS, helper.info.st_uid)) {
	case MR_ID_MAPPED:
		return MR_ESTABLISHED;
	case MR_ID_UNMAPPED:
		return MR_EXCLUDED;
	default:
		return MR_POSSIBLE;
	}
}

/* In a user namespace without the owner the bit means nothing, and nobody there can change that. */
enum mr_verdict mr_check_helper_unmapped(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct helper helper;

	if (!look_at(evidence, &helper))
		return MR_IRRELEVANT;
	tell_path(finding, &helper);
	switch (mr_id_is_mapped(evidence, MAPROOT_USERS, helper.info.st_uid)) {
	case MR_ID_MAPPED:
		return MR_EXCLUDED;
	case MR_ID_UNMAPPED:
		return MR_ESTABLISHED;
	default:
		return MR_POSSIBLE;
	}
}

enum mr_verdict mr_check_helper_killed(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	static const char suffix[] = ", signal 31"; /* SIGSYS */
	const char *name = name_of(evidence);
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	if (!name)
		return MR_IRRELEVANT;
	mr_text_add(&what, name);
	return strstr(evidence->err->object, suffix) ? MR_ESTABLISHED : MR_EXCLUDED;
}

static bool is_about_grants(const struct mr_evidence *evidence)
{
	return evidence->err->step == MAPROOT_STEP_SUBIDS || !is_about_rights(evidence);
}

enum mr_verdict mr_check_nameless_user(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	char name[64];

	if (!is_about_grants(evidence))
		return MR_IRRELEVANT;
	mr_text_add_number(&what, geteuid());
	return mr_find_user_name(evidence, name, sizeof(name)) == -ENOENT ? MR_ESTABLISHED : MR_EXCLUDED;
}

/* No range of one kind: 1, 0, -1 where it can't be known, or where the user has no name. */
static int has_none(const struct mr_evidence *evidence, enum maproot_id_kind kind, struct mr_finding *finding)
{
	struct maproot_idmap map = { .count = 0 };
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	char name[64];
	int code;

	if (!is_about_grants(evidence) || mr_find_user_name(evidence, name, sizeof(name)) < 0)
		return -1;
	code = mr_read_grants(evidence, kind, &map);
	mr_text_add(&what, name);
	if (code < 0)
		return code == -ENOENT ? 1 : -1;
	return map.count == 0;
}

enum mr_verdict mr_check_subuid(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	int none = has_none(evidence, MAPROOT_USERS, finding);

	return none < 0 ? MR_IRRELEVANT : none ? MR_ESTABLISHED :
						 MR_EXCLUDED;
}

/* Alone: where both are missing the remedy for the users is that for both. */
enum mr_verdict mr_check_subgid(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_finding other;
	int none = has_none(evidence, MAPROOT_GROUPS, finding);

	if (none == 1 && has_none(evidence, MAPROOT_USERS, &other) == 1)
		return MR_EXCLUDED;
	return none < 0 ? MR_IRRELEVANT : none ? MR_ESTABLISHED :
						 MR_EXCLUDED;
}

/* "newuidmap: uid range [INNER-END) -> [OUTER-END) not allowed" */
static bool read_refused(const char *said, uint64_t *ret_first, uint64_t *ret_end)
{
	const char *at = strstr(said, "-> [");

	return at && mr_text_read_number(at + 4, &at, UINT32_MAX, ret_first) == 0 && *at == '-' &&
	       mr_text_read_number(at + 1, &at, (uint64_t)UINT32_MAX + 1, ret_end) == 0;
}

enum mr_verdict mr_check_range(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	bool of_groups = strncmp(evidence->err->object, "newgidmap", 9) == 0;
	struct maproot_idmap map = { .count = 0 };
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	struct mr_text how = mr_text_in(finding->how, sizeof(finding->how));
	uint64_t first;
	uint64_t end;
	uint32_t inner;

	if (!read_refused(evidence->err->object, &first, &end) ||
	    mr_read_grants(evidence, of_groups ? MAPROOT_GROUPS : MAPROOT_USERS, &map) < 0 || map.count == 0)
		return MR_IRRELEVANT;
	for (uint64_t id = first; id < end && maproot_idmap_to_inner(&map, (uint32_t)id, &inner); id++)
		first = id + 1;
	mr_text_add(&what, of_groups ? "group id " : "user id ");
	mr_text_add_number(&what, (int64_t)first);
	mr_text_add(&how, of_groups ? "/etc/subgid grants " : "/etc/subuid grants ");
	for (size_t at = 0; at < map.count && how.length + 40 < sizeof(finding->how); at++) {
		mr_text_add(&how, at > 0 ? ", " : "");
		mr_text_add_number(&how, map.range[at].outer);
		mr_text_add(&how, "-");
		mr_text_add_number(&how, (int64_t)map.range[at].outer + map.range[at].count - 1);
	}
	return first < end ? MR_ESTABLISHED : MR_EXCLUDED;
}

/*
 * Causes that lie in control groups, and in what networks are made with; and those of a request that nothing stands
 * behind.
 */
#include "base/text.h"
#include "diagnose/causes.h"
#include "diagnose/trial.h"
#include "system/caps.h"
#include "system/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
	CGROUP_MAGIC = 0x27e0eb,
	CGROUP2_MAGIC = 0x63677270,
};

struct group_search {
	char point[512]; /* of version 2 */
	bool any;
};

static bool find_groups(void *arg, const char *line)
{
	struct group_search *search = arg;
	struct mr_mount_line mount;

	if (!mr_mount_line_read(line, &mount))
		return true;
	search->any = search->any || strcmp(mount.type, "cgroup") == 0;
	if (strcmp(mount.type, "cgroup2") != 0)
		return true;
	search->any = true;
	memcpy(search->point, mount.point, sizeof(search->point));
	return false;
}

static bool look_for_groups(const struct mr_evidence *evidence, struct group_search *search)
{
	*search = (struct group_search){ .any = false };
	return mr_evidence_lines(evidence, "/proc/self/mountinfo", find_groups, search) == 0;
}

enum mr_verdict mr_check_cgroup_missing(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct group_search search;

	(void)finding;
	if (!look_for_groups(evidence, &search))
		return MR_IRRELEVANT;
	return search.any ? MR_EXCLUDED : MR_ESTABLISHED;
}

/* The group that the error names: in quotes, or all of the object. */
static bool group_path(const struct mr_evidence *evidence, char path[PATH_MAX])
{
	const char *object = evidence->err->object;
	const char *quoted = strstr(object, "'/");
	struct mr_text text = mr_text_in(path, PATH_MAX);

	if (object[0] != '/' && !quoted)
		return false;
	mr_text_add(&text, evidence->root);
	if (quoted)
		mr_text_add_bytes(&text, quoted + 1, strcspn(quoted + 1, "'"));
	else
		mr_text_add(&text, object);
	return true;
}

/* What is there of it, if it is of control groups. */
static bool existing_part(const struct mr_evidence *evidence, char path[PATH_MAX])
{
	struct statfs info;

	while (access(path, F_OK) < 0) {
		char *slash = strrchr(path, '/');

		if (!slash || slash == path)
			return false;
		*slash = '\0';
	}
	if (!mr_may_try(evidence))
		return true;
	return statfs(path, &info) == 0 && (info.f_type == CGROUP2_MAGIC || info.f_type == CGROUP_MAGIC);
}

static void tell_group(const struct mr_evidence *evidence, struct mr_finding *finding, const char *path)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	mr_text_add(&what, path + strlen(evidence->root));
}

enum mr_verdict mr_check_cgroup_read_only(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char path[PATH_MAX];
	struct statvfs info;

	if (!group_path(evidence, path) || !existing_part(evidence, path) || statvfs(path, &info) < 0)
		return MR_IRRELEVANT;
	tell_group(evidence, finding, path);
	return info.f_flag & ST_RDONLY ? MR_ESTABLISHED : MR_EXCLUDED;
}

enum mr_verdict mr_check_cgroup_not_delegated(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char path[PATH_MAX];

	if (!group_path(evidence, path) || !existing_part(evidence, path))
		return MR_IRRELEVANT;
	tell_group(evidence, finding, path);
	if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 || errno == EROFS)
		return MR_EXCLUDED;
	return MR_ESTABLISHED;
}

/* "the controller 'memory' ..." */
static bool read_controller(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	static const char words[] = "the controller '";
	const char *at = strstr(evidence->err->object, words);
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	if (!at)
		return false;
	at += strlen(words);
	mr_text_add_bytes(&what, at, strcspn(at, "'"));
	return true;
}

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (*list != '\0') {
		size_t item = strcspn(list, " \n");

		if (item == length && strncmp(list, word, length) == 0)
			return true;
		list += item + (list[item] != '\0');
	}
	return false;
}

/* Whether the topmost group that is seen has it: 1, 0, -1 where that can't be read. */
static int machine_has(const struct mr_evidence *evidence, const char *controller)
{
	struct group_search search;
	char path[PATH_MAX];
	char list[512];
	struct mr_text text = mr_text_in(path, sizeof(path));

	if (!look_for_groups(evidence, &search) || search.point[0] == '\0')
		return -1;
	mr_text_add(&text, search.point);
	mr_text_add(&text, "/cgroup.controllers");
	if (mr_evidence_read(evidence, path, list, sizeof(list)) < 0)
		return -1;
	return has_word(list, controller);
}

enum mr_verdict mr_check_cgroup_controller(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	int has;

	if (!read_controller(evidence, finding))
		return MR_IRRELEVANT;
	has = machine_has(evidence, finding->what);
	return has < 0 ? MR_IRRELEVANT : has ? MR_EXCLUDED :
					       MR_ESTABLISHED;
}

enum mr_verdict mr_check_cgroup_not_enabled(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	if (!read_controller(evidence, finding))
		return MR_IRRELEVANT;
	return machine_has(evidence, finding->what) == 1 ? MR_ESTABLISHED : MR_EXCLUDED;
}

/* mkdir(2) says EAGAIN where a group above has cgroup.max.descendants or cgroup.max.depth. */
enum mr_verdict mr_check_cgroup_limit(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	static const char *const files[] = { "/cgroup.max.descendants", "/cgroup.max.depth" };
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	char path[PATH_MAX];
	uint64_t limit;

	if (!group_path(evidence, path) || !existing_part(evidence, path))
		return MR_IRRELEVANT;
	for (char *end = path + strlen(path); end && end > path; end = strrchr(path, '/')) {
		*end = '\0';
		for (int at = 0; at < 2; at++) {
			char file[PATH_MAX];
			struct mr_text text = mr_text_in(file, sizeof(file));

			mr_text_add(&text, path + strlen(evidence->root));
			mr_text_add(&text, files[at]);
			if (mr_evidence_number(evidence, file, &limit) < 0)
				continue;
			mr_text_add(&what, file);
			return MR_ESTABLISHED;
		}
	}
	return MR_EXCLUDED;
}

/* Programs that make their own interface through it. */
static bool needs_tun(const struct mr_evidence *evidence)
{
	const struct maproot_network *network = evidence->request->network;
	const char *object = evidence->err->object;

	if (strstr(object, "/dev/net/tun") || strstr(object, "slirp4netns") || strstr(object, "pasta"))
		return true;
	for (size_t at = 0; network && at < network->strategy_count; at++) {
		if (strncmp(network->strategies[at], "slirp4netns", 11) == 0 ||
		    strncmp(network->strategies[at], "pasta", 5) == 0)
			return true;
	}
	return false;
}

static bool tun_path(const struct mr_evidence *evidence, char path[PATH_MAX])
{
	struct mr_text text = mr_text_in(path, PATH_MAX);

	mr_text_add(&text, evidence->root);
	mr_text_add(&text, "/dev/net/tun");
	return needs_tun(evidence);
}

enum mr_verdict mr_check_tun_missing(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char path[PATH_MAX];

	(void)finding;
	if (!tun_path(evidence, path))
		return MR_IRRELEVANT;
	return access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR) ? MR_ESTABLISHED : MR_EXCLUDED;
}

enum mr_verdict mr_check_tun_closed(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char path[PATH_MAX];

	(void)finding;
	if (!tun_path(evidence, path))
		return MR_IRRELEVANT;
	return faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) < 0 && (errno == EACCES || errno == EPERM) ?
		       MR_ESTABLISHED :
		       MR_EXCLUDED;
}

/* "there is no program 'slirp4netns' in PATH", or its name alone. */
enum mr_verdict mr_check_network_program(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	static const char words[] = "there is no program '";
	const char *object = evidence->err->object;
	const char *name = strstr(object, words);
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	char path[PATH_MAX];

	name = name ? name + strlen(words) : object;
	if (name == object && evidence->err->step != MAPROOT_STEP_PROGRAM)
		return MR_IRRELEVANT;
	mr_text_add_bytes(&what, name, strcspn(name, "'"));
	return mr_program_find(finding->what, path, sizeof(path)) < 0 ? MR_ESTABLISHED : MR_EXCLUDED;
}

enum mr_verdict mr_check_net_admin(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	const struct maproot_network *network = evidence->request->network;
	bool asked = strstr(evidence->err->object, "veth") != NULL;

	(void)finding;
	for (size_t at = 0; network && at < network->strategy_count; at++)
		asked = asked || strncmp(network->strategies[at], "veth", 4) == 0;
	if (!asked)
		return MR_IRRELEVANT;
	return mr_caps_has(CAP_NET_ADMIN) ? MR_EXCLUDED : MR_ESTABLISHED;
}

enum mr_verdict mr_check_request(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	(void)evidence;
	(void)finding;
	return MR_ESTABLISHED;
}

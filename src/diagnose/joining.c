/*
 * Why a namespace of somebody else's was refused.
 */
#include "base/text.h"
#include "diagnose/causes.h"
#include "system/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct target {
	uint64_t pid;
	uint64_t user;
	uint64_t file_owner; /* of its files in /proc: root, where nobody else may look into it */
	bool is_zombie;
	bool is_there;
};

static bool read_line(void *arg, const char *line)
{
	struct target *target = arg;
	const char *end;

	if (strncmp(line, "State:\t", 7) == 0)
		target->is_zombie = line[7] == 'Z' || line[7] == 'X';
	if (strncmp(line, "Uid:\t", 5) != 0)
		return true;
	(void)mr_text_read_number(line + 5, &end, UINT32_MAX, &target->user);
	return false;
}

/* The process whose number is the first in the object. */
static bool find_target(const struct mr_evidence *evidence, struct mr_finding *finding, struct target *ret_target)
{
	struct target target = { .user = UINT64_MAX };
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	const char *object = evidence->err->object;
	const char *end;
	char path[64];
	struct mr_text text = mr_text_in(path, sizeof(path));
	struct stat info;

	object += strcspn(object, "0123456789");
	if (!mr_may_try(evidence) || mr_text_read_number(object, &end, INT32_MAX, &target.pid) < 0 || target.pid == 0)
		return false;
	mr_text_add_number(&what, (int64_t)target.pid);
	mr_text_add(&text, "/proc/");
	mr_text_add_number(&text, (int64_t)target.pid);
	target.is_there = kill((pid_t)target.pid, 0) == 0 || errno == EPERM;
	mr_text_add(&text, "/status");
	if (stat(path, &info) == 0)
		target.file_owner = info.st_uid;
	(void)mr_evidence_lines(evidence, path, read_line, &target);
	*ret_target = target;
	return true;
}

enum mr_verdict mr_check_process_ended(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct target target;

	if (!find_target(evidence, finding, &target))
		return MR_IRRELEVANT;
	return !target.is_there || target.is_zombie ? MR_ESTABLISHED : MR_EXCLUDED;
}

static bool is_alive(const struct target *target)
{
	return target->is_there && !target->is_zombie && target->user != UINT64_MAX;
}

enum mr_verdict mr_check_process_foreign(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct target target;

	if (!find_target(evidence, finding, &target) || !is_alive(&target))
		return MR_IRRELEVANT;
	return target.user != geteuid() && !mr_caps_has(CAP_SYS_PTRACE) ? MR_ESTABLISHED : MR_EXCLUDED;
}

enum mr_verdict mr_check_process_closed(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct target target;

	if (!find_target(evidence, finding, &target) || !is_alive(&target))
		return MR_IRRELEVANT;
	return target.user == geteuid() && target.file_owner != geteuid() && !mr_caps_has(CAP_SYS_PTRACE) ?
		       MR_ESTABLISHED :
		       MR_EXCLUDED;
}

/* Found out when it was refused, while the namespaces were open. */
enum mr_verdict mr_check_join_rights(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	static const char words[] = " is lacking in ";
	const char *lacking = strstr(evidence->err->object, words);
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	const char *name;

	if (!lacking)
		return MR_EXCLUDED;
	name = lacking;
	while (name > evidence->err->object && name[-1] != ' ')
		name--;
	mr_text_add_bytes(&what, name, (size_t)(lacking - name));
	return MR_ESTABLISHED;
}

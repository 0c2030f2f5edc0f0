/*
 * Causes that lie in the kernel: how it was built, its switches, its security modules. A module denies after all other
 * checks have passed; which one, the files tell that belong to it.
 */
#include "base/text.h"
#include "diagnose/causes.h"
#include "diagnose/trial.h"
#include "model/plan.h"
#include "system/caps.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

static bool is_wsl1(const struct mr_evidence *evidence)
{
	static const char suffix[] = "-Microsoft";
	char release[128];
	size_t length;

	if (mr_evidence_read(evidence, "/proc/sys/kernel/osrelease", release, sizeof(release)) < 0)
		return false;
	length = strlen(release);
	return length >= strlen(suffix) && strcmp(release + length - strlen(suffix), suffix) == 0;
}

static bool lacks(const struct mr_evidence *evidence, const char *type)
{
	char path[48];
	struct mr_text text = mr_text_in(path, sizeof(path));

	mr_text_add(&text, "/proc/self/ns/");
	mr_text_add(&text, type);
	return mr_evidence_exists(evidence, "/proc/self/ns") && !mr_evidence_exists(evidence, path);
}

enum mr_verdict mr_check_wsl1(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	(void)finding;
	return is_wsl1(evidence) ? MR_ESTABLISHED : MR_EXCLUDED;
}

enum mr_verdict mr_check_no_user_namespaces(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char enabled[8];

	(void)finding;
	if (!mr_has(evidence->creates, MAPROOT_NAMESPACE_USER))
		return MR_IRRELEVANT;
	if (is_wsl1(evidence))
		return MR_EXCLUDED;
	/* Red Hat 7 before 7.4 */
	if (mr_evidence_read(evidence, "/sys/module/user_namespace/parameters/enable", enabled, sizeof(enabled)) == 0 &&
	    enabled[0] == 'N')
		return MR_ESTABLISHED;
	return lacks(evidence, "user") ? MR_ESTABLISHED : MR_EXCLUDED;
}

enum mr_verdict mr_check_no_such_namespace(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	if (is_wsl1(evidence))
		return MR_EXCLUDED;
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		const char *name = maproot_namespace_name((enum maproot_namespace)type);

		if (type == MAPROOT_NAMESPACE_USER || !mr_has(evidence->creates, type) || !lacks(evidence, name))
			continue;
		mr_text_add(&what, name);
		return MR_ESTABLISHED;
	}
	return MR_EXCLUDED;
}

enum mr_verdict mr_check_unprivileged_clone(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	uint64_t value;

	(void)finding;
	if (mr_evidence_number(evidence, "/proc/sys/kernel/unprivileged_userns_clone", &value) < 0 || value != 0)
		return MR_EXCLUDED;
	return mr_caps_has(CAP_SYS_ADMIN) ? MR_EXCLUDED : MR_ESTABLISHED;
}

/* "docker-default (enforce)", "unconfined"; SELinux has its label in the same file. */
static bool read_profile(const struct mr_evidence *evidence, char *profile, size_t size)
{
	if (mr_evidence_read(evidence, "/proc/self/attr/apparmor/current", profile, size) == 0)
		return true;
	return mr_evidence_exists(evidence, "/sys/kernel/security/apparmor") &&
	       mr_evidence_read(evidence, "/proc/self/attr/current", profile, size) == 0;
}

static bool is_confined(const struct mr_evidence *evidence, char *profile, size_t size)
{
	return read_profile(evidence, profile, size) && strstr(profile, "(enforce)");
}

static bool restricts_unprivileged(const struct mr_evidence *evidence)
{
	uint64_t value;

	return mr_evidence_number(evidence, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", &value) == 0 &&
	       value != 0;
}

/* The profile's remedy needs the path of the program. */
static void name_program(struct mr_finding *finding)
{
	ssize_t length = readlink("/proc/self/exe", finding->how, sizeof(finding->how) - 1);
	struct mr_text how = mr_text_in(finding->how, sizeof(finding->how));

	if (length > 0)
		finding->how[length] = '\0';
	else
		mr_text_add(&how, "PATH");
}

enum mr_verdict mr_check_apparmor_sysctl(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char profile[256];

	if (!restricts_unprivileged(evidence) || mr_caps_has(CAP_SYS_ADMIN) ||
	    is_confined(evidence, profile, sizeof(profile)))
		return MR_EXCLUDED;
	name_program(finding);
	return MR_ESTABLISHED;
}

enum mr_verdict mr_check_apparmor_profile(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char profile[256];
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	if (!is_confined(evidence, profile, sizeof(profile)) || strstr(profile, "unprivileged_userns"))
		return MR_EXCLUDED;
	profile[strcspn(profile, " ")] = '\0';
	mr_text_add(&what, profile);
	return MR_ESTABLISHED;
}

/* Since Ubuntu 24.04 the namespace is made, and everything in it denied by the profile that it comes with. */
enum mr_verdict mr_check_apparmor_transition(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	static const char name[] = "unprivileged_userns";
	char profile[256];
	int changed;

	if (!restricts_unprivileged(evidence))
		return MR_EXCLUDED;
	name_program(finding);
	if (read_profile(evidence, profile, sizeof(profile)) && strstr(profile, name))
		return MR_ESTABLISHED; /* we are inside */
	if (mr_caps_has(CAP_SYS_ADMIN) || is_confined(evidence, profile, sizeof(profile)))
		return MR_EXCLUDED;
	if (!mr_may_try(evidence))
		return MR_ESTABLISHED;
	changed = mr_try_profile(evidence, name);
	if (changed < 0)
		return MR_POSSIBLE;
	return changed ? MR_ESTABLISHED : MR_EXCLUDED;
}

enum mr_verdict mr_check_selinux(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	uint64_t enforcing;
	char profile[256];
	int said;

	if (mr_evidence_number(evidence, "/sys/fs/selinux/enforce", &enforcing) < 0 || enforcing != 1)
		return MR_EXCLUDED;
	if (restricts_unprivileged(evidence) || is_confined(evidence, profile, sizeof(profile)))
		return MR_EXCLUDED;
	said = mr_try_clone(evidence, mr_plan_clone_flags(evidence->creates) & ~0xfful);
	if (said != EACCES && said != MR_TRIAL_IMPOSSIBLE)
		return MR_EXCLUDED;
	if (mr_evidence_read(evidence, "/proc/self/attr/current", finding->what, sizeof(finding->what)) < 0)
		finding->what[0] = '\0';
	return MR_ESTABLISHED;
}

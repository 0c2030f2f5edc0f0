/*
 * Causes that lie in attributes of a process which only the machine's root may change, whatever a user namespace says.
 */
#include "base/text.h"
#include "diagnose/causes.h"
#include "model/plan.h"

#include <string.h>
#include <sys/prctl.h>

/* Said by whoever failed to set it: the hard limit that there was, and is gone with the process that had it. */
enum mr_verdict mr_check_rlimit_hard(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	static const char words[] = "; the hard limit is ";
	const char *said = strstr(evidence->err->object, words);
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	if (!said)
		return MR_EXCLUDED;
	mr_text_add(&what, said + strlen(words));
	return MR_ESTABLISHED;
}

enum mr_verdict mr_check_oom_score(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	/* Without it the file could not even be opened. */
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 1)
		return MR_EXCLUDED;
	mr_text_add(&what, evidence->err->object);
	return MR_ESTABLISHED;
}

/* "net.ipv4.ip_forward=1" as a path. */
static void parameter_path(const struct mr_evidence *evidence, struct mr_finding *finding, char *path, size_t size)
{
	const char *object = evidence->err->object;
	size_t length = strcspn(object, "=");
	struct mr_text text = mr_text_in(path, size);
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	mr_text_add_bytes(&what, object, length);
	mr_text_add(&text, "/proc/sys/");
	mr_text_add_bytes(&text, object, length);
	for (char *at = path + strlen("/proc/sys/"); *at != '\0'; at++) {
		if (*at == '.')
			*at = '/';
	}
}

/* Below net/ a new network namespace may lack what this one has, and the other way round. */
enum mr_verdict mr_check_sysctl_unknown(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char path[300];

	parameter_path(evidence, finding, path, sizeof(path));
	if (strncmp(path, "/proc/sys/net/", 14) == 0)
		return MR_IRRELEVANT;
	return mr_evidence_exists(evidence, "/proc/sys/kernel") && !mr_evidence_exists(evidence, path) ?
		       MR_ESTABLISHED :
		       MR_EXCLUDED;
}

/* The parameters that namespaces have for themselves, and of which type they are. proc(5), namespaces(7) */
static const struct {
	const char *prefix;
	enum maproot_namespace type;
} namespaced[] = {
	{ "/proc/sys/net/", MAPROOT_NAMESPACE_NET },
	{ "/proc/sys/fs/mqueue/", MAPROOT_NAMESPACE_IPC },
	{ "/proc/sys/kernel/msg", MAPROOT_NAMESPACE_IPC },
	{ "/proc/sys/kernel/sem", MAPROOT_NAMESPACE_IPC },
	{ "/proc/sys/kernel/shm", MAPROOT_NAMESPACE_IPC },
	{ "/proc/sys/kernel/hostname", MAPROOT_NAMESPACE_UTS },
	{ "/proc/sys/kernel/domainname", MAPROOT_NAMESPACE_UTS },
	{ "/proc/sys/user/", MAPROOT_NAMESPACE_USER },
};

enum mr_verdict mr_check_sysctl_of_machine(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char path[300];

	parameter_path(evidence, finding, path, sizeof(path));
	for (size_t at = 0; at < sizeof(namespaced) / sizeof(namespaced[0]); at++) {
		if (strncmp(path, namespaced[at].prefix, strlen(namespaced[at].prefix)) == 0)
			return MR_EXCLUDED;
	}
	return mr_evidence_exists(evidence, path) ? MR_ESTABLISHED : MR_EXCLUDED;
}

enum mr_verdict mr_check_sysctl_namespace(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	char path[300];

	if (!evidence->has_request || evidence->request->join_count > 0)
		return MR_IRRELEVANT;
	parameter_path(evidence, finding, path, sizeof(path));
	for (size_t at = 0; at < sizeof(namespaced) / sizeof(namespaced[0]); at++) {
		struct mr_text how = mr_text_in(finding->how, sizeof(finding->how));

		if (strncmp(path, namespaced[at].prefix, strlen(namespaced[at].prefix)) != 0)
			continue;
		mr_text_add(&how, maproot_namespace_name(namespaced[at].type));
		return mr_has(evidence->request->namespaces, namespaced[at].type) ||
				       namespaced[at].type == MAPROOT_NAMESPACE_USER ?
			       MR_EXCLUDED :
			       MR_ESTABLISHED;
	}
	return MR_EXCLUDED;
}

/*
 * Seccomp filters and Landlock. A filter answers before the kernel has looked at what was asked: so a call that the
 * kernel refuses in any case, always with the same errno value, tells who answered. That a filter is there proves
 * nothing.
 */
#include "base/text.h"
#include "diagnose/causes.h"
#include "diagnose/trial.h"
#include "model/plan.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

/* Whether a filter is there at all; asked of the process where /proc does not tell. */
static bool has_filter(const struct mr_evidence *evidence)
{
	char mode[16];

	if (mr_evidence_status(evidence, "Seccomp", mode, sizeof(mode)))
		return mode[0] == '2';
	return mr_may_try(evidence) && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2;
}

/* The call that was refused, so far as the error tells. */
static bool used_unshare(const struct mr_evidence *evidence)
{
	return evidence->in_place || evidence->request->join_count > 0 || strstr(evidence->err->object, "for children");
}

static int wrong_create(const struct mr_evidence *evidence)
{
	unsigned long flags = mr_plan_clone_flags(evidence->creates);

	if (used_unshare(evidence))
		return mr_try_wrong_unshare(evidence, flags);
	/* The lowest byte is clone(2)'s exit signal; a time namespace is made otherwise. */
	return mr_try_wrong_clone(evidence, flags & ~0xfful);
}

/* Debian's switch answers before the flags are judged, as a filter would. */
static bool is_switched_off(const struct mr_evidence *evidence)
{
	uint64_t value;

	return mr_evidence_number(evidence, "/proc/sys/kernel/unprivileged_userns_clone", &value) == 0 && value == 0;
}

/* What is said of the filter to whoever set it up. */
static void advise(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	static const struct {
		const char *container;
		const char *words;
	} ways[] = {
		{ "docker",
		  "start the container with --security-opt seccomp=unconfined, or a profile that allows the call" },
		{ "podman",
		  "start the container with --security-opt seccomp=unconfined, or a profile that allows the call" },
		{ "kubernetes",
		  "set the container's securityContext.seccompProfile.type to Unconfined, or to a Localhost "
		  "profile that allows the call" },
		{ "flatpak", "run it outside of the sandbox (flatpak-spawn --host)" },
		{ "", "run it outside of what set the filter up, or allow the call there (Docker: --security-opt "
		      "seccomp=unconfined; systemd: RestrictNamespaces=, SystemCallFilter=)" },
	};
	char buffer[64];
	const char *container = mr_evidence_container(evidence, buffer, sizeof(buffer));
	struct mr_text how = mr_text_in(finding->how, sizeof(finding->how));
	size_t at = 0;

	while (ways[at].container[0] != '\0' && (!container || strcmp(container, ways[at].container) != 0))
		at++;
	mr_text_add(&how, ways[at].words);
}

static enum mr_verdict judge(const struct mr_evidence *evidence, struct mr_finding *finding, const char *call, int said,
			     int native)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	if (said == MR_TRIAL_IMPOSSIBLE)
		return MR_IRRELEVANT;
	if (said == native || said == MR_TRIAL_KILLED || !has_filter(evidence))
		return MR_EXCLUDED;
	mr_text_add(&what, call);
	advise(evidence, finding);
	return MR_ESTABLISHED;
}

enum mr_verdict mr_check_seccomp_create(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	if (is_switched_off(evidence))
		return MR_EXCLUDED;
	return judge(evidence, finding, used_unshare(evidence) ? "unshare" : "clone", wrong_create(evidence), EINVAL);
}

enum mr_verdict mr_check_seccomp_kills(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	int said = wrong_create(evidence);
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));

	if (said == MR_TRIAL_IMPOSSIBLE)
		return MR_IRRELEVANT;
	if (said != MR_TRIAL_KILLED)
		return MR_EXCLUDED;
	mr_text_add(&what, used_unshare(evidence) ? "unshare" : "clone");
	advise(evidence, finding);
	return MR_ESTABLISHED;
}

enum mr_verdict mr_check_seccomp_mount(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	return judge(evidence, finding, "mount", mr_try_wrong_mount(evidence), EFAULT);
}

enum mr_verdict mr_check_seccomp_setns(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	return judge(evidence, finding, "setns", mr_try_wrong_setns(evidence), EBADF);
}

/* The same answers without a filter: gVisor and other kernels that speak this language. */
enum mr_verdict mr_check_call_missing(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	int said = wrong_create(evidence);

	if (said == MR_TRIAL_IMPOSSIBLE)
		return MR_IRRELEVANT;
	if (said != ENOSYS || has_filter(evidence))
		return MR_EXCLUDED;
	mr_text_add(&what, used_unshare(evidence) ? "unshare" : "clone");
	return MR_ESTABLISHED;
}

enum mr_verdict mr_check_landlock(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	int layers = mr_try_landlock_layers(evidence);

	if (layers < 0)
		return MR_IRRELEVANT;
	/* A domain may be about networks alone: mounts have to be what is refused, and by the kernel itself. */
	if (layers == 0 || mr_try_wrong_mount(evidence) != EFAULT || mr_try_propagate(evidence) != EPERM)
		return MR_EXCLUDED;
	mr_text_add_number(&what, layers);
	return MR_ESTABLISHED;
}

/*
 * The examination: subject after subject, and the ways to tell what was found.
 */
#include "diagnose/doctor.h"

#include "base/error.h"
#include "base/text.h"
#include "diagnose/trial.h"
#include "model/plan.h"

#include <errno.h>
#include <maproot/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *maproot_finding_state_name(enum maproot_state_of_finding state)
{
	static const char *const names[] = {
		[MAPROOT_FINDING_OK] = "ok",
		[MAPROOT_FINDING_DEGRADED] = "degraded",
		[MAPROOT_FINDING_NO] = "no",
	};

	return (unsigned int)state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

enum maproot_state_of_finding mr_doctor_hindrance(const struct mr_doctor *doctor)
{
	return doctor->usable ? MAPROOT_FINDING_DEGRADED : MAPROOT_FINDING_NO;
}

void mr_doctor_tell(struct mr_doctor *doctor, const char *id, const char *text)
{
	const struct maproot_explanation none = { .id = "" };

	mr_doctor_tell_cause(doctor, id, MAPROOT_FINDING_OK, text, &none);
}

void mr_doctor_tell_cause(struct mr_doctor *doctor, const char *id, enum maproot_state_of_finding state,
			  const char *text, const struct maproot_explanation *why)
{
	struct maproot_finding finding = { .id = id, .state = state, .cause_id = why->id, .who = why->who };
	struct mr_text words = mr_text_in(finding.text, sizeof(finding.text));

	if (doctor->code != 0)
		return;
	mr_text_add(&words, text);
	memcpy(finding.cause, why->cause, sizeof(finding.cause));
	memcpy(finding.remedy, why->remedy, sizeof(finding.remedy));
	doctor->code = doctor->each(doctor->arg, &finding);
}

void mr_doctor_tell_error(struct mr_doctor *doctor, const char *id, enum maproot_state_of_finding state,
			  const struct maproot_error *err, const struct maproot_request *request)
{
	struct maproot_explanation why = MAPROOT_EXPLANATION_INIT;
	char text[240];

	(void)maproot_error_explain(err, request, doctor->root, &why); /* fails for no error only */
	(void)maproot_error_format(err, text, sizeof(text));
	mr_doctor_tell_cause(doctor, id, state, text, &why);
}

struct maproot_explanation mr_doctor_reason(const char *id, const char *cause, const char *remedy, enum maproot_who who)
{
	struct maproot_explanation why = { .id = id, .who = who, .established = true };
	struct mr_text text = mr_text_in(why.cause, sizeof(why.cause));

	mr_text_add(&text, cause);
	text = mr_text_in(why.remedy, sizeof(why.remedy));
	mr_text_add(&text, remedy);
	return why;
}

void mr_doctor_tell_needed(struct mr_doctor *doctor, const char *id)
{
	const struct maproot_explanation why =
		mr_doctor_reason("user-namespace-needed", "it takes a user namespace, which can't be made or used here",
				 "see user-namespace and map-single", doctor->why.who);

	mr_doctor_tell_cause(doctor, id, MAPROOT_FINDING_NO, "takes a user namespace, which can't be had here", &why);
}

bool mr_doctor_tell_impossible(struct mr_doctor *doctor, const char *id)
{
	if (doctor->maps || doctor->privileged)
		return false;
	mr_doctor_tell_needed(doctor, id);
	return true;
}

bool mr_doctor_finds(struct mr_doctor *doctor, const char *cause_id, const struct maproot_error *supposed,
		     struct maproot_explanation *ret_why)
{
	struct mr_evidence evidence;

	mr_evidence_collect(supposed, NULL, doctor->root, &evidence);
	for (size_t at = 0; at < mr_cause_count; at++) {
		struct mr_finding finding = { 0 };

		if (strcmp(mr_causes[at].id, cause_id) != 0 ||
		    mr_causes[at].check(&evidence, &finding) != MR_ESTABLISHED)
			continue;
		*ret_why = (struct maproot_explanation)MAPROOT_EXPLANATION_INIT;
		mr_cause_tell(ret_why, &mr_causes[at], &finding);
		ret_why->established = true;
		return true;
	}
	return false;
}

/* What the kernel would say, if one of the causes that files establish were there. */
static int suppose(struct mr_doctor *doctor, const struct maproot_request *request, struct maproot_error *err)
{
	static const struct {
		int code;
		enum maproot_step step;
	} refusals[] = {
		{ ENOSPC, MAPROOT_STEP_CREATE },
		{ EINVAL, MAPROOT_STEP_CREATE },
		{ EPERM, MAPROOT_STEP_CREATE },
		{ EACCES, MAPROOT_STEP_CREATE },
		{ EPERM, MAPROOT_STEP_WRITE_UID_MAP },
	};

	for (size_t at = 0; at < sizeof(refusals) / sizeof(refusals[0]) && !doctor->privileged; at++) {
		struct maproot_error supposed = { refusals[at].code, refusals[at].step, "" };
		struct maproot_explanation why = MAPROOT_EXPLANATION_INIT;

		if (maproot_error_explain(&supposed, request, doctor->root, &why) == 0 && why.established)
			return mr_fail(err, supposed.code, supposed.step, "");
	}
	return 0;
}

/* A directory that is always there, and never a program: what comes before has worked where that is what fails. */
static char *const no_command[] = { (char *)"/", NULL };

int mr_doctor_attempt(struct mr_doctor *doctor, const struct maproot_request *request, struct maproot_error *err)
{
	const unsigned int cloned = request->namespaces & ~MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_TIME);
	struct maproot_child child = { .pid = 0 };
	int code;
	int status;

	mr_error_reset(err);
	if (!doctor->tries)
		return suppose(doctor, request, err);
	/* The library makes namespaces with clone(2), in this process: a filter that kills would kill it. */
	if ((cloned != 0 || !doctor->privileged) &&
	    mr_try_wrong_clone(&doctor->machine, mr_plan_clone_flags(cloned) | CLONE_NEWUSER) == MR_TRIAL_KILLED)
		return mr_fail(err, EPERM, MAPROOT_STEP_CREATE, "mnt user");
	code = maproot_spawn(request, no_command, NULL, &child, err);
	if (code < 0 && err->step != MAPROOT_STEP_EXEC)
		return code;
	mr_error_reset(err);
	if (code < 0)
		return 0;
	(void)maproot_supervise(&child, &status, NULL);
	return 0;
}

int maproot_doctor(const char *root, int (*each)(void *arg, const struct maproot_finding *finding), void *arg,
		   bool *ret_usable, struct maproot_error *err)
{
	static void (*const subjects[])(struct mr_doctor *) = {
		mr_doctor_main_job,
		mr_doctor_namespaces,
		mr_doctor_ids,
		mr_doctor_mounts,
		mr_doctor_proc,
		mr_doctor_cgroup,
		mr_doctor_network,
		mr_doctor_confinement,
		mr_doctor_place,
		mr_doctor_kernel,
	};
	const struct maproot_error none = MAPROOT_ERROR_INIT;
	struct mr_doctor doctor = { .root = root, .each = each, .arg = arg, .inside = { -1, -1, -1 } };
	int probed;

	mr_error_reset(err);
	probed = maproot_capabilities_probe(NULL, 0, err);
	if (probed < 0)
		return probed;
	doctor.privileged = probed == 1;
	mr_evidence_collect(&none, NULL, root, &doctor.machine);
	doctor.tries = mr_may_try(&doctor.machine);
	for (size_t at = 0; at < sizeof(subjects) / sizeof(subjects[0]) && doctor.code == 0; at++)
		subjects[at](&doctor);
	if (doctor.code == 0)
		*ret_usable = doctor.usable;
	return doctor.code;
}

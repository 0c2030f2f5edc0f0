/*
 * Whether the plain request works, and which types of namespaces can be made: each by itself, beside a new user
 * namespace where that is what gives the right to.
 */
#include "base/error.h"
#include "base/text.h"
#include "diagnose/doctor.h"
#include "diagnose/trial.h"
#include "model/plan.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#define BIT(type) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##type)

enum { UNLIMITED = 2147483647 }; /* what a new user namespace starts with */

static const char *const ids[MAPROOT_NAMESPACE_COUNT] = {
#define X(id, name, oci, letter, flag) [MAPROOT_NAMESPACE_##id] = name "-namespace",
	MAPROOT_NAMESPACES(X)
#undef X
};

/* A user namespace of one's own, whoever asks. */
static const struct maproot_request own_namespace = { .namespaces = BIT(USER) };
static const struct maproot_request plain;

void mr_doctor_main_job(struct mr_doctor *doctor)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	doctor->usable = mr_doctor_attempt(doctor, &plain, &err) == 0;
	if (!doctor->usable)
		mr_doctor_tell_error(doctor, "main-job", MAPROOT_FINDING_NO, &err, &plain);
	else if (doctor->privileged)
		mr_doctor_tell(doctor, "main-job", "this process is privileged: maproot runs a command as it is");
	else
		mr_doctor_tell(doctor, "main-job", "maproot runs a command as root of its own user namespace");
}

/* "can be made; limit 15000, 2 in use as far as can be seen" */
static void describe(struct mr_doctor *doctor, unsigned int type, uint64_t used, char *buffer, size_t size)
{
	const char *name = maproot_namespace_name((enum maproot_namespace)type);
	struct mr_text text = mr_text_in(buffer, size);
	char path[64];
	struct mr_text where = mr_text_in(path, sizeof(path));
	uint64_t limit;

	mr_text_add(&where, "/proc/sys/user/max_");
	mr_text_add(&where, name);
	mr_text_add(&where, "_namespaces");
	mr_text_add(&text, doctor->tries ? "can be made; " : "not tried; ");
	if (mr_evidence_number(&doctor->machine, path, &limit) < 0) {
		mr_text_add(&text, "limit not known");
	} else if (limit >= UNLIMITED) {
		mr_text_add(&text, "no limit here");
	} else {
		mr_text_add(&text, "limit ");
		mr_text_add_number(&text, (int64_t)limit);
	}
	if (doctor->tries) {
		mr_text_add(&text, ", ");
		mr_text_add_number(&text, (int64_t)used);
		mr_text_add(&text, " in use as far as can be seen");
	}
}

/* As the library makes it: time with unshare(2), others with clone(2). */
static int try_type(struct mr_doctor *doctor, unsigned int type)
{
	unsigned long flags = maproot_namespace_flag((enum maproot_namespace)type);
	int said;

	if (!doctor->privileged)
		flags |= CLONE_NEWUSER;
	if (type == MAPROOT_NAMESPACE_TIME)
		said = mr_try_unshare(&doctor->machine, flags);
	else
		said = mr_try_clone(&doctor->machine, flags);
	if (said == MR_TRIAL_KILLED)
		return EPERM;
	return said == MR_TRIAL_IMPOSSIBLE ? EAGAIN : said;
}

static void refuse_type(struct mr_doctor *doctor, unsigned int type, int code)
{
	unsigned int types = MAPROOT_NAMESPACE_BIT(type) | (doctor->privileged ? 0 : BIT(USER));
	const struct maproot_request request = { .namespaces = types };
	struct maproot_error err = MAPROOT_ERROR_INIT;

	(void)mr_fail_created(code, types, &err);
	if (type == MAPROOT_NAMESPACE_TIME)
		err = (struct maproot_error){ code, MAPROOT_STEP_CREATE, "time for children" };
	mr_doctor_tell_error(doctor, ids[type], MAPROOT_FINDING_NO, &err, &request);
}

static void tell_type(struct mr_doctor *doctor, unsigned int type, uint64_t used)
{
	const struct maproot_request request = { .namespaces = MAPROOT_NAMESPACE_BIT(type) };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char text[160];
	int code = 0;

	if (!doctor->creates && !doctor->privileged) {
		mr_doctor_tell_needed(doctor, ids[type]);
		return;
	}
	if (doctor->tries)
		code = try_type(doctor, type);
	else if (mr_doctor_attempt(doctor, &request, &err) < 0 && err.step == MAPROOT_STEP_CREATE)
		code = err.code;
	if (code != 0) {
		refuse_type(doctor, type, code);
		return;
	}
	describe(doctor, type, used, text, sizeof(text));
	mr_doctor_tell(doctor, ids[type], text);
}

/* Made, and something done in it: rights there may be in name only. */
static void tell_user(struct mr_doctor *doctor, uint64_t used)
{
	char text[160];

	if (doctor->refusal.code == 0) {
		describe(doctor, MAPROOT_NAMESPACE_USER, used, text, sizeof(text));
		mr_doctor_tell(doctor, ids[MAPROOT_NAMESPACE_USER], text);
	} else if (doctor->refusal.step != MAPROOT_STEP_CREATE) {
		(void)maproot_error_format(&doctor->refusal, text, sizeof(text));
		mr_doctor_tell_cause(doctor, ids[MAPROOT_NAMESPACE_USER], MAPROOT_FINDING_DEGRADED, text, &doctor->why);
	} else if (doctor->creates) {
		mr_doctor_tell(doctor, ids[MAPROOT_NAMESPACE_USER], "can be made, but no mount namespace with it");
	} else {
		(void)maproot_error_format(&doctor->refusal, text, sizeof(text));
		mr_doctor_tell_cause(doctor, ids[MAPROOT_NAMESPACE_USER], MAPROOT_FINDING_NO, text, &doctor->why);
	}
}

static void tell_nesting(struct mr_doctor *doctor)
{
	const struct maproot_explanation used_up = mr_doctor_reason(
		"outer-limit",
		"user namespaces are nested as deep as they may be (32 levels), or limited to those that there are",
		"run it further outside, or raise user.max_user_namespaces there", MAPROOT_WHO_ADMINISTRATOR);
	char text[80];
	struct mr_text words = mr_text_in(text, sizeof(text));

	if (!doctor->creates) {
		mr_doctor_tell_needed(doctor, "nesting");
		return;
	}
	if (doctor->inside.levels < 0) {
		mr_doctor_tell(doctor, "nesting", doctor->tries ? "not known: it takes /proc to count" : "not tried");
		return;
	}
	mr_text_add_number(&words, doctor->inside.levels);
	mr_text_add(&words, " user namespaces can be made inside of one another");
	if (doctor->inside.levels >= 2)
		mr_doctor_tell(doctor, "nesting", text);
	else
		mr_doctor_tell_cause(doctor, "nesting", MAPROOT_FINDING_DEGRADED, text, &used_up);
}

static void look_at_user_namespace(struct mr_doctor *doctor)
{
	int code = mr_doctor_attempt(doctor, &own_namespace, &doctor->refusal);

	doctor->maps = code == 0;
	doctor->creates = code == 0 || doctor->refusal.step != MAPROOT_STEP_CREATE;
	if (code == 0)
		return;
	(void)maproot_error_explain(&doctor->refusal, &own_namespace, doctor->root, &doctor->why);
	/* It may be the mount namespace that was refused. */
	if (!doctor->creates && mr_try_clone(&doctor->machine, CLONE_NEWUSER) == 0)
		doctor->creates = true;
}

void mr_doctor_namespaces(struct mr_doctor *doctor)
{
	uint64_t used[MAPROOT_NAMESPACE_COUNT] = { 0 };

	doctor->why = (struct maproot_explanation)MAPROOT_EXPLANATION_INIT;
	look_at_user_namespace(doctor);
	if (doctor->tries) {
		mr_doctor_go_inside(doctor);
		mr_doctor_count(used);
	}
	tell_user(doctor, used[MAPROOT_NAMESPACE_USER]);
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (type != MAPROOT_NAMESPACE_USER)
			tell_type(doctor, type, used[type]);
	}
	tell_nesting(doctor);
}

/*
 * newuidmap(1) and newgidmap(1): whether they are there, and would get the rights that they need.
 */
#include "base/text.h"
#include "diagnose/doctor.h"
#include "system/program.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

/* As the step would fail with a helper that has no rights. */
static bool find_refusal(struct mr_doctor *doctor, const char *name, struct maproot_explanation *why)
{
	struct maproot_error failed = { EPERM, MAPROOT_STEP_HELPER_FAILED, "" };
	struct mr_text object = mr_text_in(failed.object, sizeof(failed.object));

	mr_text_add(&object, name);
	mr_text_add(&object, ": write to the map failed: Operation not permitted");
	*why = (struct maproot_explanation)MAPROOT_EXPLANATION_INIT;
	(void)maproot_error_explain(&failed, NULL, doctor->root, why);
	return why->established;
}

static bool find_absence(struct mr_doctor *doctor, const char *name, struct maproot_explanation *why)
{
	static const int codes[] = { ENOENT, EACCES };
	bool found = false;

	for (int at = 0; at < 2 && !found; at++) {
		struct maproot_error missing = { codes[at], MAPROOT_STEP_HELPER, "" };
		struct mr_text object = mr_text_in(missing.object, sizeof(missing.object));

		mr_text_add(&object, name);
		found = mr_doctor_finds(doctor, at == 0 ? "helper-missing" : "helper-not-executable", &missing, why);
	}
	return found;
}

static void tell_helper(struct mr_doctor *doctor, const char *name)
{
	/* Who may map any ids writes the maps himself. */
	enum maproot_state_of_finding bad = doctor->privileged ? MAPROOT_FINDING_DEGRADED : MAPROOT_FINDING_NO;
	struct maproot_explanation why;
	char path[PATH_MAX];
	char line[240];
	struct mr_text text = mr_text_in(line, sizeof(line));
	struct stat info;

	if (find_absence(doctor, name, &why)) {
		mr_doctor_tell_cause(doctor, name, bad, "not to be found, or not to be executed", &why);
		return;
	}
	if (find_refusal(doctor, name, &why)) {
		mr_doctor_tell_cause(doctor, name, bad, "would not get the rights to write a map", &why);
		return;
	}
	if (!doctor->tries || mr_program_find(name, path, sizeof(path)) < 0 || stat(path, &info) < 0) {
		mr_doctor_tell(doctor, name, "is there");
		return;
	}
	mr_text_add(&text, path);
	mr_text_add(&text, info.st_mode & S_ISUID ? ", by its set-user-ID bit" : ", by its file capabilities");
	mr_doctor_tell(doctor, name, line);
}

void mr_doctor_helpers(struct mr_doctor *doctor)
{
	tell_helper(doctor, "newuidmap");
	tell_helper(doctor, "newgidmap");
}

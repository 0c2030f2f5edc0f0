/*
 * Whether a control group could be made for a command, and which controllers it could have. Looks where one would
 * be; makes none.
 */
#include "base/text.h"
#include "diagnose/doctor.h"
#include "system/cgroup.h"
#include "system/cgroup_find.h"

#include <errno.h>
#include <string.h>

static const char *const wanted[] = { "cpu", "memory", "pids" };

static void describe(const struct mr_cgroup *group, char *buffer, size_t size)
{
	struct mr_text text = mr_text_in(buffer, size);

	if (group->scope[0] != '\0') {
		mr_text_add(&text, "systemd makes a scope for a command");
		return;
	}
	mr_text_add(&text, group->unified ? "version 2; a group can be made below '" :
					    "version 1; a group can be made below '");
	if (group->count > 0)
		mr_text_add_bytes(&text, group->path[0], group->base_length[0]);
	mr_text_add(&text, "'");
}

static void tell_group(struct mr_doctor *doctor)
{
	const struct maproot_cgroup wish = { .manager = MAPROOT_CGROUP_AUTO };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup group = MR_CGROUP_NONE;
	char text[240];

	if (!doctor->tries) {
		mr_doctor_tell(doctor, "cgroup", "not tried");
		return;
	}
	if (mr_cgroup_choose(&wish, "maproot-doctor", &group, &err) < 0) {
		mr_doctor_tell_error(doctor, "cgroup", MAPROOT_FINDING_NO, &err, NULL);
		return;
	}
	describe(&group, text, sizeof(text));
	mr_cgroup_done(&group);
	mr_doctor_tell(doctor, "cgroup", text);
}

/* The controllers of the group of version 2 that this process is in. -errno where there is none to be seen. */
static int read_controllers(struct mr_doctor *doctor, char *list, size_t size)
{
	mr_auto_cgroup_sight struct mr_cgroup_sight sight = { NULL, NULL };
	struct mr_cgroup_place place = { .own = "" };
	char path[MAPROOT_CGROUP_SIZE + 24];
	struct mr_text text = mr_text_in(path, sizeof(path));
	int code = doctor->tries ? mr_cgroup_look(&sight, NULL) : -ENOENT;

	if (code == 0)
		code = mr_cgroup_find(&sight, NULL, &place);
	if (code < 0)
		return code;
	mr_text_add(&text, place.own[0] != '\0' ? place.own : place.point);
	mr_text_add(&text, "/cgroup.controllers");
	return mr_evidence_read(&doctor->machine, path, list, size);
}

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(list, word); at; at = strstr(at + 1, word)) {
		if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return true;
	}
	return false;
}

/* As the limit would be refused. */
static void tell_lacking(struct mr_doctor *doctor, const char *controller, const char *list)
{
	struct maproot_error err = { ENOENT, MAPROOT_STEP_CGROUP_LIMIT, "" };
	struct maproot_explanation why = MAPROOT_EXPLANATION_INIT;
	struct mr_text object = mr_text_in(err.object, sizeof(err.object));
	char line[240];
	struct mr_text text = mr_text_in(line, sizeof(line));

	mr_text_add(&object, "the controller '");
	mr_text_add(&object, controller);
	mr_text_add(&object, "' is not here");
	(void)maproot_error_explain(&err, NULL, doctor->root, &why);
	mr_text_add(&text, list[0] != '\0' ? list : "none");
	mr_doctor_tell_cause(doctor, "cgroup-controllers",
			     list[0] != '\0' ? MAPROOT_FINDING_DEGRADED : MAPROOT_FINDING_NO, line, &why);
}

static void tell_controllers(struct mr_doctor *doctor)
{
	const struct maproot_explanation none =
		mr_doctor_reason("cgroup-missing", "no control groups of version 2 are to be seen here",
				 "mount -t cgroup2 none /sys/fs/cgroup", MAPROOT_WHO_ROOT);
	char list[200];

	if (!doctor->tries) {
		mr_doctor_tell(doctor, "cgroup-controllers", "not tried");
		return;
	}
	if (read_controllers(doctor, list, sizeof(list)) < 0) {
		mr_doctor_tell_cause(doctor, "cgroup-controllers", MAPROOT_FINDING_NO, "none", &none);
		return;
	}
	for (size_t at = 0; at < sizeof(wanted) / sizeof(wanted[0]); at++) {
		if (!has_word(list, wanted[at])) {
			tell_lacking(doctor, wanted[at], list);
			return;
		}
	}
	mr_doctor_tell(doctor, "cgroup-controllers", list);
}

void mr_doctor_cgroup(struct mr_doctor *doctor)
{
	tell_group(doctor);
	tell_controllers(doctor);
}

/*
 * What is the matter with /proc, through which user namespaces get their maps.
 */
#include "base/text.h"
#include "diagnose/doctor.h"

#include <errno.h>
#include <string.h>

/* Such checks look at new proc file systems. */
static const struct maproot_error new_proc = { EPERM, MAPROOT_STEP_MOUNT, "a new proc on '/proc'" };

static void tell_proc(struct mr_doctor *doctor)
{
	struct maproot_explanation why;

	if (mr_doctor_finds(doctor, "proc-missing", &new_proc, &why))
		mr_doctor_tell_cause(doctor, "proc", mr_doctor_hindrance(doctor), "not mounted", &why);
	else if (mr_doctor_finds(doctor, "proc-foreign", &new_proc, &why))
		mr_doctor_tell_cause(doctor, "proc", mr_doctor_hindrance(doctor),
				     "mounted, but of another pid namespace", &why);
	else if (mr_doctor_finds(doctor, "proc-read-only", &new_proc, &why))
		mr_doctor_tell_cause(doctor, "proc", mr_doctor_hindrance(doctor), "mounted read-only", &why);
	else
		mr_doctor_tell(doctor, "proc", "/proc is mounted");
}

static void tell_masked(struct mr_doctor *doctor)
{
	struct maproot_explanation why;

	if (mr_doctor_finds(doctor, "proc-masked", &new_proc, &why))
		mr_doctor_tell_cause(doctor, "proc-masked", MAPROOT_FINDING_DEGRADED, "parts of /proc are covered",
				     &why);
	else
		mr_doctor_tell(doctor, "proc-masked", "nothing covers parts of /proc");
}

struct hiding {
	char option[32];
	bool found;
};

/* "hidepid=invisible" of the mount on top */
static bool find_hiding(void *arg, const char *line)
{
	struct hiding *hiding = arg;
	struct mr_mount_line mount;
	const char *option;
	struct mr_text text = mr_text_in(hiding->option, sizeof(hiding->option));

	if (!mr_mount_line_read(line, &mount) || strcmp(mount.type, "proc") != 0 || strcmp(mount.point, "/proc") != 0)
		return true;
	option = strstr(mount.super_options, "hidepid=");
	hiding->found = option && option[8] != '0' && strncmp(option + 8, "off", 3) != 0;
	if (hiding->found)
		mr_text_add_bytes(&text, option, strcspn(option, ","));
	return true;
}

static void tell_hiding(struct mr_doctor *doctor)
{
	const struct maproot_explanation why = mr_doctor_reason(
		"proc-hides", "/proc shows this user his own processes alone, so that others can't be joined by number",
		"mount -o remount,hidepid=0 /proc", MAPROOT_WHO_ROOT);
	struct hiding hiding = { .found = false };

	(void)mr_evidence_lines(&doctor->machine, "/proc/self/mountinfo", find_hiding, &hiding);
	if (hiding.found)
		mr_doctor_tell_cause(doctor, "proc-hidepid", MAPROOT_FINDING_DEGRADED, hiding.option, &why);
	else
		mr_doctor_tell(doctor, "proc-hidepid", "no processes are hidden");
}

void mr_doctor_proc(struct mr_doctor *doctor)
{
	tell_proc(doctor);
	tell_masked(doctor);
	tell_hiding(doctor);
}

/*
 * Where we are: in a chroot, a container, a virtual machine.
 */
#include "base/text.h"
#include "diagnose/doctor.h"

#include <errno.h>
#include <string.h>

static void tell_chroot(struct mr_doctor *doctor)
{
	const struct maproot_error refused = { EPERM, MAPROOT_STEP_CREATE, "mnt user" };
	struct maproot_explanation why;

	if (mr_doctor_finds(doctor, "chroot", &refused, &why))
		mr_doctor_tell_cause(doctor, "chroot", mr_doctor_hindrance(doctor),
				     "the root directory is that of a chroot", &why);
	else if (strcmp(doctor->why.id, "chroot-or-lsm") == 0)
		mr_doctor_tell_cause(doctor, "chroot", mr_doctor_hindrance(doctor),
				     "the root directory may be that of a chroot", &doctor->why);
	else
		mr_doctor_tell(doctor, "chroot", "the root directory is that of a mount");
}

static bool find_hypervisor(void *arg, const char *line)
{
	bool *found = arg;
	const char *at = strncmp(line, "flags", 5) == 0 ? strstr(line, " hypervisor") : NULL;

	*found = *found || at;
	return !*found && line[0] != '\0'; /* one processor is enough */
}

/* What the machine says that it is: "KVM", "VMware Virtual Platform"; or that there is one above it. */
static bool name_machine(struct mr_doctor *doctor, struct mr_text *text)
{
	char name[64];
	bool found = false;

	if (mr_evidence_read(&doctor->machine, "/sys/hypervisor/type", name, sizeof(name)) == 0) {
		mr_text_add(text, name);
		return true;
	}
	(void)mr_evidence_lines(&doctor->machine, "/proc/cpuinfo", find_hypervisor, &found);
	if (found && mr_evidence_read(&doctor->machine, "/sys/class/dmi/id/sys_vendor", name, sizeof(name)) == 0)
		mr_text_add(text, name);
	return found;
}

static void tell_container(struct mr_doctor *doctor)
{
	char line[200];
	struct mr_text text = mr_text_in(line, sizeof(line));
	char buffer[64];
	char machine[64] = "";
	struct mr_text name = mr_text_in(machine, sizeof(machine));
	const char *container = mr_evidence_container(&doctor->machine, buffer, sizeof(buffer));

	mr_text_add(&text, container ? "in a container of " : "no mark of a container");
	mr_text_add(&text, container ? container : "");
	if (doctor->tries && mr_evidence_exists(&doctor->machine, "/proc/self/ns/user"))
		mr_text_add(&text, mr_evidence_is_outermost(&doctor->machine) ?
					   ", in the machine's first user namespace" :
					   ", in a user namespace");
	if (name_machine(doctor, &name)) {
		mr_text_add(&text, ", on a virtual machine");
		mr_text_add(&text, machine[0] != '\0' ? " of " : "");
		mr_text_add(&text, machine);
	}
	mr_doctor_tell(doctor, "container", line);
}

void mr_doctor_place(struct mr_doctor *doctor)
{
	tell_chroot(doctor);
	tell_container(doctor);
}

/*
 * What this process is held by: seccomp filters, no_new_privs, security modules, Landlock.
 */
#include "base/text.h"
#include "diagnose/doctor.h"
#include "diagnose/trial.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct maproot_error refused_creation = { EACCES, MAPROOT_STEP_CREATE, "mnt user" };
static const struct maproot_error refused_mount = { EPERM, MAPROOT_STEP_PROPAGATION, "slave" };

static int mode_of_seccomp(struct mr_doctor *doctor)
{
	char mode[16];

	if (mr_evidence_status(&doctor->machine, "Seccomp", mode, sizeof(mode)))
		return mode[0] - '0';
	return doctor->tries ? prctl(PR_GET_SECCOMP, 0, 0, 0, 0) : 0;
}

/* The calls that somebody else than the kernel answers; not clone3(2), which many filters leave out on purpose. */
static void name_filtered(struct mr_doctor *doctor, struct mr_text *names)
{
	const struct mr_evidence *machine = &doctor->machine;
	const struct {
		const char *name;
		int said;
		int native;
	} calls[] = {
		{ "clone(2)", mr_try_wrong_clone(machine, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID),
		  EINVAL },
		{ "unshare(2)", mr_try_wrong_unshare(machine, CLONE_NEWUSER | CLONE_NEWNS), EINVAL },
		{ "mount(2)", mr_try_wrong_mount(machine), EFAULT },
		{ "setns(2)", mr_try_wrong_setns(machine), EBADF },
	};

	for (size_t at = 0; at < sizeof(calls) / sizeof(calls[0]); at++) {
		if (calls[at].said != calls[at].native && calls[at].said != MR_TRIAL_IMPOSSIBLE)
			mr_text_add_item(names, ", ", calls[at].name);
	}
}

static void tell_seccomp(struct mr_doctor *doctor)
{
	struct maproot_explanation why;
	struct maproot_explanation other;
	char cause[200];
	struct mr_text text = mr_text_in(cause, sizeof(cause));
	char names[80];
	struct mr_text calls = mr_text_in(names, sizeof(names));

	if (mode_of_seccomp(doctor) <= 0) {
		mr_doctor_tell(doctor, "seccomp", "no filter is set");
		return;
	}
	name_filtered(doctor, &calls);
	if (calls.length == 0) {
		mr_doctor_tell(doctor, "seccomp", "a filter is set; it lets through what maproot needs");
		return;
	}
	mr_text_add(&text, "a seccomp filter answers ");
	mr_text_add(&text, names);
	mr_text_add(&text, " in the kernel's place, or kills who calls");
	why = mr_doctor_reason("seccomp-create", cause,
			       "run it outside of what set the filter up, or allow the calls there",
			       MAPROOT_WHO_ADMINISTRATOR);
	/* These know who it was. */
	if (mr_doctor_finds(doctor, "seccomp-create", &refused_creation, &other) ||
	    mr_doctor_finds(doctor, "seccomp-kills", &refused_creation, &other) ||
	    mr_doctor_finds(doctor, "seccomp-mount", &refused_mount, &other)) {
		why.id = other.id;
		memcpy(why.remedy, other.remedy, sizeof(why.remedy));
	}
	mr_doctor_tell_cause(doctor, "seccomp", mr_doctor_hindrance(doctor), "a filter is set", &why);
}

static void tell_no_new_privs(struct mr_doctor *doctor)
{
	const struct maproot_explanation why = mr_doctor_reason(
		"no-new-privs", "no_new_privs is set: set-user-ID programs, as newuidmap is one, get no privileges",
		"start it without (Kubernetes: allowPrivilegeEscalation: true; systemd: NoNewPrivileges=no)",
		MAPROOT_WHO_ADMINISTRATOR);

	if (doctor->tries && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		mr_doctor_tell_cause(doctor, "no-new-privs", MAPROOT_FINDING_DEGRADED, "set", &why);
	else
		mr_doctor_tell(doctor, "no-new-privs", "not set");
}

/* "lockdown,capability,yama,apparmor"; and what confines this process. */
static void describe_modules(struct mr_doctor *doctor, char *buffer, size_t size)
{
	struct mr_text text = mr_text_in(buffer, size);
	char modules[120];
	char profile[100];

	if (mr_evidence_read(&doctor->machine, "/sys/kernel/security/lsm", modules, sizeof(modules)) < 0)
		mr_text_add(&text, "no list of security modules");
	else
		mr_text_add(&text, modules);
	if (mr_evidence_read(&doctor->machine, "/proc/self/attr/current", profile, sizeof(profile)) == 0 &&
	    profile[0] != '\0') {
		mr_text_add(&text, "; this process: ");
		mr_text_add(&text, profile);
	}
}

static void tell_modules(struct mr_doctor *doctor)
{
	static const char *const causes[] = { "apparmor-profile", "apparmor-restricts", "apparmor-transition", "selinux" };
	struct maproot_explanation why;
	char text[240];
	bool found = false;

	describe_modules(doctor, text, sizeof(text));
	/* What works is not forbidden, whatever the switches are. */
	for (size_t at = 0; at < sizeof(causes) / sizeof(causes[0]) && !found && !doctor->maps; at++)
		found = mr_doctor_finds(doctor, causes[at], &refused_creation, &why);
	if (found)
		mr_doctor_tell_cause(doctor, "lsm", mr_doctor_hindrance(doctor), text, &why);
	else
		mr_doctor_tell(doctor, "lsm", text);
}

static void tell_landlock(struct mr_doctor *doctor)
{
	struct maproot_explanation why;
	int layers = mr_try_landlock_layers(&doctor->machine);

	if (layers > 0 && mr_doctor_finds(doctor, "landlock", &refused_mount, &why))
		mr_doctor_tell_cause(doctor, "landlock", mr_doctor_hindrance(doctor),
				     "in a sandbox, where nothing can be mounted", &why);
	else
		mr_doctor_tell(doctor, "landlock",
			       layers > 0  ? "in a sandbox, which lets mount" :
			       layers == 0 ? "in no sandbox" :
					     "no sandbox that could be seen");
}

void mr_doctor_confinement(struct mr_doctor *doctor)
{
	tell_seccomp(doctor);
	tell_no_new_privs(doctor);
	tell_modules(doctor);
	tell_landlock(doctor);
}

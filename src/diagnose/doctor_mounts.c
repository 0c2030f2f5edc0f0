/*
 * What can be mounted inside. Each is mounted over a directory that every system has, in a mount namespace that goes
 * with the child; only file systems that the kernel knows already, so that none is loaded.
 */
#include "base/text.h"
#include "diagnose/doctor.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BIT(type) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##type)

struct search {
	const char *type;
	bool found;
};

/* "nodev\ttmpfs", "\text4" */
static bool find_type(void *arg, const char *line)
{
	struct search *search = arg;
	const char *name = strrchr(line, '\t');

	search->found = name && strcmp(name + 1, search->type) == 0;
	return !search->found;
}

/* Tells why not, where the kernel does not know it. Without /proc nobody can say, and it is tried. */
static bool is_unknown(struct mr_doctor *doctor, const char *id, const char *type)
{
	struct search search = { type, false };
	struct maproot_explanation why;
	char cause[120];
	char remedy[40];
	struct mr_text words = mr_text_in(cause, sizeof(cause));

	if (mr_evidence_lines(&doctor->machine, "/proc/filesystems", find_type, &search) < 0 || search.found)
		return false;
	mr_text_add(&words, "this kernel has no file system '");
	mr_text_add(&words, type);
	mr_text_add(&words, "', or has not loaded it");
	words = mr_text_in(remedy, sizeof(remedy));
	mr_text_add(&words, "modprobe ");
	mr_text_add(&words, type);
	why = mr_doctor_reason("filesystem-unknown", cause, remedy, MAPROOT_WHO_HOST);
	mr_doctor_tell_cause(doctor, id, MAPROOT_FINDING_DEGRADED, "not loaded, so not tried", &why);
	return true;
}

static const char *some_directory(void)
{
	static const char *const places[] = { "/tmp", "/dev", "/proc", "/usr", "/etc" };
	size_t at = 0;

	while (at < sizeof(places) / sizeof(places[0]) && access(places[at], X_OK) < 0)
		at++;
	return at < sizeof(places) / sizeof(places[0]) ? places[at] : "/";
}

/* The mounts of a chroot can't be kept to ourselves: its root is none. */
static bool tell_chroot(struct mr_doctor *doctor, const char *id)
{
	const struct maproot_error supposed = { EPERM, MAPROOT_STEP_CREATE, "mnt user" };
	struct maproot_explanation why;

	if (!mr_doctor_finds(doctor, "chroot", &supposed, &why))
		return false;
	why = mr_doctor_reason("chroot", "this process is in a chroot, whose mounts can't be kept apart from those outside",
			       why.remedy, why.who);
	mr_doctor_tell_cause(doctor, id, MAPROOT_FINDING_NO, "can't be mounted apart from others", &why);
	return true;
}

static void tell_attempt(struct mr_doctor *doctor, const char *id, const struct maproot_request *request)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	if (!doctor->tries)
		mr_doctor_tell(doctor, id, "not tried");
	else if (mr_doctor_attempt(doctor, request, &err) == 0)
		mr_doctor_tell(doctor, id, "can be mounted");
	else if (err.step != MAPROOT_STEP_PROPAGATION || !tell_chroot(doctor, id))
		mr_doctor_tell_error(doctor, id, MAPROOT_FINDING_NO, &err, request);
}

/* Who is privileged needs no new user namespace. */
static unsigned int base_of(const struct mr_doctor *doctor)
{
	return doctor->privileged ? BIT(MNT) : BIT(MNT) | BIT(USER);
}

static void tell_tmpfs(struct mr_doctor *doctor)
{
	const char *place = some_directory();
	const struct maproot_mount mount = { .kind = MAPROOT_MOUNT_TMPFS, .target = place };
	const struct maproot_request request = { .namespaces = base_of(doctor), .mounts = &mount, .mount_count = 1 };

	if (!mr_doctor_tell_impossible(doctor, "mount-tmpfs"))
		tell_attempt(doctor, "mount-tmpfs", &request);
}

/* Where /proc is missing there is nothing to mount one over, or nothing that the kernel allows it by. */
static void tell_proc(struct mr_doctor *doctor)
{
	const struct maproot_mount mount = { .kind = MAPROOT_MOUNT_PROC, .target = "/proc" };
	const struct maproot_request request = { .namespaces = base_of(doctor) | BIT(PID),
						 .mounts = &mount,
						 .mount_count = 1 };
	const struct maproot_error missing = { ENOENT, MAPROOT_STEP_MOUNT, "a new proc on '/proc'" };

	if (mr_doctor_tell_impossible(doctor, "mount-proc"))
		return;
	if (doctor->tries && access("/proc", F_OK) < 0)
		mr_doctor_tell_error(doctor, "mount-proc", MAPROOT_FINDING_NO, &missing, &request);
	else
		tell_attempt(doctor, "mount-proc", &request);
}

/* Which file systems the kernel has is asked of /proc. */
static void tell_untried(struct mr_doctor *doctor, const char *id)
{
	const struct maproot_error supposed = { ENOENT, MAPROOT_STEP_MOUNT, "a new proc on '/proc'" };
	struct maproot_explanation why = mr_doctor_reason("unknown", "there was no mount namespace to try it in",
							  "see mnt-namespace", MAPROOT_WHO_NOBODY);

	(void)mr_doctor_finds(doctor, "proc-missing", &supposed, &why);
	mr_doctor_tell_cause(doctor, id, MAPROOT_FINDING_DEGRADED, "could not be tried", &why);
}

/* What the child inside found; nothing, where it could have no mounts of its own. */
static void tell_inside(struct mr_doctor *doctor, const char *id, const char *type, int code)
{
	struct maproot_error refused = { code, MAPROOT_STEP_MOUNT, "" };
	struct mr_text object = mr_text_in(refused.object, sizeof(refused.object));

	mr_text_add(&object, "a new ");
	mr_text_add(&object, type);
	mr_text_add(&object, " on '/tmp'");
	if (!doctor->tries)
		mr_doctor_tell(doctor, id, "not tried");
	else if (code > 0)
		mr_doctor_tell_error(doctor, id, MAPROOT_FINDING_NO, &refused, NULL);
	else if (code == 0)
		mr_doctor_tell(doctor, id, "can be mounted");
	else if (!tell_chroot(doctor, id))
		tell_untried(doctor, id);
}

static void tell_overlay(struct mr_doctor *doctor)
{
	if (!mr_doctor_tell_impossible(doctor, "mount-overlay") && !is_unknown(doctor, "mount-overlay", "overlay"))
		tell_inside(doctor, "mount-overlay", "overlay", doctor->inside.overlay);
}

static void tell_fuse_device(struct mr_doctor *doctor, int code)
{
	const struct maproot_explanation absent =
		mr_doctor_reason("fuse-missing", "there is no /dev/fuse",
				 "modprobe fuse (containers: --device /dev/fuse)", MAPROOT_WHO_HOST);
	const struct maproot_explanation closed = mr_doctor_reason("fuse-closed", "this user may not open /dev/fuse",
								   "chmod 666 /dev/fuse", MAPROOT_WHO_ROOT);

	mr_doctor_tell_cause(doctor, "mount-fuse", MAPROOT_FINDING_NO, "cannot open '/dev/fuse'",
			     code == ENOENT ? &absent : &closed);
}

static void tell_fuse(struct mr_doctor *doctor)
{
	if (mr_doctor_tell_impossible(doctor, "mount-fuse") || is_unknown(doctor, "mount-fuse", "fuse"))
		return;
	if (doctor->tries && access("/dev/fuse", R_OK | W_OK) < 0)
		tell_fuse_device(doctor, errno);
	else
		tell_inside(doctor, "mount-fuse", "fuse", doctor->inside.fuse);
}

void mr_doctor_mounts(struct mr_doctor *doctor)
{
	tell_tmpfs(doctor);
	tell_proc(doctor);
	tell_overlay(doctor);
	tell_fuse(doctor);
}

/*
 * What networks of a command can be made with: the tun device for user-mode ones, their programs, rights for a veth
 * pair.
 */
#include "base/text.h"
#include "diagnose/doctor.h"
#include "system/helper.h"
#include "system/program.h"

#include <errno.h>
#include <limits.h>

static void tell_tun(struct mr_doctor *doctor)
{
	const struct maproot_error failed = { EACCES, MAPROOT_STEP_NETWORK, "/dev/net/tun" };
	struct maproot_explanation why;

	doctor->tun = !mr_doctor_finds(doctor, "tun-missing", &failed, &why) &&
		      !mr_doctor_finds(doctor, "tun-closed", &failed, &why);
	if (doctor->tun)
		mr_doctor_tell(doctor, "tun", "/dev/net/tun can be opened");
	else
		mr_doctor_tell_cause(doctor, "tun", MAPROOT_FINDING_NO, "/dev/net/tun can't be opened", &why);
}

static void tell_user_mode(struct mr_doctor *doctor, const char *program)
{
	const struct maproot_explanation closed = mr_doctor_reason(
		"tun-closed", "it works through /dev/net/tun, which can't be opened", "see tun", MAPROOT_WHO_ROOT);
	struct maproot_error missing = { ENOENT, MAPROOT_STEP_PROGRAM, "" };
	struct mr_text object = mr_text_in(missing.object, sizeof(missing.object));
	struct maproot_explanation why;
	char path[PATH_MAX];

	mr_text_add(&object, program);
	if (mr_program_find(program, path, sizeof(path)) < 0) {
		why = mr_doctor_reason("unknown", "it may not be executed", "", MAPROOT_WHO_NOBODY);
		(void)mr_doctor_finds(doctor, "network-program-missing", &missing, &why);
		mr_doctor_tell_cause(doctor, program, MAPROOT_FINDING_NO, "not installed", &why);
		return;
	}
	if (mr_doctor_tell_impossible(doctor, program))
		return;
	if (!doctor->tun)
		mr_doctor_tell_cause(doctor, program, MAPROOT_FINDING_NO, path, &closed);
	else
		mr_doctor_tell(doctor, program, path);
}

static void tell_veth(struct mr_doctor *doctor)
{
	const struct maproot_error refused = { EPERM, MAPROOT_STEP_NETWORK, "veth" };
	const struct maproot_explanation absent = mr_doctor_reason(
		"network-program-missing",
		"maproot-net, which makes the devices, is not installed (maproot was built without libmnl)",
		"install a maproot that was built with libmnl", MAPROOT_WHO_ROOT);
	struct maproot_explanation why;
	char path[PATH_MAX];

	if (mr_helper_find_own("maproot-net", path, sizeof(path), NULL) < 0)
		mr_doctor_tell_cause(doctor, "veth", MAPROOT_FINDING_NO, "maproot-net is not there", &absent);
	else if (mr_doctor_finds(doctor, "net-admin-lacking", &refused, &why))
		mr_doctor_tell_cause(doctor, "veth", MAPROOT_FINDING_DEGRADED,
				     "only into network namespaces of one's own (peer=)", &why);
	else
		mr_doctor_tell(doctor, "veth", path);
}

void mr_doctor_network(struct mr_doctor *doctor)
{
	tell_tun(doctor);
	tell_user_mode(doctor, "slirp4netns");
	tell_user_mode(doctor, "pasta");
	tell_veth(doctor);
}

/*
 * Which ids can be had in a new user namespace: the own ones, the subordinate ones by their source, groups.
 */
#include "base/text.h"
#include "diagnose/doctor.h"
#include "diagnose/grants.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { RANGES_SHOWN = 3,
       SOURCE_SIZE = 32 };

/* Whether it got as far as the maps, and no further. */
static bool maps_are_refused(const struct maproot_error *refusal)
{
	return refusal->step == MAPROOT_STEP_SETGROUPS_FILE || refusal->step == MAPROOT_STEP_WRITE_UID_MAP ||
	       refusal->step == MAPROOT_STEP_WRITE_GID_MAP;
}

static void tell_single(struct mr_doctor *doctor)
{
	char text[240];

	if (doctor->refusal.step == MAPROOT_STEP_CREATE) {
		mr_doctor_tell_needed(doctor, "map-single");
		return;
	}
	if (!maps_are_refused(&doctor->refusal)) {
		mr_doctor_tell(doctor, "map-single", "the own user and group can be mapped to root");
		return;
	}
	(void)maproot_error_format(&doctor->refusal, text, sizeof(text));
	mr_doctor_tell_cause(doctor, "map-single", MAPROOT_FINDING_NO, text, &doctor->why);
}

/* Whether nsswitch.conf(5) names another source than the files: "subid: sss". */
static bool find_source(void *arg, const char *line)
{
	char *source = arg;
	struct mr_text text;

	if (strncmp(line, "subid:", 6) != 0)
		return true;
	text = mr_text_in(source, SOURCE_SIZE);
	line += 6;
	line += strspn(line, " \t");
	mr_text_add_bytes(&text, line, strcspn(line, " \t"));
	return false;
}

static void add_ranges(struct mr_text *text, const struct maproot_idmap *map)
{
	uint64_t all = 0;

	for (size_t at = 0; at < map->count; at++)
		all += map->range[at].count;
	mr_text_add_number(text, (int64_t)all);
	mr_text_add(text, " ids (");
	for (size_t at = 0; at < map->count && at < RANGES_SHOWN; at++) {
		mr_text_add(text, at > 0 ? ", " : "");
		mr_text_add_number(text, map->range[at].outer);
		mr_text_add(text, "-");
		mr_text_add_number(text, (int64_t)map->range[at].outer + map->range[at].count - 1);
	}
	mr_text_add(text, map->count > RANGES_SHOWN ? ", ...) of " : ") of ");
}

static struct maproot_explanation explain_none(struct mr_doctor *doctor, bool users)
{
	const struct maproot_error err = { ENOENT, MAPROOT_STEP_SUBIDS, "" };
	struct maproot_explanation why;

	if (mr_doctor_finds(doctor, "nameless-user", &err, &why) ||
	    mr_doctor_finds(doctor, users ? "no-subuids" : "no-subgids", &err, &why))
		return why;
	/* Where both are missing the table has one cause for them, that of the users, whose remedy is for both. */
	if (!users && mr_doctor_finds(doctor, "no-subuids", &err, &why))
		return mr_doctor_reason("no-subgids", "this user has no subordinate group ids", why.remedy, why.who);
	return mr_doctor_reason("unknown", "they could not be read", "", MAPROOT_WHO_NOBODY);
}

static void tell_grants(struct mr_doctor *doctor, enum maproot_id_kind kind)
{
	bool users = kind == MAPROOT_USERS;
	const char *id = users ? "subordinate-users" : "subordinate-groups";
	static struct maproot_idmap map; /* 4 KiB, for one thread */
	char source[SOURCE_SIZE] = "files";
	char line[240];
	struct mr_text text = mr_text_in(line, sizeof(line));
	struct maproot_explanation why;

	map.count = 0;
	(void)mr_evidence_lines(&doctor->machine, "/etc/nsswitch.conf", find_source, source);
	if (mr_read_grants(&doctor->machine, kind, &map) == 0 && map.count > 0) {
		add_ranges(&text, &map);
		mr_text_add(&text, strcmp(source, "files") != 0 ? source : users ? "/etc/subuid" :
										   "/etc/subgid");
		mr_doctor_tell(doctor, id, line);
		return;
	}
	mr_text_add(&text, "none in ");
	mr_text_add(&text, strcmp(source, "files") != 0 ? source : users ? "/etc/subuid" :
									   "/etc/subgid");
	why = explain_none(doctor, users);
	/* Who may map any ids needs none. */
	mr_doctor_tell_cause(doctor, id, doctor->privileged ? MAPROOT_FINDING_DEGRADED : MAPROOT_FINDING_NO, line,
			     &why);
}

static void tell_auto(struct mr_doctor *doctor)
{
	const struct maproot_request request = {
		.namespaces = MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_USER),
		.identity = { .subordinate = true },
	};
	struct maproot_error err = MAPROOT_ERROR_INIT;

	if (mr_doctor_tell_impossible(doctor, "map-auto"))
		return;
	if (!doctor->tries) {
		mr_doctor_tell(doctor, "map-auto", "not tried");
		return;
	}
	doctor->auto_maps = mr_doctor_attempt(doctor, &request, &err) == 0;
	if (doctor->auto_maps)
		mr_doctor_tell(doctor, "map-auto", "all subordinate ids can be mapped");
	else
		mr_doctor_tell_error(doctor, "map-auto", MAPROOT_FINDING_NO, &err, &request);
}

static void tell_setgroups(struct mr_doctor *doctor)
{
	const struct maproot_explanation denied = mr_doctor_reason(
		"setgroups-denied",
		"it says \"deny\" in /proc/self/setgroups, which is handed down to all user namespaces made here",
		"run it outside of this user namespace, or have that made with subordinate ids",
		MAPROOT_WHO_ADMINISTRATOR);
	const struct maproot_explanation single = mr_doctor_reason(
		"setgroups-denied", "with a map of the own group alone the kernel wants setgroups(2) to be denied",
		"map subordinate ids, where map-auto says that this works", MAPROOT_WHO_CALLER);
	char said[16] = "";

	if (mr_doctor_tell_impossible(doctor, "setgroups"))
		return;
	(void)mr_evidence_read(&doctor->machine, "/proc/self/setgroups", said, sizeof(said));
	if (strcmp(said, "deny") == 0)
		mr_doctor_tell_cause(doctor, "setgroups", MAPROOT_FINDING_NO, "setgroups(2) is denied for good",
				     &denied);
	else if (doctor->privileged)
		mr_doctor_tell(doctor, "setgroups", "setgroups(2) can be allowed");
	else if (doctor->auto_maps || !doctor->tries)
		mr_doctor_tell(doctor, "setgroups", "setgroups(2) works where subordinate ids are mapped");
	else
		mr_doctor_tell_cause(doctor, "setgroups", MAPROOT_FINDING_DEGRADED,
				     "setgroups(2) is denied in the user namespaces that can be made", &single);
}

void mr_doctor_ids(struct mr_doctor *doctor)
{
	tell_single(doctor);
	tell_grants(doctor, MAPROOT_USERS);
	tell_grants(doctor, MAPROOT_GROUPS);
	mr_doctor_helpers(doctor);
	tell_auto(doctor);
	tell_setgroups(doctor);
}

/*
 * --doctor. A line a finding, its cause and remedy below it where it has one; colours where somebody looks at a
 * terminal, and did not ask for none ($NO_COLOR, no-color.org). With JSON the same in one object, a finding a line.
 */
#include "cli/doctor.h"

#include "cli/escape.h"
#include "cli/put.h"
#include "cli/report.h"

#include <maproot/doctor.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATE_WIDTH = 10,
       ID_WIDTH = 20,
       PATH_SIZE = 4096 };

struct doctor {
	bool json;
	bool colours;
	bool forbidden; /* by AppArmor, for want of a profile */
	size_t count;
};

static bool wants_colours(void)
{
	const char *none = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(none && none[0] != '\0') && terminal && strcmp(terminal, "dumb") != 0;
}

static void put_blanks(size_t count)
{
	while (count-- > 0)
		(void)put_text(" ");
}

static void put_state(const struct doctor *doctor, enum maproot_state_of_finding state)
{
	static const char *const colours[] = {
		[MAPROOT_FINDING_OK] = "\033[32m",
		[MAPROOT_FINDING_DEGRADED] = "\033[33m",
		[MAPROOT_FINDING_NO] = "\033[1;31m",
	};
	const char *name = maproot_finding_state_name(state);

	if (doctor->colours)
		(void)put_text(colours[state]);
	(void)put_text(name);
	if (doctor->colours)
		(void)put_text("\033[0m");
	put_blanks(STATE_WIDTH - strlen(name));
}

/* Whose the remedy is, where it isn't the reader's. */
static const char *name_of(enum maproot_who who)
{
	static const char *const names[] = {
		[MAPROOT_WHO_NOBODY] = "",
		[MAPROOT_WHO_CALLER] = "",
		[MAPROOT_WHO_ROOT] = " (as root)",
		[MAPROOT_WHO_HOST] = " (as root of the host)",
		[MAPROOT_WHO_ADMINISTRATOR] = " (who started this container or service)",
	};

	return (unsigned int)who < sizeof(names) / sizeof(names[0]) ? names[who] : "";
}

static void put_detail(const char *title, const char *who, const char *text)
{
	if (text[0] == '\0')
		return;
	put_blanks(STATE_WIDTH + ID_WIDTH);
	(void)put_text(title);
	(void)put_text(who);
	(void)put_text(": ");
	escape_plain(text);
	(void)put_text("\n");
}

static void put_row(const struct doctor *doctor, const struct maproot_finding *finding)
{
	put_state(doctor, finding->state);
	put_column(finding->id, ID_WIDTH);
	escape_plain(finding->text);
	(void)put_text("\n");
	if (strcmp(finding->cause_id, "user-namespace-needed") == 0)
		return; /* has been told */
	put_detail("cause", "", finding->cause);
	put_detail("try", name_of(finding->who), finding->remedy);
}

static void put_string(const char *key, const char *value)
{
	(void)put_text("\"");
	(void)put_text(key);
	(void)put_text("\":");
	escape_json(value);
}

static void put_object(const struct doctor *doctor, const struct maproot_finding *finding)
{
	(void)put_text(doctor->count == 0 ? "{\"version\":1,\"findings\":[\n{" : ",\n{");
	put_string("id", finding->id);
	(void)put_text(",");
	put_string("state", maproot_finding_state_name(finding->state));
	(void)put_text(",");
	put_string("text", finding->text);
	(void)put_text(",");
	put_string("cause_id", finding->cause_id);
	(void)put_text(",");
	put_string("cause", finding->cause);
	(void)put_text(",");
	put_string("remedy", finding->remedy);
	(void)put_text(",");
	put_string("who", maproot_who_name(finding->who));
	(void)put_text("}");
}

static int put_finding(void *arg, const struct maproot_finding *finding)
{
	struct doctor *doctor = arg;

	if (strcmp(finding->cause_id, "apparmor-restricts") == 0 ||
	    strcmp(finding->cause_id, "apparmor-transition") == 0)
		doctor->forbidden = true;
	if (doctor->json)
		put_object(doctor, finding);
	else
		put_row(doctor, finding);
	doctor->count++;
	return 0;
}

/* In quotes, where all but these stand for themselves. apparmor.d(5), globbing. */
static void quote_path(const char *path, char *quoted)
{
	*quoted++ = '"';
	for (; *path; path++) {
		if (strchr("\"\\*?[]{}^", *path))
			*quoted++ = '\\';
		*quoted++ = *path;
	}
	*quoted++ = '"';
	*quoted = '\0';
}

/* A profile for the running program, as packaging/apparmor/maproot.in. */
static bool make_profile(char profile[3 * PATH_SIZE])
{
	char path[PATH_SIZE];
	char quoted[2 * PATH_SIZE + 3];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length <= 0)
		return false;
	path[length] = '\0';
	quote_path(path, quoted);
	(void)strcpy(profile, "abi <abi/4.0>,\ninclude <tunables/global>\n\nprofile maproot ");
	(void)strcat(profile, quoted);
	(void)strcat(profile, " flags=(unconfined) {\n  userns,\n\n  include if exists <local/maproot>\n}\n");
	return true;
}

static void put_end(const struct doctor *doctor, bool usable)
{
	char profile[3 * PATH_SIZE];
	bool has_profile = doctor->forbidden && make_profile(profile);

	if (doctor->json) {
		(void)put_text("\n],\"apparmor_profile\":");
		if (has_profile)
			escape_json(profile);
		else
			(void)put_text("null");
		(void)put_text(usable ? ",\"usable\":true}\n" : ",\"usable\":false}\n");
		return;
	}
	if (has_profile) {
		(void)put_text("\nAs root, write this to /etc/apparmor.d/maproot, then run apparmor_parser -r "
			       "/etc/apparmor.d/maproot:\n\n");
		(void)put_text(profile);
	}
	(void)put_text(usable ? "\nmaproot works here\n" : "\nmaproot does not work here\n");
}

int doctor(bool json)
{
	struct doctor doctor = { .json = json, .colours = !json && wants_colours() };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	bool usable = false;
	int status;

	if (maproot_doctor(NULL, put_finding, &doctor, &usable, &err) < 0)
		return report_error(&err);
	put_end(&doctor, usable);
	status = report_written();
	return status != 0 ? status : !usable;
}

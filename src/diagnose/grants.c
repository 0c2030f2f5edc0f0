/*
 * As the machine says it, or the files of a directory that stands in for it.
 */
#include "diagnose/grants.h"

#include "base/text.h"
#include "model/subid.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

enum {
	ENTRY_SIZE = 16384,
	FILE_SIZE = 32768,
};

static int name_of_machine(char *name, size_t size)
{
	char buffer[ENTRY_SIZE];
	struct passwd entry;
	struct passwd *found = NULL;
	struct mr_text text = mr_text_in(name, size);
	int code;

	do
		code = getpwuid_r(geteuid(), &entry, buffer, sizeof(buffer), &found);
	while (code == EINTR);
	if (!found)
		return code == 0 ? -ENOENT : -code;
	mr_text_add(&text, entry.pw_name);
	return 0;
}

struct name_search {
	char *name;
	size_t size;
	bool found;
};

/* "name:x:1000:..." */
static bool find_name(void *arg, const char *line)
{
	struct name_search *search = arg;
	const char *password = strchr(line, ':');
	const char *number = password ? strchr(password + 1, ':') : NULL;
	uint64_t id;

	if (!number || mr_text_read_number(number + 1, &number, UINT32_MAX, &id) < 0 || id != geteuid())
		return true;

	struct mr_text text = mr_text_in(search->name, search->size);

	mr_text_add_bytes(&text, line, (size_t)(password - line));
	search->found = true;
	return false;
}

int mr_find_user_name(const struct mr_evidence *evidence, char *name, size_t size)
{
	struct name_search search = { name, size, false };
	int code;

	if (mr_may_try(evidence))
		return name_of_machine(name, size);
	code = mr_evidence_lines(evidence, "/etc/passwd", find_name, &search);
	if (code < 0)
		return code;
	return search.found ? 0 : -ENOENT;
}

int mr_read_grants(const struct mr_evidence *evidence, enum maproot_id_kind kind, struct maproot_idmap *map)
{
	char text[FILE_SIZE];
	char name[64];
	struct mr_subid_owner owner = { .id = geteuid() };
	int code;

	if (mr_may_try(evidence))
		return maproot_subids_read(kind, geteuid(), map, NULL);
	if (mr_find_user_name(evidence, name, sizeof(name)) == 0)
		owner.name = name;
	code = mr_evidence_read(evidence, kind == MAPROOT_USERS ? "/etc/subuid" : "/etc/subgid", text, sizeof(text));
	if (code == 0)
		code = mr_subid_add_file(text, &owner, map, NULL);
	return code < 0 ? code : 0;
}

/*
 * An id without a place shows as the overflow id, user_namespaces(7).
 */
#include "diagnose/ids.h"

#include "base/text.h"

#include <string.h>

struct map_search {
	uint64_t id;
	uint64_t end; /* of the range that has it; 0: none has */
};

/* "         0       1000          1" */
static bool find_id(void *arg, const char *line)
{
	struct map_search *search = arg;
	uint64_t field[3];

	for (int at = 0; at < 3; at++) {
		line += strspn(line, " ");
		if (mr_text_read_number(line, &line, UINT32_MAX, &field[at]) < 0)
			return true;
	}
	if (search->id >= field[0] && search->id - field[0] < field[2])
		search->end = field[0] + field[2];
	return search->end == 0;
}

/* 0 with `ret_end`, see above; or -errno. */
static int look_up(const struct mr_evidence *evidence, enum maproot_id_kind kind, uint64_t id, uint64_t *ret_end)
{
	struct map_search search = { id, 0 };
	const char *path = kind == MAPROOT_USERS ? "/proc/self/uid_map" : "/proc/self/gid_map";
	int code = mr_evidence_lines(evidence, path, find_id, &search);

	if (code == 0)
		*ret_end = search.end;
	return code;
}

enum mr_id_place mr_id_is_mapped(const struct mr_evidence *evidence, enum maproot_id_kind kind, uint32_t id)
{
	static const char *const files[] = { "/proc/sys/kernel/overflowuid", "/proc/sys/kernel/overflowgid" };
	uint64_t overflow = 65534;
	uint64_t end = 0;

	(void)mr_evidence_number(evidence, files[kind != MAPROOT_USERS], &overflow);
	if (id != overflow || mr_evidence_is_outermost(evidence))
		return MR_ID_MAPPED;
	return look_up(evidence, kind, id, &end) == 0 && end == 0 ? MR_ID_UNMAPPED : MR_ID_UNCLEAR;
}

uint64_t mr_id_first_unmapped(const struct mr_evidence *evidence, enum maproot_id_kind kind, uint64_t id, uint64_t end)
{
	uint64_t next = 0;

	for (; id < end; id = next) {
		if (look_up(evidence, kind, id, &next) < 0)
			return end;
		if (next == 0)
			return id;
	}
	return end;
}

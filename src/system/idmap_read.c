/*
 * Reading id maps of living processes. user_namespaces(7)
 */
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"

#include <errno.h>
#include <maproot/idmap.h>
#include <string.h>

enum { MAP_SIZE = MAPROOT_IDMAP_LINES * 40 }; /* a line has three numbers in columns of ten, and more room than that */

/* "         0       1000          1\n" */
static int read_line(const char **at, struct maproot_idmap_range *ret_range)
{
	uint64_t number[3];

	for (int field = 0; field < 3; field++) {
		*at += strspn(*at, " \t");
		if (mr_text_read_number(*at, at, UINT32_MAX, &number[field]) < 0)
			return -EINVAL;
	}
	if (**at != '\n')
		return -EINVAL;
	(*at)++;
	*ret_range = (struct maproot_idmap_range){ (uint32_t)number[0], (uint32_t)number[1], (uint32_t)number[2] };
	return 0;
}

int maproot_idmap_read(const char *path, struct maproot_idmap *ret_map, struct maproot_error *err)
{
	struct maproot_idmap map = MAPROOT_IDMAP_INIT;
	char text[MAP_SIZE];
	const char *at = text;
	int code;

	mr_error_reset(err);
	code = mr_read_file(path, text, sizeof(text));
	while (code == 0 && *at != '\0') {
		struct maproot_idmap_range range;

		code = read_line(&at, &range);
		if (code == 0)
			code = maproot_idmap_add(&map, range, NULL);
	}
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_FACTS, path);
	*ret_map = map;
	return 0;
}

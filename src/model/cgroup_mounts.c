/*
 * Reading mountinfo and /proc/PID/cgroup, as far as control groups are concerned.
 */
#include "model/cgroup_mounts.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

/* A field ends at a space, a line at '\n'; what is after the end is not looked at. */
struct span {
	const char *start;
	size_t length;
};

static struct span next_field(const char **at, const char *end)
{
	struct span field = { *at, 0 };

	while (*at < end && **at != ' ')
		(*at)++;
	field.length = (size_t)(*at - field.start);
	if (*at < end)
		(*at)++;
	return field;
}

static bool is(struct span field, const char *text)
{
	return field.length == strlen(text) && memcmp(field.start, text, field.length) == 0;
}

static bool is_same(struct span one, struct span other)
{
	return one.length == other.length && memcmp(one.start, other.start, one.length) == 0;
}

/* "rw,cpu,cpuacct": whether one of them is `wanted`. */
static bool has_item(struct span list, const char *wanted)
{
	const char *end = list.start + list.length;

	for (const char *at = list.start; at < end;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		struct span item = { at, (size_t)((comma ? comma : end) - at) };

		if (is(item, wanted))
			return true;
		at += item.length + 1;
	}
	return false;
}

/* What the kernel writes as "\040" is a byte that would end a field. False where it does not fit. */
static bool unescape(struct span field, char *buffer, size_t size)
{
	size_t length = 0;

	for (size_t at = 0; at < field.length; at++, length++) {
		const char *from = field.start + at;

		if (length + 1 >= size)
			return false;
		buffer[length] = *from;
		if (*from == '\\' && field.length - at > 3) {
			buffer[length] = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			at += 3;
		}
	}
	buffer[length] = '\0';
	return true;
}

struct line {
	struct span root;
	struct span point;
	struct span type;
	struct span options;
};

/* "31 23 0:28 ROOT POINT rw shared:1 - TYPE SOURCE OPTIONS" */
static void read_line(const char *at, const char *end, struct line *ret_line)
{
	struct span field = { at, 0 };

	for (int skipped = 0; skipped < 3; skipped++)
		(void)next_field(&at, end);
	ret_line->root = next_field(&at, end);
	ret_line->point = next_field(&at, end);
	while (at < end && !is(field, "-"))
		field = next_field(&at, end);
	ret_line->type = next_field(&at, end);
	(void)next_field(&at, end);
	ret_line->options = next_field(&at, end);
}

static const char *end_of_line(const char *at)
{
	return at + strcspn(at, "\n");
}

/* Mounts are in the order in which they were made, as far as one can cover another. */
static bool is_covered(struct span point, const char *at)
{
	while (*at != '\0') {
		const char *end = end_of_line(at);
		struct line line;

		read_line(at, end, &line);
		if (is_same(line.point, point))
			return true;
		at = *end == '\n' ? end + 1 : end;
	}
	return false;
}

bool mr_cgroup_mounts_next(const char **at, const char *controller, struct mr_cgroup_mount *ret_mount)
{
	while (**at != '\0') {
		const char *end = end_of_line(*at);
		struct mr_cgroup_mount mount;
		struct line line;

		read_line(*at, end, &line);
		*at = *end == '\n' ? end + 1 : end;
		if (!is(line.type, controller ? "cgroup" : "cgroup2"))
			continue;
		if (controller && !has_item(line.options, controller))
			continue;
		if (!unescape(line.root, mount.root, sizeof(mount.root)) ||
		    !unescape(line.point, mount.point, sizeof(mount.point)) || is_covered(line.point, *at))
			continue;
		*ret_mount = mount;
		return true;
	}
	return false;
}

/* "8:pids:/a/b", "0::/a/b": the path of the line with this controller, up to `*ret_end`. */
static const char *find_membership(const char *text, const char *controller, const char **ret_end)
{
	while (*text != '\0') {
		const char *end = end_of_line(text);
		const char *first = memchr(text, ':', (size_t)(end - text));
		const char *second = first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;

		if (second) {
			struct span list = { first + 1, (size_t)(second - first - 1) };
			struct span number = { text, (size_t)(first - text) };

			*ret_end = end;
			if (controller ? has_item(list, controller) : is(number, "0") && list.length == 0)
				return second + 1;
		}
		text = *end == '\n' ? end + 1 : end;
	}
	return NULL;
}

int mr_cgroup_membership(const char *text, const char *controller, char path[MAPROOT_CGROUP_SIZE])
{
	const char *end = NULL;
	const char *found = find_membership(text, controller, &end);
	size_t length = found ? (size_t)(end - found) : 0;

	if (!found || *found != '/')
		return -ENOENT;
	if (length >= MAPROOT_CGROUP_SIZE)
		return -ENAMETOOLONG;
	memcpy(path, found, length);
	path[length] = '\0';
	return 0;
}

bool mr_cgroup_is_on_v1(const char *text, const char *controller)
{
	const char *end = NULL;

	return find_membership(text, controller, &end) != NULL;
}

/* The group relative to the mount's: what is left of it, with its '/'; NULL where it is not below. */
static const char *way_from(const char *root, const char *group)
{
	size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(root, group, length) != 0 || (group[length] != '/' && group[length] != '\0'))
		return NULL;
	group += length;
	/* Outside of our cgroup namespace groups have no names, but "/..". */
	if (strcmp(group, "/..") == 0 || strncmp(group, "/../", 4) == 0)
		return NULL;
	return strcmp(group, "/") == 0 ? "" : group;
}

int mr_cgroup_mounts_locate(const struct mr_cgroup_mount *mount, const char *group, char directory[MAPROOT_CGROUP_SIZE])
{
	const char *way = way_from(mount->root, group);
	char whole[MAPROOT_CGROUP_SIZE];
	struct mr_text text = mr_text_in(whole, sizeof(whole));

	if (!way)
		return -ENOENT;
	mr_text_add(&text, strcmp(mount->point, "/") == 0 && *way != '\0' ? "" : mount->point);
	mr_text_add(&text, way);
	if (mr_text_is_cut(&text))
		return -ENAMETOOLONG;
	memcpy(directory, whole, text.length + 1);
	return 0;
}

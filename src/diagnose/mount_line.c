/*
 * One line of mountinfo, proc(5):
 *
 *   36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
 *   id parent device root point options fields... - type source super-options
 */
#include "base/text.h"
#include "diagnose/evidence.h"

#include <string.h>

/* Copies one field, "\040" and such decoded; returns what follows. Fields too long are cut: they are compared only. */
static const char *copy_field(const char *at, char *field, size_t size)
{
	size_t length = 0;

	while (*at != '\0' && *at != ' ') {
		char byte = *at;

		if (byte == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] != '\0' && at[3] != '\0') {
			byte = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
			at += 3;
		}
		if (length + 1 < size)
			field[length++] = byte;
		at++;
	}
	field[length] = '\0';
	return *at == ' ' ? at + 1 : at;
}

bool mr_mount_line_read(const char *line, struct mr_mount_line *ret_mount)
{
	struct mr_mount_line mount = { 0 };
	const char *at = line;
	char skipped[256];

	if (mr_text_read_number(at, &at, INT64_MAX, &mount.id) < 0 || *at++ != ' ' ||
	    mr_text_read_number(at, &at, INT64_MAX, &mount.parent) < 0 || *at++ != ' ')
		return false;
	at = copy_field(at, skipped, sizeof(skipped));
	at = copy_field(at, mount.root, sizeof(mount.root));
	at = copy_field(at, mount.point, sizeof(mount.point));
	at = copy_field(at, mount.options, sizeof(mount.options));
	do
		at = copy_field(at, skipped, sizeof(skipped));
	while (*at != '\0' && strcmp(skipped, "-") != 0);
	at = copy_field(at, mount.type, sizeof(mount.type));
	at = copy_field(at, skipped, sizeof(skipped));
	(void)copy_field(at, mount.super_options, sizeof(mount.super_options));
	if (mount.type[0] == '\0')
		return false;
	*ret_mount = mount;
	return true;
}

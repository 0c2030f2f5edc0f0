/*
 * What may go into a record: names, and texts as far as there is room. Only the command is shortened.
 */
#include "base/error.h"
#include "base/text.h"
#include "model/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char digits[] = "0123456789";

struct maproot_name_record *mr_record_new(struct maproot_error *err)
{
	struct maproot_name_record *record = calloc(1, sizeof(*record));

	if (!record)
		(void)mr_fail(err, ENOMEM, MAPROOT_STEP_NAME, "no memory for a record");
	return record;
}

int mr_record_check_name(const char *name, struct maproot_error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *why = NULL;

	if (name[0] == '\0')
		why = "it is empty";
	else if (name[strspn(name, allowed)] != '\0')
		why = "a name has letters, digits, '.', '_' and '-'";
	else if (name[0] == '.' || name[0] == '-')
		why = "a name does not begin with '.' or '-'";
	else if (name[strspn(name, digits)] == '\0')
		why = "a number is no name";
	else if (strlen(name) >= MAPROOT_NAME_SIZE)
		why = "a name has 63 characters at most";
	if (!why)
		return 0;
	return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_NAME, "'", name, "' is not a name: ", why, NULL);
}

void mr_record_set_command(struct maproot_name_record *record, const char *command)
{
	static const char gap[] = "...";
	size_t length = command ? strlen(command) : 0;
	size_t cut = sizeof(record->command) - sizeof(gap);

	memset(record->command, 0, sizeof(record->command));
	if (length < sizeof(record->command)) {
		if (length > 0)
			memcpy(record->command, command, length);
		return;
	}
	/* Not through the middle of a character of UTF-8. */
	while (cut > 0 && ((unsigned char)command[cut] & 0xc0) == 0x80)
		cut--;
	memcpy(record->command, command, cut);
	memcpy(record->command + cut, gap, sizeof(gap));
}

int mr_record_set_text(char *member, size_t size, const char *text, const char *what, struct maproot_error *err)
{
	size_t length = text ? strlen(text) : 0;

	if (length >= size)
		return mr_fail_pieces(err, ENAMETOOLONG, MAPROOT_STEP_NAME, "a record has no room for the ", what, " '",
				      text, "'", NULL);
	memset(member, 0, size);
	if (length > 0)
		memcpy(member, text, length);
	return 0;
}

int mr_record_add_made(struct maproot_name_record *record, const char *kind, const char *what,
		       struct maproot_error *err)
{
	struct mr_text entry;
	char *place;

	if (record->made_count >= MAPROOT_MADE_MAX)
		return mr_fail_pieces(err, E2BIG, MAPROOT_STEP_NAME, "a record has no room for more than 16 things: ",
				      kind, " '", what, "'", NULL);
	if (strlen(kind) + 1 + strlen(what) >= MAPROOT_MADE_SIZE)
		return mr_fail_pieces(err, ENAMETOOLONG, MAPROOT_STEP_NAME, "a record has no room for the ", kind, " '",
				      what, "'", NULL);
	place = record->made[record->made_count++];
	memset(place, 0, MAPROOT_MADE_SIZE);
	entry = mr_text_in(place, MAPROOT_MADE_SIZE);
	mr_text_add(&entry, kind);
	mr_text_add(&entry, ":");
	mr_text_add(&entry, what);
	return 0;
}

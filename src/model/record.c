/*
 * Records, to text and back. One table has the keys with numbers; the command, which may hold any byte, is written
 * with escapes. Knows no files.
 */
#include "model/record.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Numbers are as wide as their type; all that are allowed are positive, so that a sign makes no difference. */
struct field {
	const char *key;
	size_t offset;
	size_t width;
	uint64_t least;
	uint64_t most;
};

/* clang-format off */
#define OFFSET(member) offsetof(struct maproot_name_record, member)
#define WIDTH(member)  sizeof(((struct maproot_name_record *)0)->member)
#define FIELD(key, member, least, most) { key, OFFSET(member), WIDTH(member), least, most }

static const struct field fields[] = {
	FIELD("pid", pid, 0, INT32_MAX),
	FIELD("start", start, 0, INT64_MAX),
	FIELD("keeper", keeper, 1, INT32_MAX),
	FIELD("keeper_start", keeper_start, 1, INT64_MAX),
	FIELD("user", user, 0, UINT32_MAX - 1),
	FIELD("group", group, 0, UINT32_MAX - 1),
	FIELD("created", created, 0, INT64_MAX),
	FIELD("pid_counts_in", pid_counts_in, 0, INT64_MAX),
	FIELD("start_counts_in", start_counts_in, 0, INT64_MAX),
#define X(id, name, oci, letter, flag) \
	FIELD("namespace." name, namespaces[MAPROOT_NAMESPACE_##id], 0, INT64_MAX),
	MAPROOT_NAMESPACES(X)
#undef X
};
/* clang-format on */

enum { FIELD_COUNT = sizeof(fields) / sizeof(fields[0]) };

_Static_assert(FIELD_COUNT < 31, "the keys that were seen, and the command, are bits of a number");

static const char command_key[] = "command";
static const char digits[] = "0123456789";
static const char hexadecimal[] = "0123456789abcdef";

static uint64_t load(const struct maproot_name_record *record, const struct field *field)
{
	const char *from = (const char *)record + field->offset;
	uint32_t narrow;
	uint64_t wide;

	if (field->width == sizeof(wide)) {
		memcpy(&wide, from, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, from, sizeof(narrow));
	return narrow;
}

static void store(struct maproot_name_record *record, const struct field *field, uint64_t number)
{
	char *to = (char *)record + field->offset;
	uint32_t narrow = (uint32_t)number;

	if (field->width == sizeof(number))
		memcpy(to, &number, sizeof(number));
	else
		memcpy(to, &narrow, sizeof(narrow));
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

static bool is_plain(unsigned char byte)
{
	return byte >= ' ' && byte != 0x7f;
}

size_t mr_record_format(const struct maproot_name_record *record, char *buffer, size_t size)
{
	struct mr_text text = mr_text_in(buffer, size);

	for (size_t at = 0; at < FIELD_COUNT; at++) {
		mr_text_add(&text, fields[at].key);
		mr_text_add(&text, "=");
		mr_text_add_number(&text, (int64_t)load(record, &fields[at]));
		mr_text_add(&text, "\n");
	}
	mr_text_add(&text, command_key);
	mr_text_add(&text, "=");
	for (const char *at = record->command; *at != '\0'; at++) {
		unsigned char byte = (unsigned char)*at;
		const char escape[] = { '\\', 'x', hexadecimal[byte >> 4], hexadecimal[byte & 0xf] };

		if (is_plain(byte) && byte != '\\')
			mr_text_add_bytes(&text, at, 1);
		else
			mr_text_add_bytes(&text, escape, sizeof(escape));
	}
	mr_text_add(&text, "\n");
	return text.length;
}

/* "\xHH" at `text`; -1 where it is none. */
static int read_escape(const char *text, const char *end)
{
	const char *high;
	const char *low;

	if (end - text < 4 || text[1] != 'x' || text[2] == '\0' || text[3] == '\0')
		return -1;
	high = strchr(hexadecimal, text[2]);
	low = strchr(hexadecimal, text[3]);
	return high && low ? (int)((high - hexadecimal) * 16 + (low - hexadecimal)) : -1;
}

static bool read_command(const char *value, const char *end, char command[MAPROOT_COMMAND_SIZE])
{
	size_t length = 0;

	memset(command, 0, MAPROOT_COMMAND_SIZE);
	for (const char *at = value; at < end; at++) {
		int byte = (unsigned char)*at;

		if (byte == '\\') {
			byte = read_escape(at, end);
			at += 3;
		} else if (!is_plain((unsigned char)byte)) {
			return false;
		}
		if (byte <= 0 || length + 1 >= MAPROOT_COMMAND_SIZE)
			return false;
		command[length++] = (char)byte;
	}
	return true;
}

static bool is_key(const char *key, const char *line, const char *equals)
{
	size_t length = strlen(key);

	return (size_t)(equals - line) == length && memcmp(key, line, length) == 0;
}

/* Which known key a line has: its place in the table, FIELD_COUNT for the command, more for another. */
static size_t find_key(const char *line, const char *equals)
{
	size_t at = 0;

	while (at < FIELD_COUNT && !is_key(fields[at].key, line, equals))
		at++;
	return at < FIELD_COUNT || is_key(command_key, line, equals) ? at : FIELD_COUNT + 1;
}

static const char *key_name(size_t at)
{
	return at < FIELD_COUNT ? fields[at].key : command_key;
}

static bool read_value(size_t key, const char *value, const char *end, struct maproot_name_record *record)
{
	const struct field *field = &fields[key];
	uint64_t number;

	if (key == FIELD_COUNT)
		return read_command(value, end, record->command);
	if (mr_text_read_number(value, &value, field->most, &number) < 0 || value != end || number < field->least)
		return false;
	store(record, field, number);
	return true;
}

static int refuse(const char *name, const char *what, const char *key, struct maproot_error *err)
{
	return mr_fail_pieces(err, EBADMSG, MAPROOT_STEP_NAME, "the record of '", name, "' is malformed: ", what, key,
			      NULL);
}

int mr_record_parse(const char *name, const char *text, size_t length, struct maproot_name_record *ret_record,
		    struct maproot_error *err)
{
	struct maproot_name_record record = { .pid = 0 };
	const char *stop = text + length;
	struct mr_text copy = mr_text_in(record.name, sizeof(record.name));
	uint32_t seen = 0;

	for (const char *line = text; line < stop;) {
		const char *end = memchr(line, '\n', (size_t)(stop - line));
		const char *equals = end ? memchr(line, '=', (size_t)(end - line)) : NULL;
		size_t key;

		if (!equals)
			return refuse(name, end ? "a line without '='" : "it is cut short", "", err);
		key = find_key(line, equals);
		if (key <= FIELD_COUNT && seen & 1u << key)
			return refuse(name, "twice ", key_name(key), err);
		if (key <= FIELD_COUNT && !read_value(key, equals + 1, end, &record))
			return refuse(name, "bad ", key_name(key), err);
		seen |= key <= FIELD_COUNT ? 1u << key : 0;
		line = end + 1;
	}
	for (size_t key = 0; key <= FIELD_COUNT; key++) {
		if (!(seen & 1u << key))
			return refuse(name, "no ", key_name(key), err);
	}
	if ((record.pid == 0) != (record.start == 0))
		return refuse(name, "bad ", "start", err);
	mr_text_add(&copy, name);
	*ret_record = record;
	return 0;
}

/*
 * Records, to text and back. One table has all the keys. Knows no files.
 */
#include "model/record.h"

#include "base/error.h"
#include "base/text.h"
#include "model/record_value.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum kind {
	NUMBER,
	TEXT,
	MAP,
	MADE,
};

/* Numbers are as wide as their type; all that are allowed are positive, so that a sign makes no difference. */
struct field {
	const char *key;
	enum kind kind;
	bool optional; /* not there where it says nothing */
	size_t offset;
	size_t width;
	uint64_t least; /* of numbers */
	uint64_t most;
};

/* clang-format off */
#define OFFSET(member) offsetof(struct maproot_name_record, member)
#define WIDTH(member)  sizeof(((struct maproot_name_record *)0)->member)
#define FIELD(key, member, least, most) { key, NUMBER, false, OFFSET(member), WIDTH(member), least, most }
#define OTHER(kind, member, optional)   { #member, kind, optional, OFFSET(member), WIDTH(member), 0, 0 }

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
	OTHER(TEXT, command, false),
	OTHER(TEXT, bundle, true),
	OTHER(TEXT, cgroup, true),
	OTHER(TEXT, network, true),
	OTHER(MAP, users, true),
	OTHER(MAP, groups, true),
	OTHER(MADE, made, true),
};

enum {
	FIELD_COUNT = sizeof(fields) / sizeof(fields[0]),
	ESCAPED = 4,                      /* what a byte of text may become */
	LINE_REST = 32,                   /* of a line: key, '=', newline */
	NUMBER_LENGTH = 20,
	RANGE_LENGTH = 33,                /* "4294967295:4294967295:4294967295," */
	LARGEST = FIELD_COUNT * (LINE_REST + NUMBER_LENGTH) +
		  ESCAPED * (MAPROOT_COMMAND_SIZE + MAPROOT_BUNDLE_SIZE + MAPROOT_CGROUP_SIZE + MAPROOT_NETWORK_SIZE) +
		  2 * MAPROOT_IDMAP_LINES * RANGE_LENGTH +
		  MAPROOT_MADE_MAX * (LINE_REST / 4 + ESCAPED * (MAPROOT_MADE_SIZE - 1)),
};
/* clang-format on */

_Static_assert(FIELD_COUNT < 31, "the keys that were seen are bits of a number");
_Static_assert((int)LARGEST < (int)MR_RECORD_SIZE, "every record fits as text");

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

static const void *member_of(const struct maproot_name_record *record, const struct field *field)
{
	return (const char *)record + field->offset;
}

/* How many lines a field has. */
static size_t lines_of(const struct maproot_name_record *record, const struct field *field)
{
	if (field->kind == MADE)
		return record->made_count;
	if (!field->optional)
		return 1;
	if (field->kind == MAP)
		return ((const struct maproot_idmap *)member_of(record, field))->count > 0;
	return *(const char *)member_of(record, field) != '\0';
}

static void add_line(struct mr_text *text, const struct maproot_name_record *record, const struct field *field,
		     size_t line)
{
	mr_text_add(text, field->key);
	mr_text_add(text, "=");
	switch (field->kind) {
	case NUMBER:
		mr_text_add_number(text, (int64_t)load(record, field));
		break;
	case TEXT:
		mr_record_value_add_text(text, member_of(record, field));
		break;
	case MAP:
		mr_record_value_add_map(text, member_of(record, field));
		break;
	case MADE:
		mr_record_value_add_text(text, record->made[line]);
		break;
	}
	mr_text_add(text, "\n");
}

size_t mr_record_format(const struct maproot_name_record *record, char *buffer, size_t size)
{
	struct mr_text text = mr_text_in(buffer, size);

	for (size_t at = 0; at < FIELD_COUNT; at++) {
		size_t count = lines_of(record, &fields[at]);

		for (size_t line = 0; line < count; line++)
			add_line(&text, record, &fields[at], line);
	}
	return text.length;
}

static bool is_key(const char *key, const char *line, const char *equals)
{
	size_t length = strlen(key);

	return (size_t)(equals - line) == length && memcmp(key, line, length) == 0;
}

/* Which key a line has: its place in the table; FIELD_COUNT for one that is not known. */
static size_t find_key(const char *line, const char *equals)
{
	size_t at = 0;

	while (at < FIELD_COUNT && !is_key(fields[at].key, line, equals))
		at++;
	return at;
}

/* "KIND:WHAT", neither empty. */
static bool read_made(const char *value, const char *end, struct maproot_name_record *record)
{
	char *place = record->made[record->made_count];
	const char *colon;

	if (record->made_count >= MAPROOT_MADE_MAX || !mr_record_value_read_text(value, end, place, MAPROOT_MADE_SIZE))
		return false;
	colon = strchr(place, ':');
	record->made_count++;
	return colon && colon != place && colon[1] != '\0';
}

static bool read_value(const struct field *field, const char *value, const char *end,
		       struct maproot_name_record *record)
{
	void *member = (char *)record + field->offset;
	uint64_t number;

	switch (field->kind) {
	case TEXT:
		return mr_record_value_read_text(value, end, member, field->width);
	case MAP:
		return mr_record_value_read_map(value, end, member);
	case MADE:
		return read_made(value, end, record);
	case NUMBER:
		break;
	}
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

/* `seen` has a bit for each key that was there. */
static int read_line(const char *name, const char *line, const char *end, struct maproot_name_record *record,
		     uint32_t *seen, struct maproot_error *err)
{
	const char *equals = memchr(line, '=', (size_t)(end - line));
	const struct field *field;
	size_t key;

	if (!equals)
		return refuse(name, "a line without '='", "", err);
	key = find_key(line, equals);
	if (key == FIELD_COUNT)
		return 0;
	field = &fields[key];
	if (*seen & 1u << key && field->kind != MADE)
		return refuse(name, "twice ", field->key, err);
	*seen |= 1u << key;
	return read_value(field, equals + 1, end, record) ? 0 : refuse(name, "bad ", field->key, err);
}

int mr_record_parse(const char *name, const char *text, size_t length, struct maproot_name_record *record,
		    struct maproot_error *err)
{
	const char *stop = text + length;
	struct mr_text copy = mr_text_in(record->name, sizeof(record->name));
	uint32_t seen = 0;

	memset(record, 0, sizeof(*record));
	for (const char *line = text; line < stop;) {
		const char *end = memchr(line, '\n', (size_t)(stop - line));
		int code;

		if (!end)
			return refuse(name, "it is cut short", "", err);
		code = read_line(name, line, end, record, &seen, err);
		if (code < 0)
			return code;
		line = end + 1;
	}
	for (size_t key = 0; key < FIELD_COUNT; key++) {
		if (!fields[key].optional && !(seen & 1u << key))
			return refuse(name, "no ", fields[key].key, err);
	}
	if ((record->pid == 0) != (record->start == 0))
		return refuse(name, "bad ", "start", err);
	mr_text_add(&copy, name);
	return 0;
}

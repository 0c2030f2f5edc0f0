/*
 * Contract: any file in the directory of names is read: what is taken for a record comes back the same from its
 * own text, and a refusal says why. Any text is a name or is refused, and one that is can do
 * no harm as a file's.
 *
 * Input: up to the first newline a name, the rest is the text.
 */
#include "fuzz.h"

#include "model/record.h"

#include <errno.h>
#include <stdbool.h>

static void check_name(const char *name)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int code = mr_record_check_name(name, &err);
	bool digits_only = true;

	if (code < 0) {
		FUZZ_CHECK(code == -EINVAL && err.code == EINVAL && err.object[0] != '\0');
		return;
	}
	FUZZ_CHECK(strlen(name) > 0 && strlen(name) < MAPROOT_NAME_SIZE && name[0] != '.' && name[0] != '-');
	for (const char *at = name; *at; at++) {
		bool digit = *at >= '0' && *at <= '9';
		bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');

		FUZZ_CHECK(digit || letter || *at == '.' || *at == '_' || *at == '-');
		digits_only = digits_only && digit;
	}
	FUZZ_CHECK(!digits_only);
}

static void check_record(const struct maproot_name_record *record)
{
	struct maproot_name_record again;
	static char text[MR_RECORD_SIZE];
	static char second[MR_RECORD_SIZE];
	size_t length = mr_record_format(record, text, sizeof(text));

	FUZZ_CHECK(record->keeper > 0 && record->keeper_start > 0 && record->pid >= 0 && record->created >= 0);
	FUZZ_CHECK((record->pid == 0) == (record->start == 0));
	FUZZ_CHECK(memchr(record->command, '\0', sizeof(record->command)) != NULL);
	FUZZ_CHECK(memchr(record->bundle, '\0', sizeof(record->bundle)) != NULL);
	FUZZ_CHECK(memchr(record->cgroup, '\0', sizeof(record->cgroup)) != NULL);
	FUZZ_CHECK(memchr(record->network, '\0', sizeof(record->network)) != NULL);
	FUZZ_CHECK(record->users.count <= MAPROOT_IDMAP_LINES && record->groups.count <= MAPROOT_IDMAP_LINES);
	FUZZ_CHECK(record->made_count <= MAPROOT_MADE_MAX);
	for (size_t at = 0; at < record->made_count; at++)
		FUZZ_CHECK(memchr(record->made[at], '\0', MAPROOT_MADE_SIZE) != NULL && strchr(record->made[at], ':'));
	FUZZ_CHECK(length < sizeof(text) && length == strlen(text));
	FUZZ_CHECK(mr_record_parse("name", text, length, &again, NULL) == 0);
	FUZZ_CHECK(strcmp(record->command, again.command) == 0 && record->made_count == again.made_count);
	FUZZ_CHECK(mr_record_format(&again, second, sizeof(second)) == length && memcmp(text, second, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct maproot_name_record record;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const uint8_t *newline = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t name_size = newline ? (size_t)(newline - data) : size;
	size_t length = newline ? size - name_size - 1 : 0;
	char *name = fuzz_string(data, name_size);
	char *text = malloc(length ? length : 1); /* without an end: reading on is seen */
	int code;

	if (!text)
		abort();
	if (length > 0)
		memcpy(text, newline + 1, length);
	check_name(name);
	memset(&record, 0xa5, sizeof(record)); /* what is not there is empty all the same */
	code = mr_record_parse("name", text, length, &record, &err);
	if (code == 0) {
		check_record(&record);
	} else {
		FUZZ_CHECK(code == -EBADMSG && err.code == EBADMSG && err.object[0] != '\0');
	}
	free(text);
	free(name);
	return 0;
}

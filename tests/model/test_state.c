/*
 * Contract of include/maproot/state.h (what is pure of it) and escape.h: a record is an object of JSON with the fields of the
 * OCI state, valid UTF-8 whatever it holds; lengths are snprintf's, and no byte is written behind the room there is.
 */
#include "unit.h"

#include <maproot/escape.h>
#include <maproot/state.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	struct maproot_name_record record;
	const char *json;
} rows[] = {
	{ { .name = "a" }, "{\"ociVersion\":\"1.0.2\",\"id\":\"a\",\"status\":\"creating\",\"bundle\":\"\",\"annotations\":{}}" },
	{ { .name = "a", .pid = 7 },
	  "{\"ociVersion\":\"1.0.2\",\"id\":\"a\",\"status\":\"running\",\"pid\":7,\"bundle\":\"\",\"annotations\":{}}" },
	{ { .name = "a", .pid = 7, .state = MAPROOT_STATE_CREATED, .bundle = "/b" },
	  "{\"ociVersion\":\"1.0.2\",\"id\":\"a\",\"status\":\"created\",\"pid\":7,\"bundle\":\"/b\",\"annotations\":{}}" },
	{ { .name = "a", .pid = 7, .state = MAPROOT_STATE_STOPPED },
	  "{\"ociVersion\":\"1.0.2\",\"id\":\"a\",\"status\":\"stopped\",\"bundle\":\"\",\"annotations\":{}}" },
	{ { .name = "a", .state = MAPROOT_STATE_STOPPED },
	  "{\"ociVersion\":\"1.0.2\",\"id\":\"a\",\"status\":\"stopped\",\"bundle\":\"\",\"annotations\":{}}" },
	{ { .name = "a", .command = "x\"\xff", .cgroup = "/g", .network = "veth", .keeper = 5, .created = 9 },
	  "{\"ociVersion\":\"1.0.2\",\"id\":\"a\",\"status\":\"creating\",\"bundle\":\"\",\"annotations\":{"
	  "\"maproot.command\":\"x\\u0022\\ufffd\",\"maproot.cgroup\":\"/g\",\"maproot.network\":\"veth\","
	  "\"maproot.keeper\":\"5\",\"maproot.created\":\"9\"}}" },
	{ { .name = "a", .network = "n" },
	  "{\"ociVersion\":\"1.0.2\",\"id\":\"a\",\"status\":\"creating\",\"bundle\":\"\",\"annotations\":{"
	  "\"maproot.network\":\"n\"}}" },
};

/* Of every room there may be: the same length, and what fits. */
static void check_rooms(size_t (*write_text)(const void *what, char *buffer, size_t size), const void *what, const char *want)
{
	size_t length = strlen(want);

	for (size_t size = 0; size <= length + 2; size++) {
		char *buffer = malloc(size + 1);
		size_t fits = size == 0 ? 0 : size - 1 < length ? size - 1 :
								  length;

		memset(buffer, '#', size + 1);
		ck_assert_uint_eq(write_text(what, buffer, size), length);
		ck_assert_mem_eq(buffer, want, fits);
		ck_assert(size == 0 || buffer[fits] == '\0');
		ck_assert_int_eq(buffer[size], '#');
		free(buffer);
	}
}

static size_t write_state(const void *record, char *buffer, size_t size)
{
	return maproot_state_json(record, buffer, size);
}

static size_t write_json(const void *text, char *buffer, size_t size)
{
	return maproot_escape_json(text, buffer, size);
}

static size_t write_plain(const void *text, char *buffer, size_t size)
{
	return maproot_escape_plain(text, buffer, size);
}

START_TEST(objects)
{
	check_rooms(write_state, &rows[_i].record, rows[_i].json);
}
END_TEST

/* Every byte alone, and after the beginning of a character. Which are good characters, test_escape.c says. */
START_TEST(any_byte)
{
	static struct maproot_name_record record = { .name = "a" };
	char text[2000];

	(void)strcpy(record.command, support_text("\xe2\x82%c%c", _i, _i));
	memset(record.bundle, _i, sizeof(record.bundle) - 1);
	ck_assert_uint_lt(maproot_state_json(&record, NULL, 0), 16 * 1024);
	ck_assert_uint_lt(maproot_escape_json(record.command, text, sizeof(text)), sizeof(text));
	for (const char *at = text; *at; at++)
		ck_assert_int_ge((unsigned char)*at, ' ');
	ck_assert_ptr_null(strpbrk(text, "\x7f"));
	if (_i >= 0x80)
		ck_assert_ptr_nonnull(strstr(text, _i < 0xc0 ? "\\ufffd" : "\\ufffd\\ufffd"));
}
END_TEST

START_TEST(escapes_of_any_room)
{
	check_rooms(write_json, "a\"\xc3\xa4\n\xff", "\"a\\u0022\xc3\xa4\\u000a\\ufffd\"");
	check_rooms(write_plain, "a\"\xc3\xa4\n\xff", "a\"\xc3\xa4??");
}
END_TEST

START_TEST(names_of_states)
{
	ck_assert_str_eq(maproot_state_name(MAPROOT_STATE_CREATING), "creating");
	ck_assert_str_eq(maproot_state_name(MAPROOT_STATE_CREATED), "created");
	ck_assert_str_eq(maproot_state_name(MAPROOT_STATE_RUNNING), "running");
	ck_assert_str_eq(maproot_state_name(MAPROOT_STATE_STOPPED), "stopped");
	ck_assert_str_eq(maproot_state_name((enum maproot_state)4), "unknown");
}
END_TEST

static Suite *build(void)
{
	TCase *test;
	Suite *suite = unit_suite("state", &test);

	tcase_add_loop_test(test, objects, 0, UNIT_COUNT(rows));
	tcase_add_loop_test(test, any_byte, 1, 256);
	tcase_add_test(test, escapes_of_any_room);
	tcase_add_test(test, names_of_states);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

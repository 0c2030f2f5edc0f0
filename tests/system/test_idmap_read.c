/*
 * Contract of maproot_idmap_read(): a map comes back as it was written, several ranges, the widest and none; what is no map is an
 * error that names the file.
 */
#include "unit.h"

#include <errno.h>
#include <maproot/idmap.h>
#include <string.h>

START_TEST(the_own_map)
{
	struct maproot_idmap map = MAPROOT_IDMAP_INIT;
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "old" };

	unit_enter_namespace(0);
	ck_assert_int_eq(maproot_idmap_read("/proc/self/uid_map", &map, &err), 0);
	ck_assert_int_eq(err.code, 0);
	unit_check_map(&map, support_text("0 %u 1\n", support_user()->uid));
	ck_assert_int_eq(maproot_idmap_read("/proc/self/gid_map", &map, NULL), 0);
	unit_check_map(&map, support_text("0 %u 1\n", support_user()->gid));
}
END_TEST

START_TEST(one_that_is_not_written_yet)
{
	struct maproot_idmap map = { .count = 5 };
	pid_t pid;

	unit_become_user();
	pid = unit_unmapped_process();
	ck_assert_int_eq(maproot_idmap_read(support_text("/proc/%d/uid_map", pid), &map, NULL), 0);
	ck_assert_uint_eq(map.count, 0);
	unit_end(pid);
}
END_TEST

static const struct {
	const char *text;
	int code;
	const char *map;
} texts[] = {
	{ "         0          0 4294967295\n", 0, "0 0 4294967295\n" },
	{ "         0       1000          1\n         1     100000      65536\n", 0, "0 1000 1\n1 100000 65536\n" },
	{ "0 1000\n", EINVAL, NULL },
	{ "0 1000 1", EINVAL, NULL },
	{ "0 1000 1 5\n", EINVAL, NULL },
	{ "0 -1 1\n", EINVAL, NULL },
	{ "0 1000 1\n0 2000 1\n", EINVAL, NULL },
	{ "0 4294967296 1\n", EINVAL, NULL },
	{ "\n", EINVAL, NULL },
};

START_TEST(texts_are_read)
{
	struct maproot_idmap map = { .count = 7 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *path = unit_file("map", texts[_i].text);

	ck_assert_int_eq(maproot_idmap_read(path, &map, &err), -texts[_i].code);
	if (texts[_i].code == 0) {
		unit_check_map(&map, texts[_i].map);
		return;
	}
	ck_assert_uint_eq(map.count, 7);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_FACTS, support_text("cannot read %s: Invalid argument", path));
}
END_TEST

START_TEST(a_file_that_is_not_there)
{
	struct maproot_idmap map;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(maproot_idmap_read("/nonesuch", &map, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_FACTS, "cannot read /nonesuch: No such file or directory");
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/idmap_read", &tc);

	tcase_add_test(tc, the_own_map);
	tcase_add_test(tc, one_that_is_not_written_yet);
	tcase_add_loop_test(tc, texts_are_read, 0, UNIT_COUNT(texts));
	tcase_add_test(tc, a_file_that_is_not_there);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

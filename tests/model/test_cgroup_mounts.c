/*
 * Contract of src/model/cgroup_mounts.h: of mountinfo the mounts of one hierarchy, with the escapes taken away and
 * without what a later mount covers; of /proc/PID/cgroup the group in it; and of both the directory, also where
 * only a part of the hierarchy is mounted, or a cgroup namespace gives other names. Any text at all is read without
 * harm.
 */
#include "model/cgroup_mounts.h"

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HYBRID                                                                                 \
	"31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"                  \
	"32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n" \
	"37 31 0:34 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n"                  \
	"39 31 0:36 / /sys/fs/cgroup/pids rw shared:1 master:2 - cgroup cgroup rw,pids\n"      \
	"40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"       \
	"41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n"

#define UNIFIED "30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"

static const struct {
	const char *text;
	const char *controller;
	const char *mounts[4]; /* "ROOT POINT" */
} tables[] = {
	{ HYBRID, NULL, { "/ /sys/fs/cgroup/unified" } },
	{ HYBRID, "freezer", { "/ /sys/fs/cgroup/freezer" } },
	{ HYBRID, "pids", { "/ /sys/fs/cgroup/pids" } },
	{ HYBRID, "cpuacct", { "/ /sys/fs/cgroup/cpu,cpuacct" } },
	{ HYBRID, "name=systemd", { "/ /sys/fs/cgroup/systemd" } },
	{ HYBRID, "memory", { NULL } },
	{ HYBRID, "cpuacc", { NULL } },
	{ UNIFIED, NULL, { "/ /sys/fs/cgroup" } },
	{ UNIFIED, "pids", { NULL } },
	{ "", NULL, { NULL } },
	/* Others under other names: of a bind mount, of another cgroup namespace; covered. */
	{ UNIFIED "50 1 0:26 /a/b /mnt rw - cgroup2 none rw\n", NULL, { "/ /sys/fs/cgroup", "/a/b /mnt" } },
	{ "50 1 0:26 /../.. /mnt rw - cgroup2 none rw\n", NULL, { "/../.. /mnt" } },
	{ UNIFIED "50 30 0:50 / /sys/fs/cgroup rw - tmpfs none rw\n", NULL, { NULL } },
	{ UNIFIED "50 30 0:26 /a /sys/fs/cgroup rw - cgroup2 none rw\n", NULL, { "/a /sys/fs/cgroup" } },
	/* A source that looks like more, spaces in names, no end of line, a line cut short. */
	{ "1 1 0:1 / /a rw - ext4 - cgroup2 rw\n" UNIFIED, NULL, { "/ /sys/fs/cgroup" } },
	{ "1 1 0:1 /b\\040c /mnt\\011x\\134 rw - cgroup2 a\\040b rw\n", NULL, { "/b c /mnt\tx\\" } },
	{ "1 1 0:1 / /mnt rw - cgroup2 none rw", NULL, { "/ /mnt" } },
	{ "1 1 0:1 / /mnt\\04", NULL, { NULL } },
	{ "1 1\n- cgroup2\n\n \n" UNIFIED, NULL, { "/ /sys/fs/cgroup" } },
};

START_TEST(finds_the_mounts_of_a_hierarchy)
{
	const char *at = tables[_i].text;
	struct mr_cgroup_mount mount;
	size_t count = 0;

	while (mr_cgroup_mounts_next(&at, tables[_i].controller, &mount)) {
		ck_assert_ptr_nonnull(tables[_i].mounts[count]);
		ck_assert_str_eq(support_text("%s %s", mount.root, mount.point), tables[_i].mounts[count]);
		count++;
	}
	ck_assert_ptr_null(tables[_i].mounts[count]);
	ck_assert_int_eq(*at, '\0');
}
END_TEST

/* Each beginning of a good text. */
START_TEST(reads_what_is_cut_anywhere)
{
	for (size_t length = 0; length <= strlen(HYBRID); length++) {
		char *text = strndup(HYBRID, length); /* of that size, for the sanitizer to watch */
		const char *at = text;
		struct mr_cgroup_mount mount;
		char path[MAPROOT_CGROUP_SIZE];

		ck_assert_ptr_nonnull(text);
		while (mr_cgroup_mounts_next(&at, "pids", &mount))
			ck_assert_str_eq(mount.point, "/sys/fs/cgroup/pids");
		(void)mr_cgroup_membership(text, NULL, path);
		free(text);
	}
}
END_TEST

START_TEST(passes_over_what_is_too_long)
{
	char text[2048] = "1 1 0:1 / /";
	const char *at = text;
	struct mr_cgroup_mount mount;

	memset(text + strlen(text), 'a', MAPROOT_CGROUP_SIZE - 2);
	strcat(text, " rw - cgroup2 none rw\n");
	ck_assert(mr_cgroup_mounts_next(&at, NULL, &mount));
	ck_assert_uint_eq(strlen(mount.point), MAPROOT_CGROUP_SIZE - 1);
	strcpy(text, "1 1 0:1 / /");
	memset(text + strlen(text), 'a', MAPROOT_CGROUP_SIZE - 1);
	strcat(text, " rw - cgroup2 none rw\n" UNIFIED);
	at = text;
	ck_assert(mr_cgroup_mounts_next(&at, NULL, &mount));
	ck_assert_str_eq(mount.point, "/sys/fs/cgroup");
}
END_TEST

#define MEMBERSHIP                     \
	"9:name=systemd:/user.slice\n" \
	"8:pids:/a:b\n"                \
	"2:cpu,cpuacct:/c\n"           \
	"0::/user.slice/user-1000.slice\n"

static const struct {
	const char *text;
	const char *controller;
	const char *path; /* NULL: none */
} memberships[] = {
	{ MEMBERSHIP, NULL, "/user.slice/user-1000.slice" },
	{ MEMBERSHIP, "pids", "/a:b" },
	{ MEMBERSHIP, "cpuacct", "/c" },
	{ MEMBERSHIP, "cpu", "/c" },
	{ MEMBERSHIP, "name=systemd", "/user.slice" },
	{ MEMBERSHIP, "memory", NULL },
	{ MEMBERSHIP, "", NULL },
	{ "0::/", NULL, "/" },
	{ "0::/../a", NULL, "/../a" },
	{ "1::/a\n", NULL, NULL },
	{ "0:x:/a\n", NULL, NULL },
	{ "", NULL, NULL },
	{ "0:", NULL, NULL },
	{ "0::", NULL, NULL },
	{ "0::a", NULL, NULL },
};

START_TEST(finds_the_group_of_a_process)
{
	char path[MAPROOT_CGROUP_SIZE] = "untouched";
	int code = mr_cgroup_membership(memberships[_i].text, memberships[_i].controller, path);

	ck_assert_int_eq(code, memberships[_i].path ? 0 : -ENOENT);
	ck_assert_str_eq(path, memberships[_i].path ? memberships[_i].path : "untouched");
}
END_TEST

START_TEST(knows_what_version_1_has)
{
	ck_assert(mr_cgroup_is_on_v1(MEMBERSHIP, "pids"));
	ck_assert(mr_cgroup_is_on_v1(MEMBERSHIP, "cpu"));
	ck_assert(!mr_cgroup_is_on_v1(MEMBERSHIP, "memory"));
	ck_assert(!mr_cgroup_is_on_v1("0::/\n", "memory"));
}
END_TEST

static const struct {
	const char *root;
	const char *point;
	const char *group;
	const char *directory; /* NULL: not to be seen */
} places[] = {
	{ "/", "/sys/fs/cgroup", "/", "/sys/fs/cgroup" },
	{ "/", "/sys/fs/cgroup", "/a/b", "/sys/fs/cgroup/a/b" },
	{ "/a", "/mnt", "/a", "/mnt" },
	{ "/a", "/mnt", "/a/b", "/mnt/b" },
	{ "/a", "/mnt", "/ab", NULL },
	{ "/a/b", "/mnt", "/a", NULL },
	{ "/a", "/mnt", "/", NULL },
	{ "/", "/", "/a", "/a" },
	{ "/", "/", "/", "/" },
	/* Seen from a cgroup namespace: a mount of before it, a process outside of it. */
	{ "/..", "/mnt", "/", NULL },
	{ "/../..", "/mnt", "/a", NULL },
	{ "/", "/mnt", "/..", NULL },
	{ "/", "/mnt", "/../x", NULL },
	{ "/..", "/mnt", "/../x", "/mnt/x" },
	{ "/..", "/mnt", "/../..", NULL },
	{ "/../x", "/mnt", "/../x/y", "/mnt/y" },
};

START_TEST(locates_a_group)
{
	struct mr_cgroup_mount mount = { "", "" };
	char directory[MAPROOT_CGROUP_SIZE] = "untouched";
	int code;

	strcpy(mount.root, places[_i].root);
	strcpy(mount.point, places[_i].point);
	code = mr_cgroup_mounts_locate(&mount, places[_i].group, directory);
	ck_assert_int_eq(code, places[_i].directory ? 0 : -ENOENT);
	ck_assert_str_eq(directory, places[_i].directory ? places[_i].directory : "untouched");
}
END_TEST

START_TEST(refuses_what_becomes_too_long)
{
	struct mr_cgroup_mount mount = { "/", "/mnt" };
	char group[MAPROOT_CGROUP_SIZE] = "/";
	char directory[MAPROOT_CGROUP_SIZE];
	char line[2048] = "0::/";

	memset(group + 1, 'a', MAPROOT_CGROUP_SIZE - 2 - strlen("/mnt"));
	ck_assert_int_eq(mr_cgroup_mounts_locate(&mount, group, directory), 0);
	group[strlen(group)] = 'a';
	ck_assert_int_eq(mr_cgroup_mounts_locate(&mount, group, directory), -ENAMETOOLONG);
	memset(line + 4, 'a', MAPROOT_CGROUP_SIZE - 1);
	ck_assert_int_eq(mr_cgroup_membership(line, NULL, directory), -ENAMETOOLONG);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("model/cgroup_mounts", &tc);

	tcase_add_loop_test(tc, finds_the_mounts_of_a_hierarchy, 0, UNIT_COUNT(tables));
	tcase_add_test(tc, reads_what_is_cut_anywhere);
	tcase_add_test(tc, passes_over_what_is_too_long);
	tcase_add_loop_test(tc, finds_the_group_of_a_process, 0, UNIT_COUNT(memberships));
	tcase_add_test(tc, knows_what_version_1_has);
	tcase_add_loop_test(tc, locates_a_group, 0, UNIT_COUNT(places));
	tcase_add_test(tc, refuses_what_becomes_too_long);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

/*
 * Contract of src/diagnose/evidence.h: files are read below the given root; lines, numbers and mounts as the kernel
 * writes them; what an error says of namespaces is understood.
 */
#include "diagnose/evidence.h"

#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static struct mr_evidence evidence_of(const char *object, const struct maproot_request *request)
{
	static struct maproot_error err;
	struct mr_evidence evidence;

	err = (struct maproot_error){ .code = EPERM, .step = MAPROOT_STEP_CREATE };
	strncpy(err.object, object, sizeof(err.object) - 1);
	mr_evidence_collect(&err, request, support_directory(), &evidence);
	return evidence;
}

START_TEST(numbers_are_read)
{
	static const struct {
		const char *text;
		int code;
		uint64_t number;
	} rows[] = {
		{ "0\n", 0, 0 },
		{ "15000\n", 0, 15000 },
		{ "12\t0\t99\n", 0, 12 },
		{ "max\n", -ERANGE, 0 },
		{ "\n", -EINVAL, 0 },
		{ "99999999999999999999\n", -ERANGE, 0 },
	};
	struct mr_evidence evidence = evidence_of("", NULL);
	uint64_t number = 77;

	(void)unit_file("number", rows[_i].text);
	ck_assert_int_eq(mr_evidence_number(&evidence, "/number", &number), rows[_i].code);
	ck_assert_uint_eq(number, rows[_i].code == 0 ? rows[_i].number : 77);
	ck_assert_int_eq(mr_evidence_number(&evidence, "/nothing", &number), -ENOENT);
}
END_TEST

START_TEST(namespaces_are_understood)
{
	static const struct maproot_request in_place = { .in_place = true,
							 .namespaces = MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_NET) };
	static const struct maproot_request with_pid = { .namespaces = MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_PID) };
	unsigned int user = MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_USER);
	unsigned int mnt = MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_MNT);

	ck_assert_uint_eq(evidence_of("mnt user", NULL).creates, user | mnt);
	ck_assert_uint_eq(evidence_of("user", NULL).creates, user);
	ck_assert_uint_eq(evidence_of("in place", &in_place).creates, user | mnt | in_place.namespaces);
	ck_assert(evidence_of("in place", NULL).in_place);
	ck_assert_uint_eq(evidence_of("pid or time, for children", &with_pid).creates, with_pid.namespaces);
	ck_assert(!evidence_of("mnt user", NULL).in_place);
}
END_TEST

START_TEST(mounts_are_read)
{
	static const char line[] = "36 35 98:0 /a\\040b /mnt\\0122 ro,noatime master:1 shared:2 - proc pr rw,hidepid=2";
	static const char *const bad[] = { "", "1", "1 2", "1 2 3:4 / / rw", "1 2 3:4 / / rw shared:1", "x y z" };
	struct mr_mount_line mount;

	ck_assert(mr_mount_line_read(line, &mount));
	ck_assert_uint_eq(mount.id, 36);
	ck_assert_uint_eq(mount.parent, 35);
	ck_assert_str_eq(mount.root, "/a b");
	ck_assert_str_eq(mount.point, "/mnt\n2");
	ck_assert_str_eq(mount.options, "ro,noatime");
	ck_assert_str_eq(mount.type, "proc");
	ck_assert_str_eq(mount.super_options, "rw,hidepid=2");
	for (size_t at = 0; at < UNIT_COUNT(bad); at++)
		ck_assert_msg(!mr_mount_line_read(bad[at], &mount), "'%s' is no mount", bad[at]);
}
END_TEST

START_TEST(lists_have_words)
{
	ck_assert(mr_list_has("ro,noatime", "ro"));
	ck_assert(mr_list_has("noatime,ro", "ro"));
	ck_assert(!mr_list_has("rorw,errors=remount-ro", "ro"));
	ck_assert(!mr_list_has("", "ro"));
}
END_TEST

struct collected {
	int lines;
	size_t longest;
};

static bool collect(void *arg, const char *line)
{
	struct collected *collected = arg;

	collected->lines++;
	if (strlen(line) > collected->longest)
		collected->longest = strlen(line);
	return strcmp(line, "stop") != 0;
}

/* One longer than the buffer has no place; those around it are there. */
START_TEST(lines_are_whole)
{
	char text[12000];
	struct mr_evidence evidence = evidence_of("", NULL);
	struct collected collected = { 0, 0 };

	memset(text, 'x', sizeof(text));
	text[1] = '\n';
	text[4000] = '\n';
	text[11000] = '\n';
	(void)strcpy(text + 11001, "a\nstop\nb\n");
	(void)unit_file("lines", text);
	ck_assert_int_eq(mr_evidence_lines(&evidence, "/lines", collect, &collected), 0);
	ck_assert_uint_eq(collected.longest, 3998);
	ck_assert_int_ge(collected.lines, 4);
}
END_TEST

START_TEST(containers_are_known)
{
	struct mr_evidence evidence = evidence_of("", NULL);
	char buffer[64];

	ck_assert_ptr_null(mr_evidence_container(&evidence, buffer, sizeof(buffer)));
	ck_assert_int_eq(mkdir(support_text("%s/run", support_directory()), 0755), 0);
	ck_assert_int_eq(mkdir(support_text("%s/run/systemd", support_directory()), 0755), 0);
	(void)unit_file("run/systemd/container", "lxc\n");
	ck_assert_str_eq(mr_evidence_container(&evidence, buffer, sizeof(buffer)), "lxc");
	(void)unit_file("run/.containerenv", "");
	ck_assert_str_eq(mr_evidence_container(&evidence, buffer, sizeof(buffer)), "podman");
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("evidence", &tests);

	tcase_add_loop_test(tests, numbers_are_read, 0, 6);
	tcase_add_test(tests, namespaces_are_understood);
	tcase_add_test(tests, mounts_are_read);
	tcase_add_test(tests, lists_have_words);
	tcase_add_test(tests, lines_are_whole);
	tcase_add_test(tests, containers_are_known);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

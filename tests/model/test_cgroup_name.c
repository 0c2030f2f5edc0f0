/*
 * Contract of src/model/cgroup_name.h: a name is below our own group, below the root, or a scope of systemd; what
 * is none of these, would lead elsewhere, or does not fit is refused with a message that names it, and nothing is
 * written then.
 */
#include "model/cgroup_name.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	enum mr_cgroup_kind kind;
	const char *path;
	const char *unit;
	const char *slice;
} good[] = {
	{ NULL, MR_CGROUP_BELOW_OWN, "maproot-id", "maproot-id.scope", "" },
	{ "web", MR_CGROUP_BELOW_OWN, "web", "web.scope", "" },
	{ "a/b", MR_CGROUP_BELOW_OWN, "a/b", "", "" },
	{ "a b", MR_CGROUP_BELOW_OWN, "a b", "", "" },
	{ "...", MR_CGROUP_BELOW_OWN, "...", "....scope", "" },
	{ ".a", MR_CGROUP_BELOW_OWN, ".a", ".a.scope", "" },
	{ "/a", MR_CGROUP_BELOW_ROOT, "a", "", "" },
	{ "/a/b/c", MR_CGROUP_BELOW_ROOT, "a/b/c", "", "" },
	{ "/a:b", MR_CGROUP_BELOW_ROOT, "a:b", "", "" },
	{ "user.slice:maproot:web", MR_CGROUP_SCOPE, "", "maproot-web.scope", "user.slice" },
	{ ":maproot:web", MR_CGROUP_SCOPE, "", "maproot-web.scope", "" },
	{ "a-b.slice::web", MR_CGROUP_SCOPE, "", "web.scope", "a-b.slice" },
	{ "::web", MR_CGROUP_SCOPE, "", "web.scope", "" },
};

START_TEST(reads_a_name)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup_name name;

	ck_assert_int_eq(mr_cgroup_name_parse(good[_i].name, "id", &name, &err), 0);
	ck_assert_int_eq(name.kind, good[_i].kind);
	ck_assert_str_eq(name.path, good[_i].path);
	ck_assert_str_eq(name.unit, good[_i].unit);
	ck_assert_str_eq(name.slice, good[_i].slice);
}
END_TEST

static const struct {
	const char *name;
	const char *why;
} bad[] = {
	{ "", "it is empty" },
	{ "/", "it is empty" },
	{ "a/", "a part of it is empty" },
	{ "a//b", "a part of it is empty" },
	{ "//a", "a part of it is empty" },
	{ ".", "'.' and '..' are none" },
	{ "..", "'.' and '..' are none" },
	{ "a/../../b", "'.' and '..' are none" },
	{ "/..", "'.' and '..' are none" },
	{ "/a/.", "'.' and '..' are none" },
	{ "user.slice:web", "with systemd it is SLICE:PREFIX:NAME" },
	{ "a.slice:b:c:d", "with systemd it is SLICE:PREFIX:NAME" },
	{ "a.slice:b:", "the part after the last ':' is empty" },
	{ "a:b:c", "a slice of systemd ends in '.slice'" },
	{ "a.slice:b:c.slice", "a slice is no scope" },
	{ "a.slice:b:c/d", "units of systemd have letters, digits and _.\\-@" },
	{ "a b.slice:b:c", "units of systemd have letters, digits and _.\\-@" },
};

START_TEST(refuses_what_names_no_group)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup_name name = { .path = "untouched" };

	ck_assert_int_eq(mr_cgroup_name_parse(bad[_i].name, "id", &name, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_CGROUP_FIND,
			 support_text("no control group to work in: '%s' names no group: %s", bad[_i].name, bad[_i].why));
	ck_assert_str_eq(name.path, "untouched");
}
END_TEST

START_TEST(refuses_control_characters)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup_name name;

	ck_assert_int_eq(mr_cgroup_name_parse("a\nb", "id", &name, &err), -EINVAL);
	ck_assert_int_eq(mr_cgroup_name_parse("a\x7f", "id", &name, NULL), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.object, "it has control characters"));
	ck_assert_int_eq(mr_cgroup_name_parse(NULL, "a/b", &name, NULL), -EINVAL);
}
END_TEST

/* `length` of `part`, again and again. */
static const char *repeat(const char *part, size_t length)
{
	static char text[2048];

	for (size_t at = 0; at < length; at++)
		text[at] = part[at % strlen(part)];
	text[length] = '\0';
	return text;
}

START_TEST(refuses_what_does_not_fit)
{
	struct mr_cgroup_name name;
	const char *scope;

	ck_assert_int_eq(mr_cgroup_name_parse(repeat("a", 255), "id", &name, NULL), 0);
	ck_assert_str_eq(name.unit, "");
	ck_assert_int_eq(mr_cgroup_name_parse(repeat("a", 256), "id", &name, NULL), -EINVAL);
	ck_assert_int_eq(mr_cgroup_name_parse(repeat("a/", MAPROOT_CGROUP_SIZE - 1), "id", &name, NULL), 0);
	ck_assert_int_eq(mr_cgroup_name_parse(repeat("a/", MAPROOT_CGROUP_SIZE + 1), "id", &name, NULL), -ENAMETOOLONG);
	scope = support_text("::%s", repeat("a", MR_CGROUP_UNIT_SIZE - 7));
	ck_assert_int_eq(mr_cgroup_name_parse(scope, "id", &name, NULL), 0);
	scope = support_text("::%s", repeat("a", MR_CGROUP_UNIT_SIZE - 6));
	ck_assert_int_eq(mr_cgroup_name_parse(scope, "id", &name, NULL), -ENAMETOOLONG);
	ck_assert_int_eq(mr_cgroup_name_parse(NULL, repeat("a", MAPROOT_NAME_SIZE - 1), &name, NULL), 0);
	ck_assert_uint_gt(strlen(name.unit), MAPROOT_NAME_SIZE);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("model/cgroup_name", &tc);

	tcase_add_loop_test(tc, reads_a_name, 0, UNIT_COUNT(good));
	tcase_add_loop_test(tc, refuses_what_names_no_group, 0, UNIT_COUNT(bad));
	tcase_add_test(tc, refuses_control_characters);
	tcase_add_test(tc, refuses_what_does_not_fit);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

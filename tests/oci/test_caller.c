/*
 * Contract: a request is one for its caller: ids become maps and ids; who has no privileges gets a user namespace and what fits
 * into it, and is told; what contradicts itself is refused, with nothing returned.
 */
#include "bundle.h"

#include <errno.h>
#include <unistd.h>

#define BIT(type) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##type)

#define MAPS(kind) "'" kind "': [{'containerID': 0, 'hostID': 100000, 'size': 1000}, {'containerID': 1000, 'hostID': 7, 'size': 1}]"

START_TEST(maps_and_ids)
{
	struct maproot_oci *spec;
	struct maproot_oci_run run = bundle_request(
		"{'process': {'user': {'uid': 3, 'gid': 4, 'additionalGids': [5, 1000]}}, 'linux': {'namespaces': [{'type': "
		"'user'}, {'type': 'mount'}], " MAPS("uidMappings") ", " MAPS("gidMappings") "}}",
		&spec);
	const struct maproot_identity *identity = &run.request.identity;

	unit_check_map(identity->users, "0 100000 1000\n1000 7 1\n");
	unit_check_map(maproot_oci_mappings(spec, MAPROOT_GROUPS), "0 100000 1000\n1000 7 1\n");
	ck_assert_ptr_eq(identity->users, maproot_oci_mappings(spec, MAPROOT_USERS));
	ck_assert(identity->set_user && identity->set_group && !identity->own_user);
	ck_assert_uint_eq(identity->inner_user, 3);
	ck_assert_uint_eq(identity->inner_group, 4);
	ck_assert_uint_eq(run.request.attributes->group_count, 2);
	ck_assert_uint_eq(run.request.attributes->groups[1], 1000);
	maproot_oci_free(spec);
}
END_TEST

static const struct {
	const char *patch;
	const char *message;
} contradictions[] = {
	{ "{'process': {'user': {'uid': 1001}}, 'linux': {'namespaces': [{'type': 'user'}], " MAPS("uidMappings") ", " MAPS(
		  "gidMappings") "}}",
	  "config.json: process.user.uid: is not mapped by linux.uidMappings" },
	{ "{'process': {'user': {'gid': 1001}}, 'linux': {'namespaces': [{'type': 'user'}], " MAPS("uidMappings") ", " MAPS(
		  "gidMappings") "}}",
	  "config.json: process.user.gid: is not mapped by linux.gidMappings" },
	{ "{'process': {'user': {'additionalGids': [1001]}}, 'linux': {'namespaces': [{'type': 'user'}], " MAPS(
		  "uidMappings") ", " MAPS("gidMappings") "}}",
	  "config.json: process.user.additionalGids[0]: is not mapped by linux.gidMappings" },
};

START_TEST(unmapped_ids_are_refused)
{
	bundle_refused(contradictions[_i].patch, contradictions[_i].message);
}
END_TEST

/* What goes wrong only when the request is made. */
static void check_request_refused(const char *patch, int code, const char *message)
{
	const struct maproot_oci_wish wish = { 0 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_oci_run run = { .argv = (char *const *)patch };
	struct maproot_oci *spec = bundle_parse(patch);

	ck_assert_int_eq(maproot_oci_request(spec, &wish, &run, &err), -code);
	ck_assert_str_eq(err.object, message);
	ck_assert_ptr_eq(run.argv, patch);
	maproot_oci_free(spec);
}

START_TEST(a_group_of_a_mount_has_to_be_mapped)
{
	check_request_refused("{'mounts': [{'destination': '/a', 'type': 'devpts', 'options': ['newinstance', 'gid=1001']}],"
			      "'linux': {'namespaces': [{'type': 'user'}], " MAPS("uidMappings") ", " MAPS("gidMappings") "}}",
			      EINVAL, "config.json: mounts[0].options: the group of 'gid=1001' is not mapped by linux.gidMappings");
}
END_TEST

START_TEST(there_has_to_be_a_command)
{
	check_request_refused("{'process': {'args': null}}", EINVAL,
			      "config.json: process.args: is missing, and no command is given");
}
END_TEST

START_TEST(a_command_given_is_the_command)
{
	char *const command[] = { (char *)"x", NULL };
	const struct maproot_oci_wish wish = { .command = command, .id = "me" };
	struct maproot_oci *spec = bundle_parse("{'process': {'args': null, 'env': null}}");
	struct maproot_oci_run run;

	ck_assert_int_eq(maproot_oci_request(spec, &wish, &run, NULL), 0);
	ck_assert_ptr_eq(run.argv, command);
	ck_assert_ptr_null(run.envp[0]);
	ck_assert_str_eq(run.engine.id, "me");
	maproot_oci_free(spec);
}
END_TEST

#define DEVPTS "'mounts': [{'destination': '/a', 'type': 'devpts', 'options': ['mode=0620', 'gid=5', 'ptmxmode=0666']}]"

START_TEST(the_unprivileged_get_a_user_namespace)
{
	struct maproot_oci *spec;
	struct maproot_oci_run run;
	const char *const *notes;
	size_t count = 0;

	unit_become_user();
	run = bundle_request("{'process': {'user': {'uid': 3, 'gid': 4}}, " DEVPTS "}", &spec);
	notes = maproot_oci_notes(spec, &count);
	ck_assert_uint_eq(run.request.namespaces, BIT(USER));
	ck_assert_ptr_null(run.request.identity.users);
	ck_assert_uint_eq(run.request.identity.user, 3);
	ck_assert_uint_eq(run.request.identity.group, 4);
	ck_assert(!run.request.identity.set_user);
	ck_assert_int_eq(run.request.identity.supplementary, MAPROOT_GROUPS_DEFAULT);
	ck_assert_str_eq(run.request.mounts[0].data, "mode=0620,ptmxmode=0666");
	ck_assert_uint_eq(count, 3);
	ck_assert_str_eq(notes[0], "linux.namespaces: made a mount namespace besides, for root and mounts");
	ck_assert_str_eq(notes[1], "linux.namespaces: made a user namespace besides, as the caller has no privileges");
	ck_assert_str_eq(notes[2], "mounts[0].options: left out gid=5, as the caller's own group alone is mapped");
	maproot_oci_free(spec);
	check_request_refused("{'process': {'user': {'additionalGids': [5]}}}", EPERM,
			      "config.json: process.user.additionalGids: is impossible where the caller's own group alone is mapped "
			      "(use subordinate ids)");
}
END_TEST

START_TEST(the_privileged_get_what_is_asked_for)
{
	struct maproot_oci *spec;
	struct maproot_oci_run run =
		bundle_request("{'process': {'user': {'uid': 3, 'gid': 4}}, 'linux': {'namespaces': [{'type': 'mount'}]}, " DEVPTS "}",
			       &spec);
	size_t count = 0;

	ck_assert_uint_eq(run.request.namespaces, BIT(MNT));
	ck_assert(run.request.identity.set_user && run.request.identity.set_group);
	ck_assert_uint_eq(run.request.identity.inner_user, 3);
	ck_assert_int_eq(run.request.identity.supplementary, MAPROOT_GROUPS_DROP);
	ck_assert_str_eq(run.request.mounts[0].data, "mode=0620,gid=5,ptmxmode=0666");
	(void)maproot_oci_notes(spec, &count);
	ck_assert_uint_eq(count, 0);
	maproot_oci_free(spec);
}
END_TEST

/* "No device" can't be kept where everybody may make one. */
START_TEST(devices_are_denied_by_the_lack_of_rights)
{
	const char *patch = "{'process': {'capabilities': {'bounding': ['CAP_MKNOD']}},"
			    "'linux': {'resources': {'devices': [{'allow': false, 'access': 'rwm'}]}}}";
	struct maproot_oci *spec = bundle_parse(patch);
	size_t count = 0;

	(void)maproot_oci_findings(spec, &count);
	ck_assert_uint_eq(count, 1);
	maproot_oci_free(spec);
	unit_become_user();
	spec = bundle_parse(patch);
	(void)maproot_oci_findings(spec, &count);
	ck_assert_uint_eq(count, 0);
	maproot_oci_free(spec);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("oci/caller", &tc);

	tcase_add_test(tc, maps_and_ids);
	tcase_add_loop_test(tc, unmapped_ids_are_refused, 0, UNIT_COUNT(contradictions));
	tcase_add_test(tc, a_group_of_a_mount_has_to_be_mapped);
	tcase_add_test(tc, there_has_to_be_a_command);
	tcase_add_test(tc, a_command_given_is_the_command);
	tcase_add_test(tc, the_unprivileged_get_a_user_namespace);
	if (geteuid() == 0) {
		tcase_add_test(tc, the_privileged_get_what_is_asked_for);
		tcase_add_test(tc, devices_are_denied_by_the_lack_of_rights);
	}
	return suite;
}

int main(void)
{
	return unit_main(build);
}

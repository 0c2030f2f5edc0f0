/*
 * Contract: what a configuration asks for and is not done is found, all of it, each with its place, in the order of the file;
 * what asks for nothing is not found. An ignored field is as if it were not there; a field that the specification doesn't know
 * can't be ignored. Unknown properties are ignored and noted.
 */
#include "bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINUX(text)     "{'linux': {" text "}}"
#define PROCESS(text)   "{'process': {" text "}}"
#define RESOURCES(text) LINUX("'resources': {" text "}")
#define USER            "'namespaces': [{'type': 'user'}]"
#define JOINED          "'namespaces': [{'type': 'mount', 'path': '/x'}]"
#define DENY            "{'allow': false, 'access': 'rwm'}"

/* `found`: "path=field" each, by spaces. */
static const struct {
	const char *patch;
	const char *found;
} rows[] = {
	{ "{}", "" },
	{ "{'hooks': {'prestart': [{'path': '/a'}], 'poststop': [{'path': '/a'}], 'poststart': []}}",
	  "hooks.poststop=hooks.poststop hooks.prestart=hooks.prestart" },
	{ "{'hooks': {'createRuntime': [{}], 'createContainer': [{}], 'startContainer': [{}]}}",
	  "hooks.createContainer=hooks.createContainer hooks.createRuntime=hooks.createRuntime "
	  "hooks.startContainer=hooks.startContainer" },
	{ PROCESS("'apparmorProfile': 'a', 'selinuxLabel': 'b', 'scheduler': {'policy': 'SCHED_IDLE'}"),
	  "process.apparmorProfile=process.apparmorProfile process.scheduler=process.scheduler "
	  "process.selinuxLabel=process.selinuxLabel" },
	{ PROCESS("'apparmorProfile': '', 'scheduler': {}"), "" },
	{ PROCESS("'ioPriority': {'class': 'IOPRIO_CLASS_RT'}, 'execCPUAffinity': {'initial': '0'}"),
	  "process.execCPUAffinity=process.execCPUAffinity process.ioPriority=process.ioPriority" },
	{ PROCESS("'consoleSize': {'height': 1, 'width': 1}"), "" },
	{ PROCESS("'terminal': true, 'consoleSize': {'height': 1, 'width': 1}"), "process.consoleSize=process.consoleSize" },
	{ PROCESS("'commandLine': 'x', 'user': {'username': 'x'}"),
	  "process.commandLine=process.commandLine process.user.username=process.user.username" },
	{ LINUX("'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW'}"), "linux.seccomp=linux.seccomp" },
	{ LINUX("'intelRdt': {'closID': 'x'}, 'mountLabel': 'x', 'memoryPolicy': {'mode': 'x'}"),
	  "linux.intelRdt=linux.intelRdt linux.memoryPolicy=linux.memoryPolicy linux.mountLabel=linux.mountLabel" },
	{ LINUX("'personality': {'domain': 'LINUX'}, 'netDevices': {}"), "" },
	{ LINUX("'personality': {'domain': 'LINUX32'}, 'netDevices': {'eth0': {}}"),
	  "linux.netDevices=linux.netDevices linux.personality=linux.personality" },
	{ LINUX("'rootfsPropagation': 'unbindable'"), "linux.rootfsPropagation=linux.rootfsPropagation" },
	{ LINUX("'rootfsPropagation': 'rshared'"), "" },
	{ LINUX("'devices': [{'path': '/dev/null', 'type': 'c', 'major': 1, 'minor': 3, 'fileMode': 438}]"), "" },
	{ LINUX("'devices': [{'path': '/dev/fuse', 'type': 'c', 'major': 10, 'minor': 229}]"), "linux.devices=linux.devices" },
	{ LINUX("'devices': [{'path': '/dev/null', 'type': 'c', 'major': 1, 'minor': 5}]"), "linux.devices=linux.devices" },
	{ LINUX("'devices': 5"), "linux.devices=linux.devices" },
	{ LINUX(USER ", 'resources': {'devices': [" DENY "]}"), "" },
	{ RESOURCES("'devices': [" DENY "]"), "" }, /* nobody has CAP_MKNOD */
	{ "{'process': {'capabilities': {'bounding': ['CAP_MKNOD']}}, 'linux': {" USER ", 'resources': {'devices': [" DENY
	  "]}}}",
	  "" },
	{ RESOURCES("'devices': [" DENY ", {'allow': true, 'type': 'c', 'major': 1, 'minor': 1, 'access': 'r'}]"),
	  "linux.resources.devices=linux.resources.devices" },
	{ RESOURCES("'devices': [{'allow': false, 'type': 'c', 'major': 1, 'access': 'r'}]"),
	  "linux.resources.devices=linux.resources.devices" },
	{ RESOURCES("'memory': {'kernel': -1, 'kernelTCP': -1, 'disableOOMKiller': false, 'useHierarchy': true, "
		    "'checkBeforeUpdate': true}"),
	  "" },
	{ RESOURCES("'memory': {'kernel': 5, 'swappiness': 0, 'disableOOMKiller': true}"),
	  "linux.resources.memory.disableOOMKiller=linux.resources.memory.disableOOMKiller "
	  "linux.resources.memory.kernel=linux.resources.memory.kernel "
	  "linux.resources.memory.swappiness=linux.resources.memory.swappiness" },
	{ RESOURCES("'cpu': {'realtimeRuntime': 0, 'realtimePeriod': 5}"),
	  "linux.resources.cpu.realtimePeriod=linux.resources.cpu.realtimePeriod" },
	{ RESOURCES("'blockIO': {'weight': 10}, 'network': {'classID': 1}, 'rdma': {'a': {}}"),
	  "linux.resources.blockIO=linux.resources.blockIO linux.resources.network=linux.resources.network "
	  "linux.resources.rdma=linux.resources.rdma" },
	{ LINUX("'namespaces': [{'type': 'time'}], 'timeOffsets': {'boottime': {'secs': 1, 'nanosecs': 5}, 'monotonic': {'nanosecs': 0}}"),
	  "linux.timeOffsets.boottime.nanosecs=linux.timeOffsets.boottime.nanosecs" },
	{ "{'mounts': [{'destination': '/a', 'type': 'tmpfs'}, {'destination': '/b', 'type': 'tmpfs', 'uidMappings': "
	  "[{'containerID': 0}]}]}",
	  "mounts[1].uidMappings=mounts.uidMappings" },
	{ "{'vm': {'kernel': {}}, 'windows': {'x': 1}, 'solaris': {}}", "vm=vm windows=windows" },
	{ "{'hostname': 'a', 'domainname': 'b'}", "domainname=domainname hostname=hostname" },
	{ "{'hostname': 'a', 'domainname': 'b', 'linux': {'namespaces': [{'type': 'uts'}]}}", "" },
	{ "{'hostname': 'a', 'linux': {'namespaces': [{'type': 'uts', 'path': '/x'}]}}", "hostname=hostname" },
	{ "{'mounts': [{'destination': '/a', 'type': 'tmpfs'}], 'linux': {" JOINED
	  ", 'maskedPaths': ['/a'], 'readonlyPaths': ['/a'], 'rootfsPropagation': 'slave'}}",
	  "linux.maskedPaths=linux.maskedPaths linux.readonlyPaths=linux.readonlyPaths "
	  "linux.rootfsPropagation=linux.rootfsPropagation mounts=mounts root=root" },
};

static int compare(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

START_TEST(is_found)
{
	struct maproot_oci *spec = bundle_parse(rows[_i].patch);
	size_t count = 0;
	const struct maproot_oci_finding *findings = maproot_oci_findings(spec, &count);
	const char *items[16];
	char found[1024] = "";

	ck_assert_uint_lt(count, UNIT_COUNT(items));
	for (size_t at = 0; at < count; at++) {
		items[at] = support_text("%s=%s", findings[at].path, findings[at].field);
		ck_assert_ptr_nonnull(findings[at].why);
		ck_assert_str_ne(findings[at].why, "");
	}
	qsort(items, count, sizeof(items[0]), compare);
	for (size_t at = 0; at < count; at++)
		(void)strcat(strcat(found, at > 0 ? " " : ""), items[at]);
	ck_assert_str_eq(found, rows[_i].found);
	maproot_oci_free(spec);
}
END_TEST

static struct maproot_oci *ignoring(const char *patch, const char *field, int want, struct maproot_error *err)
{
	struct maproot_oci *spec = NULL;
	char *text = bundle_text(NULL, patch);

	ck_assert_int_eq(maproot_oci_parse(text, strlen(text), "/bundle", &field, 1, &spec, err), want);
	free(text);
	return spec;
}

static const struct {
	const char *patch;
	const char *field;
	const char *note; /* NULL: none, it is not there */
} ignored[] = {
	{ LINUX("'seccomp': {'x': 1}"), "linux.seccomp", "linux.seccomp: ignored, as asked" },
	{ "{'hooks': {'prestart': [{}], 'poststop': [{}]}}", "hooks", "hooks: ignored, as asked" },
	{ RESOURCES("'blockIO': {'weight': 10}, 'network': {'classID': 1}"), "linux.resources", "linux.resources: ignored, as asked" },
	{ "{'mounts': [{'destination': '/a', 'type': 'tmpfs', 'uidMappings': [1]}, {'destination': '/b', 'type': 'tmpfs', "
	  "'uidMappings': [2]}]}",
	  "mounts.uidMappings", "mounts.uidMappings: ignored, as asked" },
	{ "{}", "linux.seccomp", NULL },
	{ "{'process': {'rlimits': []}}", "process.rlimits.type", NULL },
};

START_TEST(ignored_is_gone)
{
	struct maproot_oci *spec = ignoring(ignored[_i].patch, ignored[_i].field, 0, NULL);
	size_t count = 0;
	const char *const *notes = maproot_oci_notes(spec, &count);

	ck_assert_uint_eq(count, ignored[_i].note != NULL);
	if (ignored[_i].note)
		ck_assert_str_eq(notes[0], ignored[_i].note);
	(void)maproot_oci_findings(spec, &count);
	ck_assert_uint_eq(count, 0);
	maproot_oci_free(spec);
}
END_TEST

static const char *const no_fields[] = { "", "linux.", "seccomp", "linux.seccomp.syscalls", "mounts[0]", "linux.nothing" };

START_TEST(unknown_can_not_be_ignored)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_ptr_null(ignoring("{}", no_fields[_i], -EINVAL, &err));
	unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST,
			 support_text("no field '%s' to ignore in the specification", no_fields[_i]));
}
END_TEST

START_TEST(unknown_is_noted)
{
	struct maproot_oci *spec = bundle_parse("{'linux': {'namespaces': [{'type': 'pid'}, {'type': 'ipc', 'x.y': 1}]}, 'zzz': {'b': 1}}");
	size_t count = 0;
	const char *const *notes = maproot_oci_notes(spec, &count);

	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(notes[0], "linux.namespaces[1].x.y: unknown property, ignored");
	ck_assert_str_eq(notes[1], "zzz: unknown property, ignored");
	maproot_oci_free(spec);
}
END_TEST

/* A name with a dot is one name, whatever it looks like. */
START_TEST(dots_in_names_are_no_levels)
{
	struct maproot_oci *spec = bundle_parse("{'linux.seccomp': {'x': 1}}");
	size_t count = 1;

	(void)maproot_oci_findings(spec, &count);
	ck_assert_uint_eq(count, 0);
	maproot_oci_free(spec);
}
END_TEST

START_TEST(the_complete_example_is_read)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_oci *spec;
	char *text = bundle_text("complete.json", NULL);
	size_t count = 0;

	ck_assert_msg(maproot_oci_parse(text, strlen(text), "/bundle", NULL, 0, &spec, &err) == 0, "%s", err.object);
	(void)maproot_oci_findings(spec, &count);
	ck_assert_uint_eq(count, 15);
	(void)maproot_oci_notes(spec, &count);
	ck_assert_uint_eq(count, 0); /* nothing in it is unknown, and nothing of it is adapted */
	maproot_oci_free(spec);
	free(text);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("oci/honour", &tc);

	tcase_add_loop_test(tc, is_found, 0, UNIT_COUNT(rows));
	tcase_add_loop_test(tc, ignored_is_gone, 0, UNIT_COUNT(ignored));
	tcase_add_loop_test(tc, unknown_can_not_be_ignored, 0, UNIT_COUNT(no_fields));
	tcase_add_test(tc, unknown_is_noted);
	tcase_add_test(tc, dots_in_names_are_no_levels);
	tcase_add_test(tc, the_complete_example_is_read);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

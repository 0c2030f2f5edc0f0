/*
 * Contract: what is no JSON, or says what the specification doesn't allow, is refused with a message that names the file
 * and the place, and `ret_spec` stays as it was. What other writers leave in is taken: empty strings for "not given", unknown
 * properties, 2^64-1.
 */
#include "bundle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The words behind the place are the parser's. */
static const struct {
	const char *text;
	const char *start;
	const char *words;
} raw[] = {
	{ "", "config.json: line 1, column 0: ", "expected near end of file" },
	{ "[]", "config.json: must be an object", "" },
	{ "{", "config.json: line 1, column 1: ", "expected near end of file" },
	{ "{\"ociVersion\": \"1.0.2\"} x", "config.json: line 1, column 25: ", "end of file expected near 'x'" },
	{ "{\"a\": 1,\n \"a\": 2}", "config.json: line 2, column 4: ", "duplicate object key" },
	{ "{\"a\": \"\\u0000\"}", "config.json: line 1, column 14: ", "\\u0000" },
	{ "{\"a\\u0000\": 1}", "config.json: line 1, column 10: ", "\\u0000" },
	{ "{\"a\": \"\xff\"}", "config.json: line 1, column 7: ", "0xff" },
	{ "{\"a\": 18446744073709551616}", "config.json: line 1, column 26: ", "too big" },
	{ "{\"a\": 9223372036854775808}", "config.json: line 1, column 25: ", "too big" },
	{ "{}", "config.json: ociVersion: is missing", "" },
};

START_TEST(text_is_refused)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_oci *spec = NULL;

	ck_assert_int_eq(maproot_oci_parse(raw[_i].text, strlen(raw[_i].text), "/", NULL, 0, &spec, &err), -EINVAL);
	ck_assert_ptr_null(spec);
	ck_assert_int_eq(err.step, MAPROOT_STEP_SPEC);
	ck_assert_msg(strncmp(err.object, raw[_i].start, strlen(raw[_i].start)) == 0, "%s", err.object);
	ck_assert_msg(strstr(err.object, raw[_i].words), "%s", err.object);
}
END_TEST

#define P               "config.json: process."
#define L               "config.json: linux."
#define R               "config.json: linux.resources."
#define LINUX(text)     "{'linux': {" text "}}"
#define PROCESS(text)   "{'process': {" text "}}"
#define MOUNT(text)     "{'mounts': [{" text "}]}"
#define RESOURCES(text) LINUX("'resources': {" text "}")
#define MAP(name, text) LINUX("'namespaces': [{'type': 'user'}], '" name "': [" text "]")

static const struct {
	const char *patch;
	const char *message;
} rows[] = {
	{ "{'ociVersion': 1}", "config.json: ociVersion: must be a string, and is an integer" },
	{ "{'ociVersion': ''}", "config.json: ociVersion: is empty" },
	{ "{'ociVersion': '1.0'}", "config.json: ociVersion: '1.0' is no version" },
	{ "{'ociVersion': '1.0.0x'}", "config.json: ociVersion: '1.0.0x' is no version" },
	{ "{'ociVersion': '2.0.0'}", "config.json: ociVersion: version 2.0.0 is not known, only 1 is" },
	{ "{'process': null}", "config.json: process: is missing" },
	{ "{'process': []}", "config.json: process: must be an object, and is an array" },
	{ "{'root': null}", "config.json: root: is missing" },
	{ "{'root': {'path': null}}", "config.json: root.path: is missing" },
	{ "{'root': {'readonly': 'yes'}}", "config.json: root.readonly: must be a boolean, and is a string" },
	{ "{'hostname': 5}", "config.json: hostname: must be a string, and is an integer" },
	{ "{'hooks': 5}", "config.json: hooks: must be an object, and is an integer" },
	{ "{'annotations': {'a': 5}}", "config.json: annotations.a: must be a string" },
	{ PROCESS("'cwd': null"), P "cwd: is missing" },
	{ PROCESS("'cwd': 'tmp'"), P "cwd: 'tmp' is not an absolute path" },
	{ PROCESS("'args': []"), P "args: names no command" },
	{ PROCESS("'args': ['']"), P "args: names no command" },
	{ PROCESS("'args': ['a', 5]"), P "args[1]: must be a string, and is an integer" },
	{ PROCESS("'args': 'true'"), P "args: must be an array, and is a string" },
	{ PROCESS("'env': ['A=1', 'B']"), P "env[1]: is not NAME=VALUE" },
	{ PROCESS("'env': ['=1']"), P "env[0]: is not NAME=VALUE" },
	{ PROCESS("'terminal': 1"), P "terminal: must be a boolean, and is an integer" },
	{ PROCESS("'user': {'uid': null}"), P "user.uid: is missing" },
	{ PROCESS("'user': {'uid': -1}"), P "user.uid: -1 is not in 0 to 4294967294" },
	{ PROCESS("'user': {'gid': 4294967295}"), P "user.gid: 4294967295 is not in 0 to 4294967294" },
	{ PROCESS("'user': {'gid': 1.5}"), P "user.gid: must be an integer, and is a number with a fraction or exponent" },
	{ PROCESS("'user': {'umask': 512}"), P "user.umask: 512 is not in 0 to 511" },
	{ PROCESS("'user': {'additionalGids': [1, -1]}"), P "user.additionalGids[1]: -1 is not in 0 to 4294967294" },
	{ PROCESS("'oomScoreAdj': 1001"), P "oomScoreAdj: 1001 is not in -1000 to 1000" },
	{ PROCESS("'rlimits': [{'type': 'RLIMIT_FOO', 'soft': 1, 'hard': 1}]"),
	  P "rlimits[0].type: unknown limit 'RLIMIT_FOO'" },
	{ PROCESS("'rlimits': [{'type': 'RLIMIT_CPU', 'soft': 2, 'hard': 1}]"),
	  P "rlimits[0]: the soft limit is above the hard one" },
	{ PROCESS("'rlimits': [{'type': 'RLIMIT_CPU', 'soft': 1}]"), P "rlimits[0].hard: is missing" },
	{ PROCESS("'rlimits': [{'type': 'RLIMIT_CPU', 'soft': -1, 'hard': 1}]"),
	  P "rlimits[0].soft: -1 is not in 0 to 9223372036854775807" },
	{ PROCESS("'rlimits': [{'type': 'RLIMIT_CPU', 'soft': 1, 'hard': 1}, {'type': 'RLIMIT_CPU', 'soft': 1, 'hard': 1}]"),
	  P "rlimits[1]: this limit is given twice" },
	{ PROCESS("'capabilities': {'bounding': ['CAP_FOO']}"), P "capabilities.bounding[0]: unknown capability 'CAP_FOO'" },
	{ PROCESS("'capabilities': {'bounding': ['CHOWN']}"), P "capabilities.bounding[0]: unknown capability 'CHOWN'" },
	{ PROCESS("'capabilities': {'effective': ['CAP_CHOWN']}"), P "capabilities: effective has what is not permitted" },
	{ "{'mounts': {}}", "config.json: mounts: must be an array, and is an object" },
	{ MOUNT("'type': 'proc'"), "config.json: mounts[0].destination: is missing" },
	{ MOUNT("'destination': 'proc', 'type': 'proc'"), "config.json: mounts[0].destination: 'proc' is not an absolute path" },
	{ MOUNT("'destination': '/proc'"), "config.json: mounts[0].type: is missing, and it is no bind mount" },
	{ MOUNT("'destination': '/a', 'options': ['bind']"), "config.json: mounts[0].source: is missing, and it is a bind mount" },
	{ MOUNT("'destination': '/a', 'type': 'tmpfs', 'options': ['ro', 'idmap']"),
	  "config.json: mounts[0].options[1]: the option 'idmap' is not supported" },
	{ MOUNT("'destination': '/a', 'type': 'tmpfs', 'options': ['']"), "config.json: mounts[0].options[0]: is empty" },
	{ MOUNT("'destination': '/a', 'type': 'tmpfs', 'options': ['rro']"),
	  "config.json: mounts[0]: the option 'rro' is for bind mounts" },
	{ LINUX("'namespaces': [{'type': 'mnt'}]"), L "namespaces[0].type: unknown namespace type 'mnt'" },
	{ LINUX("'namespaces': [{'path': '/x'}]"), L "namespaces[0].type: is missing" },
	{ LINUX("'namespaces': [{'type': 'pid'}, {'type': 'pid'}]"), L "namespaces[1]: this type is given twice" },
	{ LINUX("'namespaces': [{'type': 'pid', 'path': 'x'}]"), L "namespaces[0].path: 'x' is not an absolute path" },
	{ LINUX("'uidMappings': [{'containerID': 0, 'hostID': 0, 'size': 1}]"),
	  L "uidMappings: needs a new user namespace in linux.namespaces" },
	{ MAP("uidMappings", "{'containerID': 0, 'hostID': 0, 'size': 1}"),
	  "config.json: linux: uidMappings and gidMappings go together" },
	{ MAP("uidMappings", "{'containerID': 0, 'hostID': 0, 'size': 0}"), L "uidMappings[0].size: 0 is not in 1 to 4294967295" },
	{ MAP("uidMappings", "{'containerID': 0, 'size': 1}"), L "uidMappings[0].hostID: is missing" },
	{ MAP("gidMappings", "{'containerID': 0, 'hostID': 0, 'size': 2}, {'containerID': 1, 'hostID': 9, 'size': 1}"),
	  L "gidMappings[1]: 1:9:1: inner ids are mapped already" },
	{ LINUX("'rootfsPropagation': 'private '"), L "rootfsPropagation: unknown propagation 'private '" },
	{ LINUX("'maskedPaths': ['/a', 'b']"), L "maskedPaths[1]: 'b' is not an absolute path" },
	{ LINUX("'readonlyPaths': ['b']"), L "readonlyPaths[0]: 'b' is not an absolute path" },
	{ LINUX("'sysctl': {'vm.swappiness': '1'}"), L "sysctl.vm.swappiness: is no parameter of a namespace" },
	{ LINUX("'sysctl': {'net.core.somaxconn': '1'}"),
	  L "sysctl.net.core.somaxconn: needs a new net namespace in linux.namespaces" },
	{ LINUX("'namespaces': [{'type': 'ipc', 'path': '/x'}], 'sysctl': {'kernel.sem': '1'}"),
	  L "sysctl.kernel.sem: needs a new ipc namespace in linux.namespaces" },
	{ LINUX("'namespaces': [{'type': 'uts'}], 'sysctl': {'kernel.hostname': 1}"), L "sysctl.kernel.hostname: must be a string" },
	{ LINUX("'timeOffsets': {'boottime': {'secs': 1}}"),
	  L "timeOffsets.boottime: needs a new time namespace in linux.namespaces" },
	{ LINUX("'timeOffsets': {'boottime': {'nanosecs': 1000000000}}"),
	  L "timeOffsets.boottime.nanosecs: 1000000000 is not in 0 to 999999999" },
	{ RESOURCES("'memory': {'limit': -2}"), R "memory.limit: -2 is not in -1 to 9223372036854775807" },
	{ RESOURCES("'memory': {'swap': 5}"), R "memory.swap: is memory and swap together, and needs a limit of memory" },
	{ RESOURCES("'memory': {'limit': 6, 'swap': 5}"),
	  R "memory.swap: is memory and swap together, and less than the limit of memory" },
	{ RESOURCES("'pids': {}"), R "pids.limit: is missing" },
	{ RESOURCES("'cpu': {'cpus': 2}"), R "cpu.cpus: must be a string, and is an integer" },
	{ RESOURCES("'cpu': {'idle': 2}"), R "cpu.idle: 2 is not in 0 to 1" },
	{ RESOURCES("'hugepageLimits': [{'pageSize': '../2MB', 'limit': 0}]"),
	  R "hugepageLimits[0].pageSize: '../2MB' is no size of a page" },
	{ RESOURCES("'unified': {'../x.y': '1'}"), R "unified.../x.y: is no file of a control group" },
	{ RESOURCES("'unified': {'memory.high': 1}"), R "unified.memory.high: must be a string" },
};

START_TEST(place_is_named)
{
	bundle_refused(rows[_i].patch, rows[_i].message);
}
END_TEST

START_TEST(nesting_is_limited)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_oci *spec;
	char text[8192];

	memset(text, '[', sizeof(text));
	ck_assert_int_eq(maproot_oci_parse(text, sizeof(text), "/", NULL, 0, &spec, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.object, "depth"));
}
END_TEST

START_TEST(long_paths_lose_their_beginning)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_oci *spec;
	char patch[600];
	char *text;

	(void)snprintf(patch, sizeof(patch), "{'linux': {'namespaces': [{'type': 'net'}], 'sysctl': {'%0400d': '1'}}}", 7);
	text = bundle_text(NULL, patch);
	ck_assert_int_eq(maproot_oci_parse(text, strlen(text), "/", NULL, 0, &spec, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.object, "config.json: "));
	free(text);
}
END_TEST

static const char *const taken[] = {
	"{'ociVersion': '1.0.2-dev'}",
	"{'ociVersion': '1.2.1+dev'}",
	"{'hostname': '', 'domainname': ''}",
	"{'unknown': {'deep': [1, null]}, 'process': {'x.y': 1}}",
	"{'hooks': {'prestart': []}, 'annotations': {'a': ''}}",
	"{'process': {'args': null}}",
	"{'linux': {'namespaces': [{'type': 'uts', 'path': ''}], 'cgroupsPath': '', 'rootfsPropagation': ''}}",
	"{'linux': {'namespaces': [{'type': 'mount', 'path': '/x'}]}, 'root': null}",
};

START_TEST(is_taken)
{
	maproot_oci_free(bundle_parse(taken[_i]));
}
END_TEST

static const struct {
	bool directory; /* there is one instead of the file */
	off_t size;     /* -1: there is none */
	int code;
	const char *words;
} files[] = {
	{ true, 0, EINVAL, "config.json is no regular file" },
	{ false, 9000000, EFBIG, "config.json is larger than 8 MiB" },
	{ false, -1, ENOENT, "cannot open '%s/config.json': No such file or directory" },
};

START_TEST(file_is_judged)
{
	const char *bundle = support_text("%s/file-%d", support_directory(), _i);
	const char *config = support_text("%s/config.json", bundle);
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_oci *spec;
	char message[512];
	char want[512];

	ck_assert_int_eq(mkdir(bundle, 0755), 0);
	if (files[_i].directory) {
		ck_assert_int_eq(mkdir(config, 0755), 0);
	} else if (files[_i].size >= 0) {
		(void)unit_file(config, "{");
		ck_assert_int_eq(truncate(config, files[_i].size), 0);
	}
	ck_assert_int_eq(maproot_oci_load(bundle, NULL, 0, &spec, &err), -files[_i].code);
	(void)maproot_error_format(&err, message, sizeof(message));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(want, sizeof(want), files[_i].words, bundle);
#pragma GCC diagnostic pop
	ck_assert_str_eq(message, want);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("oci/strict", &tc);

	tcase_add_loop_test(tc, text_is_refused, 0, UNIT_COUNT(raw));
	tcase_add_loop_test(tc, place_is_named, 0, UNIT_COUNT(rows));
	tcase_add_test(tc, nesting_is_limited);
	tcase_add_test(tc, long_paths_lose_their_beginning);
	tcase_add_loop_test(tc, is_taken, 0, UNIT_COUNT(taken));
	tcase_add_loop_test(tc, file_is_judged, 0, UNIT_COUNT(files));
	return suite;
}

int main(void)
{
	return unit_main(build);
}

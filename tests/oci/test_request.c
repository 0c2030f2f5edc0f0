/*
 * Contract: a configuration becomes the request that says the same: limits of cgroup version 1 converted to files of version 2,
 * options of mounts to flags and data, namespaces to new ones and references.
 */
#include "bundle.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>

#define LINUX(text)     "{'linux': {" text "}}"
#define RESOURCES(text) LINUX("'resources': {" text "}")
#define BIT(type)       MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##type)

static const struct {
	const char *patch;
	const char *limits; /* by ";"; NULL: no group at all */
} resources[] = {
	{ "{}", NULL },
	{ RESOURCES("'devices': [{'allow': false, 'access': 'rwm'}], 'memory': {}, 'cpu': {'shares': 0}"), NULL },
	{ RESOURCES("'memory': {'limit': 536870912}"), "memory.max=536870912" },
	{ RESOURCES("'memory': {'limit': 100, 'swap': 150, 'reservation': 50}"),
	  "memory.max=100;memory.swap.max=50;memory.low=50" },
	{ RESOURCES("'memory': {'limit': 100, 'swap': 100}"), "memory.max=100;memory.swap.max=0" },
	{ RESOURCES("'memory': {'limit': 100, 'swap': -1}"), "memory.max=100;memory.swap.max=max" },
	{ RESOURCES("'memory': {'limit': -1}"), "memory.max=max;memory.swap.max=max" },
	{ RESOURCES("'memory': {'limit': 0, 'swap': 0, 'reservation': -1}"), "memory.low=max" },
	{ RESOURCES("'cpu': {'shares': 2}"), "cpu.weight=1" },
	{ RESOURCES("'cpu': {'shares': 1024}"), "cpu.weight=39" },
	{ RESOURCES("'cpu': {'shares': 262144}"), "cpu.weight=10000" },
	{ RESOURCES("'cpu': {'shares': 1}"), "cpu.weight=1" },
	{ RESOURCES("'cpu': {'shares': 9223372036854775807}"), "cpu.weight=10000" },
	{ RESOURCES("'cpu': {'quota': 20000, 'period': 50000}"), "cpu.max=20000 50000" },
	{ RESOURCES("'cpu': {'quota': 20000}"), "cpu.max=20000 100000" },
	{ RESOURCES("'cpu': {'quota': -1}"), "cpu.max=max 100000" },
	{ RESOURCES("'cpu': {'period': 50000}"), "cpu.max=max 50000" },
	{ RESOURCES("'cpu': {'quota': 0, 'period': 0, 'cpus': '', 'mems': ''}"), NULL },
	{ RESOURCES("'cpu': {'quota': 5000, 'burst': 1000, 'idle': 1, 'cpus': '0-1', 'mems': '0'}"),
	  "cpu.max=5000 100000;cpu.max.burst=1000;cpu.idle=1;cpuset.cpus=0-1;cpuset.mems=0" },
	{ RESOURCES("'pids': {'limit': 10}"), "pids.max=10" },
	{ RESOURCES("'pids': {'limit': -1}"), "pids.max=max" },
	{ RESOURCES("'pids': {'limit': 0}"), NULL },
	{ RESOURCES("'hugepageLimits': [{'pageSize': '2MB', 'limit': 5}, {'pageSize': '1GB', 'limit': 9223372036854772000}]"),
	  "hugetlb.2MB.max=5;hugetlb.1GB.max=9223372036854772000" },
	{ RESOURCES("'pids': {'limit': 10}, 'unified': {'pids.max': '20', 'io.max': '8:0 rbps=1'}"),
	  "pids.max=10;pids.max=20;io.max=8:0 rbps=1" },
};

START_TEST(resources_are_converted)
{
	struct maproot_oci *spec;
	struct maproot_oci_run run = bundle_request(resources[_i].patch, &spec);
	char limits[512] = "";

	ck_assert_int_eq(run.request.cgroup != NULL, resources[_i].limits != NULL);
	for (size_t at = 0; run.request.cgroup && at < run.request.cgroup->limit_count; at++)
		(void)strcat(strcat(limits, at > 0 ? ";" : ""), run.request.cgroup->limits[at]);
	if (resources[_i].limits) {
		ck_assert_str_eq(limits, resources[_i].limits);
		ck_assert_ptr_null(run.request.cgroup->name);
	}
	maproot_oci_free(spec);
}
END_TEST

START_TEST(cgroup_is_named_managed_or_left_out)
{
	const char *patch = LINUX("'cgroupsPath': '/a/b', 'resources': {'pids': {'limit': 5}}");
	const struct maproot_oci_wish none = { .no_cgroup = true };
	const struct maproot_oci_wish managed = { .manager = MAPROOT_CGROUP_SYSTEMD };
	struct maproot_oci *spec;
	struct maproot_oci_run run = bundle_request(patch, &spec);

	ck_assert_str_eq(run.request.cgroup->name, "/a/b");
	ck_assert_int_eq(run.request.cgroup->manager, MAPROOT_CGROUP_AUTO);
	ck_assert_int_eq(maproot_oci_request(spec, &managed, &run, NULL), 0);
	ck_assert_int_eq(run.request.cgroup->manager, MAPROOT_CGROUP_SYSTEMD);
	ck_assert_int_eq(maproot_oci_request(spec, &none, &run, NULL), 0);
	ck_assert_ptr_null(run.request.cgroup);
	maproot_oci_free(spec);
}
END_TEST

static const struct {
	const char *mount; /* besides the destination */
	enum maproot_mount_kind kind;
	const char *source;
	unsigned long flags;
	unsigned long propagation;
	bool read_only;
	const char *data;
} mounts[] = {
	{ "'type': 'proc', 'source': 'proc'", MAPROOT_MOUNT_FILESYSTEM, "proc", 0, 0, false, NULL },
	{ "'type': 'tmpfs', 'options': ['nosuid', 'strictatime', 'mode=755', 'size=64k']", MAPROOT_MOUNT_FILESYSTEM, NULL,
	  MS_NOSUID | MS_STRICTATIME, 0, false, "mode=755,size=64k" },
	{ "'type': 'tmpfs', 'options': ['defaults', 'noexec', 'nodev', 'ro', 'relatime', 'x-a', 'nofail']",
	  MAPROOT_MOUNT_FILESYSTEM, NULL, MS_NOEXEC | MS_NODEV | MS_RDONLY | MS_RELATIME, 0, false, NULL },
	{ "'type': 'tmpfs', 'options': ['ro', 'nosuid', 'noatime', 'sync', 'rw', 'suid', 'atime', 'async']",
	  MAPROOT_MOUNT_FILESYSTEM, NULL, 0, 0, false, NULL },
	{ "'type': 'tmpfs', 'options': ['slave', 'rprivate']", MAPROOT_MOUNT_FILESYSTEM, NULL, 0, MS_PRIVATE | MS_REC, false,
	  NULL },
	{ "'source': '/a', 'options': ['bind']", MAPROOT_MOUNT_BIND, "/a", MS_BIND, 0, false, NULL },
	{ "'source': 'a/b', 'options': ['rbind', 'ro', 'rslave']", MAPROOT_MOUNT_BIND, "/bundle/a/b",
	  MS_BIND | MS_REC | MS_RDONLY, MS_SLAVE | MS_REC, false, NULL },
	{ "'type': 'none', 'source': '/sys', 'options': ['rbind', 'rro', 'mode=1']", MAPROOT_MOUNT_BIND, "/sys",
	  MS_BIND | MS_REC | MS_RDONLY, 0, true, NULL },
	{ "'type': 'bind', 'source': '/a'", MAPROOT_MOUNT_BIND, "/a", MS_BIND | MS_REC, 0, false, NULL },
};

START_TEST(options_become_flags)
{
	struct maproot_oci *spec;
	struct maproot_oci_run run =
		bundle_request(support_text("{'mounts': [{'destination': '/t', %s}]}", mounts[_i].mount), &spec);
	const struct maproot_mount *mount = run.request.mounts;

	ck_assert_uint_eq(run.request.mount_count, 1);
	ck_assert_int_eq(mount->kind, mounts[_i].kind);
	ck_assert_str_eq(mount->target, "/t");
	ck_assert_pstr_eq(mount->source, mounts[_i].source);
	ck_assert_uint_eq(mount->flags, mounts[_i].flags);
	ck_assert_uint_eq(mount->propagation, mounts[_i].propagation);
	ck_assert_int_eq(mount->read_only, mounts[_i].read_only);
	ck_assert_pstr_eq(mount->data, mounts[_i].data);
	maproot_oci_free(spec);
}
END_TEST

START_TEST(process_is_taken_over)
{
	struct maproot_oci *spec;
	struct maproot_oci_run run = bundle_request(
		"{'process': {'args': ['a', 'b'], 'env': ['A=1'], 'cwd': '/tmp', 'noNewPrivileges': true, 'oomScoreAdj': 7,"
		"'user': {'uid': 0, 'gid': 0, 'umask': 23},"
		"'rlimits': [{'type': 'RLIMIT_NOFILE', 'soft': 5, 'hard': 9}]},"
		"'root': {'path': '/r', 'readonly': true},"
		"'linux': {'maskedPaths': ['/m'], 'readonlyPaths': ['/r1', '/r2'], 'namespaces': [{'type': 'network'}, {'type': 'pid'}],"
		"'sysctl': {'net.ipv4.ip_forward': '1'}, 'rootfsPropagation': 'rprivate'}}",
		&spec);
	const struct maproot_attributes *attributes = run.request.attributes;

	ck_assert_str_eq(run.argv[0], "a");
	ck_assert_str_eq(run.argv[1], "b");
	ck_assert_ptr_null(run.argv[2]);
	ck_assert_str_eq(run.envp[0], "A=1");
	ck_assert_ptr_null(run.envp[1]);
	ck_assert_str_eq(run.request.directory, "/tmp");
	ck_assert_str_eq(run.request.root, "/r");
	ck_assert_str_eq(run.engine.bundle, "/bundle");
	ck_assert(run.request.as_pid_1);
	ck_assert_int_eq(run.request.keep_fds, 3);
	ck_assert_int_eq(run.request.propagation, MAPROOT_PROPAGATION_PRIVATE);
	ck_assert(attributes->no_new_privileges && attributes->set_oom_score_adj && attributes->set_umask);
	ck_assert(attributes->read_only_root && attributes->bare_root && attributes->default_devices);
	ck_assert_int_eq(attributes->oom_score_adj, 7);
	ck_assert_uint_eq(attributes->umask, 23);
	ck_assert_uint_eq(attributes->rlimit_count, 1);
	ck_assert_int_eq(attributes->rlimits[0].resource, RLIMIT_NOFILE);
	ck_assert_uint_eq(attributes->rlimits[0].soft, 5);
	ck_assert_uint_eq(attributes->rlimits[0].hard, 9);
	ck_assert_uint_eq(attributes->masked_count, 1);
	ck_assert_uint_eq(attributes->read_only_count, 2);
	ck_assert_str_eq(attributes->read_only[1], "/r2");
	ck_assert_str_eq(attributes->sysctls[0], "net.ipv4.ip_forward=1");
	maproot_oci_free(spec);
}
END_TEST

/* 2^64-1 as a number, which is more than the parser's integers are; in a string it is a string. */
START_TEST(the_largest_number_is_no_limit)
{
	static const char text[] = "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"\\\"18446744073709551615\"},"
				   "\"process\":{\"cwd\":\"/\",\"args\":[\"18446744073709551615\"],\"rlimits\":["
				   "{\"type\":\"RLIMIT_CPU\",\"soft\":18446744073709551615,\"hard\": 18446744073709551615}]}}";
	const struct maproot_oci_wish wish = { 0 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_oci *spec;
	struct maproot_oci_run run;

	ck_assert_msg(maproot_oci_parse(text, strlen(text), "/b", NULL, 0, &spec, &err) == 0, "%s", err.object);
	ck_assert_int_eq(maproot_oci_request(spec, &wish, &run, NULL), 0);
	ck_assert(run.request.attributes->rlimits[0].soft == UINT64_MAX);
	ck_assert(run.request.attributes->rlimits[0].hard == UINT64_MAX);
	ck_assert_str_eq(run.argv[0], "18446744073709551615");
	ck_assert_str_eq(run.request.root, "/b/\"18446744073709551615");
	maproot_oci_free(spec);
}
END_TEST

static const struct {
	const char *sets;
	struct maproot_capability_sets want;
	size_t notes;
} capabilities[] = {
	{ "null", { 0, 0, 0, 0, 0 }, 0 },
	{ "{'bounding': ['CAP_CHOWN', 'CAP_CHECKPOINT_RESTORE']}", { 1 | 1ULL << 40, 0, 0, 0, 0 }, 0 },
	{ "{'permitted': ['CAP_KILL'], 'effective': ['CAP_KILL'], 'inheritable': ['CAP_KILL'], 'ambient': ['CAP_KILL']}",
	  { 0, 1 << CAP_KILL, 1 << CAP_KILL, 1 << CAP_KILL, 1 << CAP_KILL },
	  0 },
	/* As `runc spec` writes it: the kernel would refuse these. */
	{ "{'permitted': ['CAP_KILL'], 'ambient': ['CAP_KILL']}", { 0, 0, 1 << CAP_KILL, 0, 0 }, 1 },
};

START_TEST(capabilities_are_exact)
{
	struct maproot_oci *spec;
	struct maproot_oci_run run =
		bundle_request(support_text("{'linux': {'namespaces': [{'type': 'user'}, {'type': 'mount'}]},"
					    "'process': {'capabilities': %s}}",
					    capabilities[_i].sets),
			       &spec);
	size_t count = 0;

	ck_assert_mem_eq(run.request.attributes->capabilities, &capabilities[_i].want, sizeof(capabilities[_i].want));
	(void)maproot_oci_notes(spec, &count);
	ck_assert_uint_eq(count, capabilities[_i].notes);
	maproot_oci_free(spec);
}
END_TEST

START_TEST(namespaces_are_new_or_joined)
{
	struct maproot_oci *spec;
	struct maproot_oci_run run = bundle_request(
		"{'hostname': 'a', 'domainname': 'b', 'linux': {'namespaces': [{'type': 'uts'}, {'type': 'network', 'path': "
		"'/n'}, {'type': 'time'}, {'type': 'cgroup'}, {'type': 'ipc', 'path': '/i'}, {'type': 'user'}, {'type': 'mount'}],"
		"'timeOffsets': {'monotonic': {'secs': -5}, 'boottime': {'secs': 7, 'nanosecs': 0}}}}",
		&spec);
	const enum maproot_namespace types[] = { MAPROOT_NAMESPACE_NET, MAPROOT_NAMESPACE_PID, MAPROOT_NAMESPACE_UTS };
	struct maproot_namespace_entry chosen[3];
	size_t count = 0;
	const struct maproot_namespace_entry *entries = maproot_oci_namespaces(spec, &count);

	ck_assert_uint_eq(run.request.namespaces, BIT(UTS) | BIT(TIME) | BIT(CGROUP) | BIT(USER) | BIT(MNT));
	ck_assert_uint_eq(run.request.join_count, 2);
	ck_assert_str_eq(run.request.joins[0], "net=/n");
	ck_assert_str_eq(run.request.joins[1], "ipc=/i");
	ck_assert_str_eq(run.request.hostname, "a");
	ck_assert_str_eq(run.request.domainname, "b");
	ck_assert_int_eq(run.request.monotonic, -5);
	ck_assert_int_eq(run.request.boottime, 7);
	ck_assert(!run.request.as_pid_1);
	ck_assert_uint_eq(count, 7);
	ck_assert_uint_eq(maproot_namespace_filter(entries, count, types, 3, chosen), 2);
	ck_assert_str_eq(chosen[0].path, "/n");
	ck_assert_ptr_null(chosen[1].path);
	ck_assert_ptr_null(maproot_namespace_get(entries, count, MAPROOT_NAMESPACE_PID));
	maproot_oci_free(spec);
}
END_TEST

START_TEST(a_joined_mount_namespace_stays)
{
	struct maproot_oci *spec;
	struct maproot_oci_run run =
		bundle_request("{'mounts': [{'destination': '/a', 'type': 'tmpfs'}], 'root': {'readonly': true}, 'linux': {"
			       "'namespaces': [{'type': 'mount', 'path': '/x'}], 'maskedPaths': ['/a']}}",
			       &spec);

	ck_assert_ptr_null(run.request.root);
	ck_assert_uint_eq(run.request.mount_count, 0);
	ck_assert_uint_eq(run.request.attributes->masked_count, 0);
	ck_assert(!run.request.attributes->read_only_root && !run.request.attributes->bare_root);
	maproot_oci_free(spec);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("oci/request", &tc);

	tcase_add_loop_test(tc, resources_are_converted, 0, UNIT_COUNT(resources));
	tcase_add_test(tc, cgroup_is_named_managed_or_left_out);
	tcase_add_loop_test(tc, options_become_flags, 0, UNIT_COUNT(mounts));
	tcase_add_test(tc, process_is_taken_over);
	tcase_add_test(tc, the_largest_number_is_no_limit);
	tcase_add_loop_test(tc, capabilities_are_exact, 0, UNIT_COUNT(capabilities));
	tcase_add_test(tc, namespaces_are_new_or_joined);
	tcase_add_test(tc, a_joined_mount_namespace_stays);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

/*
 * Every field of config.md and config-linux.md (1.0 to 1.3), and of the platforms that this is none of.
 */
#include "oci/fields.h"

#include <linux/capability.h>
#include <maproot/capability.h>
#include <stdlib.h>
#include <string.h>

static bool is_unlimited(const struct maproot_oci *spec, const json_t *value)
{
	(void)spec;
	return json_integer_value(value) <= 0 && json_is_integer(value);
}

static bool is_true(const struct maproot_oci *spec, const json_t *value)
{
	(void)spec;
	return json_is_true(value);
}

static bool without_terminal(const struct maproot_oci *spec, const json_t *value)
{
	(void)value;
	return !spec->process.terminal; /* then the specification wants it ignored */
}

static bool has_own_uts(const struct maproot_oci *spec, const json_t *value)
{
	(void)value;
	return mr_oci_is_new(spec, MAPROOT_NAMESPACE_UTS);
}

static bool has_own_mounts(const struct maproot_oci *spec, const json_t *value)
{
	(void)value;
	return !mr_oci_is_joined(spec, MAPROOT_NAMESPACE_MNT);
}

static bool is_possible_propagation(const struct maproot_oci *spec, const json_t *value)
{
	return has_own_mounts(spec, value) && !strstr(json_string_value(value), "unbindable");
}

static bool is_plain_linux(const struct maproot_oci *spec, const json_t *value)
{
	const char *domain = json_string_value(json_object_get(value, "domain"));

	(void)spec;
	return domain && strcmp(domain, "LINUX") == 0 && json_array_size(json_object_get(value, "flags")) == 0;
}

/* A caller without privileges always gets one. */
static bool has_user_namespace(const struct maproot_oci *spec)
{
	return maproot_namespace_get(spec->namespaces, spec->namespace_count, MAPROOT_NAMESPACE_USER) ||
	       maproot_capabilities_probe(NULL, 0, NULL) == 0;
}

/*
 * "No device at all" is so where nobody can make one: in a user namespace, or without CAP_MKNOD. The default devices are
 * always allowed. Anything else would need a program in the kernel.
 */
static bool denies_all(const struct maproot_oci *spec, const json_t *value)
{
	const uint64_t make = UINT64_C(1) << CAP_MKNOD;
	size_t at;
	json_t *rule;

	if (!json_is_array(value) || ((spec->capabilities.bounding & make) && !has_user_namespace(spec)))
		return false;
	json_array_foreach(value, at, rule)
	{
		const char *type = json_string_value(json_object_get(rule, "type"));

		if (!json_is_false(json_object_get(rule, "allow")) || json_object_get(rule, "major") ||
		    json_object_get(rule, "minor") || (type && strcmp(type, "a") != 0))
			return false;
	}
	return true;
}

static bool is_default_device(const json_t *device)
{
	static const struct {
		const char *path;
		int major;
		int minor;
	} defaults[] = {
		{ "/dev/null", 1, 3 },
		{ "/dev/zero", 1, 5 },
		{ "/dev/full", 1, 7 },
		{ "/dev/random", 1, 8 },
		{ "/dev/urandom", 1, 9 },
		{ "/dev/tty", 5, 0 },
	};
	const char *path = json_string_value(json_object_get(device, "path"));
	const char *type = json_string_value(json_object_get(device, "type"));

	for (size_t at = 0; path && type && at < sizeof(defaults) / sizeof(defaults[0]); at++) {
		if (strcmp(defaults[at].path, path) == 0 && (strcmp(type, "c") == 0 || strcmp(type, "u") == 0) &&
		    json_integer_value(json_object_get(device, "major")) == defaults[at].major &&
		    json_integer_value(json_object_get(device, "minor")) == defaults[at].minor)
			return true;
	}
	return false;
}

static bool are_default_devices(const struct maproot_oci *spec, const json_t *value)
{
	size_t at;
	json_t *device;

	(void)spec;
	if (!json_is_array(value))
		return false;
	json_array_foreach(value, at, device)
	{
		if (!is_default_device(device))
			return false;
	}
	return true;
}

static const char no_label[] = "labels are not set";
static const char no_hooks[] = "hooks are not run";
static const char no_version_2[] = "cgroup version 2 has nothing like it";
static const char no_platform[] = "it is for another platform";
static const char no_mount[] = "the mount namespace is joined, and stays as it is";
static const char no_uts[] = "it needs a new uts namespace";

#define RESOURCES "linux.resources."

static const struct mr_oci_field fields[] = {
	{ .name = "ociVersion" },
	{ .name = "annotations", .open = true },
	{ .name = "hostname", .why = no_uts, .fine = has_own_uts },
	{ .name = "domainname", .why = no_uts, .fine = has_own_uts },
	{ .name = "root", .why = no_mount, .fine = has_own_mounts },
	{ .name = "root.path" },
	{ .name = "root.readonly" },
	{ .name = "mounts", .why = no_mount, .fine = has_own_mounts },
	{ .name = "mounts.destination" },
	{ .name = "mounts.type" },
	{ .name = "mounts.source" },
	{ .name = "mounts.options" },
	{ .name = "mounts.uidMappings", .why = "mounts with mapped ids are not made" },
	{ .name = "mounts.gidMappings", .why = "mounts with mapped ids are not made" },
	{ .name = "hooks" },
	{ .name = "hooks.prestart", .why = no_hooks },
	{ .name = "hooks.createRuntime", .why = no_hooks },
	{ .name = "hooks.createContainer", .why = no_hooks },
	{ .name = "hooks.startContainer", .why = no_hooks },
	{ .name = "hooks.poststart", .why = no_hooks },
	{ .name = "hooks.poststop", .why = no_hooks },
	{ .name = "process" },
	{ .name = "process.terminal" },
	{ .name = "process.consoleSize", .why = "the caller's terminal is used as it is", .fine = without_terminal },
	{ .name = "process.consoleSize.height" },
	{ .name = "process.consoleSize.width" },
	{ .name = "process.cwd" },
	{ .name = "process.env" },
	{ .name = "process.args" },
	{ .name = "process.commandLine", .why = no_platform },
	{ .name = "process.user" },
	{ .name = "process.user.uid" },
	{ .name = "process.user.gid" },
	{ .name = "process.user.umask" },
	{ .name = "process.user.additionalGids" },
	{ .name = "process.user.username", .why = no_platform },
	{ .name = "process.rlimits" },
	{ .name = "process.rlimits.type" },
	{ .name = "process.rlimits.soft" },
	{ .name = "process.rlimits.hard" },
	{ .name = "process.capabilities" },
	{ .name = "process.capabilities.bounding" },
	{ .name = "process.capabilities.effective" },
	{ .name = "process.capabilities.permitted" },
	{ .name = "process.capabilities.inheritable" },
	{ .name = "process.capabilities.ambient" },
	{ .name = "process.noNewPrivileges" },
	{ .name = "process.oomScoreAdj" },
	{ .name = "process.apparmorProfile", .why = no_label },
	{ .name = "process.selinuxLabel", .why = no_label },
	{ .name = "process.scheduler", .why = "scheduling is left as it is" },
	{ .name = "process.ioPriority", .why = "scheduling is left as it is" },
	{ .name = "process.execCPUAffinity", .why = "scheduling is left as it is" },
	{ .name = "linux" },
	{ .name = "linux.namespaces" },
	{ .name = "linux.namespaces.type" },
	{ .name = "linux.namespaces.path" },
	{ .name = "linux.uidMappings" },
	{ .name = "linux.uidMappings.containerID" },
	{ .name = "linux.uidMappings.hostID" },
	{ .name = "linux.uidMappings.size" },
	{ .name = "linux.gidMappings" },
	{ .name = "linux.gidMappings.containerID" },
	{ .name = "linux.gidMappings.hostID" },
	{ .name = "linux.gidMappings.size" },
	{ .name = "linux.timeOffsets" },
	{ .name = "linux.timeOffsets.monotonic" },
	{ .name = "linux.timeOffsets.monotonic.secs" },
	{ .name = "linux.timeOffsets.monotonic.nanosecs", .why = "clocks are shifted by whole seconds", .fine = is_unlimited },
	{ .name = "linux.timeOffsets.boottime" },
	{ .name = "linux.timeOffsets.boottime.secs" },
	{ .name = "linux.timeOffsets.boottime.nanosecs", .why = "clocks are shifted by whole seconds", .fine = is_unlimited },
	{ .name = "linux.devices", .why = "no devices but the default ones are supplied", .fine = are_default_devices },
	{ .name = "linux.devices.type" },
	{ .name = "linux.devices.path" },
	{ .name = "linux.devices.major" },
	{ .name = "linux.devices.minor" },
	{ .name = "linux.devices.fileMode" },
	{ .name = "linux.devices.uid" },
	{ .name = "linux.devices.gid" },
	{ .name = "linux.netDevices", .why = "network devices are not moved" },
	{ .name = "linux.cgroupsPath" },
	{ .name = "linux.resources" },
	{ .name = RESOURCES "unified", .open = true },
	{ .name = RESOURCES "devices", .why = "devices are not allowed or denied one by one", .fine = denies_all },
	{ .name = RESOURCES "devices.allow" },
	{ .name = RESOURCES "devices.type" },
	{ .name = RESOURCES "devices.major" },
	{ .name = RESOURCES "devices.minor" },
	{ .name = RESOURCES "devices.access" },
	{ .name = RESOURCES "memory" },
	{ .name = RESOURCES "memory.limit" },
	{ .name = RESOURCES "memory.reservation" },
	{ .name = RESOURCES "memory.swap" },
	{ .name = RESOURCES "memory.kernel", .why = no_version_2, .fine = is_unlimited },
	{ .name = RESOURCES "memory.kernelTCP", .why = no_version_2, .fine = is_unlimited },
	{ .name = RESOURCES "memory.swappiness", .why = no_version_2 },
	{ .name = RESOURCES "memory.disableOOMKiller", .why = no_version_2 },
	{ .name = RESOURCES "memory.useHierarchy", .why = no_version_2, .fine = is_true },
	{ .name = RESOURCES "memory.checkBeforeUpdate" },
	{ .name = RESOURCES "cpu" },
	{ .name = RESOURCES "cpu.shares" },
	{ .name = RESOURCES "cpu.quota" },
	{ .name = RESOURCES "cpu.burst" },
	{ .name = RESOURCES "cpu.period" },
	{ .name = RESOURCES "cpu.realtimeRuntime", .why = no_version_2, .fine = is_unlimited },
	{ .name = RESOURCES "cpu.realtimePeriod", .why = no_version_2, .fine = is_unlimited },
	{ .name = RESOURCES "cpu.cpus" },
	{ .name = RESOURCES "cpu.mems" },
	{ .name = RESOURCES "cpu.idle" },
	{ .name = RESOURCES "pids" },
	{ .name = RESOURCES "pids.limit" },
	{ .name = RESOURCES "hugepageLimits" },
	{ .name = RESOURCES "hugepageLimits.pageSize" },
	{ .name = RESOURCES "hugepageLimits.limit" },
	{ .name = RESOURCES "blockIO", .why = "input and output of devices are not limited" },
	{ .name = RESOURCES "network", .why = no_version_2 },
	{ .name = RESOURCES "rdma", .why = "RDMA is not limited" },
	{ .name = "linux.rootfsPropagation", .why = "this propagation is not made", .fine = is_possible_propagation },
	{ .name = "linux.maskedPaths", .why = no_mount, .fine = has_own_mounts },
	{ .name = "linux.readonlyPaths", .why = no_mount, .fine = has_own_mounts },
	{ .name = "linux.sysctl", .open = true },
	{ .name = "linux.seccomp", .why = "system calls are not filtered" },
	{ .name = "linux.mountLabel", .why = no_label },
	{ .name = "linux.intelRdt", .why = "caches and memory bandwidth are not allocated" },
	{ .name = "linux.memoryPolicy", .why = "memory policies are not set" },
	{ .name = "linux.personality", .why = "the execution domain is left as it is", .fine = is_plain_linux },
	{ .name = "solaris", .why = no_platform },
	{ .name = "windows", .why = no_platform },
	{ .name = "vm", .why = no_platform },
	{ .name = "zos", .why = no_platform },
	{ .name = "freebsd", .why = no_platform },
};

const struct mr_oci_field *mr_oci_field(const char *name)
{
	for (size_t at = 0; at < sizeof(fields) / sizeof(fields[0]); at++) {
		if (strcmp(fields[at].name, name) == 0)
			return &fields[at];
	}
	return NULL;
}

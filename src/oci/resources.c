/*
 * linux.cgroupsPath and linux.resources, which count in terms of cgroup version 1, into files of version 2. The conversion is
 * that of the other runtimes. Values of 0 stand for "not given" where version 1 knows no 0.
 */
#include "oci/place.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Of the cgroup file systems of both versions. */
enum { SHARES_LOWEST = 2,
       SHARES_HIGHEST = 262144,
       WEIGHT_HIGHEST = 10000,
       PERIOD_DEFAULT = 100000 };

static const struct mr_oci_range any = { INT64_MIN, INT64_MAX };
static const struct mr_oci_range limit_range = { -1, INT64_MAX };
static const struct mr_oci_range natural = { 0, INT64_MAX };

static int add_text(struct maproot_oci *spec, const char *file, const char *value, struct maproot_error *err)
{
	return mr_oci_add(spec, &spec->limits, mr_oci_text(spec, err, file, "=", value, NULL), err);
}

static int add_number(struct maproot_oci *spec, const char *file, int64_t value, struct maproot_error *err)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%" PRId64, value);
	return add_text(spec, file, number, err);
}

/* Below 0: no limit. */
static int add_limit(struct maproot_oci *spec, const char *file, int64_t value, struct maproot_error *err)
{
	return value < 0 ? add_text(spec, file, "max", err) : add_number(spec, file, value, err);
}

/* Version 1 counts memory and swap together, version 2 swap alone. */
static int add_swap(struct maproot_oci *spec, const struct mr_oci_place *memory, int64_t both, int64_t limit,
		    struct maproot_error *err)
{
	const struct mr_oci_place place = { memory, "swap", 0, memory->value };

	if (both < 0)
		return add_text(spec, "memory.swap.max", "max", err);
	if (both == 0)
		return 0;
	if (limit <= 0)
		return mr_oci_fail(&place, err, EINVAL, "is memory and swap together, and needs a limit of memory", NULL);
	if (both < limit)
		return mr_oci_fail(&place, err, EINVAL, "is memory and swap together, and less than the limit of memory",
				   NULL);
	return add_number(spec, "memory.swap.max", both - limit, err);
}

static int read_memory(struct maproot_oci *spec, const struct mr_oci_place *resources, struct maproot_error *err)
{
	struct mr_oci_place memory;
	struct mr_oci_integer limit = { 0 };
	struct mr_oci_integer swap = { 0 };
	struct mr_oci_integer reservation = { 0 };
	int code = mr_oci_get(resources, "memory", MR_OCI_OBJECT, &memory, err);

	if (code == 0)
		code = mr_oci_integer(&memory, "limit", limit_range, &limit, err);
	if (code == 0)
		code = mr_oci_integer(&memory, "swap", limit_range, &swap, err);
	if (code == 0)
		code = mr_oci_integer(&memory, "reservation", limit_range, &reservation, err);
	if (code == 0 && limit.value != 0)
		code = add_limit(spec, "memory.max", limit.value, err);
	if (code == 0 && limit.value < 0 && swap.value == 0)
		swap.value = -1; /* no limit of memory is none of swap either, where nothing else is said */
	if (code == 0)
		code = add_swap(spec, &memory, swap.value, limit.value, err);
	if (code == 0 && reservation.value != 0)
		code = add_limit(spec, "memory.low", reservation.value, err);
	return code;
}

static int add_weight(struct maproot_oci *spec, int64_t shares, struct maproot_error *err)
{
	if (shares < SHARES_LOWEST)
		shares = SHARES_LOWEST;
	if (shares > SHARES_HIGHEST)
		shares = SHARES_HIGHEST;
	return add_number(spec, "cpu.weight",
			  1 + (shares - SHARES_LOWEST) * (WEIGHT_HIGHEST - 1) / (SHARES_HIGHEST - SHARES_LOWEST), err);
}

static int read_quota(struct maproot_oci *spec, const struct mr_oci_place *cpu, struct maproot_error *err)
{
	struct mr_oci_integer quota = { 0 };
	struct mr_oci_integer period = { 0 };
	struct mr_oci_integer burst = { 0 };
	char value[64];
	int code = mr_oci_integer(cpu, "quota", any, &quota, err);

	if (code == 0)
		code = mr_oci_integer(cpu, "period", natural, &period, err);
	if (code == 0)
		code = mr_oci_integer(cpu, "burst", natural, &burst, err);
	if (code < 0)
		return code;
	if (quota.value != 0 || period.value != 0) {
		int used = quota.value > 0 ? snprintf(value, sizeof(value), "%" PRId64, quota.value) :
					     snprintf(value, sizeof(value), "max");

		(void)snprintf(value + used, sizeof(value) - (size_t)used, " %" PRId64,
			       period.value != 0 ? period.value : PERIOD_DEFAULT);
		code = add_text(spec, "cpu.max", value, err);
	}
	if (code == 0 && burst.there)
		code = add_number(spec, "cpu.max.burst", burst.value, err);
	return code;
}

static int read_cpu(struct maproot_oci *spec, const struct mr_oci_place *resources, struct maproot_error *err)
{
	const struct mr_oci_range idle_range = { 0, 1 };
	struct mr_oci_integer shares = { 0 };
	struct mr_oci_integer idle = { 0 };
	struct mr_oci_place cpu;
	const char *cpus = "";
	const char *nodes = "";
	int code = mr_oci_get(resources, "cpu", MR_OCI_OBJECT, &cpu, err);

	if (code == 0)
		code = mr_oci_integer(&cpu, "shares", natural, &shares, err);
	if (code == 0)
		code = mr_oci_integer(&cpu, "idle", idle_range, &idle, err);
	if (code == 0)
		code = mr_oci_string(&cpu, "cpus", &cpus, err);
	if (code == 0)
		code = mr_oci_string(&cpu, "mems", &nodes, err);
	if (code == 0 && shares.value != 0)
		code = add_weight(spec, shares.value, err);
	if (code == 0)
		code = read_quota(spec, &cpu, err);
	if (code == 0 && idle.there)
		code = add_number(spec, "cpu.idle", idle.value, err);
	if (code == 0 && cpus[0] != '\0')
		code = add_text(spec, "cpuset.cpus", cpus, err);
	if (code == 0 && nodes[0] != '\0')
		code = add_text(spec, "cpuset.mems", nodes, err);
	return code;
}

static int read_pids(struct maproot_oci *spec, const struct mr_oci_place *resources, struct maproot_error *err)
{
	struct mr_oci_place pids;
	int64_t limit = 0;
	int code = mr_oci_get(resources, "pids", MR_OCI_OBJECT, &pids, err);

	if (code < 0 || !pids.value)
		return code;
	code = mr_oci_need_integer(&pids, "limit", limit_range, &limit, err);
	return code < 0 || limit == 0 ? code : add_limit(spec, "pids.max", limit, err);
}

static int read_huge_pages(struct maproot_oci *spec, const struct mr_oci_place *resources, struct maproot_error *err)
{
	struct mr_oci_place array;
	struct mr_oci_place element;
	int code = mr_oci_get(resources, "hugepageLimits", MR_OCI_ARRAY, &array, err);

	for (size_t at = 0; code == 0 && at < mr_oci_count(&array); at++) {
		const struct mr_oci_place place = { &element, "pageSize", 0, array.value };
		const char *size = "";
		const char *file;
		int64_t limit = 0;

		code = mr_oci_element(&array, at, MR_OCI_OBJECT, &element, err);
		if (code == 0)
			code = mr_oci_need_string(&element, "pageSize", &size, err);
		if (code == 0)
			code = mr_oci_need_integer(&element, "limit", natural, &limit, err);
		if (code < 0)
			return code;
		if (size[strspn(size, "0123456789KMGB")] != '\0')
			return mr_oci_fail(&place, err, EINVAL, "'", size, "' is no size of a page", NULL);
		file = mr_oci_text(spec, err, "hugetlb.", size, ".max", NULL);
		code = file ? add_number(spec, file, limit, err) : -ENOMEM;
	}
	return code;
}

/* Files and lines of version 2, as they are. Last, so that they win. */
static int read_unified(struct maproot_oci *spec, const struct mr_oci_place *resources, struct maproot_error *err)
{
	struct mr_oci_place unified;
	int code = mr_oci_get(resources, "unified", MR_OCI_OBJECT, &unified, err);
	const char *key;
	json_t *value;

	if (code < 0 || !unified.value)
		return code;
	json_object_foreach(unified.value, key, value)
	{
		const struct mr_oci_place place = { &unified, key, 0, value };

		if (!json_is_string(value))
			return mr_oci_fail(&place, err, EINVAL, "must be a string", NULL);
		if (key[0] == '\0' || strpbrk(key, "/=") || !strchr(key, '.'))
			return mr_oci_fail(&place, err, EINVAL, "is no file of a control group", NULL);
		code = add_text(spec, key, json_string_value(value), err);
		if (code < 0)
			return code;
	}
	return 0;
}

int mr_oci_read_resources(struct maproot_oci *spec, struct maproot_error *err)
{
	struct mr_oci_place top = mr_oci_top(spec);
	struct mr_oci_place place;
	struct mr_oci_place resources;
	const char *path = "";
	int code = mr_oci_get(&top, "linux", MR_OCI_OBJECT, &place, err);

	if (code == 0)
		code = mr_oci_string(&place, "cgroupsPath", &path, err);
	if (code == 0)
		code = mr_oci_get(&place, "resources", MR_OCI_OBJECT, &resources, err);
	if (code == 0)
		code = read_memory(spec, &resources, err);
	if (code == 0)
		code = read_cpu(spec, &resources, err);
	if (code == 0)
		code = read_pids(spec, &resources, err);
	if (code == 0)
		code = read_huge_pages(spec, &resources, err);
	spec->cgroups_path = path[0] != '\0' ? path : NULL;
	return code < 0 ? code : read_unified(spec, &resources, err);
}

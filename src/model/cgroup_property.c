/*
 * Limits as systemd's units have them: a table from the kernel's files to properties.
 */
#include "model/cgroup_limit.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static const struct {
	const char *file;
	const char *property;
} names[] = {
	{ "memory.min", "MemoryMin=" },
	{ "memory.low", "MemoryLow=" },
	{ "memory.high", "MemoryHigh=" },
	{ "memory.max", "MemoryMax=" },
	{ "memory.swap.max", "MemorySwapMax=" },
	{ "pids.max", "TasksMax=" },
	{ "cpu.weight", "CPUWeight=" },
	{ "io.weight", "IOWeight=" },
};

static const char *property_of(const char *file)
{
	for (size_t at = 0; at < sizeof(names) / sizeof(names[0]); at++) {
		if (strcmp(names[at].file, file) == 0)
			return names[at].property;
	}
	return NULL;
}

static int refuse(const struct mr_cgroup_limit *limit, int code, const char *why, struct maproot_error *err)
{
	return mr_fail_pieces(err, code, MAPROOT_STEP_CGROUP_LIMIT, "'", limit->file, "=", limit->value, "': ", why, NULL);
}

/* "max", "50000 100000", "max 100000", "50000": how much in a second, and how long a period is. */
static int add_cpu(const struct mr_cgroup_limit *limit,
		   char properties[MR_CGROUP_PROPERTIES][MR_CGROUP_PROPERTY_SIZE], size_t *ret_count,
		   struct maproot_error *err)
{
	static const char why[] = "it is 'QUOTA PERIOD' in microseconds";
	struct mr_text quota_text = mr_text_in(properties[0], MR_CGROUP_PROPERTY_SIZE);
	struct mr_text period_text = mr_text_in(properties[1], MR_CGROUP_PROPERTY_SIZE);
	const char *at = limit->value;
	uint64_t quota = 0;
	uint64_t period = 100000;

	if (strncmp(at, "max", 3) == 0)
		at += 3;
	else if (mr_text_read_number(at, &at, INT32_MAX, &quota) < 0 || quota == 0)
		return refuse(limit, EINVAL, why, err);
	if (*at == ' ' && (mr_text_read_number(at + 1, &at, 1000000, &period) < 0 || period < 1000))
		return refuse(limit, EINVAL, why, err);
	if (*at != '\0')
		return refuse(limit, EINVAL, why, err);
	mr_text_add(&quota_text, "CPUQuotaPerSecUSec=");
	if (quota == 0)
		mr_text_add(&quota_text, "infinity");
	else
		mr_text_add_number(&quota_text, (int64_t)(quota * 1000000 / period));
	mr_text_add(&period_text, "CPUQuotaPeriodUSec=");
	mr_text_add_number(&period_text, (int64_t)period);
	*ret_count = 2;
	return 0;
}

int mr_cgroup_limit_properties(const struct mr_cgroup_limit *limit,
			       char properties[MR_CGROUP_PROPERTIES][MR_CGROUP_PROPERTY_SIZE], size_t *ret_count,
			       struct maproot_error *err)
{
	struct mr_text text = mr_text_in(properties[0], MR_CGROUP_PROPERTY_SIZE);
	const char *property = property_of(limit->file);
	const char *value = limit->value;

	if (strcmp(limit->file, "cpu.max") == 0)
		return add_cpu(limit, properties, ret_count, err);
	if (!property)
		return refuse(limit, EOPNOTSUPP, "systemd has no such property of a scope; choose the manager 'fs'", err);
	if (strncmp(value, "default ", strlen("default ")) == 0) /* of io.weight */
		value += strlen("default ");
	if (value[strspn(value, "0123456789")] != '\0' && strcmp(value, "max") != 0)
		return refuse(limit, EOPNOTSUPP, "systemd takes one number for it", err);
	mr_text_add(&text, property);
	mr_text_add(&text, strcmp(value, "max") == 0 ? "infinity" : value);
	*ret_count = 1;
	return 0;
}

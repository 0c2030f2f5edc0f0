/*
 * Contract of src/model/cgroup_limit.h: "FILE=VALUE" becomes what the kernel's file takes, units understood and
 * bounds checked, and what systemd's properties take; whatever is malformed, is no limit, or is there twice is
 * refused with a message that names it, and nothing is written then.
 */
#include "model/cgroup_limit.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *text;
	const char *controller;
	const char *file;
	const char *value;
} good[] = {
	{ "memory.max=512M", "memory", "memory.max", "536870912" },
	{ "memory.max=512m", "memory", "memory.max", "536870912" },
	{ "memory.max=1K", "memory", "memory.max", "1024" },
	{ "memory.high=2G", "memory", "memory.high", "2147483648" },
	{ "memory.low=1T", "memory", "memory.low", "1099511627776" },
	{ "memory.min=0", "memory", "memory.min", "0" },
	{ "memory.max=max", "memory", "memory.max", "max" },
	{ "memory.max=9223372036854775807", "memory", "memory.max", "9223372036854775807" },
	{ "memory.max=8388607T", "memory", "memory.max", "9223370937343148032" },
	{ "memory.swap.max=0", "memory", "memory.swap.max", "0" },
	{ "memory.swap.high=1M", "memory", "memory.swap.high", "1048576" },
	{ "memory.zswap.max=4K", "memory", "memory.zswap.max", "4096" },
	{ "memory.oom.group=1", "memory", "memory.oom.group", "1" },
	{ "hugetlb.2MB.max=2M", "hugetlb", "hugetlb.2MB.max", "2097152" },
	{ "hugetlb.1GB.rsvd.max=1G", "hugetlb", "hugetlb.1GB.rsvd.max", "1073741824" },
	{ "cpu.max=50%", "cpu", "cpu.max", "50000 100000" },
	{ "cpu.max=100%", "cpu", "cpu.max", "100000 100000" },
	{ "cpu.max=250%", "cpu", "cpu.max", "250000 100000" },
	{ "cpu.max=12.5%", "cpu", "cpu.max", "12500 100000" },
	{ "cpu.max=1%", "cpu", "cpu.max", "1000 100000" },
	{ "cpu.max=1.5", "cpu", "cpu.max", "150000 100000" },
	{ "cpu.max=2", "cpu", "cpu.max", "200000 100000" },
	{ "cpu.max=0.01", "cpu", "cpu.max", "1000 100000" },
	{ "cpu.max=0.125", "cpu", "cpu.max", "12500 100000" },
	{ "cpu.max=999", "cpu", "cpu.max", "99900000 100000" },
	{ "cpu.max=max", "cpu", "cpu.max", "max" },
	{ "cpu.max=50000", "cpu", "cpu.max", "50000" },
	{ "cpu.max=1000", "cpu", "cpu.max", "1000" },
	{ "cpu.max=50000 100000", "cpu", "cpu.max", "50000 100000" },
	{ "cpu.max=max 100000", "cpu", "cpu.max", "max 100000" },
	{ "cpu.max.burst=1000", "cpu", "cpu.max.burst", "1000" },
	{ "cpu.weight=1", "cpu", "cpu.weight", "1" },
	{ "cpu.weight=10000", "cpu", "cpu.weight", "10000" },
	{ "cpu.weight.nice=-5", "cpu", "cpu.weight.nice", "-5" },
	{ "pids.max=100", "pids", "pids.max", "100" },
	{ "pids.max=0", "pids", "pids.max", "0" },
	{ "pids.max=max", "pids", "pids.max", "max" },
	{ "io.max=8:0 rbps=1M", "io", "io.max", "8:0 rbps=1M" },
	{ "io.weight=default 100", "io", "io.weight", "default 100" },
	{ "cpuset.cpus=0-1,3", "cpuset", "cpuset.cpus", "0-1,3" },
	{ "rdma.max=mlx4_0 hca_handle=2", "rdma", "rdma.max", "mlx4_0 hca_handle=2" },
	{ "misc.max=res_a 1", "misc", "misc.max", "res_a 1" },
	{ "cgroup.max.depth=3", "", "cgroup.max.depth", "3" },
	{ "cgroup.max.descendants=max", "", "cgroup.max.descendants", "max" },
	{ "future.file-x=a=b", "future", "future.file-x", "a=b" },
};

START_TEST(reads_a_limit)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup_limit limit;

	ck_assert_int_eq(mr_cgroup_limit_parse(good[_i].text, &limit, &err), 0);
	ck_assert_int_eq(err.code, 0);
	ck_assert_str_eq(limit.controller, good[_i].controller);
	ck_assert_str_eq(limit.file, good[_i].file);
	ck_assert_str_eq(limit.value, good[_i].value);
}
END_TEST

static const char not_a_limit[] = "a limit is FILE=VALUE, FILE that of a controller";
static const char not_a_file[] = "what stands before '=' is no file of a controller, as 'memory.max' is";
static const char long_name[] = "no file of a controller has such a long name";
static const char not_a_size[] = "a size is a whole number with K, M, G, T or without, or 'max'";
static const char too_large[] = "it is too large";
static const char not_a_count[] = "it is a whole number, or 'max'";
static const char not_a_weight[] = "a weight is a number from 1 to 10000";
static const char not_a_share[] = "it is a percentage like '50%', a number of processors like '1.5', or 'max'";
static const char too_little[] = "less than 1 % of a processor can't be had";
static const char no_limit[] = "this file sets no limit";
static const char empty[] = "the value is empty";
static const char control[] = "the value has control characters";

static const struct {
	const char *text;
	const char *why;
} bad[] = {
	{ "", not_a_limit },
	{ "memory.max", not_a_limit },
	{ "memory/max=1", not_a_limit },
	{ "../memory.max=1", not_a_limit },
	{ "a.b/../c.d=1", not_a_limit },
	{ "memory max=1", not_a_limit },
	{ "memory.max =1", not_a_limit },
	{ "=1", not_a_file },
	{ "memory=1", not_a_file },
	{ ".max=1", not_a_file },
	{ "..=1", not_a_file },
	{ "memory.=1", not_a_file },
	{ "a-controller-with-a-name-of-32-chars.max=1", long_name },
	{ "memory.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1", long_name },
	{ "memory.max=", empty },
	{ "io.max=a\nb", control },
	{ "memory.max=1P", not_a_size },
	{ "memory.max=1MB", not_a_size },
	{ "memory.max=1.5G", not_a_size },
	{ "memory.max=-1", not_a_size },
	{ "memory.max= 1", not_a_size },
	{ "memory.max=1 ", not_a_size },
	{ "memory.max=M", not_a_size },
	{ "memory.max=MAX", not_a_size },
	{ "memory.max=0x10", not_a_size },
	{ "memory.max=9223372036854775808", too_large },
	{ "memory.max=8388608T", too_large },
	{ "hugetlb.2MB.max=x", not_a_size },
	{ "pids.max=", empty },
	{ "pids.max=10K", not_a_count },
	{ "pids.max=-1", not_a_count },
	{ "pids.max=99999999999", not_a_count },
	{ "cpu.weight=0", not_a_weight },
	{ "cpu.weight=10001", not_a_weight },
	{ "cpu.weight=idle", not_a_weight },
	{ "cpu.max=%", not_a_share },
	{ "cpu.max=50%%", not_a_share },
	{ "cpu.max=1.", not_a_share },
	{ "cpu.max=.5", not_a_share },
	{ "cpu.max=1.2345", not_a_share },
	{ "cpu.max=-1", not_a_share },
	{ "cpu.max=half", not_a_share },
	{ "cpu.max=0", too_little },
	{ "cpu.max=0.9%", too_little },
	{ "cpu.max=0.009", too_little },
	{ "cgroup.procs=1", no_limit },
	{ "cgroup.kill=1", no_limit },
	{ "cgroup.subtree_control=+memory", no_limit },
	{ "cgroup.max.other=1", no_limit },
};

START_TEST(refuses_what_is_no_limit)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup_limit limit = { .file = "untouched" };

	ck_assert_int_eq(mr_cgroup_limit_parse(bad[_i].text, &limit, &err), -EINVAL);
	ck_assert_int_eq(err.step, MAPROOT_STEP_CGROUP_LIMIT);
	if (bad[_i].why != control) {
		unit_check_error(&err, EINVAL, MAPROOT_STEP_CGROUP_LIMIT,
				 support_text("cannot limit the control group: '%s': %s", bad[_i].text, bad[_i].why));
	}
	ck_assert_str_eq(limit.file, "untouched");
	ck_assert_int_eq(mr_cgroup_limit_parse(bad[_i].text, &limit, NULL), -EINVAL);
}
END_TEST

/* The longest value that there is room for, and one more. */
START_TEST(refuses_what_is_too_long)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup_limit limit;
	char text[MR_CGROUP_VALUE_SIZE + 16] = "io.max=";

	memset(text + strlen("io.max="), 'a', MR_CGROUP_VALUE_SIZE - 1);
	ck_assert_int_eq(mr_cgroup_limit_parse(text, &limit, &err), 0);
	ck_assert_uint_eq(strlen(limit.value), MR_CGROUP_VALUE_SIZE - 1);
	text[strlen(text)] = 'a';
	ck_assert_int_eq(mr_cgroup_limit_parse(text, &limit, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.object, "the value is too long"));
}
END_TEST

static const struct {
	const char *limits[3];
	const char *refused; /* NULL: none */
} wishes[] = {
	{ { "memory.max=1M", "pids.max=3", "memory.high=1M" }, NULL },
	{ { "io.max=8:0 rbps=1", "io.max=8:16 rbps=1", "pids.max=3" }, NULL },
	{ { "memory.max=1M", "pids.max=3", "memory.max=2M" }, "'memory.max=2M': this limit is there twice" },
	{ { "cpu.max=1", "cpu.max=50000 100000", "pids.max=3" }, "'cpu.max=50000 100000': this limit is there twice" },
	{ { "memory.max=1M", "nonsense", "memory.max=2M" }, "'nonsense': a limit is FILE=VALUE, FILE that of a controller" },
};

START_TEST(checks_a_wish)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const struct maproot_cgroup wish = { .limits = wishes[_i].limits, .limit_count = 3 };
	int code = mr_cgroup_limits_check(&wish, &err);

	ck_assert_int_eq(code, wishes[_i].refused ? -EINVAL : 0);
	if (wishes[_i].refused)
		ck_assert_str_eq(err.object, wishes[_i].refused);
}
END_TEST

static const struct {
	const char *text;
	const char *first; /* NULL: refused */
	const char *second;
	int code;
	const char *why;
} properties[] = {
	{ "memory.max=1M", "MemoryMax=1048576", NULL, 0, NULL },
	{ "memory.high=max", "MemoryHigh=infinity", NULL, 0, NULL },
	{ "memory.low=1K", "MemoryLow=1024", NULL, 0, NULL },
	{ "memory.min=1K", "MemoryMin=1024", NULL, 0, NULL },
	{ "memory.swap.max=0", "MemorySwapMax=0", NULL, 0, NULL },
	{ "pids.max=100", "TasksMax=100", NULL, 0, NULL },
	{ "pids.max=max", "TasksMax=infinity", NULL, 0, NULL },
	{ "cpu.weight=50", "CPUWeight=50", NULL, 0, NULL },
	{ "io.weight=50", "IOWeight=50", NULL, 0, NULL },
	{ "io.weight=default 50", "IOWeight=50", NULL, 0, NULL },
	{ "cpu.max=50%", "CPUQuotaPerSecUSec=500000", "CPUQuotaPeriodUSec=100000", 0, NULL },
	{ "cpu.max=1.5", "CPUQuotaPerSecUSec=1500000", "CPUQuotaPeriodUSec=100000", 0, NULL },
	{ "cpu.max=5000", "CPUQuotaPerSecUSec=50000", "CPUQuotaPeriodUSec=100000", 0, NULL },
	{ "cpu.max=10000 20000", "CPUQuotaPerSecUSec=500000", "CPUQuotaPeriodUSec=20000", 0, NULL },
	{ "cpu.max=max", "CPUQuotaPerSecUSec=infinity", "CPUQuotaPeriodUSec=100000", 0, NULL },
	{ "cpu.max=max 50000", "CPUQuotaPerSecUSec=infinity", "CPUQuotaPeriodUSec=50000", 0, NULL },
	{ "cpu.max=a b", NULL, NULL, EINVAL, "'cpu.max=a b': it is 'QUOTA PERIOD' in microseconds" },
	{ "cpu.max=5000 1", NULL, NULL, EINVAL, "'cpu.max=5000 1': it is 'QUOTA PERIOD' in microseconds" },
	{ "cpu.max=5000 100000 1", NULL, NULL, EINVAL, "'cpu.max=5000 100000 1': it is 'QUOTA PERIOD' in microseconds" },
	{ "cpu.max=0 100000", NULL, NULL, EINVAL, "'cpu.max=0 100000': it is 'QUOTA PERIOD' in microseconds" },
	{ "io.weight=8:0 50", NULL, NULL, EOPNOTSUPP, "'io.weight=8:0 50': systemd takes one number for it" },
	{ "io.max=8:0 rbps=1", NULL, NULL, EOPNOTSUPP,
	  "'io.max=8:0 rbps=1': systemd has no such property of a scope; choose the manager 'fs'" },
	{ "hugetlb.2MB.max=2M", NULL, NULL, EOPNOTSUPP,
	  "'hugetlb.2MB.max=2097152': systemd has no such property of a scope; choose the manager 'fs'" },
};

START_TEST(says_it_to_systemd)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char text[MR_CGROUP_PROPERTIES][MR_CGROUP_PROPERTY_SIZE] = { "", "" };
	struct mr_cgroup_limit limit;
	size_t count = 77;

	ck_assert_int_eq(mr_cgroup_limit_parse(properties[_i].text, &limit, NULL), 0);
	ck_assert_int_eq(mr_cgroup_limit_properties(&limit, text, &count, &err), -properties[_i].code);
	if (properties[_i].code) {
		unit_check_error(&err, properties[_i].code, MAPROOT_STEP_CGROUP_LIMIT,
				 support_text("cannot limit the control group: %s", properties[_i].why));
		ck_assert_uint_eq(count, 77);
		return;
	}
	ck_assert_uint_eq(count, properties[_i].second ? 2 : 1);
	ck_assert_str_eq(text[0], properties[_i].first);
	if (properties[_i].second)
		ck_assert_str_eq(text[1], properties[_i].second);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("model/cgroup_limit", &tc);

	tcase_add_loop_test(tc, reads_a_limit, 0, UNIT_COUNT(good));
	tcase_add_loop_test(tc, refuses_what_is_no_limit, 0, UNIT_COUNT(bad));
	tcase_add_test(tc, refuses_what_is_too_long);
	tcase_add_loop_test(tc, checks_a_wish, 0, UNIT_COUNT(wishes));
	tcase_add_loop_test(tc, says_it_to_systemd, 0, UNIT_COUNT(properties));
	return suite;
}

int main(void)
{
	return unit_main(build);
}

/*
 * Reading limits. What a file's value may look like is a table, a row a pattern of file names; files that no row
 * speaks of are the kernel's to judge.
 */
#include "model/cgroup_limit.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { CPU_PERIOD_US = 100000,
       CPU_LEAST_US = 1000 };

/* What is wrong with a value; NULL: nothing, and `*to` has it. */
typedef const char *read_value(const char *value, struct mr_text *to);

static const char not_a_size[] = "a size is a whole number with K, M, G, T or without, or 'max'";

/* How far a unit shifts; -1: it is none. */
static int unit_shift(const char *unit)
{
	static const char units[] = "KMGT";
	const char *found;

	if (unit[0] == '\0')
		return 0;
	found = strchr(units, unit[0] >= 'a' && unit[0] <= 'z' ? unit[0] - 'a' + 'A' : unit[0]);
	return found && unit[1] == '\0' ? (int)(found - units + 1) * 10 : -1;
}

static const char *read_size(const char *value, struct mr_text *to)
{
	const char *unit;
	uint64_t number;
	int shift;
	int code;

	if (strcmp(value, "max") == 0) {
		mr_text_add(to, value);
		return NULL;
	}
	code = mr_text_read_number(value, &unit, INT64_MAX, &number);
	if (code == -ERANGE)
		return "it is too large";
	shift = code == 0 ? unit_shift(unit) : -1;
	if (shift < 0)
		return not_a_size;
	if (number > (uint64_t)INT64_MAX >> shift)
		return "it is too large";
	mr_text_add_number(to, (int64_t)(number << shift));
	return NULL;
}

static const char *read_count(const char *value, struct mr_text *to)
{
	const char *end;
	uint64_t number;

	if (strcmp(value, "max") != 0 &&
	    (mr_text_read_number(value, &end, INT32_MAX, &number) < 0 || *end != '\0'))
		return "it is a whole number, or 'max'";
	mr_text_add(to, value);
	return NULL;
}

static const char *read_weight(const char *value, struct mr_text *to)
{
	const char *end;
	uint64_t number;

	if (mr_text_read_number(value, &end, 10000, &number) < 0 || *end != '\0' || number == 0)
		return "a weight is a number from 1 to 10000";
	mr_text_add(to, value);
	return NULL;
}

/* "1.5" in thousandths; three digits behind the point at most. */
static bool read_thousandths(const char *text, const char **ret_end, uint64_t *ret_number)
{
	const char *at;
	uint64_t whole;
	uint64_t part = 0;
	uint64_t unit = 1000;

	if (mr_text_read_number(text, &at, INT32_MAX, &whole) < 0)
		return false;
	if (*at == '.') {
		const char *digits = ++at;

		for (; *at >= '0' && *at <= '9' && unit > 1; at++) {
			unit /= 10;
			part += (uint64_t)(*at - '0') * unit;
		}
		if (at == digits)
			return false;
	}
	*ret_end = at;
	*ret_number = whole * 1000 + part;
	return true;
}

/* "50%", "1.5" (processors); or as the kernel has it, "max", "QUOTA" of a thousand at least, "QUOTA PERIOD". */
static const char *read_cpu(const char *value, struct mr_text *to)
{
	static const char why[] = "it is a percentage like '50%', a number of processors like '1.5', or 'max'";
	const char *end;
	uint64_t number;
	uint64_t quota;

	if (strcmp(value, "max") == 0 || strchr(value, ' ')) {
		mr_text_add(to, value);
		return NULL;
	}
	if (!read_thousandths(value, &end, &number) || (*end != '\0' && strcmp(end, "%") != 0))
		return why;
	if (*end == '\0' && !strchr(value, '.') && number >= 1000 * (uint64_t)CPU_LEAST_US) {
		mr_text_add(to, value);
		return NULL;
	}
	quota = *end == '%' ? number * (CPU_PERIOD_US / 100) / 1000 : number * (CPU_PERIOD_US / 1000);
	if (quota < CPU_LEAST_US)
		return "less than 1 % of a processor can't be had";
	mr_text_add_number(to, (int64_t)quota);
	mr_text_add(to, " ");
	mr_text_add_number(to, CPU_PERIOD_US);
	return NULL;
}

static const char *read_as_it_is(const char *value, struct mr_text *to)
{
	mr_text_add(to, value);
	return NULL;
}

static const char *read_no_limit(const char *value, struct mr_text *to)
{
	(void)value;
	(void)to;
	return "this file sets no limit";
}

/* The first row that fits; '*' stands for any part between dots. */
static const struct {
	const char *file;
	read_value *read;
} patterns[] = {
	{ "memory.min", read_size },
	{ "memory.low", read_size },
	{ "memory.high", read_size },
	{ "memory.max", read_size },
	{ "memory.swap.high", read_size },
	{ "memory.swap.max", read_size },
	{ "memory.zswap.max", read_size },
	{ "hugetlb.*.max", read_size },
	{ "hugetlb.*.rsvd.max", read_size },
	{ "pids.max", read_count },
	{ "cpu.max", read_cpu },
	{ "cpu.weight", read_weight },
	{ "cgroup.max.depth", read_count },
	{ "cgroup.max.descendants", read_count },
	{ "cgroup.*", read_no_limit },
	{ "cgroup.*.*", read_no_limit },
};

static bool fits(const char *pattern, const char *file)
{
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '*')
			file += strcspn(file, ".");
		else if (*pattern != *file++)
			return false;
	}
	return *file == '\0';
}

static read_value *reader_of(const char *file)
{
	for (size_t at = 0; at < sizeof(patterns) / sizeof(patterns[0]); at++) {
		if (fits(patterns[at].file, file))
			return patterns[at].read;
	}
	return read_as_it_is;
}

static int refuse(const char *text, int code, const char *why, struct maproot_error *err)
{
	return mr_fail_pieces(err, code, MAPROOT_STEP_CGROUP_LIMIT, "'", text, "': ", why, NULL);
}

/* "CONTROLLER.REST" before the '=': the names that the kernel gives, and no way into another directory. */
static const char *read_file(const char *text, struct mr_cgroup_limit *limit)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t length = strspn(text, allowed);
	size_t controller = strcspn(text, ".");
	struct mr_text file = mr_text_in(limit->file, sizeof(limit->file));
	struct mr_text name = mr_text_in(limit->controller, sizeof(limit->controller));

	if (text[length] != '=')
		return "a limit is FILE=VALUE, FILE that of a controller";
	if (controller == 0 || controller + 1 >= length)
		return "what stands before '=' is no file of a controller, as 'memory.max' is";
	mr_text_add_bytes(&file, text, length);
	mr_text_add_bytes(&name, text, controller);
	if (mr_text_is_cut(&file) || mr_text_is_cut(&name))
		return "no file of a controller has such a long name";
	if (strcmp(limit->controller, "cgroup") == 0)
		limit->controller[0] = '\0';
	return NULL;
}

static const char *check_line(const char *value)
{
	if (value[0] == '\0')
		return "the value is empty";
	for (; *value != '\0'; value++) {
		if ((unsigned char)*value < ' ')
			return "the value has control characters";
	}
	return NULL;
}

int mr_cgroup_limit_parse(const char *text, struct mr_cgroup_limit *ret_limit, struct maproot_error *err)
{
	struct mr_cgroup_limit limit = { .value = "" };
	struct mr_text value = mr_text_in(limit.value, sizeof(limit.value));
	const char *why = read_file(text, &limit);
	const char *given = text + strlen(limit.file) + 1;

	if (!why)
		why = check_line(given);
	if (!why)
		why = reader_of(limit.file)(given, &value);
	if (!why && mr_text_is_cut(&value))
		why = "the value is too long";
	if (why)
		return refuse(text, EINVAL, why, err);
	*ret_limit = limit;
	return 0;
}

/* "8:0 rbps=1M": of such files each device has a line of its own. */
static bool is_of_many(const struct mr_cgroup_limit *limit)
{
	return strchr(limit->value, ' ') && strcmp(limit->file, "cpu.max") != 0;
}

int mr_cgroup_limits_check(const struct maproot_cgroup *wish, struct maproot_error *err)
{
	for (size_t at = 0; at < wish->limit_count; at++) {
		struct mr_cgroup_limit limit;
		int code = mr_cgroup_limit_parse(wish->limits[at], &limit, err);

		if (code < 0)
			return code;
		for (size_t before = 0; before < at && !is_of_many(&limit); before++) {
			struct mr_cgroup_limit other;

			if (mr_cgroup_limit_parse(wish->limits[before], &other, NULL) == 0 &&
			    strcmp(other.file, limit.file) == 0)
				return refuse(wish->limits[at], EINVAL, "this limit is there twice", err);
		}
	}
	return 0;
}

/*
 * The resource limits of a scope, as systemd.resource-control(5) has them, under their names on the bus. All of them
 * are of type "t"; what differs is which numbers there are. Knows no bus.
 */
#include "libexec/scope_property.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct kind {
	const char *name;
	uint64_t lowest;
	uint64_t highest; /* of a number */
	int has_infinity;
};

static const struct kind kinds[] = {
	/* Bytes. UINT64_MAX as a number would be infinity unasked. */
	{ "MemoryMin", 0, UINT64_MAX - 1, 1 },
	{ "MemoryLow", 0, UINT64_MAX - 1, 1 },
	{ "MemoryHigh", 0, UINT64_MAX - 1, 1 },
	{ "MemoryMax", 0, UINT64_MAX - 1, 1 },
	{ "MemorySwapMax", 0, UINT64_MAX - 1, 1 },
	{ "TasksMax", 1, UINT64_MAX - 1, 1 },
	/* Microseconds of processor time a second, and the period in which that is held. */
	{ "CPUQuotaPerSecUSec", 1, UINT64_MAX - 1, 1 },
	{ "CPUQuotaPeriodUSec", 1, UINT64_MAX - 1, 1 },
	{ "CPUWeight", 1, 10000, 0 },
	{ "IOWeight", 1, 10000, 0 },
};

/* Decimal digits and nothing else. */
static int read_number(const char *text, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (*text == '\0')
		return -EINVAL;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(number, (uint64_t)10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
			return -EINVAL;
	}
	*ret_number = number;
	return 0;
}

static int read_value(const struct kind *kind, const char *text, uint64_t *ret_value)
{
	uint64_t number = 0;

	if (kind->has_infinity && strcmp(text, "infinity") == 0) {
		*ret_value = UINT64_MAX;
		return 0;
	}
	if (read_number(text, &number) < 0 || number < kind->lowest || number > kind->highest)
		return -EINVAL;
	*ret_value = number;
	return 0;
}

int scope_property_read(const char *text, struct scope_property *ret_property)
{
	size_t length = strcspn(text, "=");

	for (size_t at = 0; text[length] == '=' && at < sizeof(kinds) / sizeof(kinds[0]); at++) {
		if (strncmp(kinds[at].name, text, length) != 0 || kinds[at].name[length] != '\0')
			continue;
		if (read_value(&kinds[at], text + length + 1, &ret_property->value) < 0)
			return -EINVAL;
		ret_property->name = kinds[at].name;
		return 0;
	}
	return -ENOENT;
}

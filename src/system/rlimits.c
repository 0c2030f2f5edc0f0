/*
 * Resource limits. prlimit(2), with 64 bits everywhere.
 */
#include "base/error.h"
#include "base/text.h"
#include "model/attributes.h"
#include "system/attributes.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* struct rlimit64 of the kernel */
struct limit {
	uint64_t soft;
	uint64_t hard;
};

static void add_value(struct mr_text *text, const char *what, uint64_t value)
{
	mr_text_add(text, what);
	if (value > INT64_MAX)
		mr_text_add(text, "unlimited");
	else
		mr_text_add_number(text, (int64_t)value);
}

/* "RLIMIT_NOFILE: soft 100, hard 200; the hard limit is 50" */
static int fail(struct maproot_error *err, int code, const struct maproot_rlimit *wish)
{
	char words[160];
	struct mr_text text = mr_text_in(words, sizeof(words));
	struct limit present;

	mr_text_add(&text, mr_rlimit_name(wish->resource));
	add_value(&text, ": soft ", wish->soft);
	add_value(&text, ", hard ", wish->hard);
	if (code == EPERM && syscall(SYS_prlimit64, 0, wish->resource, NULL, &present) == 0)
		add_value(&text, "; the hard limit is ", present.hard);
	return mr_fail(err, code, MAPROOT_STEP_RLIMIT, words);
}

int mr_rlimits_set(const struct maproot_attributes *attributes, struct maproot_error *err)
{
	for (size_t at = 0; at < attributes->rlimit_count; at++) {
		const struct maproot_rlimit *wish = &attributes->rlimits[at];
		const struct limit limit = { wish->soft, wish->hard };

		if (syscall(SYS_prlimit64, 0, wish->resource, &limit, NULL) < 0)
			return fail(err, errno, wish);
	}
	return 0;
}

/*
 * Mounts and attributes in words, for the description of a plan.
 */
#include "model/attributes.h"

#include "base/text.h"

#include <string.h>
#include <sys/mount.h>

static const struct {
	unsigned long flag;
	const char *name;
} flags[] = {
	{ MS_RDONLY, "ro" },
	{ MS_NOSUID, "nosuid" },
	{ MS_NODEV, "nodev" },
	{ MS_NOEXEC, "noexec" },
	{ MS_SYNCHRONOUS, "sync" },
	{ MS_DIRSYNC, "dirsync" },
	{ MS_NOATIME, "noatime" },
	{ MS_NODIRATIME, "nodiratime" },
	{ MS_RELATIME, "relatime" },
	{ MS_STRICTATIME, "strictatime" },
	{ 256, "nosymfollow" }, /* MS_NOSYMFOLLOW */
};

static const struct {
	unsigned long flag;
	const char *name;
} propagations[] = {
	{ MS_PRIVATE, "private" },
	{ MS_SLAVE, "slave" },
	{ MS_SHARED, "shared" },
	{ MS_UNBINDABLE, "unbindable" },
};

void mr_mount_describe(const struct maproot_mount *mount, struct mr_text *text)
{
	static const char *const types[] = {
		[MAPROOT_MOUNT_TMPFS] = "tmpfs",
		[MAPROOT_MOUNT_PROC] = "proc",
	};

	if (mount->kind == MAPROOT_MOUNT_BIND)
		mr_text_add(text, mount->source);
	else
		mr_text_add(text, mount->kind == MAPROOT_MOUNT_FILESYSTEM ? mount->type : types[mount->kind]);
	mr_text_add(text, " on ");
	mr_text_add(text, mount->target);
	mr_text_add(text, mount->read_only ? ", read-only" : "");
	if (mount->kind == MAPROOT_MOUNT_BIND && mount->flags != 0 && !(mount->flags & MS_REC))
		mr_text_add(text, ", without what is mounted below");
	for (size_t at = 0; at < sizeof(flags) / sizeof(flags[0]); at++) {
		if (mount->flags & flags[at].flag)
			mr_text_add_item(text, ", ", flags[at].name);
	}
	for (size_t at = 0; at < sizeof(propagations) / sizeof(propagations[0]); at++) {
		if (mount->propagation & propagations[at].flag)
			mr_text_add_item(text, ", ", propagations[at].name);
	}
	if (mount->data)
		mr_text_add_item(text, ", ", mount->data);
}

static void add_limit(struct mr_text *text, uint64_t value)
{
	if (value > INT64_MAX)
		mr_text_add(text, "unlimited");
	else
		mr_text_add_number(text, (int64_t)value);
}

static void say_rlimits(const struct maproot_attributes *attributes, mr_say *say, const void *out)
{
	for (size_t at = 0; at < attributes->rlimit_count; at++) {
		char words[96];
		struct mr_text text = mr_text_in(words, sizeof(words));

		mr_text_add(&text, mr_rlimit_name(attributes->rlimits[at].resource));
		mr_text_add(&text, " soft ");
		add_limit(&text, attributes->rlimits[at].soft);
		mr_text_add(&text, ", hard ");
		add_limit(&text, attributes->rlimits[at].hard);
		say(out, "resource limit", words);
	}
}

static void add_hexadecimal(struct mr_text *text, uint64_t set)
{
	for (int shift = 60; shift >= 0; shift -= 4) {
		const char digit[] = { "0123456789abcdef"[set >> shift & 15], '\0' };

		mr_text_add(text, digit);
	}
}

/* As /proc/PID/status has them. */
static void say_capabilities(const struct maproot_capability_sets *sets, mr_say *say, const void *out)
{
	const struct {
		const char *name;
		uint64_t set;
	} rows[] = {
		{ "bounding ", sets->bounding },
		{ ", effective ", sets->effective },
		{ ", permitted ", sets->permitted },
		{ ", inheritable ", sets->inheritable },
		{ ", ambient ", sets->ambient },
	};
	char words[192];
	struct mr_text text = mr_text_in(words, sizeof(words));

	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		mr_text_add(&text, rows[at].name);
		add_hexadecimal(&text, rows[at].set);
	}
	say(out, "capabilities", words);
}

static void say_each(const char *key, const char *const *values, size_t count, mr_say *say, const void *out)
{
	for (size_t at = 0; at < count; at++)
		say(out, key, values[at]);
}

static void say_umask(mode_t mask, mr_say *say, const void *out)
{
	const char digits[] = { '0', (char)('0' + (mask >> 6 & 7)), (char)('0' + (mask >> 3 & 7)), (char)('0' + (mask & 7)), '\0' };

	say(out, "umask", digits);
}

static void say_groups(const struct maproot_attributes *attributes, mr_say *say, const void *out)
{
	char words[1024];
	struct mr_text text = mr_text_in(words, sizeof(words));

	for (size_t at = 0; at < attributes->group_count; at++) {
		mr_text_add(&text, at > 0 ? ", " : "");
		mr_text_add_number(&text, attributes->groups[at]);
	}
	say(out, "supplementary groups", attributes->group_count > 0 ? words : "none");
}

void mr_attributes_describe_mounts(const struct maproot_attributes *attributes, mr_say *say, const void *out)
{
	say_each("masked", attributes->masked, attributes->masked_count, say, out);
	say_each("read-only", attributes->read_only, attributes->read_only_count, say, out);
	if (attributes->read_only_root)
		say(out, "read-only", "the root directory");
}

void mr_attributes_describe(const struct maproot_attributes *attributes, mr_say *say, const void *out)
{
	char digits[12];
	struct mr_text text = mr_text_in(digits, sizeof(digits));

	if (attributes->set_oom_score_adj) {
		mr_text_add_number(&text, attributes->oom_score_adj);
		say(out, "OOM score adjustment", digits);
	}
	if (attributes->set_umask)
		say_umask(attributes->umask, say, out);
	say_rlimits(attributes, say, out);
	if (attributes->groups)
		say_groups(attributes, say, out);
	if (attributes->capabilities)
		say_capabilities(attributes->capabilities, say, out);
	if (attributes->no_new_privileges)
		say(out, "new privileges", "none from here on");
}

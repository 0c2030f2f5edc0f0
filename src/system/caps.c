/*
 * What this process may do, through libcap; and, for a child that must not allocate, one raw call.
 */
#include "system/caps.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int default_caps[] = { CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SETUID, CAP_SETGID };
static const char *const default_names[] = { "CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_SETUID",
					     "CAP_SETGID" };

enum { DEFAULT_COUNT = sizeof(default_caps) / sizeof(default_caps[0]) };

static void free_caps(cap_t *caps)
{
	if (*caps)
		(void)cap_free(*caps); /* fails only on what cap_get_proc() did not give */
}

#define auto_caps __attribute__((cleanup(free_caps)))

static bool stands(cap_t caps, int cap, cap_flag_t set)
{
	cap_flag_value_t value;

	return cap_get_flag(caps, cap, set, &value) == 0 && value == CAP_SET;
}

static int fail_unknown(struct maproot_error *err, int cap)
{
	char digits[12];
	struct mr_text text = mr_text_in(digits, sizeof(digits));

	mr_text_add_number(&text, cap);
	return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, "capability ", digits,
			      " is unknown to this kernel", NULL);
}

static int raise_caps(cap_t caps, const int *wanted, size_t count, struct maproot_error *err)
{
	for (size_t at = 0; at < count; at++) {
		cap_value_t cap = wanted[at];

		if (cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_SET) < 0)
			return mr_fail_number(err, errno, MAPROOT_STEP_RAISE, cap);
	}
	if (cap_set_proc(caps) < 0)
		return mr_fail_number(err, errno, MAPROOT_STEP_RAISE, wanted[0]);
	return 1;
}

int maproot_capabilities_probe(const int *wanted, size_t count, struct maproot_error *err)
{
	auto_caps cap_t caps = cap_get_proc();
	bool effective = true;
	bool permitted = true;

	mr_error_reset(err);
	if (!caps)
		return mr_fail(err, errno, MAPROOT_STEP_PROBE, "");
	if (!wanted) {
		wanted = default_caps;
		count = DEFAULT_COUNT;
	}
	for (size_t at = 0; at < count; at++) {
		if (stands(caps, wanted[at], CAP_EFFECTIVE))
			continue;
		effective = false;
		if (stands(caps, wanted[at], CAP_PERMITTED))
			continue;
		permitted = false;
		/* libcap has room for more numbers than any kernel knows. */
		if (wanted != default_caps && cap_get_bound(wanted[at]) < 0)
			return fail_unknown(err, wanted[at]);
	}
	if (!permitted)
		return 0;
	return effective ? 1 : raise_caps(caps, wanted, count, err);
}

void mr_caps_name_lacking(char *buffer, size_t size)
{
	struct mr_text text = mr_text_in(buffer, size);
	auto_caps cap_t caps = cap_get_proc();

	for (size_t at = 0; at < DEFAULT_COUNT; at++) {
		if (!caps || !stands(caps, default_caps[at], CAP_EFFECTIVE))
			mr_text_add_item(&text, ", ", default_names[at]);
	}
}

int mr_caps_keep_over_exec(struct maproot_error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_KEEP_CAPABILITIES, "");
	for (int word = 0; word < _LINUX_CAPABILITY_U32S_3; word++)
		data[word].inheritable = data[word].permitted;
	if (syscall(SYS_capset, &header, data) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_KEEP_CAPABILITIES, "");
	for (unsigned int cap = 0; cap < 32 * _LINUX_CAPABILITY_U32S_3; cap++) {
		if (!(data[cap / 32].permitted & 1u << cap % 32))
			continue;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return mr_fail(err, errno, MAPROOT_STEP_KEEP_CAPABILITIES, "");
	}
	return 0;
}

static int fail_set(struct maproot_error *err, int code, const char *set, int cap)
{
	char words[48];
	struct mr_text text = mr_text_in(words, sizeof(words));

	mr_text_add(&text, set);
	if (cap >= 0) {
		mr_text_add(&text, ", number ");
		mr_text_add_number(&text, cap);
	}
	return mr_fail(err, code, MAPROOT_STEP_CAPABILITIES, words);
}

static int lowest(uint64_t set)
{
	return set == 0 ? -1 : __builtin_ctzll(set);
}

/* Leaves these in the bounding set. What is not there can't be put there. */
static int bound(uint64_t wish, struct maproot_error *err)
{
	for (int cap = 0; cap < 64; cap++) {
		bool wanted = wish >> cap & 1;
		int present = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);

		if (present < 0 && !(wish >> cap))
			return 0; /* past the last one */
		if (present < 0)
			return fail_set(err, EINVAL, "bounding", lowest(wish >> cap << cap));
		if (wanted && present == 0)
			return fail_set(err, EPERM, "bounding", cap);
		if (!wanted && present == 1 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return fail_set(err, errno, "bounding", cap);
	}
	return 0;
}

struct sets {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

static int read_sets(struct sets *sets, struct maproot_error *err)
{
	sets->header = (struct __user_cap_header_struct){ .version = _LINUX_CAPABILITY_VERSION_3 };
	if (syscall(SYS_capget, &sets->header, sets->data) < 0)
		return fail_set(err, errno, "those of this process", -1);
	return 0;
}

static uint64_t permitted_of(const struct sets *sets)
{
	return sets->data[0].permitted | (uint64_t)sets->data[1].permitted << 32;
}

int mr_caps_prepare(const struct maproot_capability_sets *wish, bool root, struct maproot_error *err)
{
	struct sets sets;
	int code = read_sets(&sets, err);
	uint64_t lacking;

	if (code < 0)
		return code;
	lacking = wish->permitted & ~permitted_of(&sets);
	if (lacking)
		return fail_set(err, EPERM, "permitted", lowest(lacking));
	/* Inheritable ones are taken from the bounding set, before it is lowered. */
	for (int word = 0; word < _LINUX_CAPABILITY_U32S_3; word++)
		sets.data[word].inheritable = (uint32_t)(wish->inheritable >> 32 * word);
	if (syscall(SYS_capset, &sets.header, sets.data) < 0)
		return fail_set(err, errno, "inheritable", -1);
	code = bound(wish->bounding, err);
	if (code < 0)
		return code;
	/* Root is given all of these by exec: never more than was asked for. */
	if (root && ((wish->inheritable | wish->bounding) & ~wish->permitted) &&
	    prctl(PR_SET_SECUREBITS, prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) | (1 << SECURE_NOROOT), 0, 0, 0) < 0)
		return fail_set(err, errno, "as root has them after exec", -1);
	/* Or changing to another user than root would clear the permitted ones; exec takes it back. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return fail_set(err, errno, "over a change of user", -1);
	return 0;
}

static int set_ambient(uint64_t wish, struct maproot_error *err)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && (errno != EINVAL || wish != 0))
		return fail_set(err, errno, "ambient", -1); /* before Linux 4.3 there are none */
	for (int cap = 0; cap < 64; cap++) {
		if (wish >> cap & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return fail_set(err, errno, "ambient", cap);
	}
	return 0;
}

int mr_caps_set(const struct maproot_capability_sets *wish, struct maproot_error *err)
{
	struct sets sets = { .header = { .version = _LINUX_CAPABILITY_VERSION_3 } };

	for (int word = 0; word < _LINUX_CAPABILITY_U32S_3; word++) {
		sets.data[word].effective = (uint32_t)(wish->effective >> 32 * word);
		sets.data[word].permitted = (uint32_t)(wish->permitted >> 32 * word);
		sets.data[word].inheritable = (uint32_t)(wish->inheritable >> 32 * word);
	}
	if (syscall(SYS_capset, &sets.header, sets.data) < 0)
		return fail_set(err, errno, "effective, permitted, inheritable", -1);
	return set_ambient(wish->ambient, err);
}

bool mr_caps_has(int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &header, data) == 0 && (data[cap / 32].effective & 1u << cap % 32);
}

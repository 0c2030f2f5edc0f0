/*
 * What this process may do, through libcap; and, for a child that must not allocate, one raw call.
 */
#include "system/caps.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <linux/capability.h>
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

bool mr_caps_has(int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &header, data) == 0 && (data[cap / 32].effective & 1u << cap % 32);
}

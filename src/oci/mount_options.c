/*
 * Options of mounts: independent ones are flags, the rest is for the file system.
 */
#include "oci/mount_options.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

/* Not in every C library's <sys/mount.h>. */
#define LAZYTIME    (1UL << 25)
#define NOSYMFOLLOW 256UL

/* What mount(2) takes at most, with its end. */
enum { DATA_SIZE = 4096 };

static const struct {
	const char *name;
	unsigned long set;
	unsigned long cleared;
	unsigned long propagation;
} table[] = {
	{ "defaults", 0, 0, 0 },
	{ "bind", MS_BIND, 0, 0 },
	{ "rbind", MS_BIND | MS_REC, 0, 0 },
	{ "ro", MS_RDONLY, 0, 0 },
	{ "rw", 0, MS_RDONLY, 0 },
	{ "suid", 0, MS_NOSUID, 0 },
	{ "nosuid", MS_NOSUID, 0, 0 },
	{ "dev", 0, MS_NODEV, 0 },
	{ "nodev", MS_NODEV, 0, 0 },
	{ "exec", 0, MS_NOEXEC, 0 },
	{ "noexec", MS_NOEXEC, 0, 0 },
	{ "sync", MS_SYNCHRONOUS, 0, 0 },
	{ "async", 0, MS_SYNCHRONOUS, 0 },
	{ "dirsync", MS_DIRSYNC, 0, 0 },
	{ "mand", MS_MANDLOCK, 0, 0 },
	{ "nomand", 0, MS_MANDLOCK, 0 },
	{ "atime", 0, MS_NOATIME, 0 },
	{ "noatime", MS_NOATIME, 0, 0 },
	{ "diratime", 0, MS_NODIRATIME, 0 },
	{ "nodiratime", MS_NODIRATIME, 0, 0 },
	{ "relatime", MS_RELATIME, 0, 0 },
	{ "norelatime", 0, MS_RELATIME, 0 },
	{ "strictatime", MS_STRICTATIME, 0, 0 },
	{ "nostrictatime", 0, MS_STRICTATIME, 0 },
	{ "lazytime", LAZYTIME, 0, 0 },
	{ "nolazytime", 0, LAZYTIME, 0 },
	{ "symfollow", 0, NOSYMFOLLOW, 0 },
	{ "nosymfollow", NOSYMFOLLOW, 0, 0 },
	{ "iversion", MS_I_VERSION, 0, 0 },
	{ "noiversion", 0, MS_I_VERSION, 0 },
	{ "silent", MS_SILENT, 0, 0 },
	{ "loud", 0, MS_SILENT, 0 },
	{ "acl", MS_POSIXACL, 0, 0 },
	{ "noacl", 0, MS_POSIXACL, 0 },
	{ "private", 0, 0, MS_PRIVATE },
	{ "rprivate", 0, 0, MS_PRIVATE | MS_REC },
	{ "shared", 0, 0, MS_SHARED },
	{ "rshared", 0, 0, MS_SHARED | MS_REC },
	{ "slave", 0, 0, MS_SLAVE },
	{ "rslave", 0, 0, MS_SLAVE | MS_REC },
	{ "unbindable", 0, 0, MS_UNBINDABLE },
	{ "runbindable", 0, 0, MS_UNBINDABLE | MS_REC },
};

/* Of /etc/fstab, or for the mount program: nothing for the kernel. */
static const char *const idle[] = { "auto", "noauto", "nofail", "_netdev", "nouser", "nousers" };

/* Known to other runtimes or to newer specifications. */
static const char *const impossible[] = {
	"remount",
	"loop",
	"idmap",
	"ridmap",
	"tmpcopyup",
	"notmpcopyup",
	"copy-symlink",
	"rrw",
	"rsuid",
	"rnosuid",
	"rdev",
	"rnodev",
	"rexec",
	"rnoexec",
	"ratime",
	"rnoatime",
	"rdiratime",
	"rnodiratime",
	"rrelatime",
	"rnorelatime",
	"rstrictatime",
	"rnostrictatime",
	"rsymfollow",
	"rnosymfollow",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_among(const char *option, const char *const *words, size_t count)
{
	for (size_t at = 0; at < count; at++) {
		if (strcmp(words[at], option) == 0)
			return true;
	}
	return false;
}

static bool take_flag(const char *option, struct maproot_mount *mount)
{
	for (size_t at = 0; at < COUNT(table); at++) {
		if (strcmp(table[at].name, option) != 0)
			continue;
		mount->flags = (mount->flags | table[at].set) & ~table[at].cleared;
		if (table[at].propagation)
			mount->propagation = table[at].propagation;
		return true;
	}
	return false;
}

static int take_data(struct maproot_oci *spec, const struct mr_oci_place *element, struct maproot_mount *mount,
		     struct maproot_error *err)
{
	const char *option = json_string_value(element->value);

	if (option[0] == '\0')
		return mr_oci_fail(element, err, EINVAL, "is empty", NULL);
	if ((mount->data ? strlen(mount->data) + 1 : 0) + strlen(option) >= DATA_SIZE)
		return mr_oci_fail(element, err, E2BIG, "the options are too long for the kernel", NULL);
	mount->data = mount->data ? mr_oci_text(spec, err, mount->data, ",", option, NULL) : option;
	return mount->data ? 0 : -ENOMEM;
}

static int take_option(struct maproot_oci *spec, const struct mr_oci_place *element, struct maproot_mount *mount,
		       struct maproot_error *err)
{
	const char *option = json_string_value(element->value);

	if (take_flag(option, mount) || is_among(option, idle, COUNT(idle)) || strncmp(option, "x-", 2) == 0)
		return 0;
	if (strcmp(option, "rro") == 0) {
		mount->flags |= MS_RDONLY;
		mount->read_only = true;
		return 0;
	}
	if (is_among(option, impossible, COUNT(impossible)))
		return mr_oci_fail(element, err, ENOTSUP, "the option '", option, "' is not supported", NULL);
	return take_data(spec, element, mount, err);
}

int mr_oci_mount_options(struct maproot_oci *spec, const struct mr_oci_place *options, struct maproot_mount *mount,
			 struct maproot_error *err)
{
	struct mr_oci_place element;
	int code = 0;

	for (size_t at = 0; code == 0 && at < mr_oci_count(options); at++) {
		code = mr_oci_element(options, at, MR_OCI_STRING, &element, err);
		if (code == 0)
			code = take_option(spec, &element, mount, err);
	}
	return code;
}

const char *mr_oci_data_without(struct maproot_oci *spec, const char *data, const char *option,
				struct maproot_error *err)
{
	char *left = mr_oci_take(spec, strlen(data) + 1, 1, err);
	char *end = left;

	while (left && *data != '\0') {
		size_t length = strcspn(data, ",");

		if (length != strlen(option) || strncmp(data, option, length) != 0) {
			if (end != left)
				*end++ = ',';
			end = mempcpy(end, data, length);
		}
		data += length + (data[length] == ',');
	}
	return left;
}

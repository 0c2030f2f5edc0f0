/*
 * root and mounts. A mount is a bind where its options say so, else a file system of its type.
 */
#include "oci/mount_options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* A path outside: relative ones are relative to the bundle. */
static const char *path_outside(struct maproot_oci *spec, const char *path, struct maproot_error *err)
{
	return path[0] == '/' ? path : mr_oci_text(spec, err, spec->bundle, "/", path, NULL);
}

static int settle_kind(struct maproot_oci *spec, const struct mr_oci_place *element, struct maproot_mount *mount,
		       struct maproot_error *err)
{
	const struct mr_oci_place source = { element, "source", 0, element->value };
	const struct mr_oci_place type = { element, "type", 0, element->value };

	/* "bind" as a type is no file system, but what is meant is plain. */
	if (mount->type && strcmp(mount->type, "bind") == 0 && !(mount->flags & MS_BIND))
		mount->flags |= MS_BIND | MS_REC;
	if (!(mount->flags & MS_BIND)) {
		mount->kind = MAPROOT_MOUNT_FILESYSTEM;
		if (!mount->type || mount->type[0] == '\0')
			return mr_oci_fail(&type, err, EINVAL, "is missing, and it is no bind mount", NULL);
		if (mount->read_only)
			return mr_oci_fail(element, err, ENOTSUP, "the option 'rro' is for bind mounts", NULL);
		return 0;
	}
	mount->kind = MAPROOT_MOUNT_BIND;
	mount->type = NULL;
	mount->data = NULL; /* the kernel looks at none */
	if (!mount->source || mount->source[0] == '\0')
		return mr_oci_fail(&source, err, EINVAL, "is missing, and it is a bind mount", NULL);
	mount->source = path_outside(spec, mount->source, err);
	return mount->source ? 0 : -ENOMEM;
}

static int read_mount(struct maproot_oci *spec, const struct mr_oci_place *element, struct maproot_mount *mount,
		      struct maproot_error *err)
{
	const struct mr_oci_place target = { element, "destination", 0, element->value };
	struct mr_oci_place options;
	int code = mr_oci_need_string(element, "destination", &mount->target, err);

	if (code == 0 && mount->target[0] != '/')
		code = mr_oci_fail(&target, err, EINVAL, "'", mount->target, "' is not an absolute path", NULL);
	if (code == 0)
		code = mr_oci_string(element, "type", &mount->type, err);
	if (code == 0)
		code = mr_oci_string(element, "source", &mount->source, err);
	if (code == 0)
		code = mr_oci_get(element, "options", MR_OCI_ARRAY, &options, err);
	if (code == 0)
		code = mr_oci_mount_options(spec, &options, mount, err);
	return code < 0 ? code : settle_kind(spec, element, mount, err);
}

static int read_root(struct maproot_oci *spec, const struct mr_oci_place *top, struct maproot_error *err)
{
	struct mr_oci_place root;
	const char *path = "";
	int code;

	/* What is joined has its root already. */
	if (mr_oci_is_joined(spec, MAPROOT_NAMESPACE_MNT) && !json_object_get(top->value, "root"))
		return 0;
	code = mr_oci_need(top, "root", MR_OCI_OBJECT, &root, err);
	if (code == 0)
		code = mr_oci_need_string(&root, "path", &path, err);
	if (code == 0)
		code = mr_oci_boolean(&root, "readonly", &spec->attributes.read_only_root, err);
	if (code < 0)
		return code;
	spec->root = path_outside(spec, path, err);
	return spec->root ? 0 : -ENOMEM;
}

int mr_oci_read_mounts(struct maproot_oci *spec, struct maproot_error *err)
{
	struct mr_oci_place top = mr_oci_top(spec);
	struct mr_oci_place array;
	struct mr_oci_place element;
	int code = read_root(spec, &top, err);

	if (code == 0)
		code = mr_oci_get(&top, "mounts", MR_OCI_ARRAY, &array, err);
	if (code < 0)
		return code;
	spec->mounts = mr_oci_take(spec, mr_oci_count(&array), sizeof(*spec->mounts), err);
	if (!spec->mounts)
		return -ENOMEM;
	spec->mount_count = mr_oci_count(&array);
	for (size_t at = 0; code == 0 && at < spec->mount_count; at++) {
		code = mr_oci_element(&array, at, MR_OCI_OBJECT, &element, err);
		if (code == 0)
			code = read_mount(spec, &element, &spec->mounts[at], err);
	}
	return code;
}

/* The kernel refuses a group that is not mapped. The groups of a user namespace that nobody asked for are nobody's wish. */
static int leave_out_group(struct maproot_oci *spec, size_t index, struct maproot_mount *mount, struct maproot_error *err)
{
	const char *option = mount->data ? strstr(mount->data, "gid=") : NULL;
	char text[64];
	char note[160];
	char *end;
	unsigned long group;

	if (mount->kind != MAPROOT_MOUNT_FILESYSTEM || strcmp(mount->type, "devpts") != 0 || !option ||
	    (option != mount->data && option[-1] != ','))
		return 0;
	group = strtoul(option + 4, &end, 10);
	if ((*end != ',' && *end != '\0') || end == option + 4 || end - option >= (ptrdiff_t)sizeof(text) ||
	    group == spec->process.gid)
		return 0;
	(void)snprintf(text, sizeof(text), "%.*s", (int)(end - option), option);
	mount->data = mr_oci_data_without(spec, mount->data, text, err);
	(void)snprintf(note, sizeof(note), "mounts[%zu].options: left out %s, as the caller's own group alone is mapped",
		       index, text);
	return mount->data ? mr_oci_add(spec, &spec->notes, mr_oci_text(spec, err, note, NULL), err) : -ENOMEM;
}

/* The same where the configuration has maps: then it contradicts itself. */
static int check_group(const struct maproot_oci *spec, size_t index, const struct maproot_mount *mount,
		       struct maproot_error *err)
{
	const struct mr_oci_place top = mr_oci_top(spec);
	const struct mr_oci_place array = { &top, "mounts", 0, spec->tree };
	const struct mr_oci_place element = { &array, NULL, index, spec->tree };
	const struct mr_oci_place place = { &element, "options", 0, spec->tree };
	const char *option = mount->data ? strstr(mount->data, "gid=") : NULL;
	unsigned long group;
	uint32_t outer;

	if (spec->groups.count == 0 || mount->kind != MAPROOT_MOUNT_FILESYSTEM || !option ||
	    (option != mount->data && option[-1] != ','))
		return 0;
	group = strtoul(option + 4, NULL, 10);
	if (group > UINT32_MAX || maproot_idmap_to_outer(&spec->groups, (uint32_t)group, &outer))
		return 0;
	return mr_oci_fail(&place, err, EINVAL, "the group of '", option, "' is not mapped by linux.gidMappings", NULL);
}

/* The caller's terminal, where the process is to have one: it is used as it is. */
static int add_console(struct maproot_oci *spec, struct maproot_request *request, struct maproot_mount *mount,
		       struct maproot_error *err)
{
	char name[PATH_MAX];

	if (!spec->process.terminal || ttyname_r(STDIN_FILENO, name, sizeof(name)) != 0)
		return 0;
	mount->kind = MAPROOT_MOUNT_BIND;
	mount->source = mr_oci_text(spec, err, name, NULL);
	mount->target = "/dev/console";
	mount->flags = MS_BIND;
	request->mount_count++;
	return mount->source ? 0 : -ENOMEM;
}

int mr_oci_lay_mounts(struct maproot_oci *spec, struct maproot_request *request, bool own_user_namespace,
		      struct maproot_error *err)
{
	struct maproot_mount *mounts = mr_oci_take(spec, spec->mount_count + 1, sizeof(*mounts), err);
	int code = 0;

	if (!mounts)
		return -ENOMEM;
	for (size_t at = 0; code == 0 && at < spec->mount_count; at++) {
		mounts[at] = spec->mounts[at];
		code = own_user_namespace ? leave_out_group(spec, at, &mounts[at], err) :
					    check_group(spec, at, &mounts[at], err);
	}
	request->mounts = mounts;
	request->mount_count = spec->mount_count;
	return code < 0 ? code : add_console(spec, request, &mounts[spec->mount_count], err);
}

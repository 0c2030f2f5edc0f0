/*
 * Configurations and bundles for tests.
 */
#include "bundle.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char small[] = "{'ociVersion': '1.0.2', 'root': {'path': 'rootfs'},"
			    "'process': {'cwd': '/', 'args': ['true'], 'env': ['PATH=/bin'], 'user': {'uid': 0, 'gid': 0}}}";

json_t *bundle_json(const char *text)
{
	char *copy = strdup(text);
	json_error_t problem;
	json_t *value;

	for (char *at = copy; *at != '\0'; at++) {
		if (*at == '\'')
			*at = '"';
	}
	value = json_loads(copy, 0, &problem);
	ck_assert_msg(value, "%s: %s", copy, problem.text);
	free(copy);
	return value;
}

static void merge(json_t *into, json_t *from)
{
	const char *key;
	json_t *value;

	json_object_foreach(from, key, value)
	{
		json_t *there = json_object_get(into, key);

		if (json_is_null(value))
			(void)json_object_del(into, key);
		else if (json_is_object(there) && json_is_object(value))
			merge(there, value);
		else
			ck_assert_int_eq(json_object_set(into, key, value), 0);
	}
}

static json_t *load_spec(const char *spec)
{
	json_error_t problem;
	json_t *value = spec ? json_load_file(support_text("%s/%s", SPECS_PATH, spec), 0, &problem) : bundle_json(small);

	ck_assert_msg(value, "%s", problem.text);
	return value;
}

static char *patched(json_t *value, const char *patch)
{
	json_t *addition = bundle_json(patch ? patch : "{}");
	char *text;

	merge(value, addition);
	text = json_dumps(value, JSON_INDENT(1));
	ck_assert(text);
	json_decref(addition);
	json_decref(value);
	return text;
}

char *bundle_text(const char *spec, const char *patch)
{
	return patched(load_spec(spec), patch);
}

struct maproot_oci *bundle_parse(const char *patch)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_oci *spec = NULL;
	char *text = bundle_text(NULL, patch);

	ck_assert_msg(maproot_oci_parse(text, strlen(text), "/bundle", NULL, 0, &spec, &err) == 0, "%s", err.object);
	free(text);
	return spec;
}

struct maproot_oci_run bundle_request(const char *patch, struct maproot_oci **ret_spec)
{
	const struct maproot_oci_wish wish = { 0 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_oci_run run;

	*ret_spec = bundle_parse(patch);
	ck_assert_msg(maproot_oci_request(*ret_spec, &wish, &run, &err) == 0, "%s", err.object);
	return run;
}

void bundle_refused(const char *patch, const char *message)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_oci *untouched = (struct maproot_oci *)&err;
	struct maproot_oci *spec = untouched;
	char *copy = bundle_text(NULL, patch);

	ck_assert_int_lt(maproot_oci_parse(copy, strlen(copy), "/bundle", NULL, 0, &spec, &err), 0);
	ck_assert_ptr_eq(spec, untouched);
	ck_assert_int_eq(err.step, MAPROOT_STEP_SPEC);
	ck_assert_str_eq(err.object, message);
	free(copy);
}

/* hostID of all mappings. */
static void map_user(json_t *spec)
{
	static const char *const names[] = { "uidMappings", "gidMappings" };
	const uint32_t ids[] = { support_user()->uid, support_user()->gid };

	for (size_t at = 0; at < UNIT_COUNT(names); at++) {
		json_t *range = json_array_get(json_object_get(json_object_get(spec, "linux"), names[at]), 0);

		if (json_integer_value(json_object_get(range, "size")) == 1)
			ck_assert_int_eq(json_object_set_new(range, "hostID", json_integer(ids[at])), 0);
	}
}

static void give_to_user(const char *path)
{
	if (geteuid() == 0)
		ck_assert_int_eq(lchown(path, support_user()->uid, support_user()->gid), 0);
}

static void make_directory(const char *path)
{
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
	give_to_user(path);
}

static void make_root(const char *bundle)
{
	static const char *const directories[] = { "", "/bin", "/dev", "/proc", "/sys", "/etc", "/tmp", "/work" };
	static const char *const programs[] = { "sh", "true", "id", "cat", "grep", "hostname", "sleep", "pwd", "ls", "mount",
						"test", "touch", "sed", "echo", "kill", "env", "stat", "ps" };
	static const char *busybox;

	if (!busybox)
		busybox = support_install("/bin/busybox", support_text("busybox%d", getpid()));
	for (size_t at = 0; at < UNIT_COUNT(directories); at++)
		make_directory(support_text("%s/rootfs%s", bundle, directories[at]));
	ck_assert_int_eq(link(busybox, support_text("%s/rootfs/bin/busybox", bundle)), 0);
	for (size_t at = 0; at < UNIT_COUNT(programs); at++)
		ck_assert_int_eq(symlink("busybox", support_text("%s/rootfs/bin/%s", bundle, programs[at])), 0);
}

const char *bundle_make(const char *spec, const char *patch)
{
	static unsigned int count;
	const char *bundle = strdup(support_text("%s/bundle-%d-%u", support_directory(), getpid(), count++));
	char *kept = strdup(patch ? patch : "{}"); /* it may be of support_text() */
	json_t *value = load_spec(spec);
	char *text;

	make_directory(bundle);
	make_root(bundle);
	if (geteuid() != 0 || spec)
		map_user(value);
	text = patched(value, kept);
	(void)unit_file(support_text("%s/config.json", bundle), text);
	free(text);
	free(kept);
	return bundle;
}

const char *bundle_program(void)
{
	static const char *path;

	if (!path)
		path = support_install(getenv("MAPROOT_OCI") ? getenv("MAPROOT_OCI") : OCI_PATH,
				       support_text("maproot-oci%d", getpid()));
	return path;
}

void bundle_run(const char *bundle, bool as_root, const char *const *arguments, struct support_result *ret_result)
{
	const char *argv[40] = { bundle_program(), "--bundle", bundle };
	struct support_command command = { .argv = argv, .as_root = as_root };

	for (size_t at = 0; arguments[at]; at++) {
		ck_assert_uint_lt(at + 4, UNIT_COUNT(argv));
		argv[at + 3] = arguments[at];
	}
	support_run(&command, ret_result);
}

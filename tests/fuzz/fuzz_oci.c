/*
 * Contract: any text is read as the configuration of a bundle, or refused in words that name the file; what was read becomes a
 * request or is refused, and all that the request points to is there: strings end, sets hold known types only, mounts have
 * absolute targets.
 */
#include "fuzz.h"

#include <errno.h>
#include <maproot/capability.h>
#include <maproot/oci.h>

/* The caller of the day; the real one asks the kernel. */
static int privileged;

int maproot_capabilities_probe(const int *caps, size_t count, struct maproot_error *err)
{
	(void)caps;
	(void)count;
	(void)err;
	return privileged;
}

static size_t lengths; /* so that each string is read */

static void read_strings(const char *const *strings, size_t count)
{
	for (size_t at = 0; at < count; at++)
		lengths += strlen(strings[at]);
}

static void check_request(const struct maproot_oci_run *run)
{
	const struct maproot_request *request = &run->request;

	FUZZ_CHECK((request->namespaces & ~MAPROOT_NAMESPACE_ALL) == 0);
	FUZZ_CHECK(request->directory[0] == '/');
	FUZZ_CHECK(run->argv[0] && run->envp);
	read_strings(request->joins, request->join_count);
	read_strings(request->attributes->masked, request->attributes->masked_count);
	read_strings(request->attributes->sysctls, request->attributes->sysctl_count);
	if (request->cgroup)
		read_strings(request->cgroup->limits, request->cgroup->limit_count);
	for (size_t at = 0; at < request->mount_count; at++) {
		const struct maproot_mount *mount = &request->mounts[at];

		FUZZ_CHECK(mount->target[0] == '/');
		FUZZ_CHECK(mount->kind == MAPROOT_MOUNT_BIND ? mount->source != NULL : mount->type != NULL);
		lengths += mount->data ? strlen(mount->data) : 0;
	}
}

static void check_spec(struct maproot_oci *spec)
{
	const struct maproot_oci_wish wish = { 0 };
	struct maproot_oci_run run;
	size_t count = 0;
	const struct maproot_oci_finding *findings = maproot_oci_findings(spec, &count);

	for (size_t at = 0; at < count; at++)
		lengths += strlen(findings[at].path) + strlen(findings[at].field) + strlen(findings[at].why);
	for (privileged = 0; privileged < 2; privileged++) {
		if (maproot_oci_request(spec, &wish, &run, NULL) == 0)
			check_request(&run);
	}
	read_strings(maproot_oci_notes(spec, &count), 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const ignored[] = { "linux.resources", "mounts.options" };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_oci *spec;

	for (size_t count = 0; count <= 2; count += 2) {
		if (maproot_oci_parse((const char *)data, size, "/bundle", ignored, count, &spec, &err) == 0) {
			check_spec(spec);
			maproot_oci_free(spec);
		} else {
			FUZZ_CHECK(err.code != 0 && memchr(err.object, '\0', sizeof(err.object)));
			FUZZ_CHECK(err.code == ENOMEM || strncmp(err.object, "config.json", 11) == 0);
		}
	}
	return 0;
}

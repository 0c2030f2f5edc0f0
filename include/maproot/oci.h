/*
 * The configuration of a container as a request: the config.json of a bundle, read strictly, becomes what
 * <maproot/engine.h> starts. In a library of its own, libmaproot-oci, which needs a JSON library.
 *
 *   maproot_oci_load() -> maproot_oci_findings() -> maproot_oci_request() -> maproot_start()
 *
 * Messages name the file and the place in it: "config.json: process.rlimits[0].type: unknown limit 'RLIMIT_FOO'".
 * Source: the OCI runtime-spec, config.md and config-linux.md.
 */
#ifndef MAPROOT_OCI_H
#define MAPROOT_OCI_H

#include <maproot/engine.h>
#include <maproot/namespace.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* A configuration that was read. Not changed by use, but for maproot_oci_request(). */
struct maproot_oci;

/*
 * Reads config.json of the directory `bundle`. `ignored`: fields that are treated as if they were not there, by
 * their path without indices ("linux.seccomp", "mounts.uidMappings"); a field that is no part of the specification is
 * -EINVAL (step REQUEST). Errors have step SPEC (-EINVAL: it is wrong; -EFBIG, -ENOMEM) or OPEN.
 */
int maproot_oci_load(const char *bundle, const char *const *ignored, size_t ignored_count,
		     struct maproot_oci **ret_spec, struct maproot_error *err);

/* The same from text. `bundle`: an absolute path, what relative ones of the configuration are relative to. */
int maproot_oci_parse(const char *text, size_t length, const char *bundle, const char *const *ignored,
		      size_t ignored_count, struct maproot_oci **ret_spec, struct maproot_error *err);

/* Also frees everything that was returned for it. NULL is good. */
void maproot_oci_free(struct maproot_oci *spec);

/* linux.namespaces, for maproot_namespace_get() and maproot_namespace_filter(). */
const struct maproot_namespace_entry *maproot_oci_namespaces(const struct maproot_oci *spec, size_t *ret_count);

/* linux.uidMappings or linux.gidMappings; NULL where there are none. */
const struct maproot_idmap *maproot_oci_mappings(const struct maproot_oci *spec, enum maproot_id_kind kind);

/* What the configuration asks for and this library can't do. */
struct maproot_oci_finding {
	const char *path;  /* where it says so: "linux.devices" */
	const char *field; /* what to ignore, so that it is not asked for any more: the path without indices */
	const char *why;
};

/* All of them, in the order of the file. A request leaves them out: whether that is good enough is the caller's decision. */
const struct maproot_oci_finding *maproot_oci_findings(const struct maproot_oci *spec, size_t *ret_count);

/*
 * What may be worth a word, each a line: properties that the specification doesn't know, and has to be ignored; fields that
 * were ignored; after maproot_oci_request() also what was adapted to the caller.
 */
const char *const *maproot_oci_notes(const struct maproot_oci *spec, size_t *ret_count);

/* Everything zero is what the configuration says. */
struct maproot_oci_wish {
	char *const *command; /* NULL or empty: process.args */
	const char *id;       /* of the run; NULL: made up */
	enum maproot_cgroup_manager manager;
	bool no_cgroup; /* none is made: linux.cgroupsPath and the limits of linux.resources are left out */
};

/* What maproot_start() takes. */
struct maproot_oci_run {
	struct maproot_request request;
	struct maproot_engine engine;
	char *const *argv;
	char *const *envp;
};

/*
 * Makes the request, for the calling process: one without privileges that is to make no user namespace makes one all the
 * same, with its own id alone as the id of the process. What `ret_run` points to is the spec's; with the strings of `wish`.
 * Returns 0, or -errno: -EINVAL (step SPEC) for what contradicts itself.
 */
int maproot_oci_request(struct maproot_oci *spec, const struct maproot_oci_wish *wish, struct maproot_oci_run *ret_run,
			struct maproot_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

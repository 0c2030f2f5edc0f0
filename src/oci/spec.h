/*
 * A configuration that was read, and what the files that read a section each share. Nothing here is known outside.
 */
#ifndef MR_OCI_SPEC_H
#define MR_OCI_SPEC_H

#include <jansson.h>
#include <maproot/oci.h>

/* A list that grows. */
struct mr_oci_list {
	const char **item;
	size_t count;
	size_t room;
};

struct mr_oci_findings {
	struct maproot_oci_finding *item;
	size_t count;
	size_t room;
};

struct mr_oci_process {
	char **args; /* NULL: none */
	char **env;
	const char *cwd;
	bool terminal;
	uint32_t uid;
	uint32_t gid;
};

/* All strings are the tree's, or of `memory`. */
struct maproot_oci {
	json_t *tree;
	struct mr_oci_memory *memory;
	const char *bundle;
	struct mr_oci_process process;
	const char *root;
	const char *hostname;
	const char *domainname;
	struct maproot_mount *mounts;
	size_t mount_count;
	struct maproot_namespace_entry namespaces[MAPROOT_NAMESPACE_COUNT];
	size_t namespace_count;
	struct maproot_idmap users; /* count 0: none given */
	struct maproot_idmap groups;
	enum maproot_propagation propagation;
	bool propagation_given;
	int64_t monotonic;
	int64_t boottime;
	const char *cgroups_path;
	struct mr_oci_list limits;
	struct maproot_attributes attributes;
	struct maproot_capability_sets capabilities;
	struct maproot_network network;
	struct maproot_cgroup cgroup;
	struct mr_oci_findings findings;
	struct mr_oci_list notes;
};

/* memory.c: zeroed, freed with the spec; on failure NULL, with the error. */
void *mr_oci_take(struct maproot_oci *spec, size_t count, size_t size, struct maproot_error *err);
void mr_oci_release(struct maproot_oci *spec);

/* Pieces, ended by NULL, as one string. */
const char *mr_oci_text(struct maproot_oci *spec, struct maproot_error *err, const char *piece, ...)
	__attribute__((sentinel));

int mr_oci_add(struct maproot_oci *spec, struct mr_oci_list *list, const char *item, struct maproot_error *err);

/* The sections, each once, in this order. */
int mr_oci_read_linux(struct maproot_oci *spec, struct maproot_error *err);
int mr_oci_read_time(struct maproot_oci *spec, struct maproot_error *err);
int mr_oci_read_paths(struct maproot_oci *spec, struct maproot_error *err);
int mr_oci_read_process(struct maproot_oci *spec, struct maproot_error *err);
int mr_oci_read_capabilities(struct maproot_oci *spec, struct maproot_error *err);
int mr_oci_read_mounts(struct maproot_oci *spec, struct maproot_error *err);
int mr_oci_read_resources(struct maproot_oci *spec, struct maproot_error *err);

/* What linux.namespaces says of a type. */
bool mr_oci_is_new(const struct maproot_oci *spec, enum maproot_namespace type);
bool mr_oci_is_joined(const struct maproot_oci *spec, enum maproot_namespace type);

/* honour.c: takes a field out of the tree; looks for what can't be done. */
int mr_oci_ignore(struct maproot_oci *spec, const char *field, struct maproot_error *err);
int mr_oci_find(struct maproot_oci *spec, struct maproot_error *err);

/* mounts.c: the mounts of the request for this caller. */
int mr_oci_lay_mounts(struct maproot_oci *spec, struct maproot_request *request, bool own_user_namespace,
		      struct maproot_error *err);

#endif

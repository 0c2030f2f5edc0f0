/*
 * What a check may look at: the error, what was asked for, and files of the machine, or of a directory that stands in
 * for it.
 */
#ifndef MR_DIAGNOSE_EVIDENCE_H
#define MR_DIAGNOSE_EVIDENCE_H

#include <maproot/run.h>
#include <stdint.h>

struct mr_evidence {
	const struct maproot_error *err;
	const struct maproot_request *request; /* never NULL here; all zero where it is not known */
	bool has_request;
	const char *root;     /* "": the machine */
	bool in_place;        /* this process was to become it */
	unsigned int creates; /* the namespaces that were refused */
};

void mr_evidence_collect(const struct maproot_error *err, const struct maproot_request *request, const char *root,
			 struct mr_evidence *ret_evidence);

/* Only the machine itself can be tried. */
static inline bool mr_may_try(const struct mr_evidence *evidence)
{
	return evidence->root[0] == '\0';
}

/* Below evidence->root, `path` starting with '/'. */
bool mr_evidence_exists(const struct mr_evidence *evidence, const char *path);

/* The start of a file as a string without its last newline. 0 or -errno. */
int mr_evidence_read(const struct mr_evidence *evidence, const char *path, char *buffer, size_t size);

/* The number that a file starts with. 0 or -errno; -ERANGE: it says "max". */
int mr_evidence_number(const struct mr_evidence *evidence, const char *path, uint64_t *ret_number);

/* A line of /proc/self/status: what stands after "NAME:" and blanks. */
bool mr_evidence_status(const struct mr_evidence *evidence, const char *name, char *value, size_t size);

/* Opens it for reading, as a whole. Returns the descriptor or -errno. */
int mr_evidence_open(const struct mr_evidence *evidence, const char *path);

/* Calls `line` for each line of a file until that says false. 0 or -errno. Lines beyond 4 KiB are passed over. */
int mr_evidence_lines(const struct mr_evidence *evidence, const char *path, bool (*line)(void *arg, const char *line),
		      void *arg);

/* One mount, of a line of /proc/self/mountinfo; proc(5). The texts are good while the line is. */
struct mr_mount_line {
	uint64_t id;
	uint64_t parent;
	char root[256];
	char point[512];
	char options[256];
	char type[64];
	char super_options[256];
};

bool mr_mount_line_read(const char *line, struct mr_mount_line *ret_mount);

/* Whether a comma separated list holds the word. */
bool mr_list_has(const char *list, const char *word);

/* What we are in, by the marks that container managers leave: "docker", "podman", "kubernetes"...; NULL: no mark. */
const char *mr_evidence_container(const struct mr_evidence *evidence, char *buffer, size_t size);

/* Whether this is the machine's first user namespace: there is nobody outside. */
bool mr_evidence_is_outermost(const struct mr_evidence *evidence);

/* Whether the step is one of a list that ends with NONE. */
bool mr_step_is_of(enum maproot_step step, const enum maproot_step *steps);

#endif

/*
 * Joins as the library's callers have them: opened for good, freed by themselves.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "join/join.h"
#include "model/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The texts that the targets point to stand behind their places. */
struct handle {
	struct maproot_join join;
	const char *reference[];
};

static int no_memory(struct maproot_error *err)
{
	return mr_fail(err, ENOMEM, MAPROOT_STEP_PREPARE, "the references");
}

/* With copies of the references. NULL: no memory. */
static struct handle *make_handle(const char *const *references, size_t count)
{
	size_t size = sizeof(struct handle) + count * sizeof(*references);
	struct handle *handle;
	char *text;

	for (size_t at = 0; at < count; at++)
		size += strlen(references[at]) + 1;
	handle = malloc(size);
	text = handle ? (char *)&handle->reference[count] : NULL;
	for (size_t at = 0; handle && at < count; at++) {
		handle->reference[at] = strcpy(text, references[at]);
		text += strlen(text) + 1;
	}
	return handle;
}

int maproot_join_open(const char *const *references, size_t count, const char *order,
		      struct maproot_join **ret_join, struct maproot_error *err)
{
	struct handle *handle = make_handle(references, count);
	int code;

	mr_error_reset(err);
	if (!handle)
		return no_memory(err);
	code = mr_join_open(&(struct mr_join_wish){ handle->reference, count, order, 0, true }, &handle->join, err);
	if (code < 0) {
		free(handle);
		return code;
	}
	*ret_join = &handle->join;
	return 0;
}

int maproot_join_current(unsigned int types, struct maproot_join **ret_join, struct maproot_error *err)
{
	struct handle *handle = malloc(sizeof(*handle));
	int code = 0;

	mr_error_reset(err);
	if (!handle)
		return no_memory(err);
	handle->join = (struct maproot_join){ .process = MR_PROCESS_NONE, .proc = -1 };
	for (unsigned int type = 0; code == 0 && type < MAPROOT_NAMESPACE_COUNT; type++) {
		struct mr_target target = { .fd = -1 };
		char path[MR_NSFS_PATH_SIZE];

		if (!mr_has(types, type))
			continue;
		mr_nsfs_own_path(type, path);
		target.fd = mr_nsfs_open(path, err);
		code = target.fd < 0 ? target.fd : mr_nsfs_own_id(type, &target.id);
		handle->join.target[type] = target;
		handle->join.types |= MAPROOT_NAMESPACE_BIT(type);
	}
	if (code < 0) {
		maproot_join_close(&handle->join);
		return mr_fail(err, -code, MAPROOT_STEP_OPEN_NAMESPACE, "/proc/thread-self/ns");
	}
	*ret_join = &handle->join;
	return 0;
}

unsigned int maproot_join_types(const struct maproot_join *join)
{
	return join->types;
}

int maproot_join_fd(const struct maproot_join *join, enum maproot_namespace type)
{
	return (unsigned int)type < MAPROOT_NAMESPACE_COUNT && mr_has(join->types, type) ?
		       join->target[type].fd :
		       -1;
}

void maproot_join_close(struct maproot_join *join)
{
	if (!join)
		return;
	mr_join_done(join);
	free(join); /* the first member of its handle */
}

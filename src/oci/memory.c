/*
 * Memory of a configuration: taken piece by piece, given back all at once.
 */
#include "oci/spec.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct mr_oci_memory {
	struct mr_oci_memory *next;
	max_align_t piece[];
};

void *mr_oci_take(struct maproot_oci *spec, size_t count, size_t size, struct maproot_error *err)
{
	struct mr_oci_memory *memory = NULL;

	if (size == 0 || count <= (SIZE_MAX / 2) / size)
		memory = calloc(1, sizeof(*memory) + count * size);
	if (!memory) {
		if (err && err->code == 0)
			*err = (struct maproot_error){ ENOMEM, MAPROOT_STEP_PREPARE, "the configuration" };
		return NULL;
	}
	memory->next = spec->memory;
	spec->memory = memory;
	return memory->piece;
}

void mr_oci_release(struct maproot_oci *spec)
{
	while (spec->memory) {
		struct mr_oci_memory *next = spec->memory->next;

		free(spec->memory);
		spec->memory = next;
	}
}

const char *mr_oci_text(struct maproot_oci *spec, struct maproot_error *err, const char *piece, ...)
{
	size_t length = 0;
	va_list pieces;
	char *text;
	char *end;

	va_start(pieces, piece);
	for (const char *at = piece; at; at = va_arg(pieces, const char *))
		length += strlen(at);
	va_end(pieces);
	text = mr_oci_take(spec, length + 1, 1, err);
	if (!text)
		return NULL;
	end = text;
	va_start(pieces, piece);
	for (const char *at = piece; at; at = va_arg(pieces, const char *))
		end = stpcpy(end, at);
	va_end(pieces);
	return text;
}

int mr_oci_add(struct maproot_oci *spec, struct mr_oci_list *list, const char *item, struct maproot_error *err)
{
	if (!item)
		return -ENOMEM; /* mr_oci_text() has said so */
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 8;
		const char **larger = mr_oci_take(spec, room, sizeof(*larger), err);

		if (!larger)
			return -ENOMEM;
		if (list->count > 0)
			memcpy(larger, list->item, list->count * sizeof(*larger));
		list->item = larger;
		list->room = room;
	}
	list->item[list->count++] = item;
	return 0;
}

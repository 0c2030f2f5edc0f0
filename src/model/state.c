/*
 * A record as the state of the OCI runtime-spec, which has few fields of its own: the rest are annotations.
 */
#include "base/text.h"

#include <maproot/escape.h>
#include <maproot/state.h>
#include <stdbool.h>

static const char *const names[] = {
	[MAPROOT_STATE_RUNNING] = "running",
	[MAPROOT_STATE_CREATING] = "creating",
	[MAPROOT_STATE_CREATED] = "created",
	[MAPROOT_STATE_STOPPED] = "stopped",
};

const char *maproot_state_name(enum maproot_state state)
{
	return (unsigned int)state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

static void add_string(struct mr_text *text, const char *value)
{
	size_t room = text->length < text->size ? text->size - text->length : 0;

	text->length += maproot_escape_json(value, room > 0 ? text->buffer + text->length : NULL, room);
}

/* Nothing for an empty one; annotations are text, whatever they tell. */
static void add_annotation(struct mr_text *text, const char *key, const char *value, const char **separator)
{
	if (value[0] == '\0')
		return;
	mr_text_add(text, *separator);
	mr_text_add(text, key);
	add_string(text, value);
	*separator = ",";
}

static void add_number_annotation(struct mr_text *text, const char *key, int64_t value, const char **separator)
{
	char digits[24];
	struct mr_text number = mr_text_in(digits, sizeof(digits));

	mr_text_add_number(&number, value);
	add_annotation(text, key, value > 0 ? digits : "", separator);
}

size_t maproot_state_json(const struct maproot_name_record *record, char *buffer, size_t size)
{
	struct mr_text text = mr_text_in(buffer, size);
	bool nobody = record->pid == 0 && record->state != MAPROOT_STATE_STOPPED;
	enum maproot_state state = nobody ? MAPROOT_STATE_CREATING : record->state;
	const char *separator = "";

	mr_text_add(&text, "{\"ociVersion\":\"1.0.2\",\"id\":");
	add_string(&text, record->name);
	mr_text_add(&text, ",\"status\":\"");
	mr_text_add(&text, maproot_state_name(state));
	mr_text_add(&text, "\"");
	if (record->pid != 0 && state != MAPROOT_STATE_STOPPED) {
		mr_text_add(&text, ",\"pid\":");
		mr_text_add_number(&text, record->pid);
	}
	mr_text_add(&text, ",\"bundle\":");
	add_string(&text, record->bundle);
	mr_text_add(&text, ",\"annotations\":{");
	add_annotation(&text, "\"maproot.command\":", record->command, &separator);
	add_annotation(&text, "\"maproot.cgroup\":", record->cgroup, &separator);
	add_annotation(&text, "\"maproot.network\":", record->network, &separator);
	add_number_annotation(&text, "\"maproot.keeper\":", record->keeper, &separator);
	add_number_annotation(&text, "\"maproot.created\":", record->created, &separator);
	mr_text_add(&text, "}}");
	return text.length;
}

/*
 * The error object: filled where something fails, turned into words when somebody wants to read it.
 */
#include "base/error.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

static const struct {
	const char *name;
	const char *text;
} steps[] = {
#define X(id, name, text) [MAPROOT_STEP_##id] = { name, text },
	MAPROOT_STEPS(X)
#undef X
};

void mr_error_reset(struct maproot_error *err)
{
	if (err) {
		err->code = 0;
		err->step = MAPROOT_STEP_NONE;
		err->object[0] = '\0';
	}
}

/* Names are told apart by their ends more often than by their middles. */
static void shorten_middle(char *object, size_t size, const struct mr_text *text, const char *tail)
{
	static const char gap[] = "...";
	size_t keep = strlen(tail);

	if (!mr_text_is_cut(text))
		return;
	if (keep > size / 2)
		tail += keep - size / 2;
	keep = strlen(tail);
	memcpy(object + size - 1 - keep - strlen(gap), gap, strlen(gap));
	memcpy(object + size - 1 - keep, tail, keep + 1);
}

int mr_fail_pieces(struct maproot_error *err, int code, enum maproot_step step, ...)
{
	va_list pieces;

	if (!err || err->code != 0)
		return -code;
	err->code = code;
	err->step = step;

	struct mr_text text = mr_text_in(err->object, sizeof(err->object));
	const char *last = "";

	va_start(pieces, step);
	for (const char *piece; (piece = va_arg(pieces, const char *)) != NULL; last = piece)
		mr_text_add(&text, piece);
	va_end(pieces);
	shorten_middle(err->object, sizeof(err->object), &text, last);
	return -code;
}

int mr_fail(struct maproot_error *err, int code, enum maproot_step step, const char *object)
{
	return mr_fail_pieces(err, code, step, object, NULL);
}

int mr_fail_number(struct maproot_error *err, int code, enum maproot_step step, long number)
{
	char digits[24];
	struct mr_text text = mr_text_in(digits, sizeof(digits));

	mr_text_add_number(&text, number);
	return mr_fail(err, code, step, digits);
}

int mr_error_pass(struct maproot_error *err, const struct maproot_error *from)
{
	if (err && err->code == 0)
		*err = *from;
	return -from->code;
}

const char *maproot_step_name(enum maproot_step step)
{
	return (unsigned int)step < MAPROOT_STEP_COUNT ? steps[step].name : "unknown";
}

/* An object may hold any bytes a file name can; a terminal must not obey them. */
static void add_printable(struct mr_text *text, const char *object)
{
	for (const char *at = object; *at != '\0'; at++) {
		bool control = (unsigned char)*at < ' ' || *at == 0x7f;

		mr_text_add_bytes(text, control ? "?" : at, 1);
	}
}

size_t mr_error_format(const struct maproot_error *err, const char *code_words, char *buffer, size_t size)
{
	struct mr_text text = mr_text_in(buffer, size);
	bool known = (unsigned int)err->step < MAPROOT_STEP_COUNT;
	const char *words = known ? steps[err->step].text : "unknown step %s";
	size_t length = strlen(words);
	bool complete = words[length - 1] == '.';
	const char *object = strstr(words, "%s");

	if (complete)
		length--;
	if (object) {
		mr_text_add_bytes(&text, words, (size_t)(object - words));
		add_printable(&text, err->object);
		mr_text_add_bytes(&text, object + 2, length - (size_t)(object + 2 - words));
	} else {
		mr_text_add_bytes(&text, words, length);
	}
	if (!complete) {
		mr_text_add(&text, ": ");
		mr_text_add(&text, code_words);
	}
	return text.length;
}

size_t maproot_error_format(const struct maproot_error *err, char *buffer, size_t size)
{
	return mr_error_format(err, strerror(err->code), buffer, size);
}

int maproot_error_status(const struct maproot_error *err)
{
	if (err->code == 0)
		return 0;
	switch (err->step) {
	case MAPROOT_STEP_FIND:
		return MAPROOT_EXIT_NOT_FOUND;
	case MAPROOT_STEP_EXEC:
	case MAPROOT_STEP_INTERPRETER:
		return MAPROOT_EXIT_CANNOT_RUN;
	default:
		return MAPROOT_EXIT_FAILURE;
	}
}

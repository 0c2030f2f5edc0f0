/*
 * Reading references.
 */
#include "model/reference.h"

#include "base/error.h"
#include "base/text.h"
#include "model/plan.h"

#include <errno.h>
#include <string.h>

enum { TYPE_NAME_SIZE = 16 };

static int refuse(struct maproot_error *err, const char *text, const char *why)
{
	return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REFERENCE, "'", text, "': ", why, NULL);
}

/* The type named by `length` bytes. */
static int read_type(const char *name, size_t length, enum maproot_namespace *ret_type)
{
	char copy[TYPE_NAME_SIZE];

	if (length >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, name, length);
	copy[length] = '\0';
	return maproot_namespace_by_name(copy, ret_type, NULL);
}

/* TYPE[,TYPE]..., ended by '=' at `end`. */
static int read_types(const char *text, const char *end, unsigned int *ret_types, struct maproot_error *err)
{
	const char *whole = text;
	unsigned int types = 0;

	for (;; text++) {
		enum maproot_namespace type;
		size_t length = strcspn(text, ",=");

		if (read_type(text, length, &type) < 0)
			return refuse(err, whole, "what stands before '=' are no namespace types");
		if (mr_has(types, type))
			return refuse(err, whole, "a type is named twice");
		types |= MAPROOT_NAMESPACE_BIT(type);
		text += length;
		if (text == end)
			break;
	}
	*ret_types = types;
	return 0;
}

static int read_pid(const char *text, struct mr_reference *ret_reference, struct maproot_error *err)
{
	const char *at;
	uint64_t number;

	if (mr_text_read_number(text, &at, INT32_MAX, &number) < 0 || number == 0)
		return refuse(err, ret_reference->text, "not a process id");
	ret_reference->kind = MR_REFERENCE_PID;
	ret_reference->pid = (pid_t)number;
	if (*at == ':') {
		if (mr_text_read_number(at + 1, &at, UINT64_MAX, &number) < 0 || number == 0)
			return refuse(err, ret_reference->text, "not a start time");
		ret_reference->start_time = number;
	}
	return *at == '\0' ? 0 : refuse(err, ret_reference->text, "not a process id");
}

static int read_fd(const char *text, struct mr_reference *ret_reference, struct maproot_error *err)
{
	const char *end;
	uint64_t number;

	if (mr_text_read_number(text, &end, INT32_MAX, &number) < 0 || *end != '\0')
		return refuse(err, ret_reference->text, "not a descriptor");
	ret_reference->kind = MR_REFERENCE_FD;
	ret_reference->fd = (int)number;
	return 0;
}

static bool is_number(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool begins(const char *text, const char *prefix, const char **ret_rest)
{
	size_t length = strlen(prefix);

	if (strncmp(text, prefix, length) != 0)
		return false;
	*ret_rest = text + length;
	return true;
}

int mr_reference_parse(const char *text, struct mr_reference *ret_reference, struct maproot_error *err)
{
	struct mr_reference reference = { .fd = -1 };
	const char *whole = text;
	const char *equals = strchr(text, '=');
	const char *slash = strchr(text, '/');
	const char *rest;
	int code = 0;

	/* A '=' behind a '/' belongs to a path. */
	if (equals && (!slash || equals < slash)) {
		code = read_types(text, equals, &reference.types, err);
		text = equals + 1;
	}
	reference.text = text;
	if (code < 0)
		return code;
	if (text[0] == '\0')
		return refuse(err, whole, "nothing is named");
	if (is_number(text))
		code = read_pid(text, &reference, err);
	else if (begins(text, "pid:", &rest))
		code = read_pid(rest, &reference, err);
	else if (begins(text, "fd:", &rest))
		code = read_fd(rest, &reference, err);
	else if (begins(text, "name:", &reference.text))
		reference.kind = MR_REFERENCE_NAME;
	if (code == 0)
		*ret_reference = reference;
	return code;
}

int mr_order_parse(const char *text, struct mr_order *ret_order, struct maproot_error *err)
{
	struct mr_order order = { .count = 0 };

	for (const char *at = text;; at++) {
		bool now = *at == '!';
		size_t length = strcspn(at += now, ",");
		enum maproot_namespace type;

		if (read_type(at, length, &type) < 0)
			return refuse(err, text, "not an order of namespace types");
		if (mr_has(order.types, type))
			return refuse(err, text, "a type is named twice in the order");
		order.type[order.count++] = type;
		order.types |= MAPROOT_NAMESPACE_BIT(type);
		if (!now)
			order.late |= MAPROOT_NAMESPACE_BIT(type);
		at += length;
		if (*at == '\0')
			break;
	}
	*ret_order = order;
	return 0;
}

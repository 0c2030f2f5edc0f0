/*
 * --list. A row of a table and an object of JSON say the same; PIDS has the lowest ones only. Whether all could be
 * written is seen at the end.
 */
#include "cli/list.h"

#include "cli/escape.h"
#include "cli/report.h"

#include <maproot/inspect.h>
#include <maproot/name.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct list {
	bool json;
	size_t rows;                           /* of the list that is being printed */
	uint64_t own[MAPROOT_NAMESPACE_COUNT]; /* what "differs" differs from; 0: not known */
	time_t now;
};

static size_t put(const char *text)
{
	(void)fputs(text, stdout); /* report_written() looks whether all went well */
	return strlen(text);
}

static size_t put_number(uint64_t number)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	return put(digits + at);
}

/* To the next column: what was put into this one may have been too wide. */
static void fill(size_t put_already, size_t width)
{
	do
		(void)put(" ");
	while (++put_already < width);
}

static void put_column(const char *text, size_t width)
{
	fill(put(text), width);
}

static void put_number_column(bool known, uint64_t number, size_t width)
{
	fill(known ? put_number(number) : put("-"), width);
}

/* `"key":` and the number, after a comma. */
static void put_member(const char *key, bool known, uint64_t number)
{
	(void)put(",\"");
	(void)put(key);
	(void)put("\":");
	if (known)
		(void)put_number(number);
	else
		(void)put("null");
}

static void put_pids(const struct maproot_namespace_info *info)
{
	for (size_t at = 0; at < info->members_shown; at++) {
		if (at > 0)
			(void)put(",");
		(void)put_number((uint64_t)info->members[at]);
	}
}

enum { TYPE_WIDTH = 8,
       ID_WIDTH = 12,
       OURS_WIDTH = 6,
       USER_WIDTH = 12,
       COUNT_WIDTH = 11 };

static void namespace_row(const struct list *list, const struct maproot_namespace_info *info)
{
	if (list->rows == 0) {
		put_column("TYPE", TYPE_WIDTH);
		put_column("ID", ID_WIDTH);
		put_column("OURS", OURS_WIDTH);
		put_column("OWNER", ID_WIDTH);
		put_column("USER", USER_WIDTH);
		put_column("PROCESSES", COUNT_WIDTH);
		(void)put("PIDS\n");
	}
	put_column(maproot_namespace_name(info->type), TYPE_WIDTH);
	put_number_column(true, info->id, ID_WIDTH);
	put_column(info->ours ? "yes" : "no", OURS_WIDTH);
	put_number_column(info->owner_known, info->owner, ID_WIDTH);
	put_number_column(info->user_known, info->owner_user, USER_WIDTH);
	put_number_column(true, info->member_count, COUNT_WIDTH);
	put_pids(info);
	(void)put(info->members_shown < info->member_count ? ",...\n" : "\n");
}

static void namespace_object(const struct list *list, const struct maproot_namespace_info *info)
{
	(void)put(list->rows == 0 ? "{\"namespaces\":[\n" : ",\n");
	(void)put("{\"type\":\"");
	(void)put(maproot_namespace_name(info->type));
	(void)put("\"");
	put_member("id", true, info->id);
	(void)put(info->ours ? ",\"ours\":true" : ",\"ours\":false");
	put_member("owner", info->owner_known, info->owner);
	put_member("owner_user", info->user_known, info->owner_user);
	put_member("processes", true, info->member_count);
	(void)put(",\"pids\":[");
	put_pids(info);
	(void)put("]}");
}

static int put_namespace(void *arg, const struct maproot_namespace_info *info)
{
	struct list *list = arg;

	if (list->json)
		namespace_object(list, info);
	else
		namespace_row(list, info);
	list->rows++;
	return 0;
}

/* The thread's own, as far as they can be read. */
static void read_own(uint64_t own[MAPROOT_NAMESPACE_COUNT])
{
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		char path[64] = "/proc/self/ns/";
		struct stat status;

		(void)strcat(path, maproot_namespace_name(type));
		own[type] = stat(path, &status) == 0 ? status.st_ino : 0;
	}
}

static bool differs(const struct list *list, const struct maproot_name_record *record, unsigned int type)
{
	return record->namespaces[type] != 0 && record->namespaces[type] != list->own[type];
}

/* "3d", "17h": one unit is enough to tell records apart. */
static size_t put_age(const struct list *list, int64_t created)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "m" }, { 1, "s" } };
	int64_t age = list->now > created ? list->now - created : 0;
	size_t at = 0;

	while (units[at].seconds > 1 && age < units[at].seconds)
		at++;
	return put_number((uint64_t)(age / units[at].seconds)) + put(units[at].unit);
}

enum { NAME_WIDTH = 18,
       PID_WIDTH = 9,
       OWNER_WIDTH = 7,
       AGE_WIDTH = 6,
       DIFFERENT_WIDTH = 24 };

static size_t put_different(const struct list *list, const struct maproot_name_record *record)
{
	size_t width = 0;

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (!differs(list, record, type))
			continue;
		if (width > 0)
			width += put(",");
		width += put(maproot_namespace_name(type));
	}
	return width > 0 ? width : put("-");
}

static void name_row(const struct list *list, const struct maproot_name_record *record)
{
	if (list->rows == 0) {
		(void)put("\n");
		put_column("NAME", NAME_WIDTH);
		put_column("PID", PID_WIDTH);
		put_column("USER", OWNER_WIDTH);
		put_column("AGE", AGE_WIDTH);
		put_column("NAMESPACES", DIFFERENT_WIDTH);
		(void)put("COMMAND\n");
	}
	put_column(record->name, NAME_WIDTH);
	put_number_column(record->pid != 0, (uint64_t)record->pid, PID_WIDTH);
	put_number_column(true, record->user, OWNER_WIDTH);
	fill(put_age(list, record->created), AGE_WIDTH);
	fill(put_different(list, record), DIFFERENT_WIDTH);
	escape_plain(record->command[0] ? record->command : "-");
	(void)put("\n");
}

static void name_object(const struct list *list, const struct maproot_name_record *record)
{
	const char *separator = "";

	(void)put(list->rows == 0 ? "\n{\"name\":" : ",\n{\"name\":");
	escape_json(record->name);
	put_member("pid", record->pid != 0, (uint64_t)record->pid);
	put_member("start", record->pid != 0, record->start);
	put_member("keeper", true, (uint64_t)record->keeper);
	put_member("keeper_start", true, record->keeper_start);
	put_member("user", true, record->user);
	put_member("group", true, record->group);
	put_member("created", true, (uint64_t)record->created);
	(void)put(",\"command\":");
	escape_json(record->command);
	(void)put(",\"namespaces\":[");
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (record->namespaces[type] == 0)
			continue;
		(void)put(separator);
		(void)put("{\"type\":\"");
		(void)put(maproot_namespace_name(type));
		(void)put("\"");
		put_member("id", true, record->namespaces[type]);
		(void)put(differs(list, record, type) ? ",\"ours\":false}" : ",\"ours\":true}");
		separator = ",";
	}
	(void)put("]}");
}

static int put_name(void *arg, const struct maproot_name_record *record)
{
	struct list *list = arg;

	if (list->json)
		name_object(list, record);
	else
		name_row(list, record);
	list->rows++;
	return 0;
}

int list_all(pid_t pid, bool names, bool json)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct list list = { .json = json, .now = time(NULL) };
	int status;

	if (maproot_inspect(pid, put_namespace, &list, &err) < 0)
		return report_error(&err);
	if (json)
		(void)put("\n]");
	if (names) {
		list.rows = 0;
		read_own(list.own);
		if (json)
			(void)put(",\"names\":[");
		(void)maproot_names(put_name, &list, &err);
		if (json)
			(void)put(list.rows > 0 ? "\n]" : "]");
	}
	if (json)
		(void)put("}\n");
	status = report_written();
	return err.code != 0 ? report_error(&err) : status;
}

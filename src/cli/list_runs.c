/*
 * What --list says of names and runs: living ones, and what was left behind. A row of the table and an object of JSON, which
 * has the fields of the OCI state among its own.
 */
#include "cli/list_runs.h"

#include "cli/escape.h"
#include "cli/put.h"

#include <maproot/escape.h>
#include <maproot/state.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct list {
	bool json;
	size_t rows;
	uint64_t own[MAPROOT_NAMESPACE_COUNT]; /* what "differs" differs from; 0: not known */
	time_t now;
};

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
	return put_number((uint64_t)(age / units[at].seconds)) + put_text(units[at].unit);
}

static size_t put_different(const struct list *list, const struct maproot_name_record *record)
{
	size_t width = 0;

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (!differs(list, record, type))
			continue;
		if (width > 0)
			width += put_text(",");
		width += put_text(maproot_namespace_name(type));
	}
	return width > 0 ? width : put_text("-");
}

enum { NAME_WIDTH = 22,
       PID_WIDTH = 9,
       STATUS_WIDTH = 10,
       OWNER_WIDTH = 7,
       AGE_WIDTH = 6,
       DIFFERENT_WIDTH = 24,
       NETWORK_WIDTH = 10,
       CGROUP_WIDTH = 8,

       STATE_SIZE = 16 * 1024 };

/* A column that may hold anything, or nothing. */
static void put_any(const char *text, size_t width)
{
	char plain[MAPROOT_CGROUP_SIZE];

	(void)maproot_escape_plain(text, plain, sizeof(plain)); /* no longer than before */
	put_column(plain[0] ? plain : "-", width);
}

static bool has_process(const struct maproot_name_record *record)
{
	return record->pid != 0 && record->state != MAPROOT_STATE_STOPPED;
}

static void run_row(const struct list *list, const struct maproot_name_record *record)
{
	if (list->rows == 0) {
		(void)put_text("\n");
		put_column("NAME", NAME_WIDTH);
		put_column("PID", PID_WIDTH);
		put_column("STATUS", STATUS_WIDTH);
		put_column("USER", OWNER_WIDTH);
		put_column("AGE", AGE_WIDTH);
		put_column("NAMESPACES", DIFFERENT_WIDTH);
		put_column("NETWORK", NETWORK_WIDTH);
		put_column("CGROUP", CGROUP_WIDTH);
		(void)put_text("COMMAND\n");
	}
	put_column(record->name, NAME_WIDTH);
	put_number_column(has_process(record), (uint64_t)record->pid, PID_WIDTH);
	put_column(maproot_state_name(record->state), STATUS_WIDTH);
	put_number_column(true, record->user, OWNER_WIDTH);
	put_fill(put_age(list, record->created), AGE_WIDTH);
	put_fill(put_different(list, record), DIFFERENT_WIDTH);
	put_any(record->network, NETWORK_WIDTH);
	put_any(record->cgroup, CGROUP_WIDTH);
	escape_plain(record->command[0] ? record->command : "-");
	(void)put_text("\n");
}

/* The fields of the OCI state, without the braces around them. */
static void put_state(const struct maproot_name_record *record)
{
	char state[STATE_SIZE];
	size_t length = maproot_state_json(record, state, sizeof(state));

	state[length - 1] = '\0';
	(void)put_text(",");
	(void)put_text(state + 1);
	if (!has_process(record))
		put_member("pid", false, 0);
}

static void put_string(const char *key, const char *value)
{
	(void)put_text(",\"");
	(void)put_text(key);
	(void)put_text("\":");
	if (value[0])
		escape_json(value);
	else
		(void)put_text("null");
}

static void put_namespaces(const struct list *list, const struct maproot_name_record *record)
{
	const char *separator = "";

	(void)put_text(",\"namespaces\":[");
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (record->namespaces[type] == 0)
			continue;
		(void)put_text(separator);
		(void)put_text("{\"type\":\"");
		(void)put_text(maproot_namespace_name(type));
		(void)put_text("\"");
		put_member("id", true, record->namespaces[type]);
		(void)put_text(differs(list, record, type) ? ",\"ours\":false}" : ",\"ours\":true}");
		separator = ",";
	}
	(void)put_text("]");
}

/* With the names of the OCI configuration. */
static void put_map(const char *key, const struct maproot_idmap *map)
{
	(void)put_text(",\"");
	(void)put_text(key);
	(void)put_text("\":[");
	for (size_t at = 0; at < map->count; at++) {
		(void)put_text(at > 0 ? ",{\"containerID\":" : "{\"containerID\":");
		(void)put_number(map->range[at].inner);
		put_member("hostID", true, map->range[at].outer);
		put_member("size", true, map->range[at].count);
		(void)put_text("}");
	}
	(void)put_text("]");
}

static void put_made(const struct maproot_name_record *record)
{
	(void)put_text(",\"made\":[");
	for (size_t at = 0; at < record->made_count; at++) {
		(void)put_text(at > 0 ? "," : "");
		escape_json(record->made[at]);
	}
	(void)put_text("]");
}

static void run_object(const struct list *list, const struct maproot_name_record *record)
{
	(void)put_text(list->rows == 0 ? "\n{\"name\":" : ",\n{\"name\":");
	escape_json(record->name);
	put_state(record);
	put_member("start", has_process(record), record->start);
	put_member("keeper", true, (uint64_t)record->keeper);
	put_member("keeper_start", true, record->keeper_start);
	put_member("user", true, record->user);
	put_member("group", true, record->group);
	put_member("created", true, (uint64_t)record->created);
	(void)put_text(",\"command\":");
	escape_json(record->command);
	put_string("cgroup", record->cgroup);
	put_string("network", record->network);
	put_map("uidMappings", &record->users);
	put_map("gidMappings", &record->groups);
	put_made(record);
	put_namespaces(list, record);
	(void)put_text("}");
}

static int put_run(void *arg, const struct maproot_name_record *record)
{
	struct list *list = arg;

	if (list->json)
		run_object(list, record);
	else
		run_row(list, record);
	list->rows++;
	return 0;
}

void list_runs(bool json, struct maproot_error *err)
{
	struct list list = { .json = json, .now = time(NULL) };

	read_own(list.own);
	if (json)
		(void)put_text(",\"names\":[");
	(void)maproot_states(put_run, &list, err); /* said in err */
	if (json)
		(void)put_text(list.rows > 0 ? "\n]" : "]");
}

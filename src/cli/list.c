/*
 * --list, and what it says of namespaces; PIDS has the lowest ones only. A row of the table and an object of JSON say the same.
 * Whether all could be written is seen at the end.
 */
#include "cli/list.h"

#include "cli/list_runs.h"
#include "cli/put.h"
#include "cli/report.h"

#include <maproot/inspect.h>

struct list {
	bool json;
	size_t rows;
};

static void put_pids(const struct maproot_namespace_info *info)
{
	for (size_t at = 0; at < info->members_shown; at++) {
		if (at > 0)
			(void)put_text(",");
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
		(void)put_text("PIDS\n");
	}
	put_column(maproot_namespace_name(info->type), TYPE_WIDTH);
	put_number_column(true, info->id, ID_WIDTH);
	put_column(info->ours ? "yes" : "no", OURS_WIDTH);
	put_number_column(info->owner_known, info->owner, ID_WIDTH);
	put_number_column(info->user_known, info->owner_user, USER_WIDTH);
	put_number_column(true, info->member_count, COUNT_WIDTH);
	put_pids(info);
	(void)put_text(info->members_shown < info->member_count ? ",...\n" : "\n");
}

static void namespace_object(const struct list *list, const struct maproot_namespace_info *info)
{
	(void)put_text(list->rows == 0 ? "{\"namespaces\":[\n" : ",\n");
	(void)put_text("{\"type\":\"");
	(void)put_text(maproot_namespace_name(info->type));
	(void)put_text("\"");
	put_member("id", true, info->id);
	(void)put_text(info->ours ? ",\"ours\":true" : ",\"ours\":false");
	put_member("owner", info->owner_known, info->owner);
	put_member("owner_user", info->user_known, info->owner_user);
	put_member("processes", true, info->member_count);
	(void)put_text(",\"pids\":[");
	put_pids(info);
	(void)put_text("]}");
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

int list_all(pid_t pid, bool names, bool json)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct list list = { .json = json };
	int status;

	if (maproot_inspect(pid, put_namespace, &list, &err) < 0)
		return report_failure(&err, NULL, NULL);
	if (json)
		(void)put_text("\n]");
	if (names)
		list_runs(json, &err);
	if (json)
		(void)put_text("}\n");
	status = report_written();
	return err.code != 0 ? report_failure(&err, NULL, NULL) : status;
}

/*
 * What can be wrong with /proc. The kernel lets a user namespace mount a new one only where one is to be seen in full:
 * read and write, nothing mounted over parts of it (but over what is an empty directory in every /proc).
 */
#include "base/text.h"
#include "diagnose/causes.h"
#include "diagnose/trial.h"
#include "model/plan.h"
#include "system/process.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
	PROC_MAGIC = 0x9fa0,
	MOUNTS_AT_MOST = 16,
};

/* The mounts of the whole of a proc file system, with what lies over them. */
struct views {
	struct {
		uint64_t id;
		bool read_only;
		bool covered;
	} view[MOUNTS_AT_MOST];
	size_t count;
	char covers[200];
};

static void add_cover(struct views *views, const struct mr_mount_line *mount)
{
	static const char empty[] = "/sys/fs/binfmt_misc";
	struct mr_text covers = mr_text_in(views->covers, sizeof(views->covers));
	size_t length = strlen(mount->point);

	if (length >= strlen(empty) && strcmp(mount->point + length - strlen(empty), empty) == 0)
		return;
	for (size_t at = 0; at < views->count; at++) {
		if (views->view[at].id != mount->parent)
			continue;
		views->view[at].covered = true;
		covers.length = strlen(views->covers);
		if (covers.length + length + 8 < sizeof(views->covers))
			mr_text_add_item(&covers, ", ", mount->point);
	}
}

/* A mount's parent comes before it. */
static bool add_view(void *arg, const char *line)
{
	struct views *views = arg;
	struct mr_mount_line mount;

	if (!mr_mount_line_read(line, &mount))
		return true;
	add_cover(views, &mount);
	if (strcmp(mount.type, "proc") == 0 && strcmp(mount.root, "/") == 0 && views->count < MOUNTS_AT_MOST) {
		views->view[views->count].id = mount.id;
		views->view[views->count].read_only = mr_list_has(mount.options, "ro");
		views->view[views->count++].covered = false;
	}
	return true;
}

static bool is_proc(const struct mr_evidence *evidence)
{
	struct statfs info;

	if (!mr_may_try(evidence))
		return mr_evidence_exists(evidence, "/proc/self");
	return statfs("/proc", &info) == 0 && info.f_type == PROC_MAGIC;
}

/* Steps that mount: only new proc file systems are of interest here. */
static bool is_about_proc(const struct mr_evidence *evidence)
{
	static const char prefix[] = "a new proc on ";

	return evidence->err->step != MAPROOT_STEP_MOUNT || strncmp(evidence->err->object, prefix, strlen(prefix)) == 0;
}

enum mr_verdict mr_check_proc_missing(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	(void)finding;
	if (!is_about_proc(evidence))
		return MR_IRRELEVANT;
	return is_proc(evidence) ? MR_EXCLUDED : MR_ESTABLISHED;
}

enum mr_verdict mr_check_proc_read_only(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct views views = { .count = 0 };
	bool writable = false;
	bool read_only = false;

	(void)finding;
	if (!is_about_proc(evidence))
		return MR_IRRELEVANT;
	if (!is_proc(evidence) || mr_evidence_lines(evidence, "/proc/self/mountinfo", add_view, &views) < 0)
		return MR_EXCLUDED;
	for (size_t at = 0; at < views.count; at++) {
		read_only = read_only || views.view[at].read_only;
		writable = writable || !views.view[at].read_only;
	}
	return read_only && !writable ? MR_ESTABLISHED : MR_EXCLUDED;
}

/* The numbers in it are of another pid namespace. */
enum mr_verdict mr_check_proc_foreign(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	(void)finding;
	if (!mr_may_try(evidence) || !is_proc(evidence))
		return MR_EXCLUDED;
	return mr_process_check_proc() == -ESRCH ? MR_ESTABLISHED : MR_EXCLUDED;
}

static bool find_hiding(void *arg, const char *line)
{
	bool *hides = arg;
	struct mr_mount_line mount;
	const char *option;

	if (!mr_mount_line_read(line, &mount) || strcmp(mount.type, "proc") != 0 || strcmp(mount.point, "/proc") != 0)
		return true;
	option = strstr(mount.super_options, "hidepid=");
	*hides = option && option[8] != '0' && strncmp(option + 8, "off", 3) != 0;
	return true; /* the last one is on top */
}

/* The first number in the object. */
static bool find_number(const char *object, uint64_t *ret_number)
{
	const char *end;

	object += strcspn(object, "0123456789");
	return mr_text_read_number(object, &end, INT32_MAX, ret_number) == 0;
}

enum mr_verdict mr_check_proc_hides(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	char path[48];
	struct mr_text text = mr_text_in(path, sizeof(path));
	bool hides = false;
	uint64_t pid;

	if (!mr_may_try(evidence) || !find_number(evidence->err->object, &pid) || pid == 0)
		return MR_IRRELEVANT;
	mr_text_add(&text, "/proc/");
	mr_text_add_number(&text, (int64_t)pid);
	(void)mr_evidence_lines(evidence, "/proc/self/mountinfo", find_hiding, &hides);
	if (!hides || mr_evidence_exists(evidence, path) || (kill((pid_t)pid, 0) < 0 && errno != EPERM))
		return MR_EXCLUDED;
	mr_text_add_number(&what, (int64_t)pid);
	return MR_ESTABLISHED;
}

enum mr_verdict mr_check_proc_masked(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	struct views views = { .count = 0 };
	struct mr_text what = mr_text_in(finding->what, sizeof(finding->what));
	bool covered = false;
	bool whole = false;

	if (!is_about_proc(evidence))
		return MR_IRRELEVANT;
	if (mr_evidence_lines(evidence, "/proc/self/mountinfo", add_view, &views) < 0)
		return MR_IRRELEVANT;
	for (size_t at = 0; at < views.count; at++) {
		covered = covered || (views.view[at].covered && !views.view[at].read_only);
		whole = whole || (!views.view[at].covered && !views.view[at].read_only);
	}
	mr_text_add(&what, views.covers);
	return covered && !whole ? MR_ESTABLISHED : MR_EXCLUDED;
}

/* A proc file system shows a pid namespace: mounting it takes rights over that. */
enum mr_verdict mr_check_proc_pid_namespace(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	(void)finding;
	if (!is_about_proc(evidence) || !evidence->has_request)
		return MR_IRRELEVANT;
	return mr_has(evidence->request->namespaces, MAPROOT_NAMESPACE_PID) || evidence->request->join_count > 0 ?
		       MR_EXCLUDED :
		       MR_ESTABLISHED;
}

enum mr_verdict mr_check_sysfs_net_namespace(const struct mr_evidence *evidence, struct mr_finding *finding)
{
	(void)finding;
	if (strncmp(evidence->err->object, "a new sysfs on ", 15) != 0 || !evidence->has_request)
		return MR_IRRELEVANT;
	return mr_has(evidence->request->namespaces, MAPROOT_NAMESPACE_NET) || evidence->request->join_count > 0 ?
		       MR_EXCLUDED :
		       MR_ESTABLISHED;
}

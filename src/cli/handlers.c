/*
 * What each option does to the request: a handler for each row of the table. What is wrong with the request as a
 * whole, the library says.
 */
#include "cli/handlers.h"

#include "cli/argument.h"
#include "cli/report.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOUNTS_MAX = 64 };

/* Large, and made when first asked for: a run that needs none of it touches none of it. */
static struct maproot_idmap *users;
static struct maproot_idmap *groups;
static struct maproot_mount *mounts;

static int fail_memory(void)
{
	const struct maproot_error err = { ENOMEM, MAPROOT_STEP_PREPARE, "the options" };

	(void)report_error(&err);
	return -1;
}

/* Memory for good; `*place` stays as it is where there is some already. Returns 0, or -1 after a message. */
static int make_once(void *place, size_t size)
{
	void **pointer = place;

	if (!*pointer)
		*pointer = calloc(1, size);
	return *pointer ? 0 : fail_memory();
}

static int add_range(struct maproot_idmap **map, const struct maproot_idmap **use, const char *text)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_idmap_range range;

	if (make_once(map, sizeof(**map)) < 0)
		return -1;
	*use = *map;
	if (maproot_idmap_parse(text, &range, &err) == 0 && maproot_idmap_add(*map, range, &err) == 0)
		return 0;
	(void)report_error(&err);
	return -1;
}

static struct maproot_mount *next_mount(struct options *options)
{
	if (options->request.mount_count == MOUNTS_MAX) {
		(void)report_usage("more than 64 mounts", NULL);
		return NULL;
	}
	if (make_once(&mounts, MOUNTS_MAX * sizeof(*mounts)) < 0)
		return NULL;
	options->request.mounts = mounts;
	return &mounts[options->request.mount_count++];
}

/* SRC[:DST[:ro]]. argv itself stays as it is: it is executed again. */
static int add_bind(struct options *options, const char *argument)
{
	struct maproot_mount *mount = next_mount(options);
	char *source;
	char *target;
	char *flags;

	if (!mount)
		return -1;
	source = strdup(argument);
	if (!source)
		return fail_memory();
	target = strchr(source, ':');
	flags = target ? strchr(target + 1, ':') : NULL;
	*mount = (struct maproot_mount){ .kind = MAPROOT_MOUNT_BIND, .source = source, .target = source };
	if (target) {
		*target = '\0';
		mount->target = target + 1;
	}
	if (flags) {
		*flags = '\0';
		if (strcmp(flags + 1, "ro") != 0)
			return argument_refuse("bind", argument, "SRC[:DST[:ro]]");
		mount->read_only = true;
	}
	return 0;
}

static int add_mount(struct options *options, enum maproot_mount_kind kind, const char *target)
{
	struct maproot_mount *mount = next_mount(options);

	if (!mount)
		return -1;
	*mount = (struct maproot_mount){ .kind = kind, .target = target };
	return 0;
}

static void want(struct options *options, enum maproot_namespace type)
{
	options->request.namespaces |= MAPROOT_NAMESPACE_BIT(type);
}

static int set_propagation(struct options *options, const char *argument)
{
	static const char *const words[] = {
		[MAPROOT_PROPAGATION_SLAVE] = "slave",
		[MAPROOT_PROPAGATION_PRIVATE] = "private",
		[MAPROOT_PROPAGATION_SHARED] = "shared",
		[MAPROOT_PROPAGATION_UNCHANGED] = "unchanged",
		NULL,
	};
	int word = argument_word("propagation", argument, words, "slave, private, shared or unchanged");

	if (word >= 0)
		options->request.propagation = (enum maproot_propagation)word;
	return word < 0 ? -1 : 0;
}

static int set_setgroups(struct options *options, const char *argument)
{
	static const char *const words[] = { "allow", "deny", NULL };
	int word = argument_word("setgroups", argument, words, "allow or deny");

	if (word >= 0)
		options->request.identity.setgroups = word == 0 ? MAPROOT_SETGROUPS_ALLOW :
								  MAPROOT_SETGROUPS_DENY;
	return word < 0 ? -1 : 0;
}

static int set_groups(struct options *options, const char *argument)
{
	static const char *const words[] = { "keep", "drop", NULL };
	int word = argument_word("groups", argument, words, "keep or drop");

	if (word >= 0)
		options->request.identity.supplementary = word == 0 ? MAPROOT_GROUPS_KEEP :
								      MAPROOT_GROUPS_DROP;
	return word < 0 ? -1 : 0;
}

static int set_kill_child(struct options *options, const char *argument)
{
	int signal = argument ? options_signal(argument) : SIGKILL;

	if (signal < 0)
		return argument_refuse("kill-child", argument, "a signal");
	options->request.death_signal = signal;
	options->request.child = true;
	return 0;
}

static int set_keep_fds(struct options *options, const char *argument)
{
	long long count = 0;

	if (argument && argument_integer(argument, 0, 1 << 20, &count) < 0)
		return argument_refuse("preserve-fds", argument, "a number of descriptors");
	options->request.keep_fds = STDERR_FILENO + 1 + (int)count;
	return 0;
}

static int set_map_root(struct options *options, const char *argument)
{
	struct maproot_identity *identity = &options->request.identity;

	(void)argument;
	options->map_root = true;
	identity->own_user = identity->own_group = false;
	identity->user = identity->group = 0;
	return 0;
}

static int set_map_current(struct options *options, const char *argument)
{
	struct maproot_identity *identity = &options->request.identity;

	(void)argument;
	options->map_root = false;
	identity->own_user = identity->own_group = true;
	identity->user = geteuid();
	identity->group = getegid();
	return 0;
}

static int set_map_user(struct options *options, const char *argument)
{
	options->request.identity.own_user = true;
	return argument_user(argument, &options->request.identity.user) < 0 ?
		       argument_refuse("map-user", argument, "a user") :
		       0;
}

static int set_map_group(struct options *options, const char *argument)
{
	options->request.identity.own_group = true;
	return argument_group(argument, &options->request.identity.group) < 0 ?
		       argument_refuse("map-group", argument, "a group") :
		       0;
}

static int set_map_users(struct options *options, const char *argument)
{
	return add_range(&users, &options->request.identity.users, argument);
}

static int set_map_groups(struct options *options, const char *argument)
{
	return add_range(&groups, &options->request.identity.groups, argument);
}

static int set_map_auto(struct options *options, const char *argument)
{
	if (argument && strcmp(argument, "try") != 0)
		return argument_refuse("map-auto", argument, "nothing, or try");
	options->request.identity.subordinate = true;
	options->map_auto_try = argument != NULL;
	return 0;
}

static int set_all(struct options *options, const char *argument)
{
	unsigned int supported = maproot_namespaces_supported();

	(void)argument;
	if (supported == 0) {
		report("cannot read '/proc/self/ns': ", strerror(errno), NULL);
		return -1;
	}
	options->request.namespaces |= supported;
	return 0;
}

static int set_as_pid_1(struct options *options, const char *argument)
{
	(void)argument;
	want(options, MAPROOT_NAMESPACE_PID);
	options->request.as_pid_1 = true;
	return 0;
}

static void say_passed_over(const struct maproot_error *err)
{
	char text[512];

	(void)maproot_error_format(err, text, sizeof(text));
	report(text, ": going on without", NULL);
}

static int set_mount_proc(struct options *options, const char *argument)
{
	if (argument && strcmp(argument, "try") == 0) {
		if (add_mount(options, MAPROOT_MOUNT_PROC, "/proc") < 0)
			return -1;
		mounts[options->request.mount_count - 1].passed_over = say_passed_over;
		return 0;
	}
	return add_mount(options, MAPROOT_MOUNT_PROC, argument ? argument : "/proc");
}

static int set_hostname(struct options *options, const char *argument)
{
	want(options, MAPROOT_NAMESPACE_UTS);
	options->request.hostname = argument;
	return 0;
}

static int set_monotonic(struct options *options, const char *argument)
{
	want(options, MAPROOT_NAMESPACE_TIME);
	return argument_seconds("monotonic", argument, &options->request.monotonic);
}

static int set_boottime(struct options *options, const char *argument)
{
	want(options, MAPROOT_NAMESPACE_TIME);
	return argument_seconds("boottime", argument, &options->request.boottime);
}

static int set_tmpfs(struct options *options, const char *argument)
{
	return add_mount(options, MAPROOT_MOUNT_TMPFS, argument);
}

/* An empty name is no directory, and chdir(2) or mount(2) would say so in less plain words. */
static int take_directory(const char *option, const char *argument, const char **ret_name)
{
	*ret_name = argument;
	return argument[0] == '\0' ? argument_refuse(option, argument, "a directory") : 0;
}

static int set_root(struct options *options, const char *argument)
{
	return take_directory("root", argument, &options->request.root);
}

static int set_wd(struct options *options, const char *argument)
{
	return take_directory("wd", argument, &options->request.directory);
}

/* The options that switch one thing on. */
#define SWITCH(name, statement)                                        \
	static int name(struct options *options, const char *argument) \
	{                                                              \
		(void)argument;                                        \
		statement;                                             \
		return 0;                                              \
	}

SWITCH(set_mount, want(options, MAPROOT_NAMESPACE_MNT))
SWITCH(set_uts, want(options, MAPROOT_NAMESPACE_UTS))
SWITCH(set_ipc, want(options, MAPROOT_NAMESPACE_IPC))
SWITCH(set_pid, want(options, MAPROOT_NAMESPACE_PID))
SWITCH(set_time, want(options, MAPROOT_NAMESPACE_TIME))
SWITCH(set_user, want(options, MAPROOT_NAMESPACE_USER))
SWITCH(set_fork, options->request.child = true)
SWITCH(set_in_place, options->request.in_place = true)
SWITCH(set_dry_run, options->dry_run = true)
SWITCH(set_verbose, options->verbose = true)
SWITCH(set_version, options->version = true)
SWITCH(set_help, options->help = true)
SWITCH(set_join_order, options->request.join_order = argument)
SWITCH(set_preserve, options->request.identity.preserve = true)
SWITCH(set_detach, options->detach = true)
SWITCH(set_stop, options->stop = argument)
SWITCH(set_doctor, options->doctor = true)
SWITCH(set_json, options->json = true)

/* A row for each option. */
option_handler *const option_handlers[OPTION_COUNT] = {
	[OPTION_MAP_ROOT_USER] = set_map_root,
	[OPTION_MAP_CURRENT_USER] = set_map_current,
	[OPTION_MAP_USER] = set_map_user,
	[OPTION_MAP_GROUP] = set_map_group,
	[OPTION_MAP_USERS] = set_map_users,
	[OPTION_MAP_GROUPS] = set_map_groups,
	[OPTION_MAP_AUTO] = set_map_auto,
	[OPTION_SETGROUPS] = set_setgroups,
	[OPTION_GROUPS] = set_groups,
	[OPTION_MOUNT] = set_mount,
	[OPTION_UTS] = set_uts,
	[OPTION_IPC] = set_ipc,
	[OPTION_NET] = set_net,
	[OPTION_PID] = set_pid,
	[OPTION_CGROUP] = set_cgroup,
	[OPTION_TIME] = set_time,
	[OPTION_USER] = set_user,
	[OPTION_ALWAYS] = set_user,
	[OPTION_ALL] = set_all,
	[OPTION_AS_PID_1] = set_as_pid_1,
	[OPTION_MOUNT_PROC] = set_mount_proc,
	[OPTION_HOSTNAME] = set_hostname,
	[OPTION_MONOTONIC] = set_monotonic,
	[OPTION_BOOTTIME] = set_boottime,
	[OPTION_TARGET] = set_target,
	[OPTION_JOIN] = set_join,
	[OPTION_JOIN_ORDER] = set_join_order,
	[OPTION_SETUID] = set_setuid,
	[OPTION_SETGID] = set_setgid,
	[OPTION_PRESERVE_CREDENTIALS] = set_preserve,
	[OPTION_NAME] = set_name,
	[OPTION_DETACH] = set_detach,
	[OPTION_STOP] = set_stop,
	[OPTION_LIST] = set_list,
	[OPTION_JSON] = set_json,
	[OPTION_PIN] = add_pin,
	[OPTION_UNPIN] = add_unpin,
	[OPTION_PROPAGATION] = set_propagation,
	[OPTION_ROOT] = set_root,
	[OPTION_BIND] = add_bind,
	[OPTION_TMPFS] = set_tmpfs,
	[OPTION_WD] = set_wd,
	[OPTION_PUBLISH] = add_port,
	[OPTION_CGROUP_MANAGER] = set_cgroup_manager,
	[OPTION_LIMIT] = add_limit,
	[OPTION_RLIMIT] = add_rlimit,
	[OPTION_CAPABILITIES] = set_capabilities,
	[OPTION_NO_NEW_PRIVILEGES] = set_no_new_privileges,
	[OPTION_OOM_SCORE] = set_oom_score,
	[OPTION_SYSCTL] = add_sysctl,
	[OPTION_MASK] = add_mask,
	[OPTION_READ_ONLY] = add_read_only,
	[OPTION_SETUP] = set_setup,
	[OPTION_SETUP_TIMEOUT] = set_setup_timeout,
	[OPTION_STARTED] = set_started,
	[OPTION_STATUS_FD] = set_status_fd,
	[OPTION_GC] = set_gc,
	[OPTION_FORK] = set_fork,
	[OPTION_IN_PLACE] = set_in_place,
	[OPTION_KILL_CHILD] = set_kill_child,
	[OPTION_CLOSE_FDS] = set_keep_fds,
	[OPTION_PRESERVE_FDS] = set_keep_fds,
	[OPTION_DRY_RUN] = set_dry_run,
	[OPTION_VERBOSE] = set_verbose,
	[OPTION_DOCTOR] = set_doctor,
	[OPTION_VERSION] = set_version,
	[OPTION_HELP] = set_help,
};

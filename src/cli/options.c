/*
 * From argv to a request: a handler for each option of the table. Says what is wrong with an argument; what is
 * wrong with the request as a whole, the library says.
 */
#include "cli/options.h"

#include "cli/report.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	OPTION_BASE = 256, /* above all letters */
	MOUNTS_MAX = 64,
};

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

static int bad_argument(const char *option, const char *argument, const char *want)
{
	return report_usage("option '--", option, "': '", argument, "' is not ", want, NULL);
}

static int read_integer(const char *text, long long lowest, long long highest, long long *ret_number)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (text[0] == '\0' || strchr(" \t\n+", text[0]) || *end != '\0' || errno != 0 || number < lowest ||
	    number > highest)
		return -1;
	*ret_number = number;
	return 0;
}

static int read_user(const char *text, uint32_t *ret_id)
{
	long long number;
	const struct passwd *entry;

	if (read_integer(text, 0, UINT32_MAX - 1, &number) == 0) {
		*ret_id = (uint32_t)number;
		return 0;
	}
	entry = getpwnam(text);
	if (!entry)
		return -1;
	*ret_id = entry->pw_uid;
	return 0;
}

static int read_group(const char *text, uint32_t *ret_id)
{
	long long number;
	const struct group *entry;

	if (read_integer(text, 0, UINT32_MAX - 1, &number) == 0) {
		*ret_id = (uint32_t)number;
		return 0;
	}
	entry = getgrnam(text);
	if (!entry)
		return -1;
	*ret_id = entry->gr_gid;
	return 0;
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

static int read_seconds(const char *option, const char *text, int64_t *ret_seconds)
{
	long long number;

	/* The kernel's own limit on these clocks: 2^63 ns. */
	if (read_integer(text, -9223372036LL, 9223372036LL, &number) < 0)
		return bad_argument(option, text, "a number of seconds");
	*ret_seconds = number;
	return 0;
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
	*mount = (struct maproot_mount){ MAPROOT_MOUNT_BIND, source, source, false };
	if (target) {
		*target = '\0';
		mount->target = target + 1;
	}
	if (flags) {
		*flags = '\0';
		if (strcmp(flags + 1, "ro") != 0)
			return bad_argument("bind", argument, "SRC[:DST[:ro]]");
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

/* One of a few words. Returns its place in the list, or -1 after a message. */
static int read_word(const char *option, const char *argument, const char *const *words, const char *want)
{
	for (int at = 0; words[at]; at++) {
		if (strcmp(argument, words[at]) == 0)
			return at;
	}
	return bad_argument(option, argument, want);
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
	int word = read_word("propagation", argument, words, "slave, private, shared or unchanged");

	if (word >= 0)
		options->request.propagation = (enum maproot_propagation)word;
	return word < 0 ? -1 : 0;
}

static int set_setgroups(struct options *options, const char *argument)
{
	static const char *const words[] = { "allow", "deny", NULL };
	int word = read_word("setgroups", argument, words, "allow or deny");

	if (word >= 0)
		options->request.identity.setgroups = word == 0 ? MAPROOT_SETGROUPS_ALLOW :
								  MAPROOT_SETGROUPS_DENY;
	return word < 0 ? -1 : 0;
}

static int set_groups(struct options *options, const char *argument)
{
	static const char *const words[] = {
		[MAPROOT_GROUPS_KEEP] = "keep",
		[MAPROOT_GROUPS_DROP] = "drop",
		NULL,
	};
	int word = read_word("groups", argument, words, "keep or drop");

	if (word >= 0)
		options->request.identity.supplementary = (enum maproot_groups)word;
	return word < 0 ? -1 : 0;
}

static int set_kill_child(struct options *options, const char *argument)
{
	int signal = argument ? options_signal(argument) : SIGKILL;

	if (signal < 0)
		return bad_argument("kill-child", argument, "a signal");
	options->request.death_signal = signal;
	options->request.child = true;
	return 0;
}

static int set_keep_fds(struct options *options, const char *argument)
{
	long long count = 0;

	if (argument && read_integer(argument, 0, 1 << 20, &count) < 0)
		return bad_argument("preserve-fds", argument, "a number of descriptors");
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
	return read_user(argument, &options->request.identity.user) < 0 ?
		       bad_argument("map-user", argument, "a user") :
		       0;
}

static int set_map_group(struct options *options, const char *argument)
{
	options->request.identity.own_group = true;
	return read_group(argument, &options->request.identity.group) < 0 ?
		       bad_argument("map-group", argument, "a group") :
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

static int set_mount_proc(struct options *options, const char *argument)
{
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
	return read_seconds("monotonic", argument, &options->request.monotonic);
}

static int set_boottime(struct options *options, const char *argument)
{
	want(options, MAPROOT_NAMESPACE_TIME);
	return read_seconds("boottime", argument, &options->request.boottime);
}

static int set_tmpfs(struct options *options, const char *argument)
{
	return add_mount(options, MAPROOT_MOUNT_TMPFS, argument);
}

/* An empty name is no directory, and chdir(2) or mount(2) would say so in less plain words. */
static int set_name(const char *option, const char *argument, const char **ret_name)
{
	*ret_name = argument;
	return argument[0] == '\0' ? bad_argument(option, argument, "a directory") : 0;
}

static int set_root(struct options *options, const char *argument)
{
	return set_name("root", argument, &options->request.root);
}

static int set_wd(struct options *options, const char *argument)
{
	return set_name("wd", argument, &options->request.directory);
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
SWITCH(set_net, want(options, MAPROOT_NAMESPACE_NET))
SWITCH(set_pid, want(options, MAPROOT_NAMESPACE_PID))
SWITCH(set_cgroup, want(options, MAPROOT_NAMESPACE_CGROUP))
SWITCH(set_time, want(options, MAPROOT_NAMESPACE_TIME))
SWITCH(set_user, want(options, MAPROOT_NAMESPACE_USER))
SWITCH(set_map_auto, options->request.identity.subordinate = true)
SWITCH(set_fork, options->request.child = true)
SWITCH(set_in_place, options->request.in_place = true)
SWITCH(set_dry_run, options->dry_run = true)
SWITCH(set_verbose, options->verbose = true)
SWITCH(set_version, options->version = true)
SWITCH(set_help, options->help = true)

/* A row for each option. */
static int (*const handlers[OPTION_COUNT])(struct options *options, const char *argument) = {
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
	[OPTION_PROPAGATION] = set_propagation,
	[OPTION_ROOT] = set_root,
	[OPTION_BIND] = add_bind,
	[OPTION_TMPFS] = set_tmpfs,
	[OPTION_WD] = set_wd,
	[OPTION_FORK] = set_fork,
	[OPTION_IN_PLACE] = set_in_place,
	[OPTION_KILL_CHILD] = set_kill_child,
	[OPTION_CLOSE_FDS] = set_keep_fds,
	[OPTION_PRESERVE_FDS] = set_keep_fds,
	[OPTION_DRY_RUN] = set_dry_run,
	[OPTION_VERBOSE] = set_verbose,
	[OPTION_VERSION] = set_version,
	[OPTION_HELP] = set_help,
};

static const struct option long_options[] = {
#define HAS_NONE     no_argument
#define HAS_REQUIRED required_argument
#define HAS_OPTIONAL optional_argument
#define X(id, letter, name, argument, argument_name, help) \
	{ name, HAS_##argument, NULL, OPTION_BASE + OPTION_##id },
#define H(heading)
	OPTIONS(X, H)
#undef X
		{ NULL, 0, NULL, 0 },
};

static const struct {
	char letter;
	enum option_argument argument;
} letters[OPTION_COUNT] = {
#define X(id, letter, name, argument, argument_name, help) { letter, ARGUMENT_##argument },
	OPTIONS(X, H)
#undef X
#undef H
};

enum { SHORT_OPTIONS_SIZE = 2 + 3 * OPTION_COUNT + 1 };

/* "+": the first word that is no option is the command. ":": missing arguments are told from unknown options. */
static void fill_short_options(char *shorts)
{
	*shorts++ = '+';
	*shorts++ = ':';
	for (size_t id = 0; id < OPTION_COUNT; id++) {
		if (letters[id].letter == 0)
			continue;
		*shorts++ = letters[id].letter;
		for (int colon = 0; colon < (int)letters[id].argument; colon++)
			*shorts++ = ':';
	}
	*shorts = '\0';
}

/* What getopt_long(3) returned: a letter, or an id above all letters. */
static enum option_id find_option(int got)
{
	size_t id = 0;

	if (got >= OPTION_BASE)
		return (enum option_id)(got - OPTION_BASE);
	while (letters[id].letter != got)
		id++;
	return (enum option_id)id;
}

/* optind, optopt and argv tell which word it was, if not always in the same way. */
static int refuse_option(int got, char **argv)
{
	const char *word = argv[optind - 1];
	const char letter[] = { '-', (char)optopt, '\0' };
	bool by_letter = optopt > 0 && optopt < OPTION_BASE;

	if (got == ':')
		return report_usage("option '", by_letter ? letter : word, "' needs an argument", NULL);
	if (optopt >= OPTION_BASE)
		return report_usage("option '", word, "' takes no argument", NULL);
	return report_usage("unknown or ambiguous option '", by_letter ? letter : word, "'", NULL);
}

static void settle(struct options *options, char **rest)
{
	struct maproot_identity *identity = &options->request.identity;

	if (options->map_root) {
		identity->own_user = identity->users != NULL;
		identity->own_group = identity->groups != NULL;
	}
	options->command = rest;
}

int options_parse(int argc, char **argv, struct options *options)
{
	char shorts[SHORT_OPTIONS_SIZE];
	int got;

	options->request = (struct maproot_request){ .death_signal = SIGKILL };
	options->map_root = options->dry_run = options->verbose = options->version = options->help = false;
	fill_short_options(shorts);
	opterr = 0;
	while ((got = getopt_long(argc, argv, shorts, long_options, NULL)) != -1) {
		if (got == '?' || got == ':')
			return refuse_option(got, argv);
		if (handlers[find_option(got)](options, optarg) < 0)
			return -1;
	}
	settle(options, argv + optind);
	return 0;
}

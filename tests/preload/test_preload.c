/*
 * Contract of joining before main, in each way that the constructor comes into a program (LD_PRELOAD, the object in a
 * dynamic and in a static one):
 * - every form of reference leads in; what was not named stays; ids, directory, groups are as <maproot/preload.h> says,
 *   and descriptors, errno, death signal, the other variables and what lies behind them as without us;
 * - an order is obeyed: what is not in it is not joined, "TYPE" is looked up inside of what was joined before;
 * - one thing that is wrong, wherever it stands, and nothing was joined; where that can't be, it is said what was;
 * - the library ends the process with 125 and one line, the object records; maproot_on_error turns both;
 * - no child joins again, no thread stays outside, and AT_SECURE makes all of it mean nothing.
 */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <maproot/name.h>
#include <maproot/namespace.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

enum { SIX = CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP | CLONE_NEWPID | CLONE_NEWTIME };

static const char user_mnt[] = "maproot_user={pid}|maproot_mnt={pid}|";

static struct place place;
static const char *threads[2]; /* the probe with a library that has a thread: without the object, with it */

/* Before the tests, which are forked from here. */
static void make_files(void)
{
	probe_install();
	(void)support_install(PROBE_THREADS_LIBRARY, "libprobe-threads.so");
	threads[0] = support_install(PROBE_THREADS_PRELOADED, "probe-threads");
	threads[1] = support_install(PROBE_THREADS_LINKED, "probe-threads-linked");
	(void)unit_file("empty", "");
	(void)unit_file("uts", "");
	if (mkfifo(support_text("%s/fifo", support_directory()), 0666) < 0 ||
	    mkdir(support_text("%s/secure", support_directory()), 0755) < 0)
		support_die("cannot make files");
}

/* Runs the probe with variables that are separated by "|". */
static void run(enum way way, const char *variables, struct support_result *result)
{
	char text[1024];
	const char *environment[12];
	size_t count = 0;
	struct probe_run how = { .way = way, .environment = environment };

	(void)snprintf(text, sizeof(text), "%s", variables);
	for (char *at = strtok(text, "|"); at; at = strtok(NULL, "|"))
		environment[count++] = at;
	environment[count] = NULL;
	probe_run(&how, &place, result);
}

/* A namespace of the container, or of the test where the type is not among `joined`. */
static void check_namespaces(const struct support_result *result, unsigned int joined)
{
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		const char *name = maproot_namespace_name((enum maproot_namespace)type);
		bool inside = joined & MAPROOT_NAMESPACE_BIT(type);
		const char *next = support_text("%s_for_children", name);

		/* The process itself stays in its pid namespace. */
		if (type == MAPROOT_NAMESPACE_PID) {
			ck_assert_str_eq(probe_value(result, name), place_namespace(getpid(), name));
			ck_assert_str_eq(probe_value(result, next),
					 place_namespace(inside ? place.pid : getpid(), name));
			continue;
		}
		ck_assert_msg(strcmp(probe_value(result, name),
				     place_namespace(inside ? place.pid : getpid(), name)) == 0,
			      "%s: %s, which is %sthe container's; the probe said:\n%s%s", name,
			      probe_value(result, name), inside ? "not " : "", result->out, result->err);
	}
}

static void check_joined(const struct support_result *result, unsigned int types)
{
	const char *names = "";

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (types & MAPROOT_NAMESPACE_BIT(type))
			names = support_text("%s %s", names, maproot_namespace_name((enum maproot_namespace)type));
	}
	ck_assert_str_eq(probe_value(result, "joined"), *names ? names + 1 : "");
}

/* What nothing of this may change. */
static void check_untouched(const struct support_result *result)
{
	ck_assert_str_eq(probe_value(result, "open"), "0 1 2");
	ck_assert_str_eq(probe_value(result, "errno"), "0");
	ck_assert(!strstr(result->out, "environment maproot_"));
}

static void check_ended_well(const struct support_result *result)
{
	ck_assert_msg(result->status == 0, "status %#x: %s", result->status, result->err);
	ck_assert_str_eq(result->err, "");
	ck_assert_str_eq(probe_value(result, "result"), "0");
	ck_assert_str_eq(probe_value(result, "message"), "");
}

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

static const struct {
	const char *variables;
	unsigned int types;
} forms[] = {
	{ "maproot_user={pid}|maproot_mnt={pid}|maproot_net={pid}", BIT(USER) | BIT(MNT) | BIT(NET) },
	{ "maproot_user=pid:{pid}|maproot_net=pid:{pid}:{start}", BIT(USER) | BIT(NET) },
	{ "maproot_net=/proc/{pid}/ns/net|maproot_user=/proc/{pid}/ns/user", BIT(USER) | BIT(NET) },
	{ "maproot_net=/proc/{pid}/ns/net|maproot_user={pid}", BIT(USER) | BIT(NET) },
	{ "maproot_user={pid}", BIT(USER) },
	{ "maproot_user={pid}|maproot_uts={pid}|maproot_ipc={pid}|maproot_cgroup={pid}|maproot_time={pid}|"
	  "maproot_pid={pid}|maproot_net={pid}|maproot_mnt={pid}",
	  MAPROOT_NAMESPACE_ALL },
	{ "maproot_user={pid}|maproot_uts=/proc/{pid}/ns/uts|maproot_ipc={pid}|maproot_cgroup={pid}|"
	  "maproot_time={pid}|maproot_pid=/proc/{pid}/ns/pid|maproot_net={pid}|maproot_mnt={pid}",
	  MAPROOT_NAMESPACE_ALL },
	/* What one is in already is no join. */
	{ "maproot_user={pid}|maproot_net=/proc/self/ns/net|maproot_uts={pid}", BIT(USER) | BIT(UTS) },
	{ "maproot_net=/proc/self/ns/net|maproot_user=/proc/self/ns/user", 0 },
	/* An order, with what it leaves out and what it names for nothing. */
	{ "maproot_order=!user,!uts,mnt|maproot_user={pid}|maproot_uts={pid}|maproot_net={pid}", BIT(USER) | BIT(UTS) },
	{ "maproot_order=!user,!mnt,!cgroup,!ipc,!net,!pid,!time,!uts|maproot_user={pid}|maproot_net={pid}",
	  BIT(USER) | BIT(NET) },
	{ "maproot_order=user,net|maproot_user={pid}|maproot_net=/proc/{pid}/ns/net", BIT(USER) | BIT(NET) },
	{ "maproot_order=user,net|maproot_user=/proc/self/ns/user|maproot_net=/proc/self/ns/net", 0 },
	{ "maproot_order=|maproot_user={pid}|maproot_net={pid}", BIT(USER) | BIT(NET) },
	{ "maproot_order=net", 0 },
	/* Empty is not set. */
	{ "maproot_user={pid}|maproot_net=|maproot_uts={pid}|maproot_on_error=", BIT(USER) | BIT(UTS) },
	{ "maproot_net=", 0 },
	{ "maproot_on_error=record", 0 },
	{ "Maproot_net=1|maproot=1|maprootnet=1", 0 },
};

START_TEST(references_lead_in)
{
	int row = _i / WAY_COUNT;
	struct support_result result;

	place_start(&place, SIX);
	run(_i % WAY_COUNT, forms[row].variables, &result);
	check_ended_well(&result);
	check_joined(&result, forms[row].types);
	check_namespaces(&result, forms[row].types);
	check_untouched(&result);
	ck_assert_str_eq(probe_value(&result, "firstchild"), forms[row].types & BIT(PID) ? "1" : "0");
	support_release(&result);
	place_end(&place);
}
END_TEST

/* Whoever has no variable of ours gets nothing, and keeps everything. */
START_TEST(nothing_is_asked)
{
	struct support_result result;

	place_start(&place, 0);
	run(_i, "ONE=1|TWO=2|ONE=3", &result);
	check_ended_well(&result);
	check_joined(&result, 0);
	check_namespaces(&result, 0);
	check_untouched(&result);
	ck_assert_ptr_nonnull(strstr(result.out, "environment ONE=1\nenvironment TWO=2\nenvironment ONE=3\n"));
	support_release(&result);
	place_end(&place);
}
END_TEST

/* The other variables stay in their order; what lies behind them is found, or nothing. */
START_TEST(the_environment_closes_up)
{
	static const struct {
		const char *variables;
		const char *vector;
	} rows[] = {
		{ "A=1|maproot_user={pid}|B=2|maproot_net={pid}|C=3", "4096" },
		{ "maproot_user={pid}|maproot_net={pid}|maproot_uts=|A=1|maproot_ipc=|B=2|C=3", "4096" },
		{ "A=1|B=2|C=3|maproot_user={pid}|maproot_net={pid}|maproot_uts=", "empty" },
		{ "maproot_user={pid}|A=1|B=2|C=3", "empty" },
	};
	int row = _i / WAY_COUNT;
	struct support_result result;

	if (strcmp(rows[row].vector, "4096") == 0 && sysconf(_SC_PAGESIZE) != 4096)
		return;
	place_start(&place, CLONE_NEWNET);
	run(_i % WAY_COUNT, rows[row].variables, &result);
	check_ended_well(&result);
	check_untouched(&result);
	ck_assert_str_eq(probe_value(&result, "vector"), rows[row].vector);
	ck_assert_ptr_nonnull(strstr(result.out, "environment A=1\nenvironment B=2\nenvironment C=3\n"));
	support_release(&result);
	place_end(&place);
}
END_TEST

static void set_death_signal(void *arg)
{
	(void)arg;
	if (prctl(PR_SET_PDEATHSIG, SIGUSR1) < 0)
		support_die("PR_SET_PDEATHSIG");
}

/* The container's owner, and root, whose ids change by joining. */
START_TEST(what_a_joined_process_is)
{
	static const char *const inside[] = { "maproot_user={pid}", "maproot_mnt={pid}", "maproot_uts={pid}", NULL };
	static const char *const uts[] = { "maproot_uts={pid}", NULL };
	bool as_root = _i / 2 % 2;
	bool user = _i % 2;
	struct support_result result;
	struct probe_run how = { .way = _i / 4,
				 .environment = user ? inside : uts,
				 .after = set_death_signal,
				 .as_root = as_root };

	/* Without the user namespace only root may. */
	if (as_root ? geteuid() != 0 : !user)
		return;
	place_start(&place, CLONE_NEWUTS);
	probe_run(&how, &place, &result);
	check_ended_well(&result);
	check_untouched(&result);
	ck_assert_str_eq(probe_value(&result, "uid"), "0");
	ck_assert_str_eq(probe_value(&result, "gid"), "0");
	ck_assert_str_eq(probe_value(&result, "deathsignal"), support_text("%d", SIGUSR1));
	ck_assert_str_eq(probe_value(&result, "dumpable"), user ? "0" : "1");
	ck_assert_str_eq(probe_value(&result, "directory"), user ? "/" : support_user()->home);
	support_release(&result);
	place_end(&place);
}
END_TEST

static void open_seven(void *arg)
{
	int fd = open(arg, O_RDONLY);

	if (fd < 0 || dup2(fd, 7) < 0 || close(fd) < 0)
		support_die("cannot open %s", (const char *)arg);
}

/* A descriptor of whoever started the program stays that one's. */
START_TEST(an_inherited_descriptor)
{
	static const char *const environment[] = { "maproot_net=fd:7", "maproot_user={pid}", NULL };
	char path[64];
	struct support_result result;
	struct probe_run how = { .way = _i, .environment = environment, .before = open_seven, .arg = path };

	place_start(&place, CLONE_NEWNET);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)place.pid);
	probe_run(&how, &place, &result);
	check_ended_well(&result);
	check_namespaces(&result, BIT(NET) | BIT(USER));
	ck_assert_str_eq(probe_value(&result, "open"), "0 1 2 7");
	support_release(&result);
	place_end(&place);
}
END_TEST

/* Where the record is says a variable, before the C library knows any. */
START_TEST(a_name)
{
	const char *environment[] = { "maproot_net=name:it", "maproot_user=name:it", "XDG_RUNTIME_DIR={dir}", NULL };
	struct support_result result;
	struct probe_run how = { .way = _i, .environment = environment };

	place_start(&place, CLONE_NEWNET);
	unit_become_user();
	environment[2] = support_text("XDG_RUNTIME_DIR=%s", support_user()->home);
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", support_user()->home, 1), 0);
	ck_assert_int_eq(maproot_name_claim("it", NULL, NULL), 0);
	ck_assert_int_eq(maproot_name_complete("it", place.pid, NULL), 0);
	probe_run(&how, &place, &result);
	check_ended_well(&result);
	check_untouched(&result);
	check_namespaces(&result, BIT(NET) | BIT(USER));
	ck_assert_int_eq(maproot_name_release("it", NULL), 0);
	support_release(&result);
	place_end(&place);
}
END_TEST

/* A path that was "late" is one of the joined mount namespace; one that was opened first is of ours. */
START_TEST(late_paths_are_inside)
{
	static const struct {
		const char *order;
		bool inside;
	} rows[] = { { "maproot_order=user,mnt,uts", true }, { "maproot_order=user,mnt,!uts", false } };
	const char *environment[] = { rows[_i % 2].order, "maproot_user={pid}", "maproot_mnt={pid}",
				      "maproot_uts={dir}/uts", NULL };
	struct support_result result;
	struct probe_run how = { .way = _i / 2, .environment = environment };

	if (geteuid() != 0)
		return; /* nobody else can bind one */
	/* Bound below support_directory() here, and not there. */
	unit_private_mounts();
	place_start(&place, CLONE_NEWUTS);
	ck_assert_int_eq(mount(support_text("/proc/%d/ns/uts", (int)place.pid), support_text("%s/uts", support_directory()),
			       NULL, MS_BIND, NULL),
			 0);
	probe_run(&how, &place, &result);
	if (rows[_i % 2].inside) {
		/* Nothing is mounted there in the container, and the user namespace can't be left. */
		const char *said = how.way == WAY_PRELOADED ? result.err : probe_value(&result, "message");

		ck_assert_msg(strstr(said, "nothing is mounted there") && strstr(said, "already in: mnt user)"), "%s",
			      said);
		if (how.way != WAY_PRELOADED)
			check_joined(&result, BIT(MNT) | BIT(USER));
	} else {
		check_ended_well(&result);
		check_joined(&result, BIT(MNT) | BIT(USER) | BIT(UTS));
	}
	support_release(&result);
	place_end(&place);
}
END_TEST

/* Each after something that could have been joined. The first one that is wrong counts. */
static const struct {
	const char *variables;
	int code;
	enum maproot_step step;
	const char *message;
} wrong[] = {
	{ "maproot_foo=1", EINVAL, MAPROOT_STEP_REQUEST, "unknown variable 'maproot_foo'" },
	{ "maproot_mount={pid}", EINVAL, MAPROOT_STEP_REQUEST, "unknown variable 'maproot_mount'" },
	{ "maproot_=1", EINVAL, MAPROOT_STEP_REQUEST, "unknown variable 'maproot_'" },
	{ "maproot_net", EINVAL, MAPROOT_STEP_REQUEST, "unknown variable 'maproot_net'" },
	{ "maproot_net,uts={pid}", EINVAL, MAPROOT_STEP_REQUEST, "unknown variable 'maproot_net,uts'" },
	{ "maproot_Net={pid}", EINVAL, MAPROOT_STEP_REQUEST, "unknown variable 'maproot_Net'" },
	{ "maproot_orders=net", EINVAL, MAPROOT_STEP_REQUEST, "unknown variable 'maproot_orders'" },
	{ "maproot_mnt={pid}", EINVAL, MAPROOT_STEP_REQUEST, "the variable 'maproot_mnt' is there twice" },
	{ "maproot_mnt=", EINVAL, MAPROOT_STEP_REQUEST, "the variable 'maproot_mnt' is there twice" },
	{ "maproot_order=mnt|maproot_order=mnt", EINVAL, MAPROOT_STEP_REQUEST,
	  "the variable 'maproot_order' is there twice" },
	{ "maproot_foo=1|maproot_bar=2|maproot_net=/nowhere", EINVAL, MAPROOT_STEP_REQUEST,
	  "unknown variable 'maproot_foo'" },
	{ "maproot_order=user,net,user", EINVAL, MAPROOT_STEP_REFERENCE,
	  "malformed reference 'user,net,user': a type is named twice in the order" },
	{ "maproot_order=user,everything", EINVAL, MAPROOT_STEP_REFERENCE,
	  "malformed reference 'user,everything': not an order of namespace types" },
	{ "maproot_order=!!user", EINVAL, MAPROOT_STEP_REFERENCE,
	  "malformed reference '!!user': not an order of namespace types" },
	{ "maproot_net=0", EINVAL, MAPROOT_STEP_REFERENCE, "malformed reference '0': not a process id" },
	{ "maproot_net=pid:x", EINVAL, MAPROOT_STEP_REFERENCE, "malformed reference 'pid:x': not a process id" },
	{ "maproot_net=pid:{pid}:1", ESRCH, MAPROOT_STEP_NO_PROCESS, NULL },
	{ "maproot_net=2147483647", ESRCH, MAPROOT_STEP_NO_PROCESS, "there is no process 2147483647" },
	{ "maproot_net=/nowhere", ENOENT, MAPROOT_STEP_OPEN_NAMESPACE,
	  "cannot open namespace '/nowhere': No such file or directory" },
	{ "maproot_net={dir}/fifo", EINVAL, MAPROOT_STEP_NOT_NAMESPACE,
	  "'{dir}/fifo' is a FIFO or pipe, not a namespace" },
	{ "maproot_net=/dev/null", EINVAL, MAPROOT_STEP_NOT_NAMESPACE, "'/dev/null' is a device, not a namespace" },
	{ "maproot_net=/", EINVAL, MAPROOT_STEP_NOT_NAMESPACE, "'/' is a directory, not a namespace" },
	{ "maproot_net={dir}/empty", EINVAL, MAPROOT_STEP_NOT_NAMESPACE,
	  "'{dir}/empty' is a file, not a namespace (nothing is mounted there in this mount namespace)" },
	{ "maproot_net=/proc/self/status", EINVAL, MAPROOT_STEP_NOT_NAMESPACE, NULL },
	{ "maproot_net=/proc/{pid}/ns/uts", EINVAL, MAPROOT_STEP_WRONG_TYPE,
	  "'/proc/{pid}/ns/uts' is a uts namespace, not net" },
	{ "maproot_net=fd:99", EBADF, MAPROOT_STEP_OPEN_NAMESPACE, NULL },
	{ "maproot_net=fd:0", EINVAL, MAPROOT_STEP_NOT_NAMESPACE, NULL },
	{ "maproot_net=name:nobody", ENOENT, MAPROOT_STEP_NAME, NULL },
	{ "maproot_net=/proc/1/ns/net", EACCES, MAPROOT_STEP_OPEN_NAMESPACE,
	  "cannot open namespace '/proc/1/ns/net': Permission denied" },
	{ "maproot_on_error=maybe", EINVAL, MAPROOT_STEP_REQUEST,
	  "the variable 'maproot_on_error' has to be 'exit' or 'record'" },
};

/* It is at the end: what was named before it was not joined either. */
START_TEST(all_or_nothing)
{
	int row = _i / WAY_COUNT;
	enum way way = _i % WAY_COUNT;
	bool exits = way == WAY_PRELOADED && strstr(wrong[row].variables, "on_error");
	struct support_result result;

	place_start(&place, CLONE_NEWNET | CLONE_NEWUTS);
	/* The object records by itself; the library of what is said, even last. */
	run(way,
	    support_text("%s%s%s", user_mnt, wrong[row].variables,
			 way == WAY_PRELOADED && !exits ? "|maproot_on_error=record" : ""),
	    &result);
	if (exits) {
		ck_assert_int_eq(result.status, MAPROOT_EXIT_FAILURE << 8);
		ck_assert_str_eq(result.err, support_text("maproot: %s\n", wrong[row].message));
		ck_assert_str_eq(result.out, "");
	} else {
		ck_assert_int_eq(result.status, 0);
		ck_assert_str_eq(result.err, "");
		ck_assert_str_eq(probe_value(&result, "result"), support_text("%d", wrong[row].code));
		ck_assert_str_eq(probe_value(&result, "step"), support_text("%d", (int)wrong[row].step));
		ck_assert_str_ne(probe_value(&result, "message"), "");
		if (wrong[row].message)
			ck_assert_str_eq(probe_value(&result, "message"), probe_words(&place, wrong[row].message));
		check_joined(&result, 0);
		check_namespaces(&result, 0);
		check_untouched(&result);
		ck_assert_str_eq(probe_value(&result, "dumpable"), "1");
		ck_assert_str_eq(probe_value(&result, "directory"), support_user()->home);
	}
	support_release(&result);
	place_end(&place);
}
END_TEST

static const struct {
	enum way way;
	const char *said; /* NULL: nothing */
	bool exits;
} manners[] = {
	{ WAY_PRELOADED, NULL, true },
	{ WAY_PRELOADED, "exit", true },
	{ WAY_PRELOADED, "record", false },
	{ WAY_LINKED, NULL, false },
	{ WAY_LINKED, "exit", true },
	{ WAY_LINKED, "record", false },
	{ WAY_STATIC, NULL, false },
	{ WAY_STATIC, "exit", true },
	{ WAY_STATIC, "record", false },
};

/* Standard error may even be closed. */
START_TEST(errors_end_the_process_or_are_recorded)
{
	const char *variables = support_text("maproot_net=/nowhere|%s%s", manners[_i].said ? "maproot_on_error=" : "",
					     manners[_i].said ? manners[_i].said : "");
	static const char message[] = "cannot open namespace '/nowhere': No such file or directory";
	struct support_result result;

	place_start(&place, 0);
	run(manners[_i].way, variables, &result);
	if (manners[_i].exits) {
		ck_assert_int_eq(result.status, MAPROOT_EXIT_FAILURE << 8);
		ck_assert_str_eq(result.out, "");
		ck_assert_str_eq(result.err, support_text("maproot: %s\n", message));
	} else {
		ck_assert_int_eq(result.status, 0);
		ck_assert_str_eq(result.err, "");
		ck_assert_str_eq(probe_value(&result, "message"), message);
	}
	support_release(&result);
	place_end(&place);
}
END_TEST

/* The kernel asks for rights; who lacks them is told which. */
START_TEST(rights_are_named)
{
	struct support_result result;

	place_start(&place, CLONE_NEWNET);
	run(WAY_LINKED, "maproot_net={pid}", &result);
	ck_assert_str_eq(probe_value(&result, "result"), support_text("%d", EPERM));
	ck_assert_str_eq(probe_value(&result, "message"),
			 probe_words(&place, "no permission to join net namespace of process {pid}: CAP_SYS_ADMIN is "
					     "lacking in our own user namespace (join the user namespace that owns it "
					     "as well)"));
	check_namespaces(&result, 0);
	support_release(&result);
	place_end(&place);
}
END_TEST

/*
 * Beyond the first switch: undone where that can be, said where it can't. {other} is a second container, over which who
 * is in the first one's user namespace has no rights.
 */
static const struct {
	bool as_root;
	const char *variables[5];
	int code;
	enum maproot_step step;
	unsigned int stays;
	const char *message;
} halves[] = {
	{ false,
	  { "maproot_user={pid}", "maproot_net={other}", NULL },
	  EPERM,
	  MAPROOT_STEP_JOIN_RIGHTS,
	  0,
	  "no permission to join net namespace of process {other}: CAP_SYS_ADMIN is lacking in our own user namespace (join "
	  "the user namespace that owns it as well)" },
	{ false,
	  { "maproot_order=!user,!net", "maproot_user={pid}", "maproot_net={other}", NULL },
	  EPERM,
	  MAPROOT_STEP_JOIN,
	  BIT(USER),
	  "cannot join net namespace of process {other} (this process is already in: user): Operation not permitted" },
	{ false,
	  { "maproot_order=user,net", "maproot_user={pid}", "maproot_net=/nowhere", NULL },
	  ENOENT,
	  MAPROOT_STEP_JOIN,
	  BIT(USER),
	  "cannot join net namespace of '/nowhere' (this process is already in: user): No such file or directory" },
	{ true,
	  { "maproot_order=!net,uts", "maproot_net={pid}", "maproot_uts=/nowhere", NULL },
	  ENOENT,
	  MAPROOT_STEP_OPEN_NAMESPACE,
	  0,
	  "cannot open namespace '/nowhere': No such file or directory" },
	{ true,
	  { "maproot_order=!net,mnt,!user,!uts", "maproot_net={pid}", "maproot_mnt={pid}", "maproot_uts=/dev/null", NULL },
	  EINVAL,
	  MAPROOT_STEP_NOT_NAMESPACE,
	  0,
	  "'/dev/null' is a device, not a namespace" },
	{ true,
	  { "maproot_order=!net,!mnt,uts", "maproot_net={pid}", "maproot_mnt={pid}", "maproot_uts=/dev/null", NULL },
	  EINVAL,
	  MAPROOT_STEP_NOT_NAMESPACE,
	  0,
	  "'/dev/null' is a device, not a namespace" },
	{ true,
	  { "maproot_order=!net,!user,!uts", "maproot_net={pid}", "maproot_user={pid}", "maproot_uts={other}", NULL },
	  EPERM,
	  MAPROOT_STEP_JOIN,
	  BIT(NET) | BIT(USER),
	  "cannot join uts namespace of process {other} (this process is already in: net user): Operation not permitted" },
};

START_TEST(half_way)
{
	int row = _i / WAY_COUNT;
	const char *environment[7] = { "maproot_on_error=record" };
	struct support_result result;
	struct probe_run how = { .way = _i % WAY_COUNT,
				 .environment = environment,
				 .as_root = halves[row].as_root,
				 .after = set_death_signal };
	struct place other;

	if (halves[row].as_root && geteuid() != 0)
		return; /* who lacks rights does not come that far */
	place_start(&place, CLONE_NEWNET | CLONE_NEWUTS);
	place_start(&other, CLONE_NEWNET | CLONE_NEWUTS);
	place.other = other.pid;
	memcpy(environment + 1, halves[row].variables, sizeof(halves[row].variables));
	probe_run(&how, &place, &result);
	ck_assert_str_eq(probe_value(&result, "result"), support_text("%d", halves[row].code));
	ck_assert_str_eq(probe_value(&result, "step"), support_text("%d", (int)halves[row].step));
	ck_assert_str_eq(probe_value(&result, "message"), probe_words(&place, halves[row].message));
	check_joined(&result, halves[row].stays);
	check_namespaces(&result, halves[row].stays);
	check_untouched(&result);
	ck_assert_str_eq(probe_value(&result, "directory"), support_user()->home);
	ck_assert_str_eq(probe_value(&result, "dumpable"), halves[row].stays & BIT(USER) ? "0" : "1");
	ck_assert_str_eq(probe_value(&result, "deathsignal"), support_text("%d", SIGUSR1));
	support_release(&result);
	place_end(&other);
	place_end(&place);
}
END_TEST

START_TEST(children_do_not_join_again)
{
	static const char *const environment[] = { "maproot_user={pid}", "maproot_net={pid}", "maproot_mnt={pid}", NULL };
	struct support_result result;
	struct probe_run how = { .way = _i, .environment = environment, .argument = "again" };

	place_start(&place, CLONE_NEWNET);
	probe_run(&how, &place, &result);
	check_ended_well(&result);
	check_joined(&result, 0);
	check_namespaces(&result, BIT(USER) | BIT(NET) | BIT(MNT));
	check_untouched(&result);
	/* An exec begins anew. */
	ck_assert_str_eq(probe_value(&result, "dumpable"), "1");
	support_release(&result);
	place_end(&place);
}
END_TEST

/*
 * A library of the program's has a thread before main. The preloaded one is before it; the object in the program comes
 * after all libraries, and leaves everybody where they are.
 */
START_TEST(threads_of_libraries)
{
	static const char *const environment[] = { "maproot_user={pid}", "maproot_net={pid}", "LD_LIBRARY_PATH={dir}",
						   NULL };
	bool preloaded = _i == 0;
	struct support_result result;
	struct probe_run how = { .way = preloaded ? WAY_PRELOADED : WAY_LINKED, .environment = environment };

	place_start(&place, CLONE_NEWNET);
	how.program = threads[_i];
	probe_run(&how, &place, &result);
	ck_assert_int_eq(result.status, 0);
	check_namespaces(&result, preloaded ? BIT(USER) | BIT(NET) : 0);
	ck_assert_str_eq(probe_value(&result, "thread"), place_namespace(preloaded ? place.pid : getpid(), "net"));
	ck_assert_str_eq(probe_value(&result, "message"),
			 preloaded ? "" : "this process has threads already, which joining would leave where they are");
	support_release(&result);
	place_end(&place);
}
END_TEST

/* A program that is root's by its mode, where modes count; and to be sure that they do, one that is not. */
START_TEST(a_secure_program_is_not_led)
{
	static const char *const environment[] = { "A=1", "maproot_net={pid}", "maproot_foo=1", "B=2", NULL };
	static const char *const without[] = { "A=1", "maproot_user={pid}", "maproot_net={pid}", "B=2", NULL };
	bool secure = _i % 2;
	enum way way = _i / 2;
	const char *program;
	struct support_result result;
	struct probe_run how = { .way = way, .environment = secure ? environment : without };

	if (geteuid() != 0)
		return; /* nobody else can make such a program */
	place_start(&place, CLONE_NEWNET);
	unit_private_mounts();
	program = support_text("%s/secure/probe", support_directory());
	ck_assert_int_eq(mount("tmpfs", support_text("%s/secure", support_directory()), "tmpfs", 0, "mode=755"), 0);
	ck_assert_int_eq(system(support_text("cp %s %s", probe_program(way), program)), 0);
	ck_assert_int_eq(chmod(program, secure ? 04755 : 0755), 0);
	how.program = program;
	probe_run(&how, &place, &result);
	ck_assert_str_eq(result.err, "");
	ck_assert_int_eq(result.status, 0);
	if (secure) {
		check_joined(&result, 0);
		check_namespaces(&result, 0);
		/* ld.so has let go of the library, and so of who removes what is for it. */
		ck_assert_str_eq(probe_value(&result, "result"), way == WAY_PRELOADED ? "none" : "0");
		ck_assert(way == WAY_PRELOADED || !strstr(result.out, "environment maproot_"));
		ck_assert_ptr_nonnull(strstr(result.out, "environment A=1\n"));
		ck_assert_ptr_nonnull(strstr(result.out, "environment B=2\n"));
	} else {
		check_namespaces(&result, BIT(USER) | BIT(NET));
	}
	ck_assert_int_eq(umount(support_text("%s/secure", support_directory())), 0);
	support_release(&result);
	place_end(&place);
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("preload", &tests);

	make_files();
	tcase_add_loop_test(tests, references_lead_in, 0, (int)UNIT_COUNT(forms) * WAY_COUNT);
	tcase_add_loop_test(tests, nothing_is_asked, 0, WAY_COUNT);
	tcase_add_loop_test(tests, the_environment_closes_up, 0, 4 * WAY_COUNT);
	tcase_add_loop_test(tests, what_a_joined_process_is, 0, 4 * WAY_COUNT);
	tcase_add_loop_test(tests, an_inherited_descriptor, 0, WAY_COUNT);
	tcase_add_loop_test(tests, a_name, 0, WAY_COUNT);
	tcase_add_loop_test(tests, late_paths_are_inside, 0, 2 * WAY_COUNT);
	tcase_add_loop_test(tests, all_or_nothing, 0, (int)UNIT_COUNT(wrong) * WAY_COUNT);
	tcase_add_loop_test(tests, errors_end_the_process_or_are_recorded, 0, (int)UNIT_COUNT(manners));
	tcase_add_test(tests, rights_are_named);
	tcase_add_loop_test(tests, half_way, 0, (int)UNIT_COUNT(halves) * WAY_COUNT);
	tcase_add_loop_test(tests, children_do_not_join_again, 0, WAY_COUNT);
	tcase_add_loop_test(tests, threads_of_libraries, 0, 2);
	tcase_add_loop_test(tests, a_secure_program_is_not_led, 0, 2 * WAY_COUNT);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

/*
 * Contract of joining containers that others have made, on the command line: the command is in exactly the namespaces
 * that were asked for, in those that were to be new, and else where its caller was; it is whom it should be, with all
 * rights there, where nsenter(1) would put it; and it has nothing of the program's: no descriptor, no variable, no
 * process beside it.
 */
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define ALL MAPROOT_NAMESPACE_ALL

/* Who the command is. */
enum person {
	ROOT_THERE, /* root of the joined user namespace, with all capabilities in it */
	SELF_THERE, /* its caller, whom the joined user namespace maps to himself */
	CALLER,     /* who called, with the capabilities that he had */
};

struct row {
	enum container_kind kind;
	const char *words[VIEW_WORDS];
	unsigned int joined; /* of the types in which the container differs */
	unsigned int created;
	enum person person;
	bool as_root;
	bool child; /* although no pid namespace makes it one */
};

static unsigned int limit_to(const struct container *container, unsigned int types)
{
	return container->types & types;
}

/* Where the command is, seen from outside. */
static void check_namespaces(const struct view *view, const struct container *container, unsigned int joined,
			     unsigned int created)
{
	unsigned int from_us = container_difference(0, view->pid);
	unsigned int from_it = container_difference(container->pid, view->pid);
	unsigned int want_from_it = (container->types & ~joined) | created;

	ck_assert_msg(from_us == (joined | created), "differs from the caller in %s, not in %s",
		      container_types(from_us), container_types(joined | created));
	ck_assert_msg(from_it == want_from_it, "differs from the container in %s, not in %s", container_types(from_it),
		      container_types(want_from_it));
}

static const char *all_capabilities(void)
{
	char *text = support_read("/proc/sys/kernel/cap_last_cap", NULL);
	unsigned long long all = (2ULL << strtoul(text ? text : "", NULL, 10)) - 1;

	free(text);
	return support_text("%llx", all);
}

static const char *thrice(unsigned int id)
{
	return support_text("%u %u %u", id, id, id);
}

static void check_person(const struct view *view, enum person person, bool as_root)
{
	unsigned int user = as_root ? 0 : support_user()->uid;
	unsigned int group = as_root ? 0 : support_user()->gid;
	const char *capabilities = view_line(view, "capabilities");

	if (person == ROOT_THERE)
		user = group = 0;
	ck_assert_str_eq(view_line(view, "user"), thrice(user));
	ck_assert_str_eq(view_line(view, "group"), thrice(group));
	if (person == CALLER && as_root)
		return; /* the tests' own, whatever they are */
	if (person == CALLER)
		ck_assert_str_eq(capabilities, "000000000 000000000 000000000");
	else
		ck_assert_msg(strncmp(capabilities, all_capabilities(), strlen(all_capabilities())) == 0,
			      "capabilities %s", capabilities);
}

static const char *file_id(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		support_die("cannot look at %s", path);
	return support_text("%llx:%llu", (unsigned long long)status.st_dev, (unsigned long long)status.st_ino);
}

static void check_place(const struct view *view, const struct container *container, unsigned int joined)
{
	bool mounts = joined & BIT(MNT);

	ck_assert_str_eq(view_line(view, "directory"), mounts ? "/" : support_user()->home);
	ck_assert_str_eq(view_line(view, "root"),
			 file_id(mounts ? support_text("/proc/%d/root/", (int)container->pid) : "/"));
}

/* What support_start() gave, and nothing else. */
static void check_cleanness(const struct view *view)
{
	const struct support_user *user = support_user();
	const char *want =
		support_text("environment PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
			     "environment HOME=%s\nenvironment USER=%s\nenvironment SHELL=/bin/sh\n",
			     user->home, user->name);

	if (!UNIT_SANITIZED)
		ck_assert_str_eq(strstr(view->text, "environment "), want);
	ck_assert_str_eq(view_line(view, "descriptors"), "0 1 2");
	ck_assert_str_eq(view_line(view, "dumpable"), "1");
	ck_assert_str_eq(view_line(view, "no-new-privileges"), "0");
}

/* Here, or in a child that dies with the program; never more. */
static void check_process(const struct view *view, unsigned int joined, unsigned int created, bool child)
{
	bool is_child = child || ((joined | created) & BIT(PID)) || (created & BIT(TIME));
	bool init = created & BIT(PID);
	pid_t below[8];

	ck_assert_int_eq(view->pid != view->process.pid, is_child);
	ck_assert_str_eq(view_line(view, "death-signal"), is_child ? "9" : "0");
	/* The one that has made it may be on its way out. */
	for (int waited = 0;
	     support_descendants(view->process.pid, below, 8) > (size_t)is_child + init && waited < 1000; waited++)
		support_sleep_us(1000);
	ck_assert_uint_eq(support_descendants(view->process.pid, below, 8), (size_t)is_child + init);
	if ((joined | created) & BIT(PID))
		ck_assert_str_eq(view_line(view, "parent"), "0");
	else
		ck_assert_str_eq(view_line(view, "parent"),
				 support_text("%d", is_child ? view->process.pid : getpid()));
}

static void check_row(const struct row *row, struct container *container)
{
	unsigned int joined = limit_to(container, row->joined & ~row->created);
	struct support_command command = { .as_root = row->as_root };
	struct view view;

	/* Its own root directory has no other program. */
	if (!(joined & BIT(MNT)))
		container->program = container_inside();
	view_start(&view, container, row->words, &command);
	check_namespaces(&view, container, joined, row->created);
	check_person(&view, row->person, row->as_root);
	check_place(&view, container, joined);
	check_cleanness(&view);
	check_process(&view, joined, row->created, row->child);
	if (container->kind == CONTAINER_ALL)
		ck_assert_int_eq(strtoll(view_line(&view, "boottime"), NULL, 10) >= 100000, (joined & BIT(TIME)) != 0);
	view_end(&view, NULL);
}

#define TARGET "-t", "{pid}"

static const struct row rows[] = {
	/* whole containers */
	{ CONTAINER_UNSHARE, { TARGET }, ALL, 0, ROOT_THERE, false, false },
	{ CONTAINER_SHARED, { TARGET }, ALL, 0, ROOT_THERE, false, false },
	{ CONTAINER_ALL, { TARGET }, ALL, 0, ROOT_THERE, false, false },
	{ CONTAINER_BWRAP, { TARGET }, ALL, 0, SELF_THERE, false, false },
	{ CONTAINER_RUNC, { TARGET }, ALL, 0, ROOT_THERE, false, false },
	{ CONTAINER_UNSHARE, { TARGET }, ALL, 0, ROOT_THERE, true, false },
	{ CONTAINER_SHARED, { TARGET }, ALL, 0, ROOT_THERE, true, false },
	{ CONTAINER_ALL, { TARGET }, ALL, 0, ROOT_THERE, true, false },
	{ CONTAINER_RUNC, { TARGET }, ALL, 0, ROOT_THERE, true, false },
	{ CONTAINER_RUNC_ROOT, { TARGET }, ALL, 0, CALLER, true, false },
	{ CONTAINER_UNSHARE_ROOT, { TARGET }, ALL, 0, CALLER, true, false },
	{ CONTAINER_OWNED_BY_ROOT, { TARGET }, ALL, 0, ROOT_THERE, true, false },
	/* what else a process may be called */
	{ CONTAINER_UNSHARE, { "--target={pid}" }, ALL, 0, ROOT_THERE, false, false },
	{ CONTAINER_UNSHARE, { "--join", "{pid}" }, ALL, 0, ROOT_THERE, false, false },
	{ CONTAINER_UNSHARE, { "--join=pid:{pid}" }, ALL, 0, ROOT_THERE, false, false },
	{ CONTAINER_UNSHARE, { "--join=pid:{pid}:{start}" }, ALL, 0, ROOT_THERE, false, false },
	/* some of it */
	{ CONTAINER_UNSHARE,
	  { "--join=user,net=pid:{pid}:{start}" },
	  BIT(USER) | BIT(NET),
	  0,
	  ROOT_THERE,
	  false,
	  false },
	{ CONTAINER_UNSHARE, { "--join=user,network={pid}" }, BIT(USER) | BIT(NET), 0, ROOT_THERE, false, false },
	{ CONTAINER_UNSHARE, { "--join=user,mount={pid}" }, BIT(USER) | BIT(MNT), 0, ROOT_THERE, false, false },
	{ CONTAINER_UNSHARE,
	  { "--join=user={pid}", "--join=net={pid}", "--join=uts=pid:{pid}" },
	  BIT(USER) | BIT(NET) | BIT(UTS),
	  0,
	  ROOT_THERE,
	  false,
	  false },
	{ CONTAINER_UNSHARE,
	  { "--join=net={pid}", "-t", "{pid}" }, /* named twice, once by type: that is no contradiction */
	  ALL,
	  0,
	  ROOT_THERE,
	  false,
	  false },
	/* by path */
	{ CONTAINER_UNSHARE,
	  { "--join", "/proc/{pid}/ns/user", "--join", "/proc/{pid}/ns/net" },
	  BIT(USER) | BIT(NET),
	  0,
	  ROOT_THERE,
	  false,
	  false },
	{ CONTAINER_UNSHARE,
	  { "--join", "net=/proc/{pid}/ns/net", "--join", "mnt=/proc/{pid}/ns/mnt", "--join", "/proc/{pid}/ns/user" },
	  BIT(USER) | BIT(NET) | BIT(MNT),
	  0,
	  ROOT_THERE,
	  false,
	  false },
	{ CONTAINER_UNSHARE,
	  { "--join", "/proc/{pid}/ns/pid", "--join", "user={pid}", "--join=/proc/{pid}/ns/mnt" },
	  BIT(USER) | BIT(PID) | BIT(MNT),
	  0,
	  ROOT_THERE,
	  false,
	  false },
	{ CONTAINER_ALL,
	  { "--join", "/proc/{pid}/ns/time", "--join", "/proc/{pid}/ns/cgroup", "--join", "user={pid}" },
	  BIT(USER) | BIT(TIME) | BIT(CGROUP),
	  0,
	  ROOT_THERE,
	  false,
	  false },
	{ CONTAINER_UNSHARE,
	  { "-t", "{pid}", "--join", "/proc/{pid}/ns/net" }, /* a path is one type, whichever comes first */
	  ALL,
	  0,
	  ROOT_THERE,
	  false,
	  false },
	/* in an order */
	{ CONTAINER_UNSHARE,
	  { "--join-order=!user,!net,!mnt", "-t", "{pid}" },
	  BIT(USER) | BIT(NET) | BIT(MNT),
	  0,
	  ROOT_THERE,
	  false,
	  false },
	{ CONTAINER_UNSHARE,
	  { "--join-order", "user,net", "--join=user={pid}", "--join=net=/proc/{pid}/ns/net" },
	  BIT(USER) | BIT(NET),
	  0,
	  ROOT_THERE,
	  false,
	  false },
	{ CONTAINER_UNSHARE,
	  { "--join-order=user", "-t", "{pid}" }, /* not in the order: not joined */
	  BIT(USER),
	  0,
	  ROOT_THERE,
	  false,
	  false },
	{ CONTAINER_UNSHARE,
	  { "--join-order=user,!mnt,net", "--join=mnt,user={pid}", "--join=net=/proc/1/ns/net" }, /* inside */
	  BIT(USER) | BIT(MNT) | BIT(NET),
	  0,
	  ROOT_THERE,
	  false,
	  false },
	/* with a process of its own, and without */
	{ CONTAINER_SHARED, { TARGET, "-f" }, ALL, 0, ROOT_THERE, false, true },
	{ CONTAINER_SHARED, { TARGET, "--in-place" }, ALL, 0, ROOT_THERE, false, false },
	{ CONTAINER_SHARED, { TARGET, "--kill-child" }, ALL, 0, ROOT_THERE, false, true },
	{ CONTAINER_UNSHARE, { TARGET, "--fork" }, ALL, 0, ROOT_THERE, false, true },
	/* new ones inside */
	{ CONTAINER_UNSHARE, { TARGET, "-n" }, ALL, BIT(NET), ROOT_THERE, false, false },
	{ CONTAINER_UNSHARE, { TARGET, "-u", "--hostname=h" }, ALL, BIT(UTS), ROOT_THERE, false, false },
	{ CONTAINER_UNSHARE, { TARGET, "-i", "-C" }, ALL, BIT(IPC) | BIT(CGROUP), ROOT_THERE, false, false },
	{ CONTAINER_UNSHARE, { TARGET, "-T" }, ALL, BIT(TIME), ROOT_THERE, false, false },
	{ CONTAINER_UNSHARE, { TARGET, "--boottime=7", "-n" }, ALL, BIT(TIME) | BIT(NET), ROOT_THERE, false, false },
	{ CONTAINER_UNSHARE, { TARGET, "-p" }, ALL, BIT(PID), ROOT_THERE, false, false },
	{ CONTAINER_SHARED, { TARGET, "-p" }, ALL, BIT(PID), ROOT_THERE, false, false },
	{ CONTAINER_SHARED, { TARGET, "-n" }, ALL, BIT(NET), ROOT_THERE, false, false },
	{ CONTAINER_SHARED, { TARGET, "-n", "-f" }, ALL, BIT(NET), ROOT_THERE, false, true },
	{ CONTAINER_SHARED, { TARGET, "-n", "--in-place" }, ALL, BIT(NET), ROOT_THERE, false, false },
	{ CONTAINER_SHARED, { TARGET, "--monotonic=7", "--boottime=9" }, ALL, BIT(TIME), ROOT_THERE, false, false },
	{ CONTAINER_ALL, { TARGET, "-n", "-C" }, ALL, BIT(NET) | BIT(CGROUP), ROOT_THERE, false, false },
	{ CONTAINER_BWRAP, { TARGET, "-n", "-i" }, ALL, BIT(NET) | BIT(IPC), SELF_THERE, false, false },
	{ CONTAINER_RUNC, { TARGET, "-n", "-u" }, ALL, BIT(NET) | BIT(UTS), ROOT_THERE, false, false },
	{ CONTAINER_RUNC_ROOT, { TARGET, "-n" }, ALL, BIT(NET), CALLER, true, false },
	{ CONTAINER_UNSHARE_ROOT, { TARGET, "-n", "-p" }, ALL, BIT(NET) | BIT(PID), CALLER, true, false },
	{ CONTAINER_UNSHARE, { TARGET, "-n" }, ALL, BIT(NET), ROOT_THERE, true, false },
	/* as root, with the rights of outside */
	{ CONTAINER_UNSHARE, { "--join=net={pid}" }, BIT(NET), 0, CALLER, true, false },
	{ CONTAINER_UNSHARE, { "--join=pid={pid}" }, BIT(PID), 0, CALLER, true, false },
	{ CONTAINER_UNSHARE, { "--join=mnt,uts={pid}", "--in-place" }, BIT(MNT) | BIT(UTS), 0, CALLER, true, false },
	{ CONTAINER_UNSHARE_ROOT, { "--join=net={pid}", "-u" }, BIT(NET), BIT(UTS), CALLER, true, false },
	{ CONTAINER_RUNC_ROOT,
	  { "--join=/proc/{pid}/ns/net", "--join=pid={pid}" },
	  BIT(NET) | BIT(PID),
	  0,
	  CALLER,
	  true,
	  false },
	{ CONTAINER_ALL, { "--join=time,cgroup={pid}" }, BIT(TIME) | BIT(CGROUP), 0, CALLER, true, false },
	/* as the user, where it takes no rights: nothing is there to join */
	{ CONTAINER_UNSHARE, { "--join=cgroup,time={pid}" }, 0, 0, CALLER, false, false },
};

START_TEST(the_command_is_there)
{
	struct container container = { .kind = rows[_i].kind };

	container_start(&container);
	check_row(&rows[_i], &container);
	container_end(&container);
}
END_TEST

/* Each type by itself, with the user namespace that gives the rights where the caller has none. */
#define SINGLE_KINDS 5

static const enum container_kind single_kinds[SINGLE_KINDS] = { CONTAINER_ALL, CONTAINER_BWRAP, CONTAINER_RUNC,
								CONTAINER_RUNC_ROOT, CONTAINER_UNSHARE_ROOT };

START_TEST(each_type_by_itself)
{
	struct container container = { .kind = single_kinds[_i] };
	bool as_root = container.kind == CONTAINER_RUNC_ROOT || container.kind == CONTAINER_UNSHARE_ROOT;
	const char *kept;

	container_start(&container);
	kept = container.program;
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		struct row row = { .kind = container.kind,
				   .as_root = as_root,
				   .person = as_root ? CALLER : ROOT_THERE };

		if (!(container.types & MAPROOT_NAMESPACE_BIT(type)))
			continue;
		if (container.kind == CONTAINER_BWRAP)
			row.person = SELF_THERE;
		row.joined = MAPROOT_NAMESPACE_BIT(type) | (as_root ? 0 : BIT(USER));
		row.words[0] = support_text("--join=%s%s={pid}", maproot_namespace_name((enum maproot_namespace)type),
					    as_root || type == MAPROOT_NAMESPACE_USER ? "" : ",user");
		container.program = kept;
		check_row(&row, &container);
	}
	container_end(&container);
}
END_TEST

/* Descriptors that somebody has opened for us: namespaces, and a process. */
static pid_t target;

static void open_namespaces(void *arg)
{
	(void)arg;
	if (dup3(open(support_text("/proc/%d/ns/net", (int)target), O_RDONLY), 9, 0) < 0 ||
	    dup3(open(support_text("/proc/%d/ns/user", (int)target), O_RDONLY), 8, O_CLOEXEC) < 0 || dup2(8, 7) < 0)
		support_die("cannot open namespaces");
	for (int fd = 3; fd < 7; fd++)
		(void)close(fd);
	(void)close(8);
}

static void open_process(void *arg)
{
	(void)arg;
	if (dup2((int)syscall(SYS_pidfd_open, target, 0), 7) < 0)
		support_die("cannot open a process");
	for (int fd = 3; fd < 7; fd++)
		(void)close(fd);
}

static const struct {
	void (*hook)(void *arg);
	const char *words[VIEW_WORDS];
	unsigned int joined;
	const char *descriptors;
} given[] = {
	{ open_namespaces, { "--join=fd:9", "--join", "fd:7" }, BIT(NET) | BIT(USER), "0 1 2 7 9" },
	{ open_namespaces, { "--join=net=fd:9", "--join", "user=fd:7", "--close-fds" }, BIT(NET) | BIT(USER), "0 1 2" },
	{ open_namespaces,
	  { "--join=fd:9", "--join=user,mnt,pid={pid}" },
	  BIT(NET) | BIT(USER) | BIT(MNT) | BIT(PID),
	  "0 1 2 7 9" },
	{ open_process, { "--join=fd:7" }, ALL, "0 1 2 7" },
	{ open_process, { "--join=user,uts=fd:7" }, BIT(USER) | BIT(UTS), "0 1 2 7" },
};

START_TEST(descriptors_that_were_given)
{
	struct container container = { .kind = CONTAINER_UNSHARE };
	struct support_command hooks = { .after = given[_i].hook };
	struct view view;

	if (given[_i].hook == open_process && syscall(SYS_pidfd_open, getpid(), 0) < 0 && errno == ENOSYS)
		return;
	container_start(&container);
	target = container.pid;
	view_start(&view, &container, given[_i].words, &hooks);
	check_namespaces(&view, &container, limit_to(&container, given[_i].joined), 0);
	check_person(&view, ROOT_THERE, false);
	ck_assert_str_eq(view_line(&view, "descriptors"), given[_i].descriptors);
	view_end(&view, NULL);
	container_end(&container);
}
END_TEST

/* Who the command is, where something is said about it. */
static const struct {
	enum container_kind kind;
	const char *words[VIEW_WORDS];
	bool as_root;
	const char *user;
	const char *group;
	const char *groups; /* of a caller who has {gid} and 12345 */
	bool powerful;
} persons[] = {
	{ CONTAINER_UNSHARE, { TARGET }, false, "0 0 0", "0 0 0", "65534 0", true },
	{ CONTAINER_UNSHARE, { TARGET, "--groups=keep" }, false, "0 0 0", "0 0 0", "65534 0", true },
	{ CONTAINER_UNSHARE, { TARGET, "--preserve-credentials" }, false, "0 0 0", "0 0 0", "65534 0", true },
	{ CONTAINER_UNSHARE, { TARGET, "-S", "0", "-G", "0" }, false, "0 0 0", "0 0 0", "65534 0", true },
	{ CONTAINER_UNSHARE, { "--join=user={pid}", "-S0" }, false, "0 0 0", "0 0 0", "65534 0", true },
	{ CONTAINER_BWRAP, { TARGET }, false, "{uid} {uid} {uid}", "{gid} {gid} {gid}", "65534 {gid}", true },
	{ CONTAINER_BWRAP,
	  { TARGET, "--preserve-credentials" },
	  false,
	  "{uid} {uid} {uid}",
	  "{gid} {gid} {gid}",
	  "65534 {gid}",
	  false },
	/* its owner is root outside, and a thousand users are mapped: groups can be dropped, and other users taken */
	{ CONTAINER_OWNED_BY_ROOT, { TARGET }, true, "0 0 0", "0 0 0", "", true },
	{ CONTAINER_OWNED_BY_ROOT, { TARGET, "--groups=keep" }, true, "0 0 0", "0 0 0", "65534 65534", true },
	{ CONTAINER_OWNED_BY_ROOT, { TARGET, "--groups=drop" }, true, "0 0 0", "0 0 0", "", true },
	{ CONTAINER_OWNED_BY_ROOT, { TARGET, "-f", "--groups=drop" }, true, "0 0 0", "0 0 0", "", true },
	{ CONTAINER_OWNED_BY_ROOT, { TARGET, "-S", "5" }, true, "5 5 5", "0 0 0", "", false },
	{ CONTAINER_OWNED_BY_ROOT, { TARGET, "-S", "5", "-G", "6" }, true, "5 5 5", "6 6 6", "", false },
	{ CONTAINER_OWNED_BY_ROOT, { TARGET, "-p", "-S", "5", "-G", "6" }, true, "5 5 5", "6 6 6", "", false },
	{ CONTAINER_OWNED_BY_ROOT, { TARGET, "--setgid=6" }, true, "0 0 0", "6 6 6", "", true },
	{ CONTAINER_OWNED_BY_ROOT,
	  { TARGET, "--preserve-credentials" },
	  true,
	  "65534 65534 65534",
	  "65534 65534 65534",
	  "65534 65534",
	  false },
	/* without a user namespace they are of outside */
	{ CONTAINER_UNSHARE_ROOT, { TARGET }, true, "0 0 0", "0 0 0", "12345 {gid}", true },
	{ CONTAINER_UNSHARE_ROOT, { TARGET, "-S5", "-G6" }, true, "5 5 5", "6 6 6", "12345 {gid}", false },
	{ CONTAINER_UNSHARE_ROOT, { TARGET, "-S5", "-G6", "--groups=drop" }, true, "5 5 5", "6 6 6", "", false },
	{ CONTAINER_UNSHARE_ROOT, { "--join=net={pid}", "--groups=drop" }, true, "0 0 0", "0 0 0", "", true },
	{ CONTAINER_UNSHARE_ROOT, { "--join=net={pid}", "-f", "--groups=drop" }, true, "0 0 0", "0 0 0", "", true },
	{ CONTAINER_UNSHARE_ROOT, { "--groups=drop" }, true, "0 0 0", "0 0 0", "", true },
	/* a new user namespace in namespaces that were joined */
	{ CONTAINER_UNSHARE_ROOT, { TARGET, "-U" }, true, "0 0 0", "0 0 0", "65534 65534", true },
	{ CONTAINER_UNSHARE_ROOT,
	  { "--join=net={pid}", "-U", "--in-place" },
	  true,
	  "0 0 0",
	  "0 0 0",
	  "65534 65534",
	  true },
	{ CONTAINER_UNSHARE_ROOT,
	  { TARGET, "--map-users=0:5000:10", "--map-groups=0:6000:10" },
	  true,
	  "0 0 0",
	  "0 0 0",
	  "65534 65534",
	  true },
	{ CONTAINER_UNSHARE_ROOT,
	  { "--join=net={pid}", "--in-place", "--map-users=0:5000:10", "--map-groups=0:6000:10", "--groups=drop" },
	  true,
	  "0 0 0",
	  "0 0 0",
	  "",
	  true },
};

static void take_groups(void *arg)
{
	const gid_t groups[] = { support_user()->gid, 12345 };

	(void)arg;
	if (syscall(SYS_setgroups, 2, groups) < 0)
		support_die("setgroups");
}

/* support_become_user() would drop them: the user by hand. */
static void become_user_with_groups(void *arg)
{
	const struct support_user *user = support_user();

	take_groups(arg);
	if (syscall(SYS_setresgid, user->gid, user->gid, user->gid) < 0 ||
	    syscall(SYS_setresuid, user->uid, user->uid, user->uid) < 0)
		support_die("cannot become the user");
}

START_TEST(the_command_is_whom_it_should_be)
{
	struct container container = { .kind = persons[_i].kind };
	struct support_command hooks = { .as_root = true,
					 .after = persons[_i].as_root ? take_groups : become_user_with_groups };
	struct view view;

	container_start(&container);
	view_start(&view, &container, persons[_i].words, &hooks);
	ck_assert_str_eq(view_line(&view, "user"), container_expand(&container, persons[_i].user));
	ck_assert_str_eq(view_line(&view, "group"), container_expand(&container, persons[_i].group));
	ck_assert_str_eq(view_line(&view, "groups"), container_expand(&container, persons[_i].groups));
	ck_assert_int_eq(strncmp(view_line(&view, "capabilities"), "000000000", 9) != 0, persons[_i].powerful);
	view_end(&view, NULL);
	container_end(&container);
}
END_TEST

/* A working directory is one inside. */
START_TEST(the_directory_is_inside)
{
	static const char *const words[] = { TARGET, "-w", "/bin", NULL };
	struct container container = { .kind = CONTAINER_RUNC };
	struct view view;

	container_start(&container);
	view_start(&view, &container, words, NULL);
	ck_assert_str_eq(view_line(&view, "directory"), "/bin");
	view_end(&view, NULL);
	container_end(&container);
}
END_TEST

static const struct {
	const char *words[VIEW_WORDS];
	const char *said; /* J: the joined types, S: those in which we are, W: how */
	bool on_stderr;
} sayings[] = {
	{ { TARGET, "--dry-run", "true" },
	  "joined: J, W\nalready in: S\nnew namespaces: none\n"
	  "runs as: root of the joined user namespace if it has one, else who it is, supplementary groups dropped if "
	  "they can be\n"
	  "process: a child; signals and status pass through; gets signal 9 if this process dies\n"
	  "command: true\n",
	  false },
	{ { "-v", TARGET, "true" },
	  "maproot: new namespaces: none; joined: J; already in: S; executing 'true'\n",
	  true },
	{ { "-v", "--join=user,uts={pid}", "true" },
	  "maproot: new namespaces: none; joined: user uts; executing 'true'\n",
	  true },
	{ { "-v", "--join=user,uts={pid}", "-n", "true" },
	  "maproot: new namespaces: net; joined: user uts; executing 'true'\n",
	  true },
	{ { "-v", "--join=cgroup={pid}", "true" },
	  "maproot: new namespaces: none; already in: cgroup; executing 'true'\n",
	  true },
};

static const char *fill_in(const char *text, const struct container *container)
{
	bool at_once = syscall(SYS_pidfd_open, getpid(), 0) >= 0;
	const char *joined = container_types(container->types);
	const char *skipped = container_types(maproot_namespaces_supported() & ~container->types);
	const char *way = at_once ? support_text("of process %d, in one call", (int)container->pid) : "one by one";
	static char out[4096];
	size_t length = 0;

	for (; *text; text++) {
		bool alone = strchr(" ,;\n", text[1]) != NULL;
		const char *word = !alone       ? NULL :
				   *text == 'J' ? joined :
				   *text == 'S' ? skipped :
				   *text == 'W' ? way :
						  NULL;

		if (word)
			length += (size_t)sprintf(out + length, "%s", word);
		else
			out[length++] = *text;
	}
	out[length] = '\0';
	return out;
}

START_TEST(what_is_joined_is_said)
{
	struct container container = { .kind = CONTAINER_UNSHARE };
	const char *argv[VIEW_WORDS + 1] = { container_maproot() };
	struct support_command command = { .argv = argv, .envp = container_environment() };
	struct support_result result;

	container_start(&container);
	for (size_t at = 0; sayings[_i].words[at]; at++)
		argv[at + 1] = container_expand(&container, sayings[_i].words[at]);
	support_run(&command, &result);
	ck_assert_int_eq(result.status, 0);
	ck_assert_str_eq(sayings[_i].on_stderr ? result.err : result.out, fill_in(sayings[_i].said, &container));
	ck_assert_str_eq(sayings[_i].on_stderr ? result.out : result.err, "");
	support_release(&result);
	container_end(&container);
}
END_TEST

/* What ip-netns(8) has made is joined by its path, and is not there where its mount is not. */
static const char *const netns_scripts[] = {
	"test \"$({maproot} --join /run/netns/a readlink /proc/self/ns/net)\" = "
	"\"$(ip netns exec a readlink /proc/self/ns/net)\"",
	"test \"$({maproot} --join net=/run/netns/a readlink /proc/self/ns/net)\" = "
	"\"net:[$(stat -L -c %i /run/netns/a)]\"",
	"test \"$({maproot} --join /run/netns/a --in-place sh -c 'echo $$')\" -gt 1",
	"{maproot} --join /run/netns/a sh -c 'test $(ls /sys/class/net | wc -l) -ge 1 && ip -o link | grep -q \" lo: "
	"\"'",
	"umount /run/netns/a; status=0; said=$({maproot} --join net=/run/netns/a true 2>&1) || status=$?; "
	"test $status = 125 && test \"$said\" = "
	"\"maproot: '/run/netns/a' is a file, not a namespace (nothing is mounted there in this mount namespace)\"",
};

START_TEST(network_namespaces_of_ip)
{
	const char *script = container_expand(&(struct container){ .pid = 0 }, netns_scripts[_i]);
	const char *const argv[] = {
		"unshare", "-m", "sh", "-ec", support_text("mount -t tmpfs none /run; ip netns add a; %s", script), NULL
	};
	struct support_command command = { .argv = argv, .envp = container_environment(), .as_root = true };
	struct support_result result;

	support_run(&command, &result);
	ck_assert_msg(result.status == 0, "%s: status %x: %s%s", netns_scripts[_i], result.status, result.out,
		      result.err);
	support_release(&result);
}
END_TEST

static bool is_possible(const struct row *row)
{
	return container_possible(row->kind) && (geteuid() == 0 || !row->as_root) &&
	       (container_has_time() || !(row->created & BIT(TIME)));
}

static void add_rows(TCase *tc)
{
	for (size_t at = 0; at < UNIT_COUNT(rows); at++) {
		if (is_possible(&rows[at]))
			tcase_add_loop_test(tc, the_command_is_there, (int)at, (int)at + 1);
	}
	for (size_t at = 0; at < SINGLE_KINDS; at++) {
		if (container_possible(single_kinds[at]))
			tcase_add_loop_test(tc, each_type_by_itself, (int)at, (int)at + 1);
	}
	for (size_t at = 0; geteuid() == 0 && at < UNIT_COUNT(persons); at++) {
		if (container_possible(persons[at].kind))
			tcase_add_loop_test(tc, the_command_is_whom_it_should_be, (int)at, (int)at + 1);
	}
}

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("joining/containers", &tc);

	container_set_up();
	for (int kind = 0; kind < CONTAINER_KINDS; kind++) {
		/* A kernel without time namespaces is another kernel, and no reason to do less. */
		if (kind == CONTAINER_ALL && !container_has_time())
			continue;
		if (!container_possible((enum container_kind)kind))
			printf("SKIP container %d: its program is not here, or not root's\n", kind);
	}
	add_rows(tc);
	tcase_add_loop_test(tc, descriptors_that_were_given, 0, UNIT_COUNT(given));
	tcase_add_loop_test(tc, what_is_joined_is_said, 0, UNIT_COUNT(sayings));
	if (container_possible(CONTAINER_RUNC))
		tcase_add_test(tc, the_directory_is_inside);
	if (geteuid() == 0 && access("/usr/sbin/ip", X_OK) == 0)
		tcase_add_loop_test(tc, network_namespaces_of_ip, 0, UNIT_COUNT(netns_scripts));
	return suite;
}

int main(void)
{
	return unit_main(build);
}

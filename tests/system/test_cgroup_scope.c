/*
 * Contract of src/system/cgroup.h where systemd makes the group: when it is asked, what it is told, and that its
 * group is found afterwards. Our program that speaks to it is a script here, which writes down what it is called
 * with and makes a group; that one answers is a socket.
 */
#include "cgroups.h"

#include <sys/socket.h>
#include <sys/un.h>

static struct maproot_error err = MAPROOT_ERROR_INIT;

static const char script[] = "#!/bin/sh\n"
			     "echo \"$@\" >>\"$HOME/said\"\n"
			     "[ \"$1\" = start ] || exit 0\n"
			     "[ \"$2\" != fails.scope ] || { echo 'Unit fails.scope already exists.' >&2; exit 1; }\n"
			     "mkdir \"$GROUP/$2\" && echo \"$4\" >\"$GROUP/$2/cgroup.procs\"\n";

static void listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(strlen(path) < sizeof(address.sun_path));
	strcpy(address.sun_path, path);
	CHECK(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 1) == 0);
}

/* The user with a systemd of his, and in a group that is his. */
static void settle(bool manager, bool program)
{
	const char *libexec = groups_keep(support_text("%s/libexec", support_directory()));
	const char *own = groups_delegate(groups_below(GROUPS_V2, "own"));
	const char *home = support_user()->home;

	CHECK(mkdir(libexec, 0755) == 0 || errno == EEXIST);
	unit_file(support_text("%s/maproot-scope", libexec), script);
	groups_enter(own);
	unit_become_user();
	CHECK(setenv("MAPROOT_LIBEXEC", program ? libexec : "/nonexistent", 1) == 0);
	CHECK(setenv("XDG_RUNTIME_DIR", home, 1) == 0 && setenv("HOME", home, 1) == 0 && setenv("GROUP", own, 1) == 0);
	(void)unlink(support_text("%s/said", home));
	CHECK(mkdir(support_text("%s/systemd", home), 0755) == 0 || errno == EEXIST);
	(void)unlink(support_text("%s/systemd/private", home));
	if (manager)
		listen_at(support_text("%s/systemd/private", home));
}

static const char *said(void)
{
	char *text = support_read(support_text("%s/said", support_user()->home), NULL);
	const char *copy = text ? support_text("%.*s", (int)strcspn(text, "\n"), text) : "";

	free(text);
	return copy;
}

/* Who is asked: a scope's name, or "" where it is the file system, or an error. */
static const struct {
	const char *name;
	enum maproot_cgroup_manager manager;
	bool there;
	bool program;
	const char *scope;
	const char *slice;
	int code;
	const char *why;
} choices[] = {
	{ NULL, MAPROOT_CGROUP_AUTO, true, true, "maproot-id.scope", "", 0, NULL },
	{ "web", MAPROOT_CGROUP_AUTO, true, true, "web.scope", "", 0, NULL },
	{ "web", MAPROOT_CGROUP_AUTO, false, true, "", "", 0, NULL },
	{ "web", MAPROOT_CGROUP_AUTO, true, false, "", "", 0, NULL },
	{ "web", MAPROOT_CGROUP_FS, true, true, "", "", 0, NULL },
	{ "a/b", MAPROOT_CGROUP_AUTO, true, true, "", "", 0, NULL },
	{ "a b", MAPROOT_CGROUP_AUTO, true, true, "", "", 0, NULL },
	{ "web", MAPROOT_CGROUP_SYSTEMD, true, true, "web.scope", "", 0, NULL },
	{ "x.slice:p:web", MAPROOT_CGROUP_AUTO, true, true, "p-web.scope", "x.slice", 0, NULL },
	{ "x.slice:p:web", MAPROOT_CGROUP_SYSTEMD, true, true, "p-web.scope", "x.slice", 0, NULL },
	{ "x.slice:p:web", MAPROOT_CGROUP_FS, true, true, NULL, NULL, EINVAL,
	  "'x.slice:p:web' is a scope of systemd, and the manager is to be 'fs'" },
	{ "a/b", MAPROOT_CGROUP_SYSTEMD, true, true, NULL, NULL, EINVAL, "'a/b' is no name for a scope of systemd" },
	{ "web", MAPROOT_CGROUP_SYSTEMD, false, true, NULL, NULL, ENOENT,
	  "no systemd that would make a scope for this user, or maproot-scope is not installed" },
	{ "web", MAPROOT_CGROUP_SYSTEMD, true, false, NULL, NULL, ENOENT,
	  "no systemd that would make a scope for this user, or maproot-scope is not installed" },
	{ "x.slice:p:web", MAPROOT_CGROUP_AUTO, false, true, NULL, NULL, ENOENT,
	  "no systemd that would make a scope for this user, or maproot-scope is not installed" },
};

static int choose(void *arg)
{
	const int *at = arg;
	const struct maproot_cgroup wish = { .name = choices[*at].name, .manager = choices[*at].manager };
	struct mr_cgroup group;
	int code;

	settle(choices[*at].there, choices[*at].program);
	code = mr_cgroup_choose(&wish, "id", &group, &err);
	CHECK(code == -choices[*at].code);
	if (code < 0) {
		CHECK(err.step == MAPROOT_STEP_CGROUP_FIND && strcmp(err.object, choices[*at].why) == 0);
		return 0;
	}
	CHECK(strcmp(group.scope, choices[*at].scope) == 0);
	CHECK(group.count == (choices[*at].scope[0] == '\0'));
	CHECK(group.scope[0] == '\0' || strcmp(group.slice, choices[*at].slice) == 0);
	CHECK(strcmp(said(), "") == 0);
	mr_cgroup_done(&group);
	return 0;
}

static void run(int (*body)(void *), int row)
{
	int status = unit_in_child(body, &row);

	ck_assert_msg(status == 0, "status %#x", status);
	ck_assert_int_eq(rmdir(groups_below(GROUPS_V2, "own")), 0);
}

START_TEST(is_asked)
{
	run(choose, _i);
}
END_TEST

static int live(void *arg)
{
	static const char *const limits[] = { "memory.max=1M", "pids.max=max", "cpu.max=50%" };
	const struct maproot_cgroup wish = { .name = "x.slice:p:web", .limits = limits, .limit_count = 3 };
	const char *path = groups_below(GROUPS_V2, "own/p-web.scope");
	struct mr_cgroup group;
	int status;
	pid_t pid;

	(void)arg;
	settle(true, true);
	DONE(mr_cgroup_choose(&wish, "id", &group, &err));
	DONE(mr_cgroup_make(&wish, &group, &err));
	CHECK(group.count == 0 && group.directory == -1 && strcmp(said(), "") == 0);
	CHECK(mr_cgroup_clone(&group, SIGCHLD, NULL, NULL, NULL) == -ENOSYS);
	pid = fork();
	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	DONE(mr_cgroup_enter(&wish, &group, pid, &err));
	CHECK(strcmp(said(), support_text("start p-web.scope x.slice %d MemoryMax=1048576 TasksMax=infinity "
					  "CPUQuotaPerSecUSec=500000 "
					  "CPUQuotaPeriodUSec=100000",
					  (int)pid)) == 0);
	CHECK(group.count == 1 && strcmp(group.path[0], path) == 0);
	DONE(mr_cgroup_kill(group.path[0], &err));
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	DONE(mr_cgroup_remove(group.path[0], &err));
	CHECK(unlink(support_text("%s/said", support_user()->home)) == 0);
	DONE(mr_cgroup_stop_scope(group.scope, &err));
	CHECK(strcmp(said(), "stop p-web.scope") == 0);
	mr_cgroup_done(&group);
	return 0;
}

START_TEST(lives_and_ends)
{
	run(live, 0);
}
END_TEST

static int be_refused(void *arg)
{
	static const char *const limits[] = { "hugetlb.2MB.max=2M" };
	struct maproot_cgroup wish = { .name = "fails" };
	struct mr_cgroup group;

	(void)arg;
	settle(true, true);
	DONE(mr_cgroup_choose(&wish, "id", &group, &err));
	CHECK(mr_cgroup_enter(&wish, &group, getpid(), &err) < 0);
	CHECK(err.step == MAPROOT_STEP_PROGRAM_FAILED && strstr(err.object, "Unit fails.scope already exists."));
	CHECK(group.count == 0);
	mr_cgroup_done(&group);
	/* What systemd has no name for is said before there is a process. */
	wish.limits = limits;
	wish.limit_count = 1;
	err = (struct maproot_error)MAPROOT_ERROR_INIT;
	CHECK(mr_cgroup_choose(&wish, "id", &group, &err) == -EOPNOTSUPP);
	CHECK(err.step == MAPROOT_STEP_CGROUP_LIMIT && strstr(err.object, "systemd has no such property of a scope"));
	return 0;
}

START_TEST(fails_by_name)
{
	run(be_refused, 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = groups_suite("system/cgroup_scope", &tc);

	tcase_add_loop_test(tc, is_asked, 0, UNIT_COUNT(choices));
	tcase_add_test(tc, lives_and_ends);
	tcase_add_test(tc, fails_by_name);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

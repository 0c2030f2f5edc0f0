/*
 * Contract of src/system/cgroup.h where all goes well: a group is chosen below our own, or below the root; made,
 * with groups on the way and limits; a process starts in it, by clone with memory shared and without, or is put
 * there; it is ended and removed, with what was made on the way, and nothing is left. As root, and as the user to
 * whom a group was delegated.
 */
#include "cgroups.h"

#include <sched.h>
#include <sys/mman.h>

enum { AS_ROOT,
       AS_USER,
       WHO };

/* A delegated group that this process is in, as itself or as the user, who then cannot go anywhere else. */
static const char *settle(int who)
{
	const char *own = groups_delegate(groups_below(GROUPS_V2, "own"));

	groups_enter(own);
	if (who == AS_USER)
		unit_become_user();
	return own;
}

/* Afterwards the process stands where it can't be removed from: a test ends by leaving it to a child. */
static int in_own(int (*body)(void *), int who)
{
	int status = unit_in_child(body, &who);

	(void)rmdir(groups_below(GROUPS_V2, "own"));
	return status;
}

#define RUN(body, who)                                                           \
	do {                                                                     \
		int status = in_own(body, who);                                  \
		ck_assert_msg(status == 0, #body " failed, status %#x", status); \
	} while (0)

static const struct {
	const char *name;
	const char *path;  /* below own */
	const char *above; /* what is made on the way */
} names[] = {
	{ NULL, "maproot-id", NULL },
	{ "web", "web", NULL },
	{ "a/b", "a/b", "a" },
	{ "a/b/c d", "a/b/c d", "a" },
};

static int row;

static int make_and_remove(void *arg)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *own = settle(*(int *)arg);
	const struct maproot_cgroup wish = { .name = names[row].name, .manager = MAPROOT_CGROUP_FS };
	const char *path = groups_keep(support_text("%s/%s", own, names[row].path));
	size_t descriptors = place_descriptors();
	struct mr_cgroup group;

	DONE(mr_cgroup_choose(&wish, "id", &group, &err));
	CHECK(group.count == 1 && group.unified && strcmp(group.path[0], path) == 0);
	CHECK(group.scope[0] == '\0' && group.directory == -1);
	CHECK(groups_count(own) == 0);
	DONE(mr_cgroup_make(&wish, &group, &err));
	CHECK(groups_is(path));
	CHECK(group.directory > 2 && fcntl(group.directory, F_GETFD) == FD_CLOEXEC);
	CHECK(fcntl(group.base[0], F_GETFD) == FD_CLOEXEC);
	DONE(mr_cgroup_kill(path, &err));
	DONE(mr_cgroup_remove(path, &err));
	CHECK(!groups_is(path));
	CHECK(!names[row].above || !groups_is(support_text("%s/%s", own, names[row].above)));
	/* Once more, as after a crash nobody knows how far it went. */
	DONE(mr_cgroup_kill(path, &err));
	DONE(mr_cgroup_remove(path, &err));
	mr_cgroup_done(&group);
	CHECK(place_descriptors() == descriptors);
	return 0;
}

START_TEST(is_made_and_removed)
{
	row = _i / WHO;
	RUN(make_and_remove, _i % WHO);
}
END_TEST

/* "/A/B" is below the root of what is mounted, wherever we are. */
static int make_below_the_root(void *arg)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *own = settle(*(int *)arg);
	const char *path = groups_keep(support_text("%s/x/y", own));
	const struct maproot_cgroup wish = { .name = path + strlen(groups_point[GROUPS_V2]) };
	struct mr_cgroup group;

	DONE(mr_cgroup_choose(&wish, "id", &group, &err));
	CHECK(strcmp(group.path[0], path) == 0);
	DONE(mr_cgroup_make(&wish, &group, &err));
	CHECK(groups_is(path));
	DONE(mr_cgroup_remove(path, &err));
	CHECK(groups_count(own) == 0 && groups_is(own));
	mr_cgroup_done(&group);
	return 0;
}

START_TEST(is_made_below_the_root)
{
	RUN(make_below_the_root, _i);
}
END_TEST

enum { BY_CLONE,
       BY_CLONE_SHARING,
       BY_CLONE_VFORK,
       BY_ENTERING,
       WAYS };

struct told {
	char group[256];
	int gate[2];
	uintptr_t stack;
};

/* In memory that may be shared: no C library but what is safe there. */
static int tell(void *arg)
{
	struct told *told = arg;
	_Alignas(16) char aligned[16];
	int fd;
	ssize_t length;
	char byte;

	/* Not before it was moved, where it is. */
	if (told->gate[0] >= 0 && read(told->gate[0], &byte, 1) != 1)
		return 98;
	fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	length = read(fd, told->group, sizeof(told->group) - 1);
	close(fd);
	told->stack = (uintptr_t)aligned;
	return length > 0 ? 77 : 99;
}

static pid_t start(int way, const struct maproot_cgroup *wish, struct mr_cgroup *group, struct told *told, char *stack)
{
	static const unsigned int flags[] = { SIGCHLD, SIGCHLD | CLONE_VM, SIGCHLD | CLONE_VM | CLONE_VFORK };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t pid;

	if (way != BY_ENTERING) {
		/* 8 bytes too high: it is for the callee to align it. */
		pid = mr_cgroup_clone(group, flags[way], way == BY_CLONE ? NULL : stack - 8, tell, told);
		if (pid == 0)
			_exit(tell(told));
		return pid;
	}
	CHECK(pipe(told->gate) == 0);
	pid = fork();
	if (pid == 0)
		_exit(tell(told));
	DONE(mr_cgroup_enter(wish, group, pid, &err));
	CHECK(write(told->gate[1], "", 1) == 1);
	return pid;
}

static int start_in_it(void *arg)
{
	enum { STACK = 64 * 1024 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const struct maproot_cgroup wish = { .name = "a/b", .manager = MAPROOT_CGROUP_FS };
	struct told *told = mmap(NULL, sizeof(*told) + STACK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct mr_cgroup group;
	int status;
	pid_t pid;

	(void)settle(*(int *)arg);
	told->gate[0] = -1;
	DONE(mr_cgroup_choose(&wish, "id", &group, &err));
	DONE(mr_cgroup_make(&wish, &group, &err));
	errno = 12345;
	pid = start(row, &wish, &group, told, (char *)(told + 1) + STACK - 64);
	CHECK(pid > 0);
	CHECK(row == BY_ENTERING || errno == 12345);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 77);
	CHECK(strstr(told->group, support_text("0::%s\n", group.path[0] + strlen(groups_point[GROUPS_V2]))));
	if (row == BY_CLONE_SHARING || row == BY_CLONE_VFORK)
		CHECK(told->stack > (uintptr_t)(told + 1) && told->stack < (uintptr_t)(told + 1) + STACK);
	DONE(mr_cgroup_remove(group.path[0], &err));
	mr_cgroup_done(&group);
	return 0;
}

START_TEST(a_child_starts_in_it)
{
	row = _i / WHO;
	RUN(start_in_it, _i % WHO);
}
END_TEST

/*
 * No group, or a kernel or a filter that knows no such call: the caller has another way, and no error of another
 * meaning.
 */
enum { NOT_MADE,
       UNKNOWN_CALL,
       FORBIDDEN_CALL,
       UNKNOWN_ARGUMENT,
       LACKS };

static int clone_nowhere(void *arg)
{
	static const int answers[] = { 0, ENOSYS, EPERM, E2BIG };
	static char stack[16384];
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const struct maproot_cgroup wish = { .manager = MAPROOT_CGROUP_FS };
	struct mr_cgroup group;

	(void)settle(*(int *)arg);
	DONE(mr_cgroup_choose(&wish, "id", &group, &err));
	if (row != NOT_MADE) {
		DONE(mr_cgroup_make(&wish, &group, &err));
		unit_deny(435, answers[row]);
	}
	CHECK(mr_cgroup_clone(&group, SIGCHLD, stack + sizeof(stack), tell, NULL) == -ENOSYS);
	CHECK(mr_cgroup_clone(&group, SIGCHLD, NULL, tell, NULL) == -ENOSYS);
	DONE(mr_cgroup_remove(group.path[0], &err));
	mr_cgroup_done(&group);
	return 0;
}

START_TEST(no_such_clone)
{
	row = _i / WHO;
	RUN(clone_nowhere, _i % WHO);
}
END_TEST

/* Errors of the clone itself stay what they are. */
static int clone_wrongly(void *arg)
{
	static char stack[16384];
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const struct maproot_cgroup wish = { .manager = MAPROOT_CGROUP_FS };
	struct mr_cgroup group;

	(void)settle(*(int *)arg);
	DONE(mr_cgroup_choose(&wish, "id", &group, &err));
	DONE(mr_cgroup_make(&wish, &group, &err));
	CHECK(mr_cgroup_clone(&group, SIGCHLD | CLONE_SIGHAND, stack + sizeof(stack), tell, NULL) == -EINVAL);
	if (*(int *)arg == AS_USER)
		CHECK(mr_cgroup_clone(&group, SIGCHLD | CLONE_NEWNET, stack + sizeof(stack), tell, NULL) == -EPERM);
	DONE(mr_cgroup_remove(group.path[0], &err));
	/* Removed under our hands. */
	CHECK(mr_cgroup_clone(&group, SIGCHLD, NULL, tell, NULL) == -ENOENT);
	mr_cgroup_done(&group);
	return 0;
}

START_TEST(a_clone_fails_by_itself)
{
	RUN(clone_wrongly, _i);
}
END_TEST

/* What every group of version 2 has can be limited without any controller. */
static int set_limits(void *arg)
{
	static const char *const limits[] = { "cgroup.max.descendants=3", "cgroup.max.depth=1" };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const struct maproot_cgroup wish = { .name = "a/b", .limits = limits, .limit_count = 2 };
	const char *own = settle(*(int *)arg);
	const char *path = groups_keep(support_text("%s/a/b", own));
	struct mr_cgroup group;

	DONE(mr_cgroup_choose(&wish, "id", &group, &err));
	DONE(mr_cgroup_make(&wish, &group, &err));
	CHECK(strcmp(groups_read(path, "cgroup.max.descendants"), "3") == 0);
	CHECK(strcmp(groups_read(path, "cgroup.max.depth"), "1") == 0);
	CHECK(strcmp(groups_read(support_text("%s/a", own), "cgroup.max.depth"), "max") == 0);
	groups_make(support_text("%s/x", path));
	CHECK(mkdir(support_text("%s/x/y", path), 0755) < 0 && errno == EAGAIN);
	DONE(mr_cgroup_remove(path, &err));
	mr_cgroup_done(&group);
	return 0;
}

START_TEST(is_limited)
{
	RUN(set_limits, _i);
}
END_TEST

/* A group on the way is gone with the last that is below it; one that was there before stays. */
static int share_the_way(void *arg)
{
	static const char *const shared[] = { "a/1", "a/2" };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *own = settle(*(int *)arg);
	struct mr_cgroup group[2];

	if (row)
		groups_make(support_text("%s/a", own));
	for (int at = 0; at < 2; at++) {
		const struct maproot_cgroup wish = { .name = shared[at], .manager = MAPROOT_CGROUP_FS };

		DONE(mr_cgroup_choose(&wish, "id", &group[at], &err));
		DONE(mr_cgroup_make(&wish, &group[at], &err));
	}
	DONE(mr_cgroup_remove(group[0].path[0], &err));
	CHECK(groups_is(group[1].path[0]));
	DONE(mr_cgroup_remove(group[1].path[0], &err));
	CHECK(groups_is(support_text("%s/a", own)) == row);
	if (row)
		CHECK(rmdir(support_text("%s/a", own)) == 0);
	mr_cgroup_done(&group[0]);
	mr_cgroup_done(&group[1]);
	return 0;
}

START_TEST(goes_with_the_last_below_it)
{
	row = _i / WHO;
	RUN(share_the_way, _i % WHO);
}
END_TEST

/* Runs that make and remove the same way at the same time. */
static int come_and_go(const char *name)
{
	const struct maproot_cgroup wish = { .name = name, .manager = MAPROOT_CGROUP_FS };
	int rounds = support_size(200, 1000, 10000);

	for (int at = 0; at < rounds; at++) {
		struct maproot_error err = MAPROOT_ERROR_INIT;
		struct mr_cgroup group;

		DONE(mr_cgroup_choose(&wish, "id", &group, &err));
		DONE(mr_cgroup_make(&wish, &group, &err));
		DONE(mr_cgroup_remove(group.path[0], &err));
		mr_cgroup_done(&group);
	}
	return 0;
}

static int meet(void *arg)
{
	const char *own = settle(*(int *)arg);
	int status;

	for (int at = 0; at < 4; at++) {
		if (fork() == 0)
			_exit(come_and_go(support_text("a/b/%d", at)));
	}
	for (int at = 0; at < 4; at++)
		CHECK(wait(&status) > 0 && status == 0);
	CHECK(groups_count(own) == 0);
	return 0;
}

START_TEST(runs_meet_on_the_way)
{
	RUN(meet, _i);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = groups_suite("system/cgroup", &tc);

	tcase_add_loop_test(tc, is_made_and_removed, 0, UNIT_COUNT(names) * WHO);
	tcase_add_loop_test(tc, is_made_below_the_root, 0, WHO);
	tcase_add_loop_test(tc, a_child_starts_in_it, 0, WAYS * WHO);
	tcase_add_loop_test(tc, no_such_clone, 0, LACKS * WHO);
	tcase_add_loop_test(tc, a_clone_fails_by_itself, 0, WHO);
	tcase_add_loop_test(tc, is_limited, 0, WHO);
	tcase_add_loop_test(tc, goes_with_the_last_below_it, 0, 2 * WHO);
	tcase_add_loop_test(tc, runs_meet_on_the_way, 0, WHO);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

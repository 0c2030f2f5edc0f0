/*
 * Contract of src/join/rights.c: who may not enter is told which capability is lacking in which user namespace, as the
 * kernel tells who owns what; where nothing is lacking nothing is made up.
 */
#include "joins.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Takes one capability off those of this process. */
static void lose(int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
	data[cap / 32].effective &= ~(1u << cap % 32);
	ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
}

static void lose_admin(void)
{
	lose(CAP_SYS_ADMIN);
}

static void lose_chroot(void)
{
	lose(CAP_SYS_CHROOT);
}

static void go_into_namespace(void)
{
	unit_enter_namespace(0);
}

static void nothing(void)
{
}

/* Of the texts: "%p" the place, "%o" our user namespace at first, "%u" the place's. */
static const struct {
	unsigned int first;
	unsigned int then;
	bool made_as_user;
	const char *types;
	void (*before)(void);
	const char *text;
} rows[] = {
	{ PLACE_BIT(NET), 0, false, "net", unit_become_user,
	  "net namespace of process %p: CAP_SYS_ADMIN is lacking in user namespace %o of user 0, which owns it" },
	{ PLACE_BIT(NET), 0, false, "net", lose_admin,
	  "net namespace of process %p: CAP_SYS_ADMIN is lacking in user namespace %o of user 0, which owns it" },
	{ PLACE_BIT(USER), 0, false, "user", unit_become_user,
	  "user namespace of process %p: CAP_SYS_ADMIN is lacking in user namespace %u of user 0" },
	{ PLACE_BIT(USER) | PLACE_BIT(UTS), 0, false, "user,uts", unit_become_user,
	  "user namespace of process %p: CAP_SYS_ADMIN is lacking in user namespace %u of user 0" },
	{ PLACE_BIT(USER) | PLACE_BIT(NET), 0, true, "net", nothing,
	  "net namespace of process %p: CAP_SYS_ADMIN is lacking in our own user namespace (join the user namespace "
	  "that owns it as well)" },
	/* Two below: the one above is the user's. */
	{ PLACE_BIT(USER), PLACE_BIT(USER) | PLACE_BIT(NET), true, "net", nothing,
	  "net namespace of process %p: CAP_SYS_ADMIN is lacking in our own user namespace (join the user namespace "
	  "that owns it as well)" },
	{ PLACE_BIT(NET), 0, false, "net", go_into_namespace,
	  "net namespace of process %p: CAP_SYS_ADMIN is lacking in the user namespace that owns it, which is not "
	  "below this one" },
	/* Who is 0 here. */
	{ PLACE_BIT(USER), 0, true, "user", go_into_namespace,
	  "user namespace of process %p: CAP_SYS_ADMIN is lacking in user namespace %u of user 0" },
	{ PLACE_BIT(MNT), 0, false, "mnt", lose_chroot,
	  "mnt namespace of process %p: CAP_SYS_CHROOT is lacking in our own user namespace (join the user namespace "
	  "that owns it as well)" },
	{ PLACE_BIT(USER) | PLACE_BIT(MNT), 0, true, "mnt", nothing,
	  "mnt namespace of process %p: CAP_SYS_ADMIN is lacking in our own user namespace (join the user namespace "
	  "that owns it as well)" },
};

static const char *fill(const char *text, pid_t pid, ino_t own, ino_t user)
{
	for (const char *at; (at = strchr(text, '%'));) {
		const char *word = at[1] == 'p' ? support_text("%d", (int)pid) :
				   at[1] == 'o' ? support_text("%lu", (unsigned long)own) :
						  support_text("%lu", (unsigned long)user);

		text = support_text("%.*s%s%s", (int)(at - text), text, word, at + 2);
	}
	return text;
}

struct attempt {
	struct maproot_join join;
	void (*before)(void);
	int code;
	const char *text;
};

static int attempt(void *arg)
{
	struct attempt *attempt = arg;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct place_whereabouts here;
	size_t before;

	attempt->before();
	before = place_descriptors();
	place_remember(&here);
	ck_assert_int_eq(mr_join_enter(&attempt->join, attempt->join.types, NULL, &err), -attempt->code);
	unit_check_error(&err, attempt->code, MAPROOT_STEP_JOIN_RIGHTS, attempt->text);
	ck_assert_int_eq(mr_join_enter(&attempt->join, attempt->join.types, NULL, NULL), -attempt->code);
	place_check_unmoved(&here);
	ck_assert_uint_eq(place_descriptors(), before);
	return 0;
}

/* Opened one by one, and held by the process, into which who becomes somebody else can't look any more. */
START_TEST(what_is_lacking_is_said)
{
	int row = _i / 2;
	bool held = _i % 2;
	bool hidden = rows[row].before == unit_become_user || rows[row].before == go_into_namespace;
	ino_t own = place_of(0, MAPROOT_NAMESPACE_USER);
	struct attempt arg = { .before = rows[row].before, .code = EPERM };
	pid_t pid;

	if (rows[row].made_as_user)
		unit_become_user();
	pid = place_make(rows[row].first, rows[row].then);
	arg.join = joins_hold(NULL, joins_typed(rows[row].types, pid));
	if (!held) {
		ck_assert_int_eq(mr_join_open_held(&arg.join, NULL), 0);
		mr_process_release(&arg.join.process);
	}
	arg.text = support_text("no permission to join %s",
				fill(rows[row].text, pid, own, place_of(pid, MAPROOT_NAMESPACE_USER)));
	if (held && hidden) {
		arg.code = EACCES;
		arg.text = support_text(
			"no permission to join the namespaces of process %d: CAP_SYS_PTRACE is lacking in its "
			"user namespace",
			(int)pid);
	}
	ck_assert_int_eq(unit_in_child(attempt, &arg), 0);
	mr_join_done(&arg.join);
	unit_end(pid);
}
END_TEST

static int enter_against_a_filter(void *arg)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_join *join = arg;

	unit_deny(SYS_setns, EPERM);
	ck_assert_int_eq(mr_join_enter(join, join->types, NULL, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_JOIN,
			 support_text("cannot join %s namespace of process %d: Operation not permitted",
				      geteuid() == 0 ? "net" : "user",
				      (int)join->target[MAPROOT_NAMESPACE_NET].reference.pid));
	err.code = 0;
	ck_assert_int_eq(mr_join_explain(join, join->types, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_JOIN, "cannot join net user: Operation not permitted");
	return 0;
}

/* The kernel would, somebody else does not let them: root, and a user in what he made two deep. */
START_TEST(where_nothing_is_lacking_nothing_is_made_up)
{
	struct maproot_join join;
	pid_t pid;

	if (_i == 1)
		unit_become_user();
	pid = _i == 1 ? place_make(PLACE_BIT(USER), PLACE_BIT(USER) | PLACE_BIT(NET)) :
			place_make(PLACE_BIT(USER) | PLACE_BIT(NET), PLACE_BIT(USER));
	join = joins_hold(NULL, joins_typed("user,net", pid));
	ck_assert_int_eq(unit_in_child(enter_against_a_filter, &join), 0);
	mr_join_done(&join);
	unit_end(pid);
}
END_TEST

/* The user's, but in one that root made: there the user is nobody special from here. */
static int make_inside_of_roots(void)
{
	return setresgid(0, 0, 0) < 0 || setresuid(support_user()->uid, support_user()->uid, support_user()->uid) < 0 ||
	       unshare(CLONE_NEWUSER) < 0;
}

static void map_all(pid_t pid)
{
	static const char *const files[] = { "uid_map", "gid_map" };

	for (size_t at = 0; at < UNIT_COUNT(files); at++) {
		int fd = open(support_text("/proc/%d/%s", (int)pid, files[at]), O_WRONLY | O_CLOEXEC);

		ck_assert_int_eq(write(fd, "0 0 4000000000", 14), 14);
		close(fd);
	}
}

static pid_t make_twice(void)
{
	int gate[2];
	int done[2];
	char byte = 0;
	pid_t pid;

	ck_assert(pipe(gate) == 0 && pipe(done) == 0);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0 || write(done[1], &byte, 1) != 1 || read(gate[0], &byte, 1) != 1 ||
		    make_inside_of_roots() != 0 || write(done[1], &byte, 1) != 1)
			_exit(9);
		for (;;)
			(void)pause();
	}
	ck_assert_int_eq(read(done[0], &byte, 1), 1);
	map_all(pid);
	ck_assert_int_eq(write(gate[1], &byte, 1), 1);
	ck_assert_int_eq(read(done[0], &byte, 1), 1);
	return pid;
}

START_TEST(who_made_it_counts_from_above_alone)
{
	pid_t pid = make_twice();
	struct attempt arg = { .join = joins_hold(NULL, joins_typed("user", pid)),
			       .before = unit_become_user,
			       .code = EPERM };

	ck_assert_int_eq(mr_join_open_held(&arg.join, NULL), 0);
	mr_process_release(&arg.join.process);
	arg.text = support_text(
		"no permission to join user namespace of process %d: CAP_SYS_ADMIN is lacking in user namespace "
		"%lu of user %u",
		(int)pid, (unsigned long)place_of(pid, MAPROOT_NAMESPACE_USER), support_user()->uid);
	ck_assert_int_eq(unit_in_child(attempt, &arg), 0);
	mr_join_done(&arg.join);
	unit_end(pid);
}
END_TEST

static int explain_without_proc(void *arg)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_private_mounts();
	ck_assert_int_eq(mount("tmpfs", "/proc", "tmpfs", 0, NULL), 0);
	lose(CAP_SYS_ADMIN);
	ck_assert_int_eq(mr_join_enter(arg, PLACE_BIT(NET), NULL, &err), -EPERM);
	/* It is not known in which user namespace we are; but what our own lacks is. */
	unit_check_error(&err, EPERM, MAPROOT_STEP_JOIN_RIGHTS, NULL);
	ck_assert_ptr_nonnull(strstr(err.object, ": CAP_SYS_ADMIN is lacking in our own user namespace"));
	return 0;
}

START_TEST(who_cannot_look_does_not_guess)
{
	pid_t pid = place_make(PLACE_BIT(NET), 0);
	struct maproot_join *join = joins_open(NULL, joins_pid(pid));

	ck_assert_int_eq(unit_in_child(explain_without_proc, join), 0);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("join/rights", &tc);

	tcase_add_loop_test(tc, what_is_lacking_is_said, 0, 2 * UNIT_COUNT(rows));
	tcase_add_loop_test(tc, where_nothing_is_lacking_nothing_is_made_up, 0, 2);
	tcase_add_test(tc, who_made_it_counts_from_above_alone);
	tcase_add_test(tc, who_cannot_look_does_not_guess);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

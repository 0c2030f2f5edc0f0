/*
 * Contract of src/join/belief.h: a record counts where its numbers do. From another pid namespace, from another
 * time namespace where the start times differ, or with a /proc of an outer one, a living process is never taken
 * for a dead one, nor another one for it: the name is taken, it can't be joined, listed or stopped there, and its
 * record stays as it is.
 */
#include "join/belief.h"

#include "names.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

/* A place to look from: who looks is a child there. Returns whether the place can be had. */
struct place {
	bool (*enter)(void);
	bool numbers_are_good; /* believed from there */
	const char *found;     /* what it says to who looks for the name */
	const char *taken;     /* and to who takes it */
};

static bool run_child(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		return true;
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		_exit(99);
	_exit(WEXITSTATUS(status));
}

static bool nowhere_else(void)
{
	return true;
}

static bool new_pid_namespace(void)
{
	return unshare(CLONE_NEWPID) == 0 && run_child() && mount("proc", "/proc", "proc", 0, NULL) == 0;
}

static bool outer_proc(void)
{
	return unshare(CLONE_NEWPID) == 0 && run_child();
}

static bool write_offset(const char *offset)
{
	int fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, offset, strlen(offset)) == (ssize_t)strlen(offset);

	return fd >= 0 && close(fd) == 0 && done;
}

static bool new_time(void)
{
	return unshare(CLONE_NEWTIME) == 0 && run_child();
}

static bool another_time(void)
{
	return unshare(CLONE_NEWTIME) == 0 && write_offset("boottime 5000 0\n") && run_child();
}

static const char taken[] = "the name 'kept' is taken";
static const char taken_elsewhere[] = "the name 'kept' is taken, in another pid or time namespace";
static const char no_proc[] = "names need a /proc of this pid namespace";

static const struct place places[] = {
	{ nowhere_else, true, NULL, taken },
	{ new_pid_namespace, false, "the name 'kept' was taken in another pid namespace", taken_elsewhere },
	{ outer_proc, false, no_proc, no_proc },
	{ new_time, true, NULL, taken },
	{ another_time, false, "the name 'kept' was taken in another time namespace", taken_elsewhere },
};

static int count_names(void *arg, const struct maproot_name_record *record)
{
	(void)record;
	(*(int *)arg)++;
	return 0;
}

static void check_error(int code, const struct maproot_error *err, int want, const char *text)
{
	ck_assert_int_eq(code, -want);
	unit_check_error(err, want, MAPROOT_STEP_NAME, text);
}

static void look(const struct place *place)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_name_record record;
	int count = 0;
	int code;

	code = maproot_name_find("kept", &record, &err);
	if (place->numbers_are_good)
		ck_assert_int_eq(code, 0);
	else
		check_error(code, &err, ESRCH, place->found);
	code = maproot_names(count_names, &count, NULL);
	ck_assert_int_eq(code, 0);
	ck_assert_int_eq(count, place->numbers_are_good ? 1 : 0);
	code = maproot_name_claim("kept", NULL, &err);
	check_error(code, &err, place->taken == no_proc ? ESRCH : EEXIST, place->taken);
	ck_assert_int_eq(maproot_name_release("kept", NULL), 0);
	if (!place->numbers_are_good) {
		code = maproot_name_stop("kept", 0, &err);
		check_error(code, &err, ESRCH, place->found);
	}
}

static int go_and_look(void *arg)
{
	const struct place *place = arg;

	unit_private_mounts();
	if (!place->enter())
		support_die("cannot get to the place: %m");
	look(place);
	return 0;
}

START_TEST(looked_at_from)
{
	struct place place = places[_i];
	char *before;
	char *after;
	pid_t holder;

	names_place();
	holder = names_start(names_hold, "kept");
	before = support_read(names_path("kept"), NULL);
	ck_assert_int_eq(unit_in_child(go_and_look, &place), 0);
	after = support_read(names_path("kept"), NULL);
	ck_assert_str_eq(before, after);
	ck_assert_int_ne(support_state(holder), 'Z');
	free(before);
	free(after);
	unit_end(holder);
	names_remove((const char *const[]){ "kept", NULL });
}
END_TEST

/* Start times that can't be compared say nothing; that nobody has the number does. */
static int find_gone(void *arg)
{
	unit_private_mounts();
	if (!another_time())
		support_die("a time namespace: %m");
	names_check_nobodys(arg);
	return maproot_name_claim(arg, NULL, NULL) == 0 ? 0 : 1;
}

START_TEST(a_dead_process_is_dead_at_any_time)
{
	pid_t holder;

	names_place();
	holder = names_start(names_hold, "kept");
	unit_end(holder);
	ck_assert_int_eq(unit_in_child(find_gone, "kept"), 0);
	names_remove((const char *const[]){ "kept", NULL });
}
END_TEST

/* What is held is the process, the keeper while there is none. */
START_TEST(holds_who_counts)
{
	struct maproot_name_record record;
	struct mr_process process;
	pid_t holder;

	names_place();
	holder = names_start(names_hold, "one");
	ck_assert_int_eq(maproot_name_find("one", &record, NULL), 0);
	record.keeper = 1;
	ck_assert_int_eq(mr_belief_hold(&record, &process, NULL), 0);
	ck_assert_int_eq(process.pid, holder);
	mr_process_release(&process);
	record.keeper = holder;
	record.keeper_start = record.start;
	record.pid = 0;
	record.start = 0;
	ck_assert_int_eq(mr_belief_hold(&record, &process, NULL), 0);
	ck_assert_int_eq(process.pid, holder);
	mr_process_release(&process);
	record.keeper_start++;
	ck_assert_int_eq(mr_belief_hold(&record, &process, NULL), -ENOENT);
	unit_end(holder);
	names_remove((const char *const[]){ "one", NULL });
}
END_TEST

/* A failure to look is not "stale". */
START_TEST(not_being_able_to_look)
{
	const struct rlimit none = { 0, 64 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_name_record record;
	struct mr_process process;
	pid_t holder;

	names_place();
	holder = names_start(names_hold, "one");
	ck_assert_int_eq(maproot_name_find("one", &record, NULL), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_eq(mr_belief_hold(&record, &process, &err), -EMFILE);
	ck_assert_int_eq(err.code, EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 64, 64 }), 0);
	unit_end(holder);
	names_remove((const char *const[]){ "one", NULL });
}
END_TEST

static Suite *build(void)
{
	TCase *test;
	Suite *suite = unit_suite("belief", &test);

	tcase_add_loop_test(test, looked_at_from, 0, UNIT_COUNT(places));
	tcase_add_test(test, a_dead_process_is_dead_at_any_time);
	tcase_add_test(test, holds_who_counts);
	tcase_add_test(test, not_being_able_to_look);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

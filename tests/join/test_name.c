/*
 * Contract of include/maproot/name.h: a record says who has the name and is believed while that process lives, by
 * number and start time; one process has a name at a time, whatever happens at the same instant, and a stale
 * record is as good as none; a claimer that is killed at any moment leaves nothing in the way of the next one.
 * What is said in another pid or time namespace is not believed here.
 */
#include "names.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <time.h>

static uint64_t namespace_of(pid_t pid, unsigned int type)
{
	struct stat status;

	if (stat(support_text("/proc/%d/ns/%s", (int)pid, maproot_namespace_name(type)), &status) < 0)
		return 0;
	return status.st_ino;
}

static uint64_t started(pid_t pid)
{
	char *text = support_read(support_text("/proc/%d/stat", (int)pid), NULL);
	unsigned long long start = 0;

	ck_assert_int_eq(sscanf(strrchr(text, ')') + 2,
				"%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
				&start),
			 1);
	free(text);
	return start;
}

static void go_elsewhere(void *arg)
{
	(void)arg;
	if (unshare(CLONE_NEWUSER | CLONE_NEWUTS) < 0)
		support_die("unshare");
	names_wait(NULL);
}

START_TEST(a_record_says_all)
{
	pid_t inside = names_start(go_elsewhere, NULL);
	struct maproot_name_record record;
	struct stat status;
	int64_t now = time(NULL);

	names_place();
	ck_assert_int_eq(maproot_name_claim("build", "make\nall", NULL), 0);
	ck_assert_int_eq(stat(names_directory, &status), 0);
	ck_assert_uint_eq(status.st_mode, S_IFDIR | 0700);
	ck_assert_int_eq(stat(names_path("build"), &status), 0);
	ck_assert_uint_eq(status.st_mode, S_IFREG | 0600);
	ck_assert_int_eq(maproot_name_complete("build", inside, NULL), 0);
	ck_assert_int_eq(maproot_name_find("build", &record, NULL), 0);
	ck_assert_str_eq(record.name, "build");
	ck_assert_int_eq(record.pid, inside);
	ck_assert_uint_eq(record.start, started(inside));
	ck_assert_int_eq(record.keeper, getpid());
	ck_assert_uint_eq(record.keeper_start, started(getpid()));
	ck_assert_uint_eq(record.user, geteuid());
	ck_assert_uint_eq(record.group, getegid());
	ck_assert(record.created >= now && record.created <= now + 10);
	ck_assert_uint_eq(record.pid_counts_in, namespace_of(getpid(), MAPROOT_NAMESPACE_PID));
	ck_assert_uint_eq(record.start_counts_in, namespace_of(getpid(), MAPROOT_NAMESPACE_TIME));
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++)
		ck_assert_uint_eq(record.namespaces[type], namespace_of(inside, type));
	ck_assert_uint_ne(record.namespaces[MAPROOT_NAMESPACE_UTS], namespace_of(getpid(), MAPROOT_NAMESPACE_UTS));
	ck_assert_str_eq(record.command, "make\nall");
	ck_assert_uint_eq(names_count(), 1);
	ck_assert_int_eq(maproot_name_release("build", NULL), 0);
	names_check_nobodys("build");
	ck_assert_int_eq(maproot_name_release("build", NULL), 0);
	names_remove(NULL);
	unit_end(inside);
}
END_TEST

static const char *const bad_names[] = { "", "..", ".", "a/b", "/tmp/x", "../../etc/passwd", "1234", "-n", ".new", "a\nb",
					 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl" };

START_TEST(what_is_no_name)
{
	struct maproot_name_record record;
	const char *name = bad_names[_i];
	struct maproot_error err[5] = { MAPROOT_ERROR_INIT };

	names_place();
	ck_assert_int_eq(maproot_name_claim(name, NULL, &err[0]), -EINVAL);
	ck_assert_int_eq(maproot_name_complete(name, getpid(), &err[1]), -EINVAL);
	ck_assert_int_eq(maproot_name_release(name, &err[2]), -EINVAL);
	ck_assert_int_eq(maproot_name_find(name, &record, &err[3]), -EINVAL);
	ck_assert_int_eq(maproot_name_stop(name, 0, &err[4]), -EINVAL);
	for (size_t at = 0; at < UNIT_COUNT(err); at++)
		ck_assert(err[at].code == EINVAL && err[at].step == MAPROOT_STEP_NAME);
	ck_assert_int_ne(access(names_directory, F_OK), 0);
	ck_assert_int_eq(rmdir(getenv("XDG_RUNTIME_DIR")), 0);
}
END_TEST

START_TEST(a_name_is_one_process_s)
{
	struct maproot_name_record record;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t holder;

	names_place();
	holder = names_start(names_hold, "one");
	ck_assert_int_eq(maproot_name_claim("one", NULL, &err), -EEXIST);
	unit_check_error(&err, EEXIST, MAPROOT_STEP_NAME, "the name 'one' is taken");
	ck_assert_int_eq(maproot_name_complete("one", getpid(), &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_NAME, "the name 'one' was not taken by this process");
	ck_assert_int_eq(maproot_name_complete("none", getpid(), &err), -EPERM);
	ck_assert_int_eq(maproot_name_release("one", &err), 0);
	ck_assert_int_eq(maproot_name_find("one", &record, NULL), 0);
	ck_assert_int_eq(record.pid, holder);
	/* nor twice by the same, complete or not */
	ck_assert_int_eq(maproot_name_claim("two", NULL, NULL), 0);
	ck_assert_int_eq(maproot_name_claim("two", NULL, NULL), -EEXIST);
	ck_assert_int_eq(maproot_name_complete("two", getpid(), NULL), 0);
	ck_assert_int_eq(maproot_name_claim("two", NULL, NULL), -EEXIST);
	ck_assert_int_eq(maproot_name_release("two", NULL), 0);
	unit_end(holder);
	names_remove((const char *const[]){ "one", NULL });
}
END_TEST

/* Who is in the namespaces may give its name back as well as who waits for it. */
static int release_one(void *arg)
{
	(void)arg;
	return maproot_name_release("one", NULL) == 0 && names_count() == 1 ? 0 : 1;
}

START_TEST(who_is_named_may_release)
{
	names_place();
	ck_assert_int_eq(maproot_name_claim("one", NULL, NULL), 0);
	ck_assert_int_eq(unit_in_child(release_one, NULL), 0);
	(void)free(names_edit("one", support_text("\nkeeper=%d\n", (int)getpid()), "\nkeeper=1\n"));
	ck_assert_int_eq(maproot_name_release("one", NULL), 0);
	ck_assert_uint_eq(names_count(), 1);
	(void)unlink(names_path("one"));
	ck_assert_int_eq(maproot_name_claim("one", NULL, NULL), 0);
	ck_assert_int_eq(maproot_name_complete("one", getpid(), NULL), 0);
	(void)free(names_edit("one", support_text("\nkeeper=%d\n", (int)getpid()), "\nkeeper=1\n"));
	ck_assert_int_eq(maproot_name_release("one", NULL), 0);
	names_remove(NULL);
}
END_TEST

START_TEST(a_process_that_is_gone_completes_nothing)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t gone = names_start(names_wait, NULL);
	char *before;
	char *after;

	unit_end(gone);
	names_place();
	ck_assert_int_eq(maproot_name_claim("one", NULL, NULL), 0);
	before = support_read(names_path("one"), NULL);
	ck_assert_int_eq(maproot_name_complete("one", gone, &err), -ESRCH);
	unit_check_error(&err, ESRCH, MAPROOT_STEP_NO_PROCESS, support_text("there is no process %d", (int)gone));
	after = support_read(names_path("one"), NULL);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
	names_remove((const char *const[]){ "one", NULL });
}
END_TEST

/* A child that was quick, or that shows nothing of itself, had the name all the same. */
static void hide(void *arg)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		support_die("prctl");
	names_wait(arg);
}

START_TEST(completed_with_what_can_t_be_seen)
{
	struct maproot_name_record record;
	pid_t inside;

	if (geteuid() == 0)
		unit_become_user();
	names_place();
	inside = names_start(_i ? hide : names_wait, NULL);
	if (_i == 0) {
		ck_assert_int_eq(kill(inside, SIGKILL), 0);
		while (support_state(inside) != 'Z')
			support_sleep_us(1000);
	}
	ck_assert_int_eq(maproot_name_claim("one", NULL, NULL), 0);
	ck_assert_int_eq(maproot_name_complete("one", inside, NULL), 0);
	if (_i) {
		ck_assert_int_eq(maproot_name_find("one", &record, NULL), 0);
		ck_assert_int_eq(record.pid, inside);
		ck_assert_uint_eq(record.namespaces[MAPROOT_NAMESPACE_MNT], 0);
		unit_end(inside);
	} else {
		names_check_nobodys("one");
		ck_assert_int_eq(waitpid(inside, NULL, 0), inside);
	}
	names_remove((const char *const[]){ "one", NULL });
}
END_TEST

static int count_names(void *arg, const struct maproot_name_record *record)
{
	(void)record;
	(*(int *)arg)++;
	return 0;
}

/* Nobody's for who looks, free for who takes. */
static void check_stale(const char *name)
{
	struct maproot_name_record record;
	int count = 0;

	names_check_nobodys(name);
	ck_assert_int_eq(maproot_names(count_names, &count, NULL), 0);
	ck_assert_int_eq(count, 0);
	ck_assert_int_eq(maproot_name_claim(name, "new", NULL), 0);
	ck_assert_int_eq(maproot_name_complete(name, getpid(), NULL), 0);
	ck_assert_int_eq(maproot_name_find(name, &record, NULL), 0);
	ck_assert_int_eq(record.pid, getpid());
	ck_assert_int_eq(maproot_name_release(name, NULL), 0);
	names_remove(NULL);
}

START_TEST(stale_by_kill)
{
	pid_t holder;

	names_place();
	holder = names_start(_i ? names_hold : names_begin, "gone");
	unit_end(holder);
	ck_assert_uint_eq(names_count(), 1);
	check_stale("gone");
}
END_TEST

START_TEST(stale_as_a_zombie)
{
	pid_t holder;

	names_place();
	holder = names_start(_i ? names_hold : names_begin, "gone");
	ck_assert_int_eq(kill(holder, SIGKILL), 0);
	while (support_state(holder) != 'Z')
		support_sleep_us(1000);
	check_stale("gone");
	ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
}
END_TEST

/* The number is somebody else's by now: another start time. Of the keeper too, while it counts. */
START_TEST(stale_by_number)
{
	static const char *const key[] = { "\nkeeper_start=", "\nstart=" };
	pid_t holder;

	names_place();
	holder = names_start(_i ? names_hold : names_begin, "gone");
	free(names_edit("gone", support_text("%s%llu", key[_i], (unsigned long long)started(holder)),
			support_text("%s%llu", key[_i], (unsigned long long)started(holder) - 1)));
	check_stale("gone");
	unit_end(holder);
}
END_TEST

/* The keeper may die first: then the record is the process's. */
static void keep_another(void *inside)
{
	if (maproot_name_claim("one", NULL, NULL) < 0 || maproot_name_complete("one", *(pid_t *)inside, NULL) < 0)
		support_die("cannot take the name");
	names_wait(NULL);
}

START_TEST(believed_without_its_keeper)
{
	pid_t inside = names_start(names_wait, NULL);
	struct maproot_name_record record;
	pid_t keeper;

	names_place();
	keeper = names_start(keep_another, &inside);
	unit_end(keeper);
	ck_assert_int_eq(maproot_name_find("one", &record, NULL), 0);
	ck_assert_int_eq(record.pid, inside);
	ck_assert_int_eq(record.keeper, keeper);
	ck_assert_int_eq(maproot_name_claim("one", NULL, NULL), -EEXIST);
	unit_end(inside);
	check_stale("one");
}
END_TEST

static void complete_later(void *name)
{
	if (maproot_name_claim(name, NULL, NULL) < 0)
		support_die("cannot take the name");
	names_ready();
	support_sleep_us(300000);
	if (maproot_name_complete(name, getpid(), NULL) < 0)
		support_die("cannot complete the record");
	for (;;)
		(void)pause();
}

static void die_later(void *name)
{
	if (maproot_name_claim(name, NULL, NULL) < 0)
		support_die("cannot take the name");
	names_ready();
	support_sleep_us(300000);
}

/* One that is not complete is waited for: until it is, until its keeper is gone, or a second. */
static const struct {
	void (*body)(void *name);
	int code;
	int64_t least_us;
	int64_t most_us;
} waits[] = {
	{ complete_later, 0, 250000, 900000 },
	{ die_later, -ENOENT, 250000, 900000 },
	{ names_begin, -EAGAIN, 990000, 3000000 },
};

START_TEST(waits_for_completion)
{
	struct maproot_name_record record = { .pid = 4711 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int64_t before;
	pid_t holder;
	int count = 0;

	names_place();
	holder = names_start(waits[_i].body, "slow");
	before = support_now_us();
	/* a list does not wait */
	ck_assert_int_eq(maproot_names(count_names, &count, NULL), 0);
	ck_assert_int_eq(count, 1);
	ck_assert_int_lt(support_now_us() - before, 200000);
	ck_assert_int_eq(maproot_name_find("slow", &record, &err), waits[_i].code);
	ck_assert_int_ge(support_now_us() - before, waits[_i].least_us);
	ck_assert_int_le(support_now_us() - before, waits[_i].most_us);
	ck_assert_int_eq(record.pid, waits[_i].code == 0 ? holder : 4711);
	if (waits[_i].code == -EAGAIN)
		unit_check_error(&err, EAGAIN, MAPROOT_STEP_NAME,
				 "the name 'slow' is taken, but its process is not yet there");
	unit_end(holder);
	names_remove((const char *const[]){ "slow", NULL });
}
END_TEST

enum { RACERS = 8 };

struct race {
	pthread_barrier_t start;
	pthread_barrier_t end;
	int rounds;
	int code[RACERS];
};

static void run_race(struct race *race, int number)
{
	for (int round = 0; round < race->rounds; round++) {
		(void)pthread_barrier_wait(&race->start);
		race->code[number] = maproot_name_claim("prize", NULL, NULL);
		(void)pthread_barrier_wait(&race->end);
		/* judged by the test; then the winner gives it back, the next round begins with what it leaves */
		(void)pthread_barrier_wait(&race->start);
		if (race->code[number] == 0 && round % 2 == 0)
			(void)maproot_name_release("prize", NULL);
		(void)pthread_barrier_wait(&race->end);
	}
}

/* What a round begins with: nothing, no record at all, or a stale one. */
static void prepare_round(int round, const char *stale)
{
	static const char *const texts[] = { NULL, "", "pid=1\n" };
	const char *text = round % 4 < 3 ? texts[round % 4] : stale;

	(void)unlink(names_path("prize"));
	if (text)
		(void)unit_file(names_path("prize"), text);
}

START_TEST(two_at_the_same_instant)
{
	struct race *race = mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_barrierattr_t shared;
	pid_t racer[RACERS];
	char *stale;

	names_place();
	unit_end(names_start(names_hold, "prize"));
	stale = support_read(names_path("prize"), NULL);
	ck_assert_ptr_ne(race, MAP_FAILED);
	race->rounds = support_size(20, 200, 2000);
	(void)pthread_barrierattr_init(&shared);
	(void)pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	(void)pthread_barrier_init(&race->start, &shared, RACERS + 1);
	(void)pthread_barrier_init(&race->end, &shared, RACERS + 1);
	for (int at = 0; at < RACERS; at++) {
		racer[at] = fork();
		if (racer[at] == 0) {
			run_race(race, at);
			_exit(0);
		}
	}
	for (int round = 0; round < race->rounds; round++) {
		int winners = 0;

		prepare_round(round, stale);
		(void)pthread_barrier_wait(&race->start);
		(void)pthread_barrier_wait(&race->end);
		for (int at = 0; at < RACERS; at++) {
			winners += race->code[at] == 0;
			ck_assert_msg(race->code[at] == 0 || race->code[at] == -EEXIST, "round %d: %s", round,
				      strerror(-race->code[at]));
		}
		ck_assert_msg(winners == 1, "round %d: %d have the name", round, winners);
		ck_assert_uint_eq(names_count(), 1);
		(void)pthread_barrier_wait(&race->start);
		(void)pthread_barrier_wait(&race->end);
		ck_assert_uint_eq(names_count(), round % 2);
	}
	for (int at = 0; at < RACERS; at++)
		ck_assert_int_eq(waitpid(racer[at], NULL, 0), racer[at]);
	free(stale);
	(void)unlink(names_path("prize"));
	names_remove(NULL);
}
END_TEST

static void claim_traced(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0)
		_exit(99);
	if (maproot_name_claim("swept", "command", NULL) < 0 || maproot_name_complete("swept", getpid(), NULL) < 0 ||
	    maproot_name_release("swept", NULL) < 0)
		_exit(1);
	_exit(0);
}

/* Lets it do so many halves of system calls, then kills it. Returns whether it came to its end before that. */
static bool kill_after(int stops, int *ret_status)
{
	pid_t pid = fork();

	if (pid == 0)
		claim_traced();
	ck_assert_int_eq(waitpid(pid, ret_status, 0), pid);
	for (int stop = 0; stop < stops; stop++) {
		ck_assert_int_eq(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		ck_assert_int_eq(waitpid(pid, ret_status, 0), pid);
		if (WIFEXITED(*ret_status))
			return true;
	}
	unit_end(pid);
	return false;
}

/* Whatever it leaves: nobody has the name, and it is free at once. Files don't pile up. */
START_TEST(killed_at_any_moment)
{
	bool ended = false;
	int status = 0;
	int stops = 0;

	names_place();
	for (; !ended; stops++) {
		int64_t before;
		int count = 0;

		ended = kill_after(stops, &status);
		names_check_nobodys("swept");
		ck_assert_int_eq(maproot_names(count_names, &count, NULL), 0);
		ck_assert_int_eq(count, 0);
		ck_assert_uint_le(names_count(), 2);
		before = support_now_us();
		ck_assert_int_eq(maproot_name_claim("swept", NULL, NULL), 0);
		ck_assert_int_lt(support_now_us() - before, 900000);
		ck_assert_uint_eq(names_count(), 1);
		ck_assert_int_eq(maproot_name_release("swept", NULL), 0);
	}
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_int_gt(stops, 60);
	names_remove(NULL);
}
END_TEST

/* Who reads while others write sees a whole record or none. */
static void write_often(void *arg)
{
	(void)arg;
	names_ready();
	for (;;) {
		if (maproot_name_claim("busy", "x", NULL) < 0 || maproot_name_complete("busy", getpid(), NULL) < 0 ||
		    maproot_name_release("busy", NULL) < 0)
			_exit(1);
	}
}

START_TEST(read_while_written)
{
	int wanted = support_size(20, 150, 5000);
	struct maproot_name_record record;
	pid_t writer;

	names_place();
	writer = names_start(write_often, NULL);
	for (int found = 0, absent = 0; found < wanted || absent < wanted;) {
		int code = maproot_name_find("busy", &record, NULL);

		ck_assert_msg(code == 0 || code == -ENOENT, "%s", strerror(-code));
		found += code == 0;
		absent += code == -ENOENT;
	}
	ck_assert_int_ne(support_state(writer), 'Z');
	unit_end(writer);
	(void)unlink(names_path("busy"));
	(void)unlink(names_path(".new"));
	names_remove(NULL);
}
END_TEST

static Suite *build(void)
{
	TCase *test;
	Suite *suite = unit_suite("name", &test);

	tcase_add_test(test, a_record_says_all);
	tcase_add_loop_test(test, what_is_no_name, 0, UNIT_COUNT(bad_names));
	tcase_add_test(test, a_name_is_one_process_s);
	tcase_add_test(test, who_is_named_may_release);
	tcase_add_test(test, a_process_that_is_gone_completes_nothing);
	tcase_add_loop_test(test, completed_with_what_can_t_be_seen, 0, 2);
	tcase_add_loop_test(test, stale_by_kill, 0, 2);
	tcase_add_loop_test(test, stale_as_a_zombie, 0, 2);
	tcase_add_loop_test(test, stale_by_number, 0, 2);
	tcase_add_test(test, believed_without_its_keeper);
	tcase_add_loop_test(test, waits_for_completion, 0, UNIT_COUNT(waits));
	tcase_add_test(test, two_at_the_same_instant);
	tcase_add_test(test, killed_at_any_moment);
	tcase_add_test(test, read_while_written);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

/*
 * Contract of src/join/name.h and include/maproot/state.h: a run's record is kept whole by who has taken it and by nobody
 * else; what it says was made is in nobody's way of forgetting, whoever dies when: neither a claim nor --stop removes it.
 * States are told of what lives, of what has ended and left something, and of nothing else. Made-up names are new each time.
 */
#include "join/name.h"

#include "model/record.h"
#include "names.h"

#include <maproot/state.h>
#include <pthread.h>
#include <sys/prctl.h>

static struct maproot_name_record *new_run(const char *name)
{
	struct maproot_name_record *record = calloc(1, sizeof(*record));

	ck_assert_ptr_nonnull(record);
	strcpy(record->name, name);
	mr_record_set_command(record, "sleep 1");
	strcpy(record->cgroup, "/sys/fs/cgroup/run");
	strcpy(record->network, "loopback");
	record->users = (struct maproot_idmap){ 1, { { 0, 1000, 1 } } };
	ck_assert_int_eq(mr_record_add_made(record, "cgroup", "/sys/fs/cgroup/run", NULL), 0);
	return record;
}

enum { MAKERS = 4,
       NAMES_EACH = 500 };

static char made_up[MAKERS + 1][NAMES_EACH][MAPROOT_NAME_SIZE];

static void *make_up(void *arg)
{
	for (size_t at = 0; at < NAMES_EACH; at++)
		mr_name_make_up(((char(*)[MAPROOT_NAME_SIZE])arg)[at]);
	return NULL;
}

static int compare(const void *one, const void *other)
{
	return strcmp(one, other);
}

START_TEST(made_up_names_differ)
{
	char(*all)[MAPROOT_NAME_SIZE] = made_up[0];
	pthread_t thread[MAKERS];

	for (size_t at = 0; at < MAKERS; at++)
		ck_assert_int_eq(pthread_create(&thread[at], NULL, make_up, made_up[at]), 0);
	for (size_t at = 0; at < MAKERS; at++)
		ck_assert_int_eq(pthread_join(thread[at], NULL), 0);
	qsort(all, MAKERS * NAMES_EACH, sizeof(all[0]), compare);
	for (size_t at = 0; at < MAKERS * NAMES_EACH; at++) {
		ck_assert_int_eq(mr_record_check_name(all[at], NULL), 0);
		ck_assert_int_eq(strncmp(all[at], support_text("run-%d-", (int)getpid()), 5), 0);
		ck_assert_uint_lt(strlen(all[at]), 40);
		if (at > 0)
			ck_assert_str_ne(all[at], all[at - 1]);
	}
}
END_TEST

START_TEST(a_record_of_one_s_own)
{
	struct maproot_name_record *record = new_run("own");
	struct maproot_name_record *found = new_run("found");
	struct maproot_error err = MAPROOT_ERROR_INIT;

	names_place();
	ck_assert_int_eq(mr_name_claim(record, NULL), 0);
	ck_assert_int_eq(record->keeper, getpid());
	ck_assert_int_eq(maproot_state_find("own", found, NULL), 0);
	ck_assert_int_eq(found->state, MAPROOT_STATE_CREATING);
	ck_assert_int_eq(mr_name_claim(record, &err), -EEXIST);
	ck_assert_int_eq(mr_name_fill_process(record, getpid(), NULL), 0);
	ck_assert_int_eq(mr_record_add_made(record, "process", "1:2", NULL), 0);
	ck_assert_int_eq(mr_name_update(record, NULL), 0);
	ck_assert_int_eq(maproot_name_find("own", found, NULL), 0);
	ck_assert_int_eq(found->pid, getpid());
	ck_assert_str_eq(found->cgroup, record->cgroup);
	ck_assert_str_eq(found->network, record->network);
	ck_assert_uint_eq(found->users.range[0].outer, 1000);
	ck_assert_uint_eq(found->made_count, 2);
	ck_assert_str_eq(found->made[1], "process:1:2");
	ck_assert_uint_eq(names_count(), 1);
	ck_assert_int_eq(mr_name_release(record, NULL), 0);
	names_check_nobodys("own");
	ck_assert_int_eq(mr_name_release(record, NULL), 0);
	ck_assert_int_eq(mr_name_update(record, &err), -EPERM);
	names_remove(NULL);
	free(record);
	free(found);
}
END_TEST

/* One that has the same name and another keeper is somebody else's. */
START_TEST(somebody_else_s_record)
{
	struct maproot_name_record *record = new_run("one");
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t holder;
	char *before;
	char *after;

	names_place();
	ck_assert_int_eq(mr_name_claim(record, NULL), 0);
	ck_assert_int_eq(mr_name_release(record, NULL), 0);
	holder = names_start(names_hold, "one");
	before = support_read(names_path("one"), NULL);
	ck_assert_int_eq(mr_name_update(record, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_NAME, "the name 'one' is not this process's any more");
	ck_assert_int_eq(mr_name_release(record, NULL), 0);
	after = support_read(names_path("one"), NULL);
	ck_assert_str_eq(before, after);
	unit_end(holder);
	names_remove((const char *const[]){ "one", NULL });
	free(record);
	free(before);
	free(after);
}
END_TEST

/* A keeper, complete or not, of a run that has made something. */
struct run {
	const char *name;
	bool complete;
	bool takes_down; /* once its process has ended */
};

static void keep_run(void *arg)
{
	const struct run *run = arg;
	struct maproot_name_record *record = new_run(run->name);
	pid_t inside = -1;

	if (mr_name_claim(record, NULL) < 0)
		support_die("cannot take the name");
	if (run->complete) {
		inside = fork();
		if (inside == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
			for (;;)
				(void)pause();
		}
		if (mr_name_fill_process(record, inside, NULL) < 0 || mr_name_update(record, NULL) < 0)
			support_die("cannot complete the record");
	}
	names_ready();
	if (run->takes_down) {
		(void)waitpid(inside, NULL, 0);
		support_sleep_us(300000); /* what is made is taken down */
		_exit(mr_name_release(record, NULL) == 0 ? 0 : 1);
	}
	for (;;)
		(void)pause();
}

static const char killed[] = "the name 'run' is taken by a run that was killed: maproot --gc takes down what is left of it";

/* What killed the keeper has killed the process too; but what was made is there. */
START_TEST(a_killed_run_keeps_its_name)
{
	struct run run = { "run", _i, false };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_name_record *found = new_run("found");
	char *before;
	char *after;

	names_place();
	support_adopt_orphans();
	unit_end(names_start(keep_run, &run));
	ck_assert_uint_eq(support_wait_alone(5000), 0);
	before = support_read(names_path("run"), NULL);
	names_check_nobodys("run");
	ck_assert_int_eq(maproot_name_claim("run", NULL, &err), -EEXIST);
	unit_check_error(&err, EEXIST, MAPROOT_STEP_NAME, killed);
	ck_assert_int_eq(maproot_name_stop("run", 0, &err), -EEXIST);
	unit_check_error(&err, EEXIST, MAPROOT_STEP_NAME, killed);
	ck_assert_int_eq(maproot_name_release("run", NULL), 0);
	after = support_read(names_path("run"), NULL);
	ck_assert_str_eq(before, after);
	ck_assert_int_eq(maproot_state_find("run", found, NULL), 0);
	ck_assert_int_eq(found->state, MAPROOT_STATE_STOPPED);
	names_remove((const char *const[]){ "run", NULL });
	free(found);
	free(before);
	free(after);
}
END_TEST

/* The command of a run has ended, its keeper takes down the rest: nobody else takes the name meanwhile. */
START_TEST(a_run_that_is_being_taken_down)
{
	struct run run = { "run", true, true };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_name_record *found = new_run("found");
	pid_t keeper;
	int status;

	names_place();
	keeper = names_start(keep_run, &run);
	ck_assert_int_eq(maproot_name_find("run", found, NULL), 0);
	ck_assert_int_eq(kill(found->pid, SIGKILL), 0);
	while (maproot_name_find("run", found, NULL) == 0)
		support_sleep_us(1000);
	ck_assert_int_eq(maproot_name_claim("run", NULL, &err), -EEXIST);
	unit_check_error(&err, EEXIST, MAPROOT_STEP_NAME, "the name 'run' is taken by a run that is being taken down");
	ck_assert_int_eq(waitpid(keeper, &status, 0), keeper);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(maproot_name_claim("run", NULL, NULL), 0);
	names_remove((const char *const[]){ "run", NULL });
	free(found);
}
END_TEST

/* --stop comes back when the keeper has taken down what it has made. */
START_TEST(stopping_waits_for_the_keeper)
{
	struct run run = { "run", true, true };
	int64_t before;
	pid_t keeper;
	int status;

	names_place();
	keeper = names_start(keep_run, &run);
	before = support_now_us();
	ck_assert_int_eq(maproot_name_stop("run", 0, NULL), 0);
	ck_assert_int_ge(support_now_us() - before, 290000);
	ck_assert_uint_eq(names_count(), 0);
	ck_assert_int_eq(waitpid(keeper, &status, 0), keeper);
	ck_assert_int_eq(status, 0);
	names_remove(NULL);
}
END_TEST

static int collect(void *arg, const struct maproot_name_record *record)
{
	(void)strcat(strcat(strcat(arg, record->name), support_text(":%s", maproot_state_name(record->state))), " ");
	return 0;
}

static void execute(void *arg)
{
	(void)arg;
	names_ready();
	(void)execlp("sleep", "sleep", "1000", NULL);
	_exit(99);
}

/* Each state there is, and what is passed over: stale names, what is none. */
START_TEST(states)
{
	struct run run = { "killed", true, false };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_name_record *record = new_run("found");
	char all[256] = "";
	pid_t forked;
	pid_t executed;

	names_place();
	support_adopt_orphans();
	forked = names_start(names_wait, NULL);
	executed = names_start(execute, NULL);
	while (!strstr(support_read(support_text("/proc/%d/stat", (int)executed), NULL), "(sleep)"))
		support_sleep_us(1000);
	ck_assert_int_eq(maproot_name_claim("claimed", NULL, NULL), 0);
	ck_assert_int_eq(maproot_name_claim("forked", NULL, NULL), 0);
	ck_assert_int_eq(maproot_name_complete("forked", forked, NULL), 0);
	ck_assert_int_eq(maproot_name_claim("executed", NULL, NULL), 0);
	ck_assert_int_eq(maproot_name_complete("executed", executed, NULL), 0);
	unit_end(names_start(keep_run, &run));
	unit_end(names_start(names_hold, "stale"));
	while (maproot_name_find("killed", record, NULL) == 0)
		support_sleep_us(1000);
	(void)unit_file(names_path("none"), "pid=1\n");
	ck_assert_int_eq(maproot_states(collect, all, NULL), 0);
	ck_assert_str_eq(all, "claimed:creating executed:running forked:created killed:stopped ");
	all[0] = '\0';
	ck_assert_int_eq(maproot_names(collect, all, NULL), 0);
	ck_assert_str_eq(all, "claimed:creating executed:running forked:created ");
	ck_assert_int_eq(maproot_state_find("stale", record, NULL), 0);
	ck_assert_int_eq(record->state, MAPROOT_STATE_STOPPED);
	ck_assert_int_eq(maproot_state_find("nobody", record, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_NAME, "the name 'nobody' is nobody's");
	ck_assert_int_eq(maproot_state_find("none", record, &err), -EBADMSG);
	ck_assert_int_eq(maproot_state_find("a/b", record, &err), -EINVAL);
	unit_end(forked);
	unit_end(executed);
	names_remove((const char *const[]){ "claimed", "forked", "executed", "killed", "stale", "none", NULL });
	free(record);
}
END_TEST

/* A host's thread may have as little as that. */
static void *on_a_small_stack(void *arg)
{
	struct maproot_name_record *found = arg;

	if (maproot_name_claim("small", NULL, NULL) < 0 || maproot_name_complete("small", getpid(), NULL) < 0 ||
	    maproot_name_find("small", found, NULL) < 0 || maproot_states(collect, found->command, NULL) < 0 ||
	    maproot_name_claim("small", NULL, NULL) != -EEXIST || maproot_name_release("small", NULL) < 0 ||
	    maproot_name_stop("small", 0, NULL) != -ENOENT)
		return arg;
	return NULL;
}

START_TEST(small_stacks)
{
	struct maproot_name_record *found = new_run("found");
	pthread_attr_t attributes;
	pthread_t thread;
	void *result;

	names_place();
	ck_assert_int_eq(pthread_attr_init(&attributes), 0);
	ck_assert_int_eq(pthread_attr_setstacksize(&attributes, (size_t)48 * 1024), 0);
	ck_assert_int_eq(pthread_create(&thread, &attributes, on_a_small_stack, found), 0);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_ptr_null(result);
	ck_assert_int_eq(pthread_attr_destroy(&attributes), 0);
	names_remove(NULL);
	free(found);
}
END_TEST

static Suite *build(void)
{
	TCase *test;
	Suite *suite = unit_suite("name_runs", &test);

	tcase_add_test(test, made_up_names_differ);
	tcase_add_test(test, a_record_of_one_s_own);
	tcase_add_test(test, somebody_else_s_record);
	tcase_add_loop_test(test, a_killed_run_keeps_its_name, 0, 2);
	tcase_add_test(test, a_run_that_is_being_taken_down);
	tcase_add_test(test, stopping_waits_for_the_keeper);
	tcase_add_test(test, states);
	if (!UNIT_SANITIZED) /* whose own frames are larger */
		tcase_add_test(test, small_stacks);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

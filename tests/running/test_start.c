/*
 * Contract of mr_start_environment(): the child's environment is the caller's, in its order; LISTEN_PID is to be
 * filled by the child only where it names the caller; the marker is the last entry; where nothing changes, nothing
 * is copied.
 */
#include "run/start.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *entry; /* '@' at its end is the number of this process */
	const char *after;
	bool replaced;
} rows[] = {
	{ "C=3", "", false },
	{ "LISTEN_PID=@", "", true },
	{ "LISTEN_PID=1", "", false },
	{ "LISTEN_PID=", "", false },
	{ "LISTEN_PID=x", "", false },
	{ "LISTEN_PID=@", " ", false },
	{ "LISTEN_PIDS=@", "", false },
};

START_TEST(environment_is_the_callers)
{
	for (int marked = 0; marked < 2; marked++) {
		struct mr_start start = { .request = NULL };
		char *envp[] = { (char *)"A=1", (char *)"A=2", NULL, (char *)"Z=9", NULL };
		const size_t count = 4;
		size_t length = strcspn(rows[_i].entry, "@");
		void *block;

		if (rows[_i].entry[length] == '@')
			envp[2] = strdup(support_text("%.*s%d%s", (int)length, rows[_i].entry,
						      (int)getpid(), rows[_i].after));
		else
			envp[2] = strdup(rows[_i].entry);
		ck_assert_int_eq(mr_start_environment(&start, envp, marked != 0, &block, NULL), 0);
		if (!marked && !rows[_i].replaced) {
			ck_assert_ptr_null(block);
			ck_assert_ptr_eq(start.envp, envp);
			continue;
		}
		ck_assert_ptr_nonnull(block);
		for (size_t at = 0; at < count; at++) {
			if (at == 2 && rows[_i].replaced)
				ck_assert_ptr_eq(start.envp[at], start.listen_pid);
			else
				ck_assert_ptr_eq(start.envp[at], envp[at]);
		}
		if (marked)
			ck_assert_ptr_eq(start.envp[count], start.marker);
		else
			ck_assert_ptr_null(start.marker);
		ck_assert_ptr_null(start.envp[count + (size_t)marked]);
		free(block);
	}
}
END_TEST

START_TEST(ending_nobody_is_nothing)
{
	mr_end_process(0);
	mr_end_process(-1);
}
END_TEST

START_TEST(an_ended_process_is_gone)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	while (pid == 0)
		(void)pause();
	mr_end_process(pid);
	ck_assert_int_eq(support_state(pid), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("run/start", &tc);

	tcase_add_loop_test(tc, environment_is_the_callers, 0, UNIT_COUNT(rows));
	tcase_add_test(tc, ending_nobody_is_nothing);
	tcase_add_test(tc, an_ended_process_is_gone);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

/*
 * Contract of joining what is hostile: while a process joins, nobody in the container gets into it, neither by
 * ptrace(2) nor by its files below /proc, whoever owns the user namespace; be it the program, or a child that shares
 * the memory of a threaded host. And the attack is one: without PR_SET_DUMPABLE it has success. What the host was
 * before in this respect it is afterwards, and nobody's id maps fail for it.
 */
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <maproot/run.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Hiding succeeds from now on, and does nothing. */
static void deny_hiding(void *arg)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_DUMPABLE, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 0),
	};
	const struct sock_fprog filter = { UNIT_COUNT(program), program };

	(void)arg;
	if (geteuid() != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		support_die("PR_SET_NO_NEW_PRIVS");
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) < 0)
		support_die("PR_SET_SECCOMP");
}

/* Successes of the attacker, and whether he has seen anybody at all. */
static size_t count_successes(const char *words, bool *ret_seen)
{
	size_t count = 0;

	*ret_seen = false;
	for (const char *line = words; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, "seen ", 5) == 0)
			*ret_seen = true;
		else
			count++;
	}
	return count;
}

static const struct {
	enum container_kind kind;
	bool as_root;
	const char *words[4];
	int share;        /* of the joins: one in so many */
	const char *name; /* of the process to get into */
	bool hides_anew;  /* the kernel hides who enters a user namespace that is not his own */
} attacks[] = {
	{ CONTAINER_OWNED_BY_ROOT, true, { "-t", "{pid}" }, 1, "maproot", false }, /* sees the processes of outside */
	{ CONTAINER_OWNED_BY_ROOT, true, { "-t", "{pid}", "-f" }, 2, "maproot", false },
	{ CONTAINER_SHARED, false, { "-t", "{pid}", "-p" }, 2, "maproot-init", false },
	{ CONTAINER_SHARED, false, { "-t", "{pid}" }, 1, "maproot", false },
	{ CONTAINER_SHARED, true, { "-t", "{pid}" }, 2, "maproot", true },
	{ CONTAINER_UNSHARE,
	  false,
	  { "-t", "{pid}" },
	  1,
	  "maproot",
	  false }, /* sees only who is in its pid namespace */
	{ CONTAINER_UNSHARE, true, { "-t", "{pid}" }, 2, "maproot", true },
	{ CONTAINER_UNSHARE, false, { "-t", "{pid}", "-n" }, 2, "maproot", false },
};

/* Of an attack, until it was one. */
enum { ROUNDS = 40 };

static void join_often(const struct container *container, size_t row, bool mutated, int count)
{
	for (int step = 0; step < count; step++) {
		const char *argv[12] = { container_maproot() };
		struct support_command command = { .argv = argv,
						   .envp = container_environment(),
						   .as_root = attacks[row].as_root };
		struct support_result result;
		size_t at = 1;

		for (; at <= 4 && attacks[row].words[at - 1]; at++)
			argv[at] = container_expand(container, attacks[row].words[at - 1]);
		argv[at++] = container->program;
		argv[at++] = "exit";
		argv[at++] = "7";
		if (mutated)
			command.before = deny_hiding;
		support_run(&command, &result);
		ck_assert_msg(WIFEXITED(result.status) && WEXITSTATUS(result.status) == 7, "status %x: %s",
			      (unsigned int)result.status, result.err);
		support_release(&result);
	}
}

START_TEST(nobody_gets_into_the_program)
{
	struct container container = { .kind = attacks[_i].kind, .word = "attack", .more = attacks[_i].name };
	int count = support_size(30, 300, 1500) / attacks[_i].share;
	bool seen = false;

	/* Whether he looks in the right moment is chance: without that, it was no attack. */
	for (int round = 0; !seen && round < ROUNDS; round++) {
		char *words;

		container_start(&container);
		join_often(&container, (size_t)_i, false, count);
		words = container_end_with_words(&container);
		ck_assert_msg(count_successes(words, &seen) == 0, "he got in:\n%.400s", words);
		free(words);
	}
	ck_assert_msg(seen, "he never saw anybody in %d joins", ROUNDS * count);
}
END_TEST

START_TEST(without_hiding_he_would)
{
	struct container container = { .kind = attacks[_i].kind, .word = "attack", .more = attacks[_i].name };
	size_t successes = 0;
	bool seen;

	for (int round = 0; successes == 0 && round < ROUNDS; round++) {
		char *words;

		container_start(&container);
		join_often(&container, (size_t)_i, true, 100);
		words = container_end_with_words(&container);
		successes = count_successes(words, &seen);
		free(words);
	}
	ck_assert_msg(successes > 0, "the attack is none");
}
END_TEST

/* A host with threads, which has something to hide. */
struct crowd {
	const struct maproot_request *request;
	char *const *argv;
	int count;
	int want; /* how each child ends */
	char said[256];
};

static void *spawn_often(void *argument)
{
	struct crowd *crowd = argument;

	for (int step = 0; step < crowd->count && !crowd->said[0]; step++) {
		struct maproot_error err = MAPROOT_ERROR_INIT;
		struct maproot_child child;
		int status = -1;

		if (maproot_spawn(crowd->request, crowd->argv, NULL, &child, &err) < 0) {
			(void)maproot_error_format(&err, crowd->said, sizeof(crowd->said));
			break;
		}
		if (waitpid(child.pid, &status, 0) != child.pid || status != crowd->want << 8)
			(void)snprintf(crowd->said, sizeof(crowd->said), "a child ended with %x", (unsigned int)status);
		(void)close(child.pidfd);
	}
	return NULL;
}

static void run_crowds(struct crowd *crowds, size_t count)
{
	pthread_t threads[8];

	for (size_t at = 0; at < count; at++)
		ck_assert_int_eq(pthread_create(&threads[at], NULL, spawn_often, &crowds[at]), 0);
	for (size_t at = 0; at < count; at++)
		ck_assert_int_eq(pthread_join(threads[at], NULL), 0);
	for (size_t at = 0; at < count; at++)
		ck_assert_str_eq(crowds[at].said, "");
}

static const char *own_name(void)
{
	char name[17] = "";

	(void)prctl(PR_GET_NAME, name, 0, 0, 0);
	return support_text("%s", name);
}

static const struct {
	enum container_kind kind;
	bool as_root;
} hosts[] = {
	{ CONTAINER_OWNED_BY_ROOT, true },
	{ CONTAINER_SHARED, false },
	{ CONTAINER_UNSHARE, false },
};

/* Returns the attacker's successes against `count` children of two threads each. */
static size_t attack_host(size_t row, int count)
{
	struct container container = { .kind = hosts[row].kind, .word = "attack", .more = own_name() };
	const char *joins[1];
	struct maproot_request request = { .joins = joins, .join_count = 1 };
	char *argv[] = { NULL, (char *)"exit", (char *)"7", NULL };
	struct crowd crowds[2];
	size_t successes;
	char *words;
	bool seen;

	container_start(&container);
	joins[0] = container_keep(support_text("%d", (int)container.pid));
	argv[0] = (char *)container.program;
	for (size_t at = 0; at < 2; at++)
		crowds[at] = (struct crowd){ .request = &request, .argv = argv, .count = count, .want = 7 };
	run_crowds(crowds, 2);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
	words = container_end_with_words(&container);
	successes = count_successes(words, &seen);
	ck_assert(seen || successes > 0);
	free(words);
	return successes;
}

START_TEST(nobody_gets_into_a_host)
{
	if (!hosts[_i].as_root)
		unit_become_user();
	ck_assert_uint_eq(attack_host((size_t)_i, support_size(30, 300, 1500)), 0);
}
END_TEST

START_TEST(without_hiding_he_would_get_into_the_host)
{
	size_t successes = 0;

	if (!hosts[_i].as_root)
		unit_become_user();
	deny_hiding(NULL);
	for (int round = 0; successes == 0 && round < 10; round++)
		successes = attack_host((size_t)_i, 100);
	ck_assert_msg(successes > 0, "the attack is none");
}
END_TEST

/* Those who join hide the memory that all share; those who are new have to show it, to write their maps. */
START_TEST(hiding_is_in_nobodys_way)
{
	struct container container = { .kind = CONTAINER_UNSHARE };
	const struct maproot_request fresh = { .namespaces = BIT(UTS) };
	struct maproot_request joining = { .join_count = 1 };
	struct maproot_request other_user = { .join_count = 1, .identity = { .set_user = true, .set_group = true } };
	char *argv[] = { (char *)container_inside(), (char *)"exit", (char *)"7", NULL };
	struct crowd crowds[6];
	const char *joins[1];

	unit_become_user();
	container_start(&container);
	joins[0] = container_keep(support_text("%d", (int)container.pid));
	joining.joins = other_user.joins = joins;
	for (size_t at = 0; at < 6; at++)
		crowds[at] = (struct crowd){ .request = at % 3 == 0 ? &fresh :
							at % 3 == 1 ? &joining :
								      &other_user,
					     .argv = argv,
					     .count = support_size(20, 150, 2000),
					     .want = 7 };
	run_crowds(crowds, 6);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
	container_end(&container);
}
END_TEST

/* A host that does not want to be looked into stays so, and joins all the same. */
START_TEST(a_hidden_host_stays_hidden)
{
	struct container container = { .kind = CONTAINER_UNSHARE };
	struct maproot_request joining = { .join_count = 1 };
	char *argv[] = { (char *)container_inside(), (char *)"exit", (char *)"7", NULL };
	struct crowd crowd = { .request = &joining, .argv = argv, .count = 3, .want = 7 };
	const char *joins[1];

	unit_become_user();
	container_start(&container);
	joins[0] = support_text("%d", (int)container.pid);
	joining.joins = joins;
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), 0);
	run_crowds(&crowd, 1);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
	container_end(&container);
}
END_TEST

/* The command is what the container says: this very program, again and again. Nobody gets hold of its file that way. */
static const struct {
	const char *words[4];
	bool sealed;
} selves[] = {
	{ { "-t", "{pid}" }, true },
	{ { "--join=mnt,pid={pid}" }, true },
	{ { "--join={pid}", "-f" }, true },
	{ { "--join=net={pid}" }, false }, /* there the command is not the container's: the attack is one */
};

static pid_t await_name(const char *name)
{
	for (int waited = 0; waited < 5000; waited++) {
		pid_t below[8];
		size_t count = support_descendants(getpid(), below, 8);

		for (size_t at = 0; at < count && at < 8; at++) {
			char *shown = support_read(support_text("/proc/%d/comm", (int)below[at]), NULL);
			bool found = shown && strcmp(shown, name) == 0;

			free(shown);
			if (found)
				return below[at];
		}
		support_sleep_us(1000);
	}
	ck_abort_msg("nobody runs %s", name);
}

START_TEST(the_programs_file_is_nobodys)
{
	struct container container = { .kind = CONTAINER_UNSHARE_ROOT };
	const char *script = container_keep(support_text("%s/self", support_user()->home));
	const char *argv[8] = { container_maproot() };
	struct support_command command = { .argv = argv, .envp = container_environment(), .as_root = true };
	struct support_process process;
	struct support_result result;
	char link[256] = "";
	pid_t pid;
	size_t at = 1;

	(void)unit_file(script, "#!/proc/self/exe\n");
	container_start(&container);
	for (; at <= 4 && selves[_i].words[at - 1]; at++)
		argv[at] = container_expand(&container, selves[_i].words[at - 1]);
	argv[at] = script;
	support_start(&command, &process);
	pid = await_name("self\n");
	ck_assert_int_gt(readlink(support_text("/proc/%d/exe", (int)pid), link, sizeof(link) - 1), 0);
	if (selves[_i].sealed)
		ck_assert_msg(strncmp(link, "/memfd:", 7) == 0, "it runs %s", link);
	else
		ck_assert_str_eq(link, container_maproot());
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	support_finish(&process, &result);
	support_release(&result);
	container_end(&container);
	ck_assert_int_eq(unlink(script), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("joining/attack", &tc);

	container_set_up();
	tcase_set_timeout(tc, 300);
	for (size_t at = 0; at < UNIT_COUNT(attacks); at++) {
		if (!container_possible(attacks[at].kind) || (attacks[at].as_root && geteuid() != 0))
			continue;
		tcase_add_loop_test(tc, nobody_gets_into_the_program, (int)at, (int)at + 1);
		if (!attacks[at].hides_anew)
			tcase_add_loop_test(tc, without_hiding_he_would, (int)at, (int)at + 1);
	}
	for (size_t at = 0; at < UNIT_COUNT(hosts); at++) {
		if (!container_possible(hosts[at].kind) || (hosts[at].as_root && geteuid() != 0))
			continue;
		tcase_add_loop_test(tc, nobody_gets_into_a_host, (int)at, (int)at + 1);
		tcase_add_loop_test(tc, without_hiding_he_would_get_into_the_host, (int)at, (int)at + 1);
	}
	if (container_possible(CONTAINER_UNSHARE_ROOT))
		tcase_add_loop_test(tc, the_programs_file_is_nobodys, 0, UNIT_COUNT(selves));
	tcase_add_test(tc, hiding_is_in_nobodys_way);
	tcase_add_test(tc, a_hidden_host_stays_hidden);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

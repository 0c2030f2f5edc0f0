/*
 * Contract of --name, --detach and --stop, on the command line: a name is there as long as its command, and leads to
 * its namespaces; in the background the command runs when the program returns 0, and does not when it returns
 * anything else, which is said; nothing of the terminal goes along. Of several at the same instant one gets the name.
 * Whoever is killed leaves nothing that is in the way.
 */
#include "container.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const *environment(void)
{
	static const char *envp[5];

	envp[0] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	envp[1] = container_keep(support_text("XDG_RUNTIME_DIR=%s", support_user()->home));
	envp[2] = "SHELL=/bin/sh";
	envp[3] = UNIT_SANITIZED ? "ASAN_OPTIONS=detect_leaks=0" : NULL;
	return envp;
}

/* Runs the program with words as in a shell, without quoting; "{maproot}" and so on stand for what they do. */
static void start_words(const char *words, bool as_root, struct support_process *ret_process)
{
	const char *argv[VIEW_WORDS] = { container_maproot() };
	struct support_command command = { .argv = argv, .envp = environment(), .as_root = as_root };
	char *rest = (char *)container_expand(&(struct container){ .pid = 0 }, words);
	size_t count = 1;
	char *word;

	while ((word = strsep(&rest, " ")))
		argv[count++] = word;
	support_start(&command, ret_process);
}

/* The same to its end: status and what is said are exactly these. Returns what is printed, freed by the caller. */
static char *expect(const char *words, int status, const char *err)
{
	struct support_process process;
	struct support_result result;

	start_words(words, false, &process);
	support_finish(&process, &result);
	ck_assert_msg(!result.timed_out, "maproot %s: does not end", words);
	ck_assert_msg(WIFEXITED(result.status) && WEXITSTATUS(result.status) == status, "maproot %s: status %x: %s",
		      words, (unsigned int)result.status, result.err);
	support_leave_out_explanation(result.err);
	ck_assert_str_eq(result.err, err);
	free(result.err);
	return result.out;
}

static void expect_text(const char *words, int status, const char *err, const char *out)
{
	char *text = expect(words, status, err);

	ck_assert_str_eq(text, out);
	free(text);
}

/* Nobody is left, and no name. */
static void expect_nothing(void)
{
	ck_assert_uint_eq(support_wait_alone(2000), 0);
	ck_assert_msg(rmdir(support_text("%s/maproot", support_user()->home)) == 0 || errno == ENOENT,
		      "a record is left, or something else");
}

/* Descendants whose program has this name. */
static size_t find_processes(const char *name, pid_t *pids, size_t size)
{
	pid_t below[256];
	size_t count = support_descendants(getpid(), below, 256);
	size_t found = 0;

	for (size_t at = 0; at < count && at < 256; at++) {
		char *shown = support_read(support_text("/proc/%d/comm", (int)below[at]), NULL);

		if (shown && strcmp(shown, support_text("%s\n", name)) == 0 && found < size)
			pids[found++] = below[at];
		free(shown);
	}
	return found;
}

static pid_t await_process(const char *name)
{
	pid_t pid = 0;

	for (int waited = 0; waited < 5000; waited++) {
		if (find_processes(name, &pid, 1) == 1)
			return pid;
		support_sleep_us(1000);
	}
	ck_abort_msg("nobody runs %s", name);
}

static void wait_for_name(const char *name)
{
	const char *path = support_text("%s/maproot/%s", support_user()->home, name);

	for (int waited = 0; waited < 5000; waited++) {
		char *text = support_read(path, NULL);
		bool there = text && strncmp(text, "pid=", 4) == 0 && strncmp(text, "pid=0\n", 6) != 0;

		free(text);
		if (there)
			return;
		support_sleep_us(1000);
	}
	ck_abort_msg("nobody takes the name %s", name);
}

static const char *const commands[] = {
	"--name=web -n %s sleep 30",
	"--name=web -p -n %s sleep 30",
	"-f --name web --uts -n %s sleep 30",
	"--name=web -n -T -p %s sleep 30",
	"--name web --map-auto -n %s sleep 30",
};

/* In the foreground and in the background. */
START_TEST(a_name_leads_to_its_command)
{
	bool detach = _i % 2;
	const char *words = support_text(commands[_i / 2], "%s"); /* NOLINT: one of the table */
	struct support_process process = { .pid = 0 };
	struct support_result result;
	char *out;
	pid_t pid;

	words = support_text(words, detach ? "--detach" : "--user"); /* NOLINT: likewise */
	if (detach)
		expect_text(words, 0, "", "");
	else
		start_words(words, false, &process);
	wait_for_name("web");
	pid = await_process("sleep");
	out = expect("--join=name:web readlink /proc/self/ns/net", 0, "");
	ck_assert_ptr_nonnull(strstr(out, support_text("%s", "net:[")));
	for (int typed = 0; typed < 2; typed++) {
		char link[64] = "";

		ck_assert_int_gt(readlink(support_text("/proc/%d/ns/net", (int)pid), link, sizeof(link) - 1), 0);
		expect_text(typed ? "--join=user,net=name:web readlink /proc/self/ns/net" :
				    "--join=name:web readlink /proc/self/ns/net",
			    0, "", support_text("%s\n", link));
	}
	free(out);
	if (detach) {
		expect_text("--stop=web", 0, "", "");
	} else {
		ck_assert_int_eq(kill(process.pid, SIGTERM), 0);
		support_finish(&process, &result);
		ck_assert_int_eq(result.status, SIGTERM);
		support_release(&result);
	}
	expect_text("--join=name:web true", 125, "maproot: the name 'web' is nobody's\n", "");
	expect_nothing();
}
END_TEST

static const struct {
	const char *words;
	int status;
	const char *err;
} starts[] = {
	{ "--name=a --detach true", 0, "" },
	{ "--name=a --detach sh -c exit", 0, "" },
	{ "--name=a --detach {inside} exit 7", 0, "" }, /* it ran: what became of it is another matter */
	{ "--name=a --detach -p {inside} exit 125", 0, "" },
	{ "--name=a --detach /nonesuch", 127, "maproot: cannot find '/nonesuch': No such file or directory\n" },
	{ "--name=a --detach -p nonesuch", 127, "maproot: cannot find 'nonesuch': No such file or directory\n" },
	{ "--name=a --detach {home}/plain", 126, "maproot: cannot execute '{home}/plain': Permission denied\n" },
	{ "--name=a --detach -w /nonesuch true", 125,
	  "maproot: cannot change directory to '/nonesuch': No such file or directory\n" },
	{ "--name=a --detach --tmpfs=/nonesuch", 125,
	  "maproot: cannot mount a new tmpfs on '/nonesuch': No such file or directory\n" }, /* a holder */
	{ "--name=a --detach --groups=drop true", 125,
	  "maproot: supplementary groups can't be dropped with a map of the own group alone: setgroups is denied there "
	  "(use subordinate ids)\n" },
	{ "--name=a --detach --in-place true", 125,
	  "maproot: in place is impossible with a name: somebody has to keep it\n" },
	{ "--name=a --detach --join=name:b true", 125, "maproot: the name 'b' is nobody's\n" },
	{ "--name=a --in-place true", 125, "maproot: in place is impossible with a name: somebody has to keep it\n" },
	{ "--name=a/b --detach true", 125, NULL },
	{ "--name=.a true", 125, NULL },
	{ "--name=12 --detach true", 125, NULL },
	{ "--name= true", 125, NULL },
	{ "--detach true", 125,
	  "maproot: --detach needs --name: nobody would find it again\nmaproot: try 'maproot --help'\n" },
	{ "--stop=a", 125, "maproot: the name 'a' is nobody's\n" },
};

START_TEST(a_start_is_what_it_is_said_to_be)
{
	const char *words = starts[_i].words;
	struct support_process process;
	struct support_result result;

	start_words(words, false, &process);
	support_finish(&process, &result);
	ck_assert_msg(WIFEXITED(result.status) && WEXITSTATUS(result.status) == starts[_i].status, "%s: status %x: %s",
		      words, (unsigned int)result.status, result.err);
	support_leave_out_explanation(result.err);
	if (starts[_i].err)
		ck_assert_str_eq(result.err, container_expand(&(struct container){ .pid = 0 }, starts[_i].err));
	else
		ck_assert_msg(strncmp(result.err, "maproot: ", 9) == 0, "%s: %s", words, result.err);
	support_release(&result);
	expect_nothing();
}
END_TEST

/* Descriptors, session, environment: what a process in the background has of its caller's. */
START_TEST(nothing_of_the_terminal_goes_along)
{
	const char *script = support_text("%s/look", support_user()->home);
	const char *file = support_text("%s/seen-%d", support_user()->home, (int)getpid());
	char *seen;
	pid_t pid;

	(void)unit_file(script, support_text("#!/bin/sh\nenv | grep -v -e ^PWD= -e ^_= -e ^OLDPWD= -e ^ASAN >%s.new\n"
					     "mv %s.new %s\nexec sleep 30\n",
					     file, file, file));
	expect_text(support_text("--name=a --detach %s %s", _i == 0 ? "-n" : "-p", script), 0, "", "");
	for (int waited = 0; access(file, F_OK) < 0 && waited < 5000; waited++)
		support_sleep_us(1000);
	seen = support_read(file, NULL);
	ck_assert_str_eq(seen, support_text("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
					    "XDG_RUNTIME_DIR=%s\nSHELL=/bin/sh\n",
					    support_user()->home));
	free(seen);
	ck_assert_int_eq(unlink(file), 0);
	pid = await_process("sleep");
	for (int fd = 0; fd < 3; fd++) {
		char link[256] = "";

		ck_assert_int_gt(readlink(support_text("/proc/%d/fd/%d", (int)pid, fd), link, sizeof(link) - 1), 0);
		ck_assert_str_eq(link, "/dev/null");
	}
	/* Its loader opens some for a moment. */
	for (int waited = 0; waited < 2000 && access(support_text("/proc/%d/fd/3", (int)pid), F_OK) == 0; waited++)
		support_sleep_us(1000);
	ck_assert_int_eq(access(support_text("/proc/%d/fd/3", (int)pid), F_OK), -1);
	ck_assert_int_ne(getsid(pid), getsid(0));
	expect_text("--stop=a", 0, "", "");
	expect_nothing();
}
END_TEST

static bool is_static(const char *path)
{
	size_t length = 0;
	char *bytes = support_read(path, &length);
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)bytes;
	bool found = false;

	for (unsigned int at = 0; bytes && length > 4096 && at < header->e_phnum; at++)
		found = found || ((const Elf64_Phdr *)(bytes + header->e_phoff))[at].p_type == PT_INTERP;
	free(bytes);
	return !found;
}

static long proportional_size(pid_t pid)
{
	char *text = support_read(support_text("/proc/%d/smaps_rollup", (int)pid), NULL);
	const char *at = text ? strstr(text, "\nPss:") : NULL;
	long size = at ? strtol(at + 5, NULL, 10) : -1;

	free(text);
	return size;
}

/* The holder and the program that waits for it: what they take for as long as they are there, in KiB. */
START_TEST(a_holder_is_small)
{
	long bar = is_static(container_maproot()) ? 128 : 1024;
	pid_t pids[4];
	size_t count;

	expect_text("-n -u --hostname=held --name=a --detach", 0, "", "");
	support_sleep_us(300000); /* it takes that the command stays before it gives memory back */
	count = find_processes("maproot", pids, 4);
	ck_assert_uint_eq(count, 2);
	for (size_t at = 0; !UNIT_SANITIZED && at < count; at++) {
		long size = proportional_size(pids[at]);

		ck_assert_msg(size > 0 && size <= bar, "process %zu of them takes %ld KiB", at, size);
	}
	expect_text("--join=name:a uname -n", 0, "", "held\n");
	expect_text("--join=name:a grep -c lo: /proc/net/dev", 0, "", "1\n");
	expect_text("--join=name:a cat /sys/class/net/lo/operstate", 0, "", "unknown\n"); /* up, as loopbacks say it */
	expect_text("--stop=a", 0, "", "");
	expect_nothing();
}
END_TEST

/* Who is killed: the holder, or the program that waits for it, which is the keeper of the name. */
START_TEST(whoever_is_killed_is_not_in_the_way)
{
	bool with_pid = _i / 2;
	pid_t pids[4];
	size_t count;

	expect_text(support_text("-n %s --name=a --detach", with_pid ? "-p" : "-u"), 0, "", "");
	count = find_processes("maproot", pids, 4);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(kill(pids[_i % 2], SIGKILL), 0);
	for (int waited = 0; support_state(pids[_i % 2]) != 0 && support_state(pids[_i % 2]) != 'Z' && waited < 2000;
	     waited++)
		support_sleep_us(1000);
	/* The kernel ends the other one with it, or the other one sees it. */
	for (int waited = 0; find_processes("maproot", pids, 4) > 0 && waited < 2000; waited++)
		support_sleep_us(1000);
	expect_text("-n -u --hostname=second --name=a --detach", 0, "", "");
	expect_text("--join=name:a uname -n", 0, "", "second\n");
	expect_text("--stop=a", 0, "", "");
	expect_nothing();
}
END_TEST

START_TEST(of_two_at_once_one_gets_the_name)
{
	int rounds = support_size(10, 60, 500);

	for (int round = 0; round < rounds; round++) {
		struct support_process process[2];
		int won = 0;

		for (int at = 0; at < 2; at++)
			start_words(_i == 0 ? "--name=a --detach sleep 30" : "-p --name=a --detach", false,
				    &process[at]);
		for (int at = 0; at < 2; at++) {
			struct support_result result;

			support_finish(&process[at], &result);
			if (result.status == 0)
				won++;
			else
				ck_assert_msg(WEXITSTATUS(result.status) == 125 &&
						      strcmp(result.err, "maproot: the name 'a' is taken\n") == 0,
					      "status %x: %s", (unsigned int)result.status, result.err);
			support_release(&result);
		}
		ck_assert_int_eq(won, 1);
		expect_text("--name=a true", 125, "maproot: the name 'a' is taken\n", "");
		expect_text("--stop=a", 0, "", "");
	}
	expect_nothing();
}
END_TEST

START_TEST(many_side_by_side)
{
	enum { MANY = 50 };
	struct support_process process[MANY];
	struct support_result result;
	char *list;

	for (int at = 0; at < MANY; at++)
		start_words(support_text("-n --name=n%d --detach", at), false, &process[at]);
	for (int at = 0; at < MANY; at++) {
		support_finish(&process[at], &result);
		ck_assert_msg(result.status == 0, "status %x: %s", (unsigned int)result.status, result.err);
		support_release(&result);
	}
	list = expect("--list", 0, "");
	for (int at = 0; at < MANY; at++)
		ck_assert_msg(strstr(list, support_text("\nn%d ", at)) != NULL, "n%d is not in\n%s", at, list);
	free(list);
	for (int at = 0; at < MANY; at++)
		start_words(support_text("--stop=n%d", at), false, &process[at]);
	for (int at = 0; at < MANY; at++) {
		support_finish(&process[at], &result);
		ck_assert_msg(result.status == 0, "status %x: %s", (unsigned int)result.status, result.err);
		support_release(&result);
	}
	expect_nothing();
}
END_TEST

/* A name for what was joined; a holder there is none. */
START_TEST(a_name_inside_of_a_name)
{
	expect_text("-n -u --hostname=outer --name=outer --detach", 0, "", "");
	expect_text("--join=name:outer -u --hostname=inner --name=inner --detach sleep 30", 0, "", "");
	expect_text("--join=name:inner uname -n", 0, "", "inner\n");
	expect_text("--join=net=name:inner --join=name:outer uname -n", 0, "", "outer\n");
	expect_text("--join=name:outer --name=holder --detach", 125,
		    "maproot: a holder can't hold what was joined: give a command, 'sleep infinity' say\n", "");
	/* The one that was joined may go; what joined it stays. */
	expect_text("--stop=outer", 0, "", "");
	expect_text("--join=name:inner uname -n", 0, "", "inner\n");
	expect_text("--stop=inner", 0, "", "");
	expect_nothing();
}
END_TEST

/* SIGTERM is for who has the name: a command that does not want to end has until its patience is over. */
START_TEST(who_does_not_end_is_ended)
{
	const char *script = support_text("%s/stubborn", support_user()->home);
	int64_t start = support_now_us();

	(void)unit_file(script, "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.1; done\n");
	expect_text(support_text("--name=a --detach %s", script), 0, "", "");
	support_sleep_us(100000);
	expect_text("--stop=a", 0, "", "");
	ck_assert_int_ge(support_now_us() - start, 4000000);
	support_kill_descendants(); /* a sleep of its own that it has left */
	expect_nothing();
}
END_TEST

static void make_files(void)
{
	(void)unit_file(support_text("%s/plain", support_user()->home), "text\n");
}

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("joining/stay", &tc);

	container_set_up();
	make_files();
	tcase_set_timeout(tc, 120);
	for (size_t at = 0; at < UNIT_COUNT(commands); at++) {
		if ((geteuid() == 0 || !strstr(commands[at], "--map-auto")) &&
		    (container_has_time() || !strstr(commands[at], "-T")))
			tcase_add_loop_test(tc, a_name_leads_to_its_command, 2 * (int)at, 2 * (int)at + 2);
	}
	tcase_add_loop_test(tc, a_start_is_what_it_is_said_to_be, 0, UNIT_COUNT(starts));
	tcase_add_loop_test(tc, nothing_of_the_terminal_goes_along, 0, 2);
	tcase_add_test(tc, a_holder_is_small);
	tcase_add_loop_test(tc, whoever_is_killed_is_not_in_the_way, 0, 4);
	tcase_add_loop_test(tc, of_two_at_once_one_gets_the_name, 0, 2);
	tcase_add_test(tc, many_side_by_side);
	tcase_add_test(tc, a_name_inside_of_a_name);
	tcase_add_test(tc, who_does_not_end_is_ended);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

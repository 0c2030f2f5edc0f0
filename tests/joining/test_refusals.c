/*
 * Contract of joins that can't be: the program ends with 125 and one message that says what is wrong with what, the
 * command does not run, nothing hangs, and neither a process nor a mount is left.
 */
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Whose container it is that the row names. */
enum whose { USERS,
	     ROOTS,
	     STRANGERS };

static const struct {
	enum whose whose;
	const char *words[VIEW_WORDS];
	const char *said; /* without "maproot: "; a "*" at the end stands for any rest */
	bool as_root;
	bool with_net; /* descriptor 9 is a network namespace of root's */
} rows[] = {
	/* what is not said well */
	{ USERS, { "--join", "" }, "malformed reference '': nothing is named", false, false },
	{ USERS, { "--join=net=" }, "malformed reference 'net=': nothing is named", false, false },
	{ USERS,
	  { "--join=nut={pid}" },
	  "malformed reference 'nut={pid}': what stands before '=' are no namespace types",
	  false,
	  false },
	{ USERS,
	  { "--join=net,net={pid}" },
	  "malformed reference 'net,net={pid}': a type is named twice",
	  false,
	  false },
	{ USERS, { "--join=pid:x" }, "malformed reference 'pid:x': not a process id", false, false },
	{ USERS, { "--join=0" }, "malformed reference '0': not a process id", false, false },
	{ USERS, { "--join=fd:x" }, "malformed reference 'fd:x': not a descriptor", false, false },
	{ USERS, { "--join=pid:{pid}:x" }, "malformed reference 'pid:{pid}:x': not a start time", false, false },
	{ USERS,
	  { "--join=net={pid}", "--join=net=/proc/{pid}/ns/net" },
	  "malformed reference net: two references for one type",
	  false,
	  false },
	{ USERS,
	  { "--join=/proc/{pid}/ns/net", "--join=/proc/self/ns/net" },
	  "malformed reference net: two references for one type",
	  false,
	  false },
	{ USERS,
	  { "-n", "--join=net={pid}" },
	  "malformed reference net: to be joined and to be new at once",
	  false,
	  false },
	{ USERS,
	  { "-t", "{pid}", "--join-order=user,nut" },
	  "malformed reference 'user,nut': not an order of namespace types",
	  false,
	  false },
	{ USERS,
	  { "-t", "{pid}", "--join-order=user,!user" },
	  "malformed reference 'user,!user': a type is named twice in the order",
	  false,
	  false },
	{ USERS, { "--join-order=user" }, "an order of joining needs something to join", false, false },
	{ USERS,
	  { "-t", "{pid}", "--in-place" },
	  "in place is impossible with a pid namespace joined: only children enter it",
	  false,
	  false },
	{ USERS, { "-t", "{pid}", "--map-auto" }, "a joined user namespace has its id maps already", false, false },
	{ USERS,
	  { "-t", "{pid}", "--tmpfs=/mnt" },
	  "root, mounts and propagation need a new mount namespace, not a joined one",
	  false,
	  false },
	{ USERS,
	  { "-t", "{pid}", "--hostname=h", "--join=uts={pid}" },
	  "malformed reference uts: to be joined and to be new at once",
	  false,
	  false },
	{ USERS,
	  { "-t", "{pid}", "--groups=drop" },
	  "cannot set the supplementary groups (none): Operation not permitted",
	  false,
	  false },
	{ USERS, { "-t", "{pid}", "-S", "77" }, "cannot become user 77: Invalid argument", false, false },
	/* what is not there */
	{ USERS, { "-t", "{dead}" }, "there is no process {dead}", false, false },
	{ USERS, { "--join=net={dead}" }, "there is no process {dead}", false, false },
	{ USERS,
	  { "--join=pid:{pid}:7" },
	  "there is no process {pid} that started then: the number was given to another",
	  false,
	  false },
	{ USERS, { "--join=/nonesuch" }, "cannot open namespace '/nonesuch': No such file or directory", false, false },
	{ USERS,
	  { "--join=/proc/{dead}/ns/net" },
	  "cannot open namespace '/proc/{dead}/ns/net': No such file or directory",
	  false,
	  false },
	{ USERS, { "--join=fd:77" }, "cannot open namespace 'fd:77': Bad file descriptor", false, false },
	{ USERS, { "--join=name:nonesuch" }, "the name 'nonesuch' is nobody's", false, false },
	/* what is no namespace */
	{ USERS,
	  { "--join={home}/empty" },
	  "'{home}/empty' is a file, not a namespace (nothing is mounted there in this mount namespace)",
	  false,
	  false },
	{ USERS, { "--join=net={home}/full" }, "'{home}/full' is a file, not a namespace", false, false },
	{ USERS, { "--join={home}/fifo" }, "'{home}/fifo' is a FIFO or pipe, not a namespace", false, false },
	{ USERS, { "--join={home}" }, "'{home}' is a directory, not a namespace", false, false },
	{ USERS, { "--join=/dev/null" }, "'/dev/null' is a device, not a namespace", false, false },
	{ USERS, { "--join=fd:0" }, "'fd:0' is a device, not a namespace", false, false },
	{ USERS, { "--join=/proc/self/status" }, "'/proc/self/status' is a file, not a namespace*", false, false },
	{ USERS,
	  { "--join={home}/closed/ns" },
	  "cannot open namespace '{home}/closed/ns': Permission denied",
	  false,
	  false },
	/* what is a namespace, but another one */
	{ USERS,
	  { "--join=net=/proc/{pid}/ns/uts" },
	  "'/proc/{pid}/ns/uts' is a uts namespace, not net",
	  false,
	  false },
	{ USERS,
	  { "--join=net,uts=/proc/{pid}/ns/uts" },
	  "'/proc/{pid}/ns/uts' is a uts namespace, not net uts",
	  false,
	  false },
	{ USERS, { "--join=uts=fd:9" }, "'fd:9' is a net namespace, not uts", false, true },
	/* what there are no rights for */
	{ USERS,
	  { "--join=net={pid}" },
	  "no permission to join net namespace of process {pid}: CAP_SYS_ADMIN is lacking in our own user namespace "
	  "(join the user namespace that owns it as well)",
	  false,
	  false },
	{ USERS,
	  { "--join=/proc/{pid}/ns/uts", "-f" },
	  "no permission to join uts namespace of '/proc/{pid}/ns/uts': CAP_SYS_ADMIN is lacking in our own user "
	  "namespace (join the user namespace that owns it as well)",
	  false,
	  false },
	{ USERS,
	  { "--join=net=fd:9" },
	  "no permission to join net namespace of fd:9: CAP_SYS_ADMIN is lacking in *",
	  false,
	  true },
	{ USERS,
	  { "--join=net=fd:9", "--join=user,mnt,uts,pid={pid}" },
	  "no permission to join net namespace of fd:9: CAP_SYS_ADMIN is lacking in *",
	  false,
	  true },
	{ USERS,
	  { "--join=net=fd:9", "--join=user,uts={pid}" },
	  "no permission to join net namespace of fd:9: CAP_SYS_ADMIN is lacking in *",
	  false,
	  true },
	{ USERS,
	  { "--join=net=fd:9", "--join=user,uts={pid}", "--join-order=!user,!uts,!net" },
	  "cannot join net namespace of fd:9 (this process is already in: user uts): Operation not permitted",
	  false,
	  true },
	{ USERS,
	  { "--join=net=fd:9", "--join=user,uts={pid}", "--join-order=!user,!uts,!net", "-f" },
	  "no permission to join net namespace of fd:9: CAP_SYS_ADMIN is lacking in the user namespace that owns it, "
	  "which is not below this one",
	  false,
	  true },
	{ ROOTS,
	  { "-t", "{pid}" },
	  "no permission to join the namespaces of process {pid}: CAP_SYS_PTRACE is lacking in its user namespace",
	  false,
	  false },
	{ STRANGERS,
	  { "-t", "{pid}" },
	  "no permission to join the namespaces of process {pid}: CAP_SYS_PTRACE is lacking in its user namespace",
	  false,
	  false },
	{ STRANGERS,
	  { "--join=/proc/{pid}/ns/user" },
	  "cannot open namespace '/proc/{pid}/ns/user': Permission denied",
	  false,
	  false },
};

/* A number that nobody has. */
static pid_t dead;

/* As root, and back again: nobody else has rights in it. */
static void make_net(void *arg)
{
	int own = open("/proc/self/ns/net", O_RDONLY);

	(void)arg;
	if (own < 0 || unshare(CLONE_NEWNET) < 0 || dup2(open("/proc/self/ns/net", O_RDONLY), 9) != 9 ||
	    setns(own, CLONE_NEWNET) < 0)
		support_die("cannot make a network namespace");
	for (int fd = 3; fd < 9; fd++)
		(void)close(fd);
}

static void become_stranger(void *arg)
{
	(void)arg;
	if (setresgid(7654321, 7654321, 7654321) < 0 || setresuid(7654321, 7654321, 7654321) < 0)
		support_die("cannot become a stranger");
}

/* A container of somebody else, by hand. */
static pid_t start_strangers(struct support_process *process)
{
	const char *const argv[] = { "unshare", "-Urmn", container_inside(), "hold", NULL };
	struct support_command command = {
		.argv = argv, .envp = container_environment(), .as_root = true, .after = become_stranger
	};

	support_start(&command, process);
	free(container_read_until(process->out, "ready", 10000));
	return process->pid;
}

static void start_whose(enum whose whose, struct container *container)
{
	container->kind = whose == ROOTS ? CONTAINER_UNSHARE_ROOT : CONTAINER_UNSHARE;
	if (whose == STRANGERS)
		container->pid = start_strangers(&container->tool);
	else
		container_start(container);
}

static const char *fill(const struct container *container, const char *text)
{
	const char *at = strstr(text, "{dead}");
	const char *rest;

	if (!at)
		return container_expand(container, text);
	rest = strstr(at + 1, "{dead}");
	ck_assert_ptr_null(rest);
	return container_expand(container, support_text("%.*s%d%s", (int)(at - text), text, (int)dead, at + 6));
}

static void check_refusal(const struct container *container, size_t row)
{
	const char *said = support_text("maproot: %s", fill(container, rows[row].said));
	const char *argv[VIEW_WORDS + 4] = { container_maproot() };
	struct support_command command = {
		.argv = argv, .envp = container_environment(), .as_root = rows[row].as_root, .timeout_ms = 5000
	};
	struct support_result result;
	size_t count = 1;
	size_t length = strlen(said);

	for (; rows[row].words[count - 1]; count++)
		argv[count] = fill(container, rows[row].words[count - 1]);
	argv[count++] = "echo";
	argv[count++] = "ran";
	if (rows[row].with_net)
		command.before = make_net;
	support_run(&command, &result);
	ck_assert_msg(!result.timed_out, "%s: hangs", said);
	ck_assert_str_eq(result.out, "");
	support_leave_out_explanation(result.err);
	if (said[length - 1] == '*')
		ck_assert_msg(strncmp(result.err, said, length - 1) == 0, "%s\nand not\n%s", result.err, said);
	else
		ck_assert_str_eq(result.err, support_text("%s\n", said));
	ck_assert_msg(strchr(result.err, '\n') == result.err + strlen(result.err) - 1, "several lines: %s", result.err);
	ck_assert_msg(WIFEXITED(result.status) && WEXITSTATUS(result.status) == 125, "status %x", result.status);
	support_release(&result);
}

START_TEST(it_is_said_why)
{
	struct container container = { .word = NULL };
	int status;
	size_t before;

	dead = fork();
	if (dead == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(dead, &status, 0), dead);
	start_whose(rows[_i].whose, &container);
	before = support_descendants(getpid(), NULL, 0);
	check_refusal(&container, (size_t)_i);
	ck_assert_uint_eq(support_descendants(getpid(), NULL, 0), before);
	container_end(&container);
}
END_TEST

static void make_files(void)
{
	const struct support_user *user = support_user();
	const char *closed = support_text("%s/closed", user->home);

	(void)unit_file(support_text("%s/empty", user->home), "");
	(void)unit_file(support_text("%s/full", user->home), "text\n");
	if (mkfifo(support_text("%s/fifo", user->home), 0666) < 0 ||
	    chmod(support_text("%s/fifo", user->home), 0666) < 0 || mkdir(closed, geteuid() == 0 ? 0700 : 0) < 0)
		support_die("cannot make files");
}

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("joining/refusals", &tc);

	container_set_up();
	if (!container_possible(CONTAINER_UNSHARE))
		support_skip("there is no unshare(1)");
	make_files();
	for (size_t at = 0; at < UNIT_COUNT(rows); at++) {
		/* Who has no groups has them dropped. */
		if (getgroups(0, NULL) == 0 && geteuid() != 0 && rows[at].words[2] &&
		    strcmp(rows[at].words[2], "--groups=drop") == 0)
			continue;
		if (geteuid() == 0 || (rows[at].whose == USERS && !rows[at].with_net))
			tcase_add_loop_test(tc, it_is_said_why, (int)at, (int)at + 1);
	}
	return suite;
}

int main(void)
{
	return unit_main(build);
}

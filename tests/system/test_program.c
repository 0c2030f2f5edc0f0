/*
 * Contract of src/system/program.h: programs are found in PATH, then where the system's are; a helper starts with
 * streams and signals of its own; the command replaces this process as execvp(3) would, but that what can't be
 * searched hides nothing behind it, and that each way to fail is told apart.
 */
#include "system/program.h"

#include "base/io.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *place;

/* A directory of this test with files in it to search for. */
static void make_place(void)
{
	static const char *const directories[] = { "a", "b", "closed", "a/directory" };

	place = strdup(support_text("%s/place-%d", support_directory(), (int)getpid()));
	ck_assert_int_eq(mkdir(place, 0755), 0);
	for (size_t at = 0; at < UNIT_COUNT(directories); at++)
		ck_assert_int_eq(mkdir(support_text("%s/%s", place, directories[at]), 0755), 0);
	(void)unit_file(support_text("%s/a/only-a", place), "#!/bin/sh\necho a \"$0\" \"$@\"\n");
	(void)unit_file(support_text("%s/a/both", place), "#!/bin/sh\necho a\n");
	(void)unit_file(support_text("%s/b/both", place), "#!/bin/sh\necho b\n");
	(void)unit_file(support_text("%s/a/later", place), "not executable in a\n");
	(void)unit_file(support_text("%s/b/later", place), "#!/bin/sh\necho b\n");
	(void)unit_file(support_text("%s/a/plain", place), "not executable\n");
	(void)unit_file(support_text("%s/b/directory", place), "#!/bin/sh\necho b\n");
	(void)unit_file(support_text("%s/closed/hidden", place), "#!/bin/sh\necho hidden\n");
	(void)unit_file(support_text("%s/closed/both", place), "#!/bin/sh\necho hidden\n");
	(void)unit_file(support_text("%s/a/no-interpreter", place), "#!/nonesuch/interpreter -x\n");
	(void)unit_file(support_text("%s/a/empty-interpreter", place), "#!\n");
	(void)unit_file(support_text("%s/a/closed-interpreter", place), "#!/etc/passwd\n");
	(void)unit_file(support_text("%s/a/no-format", place), "echo shell \"$0\" \"$@\"\n");
	(void)unit_file(support_text("%s/a/empty", place), "");
	(void)unit_file(support_text("%s/a/garbage", place), "\177ELF garbage");
	ck_assert_int_eq(chmod(support_text("%s/a/no-format", place), 0755), 0);
	ck_assert_int_eq(chmod(support_text("%s/a/empty", place), 0755), 0);
	ck_assert_int_eq(chmod(support_text("%s/a/garbage", place), 0755), 0);
	ck_assert_int_eq(chmod(support_text("%s/closed", place), 0700), 0);
}

/* '@' in a text of a row stands for the place. */
static const char *expand(const char *text)
{
	const char *full = "";

	for (; *text; text++) {
		if (*text == '@')
			full = support_text("%s%s", full, place);
		else
			full = support_text("%s%c", full, *text);
	}
	return full;
}

static void set_path(const char *path)
{
	ck_assert_int_eq(path ? setenv("PATH", expand(path), 1) : unsetenv("PATH"), 0);
}

static const struct {
	const char *path;
	const char *name;
	int code;
	const char *found;
} finds[] = {
	{ "@/a:@/b", "both", 0, "@/a/both" },
	{ "@/b:@/a", "both", 0, "@/b/both" },
	{ "@/a:@/b", "later", 0, "@/b/later" },
	{ "@/a:@/b", "directory", 0, "@/b/directory" },
	{ "@/closed:@/b", "both", 0, "@/b/both" },
	{ "@/a", "plain", -EACCES, NULL },
	{ "@/a", "nonesuch", -ENOENT, NULL },
	{ "@/closed", "hidden", -ENOENT, NULL },
	{ "", "nonesuch", -ENOENT, NULL },
	/* the system's own, wherever PATH leads */
	{ "@/a", "sh", 0, "/usr/bin/sh" },
	{ NULL, "sh", 0, "/bin/sh" },
	{ "/bin", "sh", 0, "/bin/sh" },
	/* an empty entry is the working directory */
	{ ":@/b", "both", 0, "both" },
};

START_TEST(finds_programs)
{
	char path[PATH_MAX] = "untouched";

	make_place();
	unit_become_user();
	ck_assert_int_eq(chdir(support_text("%s/a", place)), 0);
	set_path(finds[_i].path);
	ck_assert_int_eq(mr_program_find(finds[_i].name, path, sizeof(path)), finds[_i].code);
	if (finds[_i].found)
		ck_assert_str_eq(path, expand(finds[_i].found));
}
END_TEST

/* What the child of a test sent before it was replaced, or failed. */
struct outcome {
	char out[4096];
	struct maproot_error err;
	int code;
	bool returned;
};

struct attempt {
	char *const *argv;
	struct maproot_error *err; /* shared */
	int *code;
	int out;
};

static int try_exec(void *arg)
{
	const struct attempt *attempt = arg;

	if (dup2(attempt->out, 1) < 0)
		return 97;
	*attempt->code = mr_program_exec(attempt->argv, environ, attempt->err);
	return 99;
}

static void attempt_exec(char *const argv[], struct outcome *ret_outcome)
{
	struct outcome *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *path = support_text("%s/out-%d", support_user()->home, (int)getpid());
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct attempt attempt = { argv, &shared->err, &shared->code, fd };
	int status;

	ck_assert_ptr_ne(shared, MAP_FAILED);
	ck_assert_int_ge(fd, 0);
	status = unit_in_child(try_exec, &attempt);
	ck_assert(WIFEXITED(status));
	*ret_outcome = *shared;
	ret_outcome->returned = WEXITSTATUS(status) == 99;
	ck_assert_int_ge(pread(fd, ret_outcome->out, sizeof(ret_outcome->out) - 1, 0), 0);
	(void)close(fd);
	(void)unlink(path);
}

static const struct {
	const char *path;
	const char *argv[4];
	const char *out; /* it ran; or: */
	int code;
	enum maproot_step step;
	const char *said;
} execs[] = {
	{ "@/a:@/b", { "only-a", "1", "2 3" }, "a @/a/only-a 1 2 3\n", 0, 0, NULL },
	{ "@/a:@/b", { "both" }, "a\n", 0, 0, NULL },
	{ "@/closed:@/b", { "both" }, "b\n", 0, 0, NULL },
	{ "@/nonesuch:@/a/plain:@/b", { "both" }, "b\n", 0, 0, NULL },
	{ "@/a:@/b", { "later" }, "b\n", 0, 0, NULL },
	{ "@/a:@/b", { "directory" }, "b\n", 0, 0, NULL },
	{ "", { "only-a", "x" }, "a only-a x\n", 0, 0, NULL },
	{ "@/b:", { "only-a" }, "a only-a\n", 0, 0, NULL },
	{ NULL, { "true" }, "", 0, 0, NULL },
	{ "@/b", { "./only-a" }, "a ./only-a\n", 0, 0, NULL },
	{ "@/b", { "@/a/only-a" }, "a @/a/only-a\n", 0, 0, NULL },
	/* no format: as shells have always done */
	{ "@/a", { "no-format", "1", "2" }, "shell @/a/no-format 1 2\n", 0, 0, NULL },
	{ "@/a", { "empty", "1" }, "", 0, 0, NULL },
	{ "@/a",
	  { "nonesuch" },
	  NULL,
	  ENOENT,
	  MAPROOT_STEP_FIND,
	  "cannot find 'nonesuch': No such file or directory" },
	{ "@/a",
	  { "" },
	  NULL,
	  ENOENT,
	  MAPROOT_STEP_FIND,
	  "cannot find '': No such file or directory" },
	{ "@/a",
	  { NULL },
	  NULL,
	  ENOENT,
	  MAPROOT_STEP_FIND,
	  "cannot find '': No such file or directory" },
	{ "@/closed:@/a",
	  { "nonesuch" },
	  NULL,
	  ENOENT,
	  MAPROOT_STEP_FIND,
	  "cannot find 'nonesuch': No such file or directory" },
	{ "@/closed",
	  { "hidden" },
	  NULL,
	  ENOENT,
	  MAPROOT_STEP_FIND,
	  "cannot find 'hidden': No such file or directory" },
	{ "@/a",
	  { "./nonesuch" },
	  NULL,
	  ENOENT,
	  MAPROOT_STEP_FIND,
	  "cannot find './nonesuch': No such file or directory" },
	{ "@/a",
	  { "plain/x" },
	  NULL,
	  ENOTDIR,
	  MAPROOT_STEP_EXEC,
	  "cannot execute 'plain/x': Not a directory" },
	{ "@/a:@/b",
	  { "plain" },
	  NULL,
	  EACCES,
	  MAPROOT_STEP_EXEC,
	  "cannot execute '@/a/plain': Permission denied" },
	{ "@/a",
	  { "./plain" },
	  NULL,
	  EACCES,
	  MAPROOT_STEP_EXEC,
	  "cannot execute './plain': Permission denied" },
	{ "@/a",
	  { "directory" },
	  NULL,
	  EISDIR,
	  MAPROOT_STEP_EXEC,
	  "cannot execute '@/a/directory': Is a directory" },
	{ "@/a",
	  { "./directory" },
	  NULL,
	  EISDIR,
	  MAPROOT_STEP_EXEC,
	  "cannot execute './directory': Is a directory" },
	{ "@/a", { "/" }, NULL, EISDIR, MAPROOT_STEP_EXEC, "cannot execute '/': Is a directory" },
	{ "@/a",
	  { "../closed/hidden" },
	  NULL,
	  EACCES,
	  MAPROOT_STEP_EXEC,
	  "cannot execute '../closed/hidden': Permission denied" },
	{ "@/a:@/b",
	  { "no-interpreter" },
	  NULL,
	  ENOENT,
	  MAPROOT_STEP_INTERPRETER,
	  "cannot execute '@/a/no-interpreter' by '/nonesuch/interpreter -x': bad interpreter: No "
	  "such file or directory" },
	{ "@/a",
	  { "./no-interpreter" },
	  NULL,
	  ENOENT,
	  MAPROOT_STEP_INTERPRETER,
	  "cannot execute './no-interpreter' by '/nonesuch/interpreter -x': bad interpreter: No "
	  "such file or directory" },
	{ "@/a",
	  { "closed-interpreter" },
	  NULL,
	  EACCES,
	  MAPROOT_STEP_EXEC,
	  "cannot execute '@/a/closed-interpreter': Permission denied" },
};

START_TEST(executes_or_says_why_not)
{
	char *argv[5] = { NULL };
	struct outcome outcome = { .code = 0 };

	make_place();
	unit_become_user();
	ck_assert_int_eq(chdir(support_text("%s/a", place)), 0);
	for (int at = 0; at < 4 && execs[_i].argv[at]; at++)
		argv[at] = strdup(expand(execs[_i].argv[at]));
	set_path(execs[_i].path);
	attempt_exec(argv, &outcome);
	if (execs[_i].out) {
		ck_assert_msg(!outcome.returned, "%s: %s", maproot_step_name(outcome.err.step),
			      outcome.err.object);
		ck_assert_str_eq(outcome.out, expand(execs[_i].out));
		return;
	}
	ck_assert_msg(outcome.returned, "'%s' ran: %s", execs[_i].argv[0], outcome.out);
	ck_assert_int_eq(outcome.code, -execs[_i].code);
	unit_check_error(&outcome.err, execs[_i].code, execs[_i].step, expand(execs[_i].said));
}
END_TEST

/* A program, not a script, whose loader is missing: its name stands in the file. */
START_TEST(a_missing_loader_is_a_bad_interpreter)
{
	char *argv[] = { (char *)"./program", NULL };
	struct outcome outcome = { .code = 0 };
	static const char loader[] = "/lib64/ld-linux";
	size_t length;
	char *image = support_read("/bin/true", &length);
	char *at = memmem(image, length, loader, strlen(loader));
	int fd;

	ck_assert_ptr_nonnull(at);
	memcpy(at, "/lib64/LD", 9);
	unit_become_user();
	fd = open("program", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ck_assert_int_eq(write(fd, image, length), (ssize_t)length);
	ck_assert_int_eq(close(fd), 0);
	free(image);
	attempt_exec(argv, &outcome);
	ck_assert_int_eq(unlink("program"), 0);
	ck_assert(outcome.returned);
	unit_check_error(&outcome.err, ENOENT, MAPROOT_STEP_INTERPRETER,
			 "cannot execute './program': bad interpreter: No such file or directory");
}
END_TEST

START_TEST(a_program_that_is_being_written)
{
	char *argv[] = { (char *)"./busy", NULL };
	struct outcome outcome = { .code = 0 };
	int fd;

	unit_become_user();
	ck_assert_int_eq(system("cp /bin/true busy"), 0);
	fd = open("busy", O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	attempt_exec(argv, &outcome);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(unlink("busy"), 0);
	unit_check_error(&outcome.err, ETXTBSY, MAPROOT_STEP_EXEC,
			 "cannot execute './busy': Text file busy");
}
END_TEST

/* Searched for, a name that is too long is not there; asked for by path, it can't be executed. */
static const struct {
	size_t length;
	int code;
	enum maproot_step step;
} names[] = {
	{ 255, ENOENT, MAPROOT_STEP_FIND },
	{ 256, ENOENT, MAPROOT_STEP_FIND },
	{ 257, ENAMETOOLONG, MAPROOT_STEP_EXEC },
	{ 4095, ENAMETOOLONG, MAPROOT_STEP_EXEC },
	{ 4096, ENAMETOOLONG, MAPROOT_STEP_EXEC },
	{ 10000, ENAMETOOLONG, MAPROOT_STEP_EXEC },
};

START_TEST(names_of_any_length)
{
	static char name[10001];
	char *argv[] = { name, NULL };
	struct outcome outcome = { .code = 0 };

	memset(name, 'n', names[_i].length);
	attempt_exec(argv, &outcome);
	unit_check_error(&outcome.err, ENOENT, MAPROOT_STEP_FIND, NULL);
	name[0] = '/';
	attempt_exec(argv, &outcome);
	unit_check_error(&outcome.err, names[_i].code, names[_i].step, NULL);
}
END_TEST

START_TEST(arguments_at_the_limit)
{
	const size_t size = 128 * 1024 + 1; /* one more than a single argument may have */
	char *large = malloc(size);
	char *argv[] = { (char *)"/bin/true", large, NULL };
	struct outcome outcome = { .code = 0 };

	memset(large, 'x', size);
	large[size - 1] = '\0';
	attempt_exec(argv, &outcome);
	ck_assert(outcome.returned);
	unit_check_error(&outcome.err, E2BIG, MAPROOT_STEP_EXEC,
			 "cannot execute '/bin/true': Argument list too long");
	large[size - 2] = '\0';
	outcome.err.code = 0;
	attempt_exec(argv, &outcome);
	ck_assert(!outcome.returned);
	free(large);
}
END_TEST

/* `ret_status` NULL: SIGCHLD is ignored, and nothing can be known of it. */
static const char *run_program(const char *script, int *ret_status, bool with_streams)
{
	const char *path = unit_file(support_text("script-%d", (int)getpid()), script);
	char *const argv[] = { (char *)"script", (char *)"argument", NULL };
	static char out[4096];
	int ends[2];
	ssize_t got;
	size_t length = 0;
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(mr_program_start(path, argv, with_streams ? ends[1] : -1,
					  with_streams ? ends[1] : -1, &pid),
			 0);
	ck_assert_int_eq(close(ends[1]), 0);
	while ((got = mr_read(ends[0], out + length, sizeof(out) - 1 - length)) > 0)
		length += (size_t)got;
	out[length] = '\0';
	ck_assert_int_eq(close(ends[0]), 0);
	if (ret_status)
		ck_assert_int_eq(mr_program_wait(pid, ret_status), 0);
	ck_assert_int_eq(unlink(path), 0);
	return out;
}

START_TEST(helpers_get_their_streams)
{
	int status;

	ck_assert_str_eq(run_program("#!/bin/sh\nreadlink /proc/self/fd/0\necho $1; echo complaint "
				     ">&2; exit 5\n",
				     &status, true),
			 "/dev/null\nargument\ncomplaint\n");
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	ck_assert_str_eq(
		run_program("#!/bin/sh\necho out; echo err >&2; kill -USR1 $$\n", &status, false),
		"");
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
}
END_TEST

/* Whatever the wrapper blocks and ignores meanwhile. */
START_TEST(helpers_get_their_signals)
{
	sigset_t all;
	uint64_t ignored;
	int status;
	const char *said;

	sigfillset(&all);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, &all, NULL), 0);
	said = run_program("#!/bin/sh\nexec grep -E '^SigBlk' /proc/self/status\n", &status, true);
	ck_assert_str_eq(said, "SigBlk:\t0000000000000000\n");
	ck_assert_ptr_ne(signal(SIGCHLD, SIG_IGN), SIG_ERR);
	ck_assert_ptr_ne(signal(SIGTERM, SIG_IGN), SIG_ERR);
	/* No shell: it sets SIGCHLD itself. */
	said = strstr(run_program("#!/bin/cat /proc/self/status\n", NULL, true), "SigIgn:\t");
	ck_assert_ptr_nonnull(said);
	ignored = strtoull(said + strlen("SigIgn:\t"), NULL, 16);
	/* An ignored SIGCHLD would cost the helper the statuses of its own children. */
	ck_assert_uint_eq(ignored & UINT64_C(1) << (SIGCHLD - 1), 0);
	ck_assert_uint_ne(ignored & UINT64_C(1) << (SIGTERM - 1), 0);
}
END_TEST

START_TEST(helpers_that_do_not_start)
{
	char *const argv[] = { (char *)"x", NULL };
	pid_t pid = 4711;

	ck_assert_int_eq(mr_program_start("/nonesuch", argv, -1, -1, &pid), -ENOENT);
	ck_assert_int_eq(mr_program_start("/etc/passwd", argv, -1, -1, &pid), -EACCES);
}
END_TEST

static void do_nothing(int signal)
{
	(void)signal;
}

START_TEST(waiting_is_not_interrupted)
{
	const struct sigaction action = { .sa_handler = do_nothing };
	char *const argv[] = { (char *)"sleep", (char *)"0.3", NULL };
	int status;
	pid_t pid;

	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(mr_program_start("/bin/sleep", argv, -1, -1, &pid), 0);
	(void)ualarm(20000, 20000);
	ck_assert_int_eq(mr_program_wait(pid, &status), 0);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(mr_program_wait(pid, &status), -ECHILD);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/program", &tc);

	tcase_add_loop_test(tc, finds_programs, 0, UNIT_COUNT(finds));
	tcase_add_loop_test(tc, executes_or_says_why_not, 0, UNIT_COUNT(execs));
	tcase_add_test(tc, a_missing_loader_is_a_bad_interpreter);
	tcase_add_test(tc, a_program_that_is_being_written);
	tcase_add_loop_test(tc, names_of_any_length, 0, UNIT_COUNT(names));
	tcase_add_test(tc, arguments_at_the_limit);
	tcase_add_test(tc, helpers_get_their_streams);
	tcase_add_test(tc, helpers_get_their_signals);
	tcase_add_test(tc, helpers_that_do_not_start);
	tcase_add_test(tc, waiting_is_not_interrupted);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

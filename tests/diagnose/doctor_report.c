/*
 * Examinations in other places.
 */
#include "doctor_report.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const ids[REPORT_LINES] = {
	"main-job",
	"user-namespace",
	"cgroup-namespace",
	"ipc-namespace",
	"mnt-namespace",
	"net-namespace",
	"pid-namespace",
	"time-namespace",
	"uts-namespace",
	"nesting",
	"map-single",
	"subordinate-users",
	"subordinate-groups",
	"newuidmap",
	"newgidmap",
	"map-auto",
	"setgroups",
	"mount-tmpfs",
	"mount-proc",
	"mount-overlay",
	"mount-fuse",
	"proc",
	"proc-masked",
	"proc-hidepid",
	"cgroup",
	"cgroup-controllers",
	"tun",
	"slirp4netns",
	"pasta",
	"veth",
	"seccomp",
	"no-new-privs",
	"lsm",
	"landlock",
	"chroot",
	"container",
	"kernel",
};

static int collect(void *arg, const struct maproot_finding *finding)
{
	struct report *report = arg;

	if (report->count == REPORT_LINES || strcmp(finding->id, ids[report->count]) != 0)
		return -EILSEQ;
	(void)snprintf(report->line[report->count++], REPORT_LINE_SIZE, "%s=%s:%s|%s|%s|%s", finding->id,
		       maproot_finding_state_name(finding->state), finding->cause_id, finding->text, finding->cause,
		       finding->remedy);
	return 0;
}

struct examination {
	void (*prepare)(void); /* as root; for good */
	const char *root;
	int program;
	int out;
};

static void send_report(int out, const struct report *report)
{
	const char *bytes = (const char *)report;

	for (size_t sent = 0; sent < sizeof(*report);) {
		ssize_t written = write(out, bytes + sent, sizeof(*report) - sent);

		if (written <= 0)
			_exit(98);
		sent += (size_t)written;
	}
}

/* The program itself, doing what the report says it can do, or not. */
static bool works(int program)
{
	char *const argv[] = { (char *)"maproot", (char *)"/bin/true", NULL };
	char *const envp[] = { (char *)"PATH=/usr/bin:/bin", NULL };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		(void)dup2(null, STDERR_FILENO);
		(void)syscall(SYS_execveat, program, "", argv, envp, AT_EMPTY_PATH);
		_exit(95);
	}
	/* Where there is no command either, it has got as far as that. */
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 127);
}

static int examine_there(void *arg)
{
	const struct examination *examination = arg;
	struct report *report = calloc(1, sizeof(*report));
	struct maproot_error err = MAPROOT_ERROR_INIT;

	examination->prepare();
	if (!report || maproot_doctor(examination->root, collect, report, &report->usable, &err) != 0)
		support_die("the examination failed: %s (%d, after %zu)", err.object, err.code, report ? report->count : 0);
	if (!examination->root && works(examination->program) != report->usable)
		return 96;
	send_report(examination->out, report);
	return 0;
}

struct report *report_of(void (*prepare)(void), const char *root)
{
	struct report *report = calloc(1, sizeof(*report));
	struct examination examination = {
		.prepare = prepare,
		.root = root,
		.program = open(support_maproot(MAPROOT_PATH), O_RDONLY | O_CLOEXEC),
	};
	int ends[2];
	size_t got = 0;

	if (!report || pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[1], F_SETPIPE_SZ, 1 << 17) < 0)
		support_die("pipe");
	examination.out = fcntl(ends[1], F_DUPFD_CLOEXEC, 3);
	(void)close(ends[1]);
	ck_assert_int_eq(unit_in_child(examine_there, &examination), 0);
	(void)close(examination.out);
	(void)close(examination.program);
	for (ssize_t part = 1; part > 0 && got < sizeof(*report); got += (size_t)part)
		part = read(ends[0], (char *)report + got, sizeof(*report) - got);
	(void)close(ends[0]);
	ck_assert_uint_eq(got, sizeof(*report));
	ck_assert_uint_eq(report->count, REPORT_LINES);
	return report;
}

/* What is different, but for what follows from there being no user namespace: " ID=STATE:CAUSE" each. */
static const char *differences(const struct report *before, const struct report *now)
{
	static char text[REPORT_LINE_SIZE * 4];

	text[0] = '\0';
	for (size_t at = 0; at < REPORT_LINES; at++) {
		size_t length = strcspn(now->line[at], "|");

		if (strcspn(before->line[at], "|") == length && strncmp(before->line[at], now->line[at], length) == 0)
			continue;
		if (strstr(now->line[at], "=no:user-namespace-needed|"))
			continue;
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), " %.*s", (int)length, now->line[at]);
	}
	return text[0] == ' ' ? text + 1 : text;
}

void report_check(const struct report *before, const struct report *now, const char *want, const char *how)
{
	const char *said = differences(before, now);

	ck_assert_msg(strcmp(said, want) == 0, "%s:\nwanted: %s\nsaid:   %s", how, want, said);
	ck_assert_msg(now->usable == (strncmp(now->line[0], "main-job=ok:|", 13) == 0), "%s: %s", how, now->line[0]);
}

const char *report_line(const struct report *report, const char *id)
{
	size_t at = 0;

	while (at < REPORT_LINES && strcmp(ids[at], id) != 0)
		at++;
	ck_assert_uint_lt(at, REPORT_LINES);
	return report->line[at];
}

/*
 * Contract: whichever system call of a run fails, with whatever errno it may fail, the run ends
 * within two seconds, leaves no process, never gives the command less than it was promised, and
 * either says which step failed and ends with status 125, or is not harmed, by a row of the list
 * below that gives the reason. An interrupted call has no effect at all; a map that was not written
 * whole counts as not written.
 *
 *   test_fail_sweep MODE     (arena.c has the modes)
 */
#include "support.h"
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define ERRNOS 7

/* What a call may fail with, the most telling first. EINTR stands at the end: it is asked for in
 * every size. */
static const struct {
	int number;
	int code[ERRNOS];
} failures[] = {
	/* cannot fail, or only where the program itself is broken */
	{ SYS_exit, { 0 } },
	{ SYS_exit_group, { 0 } },
	{ SYS_rt_sigreturn, { 0 } },
	{ SYS_getpid, { 0 } },
	{ SYS_getppid, { 0 } },
	{ SYS_gettid, { 0 } },
	{ SYS_umask, { 0 } },
	{ SYS_getuid, { 0 } },
	{ SYS_geteuid, { 0 } },
	{ SYS_getgid, { 0 } },
	{ SYS_getegid, { 0 } },
	{ SYS_set_tid_address, { 0 } },
	{ SYS_restart_syscall, { 0 } },
	{ SYS_rt_sigpending, { 0 } },
	{ SYS_setitimer, { 0 } },
#ifdef SYS_arch_prctl
	{ SYS_arch_prctl,
	  { 0 } }, /* where libc keeps its thread pointer: it stops the program without */
#endif
#ifdef SYS_open
	{ SYS_open, { EMFILE, EACCES, ENOENT, ENFILE, ENOMEM, EIO, EINTR } },
	{ SYS_readlink, { EACCES, ENOENT, ENOMEM, EIO } },
	{ SYS_stat, { EACCES, ENOMEM, ENOENT } },
	{ SYS_access, { EACCES, ENOMEM, ENOENT } },
	{ SYS_pipe, { EMFILE, ENFILE } },
	{ SYS_poll, { ENOMEM, EINTR } },
	{ SYS_pause, { EINTR } },
	{ SYS_fork, { EAGAIN, ENOMEM } },
	{ SYS_vfork, { EAGAIN, ENOMEM } },
	{ SYS_mkdir, { EACCES, ENOSPC, EROFS } },
	{ SYS_symlink, { EACCES, ENOSPC, EROFS } },
	{ SYS_dup2, { EMFILE } },
#endif
	{ SYS_openat, { EMFILE, EACCES, ENOENT, ENFILE, ENOMEM, EIO, EINTR } },
	{ SYS_readlinkat, { EACCES, ENOENT, ENOMEM, EIO } },
	{ SYS_newfstatat, { EACCES, ENOMEM, ENOENT } },
	{ SYS_fstat, { EIO, ENOMEM } },
	{ SYS_statx, { EACCES, ENOSYS, ENOMEM } },
	{ SYS_statfs, { EACCES, EIO } },
	{ SYS_fstatfs, { EIO, ENOMEM } },
	{ SYS_faccessat, { EACCES, ENOMEM, ENOENT } },
	{ SYS_faccessat2, { EACCES, ENOSYS, ENOMEM } },
	{ SYS_read, { EIO, ENOMEM, EINTR } },
	{ SYS_pread64, { EIO, ENOMEM, EINTR } },
	{ SYS_readv, { EIO, ENOMEM, EINTR } },
	{ SYS_write, { EPERM, EIO, EINVAL, ENOSPC, ENOMEM, EINTR } },
	{ SYS_writev, { EPERM, EIO, EINTR } },
	{ SYS_close, { EIO, EINTR } },
	{ SYS_close_range, { ENOSYS, ENOMEM, EMFILE } },
	{ SYS_lseek, { EINVAL, ESPIPE } },
	{ SYS_getdents64, { EIO, ENOENT } },
	{ SYS_fcntl, { EMFILE, EINVAL } },
	{ SYS_dup, { EMFILE } },
	{ SYS_dup3, { EMFILE } },
	{ SYS_pipe2, { EMFILE, ENFILE } },
	{ SYS_socketpair, { EMFILE, ENOMEM } },
	{ SYS_socket, { EMFILE, EACCES, ENOMEM } },
	{ SYS_ioctl, { EPERM, EIO, ENOTTY } },
	{ SYS_sendto, { EPERM, ENOBUFS, EINTR } },
	{ SYS_recvfrom, { ENOMEM, ECONNRESET, EINTR } },
	{ SYS_sendmsg, { EPERM, ENOBUFS, EINTR } },
	{ SYS_recvmsg, { ENOMEM, ECONNRESET, EINTR } },
	{ SYS_shutdown, { ENOTCONN } },
	{ SYS_bind, { EACCES, EADDRINUSE } },
	{ SYS_connect, { ECONNREFUSED, EACCES, EINTR } },
	{ SYS_mmap, { ENOMEM, EPERM } },
	{ SYS_munmap, { ENOMEM } },
	{ SYS_mremap, { ENOMEM } },
	{ SYS_mprotect, { ENOMEM, EACCES } },
	{ SYS_madvise, { ENOMEM, EINVAL } },
	{ SYS_brk, { ENOMEM } },
	{ SYS_futex, { EAGAIN, EINTR } },
	{ SYS_set_robust_list, { EINVAL } },
	{ SYS_rseq, { ENOSYS } },
	{ SYS_getrandom, { ENOSYS, EINTR } },
	{ SYS_prlimit64, { EPERM, EINVAL } },
	{ SYS_uname, { EFAULT } },
	{ SYS_prctl, { EPERM, EINVAL } },
	{ SYS_capget, { EPERM, EINVAL } },
	{ SYS_capset, { EPERM, EINVAL } },
	{ SYS_seccomp, { EINVAL, EACCES } },
	{ SYS_clone, { EPERM, EAGAIN, ENOMEM, ENOSPC, EUSERS, EINVAL } },
	{ SYS_clone3, { ENOSYS, EPERM, EAGAIN, ENOMEM, ENOSPC } },
	{ SYS_unshare, { EPERM, ENOMEM, ENOSPC, EUSERS, EINVAL } },
	{ SYS_setns, { EPERM, EINVAL, ENOMEM } },
	{ SYS_execve, { EACCES, ENOENT, ENOMEM, E2BIG, EIO, EAGAIN, ETXTBSY } },
	{ SYS_execveat, { EACCES, ENOENT, ENOMEM } },
	{ SYS_setgroups, { EPERM, ENOMEM } },
	{ SYS_getgroups, { EINVAL } },
	{ SYS_setuid, { EPERM, EAGAIN } },
	{ SYS_setgid, { EPERM } },
	{ SYS_setresuid, { EPERM, EAGAIN, EINVAL } },
	{ SYS_setresgid, { EPERM, EINVAL } },
	{ SYS_getresuid, { EFAULT } },
	{ SYS_getresgid, { EFAULT } },
	{ SYS_sethostname, { EPERM } },
	{ SYS_mount, { EPERM, EACCES, ENOMEM, ENOENT, EINVAL, EBUSY } },
	{ SYS_umount2, { EPERM, EBUSY } },
	{ SYS_pivot_root, { EPERM, EBUSY, EINVAL } },
	{ SYS_mkdirat, { EACCES, ENOSPC, EROFS } },
	{ SYS_symlinkat, { EACCES, ENOSPC, EEXIST } },
	{ SYS_mknodat, { EPERM, EACCES } },
	{ SYS_chdir, { EACCES, ENOENT, ENOMEM } },
	{ SYS_fchdir, { EACCES, EIO } },
	{ SYS_chroot, { EPERM } },
	{ SYS_getcwd, { ENOENT, ENOMEM } },
	{ SYS_kill, { EPERM, ESRCH } },
	{ SYS_tkill, { EPERM, ESRCH } },
	{ SYS_tgkill, { EPERM, ESRCH } },
	{ SYS_rt_sigprocmask, { EINVAL, EFAULT } },
	{ SYS_rt_sigaction, { EINVAL, EFAULT } },
	{ SYS_sigaltstack, { ENOMEM, EPERM } },
	{ SYS_rt_sigtimedwait, { EAGAIN, EINVAL, EINTR } },
	{ SYS_rt_sigsuspend, { EINTR } },
	{ SYS_rt_sigqueueinfo, { EPERM, EAGAIN } },
	{ SYS_memfd_create, { EMFILE, ENOMEM, ENFILE, ENOSYS } },
	{ SYS_signalfd4, { EMFILE, ENOMEM } },
	{ SYS_pidfd_open, { ENOSYS, EMFILE, EPERM } },
	{ SYS_pidfd_send_signal, { ENOSYS, EPERM, ESRCH } },
	{ SYS_wait4, { ECHILD, EINTR } },
	{ SYS_waitid, { ECHILD, EINVAL, EINTR } },
	{ SYS_ppoll, { ENOMEM, EINTR } },
	{ SYS_nanosleep, { EINTR } },
	{ SYS_clock_nanosleep, { EINTR } },
	{ SYS_clock_gettime, { EINVAL } },
	{ SYS_getrlimit, { EINVAL } },
	{ SYS_setrlimit, { EPERM } },
	{ SYS_getpgid, { ESRCH } },
	{ SYS_getsid, { ESRCH, EPERM } },
	{ SYS_setpgid, { EPERM, EACCES } },
	{ SYS_sched_yield, { 0 } },
};

/*
 * What may fail without harm. A row without a mode is for all of them; `detail` is a part of what
 * the call is about as SWEEP_VERBOSE=1 shows it; code 0: whatever it failed with. Each with the
 * reason.
 */
static const struct tolerated {
	const char *mode;
	const char *call;
	const char *detail;
	int code;
	const char *reason;
} tolerated[] = {
	{ NULL, "close", NULL, 0,
	  "the descriptor is gone whatever close(2) says; nothing was written that could be lost" },
	{ NULL, "close_range", NULL, ENOSYS, "then they are closed one by one" },
	{ NULL, "close_range", "0", 0, "the wrapper holds on to descriptors that it does not use" },
	{ NULL, "munmap", NULL, 0, "the memory stays until the program ends, which is soon" },
	{ NULL, "brk", NULL, 0, "C library: it allocates by mmap(2) instead" },
	{ NULL, "mmap", NULL, 0,
	  "C library: its heap takes what it needs elsewhere, or does without a guard" },
	{ NULL, "fcntl", "cmd=0x2", 0, "C library: says again what O_CLOEXEC has said already" },
	{ NULL, "getrandom", NULL, 0,
	  "C library: where its heap keeps freed memory need not be a secret" },
	{ NULL, "capget", "version", 0,
	  "libcap: asks at its start which version the kernel speaks, and has a default" },
	{ NULL, "prctl", "0x17", 0,
	  "libcap: counts the capabilities of the kernel at its start, and has a default" },
	{ NULL, "prctl", "0x10", 0,
	  "PR_GET_NAME, of a valid buffer: cannot fail; the command would be renamed" },
	{ NULL, "prctl", "0xf", 0,
	  "PR_SET_NAME, of a valid buffer: cannot fail; the process would be misnamed" },
	{ NULL, "prctl", "0x25", 0, "PR_GET_CHILD_SUBREAPER, of a valid pointer: cannot fail" },
	{ NULL, "openat", "/etc/nsswitch.conf", ENOENT,
	  "as on a machine without: then the files hold" },
	{ NULL, "open", "/etc/nsswitch.conf", ENOENT, "likewise" },
	{ NULL, "stat", "/new", 0,
	  "a helper: directories of PATH where it can't be found are passed over" },
	{ NULL, "newfstatat", "/new", 0, "likewise" },
	{ NULL, "access", "/new", 0, "likewise" },
	{ NULL, "faccessat", "/new", 0, "likewise" },
	{ NULL, "stat", "/maproot", 0,
	  "a name under which this program can't be found any more tells nothing" },
	{ NULL, "newfstatat", "/maproot", 0, "likewise" },
	{ NULL, "getresuid", NULL, EFAULT,
	  "asked to spare setting ids that are right; without an answer they are set" },
	{ NULL, "getresgid", NULL, EFAULT, "likewise" },
	{ NULL, "pidfd_open", NULL, ENOSYS,
	  "before Linux 5.3: a pipe says whether the wrapper lives" },
	{ "spawn", "pidfd_open", NULL, 0,
	  "the child is known by its pid; callers do without where the kernel has none" },
	{ NULL, "kill", NULL, 0,
	  "the init, when the command has ended: it dies with the wrapper as well" },
	{ NULL, "wait4", NULL, ECHILD, "likewise" },
	{ NULL, "rt_sigtimedwait", NULL, EAGAIN,
	  "as when a time limit is over: the wrapper looks and waits again" },
	{ NULL, "prlimit64", NULL, 0,
	  "keeps room for signals that are handed on; a full queue is waited for, too" },
	{ "root", "open", "/etc/resolv.conf", EACCES,
	  "a host where this user has none has none to give" },
	{ "root", "openat", "/etc/resolv.conf", EACCES, "likewise" },
	{ "root", "open", "/etc/resolv.conf", ENOENT, "likewise" },
	{ "root", "openat", "/etc/resolv.conf", ENOENT, "likewise" },
	{ "root", "access", "/etc", 0, "nobody reads a resolv.conf where /etc can't be reached" },
	{ "root", "faccessat", "/etc", 0, "likewise" },
	{ "root", "stat", "/", 0,
	  "a mount point that can't be seen is made, which says that it is there" },
	{ "root", "newfstatat", "/", 0, "likewise" },
	{ NULL, "pidfd_send_signal", NULL, EPERM,
	  "asked whether a process is still there, which it is if it may not be sent signals" },
	{ NULL, "pidfd_send_signal", NULL, ENOSYS,
	  "a kernel with pidfds has it (Linux 5.1); dead, the process would be found out when it is entered" },
	{ NULL, "stat", "/proc/thread-self/ns/", 0,
	  "asked to spare entering where we are; what is not known to be the same is entered" },
	{ NULL, "newfstatat", "/proc/thread-self/ns/", 0, "likewise" },
	{ NULL, "access", "/proc/self/exe", 0, "whether others could write to the program: not known to be so, it runs from a copy" },
	{ NULL, "faccessat", "/proc/self/exe", 0, "likewise" },
	{ NULL, "prctl", "0x3", 0, "PR_GET_DUMPABLE: cannot fail; without an answer the process stays hidden" },
	{ "join", "setgroups", NULL, EPERM, "where nothing is said, groups are dropped if the namespace lets one" },
	{ "join-in-place", "setgroups", NULL, EPERM, "likewise" },
	{ "join-in-place", "open", ".", EACCES,
	  "from a directory that can't be reached there is no way back, only a way in" },
	{ "join-in-place", "openat", ".", EACCES, "likewise" },
	{ "hook", "pidfd_open", NULL, 0, "a helper's end is looked for again and again then, and a child known by its pid" },
	{ "hook", "signalfd4", NULL, 0, "signals that end the wrapper are looked for again and again then" },
	{ "hook", "poll", NULL, 0, "waiting for a helper goes on" },
	{ NULL, NULL, NULL, 0, NULL },
};

/* Asked, not set: it can't fail, and without an answer a signal is not heeded while a helper runs. */
static bool is_question(const struct inject_point *point)
{
	return point->number == SYS_rt_sigaction && point->argument[1] == 0;
}

/* All namespaces in one call, which not every kernel can: then they are entered one by one, as the payload sees. */
static bool is_tried_otherwise(const struct inject_point *point)
{
	return point->number == SYS_setns && (point->argument[1] & (point->argument[1] - 1)) != 0;
}

/* What must never be in that list. */
static bool is_sacred(const struct tolerated *row)
{
	static const char *const calls[] = {
		"unshare", "clone", "clone3", "mount", "setns", "setresuid",
		"setresgid", "setuid", "setgid", "capset", "rt_sigprocmask", "pivot_root"
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(row->call, calls[i]) == 0)
			return true;
	/* option 1 is PR_SET_PDEATHSIG; a row for all options would include it */
	if (strcmp(row->call, "prctl") == 0)
		return !row->detail || strcmp(row->detail, "0x1") == 0;
	if (strcmp(row->call, "write") == 0)
		return !row->detail || strstr(row->detail, "map") ||
		       strstr(row->detail, "setgroups");
	return false;
}

struct job {
	const struct inject_point *point;
	enum inject_action action;
	int code;
};

struct sweep {
	const struct inject_run *run;
	const struct arena_mode *mode;
	struct job *job;
	size_t count;
};

/*
 * What cannot be said, only ended with status 125: the wrapper has closed its descriptors, standard
 * error too, so that a pipe which the command closes is closed. These calls cannot fail as it makes
 * them.
 */
static bool is_past_speaking(const struct inject_point *point)
{
	const char *call = inject_call_name(point->number);

	return strcmp(point->path, "0") == 0 &&
	       (strcmp(call, "wait4") == 0 || strcmp(call, "rt_sigtimedwait") == 0);
}

/*
 * posix_spawn(3), which starts the id map helpers, does not look at what cannot fail: how signals
 * are set with valid arguments, and the read that tells it of exec. All of that is the C library's:
 * the wrapper itself has blocked its signals before it has any child.
 */
static bool is_in_posix_spawn(const struct sweep *sweep, const struct inject_point *point, int code)
{
	const char *call = inject_call_name(point->number);
	/*
	 * in place it is not the wrapper that starts them, but a process that stays behind and does
	 * * only that
	 */
	const char *starter = sweep->mode->in_place ? "0.1" : "0";
	bool signals = strcmp(call, "rt_sigprocmask") == 0;

	if (!sweep->mode->auto_map || point->image != INJECT_PROGRAM)
		return false;
	/* the wrapper itself never makes this one: glibc falls back to clone(2) */
	if (strcmp(call, "clone3") == 0)
		return code == ENOSYS;
	if (strcmp(point->path, starter) == 0)
		return (sweep->mode->in_place || point->children > 0) &&
		       (signals || strncmp(point->detail, "pipe:", 5) == 0);
	return strncmp(point->path, starter, strlen(starter)) == 0 &&
	       (sweep->mode->in_place || strcmp(point->path, "0.1") != 0) &&
	       (signals || strcmp(call, "rt_sigaction") == 0);
}

/* Errnos that a call has in general, and not where it is made. */
static bool is_impossible(const struct sweep *sweep, const struct inject_point *point, int code)
{
	/*
	 * The wrapper believes that the command is no child of its own any more, and waits for the
	 * init alone: which the kernel, having lied, lets end only when the command is waited for.
	 */
	if (code == ECHILD && strcmp(sweep->mode->pid, "2") == 0 && point->number == SYS_wait4 &&
	    (point->argument[2] & WNOHANG))
		return true;
	/*
	 * glibc takes what a failed call left in its memory for the former mask, and sets that: which
	 * signals are blocked afterwards is chance
	 */
	if (point->number == SYS_rt_sigprocmask && is_in_posix_spawn(sweep, point, code))
		return true;
	/* opening this device never waits */
	if (code == EINTR && strcmp(point->detail, "/dev/null") == 0)
		return true;
	/* what the kernel says there anyway, as group 5 is not mapped */
	if (code == EINVAL && point->number == SYS_mount && strcmp(point->detail, "/dev/pts") == 0)
		return true;
	/* a kernel without that type of namespace: then it is not among all of them */
	if (code == ENOENT && strncmp(point->detail, "/proc/self/ns/", 14) == 0)
		return true;
	/* a machine without user names: then ranges by name are nobody's, which is no failure */
	return code == ENOENT && strcmp(point->detail, "/etc/passwd") == 0;
}

static const struct tolerated *find_tolerated(const struct sweep *sweep,
					      const struct inject_point *point, int code)
{
	for (const struct tolerated *row = tolerated; row->call; row++)
		if ((!row->mode || strcmp(row->mode, sweep->mode->name) == 0) &&
		    strcmp(row->call, inject_call_name(point->number)) == 0 &&
		    (!row->detail || strstr(point->detail, row->detail)) &&
		    (row->code == 0 || row->code == code))
			return row;
	return NULL;
}

/* A helper is a program of others: it may get over what it likes, and it has its own ways to fail.
 */
static const char *judge(const struct sweep *sweep, const struct job *job,
			 const struct inject_result *result, enum sweep_outcome *ret_outcome)
{
	const char *flaw = sweep_flaw(result);
	bool helper = result->point.image == INJECT_HELPER;
	bool exec = strcmp(inject_call_name(result->point.number), "execve") == 0;
	int status = WIFEXITED(result->status) ? WEXITSTATUS(result->status) : -1;

	*ret_outcome = flaw ? SWEEP_REPORTED : SWEEP_TOLERATED;
	if (!result->ended)
		return "hangs";
	if (result->survivors > 0)
		return "processes are left";
	/* A wrapper that is told of no child ends, and its death ends the command; unless that was just ending by itself. */
	if (result->payload_survived && result->point.number != SYS_wait4)
		return "the command outlived the wrapper";
	if (sweep_less(result))
		return "the command ran in less than it was promised";
	if (!flaw && (helper || job->code == EINTR))
		return NULL;
	if (!flaw)
		return find_tolerated(sweep, &result->point, job->code) ||
				       is_in_posix_spawn(sweep, &result->point, job->code) ||
				       is_tried_otherwise(&result->point) || is_question(&result->point) ?
			       NULL :
			       "the failure went unnoticed";
	if (job->code == EINTR && !helper)
		return "an interrupted call had an effect";
	if (status != 125 && !(exec && (status == 126 || status == 127)))
		return "not status 125";
	if (is_past_speaking(&result->point) && result->diagnostics[0] == '\0')
		return NULL;
	return sweep_names_step(result->diagnostics) ? NULL : "no message that names the step";
}

static enum sweep_outcome work(void *arg, size_t index, struct sweep_job *record)
{
	const struct sweep *sweep = arg;
	const struct job *job = &sweep->job[index];
	struct inject_run run = *sweep->run;
	enum sweep_outcome outcome = SWEEP_MISSED;
	struct inject_result result;
	char point[200], what[48];
	const char *complaint = NULL;

	run.action = job->action;
	run.at = job->point;
	run.code = job->code;
	/*
	 * a second look where the point was not reached, or where the machine may just have been
	 * * busy
	 */
	for (int attempt = 0; attempt < 8; attempt++) {
		if (inject_run(&run, &result) < 0)
			return SWEEP_UNDONE;
		if (!result.hit || result.point.number != job->point->number)
			continue;
		record->seconds = result.leftover_seconds;
		complaint = judge(sweep, job, &result, &outcome);
		if (!complaint && result.seconds > 2)
			complaint = "ends after more than two seconds";
		else if (!complaint && result.leftover_seconds > 0.2)
			complaint = "the last process ends more than 200 ms after the program";
		else
			break;
	}
	inject_point_format(outcome == SWEEP_MISSED ? job->point : &result.point, point,
			    sizeof(point));
	if (job->action == INJECT_FAIL)
		snprintf(what, sizeof(what), "%s", strerror(job->code));
	else
		snprintf(what, sizeof(what), "%s",
			 job->action == INJECT_SHORT ? "short" : "cut by one");
	snprintf(record->text, sizeof(record->text), "%s %s: %s [status %#x] %.90s %.140s", point,
		 what, complaint ? complaint : "", (unsigned int)result.status, result.output,
		 result.diagnostics);
	for (char *c = record->text; *c; c++)
		if (*c == '\n')
			*c = ' ';
	return complaint ? SWEEP_BAD : outcome;
}

static void add_job(struct sweep *sweep, const struct inject_point *point,
		    enum inject_action action, int code)
{
	sweep->job = realloc(sweep->job, (sweep->count + 1) * sizeof(*sweep->job));
	if (!sweep->job)
		exit(1);
	sweep->job[sweep->count++] = (struct job){ point, action, code };
}

/* Returns false for a call that the table doesn't have. */
static bool add_jobs(struct sweep *sweep, const struct inject_point *point)
{
	bool helper = point->image == INJECT_HELPER;
	int most = helper ? support_size(0, 1, 2) : support_size(1, ERRNOS, ERRNOS);

	/* what other people's programs do is only of interest for what comes back from them */
	if (helper && point->sequence % (unsigned int)support_size(1, 8, 1) != 0)
		return true;
	if (point->number == SYS_write && strstr(point->detail, "_map")) {
		add_job(sweep, point, INJECT_SHORT, 0);
		add_job(sweep, point, INJECT_TRIM, 0);
	}
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].number != point->number)
			continue;
		for (int k = 0; k < ERRNOS && failures[i].code[k]; k++)
			if (!is_impossible(sweep, point, failures[i].code[k]) &&
			    (k < most || (!helper && failures[i].code[k] == EINTR)))
				add_job(sweep, point, INJECT_FAIL, failures[i].code[k]);
		return true;
	}
	return helper;
}

int main(int argc, char **argv)
{
	static struct arena arena;
	struct inject_run run;
	struct inject_list list = { .point = NULL };
	struct sweep sweep = { .run = &run };
	size_t bad = 0;

	sweep.mode = sweep_begin(argc, argv, ARENA_PLAIN, &arena, &run);
	run.helpers = true;
	for (const struct tolerated *row = tolerated; row->call; row++)
		if (is_sacred(row)) {
			printf("BAD %s may not be in the list of what is tolerated\n", row->call);
			bad++;
		}
	sweep_list(&run, &list);
	for (size_t i = 0; i < list.count; i++)
		if (!add_jobs(&sweep, &list.point[i])) {
			printf("BAD no errno is listed for %s\n",
			       inject_call_name(list.point[i].number));
			bad++;
		}
	bad += sweep_report(sweep.mode->name, sweep_run(sweep.count, work, &sweep), sweep.count);
	bad += (size_t)arena_leftovers(&arena);
	inject_list_done(&list);
	free(sweep.job);
	return bad ? 1 : 0;
}

/*
 * Runs a command as if the kernel were Linux 4.18: whatever was added later answers as it did
 * there.
 *
 *   faults-deny COMMAND [ARG]...      run it
 *   faults-deny --check               say whether the filter does what it says, call by call
 *
 * Calls added later: ENOSYS. Later flags and options of older calls: EINVAL, where 4.18 said so;
 * CLONE_PIDFD, which 4.18 passed over in silence, too, so that nobody may rely on it. Run by root
 * the filter needs no no_new_privs, so that set-user-ID helpers still work below it.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the system call numbers of this architecture are not known here"
#endif

#define FIRST_LATER  __NR_rseq /* added during 4.18; every number from here up is that or later */
#define PRCTL_LAST   53        /* PR_SET_SPECULATION_CTRL, 4.17 */
#define PRCTL_VMA    0x53564d41
#define X32_BIT      0x40000000
#define WAIT_P_PIDFD 3      /* 5.4 */
#define NEWTIME      0x80   /* 5.6 */
#define PIDFD        0x1000 /* 5.2 */

#define LOAD(field)        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_ARGUMENT(n)   LOAD(args[n])
#define ANSWER(code)       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (code))
#define ALLOW              BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define UNLESS_CALL(nr, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, (n))

/* Arguments are looked at by their low 32 bits: x86_64 and aarch64 are little-endian here. */
static const struct sock_filter program[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_LATER, 0, 1),
	ANSWER(ENOSYS),
	UNLESS_CALL(__NR_clone, 4),
	LOAD_ARGUMENT(0),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PIDFD, 0, 1),
	ANSWER(EINVAL),
	ALLOW,
	UNLESS_CALL(__NR_unshare, 4),
	LOAD_ARGUMENT(0),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEWTIME, 0, 1),
	ANSWER(EINVAL),
	ALLOW,
	UNLESS_CALL(__NR_setns, 4),
	LOAD_ARGUMENT(1),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEWTIME, 0, 1),
	ANSWER(EINVAL),
	ALLOW,
	UNLESS_CALL(__NR_waitid, 4),
	LOAD_ARGUMENT(0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WAIT_P_PIDFD, 0, 1),
	ANSWER(EINVAL),
	ALLOW,
	UNLESS_CALL(__NR_prctl, 6),
	LOAD_ARGUMENT(0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PRCTL_VMA, 2, 0),
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, PRCTL_LAST, 0, 2),
	/* the last one before it that is no plain number is PR_SET_PTRACER */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x59616d61, 1, 0),
	ANSWER(EINVAL),
	ALLOW,
	ALLOW,
};

static int install(void)
{
	struct sock_fprog filter = {
		.len = sizeof(program) / sizeof(program[0]),
		.filter = (struct sock_filter *)program,
	};

	if (syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0)
		return 0;
	/* without the right to install one as it is */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0 ? -errno : 0;
}

static int wrong;

static void expect(const char *what, long answer, int code)
{
	int got = answer < 0 ? errno : 0;

	if (got == code)
		return;
	printf("%s: %s, not %s\n", what, strerror(got), strerror(code));
	wrong++;
}

/* Every number, so that a hole in the filter is not a matter of which names this file happens to
 * list. */
static void check_numbers(void)
{
	char what[32];

	for (long number = FIRST_LATER; number < 1024; number++) {
		/*
		 * the gap to where all architectures count alike: nothing, or traps of the kernel's
		 * * own
		 */
		if (number > FIRST_LATER && number < 424)
			continue;
		snprintf(what, sizeof(what), "call %ld", number);
		errno = 0;
		expect(what, syscall(number, -1, -1, -1, -1, -1, -1), ENOSYS);
	}
}

static int check(void)
{
	pid_t pid;

	check_numbers();
	expect("clone with a pidfd", syscall(__NR_clone, PIDFD | SIGCHLD, 0, &pid, 0, 0), EINVAL);
	expect("unshare of time", syscall(__NR_unshare, NEWTIME), EINVAL);
	expect("wait for a pidfd", syscall(__NR_waitid, WAIT_P_PIDFD, 1, NULL, WEXITED, NULL),
	       EINVAL);
	expect("prctl 57", prctl(57, 0, 0, 0, 0), EINVAL);
	expect("name of a mapping", prctl(PRCTL_VMA, 0, 0, 0, 0), EINVAL);
	/* and what 4.18 had still works */
	expect("getpid", syscall(__NR_getpid), 0);
	expect("death signal", prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0), 0);
	expect("unshare of nothing", syscall(__NR_unshare, 0), 0);
	pid = (pid_t)syscall(__NR_clone, SIGCHLD, 0, NULL, 0, 0);
	if (pid == 0)
		_exit(7);
	expect("clone", pid, 0);
	expect("wait", pid > 0 ? waitpid(pid, NULL, 0) : -1, 0);
	return wrong ? 1 : 0;
}

int main(int argc, char **argv)
{
	int r;

	if (argc < 2) {
		fprintf(stderr, "usage: %s --check | COMMAND [ARG]...\n", argv[0]);
		return 2;
	}
	r = install();
	if (r < 0) {
		fprintf(stderr, "%s: cannot install the filter: %s\n", argv[0], strerror(-r));
		return 1;
	}
	if (strcmp(argv[1], "--check") == 0)
		return check();
	execvp(argv[1], argv + 1);
	fprintf(stderr, "%s: cannot execute %s: %s\n", argv[0], argv[1], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}

/*
 * Cloning into a group: clone3(2) with CLONE_INTO_CGROUP (Linux 5.7). The C library has no function for it, and a
 * child on another stack can't return from the one that made it: so the call and what follows it in the child are a
 * few instructions for each architecture. Elsewhere there is no such thing, as on older kernels.
 */
#include "system/cgroup.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

/* As the kernel has it since 5.7. */
struct arguments {
	uint64_t flags;
	uint64_t pidfd;
	uint64_t child_tid;
	uint64_t parent_tid;
	uint64_t exit_signal;
	uint64_t stack;
	uint64_t stack_size;
	uint64_t tls;
	uint64_t set_tid;
	uint64_t set_tid_size;
	uint64_t cgroup;
};

/* Where the kernel puts the stack pointer: the sum of the two is all that it wants. */
enum { STACK_PART = 4096 };

#if defined(__x86_64__) && !defined(__ILP32__)
#define HAS_CLONE 1

/* What is in rbx, r12 and r13 is there in the child too. Parameters of `body` are in rdi. */
static long clone_and_call(const struct arguments *arguments, int (*body)(void *), void *argument)
{
	register int (*called)(void *) __asm__("r12") = body;
	register void *with __asm__("r13") = argument;
	long result = 435; /* clone3 */

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %[argument], %%rdi\n\t"
			 "call *%[body]\n\t"
			 "mov %%eax, %%edi\n\t"
			 "mov $60, %%eax\n\t" /* exit */
			 "syscall\n\t"
			 "hlt\n"
			 "1:"
			 : "+a"(result)
			 : "D"(arguments), "S"(sizeof(*arguments)), [body] "r"(called), [argument] "r"(with)
			 : "rcx", "r11", "memory", "cc");
	return result;
}

#elif defined(__aarch64__) && !defined(__ILP32__)
#define HAS_CLONE 1

static long clone_and_call(const struct arguments *arguments, int (*body)(void *), void *argument)
{
	register long first __asm__("x0") = (long)arguments;
	register long second __asm__("x1") = (long)sizeof(*arguments);
	register long number __asm__("x8") = 435; /* clone3 */
	register int (*called)(void *) __asm__("x10") = body;
	register void *with __asm__("x11") = argument;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "mov x30, xzr\n\t"
			 "mov x0, x11\n\t"
			 "blr x10\n\t"
			 "mov x8, #93\n\t" /* exit */
			 "svc #0\n\t"
			 "brk #0\n"
			 "1:"
			 : "+r"(first)
			 : "r"(second), "r"(number), "r"(called), "r"(with)
			 : "memory", "cc");
	return first;
}

#else
#define HAS_CLONE 0
#endif

#if HAS_CLONE

/* A copy of the memory, which returns twice: no C library function that knows of forks runs in the child. */
static long copy(const struct arguments *arguments)
{
	int saved = errno;
	long result = syscall(435, arguments, sizeof(*arguments));

	if (result < 0)
		result = -errno;
	errno = saved;
	return result;
}

/*
 * A filter that knows no clone3 may say EPERM, for which the kernel has reasons too, but not for a call without
 * arguments.
 */
static bool is_filtered(void)
{
	int saved = errno;
	bool filtered = syscall(435, NULL, 0) < 0 && errno != EINVAL;

	errno = saved;
	return filtered;
}

pid_t mr_cgroup_clone(const struct mr_cgroup *group, unsigned int flags, char *stack_top, int (*body)(void *),
		      void *argument)
{
	struct arguments arguments = {
		.flags = (flags & ~(unsigned int)CSIGNAL) | CLONE_INTO_CGROUP,
		.exit_signal = flags & CSIGNAL,
		.cgroup = (uint64_t)group->directory,
	};
	long result;

	if (group->directory < 0)
		return -ENOSYS;
	if (stack_top) {
		uintptr_t top = (uintptr_t)stack_top & ~(uintptr_t)15; /* as functions expect it on both architectures */

		arguments.stack = top - STACK_PART;
		arguments.stack_size = STACK_PART;
	}
	result = stack_top ? clone_and_call(&arguments, body, argument) : copy(&arguments);
	/* E2BIG: 5.3 to 5.6, which know no such member. */
	if (result == -E2BIG || (result == -EPERM && is_filtered()))
		return -ENOSYS;
	return (pid_t)result;
}

#else

pid_t mr_cgroup_clone(const struct mr_cgroup *group, unsigned int flags, char *stack_top, int (*body)(void *),
		      void *argument)
{
	(void)group;
	(void)flags;
	(void)stack_top;
	(void)body;
	(void)argument;
	return -ENOSYS;
}

#endif

/*
 * A wrapper waits for as long as its command runs, and there may be a thousand of them. What it has touched on its
 * way here, its whole code included, would stay in memory for that time.
 *
 * Giving code back is of use only if what runs then does not come again with all its neighbours: the kernel maps up
 * to 16 pages around the one that is missing (fault_around_bytes), as far as they belong to the same mapping. So what
 * runs is one small function without calls, and its page is made a mapping of its own by an advice that differs.
 */
#include "system/idle.h"

#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	PAGE = 4096,              /* of the smallest; a larger one makes the calls fail, and nothing worse */
	STACK_REACH = 512 * 1024, /* as deep as this process ever went */
};

struct range {
	unsigned long start;
	size_t length;
};

/* A system call as an instruction: libc's own function for it lies among all of libc's others. */
static inline __attribute__((always_inline)) long raw_call(long number, long a, long b, long c, long d)
{
#if defined(__x86_64__)
	long result;
	register long fourth __asm__("r10") = d;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long call __asm__("x8") = number;
	register long first __asm__("x0") = a;
	register long second __asm__("x1") = b;
	register long third __asm__("x2") = c;
	register long fourth __asm__("x3") = d;

	__asm__ volatile("svc 0"
			 : "+r"(first)
			 : "r"(call), "r"(second), "r"(third), "r"(fourth)
			 : "memory");
	return first;
#else
	long result = syscall(number, a, b, c, d);

	return result < 0 ? -errno : result;
#endif
}

/* Where this program's code lies in memory. */
static struct range find_code(void)
{
	/* getauxval(3) has no other form for the pointers among its values. */
	const ElfW(Phdr) *header = (const ElfW(Phdr) *)getauxval(AT_PHDR); /* NOLINT(performance-no-int-to-ptr) */
	unsigned long count = header ? getauxval(AT_PHNUM) : 0;
	unsigned long bias = 0;
	struct range code = { 0, 0 };

	for (unsigned long at = 0; at < count; at++) {
		if (header[at].p_type == PT_PHDR)
			bias = (unsigned long)header - header[at].p_vaddr;
		if (header[at].p_type == PT_LOAD && (header[at].p_flags & (PF_X | PF_W)) == PF_X) {
			unsigned long start = header[at].p_vaddr & ~(PAGE - 1UL);

			code.start = bias + start;
			code.length = header[at].p_vaddr + header[at].p_memsz - start;
		}
	}
	return code;
}

/* Aligned to more than its length, so that it lies within one page. */
static __attribute__((noinline, aligned(512))) long release_and_wait(const struct range *code, long own_page,
								     const mr_signal_set *set,
								     siginfo_t *info)
{
	char here;
	long below = (long)(((unsigned long)&here & ~(PAGE - 1UL)) - PAGE - STACK_REACH);

	/* What can't be given back stays; the hole below the stack is no error that matters. */
	(void)raw_call(SYS_madvise, own_page, PAGE, MADV_RANDOM, 0);
	(void)raw_call(SYS_madvise, below, STACK_REACH, MADV_DONTNEED, 0);
	(void)raw_call(SYS_madvise, (long)code->start, (long)code->length, MADV_DONTNEED, 0);
	return raw_call(SYS_rt_sigtimedwait, (long)set, (long)info, 0, sizeof(*set));
}

int mr_idle_wait(mr_signal_set set, siginfo_t *ret_info)
{
	const struct range code = find_code();
	long own_page = (long)((unsigned long)release_and_wait & ~(PAGE - 1UL));

	return (int)release_and_wait(&code, own_page, &set, ret_info);
}

/*
 * An allocator that can fail on purpose, linked into builds of the wrapper and of the library's
 * host. It stands in for the C library's own, so its users are the program, libcap and the C
 * library alike. Counts from the first constructor on: what the loader does before is not ours.
 */
#include "allocate.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define POOL   (8u << 20)
#define HEADER 16

static unsigned char pool[POOL] __attribute__((aligned(16)));
static atomic_size_t used;
static struct allocate *shared;
static long owner;
static int away; /* in the user database */

/* The linker gives these two names to what the wrapper calls getpwuid_r (--wrap). */
int __real_getpwuid_r(uid_t user, struct passwd *entry, char *buffer, size_t size,
		      struct passwd **result);
int __wrap_getpwuid_r(uid_t user, struct passwd *entry, char *buffer, size_t size,
		      struct passwd **result);

static size_t *size_of(void *pointer)
{
	return (size_t *)(void *)((unsigned char *)pointer - HEADER);
}

static int refused(void)
{
	long number;

	if (!shared || away)
		return 0;
	if (syscall(SYS_getpid) != owner)
		atomic_fetch_add(&shared->in_children, 1);
	number = atomic_fetch_add(&shared->count, 1) + 1;
	if (!shared->fail || (shared->forever ? number < shared->fail : number != shared->fail))
		return 0;
	atomic_fetch_add(&shared->failed, 1);
	errno = ENOMEM;
	return 1;
}

/* Nothing is ever given back: these programs live for milliseconds. */
static void *take(size_t size, size_t alignment)
{
	size_t start, old = atomic_load(&used);

	if (size > POOL)
		return NULL;
	do {
		start = (old + HEADER + alignment - 1) / alignment * alignment;
		if (start + size > POOL) {
			errno = ENOMEM;
			return NULL;
		}
	} while (!atomic_compare_exchange_weak(&used, &old, start + size));
	*size_of(pool + start) = size;
	return pool + start;
}

void *malloc(size_t size)
{
	return refused() ? NULL : take(size, HEADER);
}

void *calloc(size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return refused() ? NULL :
			   take(count * size, HEADER); /* the pool is never used twice: all zero */
}

void *realloc(void *pointer, size_t size)
{
	void *moved;

	if (refused())
		return NULL;
	moved = take(size, HEADER);
	if (moved && pointer)
		memcpy(moved, pointer, *size_of(pointer) < size ? *size_of(pointer) : size);
	return moved;
}

void *reallocarray(void *pointer, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(pointer, count * size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return refused() ? NULL : take(size, alignment > HEADER ? alignment : HEADER);
}

int posix_memalign(void **ret_pointer, size_t alignment, size_t size)
{
	void *pointer = aligned_alloc(alignment, size);

	if (!pointer)
		return ENOMEM;
	*ret_pointer = pointer;
	return 0;
}

void free(void *pointer)
{
	(void)pointer;
}

/* One allocation to the caller: inside, glibc's modules end the program where they get no memory.
 */
int __wrap_getpwuid_r(uid_t user, struct passwd *entry, char *buffer, size_t size,
		      struct passwd **result)
{
	int code;

	if (refused())
		return ENOMEM;
	away = 1;
	code = __real_getpwuid_r(user, entry, buffer, size, result);
	away = 0;
	return code;
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAULTS_ALLOCATE");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *memory;

	if (fd < 0)
		return;
	memory = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	owner = syscall(SYS_getpid);
	if (memory != MAP_FAILED)
		shared = memory;
}

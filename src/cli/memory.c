/*
 * malloc(3) for a program that executes another a moment later: memory comes off a small block that is there
 * anyway, and is not given back. Replaces libc's in the static program, where a general allocator's set-up is a
 * noticeable part of the run; what does not fit in the block is mapped.
 */
#ifdef MAPROOT_SMALL_MALLOC

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	BLOCK_SIZE = 1536, /* the capability sets of a probe, and a usual environment */
	ALIGNMENT = 16,
};

/* In front of each piece. */
struct head {
	_Alignas(ALIGNMENT) size_t size;
};

static _Alignas(ALIGNMENT) unsigned char block[BLOCK_SIZE];
static size_t used;

/* Zeroed, as the block and every mapping are. */
static void *take(size_t size)
{
	struct head *head;
	size_t whole;

	if (size > SIZE_MAX / 2) {
		errno = ENOMEM;
		return NULL;
	}
	whole = (sizeof(*head) + size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (whole <= BLOCK_SIZE - used) {
		head = (struct head *)(block + used);
		used += whole;
	} else {
		head = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (head == MAP_FAILED)
			return NULL;
	}
	head->size = size;
	return head + 1;
}

void *malloc(size_t size)
{
	return take(size);
}

void *calloc(size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return take(count * size);
}

void *realloc(void *old, size_t size)
{
	size_t kept = old ? ((struct head *)old - 1)->size : 0;
	void *larger;

	if (size <= kept)
		return old;
	larger = take(size);
	if (larger && old)
		memcpy(larger, old, kept);
	return larger;
}

void free(void *pointer)
{
	(void)pointer; /* the process ends soon */
}

#else

typedef int nothing_here; /* ISO C wants a declaration in every file */

#endif

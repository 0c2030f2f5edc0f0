/*
 * Contract of src/cli/memory.c, under other names: memory is zeroed, aligned, its own, and as large as asked, first from
 * a block and then from mappings; what can't be had is NULL and ENOMEM.
 */
#define MAPROOT_SMALL_MALLOC
#define malloc  small_malloc
#define calloc  small_calloc
#define realloc small_realloc
#define free    small_free
void *small_malloc(unsigned long size);
void *small_calloc(unsigned long count, unsigned long size);
void *small_realloc(void *old, unsigned long size);
void small_free(void *pointer);
#include "cli/memory.c"
#undef malloc
#undef calloc
#undef realloc
#undef free

#include "unit.h"

#include <stdalign.h>

static bool is_zero(const unsigned char *bytes, size_t count)
{
	for (size_t at = 0; at < count; at++) {
		if (bytes[at] != 0)
			return false;
	}
	return true;
}

START_TEST(pieces_are_aligned_zeroed_and_apart)
{
	unsigned char *pieces[64];
	size_t sizes[64];

	for (size_t at = 0; at < 64; at++) {
		sizes[at] = at * at % 211;
		pieces[at] = at % 2 ? small_malloc(sizes[at]) : small_calloc(sizes[at], 1);
		ck_assert_ptr_nonnull(pieces[at]);
		ck_assert_uint_eq((uintptr_t)pieces[at] % alignof(max_align_t), 0);
		ck_assert(is_zero(pieces[at], sizes[at]));
		memset(pieces[at], (int)at, sizes[at]);
	}
	for (size_t at = 0; at < 64; at++) {
		for (size_t byte = 0; byte < sizes[at]; byte++)
			ck_assert_uint_eq(pieces[at][byte], at);
		small_free(pieces[at]);
	}
}
END_TEST

START_TEST(growing_keeps_what_was_there)
{
	char *text = small_realloc(NULL, 5);

	strcpy(text, "text");
	for (size_t size = 5; size < 3000000; size = size * 3 / 2 + 1) {
		text = small_realloc(text, size);
		ck_assert_ptr_nonnull(text);
		ck_assert_str_eq(text, "text");
		text[size - 1] = '\0';
	}
	ck_assert_ptr_eq(small_realloc(text, 5), text);
}
END_TEST

START_TEST(too_much_is_refused)
{
	/* Not known to the compiler, which would warn of such sizes. */
	static volatile size_t all = SIZE_MAX;

	errno = 0;
	ck_assert_ptr_null(small_malloc(all));
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert_ptr_null(small_malloc(all / 2));
	errno = 0;
	ck_assert_ptr_null(small_calloc(all / 2, 3));
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert_ptr_null(small_realloc(small_malloc(1), all - 8));
	ck_assert_ptr_nonnull(small_calloc(0, 0));
	small_free(NULL);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("cli/memory", &tc);

	tcase_add_test(tc, pieces_are_aligned_zeroed_and_apart);
	tcase_add_test(tc, growing_keeps_what_was_there);
	tcase_add_test(tc, too_much_is_refused);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

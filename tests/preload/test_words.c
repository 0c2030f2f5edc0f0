/*
 * Contract of src/preload/words.c: the words of strerror(3) in the "C" locale for every value that it knows, a number for
 * all others; and it knows what joining meets.
 */
#include "preload/words.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

START_TEST(words_are_those_of_the_library)
{
	char buffer[MR_WORDS_SIZE];
	int known = 0;

	for (int code = -1; code < 4096; code++) {
		const char *words = mr_words(code, buffer);

		if (words == buffer) {
			ck_assert_str_eq(words, support_text("error %d", code));
			continue;
		}
		ck_assert_str_eq(words, strerror(code));
		known++;
	}
	ck_assert_int_gt(known, 0);
}
END_TEST

START_TEST(joining_has_words)
{
	static const int codes[] = { EPERM, ENOENT, ESRCH, EBADF, EACCES, EINVAL, EMFILE, ENFILE, ENOMEM, ENOTDIR, ELOOP,
				     ENAMETOOLONG, EUSERS, ENXIO, EAGAIN, ENOSYS };
	char buffer[MR_WORDS_SIZE];

	ck_assert_ptr_ne(mr_words(codes[_i], buffer), buffer);
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("words", &tests);

	tcase_add_test(tests, words_are_those_of_the_library);
	tcase_add_loop_test(tests, joining_has_words, 0, 16);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

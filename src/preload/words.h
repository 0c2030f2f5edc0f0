/*
 * What errno values mean, in the words of the C library's "C" locale. strerror(3) may look for translations, which
 * takes files, memory and locks.
 */
#ifndef MR_PRELOAD_WORDS_H
#define MR_PRELOAD_WORDS_H

enum { MR_WORDS_SIZE = 64 };

/* "error 5" for a value that joining does not meet. Good as long as the buffer. */
const char *mr_words(int code, char buffer[MR_WORDS_SIZE]);

#endif

/*
 * Joining before main: the constructor. Nobody is there yet to rely on: no allocation, no stdio, no locale, no threads;
 * of the C library, text functions and the thinnest wrappers of system calls. Without a variable of ours it does
 * nothing.
 */
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "preload/host.h"
#include "preload/words.h"

#include <errno.h>
#include <maproot/preload.h>
#include <sys/auxv.h>
#include <unistd.h>

/* Where this is linked in, an error is the host's to see; where it was preloaded, nobody looks. */
#ifdef MR_PRELOAD_EXITS
static const bool record_by_default = false;
#else
static const bool record_by_default = true;
#endif

enum { MESSAGE_SIZE = 512 };

static const char speaker[] = "maproot: ";

static struct maproot_error result;
static unsigned int joined;
static char message[sizeof(speaker) + MESSAGE_SIZE]; /* with room for a newline */

const struct maproot_error *maproot_preload_result(void)
{
	return &result;
}

const char *maproot_preload_message(void)
{
	return result.code ? message + sizeof(speaker) - 1 : "";
}

unsigned int maproot_preload_joined(void)
{
	return joined;
}

/* The end of what is in `message`. */
static struct mr_text word_message(void)
{
	struct mr_text text = mr_text_in(message, sizeof(message));
	char line[MESSAGE_SIZE];
	char words[MR_WORDS_SIZE];

	/* It fits: an object and a few words. */
	(void)mr_error_format(&result, mr_words(result.code, words), line, sizeof(line));
	mr_text_add(&text, speaker);
	mr_text_add(&text, line);
	return text;
}

static _Noreturn void end_process(struct mr_text *text)
{
	mr_text_add(text, "\n");
	(void)mr_write_once(STDERR_FILENO, text->buffer, text->length); /* it may be closed */
	_exit(MAPROOT_EXIT_FAILURE);
}

static void act(char **environment)
{
	struct mr_variables variables = { .record = record_by_default };
	int code = mr_variables_read(environment, &variables, &result);
	struct mr_text text;

	if (code == 0)
		code = mr_host_join(&variables, &joined, &result);
	mr_variables_remove(environment);
	if (code == 0)
		return;
	text = word_message();
	if (!variables.record)
		end_process(&text);
}

static void join_before_main(char **environment)
{
	int saved = errno;

	if (!environment || !mr_variables_exist(environment))
		return;
	/* Names are looked up by way of a variable, and the C library may not have begun. */
	if (!environ)
		environ = environment;
	/* Whoever set them must not lead who has more rights, nor, unguarded by AT_SECURE, a child of that one. */
	if (getauxval(AT_SECURE))
		mr_variables_remove(environment);
	else
		act(environment);
	errno = saved;
}

/* The first of all constructors of a program, and of the library by how it is linked: others start threads. */
enum { FIRST = 101 };

#ifdef __GLIBC__
__attribute__((constructor(FIRST))) static void begin(int argc, char **argv, char **environment)
{
	(void)argc;
	(void)argv;
	join_before_main(environment);
}
#else
__attribute__((constructor(FIRST))) static void begin(void)
{
	join_before_main(environ);
}
#endif

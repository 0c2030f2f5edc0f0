/*
 * The values that opening, looking at and joining namespaces end in.
 */
#include "preload/words.h"

#include "base/text.h"

#include <errno.h>

static const struct {
	int code;
	const char *words;
} table[] = {
	{ EPERM, "Operation not permitted" },
	{ ENOENT, "No such file or directory" },
	{ ESRCH, "No such process" },
	{ EIO, "Input/output error" },
	{ ENXIO, "No such device or address" },
	{ E2BIG, "Argument list too long" },
	{ EBADF, "Bad file descriptor" },
	{ EAGAIN, "Resource temporarily unavailable" },
	{ ENOMEM, "Cannot allocate memory" },
	{ EACCES, "Permission denied" },
	{ EBUSY, "Device or resource busy" },
	{ ENODEV, "No such device" },
	{ ENOTDIR, "Not a directory" },
	{ EISDIR, "Is a directory" },
	{ EINVAL, "Invalid argument" },
	{ ENFILE, "Too many open files in system" },
	{ EMFILE, "Too many open files" },
	{ ENOTTY, "Inappropriate ioctl for device" },
	{ ENOSPC, "No space left on device" },
	{ ENAMETOOLONG, "File name too long" },
	{ ENOSYS, "Function not implemented" },
	{ ELOOP, "Too many levels of symbolic links" },
	{ EOPNOTSUPP, "Operation not supported" },
	{ EUSERS, "Too many users" },
	{ ESTALE, "Stale file handle" },
};

const char *mr_words(int code, char buffer[MR_WORDS_SIZE])
{
	struct mr_text text = mr_text_in(buffer, MR_WORDS_SIZE);

	for (unsigned int at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		if (table[at].code == code)
			return table[at].words;
	}
	mr_text_add(&text, "error ");
	mr_text_add_number(&text, code);
	return buffer;
}

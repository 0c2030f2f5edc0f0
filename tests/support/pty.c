/*
 * Commands on a terminal of their own: a pseudo-terminal whose keys the test types and whose screen it
 * reads; see support.h. The command is the leader of the terminal's session, as a login shell is.
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the child: it has no descriptor of the terminal, so it opens the slave by name. */
static void take_terminal(void *arg)
{
	const struct support_pty *pty = arg;
	int slave;

	if (setsid() < 0)
		support_die("setsid");
	slave = open(pty->name, O_RDWR);
	if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
		support_die("cannot take the terminal %s", pty->name);
	for (int fd = 0; fd < 3; fd++)
		if (dup2(slave, fd) < 0)
			support_die("dup2");
	if (slave > 2)
		close(slave);
}

void support_pty_start(struct support_pty *ret_pty, struct support_command *command)
{
	const struct winsize size = { .ws_row = 24, .ws_col = 80 };

	memset(ret_pty, 0, sizeof(*ret_pty));
	ret_pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (ret_pty->master < 0 || grantpt(ret_pty->master) < 0 || unlockpt(ret_pty->master) < 0 ||
	    ptsname_r(ret_pty->master, ret_pty->name, sizeof(ret_pty->name)) ||
	    ioctl(ret_pty->master, TIOCSWINSZ, &size) < 0)
		support_die("cannot open a terminal");
	/* As login(1) does. */
	if (chown(ret_pty->name, support_user()->uid, (gid_t)-1) < 0 || chmod(ret_pty->name, 0620) < 0)
		support_die("cannot hand over the terminal %s", ret_pty->name);
	command->keep_stdio = true;
	command->before = take_terminal;
	command->arg = ret_pty;
	support_start(command, &ret_pty->process);
}

/* Returns false when the time is over or the other side is gone. */
static bool read_screen(struct support_pty *pty, int ms)
{
	struct pollfd polled = { .fd = pty->master, .events = POLLIN };
	ssize_t n;

	if (poll(&polled, 1, ms) <= 0)
		return false;
	if (pty->size - pty->length < 4096) {
		pty->size += 65536;
		pty->text = realloc(pty->text, pty->size);
		if (!pty->text)
			support_die("realloc");
	}
	n = read(pty->master, pty->text + pty->length, pty->size - pty->length - 1);
	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN);
	for (ssize_t i = 0; i < n; i++)
		if (pty->text[pty->length + (size_t)i] == '\0')
			pty->text[pty->length + (size_t)i] = '?';
	pty->length += (size_t)n;
	pty->text[pty->length] = '\0';
	return true;
}

bool support_pty_expect(struct support_pty *pty, const char *text, int ms)
{
	int64_t end = support_now_us() + (int64_t)ms * 1000;

	for (;;) {
		const char *found = pty->text ? strstr(pty->text + pty->seen, text) : NULL;
		int64_t left = (end - support_now_us() + 999) / 1000;

		if (found) {
			pty->before = pty->seen;
			pty->seen = (size_t)(found - pty->text) + strlen(text);
			return true;
		}
		if (left <= 0 || !read_screen(pty, (int)left))
			return false;
	}
}

const char *support_pty_screen(const struct support_pty *pty)
{
	return pty->text ? pty->text + pty->before : "";
}

void support_pty_type(struct support_pty *pty, const char *keys)
{
	size_t length = strlen(keys);

	if (write(pty->master, keys, length) != (ssize_t)length)
		support_die("cannot type");
}

void support_pty_resize(struct support_pty *pty, unsigned short rows, unsigned short columns)
{
	const struct winsize size = { .ws_row = rows, .ws_col = columns };

	if (ioctl(pty->master, TIOCSWINSZ, &size) < 0)
		support_die("TIOCSWINSZ");
}

void support_pty_hang_up(struct support_pty *pty)
{
	if (pty->master >= 0)
		close(pty->master);
	pty->master = -1;
}

void support_pty_done(struct support_pty *pty)
{
	support_pty_hang_up(pty);
	free(pty->text);
	pty->text = NULL;
}

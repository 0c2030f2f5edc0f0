/*
 * Publishing a port: {"execute":"add_hostfwd","arguments":{...}}, answered by {"return":...} or {"error":{"desc":"..."}}.
 */
#include "run/network_slirp4netns_api.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { ANSWER_S = 10, /* it answers at once, or hangs */
       REQUEST_SIZE = 512,
       ANSWER_SIZE = 1024 };

static int connect_to(const char *path)
{
	const struct timeval patience = { .tv_sec = ANSWER_S };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct mr_text text = mr_text_in(address.sun_path, sizeof(address.sun_path));
	mr_auto_fd int fd = mr_raise_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

	mr_text_add(&text, path);
	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return mr_take_fd(&fd);
}

/* Addresses and numbers: there is nothing in them that JSON would want quoted otherwise. */
static void write_request(const struct mr_port *port, const struct mr_address *guest, struct mr_text *text)
{
	char host[MR_ADDRESS_SIZE];
	char inner[MR_ADDRESS_SIZE];

	mr_address_format(&port->host, false, host);
	mr_address_format(port->inner.family != 0 ? &port->inner : guest, false, inner);
	mr_text_add(text, "{\"execute\":\"add_hostfwd\",\"arguments\":{\"proto\":\"");
	mr_text_add(text, port->udp ? "udp" : "tcp");
	mr_text_add(text, "\",\"host_addr\":\"");
	mr_text_add(text, host);
	mr_text_add(text, "\",\"host_port\":");
	mr_text_add_number(text, port->host_port);
	mr_text_add(text, ",\"guest_addr\":\"");
	mr_text_add(text, inner);
	mr_text_add(text, "\",\"guest_port\":");
	mr_text_add_number(text, port->inner_port);
	mr_text_add(text, "}}");
}

static int exchange(int fd, const struct mr_text *request, char answer[ANSWER_SIZE])
{
	size_t length = 0;
	ssize_t got;

	/* Whole, as it is smaller than any socket's buffer. Its end is the end of the stream. */
	if (send(fd, request->buffer, request->length, MSG_NOSIGNAL) < 0 || shutdown(fd, SHUT_WR) < 0)
		return -errno;
	do {
		got = mr_read(fd, answer + length, ANSWER_SIZE - 1 - length);
		if (got < 0)
			return got == -EAGAIN ? -ETIMEDOUT : (int)got;
		length += (size_t)got;
	} while (got > 0);
	answer[length] = '\0';
	return 0;
}

/* What it says is wrong: the string behind "desc", or all that it said. */
static const char *find_reason(char *answer)
{
	static const char key[] = "\"desc\"";
	char *found = strstr(answer, key);
	char *start = found ? strchr(found + sizeof(key) - 1, '"') : NULL;
	char *end = start ? strchr(start + 1, '"') : NULL;

	if (!end)
		return answer[0] != '\0' ? answer : "no answer";
	*end = '\0';
	return start + 1;
}

static int fail(const struct mr_port *port, int code, const char *why, struct maproot_error *err)
{
	char host[MR_ADDRESS_SIZE];
	char number[8];
	struct mr_text text = mr_text_in(number, sizeof(number));

	mr_address_format(&port->host, false, host);
	mr_text_add_number(&text, port->host_port);
	return mr_fail_pieces(err, code, MAPROOT_STEP_NETWORK, "slirp4netns can't publish the port ", host, ":", number,
			      port->udp ? "/udp" : "/tcp", " (", why, ")", NULL);
}

int mr_slirp4netns_publish(const char *path, const struct mr_port *port, const struct mr_address *guest,
			   struct maproot_error *err)
{
	char request[REQUEST_SIZE];
	char answer[ANSWER_SIZE] = "";
	struct mr_text text = mr_text_in(request, sizeof(request));
	mr_auto_fd int fd = connect_to(path);
	int code;

	if (fd < 0)
		return fail(port, -fd, "its socket takes no connection", err);
	write_request(port, guest, &text);
	code = exchange(fd, &text, answer);
	if (code < 0)
		return fail(port, -code, code == -ETIMEDOUT ? "it does not answer" : "the connection broke", err);
	if (!strstr(answer, "\"return\""))
		return fail(port, EADDRNOTAVAIL, find_reason(answer), err);
	return 0;
}

/*
 * Lines of status. Each leaves in one write.
 */
#include "cli/status.h"

#include <maproot/escape.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_SIZE = 512,
       ESCAPED_SIZE = 6 * TEXT_SIZE + 3,
       LINE_SIZE = 6 * ESCAPED_SIZE };

/* A reader who has gone away is not worth dying for. */
static void put(int fd, const char *line, int length)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction former;
	ssize_t written;

	if (fd < 0 || length <= 0)
		return;
	(void)sigaction(SIGPIPE, &ignore, &former); /* fails for none of these */
	written = write(fd, line, (size_t)length);
	(void)written;
	(void)sigaction(SIGPIPE, &former, NULL);
}

void status_started(int fd, const char *id, pid_t pid)
{
	char line[TEXT_SIZE];

	if (id[0] == '\0')
		put(fd, line, snprintf(line, sizeof(line), "{\"pid\":%d}\n", (int)pid));
	else
		put(fd, line, snprintf(line, sizeof(line), "{\"id\":\"%s\",\"pid\":%d}\n", id, (int)pid));
}

void status_ended(int fd, int wait_status)
{
	char line[TEXT_SIZE];

	if (WIFEXITED(wait_status))
		put(fd, line, snprintf(line, sizeof(line), "{\"exit\":%d}\n", WEXITSTATUS(wait_status)));
	else
		put(fd, line, snprintf(line, sizeof(line), "{\"signal\":%d}\n", WTERMSIG(wait_status)));
}

/* A buffer that a line grows in; what does not fit is no line. */
struct line {
	char text[LINE_SIZE];
	size_t length;
};

static void add(struct line *line, const char *text)
{
	size_t length = strlen(text);

	if (line->length + length < sizeof(line->text))
		memcpy(line->text + line->length, text, length + 1);
	line->length += length;
}

/* ,"key":"value" */
static void add_string(struct line *line, const char *key, const char *value)
{
	char escaped[ESCAPED_SIZE];

	(void)maproot_escape_json(value, escaped, sizeof(escaped));
	add(line, ",\"");
	add(line, key);
	add(line, "\":");
	add(line, escaped);
}

void status_error(int fd, const char *key, const struct maproot_error *err,
		  const struct maproot_explanation *explanation)
{
	struct line line = { "", 0 };
	char text[TEXT_SIZE];

	if (fd < 0)
		return;
	(void)snprintf(text, sizeof(text), "{\"%s\":{\"step\":\"%s\",\"errno\":%d", key, maproot_step_name(err->step),
		       err->code);
	add(&line, text);
	add_string(&line, "object", err->object);
	(void)maproot_error_format(err, text, sizeof(text));
	add_string(&line, "message", text);
	/* What is wrong with a request its message says. */
	if (explanation && explanation->established && strcmp(explanation->id, "request") != 0) {
		add_string(&line, "cause_id", explanation->id);
		add_string(&line, "cause", explanation->cause);
		add_string(&line, "advice", explanation->remedy);
	}
	add(&line, "}}\n");
	if (line.length < sizeof(line.text))
		put(fd, line.text, (int)line.length);
}

/*
 * Words for people. Each message leaves in one write, so that those of several processes do not mix.
 */
#include "cli/report.h"

#include "cli/options.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PIECES_MAX = 16 };

static void write_pieces(const char *first, va_list rest)
{
	static const char name[] = "maproot: ";
	struct iovec piece[PIECES_MAX];
	int count = 0;

	piece[count++] = (struct iovec){ (char *)name, strlen(name) };
	for (const char *text = first; text && count < PIECES_MAX - 1; text = va_arg(rest, const char *))
		piece[count++] = (struct iovec){ (char *)text, strlen(text) };
	piece[count++] = (struct iovec){ (char *)"\n", 1 };
	if (writev(STDERR_FILENO, piece, count) < 0)
		return; /* nowhere left to say so */
}

void report(const char *piece, ...)
{
	va_list rest;

	va_start(rest, piece);
	write_pieces(piece, rest);
	va_end(rest);
}

int report_usage(const char *piece, ...)
{
	va_list rest;

	va_start(rest, piece);
	write_pieces(piece, rest);
	va_end(rest);
	report("try 'maproot --help'", NULL);
	return -1;
}

int report_error(const struct maproot_error *err)
{
	char text[512];

	(void)maproot_error_format(err, text, sizeof(text));
	report(text, NULL);
	return maproot_error_status(err);
}

/* What the message says already is not said again; and one that says all without the kernel's words leaves no question open. */
static bool is_worth_saying(const struct maproot_error *err, const struct maproot_explanation *explanation)
{
	const char *words = strerror(err->code);
	char text[512];
	size_t length;

	if (explanation->established)
		return strcmp(explanation->id, "request") != 0;
	length = maproot_error_format(err, text, sizeof(text));
	return explanation->ruled_out[0] != '\0' && length < sizeof(text) && length > strlen(words) &&
	       strcmp(text + length - strlen(words), words) == 0;
}

static void explain(const struct maproot_explanation *explanation)
{
	bool open = !explanation->established && explanation->ruled_out[0] != '\0';
	const char *const pieces[] = { "  cause: ",
				       explanation->cause,
				       open ? " (ruled out: " : "",
				       open ? explanation->ruled_out : "",
				       open ? ")\n" : "\n",
				       explanation->remedy[0] != '\0' ? "  try:   " : "",
				       explanation->remedy,
				       explanation->remedy[0] != '\0' ? "\n" : "" };
	struct iovec piece[sizeof(pieces) / sizeof(pieces[0])];
	ssize_t written;

	for (size_t at = 0; at < sizeof(pieces) / sizeof(pieces[0]); at++)
		piece[at] = (struct iovec){ (char *)pieces[at], strlen(pieces[at]) };
	written = writev(STDERR_FILENO, piece, sizeof(pieces) / sizeof(pieces[0]));
	(void)written; /* nowhere left to say so */
}

int report_failure(const struct maproot_error *err, const struct maproot_request *request,
		   struct maproot_explanation *ret_explanation)
{
	struct maproot_explanation explanation = MAPROOT_EXPLANATION_INIT;
	int status = report_error(err);

	if (maproot_error_explain(err, request, NULL, &explanation) == 0 && is_worth_saying(err, &explanation))
		explain(&explanation);
	if (ret_explanation)
		*ret_explanation = explanation;
	return status;
}

/* Buffered output is only known to be written once it is. */
static int finish_output(bool written)
{
	if (fflush(stdout) != 0 || !written || ferror(stdout)) {
		report("cannot write to standard output", NULL);
		return MAPROOT_EXIT_FAILURE;
	}
	return 0;
}

int report_written(void)
{
	return finish_output(true);
}

void report_line(void *failed, const char *text)
{
	if (puts(text) < 0)
		*(int *)failed = 1;
}

int report_command(char *const command[], int failed)
{
	bool written = !failed && fputs("command:", stdout) >= 0;

	for (; *command; command++)
		written = putchar(' ') != EOF && fputs(*command, stdout) >= 0 && written;
	return finish_output(putchar('\n') != EOF && written);
}

enum { NAMES_SIZE = 80 };

/* " mnt user" */
static const char *name_all(unsigned int types, char names[NAMES_SIZE])
{
	names[0] = '\0';
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (types & MAPROOT_NAMESPACE_BIT(type))
			(void)strcat(strcat(names, " "), maproot_namespace_name(type));
	}
	return names;
}

void report_place(const struct maproot_outcome *outcome, const char *command)
{
	char created[NAMES_SIZE];
	char joined[NAMES_SIZE];
	char skipped[NAMES_SIZE];

	report("new namespaces:", outcome->created ? name_all(outcome->created, created) : " none",
	       outcome->joined ? "; joined:" : "", name_all(outcome->joined, joined),
	       outcome->skipped ? "; already in:" : "", name_all(outcome->skipped, skipped), "; executing '",
	       command, "'", NULL);
}

int report_version(void)
{
	return finish_output(puts("maproot " MAPROOT_VERSION) >= 0);
}

enum { HELP_COLUMN = 30 };

struct row {
	char letter;
	const char *name; /* NULL: a heading */
	enum option_argument argument;
	const char *argument_name;
	const char *help;
};

static const struct row rows[] = {
#define X(id, letter, name, argument, argument_name, help) \
	{ letter, name, ARGUMENT_##argument, argument_name, help },
#define H(heading) { 0, NULL, ARGUMENT_NONE, NULL, heading },
	OPTIONS(X, H)
#undef X
#undef H
};

static size_t put(const char *text)
{
	(void)fputs(text, stdout); /* finish_output() looks whether all went well */
	return strlen(text);
}

/* "  -c, --map-current-user   help" */
static void put_row(const struct row *row)
{
	const char letter[] = { ' ', ' ', '-', row->letter, ',', ' ', '\0' };
	bool optional = row->argument == ARGUMENT_OPTIONAL;
	size_t width;

	if (!row->name) {
		(void)put("\n");
		(void)put(row->help);
		(void)put(":\n");
		return;
	}
	width = put(row->letter ? letter : "      ") + put("--") + put(row->name);
	if (row->argument_name)
		width += put(optional ? "[=" : "=") + put(row->argument_name) + put(optional ? "]" : "");
	if (width + 1 > HELP_COLUMN) {
		(void)put("\n");
		width = 0;
	}
	while (width++ < HELP_COLUMN)
		(void)put(" ");
	(void)put(row->help);
	(void)put("\n");
}

int report_help(void)
{
	(void)puts("Usage: maproot [OPTION]... [--] [COMMAND [ARG]...]\n"
		   "Run COMMAND (default: your shell) as root of a new user and mount namespace.\n"
		   "With the capabilities to do what root does, COMMAND is run as it is.");
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++)
		put_row(&rows[at]);
	(void)puts("\nExit status: that of COMMAND, or death by the same signal; 125 if maproot itself\n"
		   "fails, 126 if COMMAND can't be executed, 127 if it is not found.");
	return finish_output(true);
}

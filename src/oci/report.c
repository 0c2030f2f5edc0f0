/*
 * Words for people. Each message leaves in one write, so that those of several processes do not mix.
 */
#include "oci/report.h"

#include "oci/options.h"

#include <maproot/escape.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void write_pieces(const char *first, va_list rest)
{
	static const char name[] = "maproot-oci: ";
	char text[2048];
	char line[sizeof(name) + sizeof(text)] = "maproot-oci: ";
	size_t used = 0;

	for (const char *piece = first; piece && used < sizeof(text) - 1; piece = va_arg(rest, const char *))
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", piece);
	(void)maproot_escape_plain(text, line + sizeof(name) - 1, sizeof(text) - 1);
	used = strlen(line);
	line[used++] = '\n';
	if (write(STDERR_FILENO, line, used) < 0)
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
	report("try 'maproot-oci --help'", NULL);
	return -1;
}

int report_error(const struct maproot_error *err)
{
	char text[512];

	(void)maproot_error_format(err, text, sizeof(text));
	report(text, NULL);
	return maproot_error_status(err);
}

int report_failure(const struct maproot_error *err, const struct maproot_request *request)
{
	struct maproot_explanation explanation = MAPROOT_EXPLANATION_INIT;
	int status = report_error(err);

	if (maproot_error_explain(err, request, NULL, &explanation) < 0 || strcmp(explanation.id, "request") == 0)
		return status;
	if (explanation.established) {
		report("  cause: ", explanation.cause, NULL);
		if (explanation.remedy[0] != '\0')
			report("  try:   ", explanation.remedy, NULL);
	} else if (explanation.ruled_out[0] != '\0') {
		report("  cause: ", explanation.cause, " (ruled out: ", explanation.ruled_out, ")", NULL);
	}
	return status;
}

void report_complaint(void *arg, const struct maproot_error *err)
{
	(void)arg;
	(void)report_error(err);
}

void report_line(void *failed, const char *text)
{
	if (puts(text) < 0)
		*(int *)failed = 1;
}

/* Buffered output is only known to be written once it is. */
int report_written(int failed)
{
	if (fflush(stdout) != 0 || failed || ferror(stdout)) {
		report("cannot write to standard output", NULL);
		return MAPROOT_EXIT_FAILURE;
	}
	return 0;
}

int report_version(void)
{
	return report_written(puts("maproot-oci " MAPROOT_VERSION) < 0);
}

enum { HELP_COLUMN = 34 };

int report_help(void)
{
	static const struct {
		char letter;
		const char *name;
		const char *argument;
		const char *help;
	} rows[] = {
#define X(id, letter, name, argument, argument_name, help) { letter, name, argument_name, help },
		OPTIONS(X)
#undef X
	};

	(void)puts("Usage: maproot-oci [--bundle=DIR] [OPTION]... [--] [COMMAND [ARG]...]\n"
		   "Run COMMAND (default: process.args) with what the config.json of an OCI bundle says.\n"
		   "What it asks for and is not supported is listed, and refused unless ignored.\n");
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		int width = rows[at].letter ? printf("  -%c, ", rows[at].letter) : printf("      ");

		width += printf("--%s%s%s", rows[at].name, rows[at].argument ? "=" : "",
				rows[at].argument ? rows[at].argument : "");
		(void)printf("%*s%s\n", width < HELP_COLUMN ? HELP_COLUMN - width : 1, "", rows[at].help);
	}
	(void)puts("\nExit status: that of COMMAND, or death by the same signal; 125 if maproot-oci itself\n"
		   "fails, 126 if COMMAND can't be executed, 127 if it is not found.");
	return report_written(0);
}

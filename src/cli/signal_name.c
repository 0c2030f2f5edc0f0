/*
 * Signals by name, as kill(1) takes them.
 */
#include "cli/options.h"

#include <signal.h>
#include <stdlib.h>
#include <strings.h>

/* clang-format off */
#define SIGNALS(X)                                                                                    \
	X(HUP) X(INT) X(QUIT) X(ILL) X(TRAP) X(ABRT) X(BUS) X(FPE) X(KILL) X(USR1) X(SEGV) X(USR2) X(PIPE) \
	X(ALRM) X(TERM) X(STKFLT) X(CHLD) X(CONT) X(STOP) X(TSTP) X(TTIN) X(TTOU) X(URG) X(XCPU) X(XFSZ)   \
	X(VTALRM) X(PROF) X(WINCH) X(IO) X(POLL) X(PWR) X(SYS)
/* clang-format on */

static const struct {
	const char *name;
	int signal;
} signals[] = {
#ifndef SIGSTKFLT /* not on every architecture */
#define SIGSTKFLT 0
#endif
#define X(name) { #name, SIG##name },
	SIGNALS(X)
#undef X
};

enum {
	FIRST_REALTIME = 34, /* as kill(1) counts in most places, whatever libc this program is linked with */
	LAST_SIGNAL = 64,
};

static int read_number(const char *text, int first)
{
	char *end;
	long number;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	number = strtol(text, &end, 10);
	return *end == '\0' && number <= LAST_SIGNAL && first + number <= LAST_SIGNAL ? (int)number : -1;
}

int options_signal(const char *name)
{
	int number = read_number(name, 0);

	if (number >= 0)
		return number > 0 ? number : -1;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	if (strcasecmp(name, "RTMIN") == 0)
		return FIRST_REALTIME;
	if (strncasecmp(name, "RTMIN+", 6) == 0) {
		number = read_number(name + 6, FIRST_REALTIME);
		return number < 0 ? -1 : FIRST_REALTIME + number;
	}
	for (size_t at = 0; at < sizeof(signals) / sizeof(signals[0]); at++) {
		if (strcasecmp(name, signals[at].name) == 0 && signals[at].signal > 0)
			return signals[at].signal;
	}
	return -1;
}

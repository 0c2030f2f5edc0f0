/*
 * What an examination said, collected in a process that goes to a place for good, and compared.
 */
#ifndef MAPROOT_TEST_DOCTOR_REPORT_H
#define MAPROOT_TEST_DOCTOR_REPORT_H

#include <maproot/doctor.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	REPORT_LINES = 37, /* as many ids as the header promises */
	REPORT_LINE_SIZE = 1200,
};

/* A line: "ID=STATE:CAUSE|text|cause|remedy". In the order of the header. */
struct report {
	char line[REPORT_LINES][REPORT_LINE_SIZE];
	size_t count;
	bool usable;
};

/* The line of this id. */
const char *report_line(const struct report *report, const char *id);

/*
 * In a child, which `prepare` (as root) brings to the place. A new report, to be freed. Fails the test where
 * "usable" is not what `maproot true` finds there.
 */
struct report *report_of(void (*prepare)(void), const char *root);

/*
 * Fails the test where anything else is different than "ID=STATE:CAUSE ID=STATE:CAUSE..." and what follows from
 * there being no user namespace, or `usable` isn't what the first line says.
 */
void report_check(const struct report *before, const struct report *now, const char *want, const char *how);

/* Places with names. As root, for good. */
struct doctor_place {
	const char *how;
	void (*prepare)(void);
	const char *want; /* what is different there from a plain user */
};

void with_open_tun(void), without_tun(void), with_open_fuse(void), with_closed_fuse(void);
void without_programs(void), in_own_group(void);
void killed_for_networks(void), killed_for_joining(void), in_landlock(void);

extern const struct doctor_place doctor_places[];
extern const size_t doctor_place_count;

#endif

/*
 * What other programs print where maproot fails: for the table, nothing depends on it.
 */
#ifndef MAPROOT_TEST_PEERS_H
#define MAPROOT_TEST_PEERS_H

#include <stdbool.h>
#include <stddef.h>

enum {
	PEER_COUNT = 3,
	PEER_WORDS = 160,
};

struct peer_words {
	const char *name;
	char said[PEER_WORDS]; /* the first line; "works", "not here" */
};

/* Tries all of them from here: the plain thing, or the same with subordinate ids, or with a new /proc. */
void ask_peers(bool with_subordinates, bool with_proc, struct peer_words ret_words[PEER_COUNT]);

#endif

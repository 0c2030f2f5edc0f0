/*
 * What the files of the strategies share: the shape of a strategy, arguments for programs, and looking before anything is made.
 */
#ifndef MR_RUN_NETWORK_STRATEGY_H
#define MR_RUN_NETWORK_STRATEGY_H

#include "run/network.h"

/* All for plan.network[at]. As the functions of network.h have it. */
struct mr_network_strategy {
	int (*prepare)(struct mr_networks *networks, size_t at, struct mr_journal *journal, struct maproot_error *err);
	int (*attach)(struct mr_networks *networks, size_t at, pid_t pid, struct mr_journal *journal,
		      struct maproot_error *err);
};

extern const struct mr_network_strategy mr_network_veth;
extern const struct mr_network_strategy mr_network_slirp4netns;
extern const struct mr_network_strategy mr_network_pasta;

enum { MR_NETWORK_TIMEOUT_MS = 30000 }; /* for a program to be ready, on a machine that is busy */

/* Finds the program of a strategy, which is in this package. Into networks->program. */
int mr_network_find_program(struct mr_networks *networks, const char *name, const char *package,
			    struct maproot_error *err);

/* slirp4netns and pasta put one end of a device into the namespace, and keep the other. */
int mr_network_check_tun(struct maproot_error *err);

/* Makes up the path of networks->file, below the directory of names, and notes it. `size`: what it has to fit into. */
int mr_network_choose_file(struct mr_networks *networks, const char *suffix, size_t size, struct mr_journal *journal,
			   struct maproot_error *err);

/* Removes it again, when it has done its work. */
void mr_network_remove_file(struct mr_networks *networks);

/* An argument vector that owns its text. Points into itself: not to be copied. */
struct mr_arguments {
	char *argv[192];
	size_t count;
	char text[8192];
	size_t used;
	bool cut; /* something did not fit: not to be executed. The limits of the model leave that no room */
};

/* `value` NULL: none. */
void mr_arguments_add(struct mr_arguments *arguments, const char *word, const char *value);
void mr_arguments_add_number(struct mr_arguments *arguments, const char *word, long number);

/* Starts networks->program with these arguments as the one that goes on running, and notes it. Completes `helper`. */
int mr_network_start(struct mr_networks *networks, const struct mr_arguments *arguments, struct mr_helper *helper,
		     struct mr_journal *journal, struct maproot_error *err);

/* After `ready` was closed without a word: waits for the end of the program, and says why. */
int mr_network_fail_ended(struct mr_networks *networks, struct maproot_error *err);

/*
 * Fills networks->resolv_conf: these name servers, and the host's lines other than of name servers. -E2BIG where the
 * host's does not fit.
 */
int mr_network_fill_resolv_conf(struct mr_networks *networks, const char *const *servers, size_t count,
				struct maproot_error *err);

/* Whether the host's first name server is on its loopback, where nobody else reaches it, and can be forwarded to by IPv4. */
bool mr_network_resolver_is_local(void);

#endif

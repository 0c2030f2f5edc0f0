/*
 * The strategies of <maproot/network.h> that need somebody outside: veth, slirp4netns, pasta. A table of them is in network.c.
 */
#ifndef MR_RUN_NETWORK_H
#define MR_RUN_NETWORK_H

#include "model/network.h"
#include "run/journal.h"
#include "system/helper.h"

/* All of a run. Its parts are text and numbers, and helpers that run. */
struct mr_networks {
	struct mr_network_plan plan;
	struct mr_helper_run helpers[MR_NETWORKS_MAX];
	size_t helper_count;
};

/*
 * Nothing is made yet: looks that the programs are there, that devices can be used, that no name is taken outside, and
 * notes in the journal what will be made and is known. `id` makes names of devices.
 */
int mr_networks_prepare(const struct maproot_network *wish, const char *id, struct mr_networks *ret_networks,
			struct mr_journal *journal, struct maproot_error *err);

/* At the gate, mapped: `pid` is in its network namespace. Returns when everything carries traffic. */
int mr_networks_attach(struct mr_networks *networks, pid_t pid, struct mr_journal *journal, struct maproot_error *err);

/* Ends and reaps the helpers; devices are undone by the journal's entries. */
void mr_networks_end(struct mr_networks *networks);

/* Undoes a "link" entry of a journal: 0 also where it is gone. */
int mr_network_undo_link(const char *what, struct maproot_error *err);

/* The resolv.conf for inside, or NULL where the host's is right. */
const char *mr_networks_resolv_conf(const struct mr_networks *networks);

#endif

/*
 * The strategies of <maproot/network.h> that need somebody outside: veth, slirp4netns, pasta. A table of them is in network.c.
 */
#ifndef MR_RUN_NETWORK_H
#define MR_RUN_NETWORK_H

#include "model/network.h"
#include "run/journal.h"
#include "system/helper.h"

#include <limits.h>

enum { MR_RESOLV_CONF_SIZE = 4096 };

/* All of a run. All zero is nothing. Not to be copied once it is prepared. */
struct mr_networks {
	struct mr_network_plan plan;
	mr_signal_set heeds; /* see system/helper.h */
	bool prepared;       /* the rest says something */
	char id[MAPROOT_NAME_SIZE];
	unsigned char host_mac[MR_NETWORKS_MAX][MR_MAC_LENGTH]; /* of the outer ends: tells them from others of their name */
	int peer[MR_NETWORKS_MAX];                              /* the namespace of an outer end; -1: the caller's */
	struct mr_helper_run helper;                            /* the one that goes on running: slirp4netns or pasta */
	int lifeline;                                           /* it ends when this is closed, also by our death; or -1 */
	char program[PATH_MAX];                                 /* the file of that one */
	char file[PATH_MAX];                                    /* through which we speak with it; "": none */
	char resolv_conf[MR_RESOLV_CONF_SIZE];                  /* "": the host's is right */
};

/*
 * Nothing is made yet: looks that the programs are there, that devices can be used, that no name is taken outside, and
 * notes in the journal what will be made and is known. `id` makes names of devices. On failure all is zero.
 */
int mr_networks_prepare(const struct maproot_network *wish, const char *id, struct mr_networks *ret_networks,
			struct mr_journal *journal, struct maproot_error *err);

/*
 * At the gate, mapped: `pid` is in its network namespace. Returns when everything carries traffic. On failure what was
 * made is still to be undone: mr_networks_end() and the journal's entries.
 */
int mr_networks_attach(struct mr_networks *networks, pid_t pid, struct mr_journal *journal, struct maproot_error *err);

/* Ends and reaps the helpers; devices and files are undone by the journal's entries. */
void mr_networks_end(struct mr_networks *networks);

/*
 * Undoes a "link" entry of a journal, "NAME MAC[ REF]": the device outside, in the namespace REF where that is said. 0 also where
 * it is gone, or another device has its name by now.
 */
int mr_network_undo_link(const char *what, struct maproot_error *err);

/* The resolv.conf for inside, or NULL where the host's is right. */
const char *mr_networks_resolv_conf(const struct mr_networks *networks);

#endif

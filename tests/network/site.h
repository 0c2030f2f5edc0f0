/*
 * Where the tests of networks happen: a network namespace of the test's own with one device that leads nowhere as the way to
 * the internet, processes that stand in namespaces of theirs, and servers and clients in any of these. No traffic leaves.
 */
#ifndef MAPROOT_TEST_SITE_H
#define MAPROOT_TEST_SITE_H

#include "place.h"
#include "run/network.h"
#include "unit.h"

/* The host's addresses on the device "out0", and the gateway that nobody is. pasta gives the first to the inside. */
#define SITE_ADDRESS       "192.0.2.1"
#define SITE_OTHER_ADDRESS "198.51.100.77"
#define SITE_ADDRESS6      "2001:db8::1"
#define SITE_GATEWAY       "192.0.2.254"

/* As root: goes there for good; /dev/net/tun is open to all, and maproot-net is found. `user`: then becomes the test user. */
void site_enter(bool user);

/* A process in a new user and network namespace; ended by unit_end(). */
pid_t site_child(void);

/* Another one, made from inside of the namespaces `types` of `of`, with new ones of `flags` (CLONE_NEW*). Likewise. */
pid_t site_child_of(pid_t of, unsigned int types, int flags);

/* What `ip` says with these arguments, in the namespaces of a process (0: here). Good until the next call. */
const char *site_ip(pid_t pid, const char *arguments);

/* The same has to contain, or not to contain, this. */
void site_check_ip(pid_t pid, const char *arguments, const char *text);
void site_check_ip_not(pid_t pid, const char *arguments, const char *text);

/* A server in the namespaces of a process that says `text` to everybody; listens when this returns. Ended by unit_end(). */
pid_t site_serve(pid_t pid, bool udp, const char *address, int port, const char *text);

/* What a server says, asked from there; NULL where it is not reached. Good until the next call. */
const char *site_fetch(pid_t pid, bool udp, const char *address, int port);

/* The same, asked again and again: pasta of 2023 loses a first byte that comes too early, and the inside hears nothing of it. */
const char *site_fetch_patiently(pid_t pid, bool udp, const char *address, int port);

/* A run's network, and what was noted about it. */
struct site_run {
	struct mr_networks networks;
	struct mr_journal journal;
};

/* Prepares, and attaches where `pid` is not 0; 0 or -errno. Words that begin with '@' are ports. */
int site_prepare(struct site_run *run, const char *const *words, struct maproot_error *err);
int site_attach(struct site_run *run, pid_t pid, struct maproot_error *err);

/* Both, which work. */
void site_start(struct site_run *run, const char *const *words, pid_t pid);

/* Ends it, and undoes what the journal has, twice. Then no helper, no file and no device "mr..." is there. */
void site_end(struct site_run *run);

/* Only that: what was noted is undone by somebody who was not there. */
void site_undo(struct site_run *run);

/* Fails the test where a file is left in the directory of names. */
void site_check_no_files(void);

#endif

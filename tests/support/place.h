/*
 * Where the tests of joining go, and how they see where they are: processes that stand in namespaces of their own and
 * wait, pid namespaces in which a number can be given again, filters that make one kind of join fail, and what a
 * thread's namespaces and a process's descriptors are.
 */
#ifndef MAPROOT_TEST_PLACE_H
#define MAPROOT_TEST_PLACE_H

#include <maproot/namespace.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PLACE_BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

/* Those that a thread enters alone, without a child. */
#define PLACE_BY_THREAD (PLACE_BIT(CGROUP) | PLACE_BIT(IPC) | PLACE_BIT(MNT) | PLACE_BIT(NET) | PLACE_BIT(UTS))

/*
 * A process in new namespaces of the types `first`, and then, made from inside of these, of the types `then` (not pid,
 * time). A new user namespace maps the maker's effective ids to root. The process ends with the one that made it; end
 * it with unit_end().
 */
pid_t place_make(unsigned int first, unsigned int then);

/* The same; when it is ready, it has run `settle` inside, which returned 0. */
pid_t place_make_settled(unsigned int first, unsigned int then, int (*settle)(void *arg), void *arg);

/* Below this process's /proc/PID/ns: the namespace's number. `pid` 0: of the calling thread. 0: there is none. */
ino_t place_id(pid_t pid, const char *name);

/* The same by type; of pid and time what children get where `pid` is 0. */
ino_t place_of(pid_t pid, enum maproot_namespace type);

/* All that the calling thread may be found to have been moved from. */
struct place_whereabouts {
	ino_t namespaces[MAPROOT_NAMESPACE_COUNT + 2]; /* and of pid and time what it is in itself */
	dev_t root_device;
	ino_t root;
	dev_t directory_device;
	ino_t directory;
};

void place_remember(struct place_whereabouts *ret_here);

/* Fails the test where something is different now. */
void place_check_unmoved(const struct place_whereabouts *before);

/* How many descriptors are open in this process. */
size_t place_descriptors(void);

/*
 * From now on setns(2) answers `number` where its second argument is this type's flag; or where that is more than one
 * flag; or where its first is a higher descriptor than this one, as those of a way back are that was opened last.
 */
void place_deny_setns(enum maproot_namespace type, int number);
void place_deny_setns_above(int fd, int number);
void place_deny_setns_of_many(int number);

/*
 * Runs `body` in a child that is process 1 of a new pid namespace with a /proc of its own; returns its wait status. As
 * root.
 */
int place_in_pid_namespace(int (*body)(void *arg), void *arg);

/* In such a namespace: a process that waits and has this number, which has to be free. */
pid_t place_recycle(pid_t pid);

/* A process that has ended and was not waited for. */
pid_t place_zombie(void);

/* Field 22 of /proc/PID/stat. */
unsigned long long place_start_time(pid_t pid);

#endif

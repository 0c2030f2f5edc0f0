/*
 * Containers that other programs have made, with tests/joining/inside.c in them; and a look at what a command sees
 * that joins them. Nothing here knows maproot but the path of its program.
 */
#ifndef MAPROOT_TEST_CONTAINER_H
#define MAPROOT_TEST_CONTAINER_H

#include "unit.h"

#include <maproot/namespace.h>
#include <sys/types.h>

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

enum container_kind {
	CONTAINER_UNSHARE,       /* unshare(1) by the user: all but cgroup and time, with a /proc of its own */
	CONTAINER_SHARED,        /* the same without pid: sees the processes of outside */
	CONTAINER_ALL,           /* the same with every type that this kernel has */
	CONTAINER_BWRAP,         /* bwrap(1) by the user, who keeps his number */
	CONTAINER_RUNC,          /* runc(8) by the user */
	CONTAINER_RUNC_ROOT,     /* runc(8) by root: no user namespace */
	CONTAINER_UNSHARE_ROOT,  /* unshare(1) by root, likewise */
	CONTAINER_OWNED_BY_ROOT, /* a user namespace made by root, in which root is user 100000; with ipc and uts */
	CONTAINER_KINDS,
};

/* Whether the tests may make one here. */
bool container_possible(enum container_kind kind);

/* Whether there are time namespaces. */
bool container_has_time(void);

struct container {
	enum container_kind kind;
	struct support_process tool;
	pid_t pid;           /* of the process inside */
	unsigned int types;  /* in which it differs from this process */
	const char *program; /* the path of "inside" in it */
	const char *word;    /* NULL: "hold" */
	const char *more;    /* after the word, or NULL */
};

/* Starts one and waits until it is there. The caller fills kind, word and more. */
void container_start(struct container *container);
void container_end(struct container *container);

/* The same, and what was said in it after "ready"; freed by the caller. */
char *container_end_with_words(struct container *container);

/* Installs the programs. Call it in the suite's builder. */
void container_set_up(void);
const char *container_inside(void);
const char *container_maproot(void);

/* The types in which two processes differ; 0 is this one. */
unsigned int container_difference(pid_t one, pid_t other);

/* "cgroup ipc": for messages. One of a ring of buffers. */
const char *container_types(unsigned int types);

/* In words: {pid} {start} {inside} {maproot} {uid} {gid} {home} {dir}; a new string, never freed. */
const char *container_expand(const struct container *container, const char *text);

/* A copy of a text for good; those of support_text() are good for 15 calls. */
const char *container_keep(const char *text);

/* For a program that may be sanitized: NULL, or an environment without its leak check, which needs ptrace(2). */
const char *const *container_environment(void);

enum { VIEW_WORDS = 24 };

/* What a command sees that is "inside look". */
struct view {
	struct support_process process;
	pid_t pid;  /* of the command, as we count */
	char *text; /* its lines */
};

/* Runs `maproot WORDS inside look`. `hooks`: all but argv is taken from it; NULL: as the user. */
void view_start(struct view *view, const struct container *container, const char *const *words,
		const struct support_command *hooks);

/* The rest of the line that begins with "KEY "; NULL where there is none. One of a ring of buffers. */
const char *view_line(const struct view *view, const char *key);

/* Sends SIGUSR1 to the wrapper, which ends well, and has said `err` (NULL: nothing). */
void view_end(struct view *view, const char *err);

/* Reads from a descriptor until a line is `word`; what came before it is returned, freed by the caller. */
char *container_read_until(int fd, const char *word, int ms);

#endif

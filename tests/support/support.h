/*
 * What the tests share: an unprivileged user made for this run alone, commands run as that user with
 * captured output and a time limit, a private copy of the programs, and the two questions every test
 * asks at its end: is a process left, is a mount left. Knows nothing of maproot's inside, nor of Check.
 * A helper that cannot do its work ends the test program with a message: no result is ever guessed.
 */
#ifndef MAPROOT_TEST_SUPPORT_H
#define MAPROOT_TEST_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What CTest reads as "skipped" (SKIP_RETURN_CODE). */
#define SUPPORT_SKIPPED 77

struct support_user {
	uid_t uid;
	gid_t gid;
	char name[32];
	char home[256];          /* an empty directory that the user owns, mode 0755 */
	uint32_t subordinate[2]; /* first ids of the two ranges, the same for users and groups */
	uint32_t subordinate_count;
};

/*
 * Call it first in main(), before Check forks. As root: enters a private mount namespace, in which
 * /etc/passwd, group, subuid and subgid are copies that know one more user, of whom no process exists;
 * every mount of it is shared among this namespace's descendants, so that a leak would be seen. As anybody
 * else: the user is the caller. Returns in a child: the process that called stays behind as the keeper, ends
 * as the child ends, and whatever becomes of the test, kills what is left of it and removes what was made.
 */
void support_init(void);

const struct support_user *support_user(void);

/* A directory of this run that every user may search, mode 0755, not writable by the test user. */
const char *support_directory(void);

/* Copies a program into support_directory(), mode 0755, and returns its path (never freed). */
const char *support_install(const char *program, const char *name);

/* The program under test: $MAPROOT, else `fallback`; installed as "maproot" at the first call. */
const char *support_maproot(const char *fallback);

/* Picks by $MAPROOT_TEST_SIZE: quick, ci (the default), full. */
int support_size(int quick, int ci, int full);

/* Prints "skipped: REASON" and ends the program with SUPPORT_SKIPPED. Only before Check runs. */
_Noreturn void support_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a message, with errno's words where errno is not 0, and exits with 99. */
_Noreturn void support_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct support_command {
	const char *const *argv;
	const char *path;          /* the file to execute; NULL: argv[0], by PATH */
	const char *const *envp;   /* NULL: PATH, HOME, USER and SHELL of the test user, nothing else */
	void (*before)(void *arg); /* in the child, with the test's own privileges; may be NULL */
	void (*after)(void *arg);  /* in the child, as the user, last before exec; may be NULL */
	void *arg;
	bool as_root;    /* don't become the user */
	bool keep_stdio; /* leave 0-2 to the hooks: nothing is captured */
	int timeout_ms;  /* 0: 20 s */
};

struct support_result {
	int status;     /* as waitpid(2) */
	bool timed_out; /* it was killed, with its descendants */
	char *out;      /* terminated; freed by support_release() */
	char *err;
	size_t out_length;
	size_t err_length;
};

struct support_process {
	pid_t pid;
	int out; /* -1 with keep_stdio */
	int err;
	int timeout_ms;
};

/*
 * Starts a command: default dispositions, empty mask, no descriptors but 0-2 (stdin is /dev/null), then
 * the hooks, then exec. Returns once the exec happened; a failed exec is fatal.
 */
void support_start(const struct support_command *command, struct support_process *ret_process);

/* Waits for the end of a process and of its output. */
void support_finish(struct support_process *process, struct support_result *ret_result);

/* Both. */
void support_run(const struct support_command *command, struct support_result *ret_result);

void support_release(struct support_result *result);

/*
 * Takes the lines "cause:" and "try:" out of what a program said: why something fails is what tests/diagnose and
 * tests/cli/test_explained.c are about. And the warnings of a sanitizer that no mistake is behind.
 */
void support_leave_out_explanation(char *err);

/* waitpid() with a time limit; returns false when it is over and the process still there. */
bool support_wait(pid_t pid, int timeout_ms, int *ret_status);

/* In a child of the test: becomes the user for good. */
void support_become_user(void);

/* Makes orphans this process's children from now on, so that support_descendants() sees them. */
void support_adopt_orphans(void);

/*
 * Living descendants (zombies don't count) of a process. Fills `pids` up to `size`, nearest first;
 * returns how many there are.
 */
size_t support_descendants(pid_t of, pid_t *pids, size_t size);

/* Waits until this process has no living descendant, at most `ms`; returns how many are left. */
size_t support_wait_alone(int ms);

/* SIGKILL to all descendants of this process until there are none. */
void support_kill_descendants(void);

/* The parent of a process; 0 when there is none. */
pid_t support_parent(pid_t pid);

/* The state letter of a process in /proc/PID/stat; 0 when there is none. */
char support_state(pid_t pid);

/* A pseudo-terminal and the command that leads its session. */
struct support_pty {
	int master;
	struct support_process process; /* wait for it with support_wait() */
	char name[64];
	char *text; /* all that the terminal ever showed */
	size_t length;
	size_t size;
	size_t seen; /* up to where support_pty_expect() has looked */
	size_t before;
};

/* Starts a command on a terminal; its `before` and `arg` are taken by this. */
void support_pty_start(struct support_pty *ret_pty, struct support_command *command);

/* Waits until the terminal shows `text` after what was seen before; then it counts as seen, up to its end. */
bool support_pty_expect(struct support_pty *pty, const char *text, int ms);

/* The screen from before the last text that was expected, to its end. */
const char *support_pty_screen(const struct support_pty *pty);

void support_pty_type(struct support_pty *pty, const char *keys);
void support_pty_resize(struct support_pty *pty, unsigned short rows, unsigned short columns);

/* Takes the terminal away from who is on it. */
void support_pty_hang_up(struct support_pty *pty);
void support_pty_done(struct support_pty *pty);

/* This namespace's mounts, as text to compare; freed by the caller. */
char *support_mounts(void);

/* The whole of a file, terminated; NULL with errno set. Freed by the caller. */
char *support_read(const char *path, size_t *ret_length);

/* Formats into a static ring of buffers, good for the next 15 calls. */
const char *support_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* CLOCK_MONOTONIC in microseconds, and a sleep that is not shortened by signals. */
int64_t support_now_us(void);
void support_sleep_us(int64_t us);

#endif

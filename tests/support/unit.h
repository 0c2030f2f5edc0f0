/*
 * What the tests of single source files share, over support.h: a main for Check, places to be in (the user,
 * a user namespace of his, a private mount namespace, behind a filter), and comparisons that say what differs.
 * Each test runs in a process of its own (CK_FORK), so that it may go to such a place for good.
 */
#ifndef MAPROOT_TEST_UNIT_H
#define MAPROOT_TEST_UNIT_H

#include "support.h"

#include <check.h>
#include <maproot/error.h>
#include <maproot/idmap.h>
#include <sys/types.h>

/* Whether this is a build with AddressSanitizer, which talks where something is odd about /proc or ptrace. */
#if defined(__has_feature)
#define UNIT_SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define UNIT_SANITIZED 1
#else
#define UNIT_SANITIZED 0
#endif

#define UNIT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* support_init() and, with every test followed by a look whether a process or a mount is left, the suite. */
int unit_main(Suite *(*build)(void));

/* The same for tests that start as root; anybody else skips them. */
int unit_main_as_root(Suite *(*build)(void));

/* The suite of one file with one case, to which the tests are added. */
Suite *unit_suite(const char *name, TCase **ret_case);

/* The error says exactly this; `text` as maproot_error_format() gives it. */
void unit_check_error(const struct maproot_error *err, int code, enum maproot_step step,
		      const char *text);

/* A map's ranges, as maproot_idmap_format() gives them. */
void unit_check_map(const struct maproot_idmap *map, const char *want);

/* The test process becomes the test user, in his home. */
void unit_become_user(void);

/* The same, then root of a new user and mount namespace (own id alone mapped), with the flags besides. */
void unit_enter_namespace(int flags);

/* A mount namespace of the test's own, from which nothing leaves. As root. */
void unit_private_mounts(void);

/* Writes a file, 0644 or 0755 where it starts with "#!". Below support_directory() where `path` is relative. */
const char *unit_file(const char *path, const char *text);

/* Mounts a file with this text over another, in this test's mount namespace: call unit_private_mounts() before. */
void unit_overlay(const char *path, const char *text);

/* From now on the system call answers so, here and in what is executed. `number` 0: it does nothing and says 0. */
void unit_deny(long call, int number);

/* Runs `body` in a child; returns its wait status. What it returns is its exit status. */
int unit_in_child(int (*body)(void *arg), void *arg);

/* A child that stands in a new user namespace without maps and waits; ended by unit_end(). */
pid_t unit_unmapped_process(void);
void unit_end(pid_t pid);

/* From now on programs are found below this directory only: PATH names it, and the system's own are empty. As root. */
void unit_only_programs_of(const char *directory);

/*
 * The last mount at this mount point in /proc/self/mountinfo: "OPTIONS FIELDS - TYPE" ("ro,nosuid shared:7 - tmpfs");
 * NULL where there is none. Good until the next call.
 */
const char *unit_mount(const char *point);

/* The line "NAME:<tab>..." of /proc/PID/status (0: self), without the name; one of a ring of buffers. */
const char *unit_status(pid_t pid, const char *name);

/*
 * Runs a command, and counts how many times it and what it starts execute a program after that. Its `after`
 * is taken by this; its output has to fit a pipe.
 */
int unit_count_execs(const struct support_command *command, struct support_result *ret_result);

#endif

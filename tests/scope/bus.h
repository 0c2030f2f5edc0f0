/*
 * A bus of the test's own (dbus-daemon), a stand-in for systemd on it, and maproot-scope run against both.
 */
#ifndef MAPROOT_TEST_SCOPE_BUS_H
#define MAPROOT_TEST_SCOPE_BUS_H

#include "unit.h"

#include <stdbool.h>

/*
 * Makes a directory that is $XDG_RUNTIME_DIR of all that is started here and of this process, and one with our
 * program, $MAPROOT_LIBEXEC. Nothing listens yet. As root, nothing of the machine's own is in /run from now on, and
 * the system's bus is to be in that directory, too. To be called first.
 */
void bus_place(bool as_root);

/* Below that directory. */
const char *bus_path(const char *name);

/* dbus-daemon, listening on "bus" there; it would start what "../NAME.service" says. And its end. */
void bus_start(void);
void bus_kill(void);

/* The stand-in, see fake_manager.c, on that bus; or as the manager's private socket. It is ready when this returns. */
void bus_start_manager(const char *how);
void bus_start_private_manager(const char *how);

/* The next line that the stand-in says. */
const char *bus_hear(void);

/* Ends the stand-in: all that it said and that was not yet heard. Never freed. */
const char *bus_end_manager(void);

/* Ends all that was started here. */
void bus_end(void);

/* Something that listens on `name` there and is no bus: says `text` to whoever comes; then waits, or closes. */
void bus_start_nonsense(const char *name, const char *text, bool closes);

/* $DBUS_SESSION_BUS_ADDRESS, and $XDG_RUNTIME_DIR, of the program; NULL: none. */
void bus_set_address(const char *address);
void bus_set_runtime_directory(const char *directory);

/* The program with its arguments, after the words before it ("unshare -r", or ""); all parted by single spaces. */
void bus_launch(const char *before, const char *arguments, struct support_process *ret_process);
void bus_run(const char *before, const char *arguments, struct support_result *ret_result);

/* Fails the test unless it ends with this status and these words on standard error, and nothing on the other. */
void bus_check_result(struct support_result *result, int status, const char *err);
void bus_check(const char *arguments, int status, const char *err);

/* The same where its time is to run out at a certain point: it gets more and more, until it comes to this point. */
void bus_check_in_time(const char *arguments, int status, const char *err);

#endif

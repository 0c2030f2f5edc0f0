/*
 * --status-fd: what becomes of the command, for programs: a JSON object a line, so that a failure of maproot is told from one of
 * the command.
 *
 *   {"id":"run-1-2","pid":4711}          the command executes; "id" where the run has a record
 *   {"exit":3} or {"signal":9}           it has ended, with that status, by that signal
 *   {"error":{"step":"find","errno":2,"object":"nonesuch","message":"cannot find 'nonesuch': No such file or directory"}}
 *                                        with "cause" and "advice" where there are such, and "cause_id"
 *   {"complaint":{...}}                  the same for what could not be undone
 */
#ifndef MR_CLI_STATUS_H
#define MR_CLI_STATUS_H

#include <maproot/engine.h>
#include <maproot/explain.h>

/* All of them do nothing where `fd` is -1. Nobody who reads any more is no reason to fail. */
void status_started(int fd, const char *id, pid_t pid);
void status_ended(int fd, int wait_status);
void status_error(int fd, const char *key, const struct maproot_error *err,
		  const struct maproot_explanation *explanation);

#endif

/*
 * A command in a plan, with all that is around it: made in order, and taken down in reverse. What needs somebody outside
 * (id ranges, cgroup, network, hooks, a record) is done while the child is held; then it goes on to the command.
 *
 *   group, record -> child, held -> its cgroup -> id maps -> network -> record -> setup hook -> the command executes
 *   -> started hook -> it ends -> what is left of it ends -> network, cgroup, record go
 *
 * A failure anywhere ends the child, undoes what was made, and is the error. What can't be undone is complained of.
 * A run has a record under its id, see <maproot/name.h>, as long as there is anything: who is killed leaves a stale one,
 * and maproot_gc() undoes what that says.
 */
#ifndef MAPROOT_ENGINE_H
#define MAPROOT_ENGINE_H

#include <maproot/run.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * Called or run in the caller's namespaces. One of both, or nothing (all zero). `call`: 0, or -errno with err filled.
 * `command`: for /bin/sh -c, "{pid}" in it is the process's number, as is MAPROOT_PID in its environment, and MAPROOT_ID
 * the id. What it prints is in the error where it fails (exit status, signal, time), and is nowhere else.
 */
struct maproot_hook {
	int (*call)(void *arg, pid_t pid, struct maproot_error *err);
	void *arg;
	const char *command;
	int timeout_ms; /* of a command, which then is killed; 0: none */
};

/* Beside the request. Everything zero: no record, no hook; the plain request. */
struct maproot_engine {
	const char *id;     /* of the record. NULL: made up, where there is anything to record */
	char *const *named; /* what the record calls the command; NULL: argv */
	const char *bundle; /* likewise, of OCI; NULL: none */
	bool keep_record;   /* also where there is nothing to undo */
	/*
	 * This process is here for the command alone: single-threaded. Pending signals and timers are the command's; signals stay
	 * blocked from the start on, until it has ended. maproot_wait() closes all descriptors but `keep_fds`, and standard error
	 * while there is something to undo, which may have to be complained of.
	 */
	bool stand_in;
	const int *keep_fds; /* 32 at most; negative ones are none */
	size_t keep_fd_count;
	struct maproot_hook setup;   /* the child is held: its namespaces are there, pid and time excepted, its ids are not */
	struct maproot_hook started; /* the command executes */
	/* Told of what could not be undone. NULL: nobody is. */
	void (*complain)(void *arg, const struct maproot_error *err);
	void *complain_arg;
};

/* A command that runs. */
struct maproot_running;

/*
 * Starts `argv` as `request` and `engine` say. Returns 0 when the command is executing and the started hook is done. On
 * failure nothing is left. Not with request->in_place. Any thread, unless `stand_in`.
 */
int maproot_start(const struct maproot_request *request, const struct maproot_engine *engine, char *const argv[],
		  char *const envp[], struct maproot_running **ret_running, struct maproot_error *err);

/* Its process, for as long as it is not waited for. */
const struct maproot_child *maproot_running_child(const struct maproot_running *running);

/* Its id; "" where it has no record. */
const char *maproot_running_id(const struct maproot_running *running);

/*
 * Stands in for the command as maproot_supervise() does until it has ended, ends what is left in its cgroup and pid
 * namespace, undoes what was made, and frees `running`, in any case. 0 with the status as waitpid(2), or -errno.
 */
int maproot_wait(struct maproot_running *running, int *ret_wait_status, struct maproot_error *err);

/*
 * Undoes what was left by runs whose maproot was killed: processes, cgroups, links, files, then the records, also stale
 * ones of names. `each` (may be NULL) is told of every id that is gone now. Returns how many, or -errno of the first failure,
 * after trying all.
 */
int maproot_gc(void (*each)(void *arg, const char *id), void *arg, struct maproot_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

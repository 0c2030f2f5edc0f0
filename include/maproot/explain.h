/*
 * Why something failed, found out after it has: the machine is looked at as it is now, and where looking does not
 * tell, the refused operation is tried again in a short-lived child. Nothing is changed, and who succeeds pays
 * nothing.
 *
 *   if (maproot_spawn(&request, argv, NULL, &child, &err) < 0 &&
 *       maproot_error_explain(&err, &request, NULL, &why) == 0 && why.established)
 *           say(why.cause, why.remedy);
 *
 * A cause is named only where a check has established it. Otherwise `ruled_out` says which causes it is not.
 */
#ifndef MAPROOT_EXPLAIN_H
#define MAPROOT_EXPLAIN_H

#include <maproot/error.h>
#include <maproot/run.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Who can apply a remedy. */
enum maproot_who {
	MAPROOT_WHO_NOBODY = 0,    /* there is nothing to apply: the kernel, or the machine, can't do it */
	MAPROOT_WHO_CALLER,        /* anybody here, by asking for something else, or elsewhere */
	MAPROOT_WHO_ROOT,          /* root here */
	MAPROOT_WHO_HOST,          /* root of the host: outside of the namespaces that we are in */
	MAPROOT_WHO_ADMINISTRATOR, /* whoever starts the container or the service that we are in */
};

/* Texts are single lines without a full stop at the end. */
struct maproot_explanation {
	const char *
		id; /* stable, for machines: "chroot", "sysctl-max-user-namespaces"; "unknown" where no cause applies */
	char cause[320];
	char remedy[400]; /* "" where there is none */
	enum maproot_who who;
	bool established;     /* false: not proved. `cause` then is what is left, or says that none was found */
	char ruled_out[1024]; /* ids of the causes that were checked and are not it, separated by spaces */
};

/* clang-format off */
#define MAPROOT_EXPLANATION_INIT { "unknown", "", "", MAPROOT_WHO_NOBODY, false, "" }
/* clang-format on */

/*
 * Explains an error, soon after the call that gave it, in the process that made the call. `request`: what was asked
 * for; NULL where it is not at hand, then causes that lie in it are not seen. `root`: NULL, or a directory with files
 * to be read instead of the machine's ("proc/sys/user/max_user_namespaces"); then nothing is tried. Returns 0 with
 * `ret_explanation` filled, established or not; -EINVAL where `err` is no error. Any thread; takes below 100 ms.
 */
int maproot_error_explain(const struct maproot_error *err, const struct maproot_request *request, const char *root,
			  struct maproot_explanation *ret_explanation);

/* A stable name: "nobody", "caller", "root", "host", "administrator"; "unknown" for a number that is none. */
const char *maproot_who_name(enum maproot_who who);

/* For loops over all that can be named: the id of the cause at this place in the table; NULL after the last one. */
const char *maproot_cause_id(size_t at);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

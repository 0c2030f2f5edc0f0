/*
 * What the subjects of the examination share: whom is asked, what was found so far, how a finding is told. A file a
 * subject, a function a line of the report.
 */
#ifndef MR_DIAGNOSE_DOCTOR_H
#define MR_DIAGNOSE_DOCTOR_H

#include "diagnose/causes.h"

#include <maproot/doctor.h>

struct mr_doctor {
	const char *root;           /* NULL: the machine */
	struct mr_evidence machine; /* files; of no error */
	int (*each)(void *arg, const struct maproot_finding *finding);
	void *arg;
	int code;                       /* what `each` said */
	bool tries;                     /* there is no root */
	bool privileged;                /* the plain request needs nothing new */
	bool usable;                    /* the plain request works */
	bool creates;                   /* user namespaces can be made */
	bool maps;                      /* ... and be given the own ids, and something be done in them */
	bool auto_maps;                 /* ... and all subordinate ids */
	bool tun;                       /* user-mode networks can be made */
	struct maproot_error refusal;   /* of the plain request in a user namespace of its own */
	struct maproot_explanation why; /* of that */
	struct mr_doctor_inside {
		int levels;  /* of user namespaces, one in the other, that could still be made; -1: not known */
		int overlay; /* errno values, 0, or -1: not tried */
		int fuse;
	} inside;
};

/* The subjects, in the order of the report. */
void mr_doctor_main_job(struct mr_doctor *doctor); /* doctor_namespaces.c */
void mr_doctor_namespaces(struct mr_doctor *doctor);
void mr_doctor_ids(struct mr_doctor *doctor); /* doctor_ids.c, doctor_helpers.c */
void mr_doctor_helpers(struct mr_doctor *doctor);
void mr_doctor_mounts(struct mr_doctor *doctor);      /* doctor_mounts.c */
void mr_doctor_proc(struct mr_doctor *doctor);        /* doctor_proc.c */
void mr_doctor_cgroup(struct mr_doctor *doctor);      /* doctor_cgroup.c */
void mr_doctor_network(struct mr_doctor *doctor);     /* doctor_network.c */
void mr_doctor_confinement(struct mr_doctor *doctor); /* doctor_confinement.c */
void mr_doctor_place(struct mr_doctor *doctor);       /* doctor_place.c */
void mr_doctor_kernel(struct mr_doctor *doctor);      /* doctor_kernel.c */

/*
 * In a child: how many user namespaces fit into one another, and whether overlay and FUSE can be mounted.
 * doctor_inside.c
 */
void mr_doctor_go_inside(struct mr_doctor *doctor);

/*
 * Runs `body` in a child with a copy of `size` bytes, which come back. Makes system calls only, as it is a copy of
 * somebody's process. False where it did not end by itself. doctor_child.c
 */
bool mr_doctor_run(void (*body)(void *memory), void *memory, size_t size);

/* How many namespaces of each type are this user's, of those that /proc shows. doctor_count.c */
void mr_doctor_count(uint64_t counts[MAPROOT_NAMESPACE_COUNT]);

/* Tells a finding that needs no cause. */
void mr_doctor_tell(struct mr_doctor *doctor, const char *id, const char *text);

/* Tells one with its cause. */
void mr_doctor_tell_cause(struct mr_doctor *doctor, const char *id, enum maproot_state_of_finding state,
			  const char *text, const struct maproot_explanation *why);

/* Tells an error, explained. */
void mr_doctor_tell_error(struct mr_doctor *doctor, const char *id, enum maproot_state_of_finding state,
			  const struct maproot_error *err, const struct maproot_request *request);

/* Tells that there is no user namespace to do it in; the second only where that is so, which it returns. */
void mr_doctor_tell_needed(struct mr_doctor *doctor, const char *id);
bool mr_doctor_tell_impossible(struct mr_doctor *doctor, const char *id);

/* An explanation in words of the doctor's own. */
struct maproot_explanation mr_doctor_reason(const char *id, const char *cause, const char *remedy,
					    enum maproot_who who);

/* Whether one cause of the table is established, for an error that is supposed; explained then. */
bool mr_doctor_finds(struct mr_doctor *doctor, const char *cause_id, const struct maproot_error *supposed,
		     struct maproot_explanation *ret_why);

/*
 * Carries a request out up to where the command would be executed; what was made goes with the child. 0 or -errno.
 * Where nothing may be tried: whether the files establish a cause that would refuse it.
 */
int mr_doctor_attempt(struct mr_doctor *doctor, const struct maproot_request *request, struct maproot_error *err);

/* Something that hinders: "no" where nothing works, "degraded" where it does all the same. */
enum maproot_state_of_finding mr_doctor_hindrance(const struct mr_doctor *doctor);

#endif

/*
 * A request and the facts become a plan, or a refusal. Pure: nothing is asked of the system here, so that a
 * plan can be made, printed and tested anywhere.
 */
#ifndef MR_MODEL_PLAN_H
#define MR_MODEL_PLAN_H

#include <maproot/run.h>
#include <stdbool.h>
#include <sys/types.h>

/* The types that no process can enter itself: its next children do. */
#define MR_FOR_CHILDREN \
	(MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_PID) | MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_TIME))

/* Who asks. */
struct mr_facts {
	uid_t user; /* effective */
	gid_t group;
	bool privileged;      /* the four capabilities of maproot_capabilities_probe() are effective */
	bool may_map;         /* CAP_SETUID and CAP_SETGID are: any ids may be mapped into a namespace below */
	unsigned int joined;  /* namespaces that the references lead to */
	unsigned int skipped; /* likewise, but the caller is in them already */
	pid_t process;        /* that all of them are of, and are entered with in one call; 0: one by one */
};

/* Which process becomes what was asked for. */
enum mr_way {
	MR_WAY_HERE,     /* this one, and nothing new is needed */
	MR_WAY_IN_PLACE, /* this one, with setns(2) and unshare(2) */
	MR_WAY_CHILD,    /* a child, with this process standing in for it */
};

/* Who writes the id maps of a new user namespace. */
enum mr_mapper {
	MR_MAPPER_NONE,    /* there is none */
	MR_MAPPER_SELF,    /* the process inside: single-entry maps of its own ids */
	MR_MAPPER_PARENT,  /* the privileged process outside */
	MR_MAPPER_HELPERS, /* newuidmap(1) and newgidmap(1) */
};

struct mr_plan {
	enum mr_way way;
	unsigned int joined;     /* to enter, before what is created */
	unsigned int skipped;    /* not to enter, for being there */
	pid_t process;           /* as in the facts */
	unsigned int namespaces; /* to create */
	enum mr_mapper mapper;
	struct maproot_idmap users;
	struct maproot_idmap groups;
	bool deny_setgroups;
	bool drop_groups;
	bool take_ids; /* become `user` and `group` inside */
	uint32_t user;
	uint32_t group;
	bool keep_capabilities; /* over exec, for ids other than 0 */
	bool hide;              /* not dumpable: what we enter may have masters of its own */
	bool init;              /* our process 1 in the new pid namespace */
	int death_signal;
	int64_t monotonic;
	int64_t boottime;
	char *reference; /* of a network that is joined: its text, see run/prepare.h; or NULL */
};

/* Checks the request, and lays down all but the maps. 0, or -EINVAL, -EPERM (step REQUEST). */
int mr_plan_make(const struct maproot_request *request, const struct mr_facts *facts,
		 struct mr_plan *ret_plan, struct maproot_error *err);

/* Once plan->users and plan->groups are complete (subordinate ids came from outside): who writes them, who runs. */
int mr_plan_settle(const struct maproot_request *request, const struct mr_facts *facts,
		   struct mr_plan *plan, struct maproot_error *err);

/* The CLONE_NEW* flags of a set of types. */
unsigned int mr_plan_clone_flags(unsigned int namespaces);

/* "mnt user": the names of a set of types. */
enum { MR_NAMES_SIZE = 64 };
void mr_plan_name_namespaces(unsigned int namespaces, char names[MR_NAMES_SIZE]);

/* Says that these could not be created. Returns -code. */
int mr_fail_created(int code, unsigned int namespaces, struct maproot_error *err);

/* The plan in words, a line a call. */
void mr_plan_describe(const struct maproot_request *request, const struct mr_plan *plan,
		      void (*line)(void *arg, const char *text), void *arg);

static inline bool mr_has(unsigned int namespaces, enum maproot_namespace type)
{
	return (namespaces & MAPROOT_NAMESPACE_BIT(type)) != 0;
}

#endif

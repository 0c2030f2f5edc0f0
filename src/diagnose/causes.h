/*
 * The table of causes: which steps and errno values a cause can be behind, the check that establishes or excludes it,
 * what is said of it. Each check is exact by itself; the order in the table only decides what is asked first.
 */
#ifndef MR_DIAGNOSE_CAUSES_H
#define MR_DIAGNOSE_CAUSES_H

#include "diagnose/evidence.h"

#include <maproot/explain.h>

enum mr_verdict {
	MR_EXCLUDED = 0, /* it is not this */
	MR_POSSIBLE,     /* nothing speaks against it, nothing proves it */
	MR_ESTABLISHED,  /* it is this */
	MR_IRRELEVANT,   /* it has nothing to do with what failed; not worth being listed as ruled out */
};

/* What a check found, for the "%s" of the texts. */
struct mr_finding {
	const char *id;       /* NULL: the row's */
	char what[240];       /* for the cause; with `how` empty for the remedy, too */
	char how[240];        /* for the remedy */
	enum maproot_who who; /* NOBODY: the row's */
};

typedef enum mr_verdict mr_check(const struct mr_evidence *evidence, struct mr_finding *finding);

struct mr_cause {
	const char *id;
	const enum maproot_step *steps; /* ended by NONE; NULL: any */
	const int *codes;               /* errno values, ended by 0; NULL: any */
	mr_check *check;
	const char *cause;
	const char *remedy; /* NULL: there is none */
	enum maproot_who who;
};

extern const struct mr_cause mr_causes[];
extern const size_t mr_cause_count;

/* Whether a cause can be behind this error at all. */
bool mr_cause_applies(const struct mr_cause *cause, const struct maproot_error *err);

/* Fills id, texts and who of an explanation. */
void mr_cause_tell(struct maproot_explanation *explanation, const struct mr_cause *cause,
		   const struct mr_finding *finding);

/* The checks of the table, a file a group. */

/* limits.c: numbers that are used up */
mr_check mr_check_sysctl_max;
mr_check mr_check_used_up;
mr_check mr_check_outer_limit;
mr_check mr_check_process_rlimit;
mr_check mr_check_process_cgroup;
mr_check mr_check_process_machine;
mr_check mr_check_open_files;
mr_check mr_check_open_files_machine;
mr_check mr_check_address_space;

/* kernel.c: what this kernel is, and is set to */
mr_check mr_check_wsl1;
mr_check mr_check_no_user_namespaces;
mr_check mr_check_no_such_namespace;
mr_check mr_check_unprivileged_clone;
mr_check mr_check_apparmor_sysctl;
mr_check mr_check_apparmor_profile;
mr_check mr_check_apparmor_transition;
mr_check mr_check_selinux;

/* caller.c: who and where the process is */
mr_check mr_check_chroot;
mr_check mr_check_chroot_hidden;
mr_check mr_check_unmapped;
mr_check mr_check_threads;
mr_check mr_check_setid_program;
mr_check mr_check_not_dumpable;
mr_check mr_check_setfcap;
mr_check mr_check_outer_ids;
mr_check mr_check_setgroups_denied;
mr_check mr_check_id_not_mapped;

/* filters.c: seccomp and Landlock */
mr_check mr_check_seccomp_create;
mr_check mr_check_seccomp_kills;
mr_check mr_check_seccomp_mount;
mr_check mr_check_seccomp_setns;
mr_check mr_check_call_missing;
mr_check mr_check_landlock;

/* proc.c: what is wrong with /proc */
mr_check mr_check_proc_missing;
mr_check mr_check_proc_read_only;
mr_check mr_check_proc_foreign;
mr_check mr_check_proc_hides;
mr_check mr_check_proc_masked;
mr_check mr_check_proc_pid_namespace;
mr_check mr_check_sysfs_net_namespace;

/* helpers.c: newuidmap, newgidmap, subordinate ids */
mr_check mr_check_helper_missing;
mr_check mr_check_helper_mode;
mr_check mr_check_helper_bits;
mr_check mr_check_helper_nosuid;
mr_check mr_check_helper_no_new_privs;
mr_check mr_check_helper_bounds;
mr_check mr_check_helper_owner;
mr_check mr_check_helper_unmapped;
mr_check mr_check_helper_killed;
mr_check mr_check_nameless_user;
mr_check mr_check_subuid;
mr_check mr_check_subgid;
mr_check mr_check_range;

/* paths.c: files that are named in the error */
mr_check mr_check_path_missing;
mr_check mr_check_path_component;
mr_check mr_check_path_closed;
mr_check mr_check_path_read_only;
mr_check mr_check_noexec;
mr_check mr_check_not_executable;
mr_check mr_check_interpreter;
mr_check mr_check_command_path;
mr_check mr_check_command_missing;
mr_check mr_check_filesystem_unknown;
mr_check mr_check_filesystem_refused;
mr_check mr_check_locked_mounts;
mr_check mr_check_space;
mr_check mr_check_null_device;

/* joining.c: namespaces of others */
mr_check mr_check_process_ended;
mr_check mr_check_process_foreign;
mr_check mr_check_process_closed;
mr_check mr_check_join_rights;

/* attributes.c: what the machine's root alone may change */
mr_check mr_check_rlimit_hard;
mr_check mr_check_oom_score;
mr_check mr_check_sysctl_unknown;
mr_check mr_check_sysctl_of_machine;
mr_check mr_check_sysctl_namespace;

/* outfit.c: control groups and networks */
mr_check mr_check_cgroup_missing;
mr_check mr_check_cgroup_read_only;
mr_check mr_check_cgroup_not_delegated;
mr_check mr_check_cgroup_controller;
mr_check mr_check_cgroup_not_enabled;
mr_check mr_check_cgroup_limit;
mr_check mr_check_tun_missing;
mr_check mr_check_tun_closed;
mr_check mr_check_network_program;
mr_check mr_check_net_admin;

mr_check mr_check_request; /* the request itself, which the message explains */

#endif

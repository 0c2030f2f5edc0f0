/*
 * Where something does not work for a known cause, and what the doctor is to say there.
 */
#include "doctor_report.h"
#include "situation.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void as_user(void)
{
	unit_become_user();
}

static void stay_root(void)
{
}

static void root_without_user_namespaces(void)
{
	identity_namespace();
	set_limit("user", "0");
}

static void no_user_namespaces(void)
{
	root_without_user_namespaces();
	unit_become_user();
}

static void no_net_namespaces(void)
{
	identity_namespace();
	set_limit("net", "0");
	unit_become_user();
}

static void no_mount_namespaces(void)
{
	identity_namespace();
	set_limit("mnt", "0");
	unit_become_user();
}

static void bind_below(const char *root, const char *path)
{
	const char *point = support_text("%s%s", root, path);

	if (access(path, F_OK) == 0 && (mkdir(point, 0755) < 0 || mount(path, point, NULL, MS_BIND | MS_REC, NULL) < 0))
		support_die("cannot bind %s", path);
}

/* A directory that has what the machine has, but is not a mount itself. */
static void root_in_chroot(void)
{
	static const char *const parts[] = {
		"/proc", "/sys", "/dev", "/etc", "/usr", "/tmp", "/bin", "/lib", "/lib64"
	};
	const char *root = support_text("%s/chroot-%d", support_directory(), (int)getpid());

	unit_private_mounts();
	if (mkdir(root, 0755) < 0)
		support_die("cannot make %s", root);
	for (size_t at = 0; at < UNIT_COUNT(parts); at++)
		bind_below(root, parts[at]);
	if (chroot(root) < 0 || chdir("/") < 0)
		support_die("cannot change root");
}

static void in_chroot(void)
{
	root_in_chroot();
	support_become_user();
}

static void filtered(void)
{
	unit_become_user();
	filter_creation(EPERM, true, true);
}

static void killed_by_filter(void)
{
	unit_become_user();
	filter_creation(0, true, true);
}

static void mounts_filtered(void)
{
	unit_become_user();
	unit_deny(SYS_mount, EPERM);
}

static void root_without_proc(void)
{
	unit_private_mounts();
	if (umount2("/proc", MNT_DETACH) < 0)
		support_die("cannot unmount /proc");
}

static void without_proc(void)
{
	root_without_proc();
	unit_become_user();
}

static void cover_proc(const char *type, const char *point, const char *options)
{
	unit_private_mounts();
	if (mount(type, point, type, 0, options) < 0)
		support_die("cannot mount %s", point);
	unit_become_user();
}

static void with_masks(void)
{
	cover_proc("tmpfs", "/proc/driver", NULL);
}

static void with_hidden_processes(void)
{
	cover_proc("proc", "/proc", "hidepid=2");
}

static void remount(const char *path, unsigned long flags)
{
	if (mount(path, path, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | flags, NULL) < 0)
		support_die("cannot remount %s", path);
}

static void with_nosuid_helper(void)
{
	unit_private_mounts();
	remount("/usr/bin/newuidmap", MS_NOSUID);
	unit_become_user();
}

static void without_subordinates(void)
{
	unit_private_mounts();
	unit_overlay("/etc/subuid", "nobody:1:1\n");
	unit_overlay("/etc/subgid", "nobody:1:1\n");
	unit_become_user();
}

static void without_new_privileges(void)
{
	unit_become_user();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		support_die("no_new_privs");
}

static void on_read_only_machine(void)
{
	unit_private_mounts();
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		support_die("cannot remount /");
	support_become_user();
}

static void without_stdio(void)
{
	unit_become_user();
	(void)close(0);
	(void)close(1);
	(void)close(2);
}

static void in_container(void)
{
	unit_enter_namespace(CLONE_NEWUTS | CLONE_NEWNET);
}

const struct doctor_place doctor_places[] = {
	{ "a plain user, again", as_user, "" },
	{ "max_user_namespaces=0", no_user_namespaces,
	  "main-job=no:sysctl-max-user-namespaces user-namespace=no:sysctl-max-user-namespaces" },
	{ "max_net_namespaces=0", no_net_namespaces, "net-namespace=no:sysctl-max-net-namespaces" },
	{ "max_mnt_namespaces=0", no_mount_namespaces,
	  "main-job=no:sysctl-max-mnt-namespaces mnt-namespace=no:sysctl-max-mnt-namespaces" },
	{ "chroot", in_chroot, "main-job=no:chroot user-namespace=no:chroot chroot=no:chroot" },
	{ "seccomp, EPERM", filtered,
	  "main-job=no:seccomp-create user-namespace=no:seccomp-create newuidmap=no:no-new-privs "
	  "newgidmap=no:no-new-privs "
	  "seccomp=no:seccomp-create no-new-privs=degraded:no-new-privs kernel=degraded:call-missing" },
	{ "seccomp, killing", killed_by_filter,
	  "main-job=no:seccomp-kills user-namespace=no:seccomp-kills newuidmap=no:no-new-privs "
	  "newgidmap=no:no-new-privs "
	  "seccomp=no:seccomp-kills no-new-privs=degraded:no-new-privs kernel=degraded:call-missing" },
	{ "seccomp, mounts", mounts_filtered,
	  "main-job=no:seccomp-mount user-namespace=degraded:seccomp-mount newuidmap=no:no-new-privs "
	  "newgidmap=no:no-new-privs "
	  "seccomp=no:seccomp-mount no-new-privs=degraded:no-new-privs" },
	{ "Landlock", in_landlock,
	  "main-job=no:landlock user-namespace=degraded:landlock newuidmap=no:no-new-privs newgidmap=no:no-new-privs "
	  "no-new-privs=degraded:no-new-privs landlock=no:landlock" },
	{ "seccomp, killing who makes network namespaces", killed_for_networks,
	  "net-namespace=no:seccomp-kills newuidmap=no:no-new-privs newgidmap=no:no-new-privs map-auto=no:no-new-privs "
	  "setgroups=degraded:setgroups-denied seccomp=degraded:seccomp-create no-new-privs=degraded:no-new-privs" },
	{ "seccomp, killing who joins", killed_for_joining,
	  "newuidmap=no:no-new-privs newgidmap=no:no-new-privs map-auto=no:no-new-privs "
	  "setgroups=degraded:setgroups-denied seccomp=degraded:seccomp-create no-new-privs=degraded:no-new-privs "
	  "kernel=degraded:call-missing" },
	{ "no /proc", without_proc,
	  "main-job=no:proc-missing user-namespace=degraded:proc-missing map-single=no:proc-missing "
	  "proc=no:proc-missing "
	  "cgroup=no:proc-missing cgroup-controllers=no:cgroup-missing" },
	{ "/proc masked", with_masks, "mount-proc=no:proc-masked proc-masked=degraded:proc-masked" },
	{ "/proc with hidepid", with_hidden_processes, "proc-hidepid=degraded:proc-hides" },
	{ "newuidmap on nosuid", with_nosuid_helper,
	  "newuidmap=no:helper-nosuid map-auto=no:helper-nosuid setgroups=degraded:setgroups-denied" },
	{ "no subordinate ids", without_subordinates,
	  "subordinate-users=no:no-subuids subordinate-groups=no:no-subgids map-auto=no:no-subuids "
	  "setgroups=degraded:setgroups-denied" },
	{ "no_new_privs", without_new_privileges,
	  "newuidmap=no:no-new-privs newgidmap=no:no-new-privs map-auto=no:no-new-privs "
	  "setgroups=degraded:setgroups-denied no-new-privs=degraded:no-new-privs" },
	{ "a read-only machine", on_read_only_machine, "" },
	{ "0, 1 and 2 closed", without_stdio, "" },
	{ "/dev/net/tun for everybody", with_open_tun, "tun=ok: slirp4netns=ok: pasta=ok:" },
	{ "no /dev/net/tun", without_tun, "tun=no:tun-missing" },
	{ "/dev/fuse for everybody", with_open_fuse, "mount-fuse=ok:" },
	{ "none of the programs", without_programs,
	  "newuidmap=no:helper-missing newgidmap=no:helper-missing map-auto=no:helper-missing "
	  "setgroups=degraded:setgroups-denied slirp4netns=no:network-program-missing "
	  "pasta=no:network-program-missing" },
	{ "a control group of one's own", in_own_group, "cgroup=ok: cgroup-controllers=no:cgroup-controller-absent" },
	{ "root, max_user_namespaces=0", root_without_user_namespaces,
	  "user-namespace=no:sysctl-max-user-namespaces subordinate-users=degraded:no-subuids "
	  "subordinate-groups=degraded:no-subgids map-auto=no:no-subuids mount-fuse=ok: cgroup=ok: tun=ok: slirp4netns=ok: "
	  "pasta=ok: veth=ok:" },
	{ "root in a chroot", root_in_chroot,
	  "user-namespace=no:chroot subordinate-users=degraded:no-subuids subordinate-groups=degraded:no-subgids "
	  "map-auto=no:no-subuids mount-tmpfs=no:chroot mount-proc=no:chroot mount-overlay=no:chroot mount-fuse=no:chroot "
	  "cgroup=ok: tun=ok: "
	  "slirp4netns=ok: pasta=ok: veth=ok: chroot=degraded:chroot" },
	{ "root without /proc", root_without_proc,
	  "user-namespace=degraded:proc-missing map-single=no:proc-missing subordinate-users=degraded:no-subuids "
	  "subordinate-groups=degraded:no-subgids map-auto=no:no-subuids mount-overlay=degraded:proc-missing "
	  "mount-fuse=degraded:proc-missing proc=degraded:proc-missing "
	  "cgroup=no:proc-missing cgroup-controllers=no:cgroup-missing tun=ok: slirp4netns=ok: pasta=ok: veth=ok:" },
	{ "root", stay_root,
	  "subordinate-users=degraded:no-subuids subordinate-groups=degraded:no-subgids map-auto=no:no-subuids "
	  "mount-fuse=ok: "
	  "cgroup=ok: tun=ok: slirp4netns=ok: pasta=ok: veth=ok:" },
	{ "root of a user namespace", in_container,
	  "subordinate-users=degraded:no-subuids subordinate-groups=degraded:no-subgids "
	  "newuidmap=degraded:helper-owner-unmapped newgidmap=degraded:helper-owner-unmapped map-auto=no:no-subuids "
	  "setgroups=no:setgroups-denied veth=ok:" },
};

const size_t doctor_place_count = UNIT_COUNT(doctor_places);

/*
 * Contract of each option: it is carried out, as seen by the command that it is for. A row an effect; and a look whether
 * each option of the table has a row.
 */
#include "cli.h"
#include "cli/options.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Who am I, may setgroups be called, what is mapped, and which capabilities are there. */
#define IDS                                                                                        \
	"echo $(id -u):$(id -g):$(cat /proc/self/setgroups); while read a b c; do echo $a $b $c; " \
	"done </proc/self/uid_map; while read a b c; do echo $a $b $c; done "                      \
	"</proc/self/gid_map; " POWER
#define POWER "grep -q 'CapEff:.0*$' /proc/self/status && echo powerless || echo powerful"
/* Which namespaces are not the test's. */
#define NEW                                                                                 \
	"for n in cgroup ipc mnt net pid time user uts; do case \"{ns}\" in *\"$(readlink " \
	"/proc/self/ns/$n)\"*) ;; *) printf '%s ' $n ;; esac; done; echo"
/* How the root directory's mount is propagated. */
#define PROPAGATION                                                                              \
	"grep ' / / ' /proc/self/mountinfo | tail -n 1 | grep -o -e ' shared:' -e ' master:' | " \
	"tr -d '\\n :'; echo"
/* The parent of the command: the test, or somebody in between. */
#define PARENT "[ $PPID = {pid} ] && echo here || echo child"

/* Somebody ($P) stands in namespaces of his own beside the shell of the row; what the joined command says is compared. */
#define BESIDE                                                                                                  \
	"unshare -nu sleep 9 & P=$!; until test $(readlink /proc/$P/ns/net) != $(readlink /proc/self/ns/net); " \
	"do :; done; "
#define IS_IN(options, type)                                                                               \
	"test \"$({maproot} " options " readlink /proc/self/ns/" type ")\" = $(readlink /proc/$P/ns/" type \
	") && echo in " type "; "
#define IS_OUT(options, type)                                                                                \
	"test \"$({maproot} " options " readlink /proc/self/ns/" type ")\" = $(readlink /proc/self/ns/" type \
	") && echo out of " type "; "
#define ENDED "kill $P"

static const struct cli_row as_user[] = {
	/* identity */
	{ { "sh", "-c", IDS }, "0:0:deny\n0 {uid} 1\n0 {gid} 1\npowerful\n", "", 0 },
	{ { "-r", "sh", "-c", IDS }, "0:0:deny\n0 {uid} 1\n0 {gid} 1\npowerful\n", "", 0 },
	{ { "--map-root-user", "--map-users=1:{sub0}:2", "--map-groups=5:{sub0}:3", "sh", "-c",
	    IDS },
	  "0:0:allow\n1 {sub0} 2\n0 {uid} 1\n5 {sub0} 3\n0 {gid} 1\npowerful\n",
	  "",
	  0 },
	{ { "-c", "sh", "-c", IDS },
	  "{uid}:{gid}:deny\n{uid} {uid} 1\n{gid} {gid} 1\npowerful\n",
	  "",
	  0 },
	{ { "--map-current-user", "--in-place", "sh", "-c", IDS },
	  "{uid}:{gid}:deny\n{uid} {uid} 1\n{gid} {gid} 1\npowerful\n",
	  "",
	  0 },
	{ { "--map-user=5", "sh", "-c", IDS },
	  "5:0:deny\n5 {uid} 1\n0 {gid} 1\npowerful\n",
	  "",
	  0 },
	{ { "--map-group=6", "sh", "-c", IDS },
	  "0:6:deny\n0 {uid} 1\n6 {gid} 1\npowerful\n",
	  "",
	  0 },
	{ { "--map-user=bin", "--map-group=tty", "sh", "-c", IDS },
	  "2:5:deny\n2 {uid} 1\n5 {gid} 1\npowerful\n",
	  "",
	  0 },
	{ { "--map-users=0:{sub0}:10", "--map-users=20:{sub1}:5", "--map-groups=0:{sub1}:7", "sh",
	    "-c", IDS },
	  "0:0:allow\n0 {sub0} 10\n20 {sub1} 5\n0 {sub1} 7\npowerful\n",
	  "",
	  0 },
	{ { "--map-users=0:{sub0}:10", "sh", "-c", IDS },
	  "0:0:deny\n0 {sub0} 10\n0 {gid} 1\npowerful\n",
	  "",
	  0 },
	{ { "--map-users=0:{sub0}:10", "--map-user=77", "sh", "-c", IDS },
	  "77:0:deny\n0 {sub0} 10\n77 {uid} 1\n0 {gid} 1\npowerful\n",
	  "",
	  0 },
	{ { "--map-auto", "sh", "-c", IDS },
	  "0:0:allow\n0 {uid} 1\n1 {sub0} 65536\n65537 {sub1} 65536\n0 {gid} 1\n1 {sub0} "
	  "65536\n65537 {sub1} 65536\npowerful\n",
	  "",
	  0 },
	{ { "--map-auto=try", "sh", "-c", "grep -c . /proc/self/uid_map" }, "3\n", "", 0 },
	{ { "--map-auto=try", "sh", "-c", "PATH=/nonesuch {maproot} --map-auto=try /bin/sh -c 'echo inside'" },
	  "inside\n",
	  "maproot: *",
	  0 },
	{ { "--map-auto", "--in-place", "sh", "-c", IDS },
	  "0:0:allow\n0 {uid} 1\n1 {sub0} 65536\n65537 {sub1} 65536\n0 {gid} 1\n1 {sub0} "
	  "65536\n65537 {sub1} 65536\npowerful\n",
	  "",
	  0 },
	{ { "--map-auto", "-p", "sh", "-c", "cat /proc/self/setgroups; id -u" },
	  "allow\n0\n",
	  "",
	  0 },
	{ { "-c", "--map-auto", "sh", "-c", "id -u; id -g; grep -c . /proc/self/uid_map; " POWER },
	  "{uid}\n{gid}\n3\npowerful\n",
	  "",
	  0 },
	{ { "--map-auto", "sh", "-c",
	    "touch {home}/owned && chown 5:6 {home}/owned && stat -c %u:%g {home}/owned && rm "
	    "{home}/owned" },
	  "5:6\n",
	  "",
	  0 },
	{ { "--map-auto", "--setgroups=deny", "cat", "/proc/self/setgroups" }, "deny\n", "", 0 },
	{ { "--map-auto", "--setgroups", "allow", "cat", "/proc/self/setgroups" },
	  "allow\n",
	  "",
	  0 },
	{ { "--groups=keep", "sh", "-c", "grep ^Groups: /proc/self/status" },
	  "Groups:\t0 \n",
	  "",
	  0 },
	{ { "--map-auto", "--groups=drop", "sh", "-c", "grep ^Groups: /proc/self/status" },
	  "Groups:\t \n",
	  "",
	  0 },
	{ { "--map-auto", "--groups", "keep", "sh", "-c", "grep ^Groups: /proc/self/status" },
	  "Groups:\t0 \n",
	  "",
	  0 },
	/* namespaces */
	{ { "sh", "-c", NEW }, "mnt user \n", "", 0 },
	{ { "-m", "sh", "-c", NEW }, "mnt user \n", "", 0 },
	{ { "--mount", "sh", "-c", NEW }, "mnt user \n", "", 0 },
	{ { "-u", "sh", "-c", NEW }, "mnt user uts \n", "", 0 },
	{ { "--uts", "--in-place", "sh", "-c", NEW }, "mnt user uts \n", "", 0 },
	{ { "-i", "sh", "-c", NEW }, "ipc mnt user \n", "", 0 },
	{ { "--ipc", "sh", "-c", NEW }, "ipc mnt user \n", "", 0 },
	{ { "-n", "sh", "-c", NEW "; grep -c ' lo$' /proc/net/if_inet6" },
	  "mnt net user \n1\n",
	  "",
	  0 },
	{ { "--net", "--in-place", "sh", "-c", NEW "; grep -c ' lo$' /proc/net/if_inet6" },
	  "mnt net user \n1\n",
	  "",
	  0 },
	{ { "-p", "sh", "-c", NEW "; echo $$" }, "mnt pid user \n2\n", "", 0 },
	{ { "--pid", "--mount-proc", "sh", "-c", "echo $$; cat /proc/1/comm; cat /proc/2/comm" },
	  "2\nmaproot-init\nsh\n",
	  "",
	  0 },
	{ { "sh", "-c", "mount -t tmpfs none /proc/sys && {maproot} -U -p --mount-proc=try echo inside" },
	  "inside\n",
	  "maproot: cannot mount a new proc on '/proc': Operation not permitted: going on without\n",
	  0 },
	{ { "sh", "-c", "mount -t tmpfs none /proc/sys && {maproot} -U -p --mount-proc=try --setup=: echo inside" },
	  "inside\n",
	  "maproot: cannot mount a new proc on '/proc': Operation not permitted: going on without\n",
	  0 },
	{ { "-p", "--mount-proc=try", "sh", "-c", "cat /proc/2/comm" }, "sh\n", "", 0 },
	{ { "-p", "--mount-proc=/mnt", "sh", "-c",
	    "cat /mnt/2/comm; test -d /proc/{pid} && echo outer" },
	  "sh\nouter\n",
	  "",
	  0 },
	{ { "--as-pid-1", "sh", "-c", NEW "; echo $$" }, "mnt pid user \n1\n", "", 0 },
	{ { "--as-pid-1", "-p", "--mount-proc", "sh", "-c", "cat /proc/1/comm; echo $PPID" },
	  "sh\n0\n",
	  "",
	  0 },
	{ { "-C", "sh", "-c", NEW "; grep -c ':/$' /proc/self/cgroup >/dev/null; echo $?" },
	  "cgroup mnt user \n0\n",
	  "",
	  0 },
	{ { "--cgroup", "sh", "-c", NEW }, "cgroup mnt user \n", "", 0 },
	{ { "-T", "sh", "-c", NEW }, "mnt time user \n", "", 0 },
	{ { "--time", "sh", "-c", NEW }, "mnt time user \n", "", 0 },
	{ { "-U", "sh", "-c", NEW }, "mnt user \n", "", 0 },
	{ { "--always", "sh", "-c", NEW }, "mnt user \n", "", 0 },
	{ { "--user", "sh", "-c", NEW }, "mnt user \n", "", 0 },
	{ { "--all", "sh", "-c", NEW "; echo $$" },
	  "cgroup ipc mnt net pid time user uts \n2\n",
	  "",
	  0 },
	{ { "--hostname=a box", "sh", "-c", "cat /proc/sys/kernel/hostname; " NEW },
	  "a box\nmnt user uts \n",
	  "",
	  0 },
	{ { "--monotonic=100000", "sh", "-c",
	    "while read a b c; do echo $a $b; done </proc/self/timens_offsets; " NEW },
	  "monotonic 100000\nboottime 0\nmnt time user \n",
	  "",
	  0 },
	{ { "--boottime=100000000", "sh", "-c",
	    "read up rest </proc/uptime; [ ${up%%.*} -ge 100000000 ] && echo shifted" },
	  "shifted\n",
	  "",
	  0 },
	{ { "--monotonic=-1", "--boottime=7", "sh", "-c",
	    "while read a b c; do echo $a $b; done </proc/self/timens_offsets" },
	  "monotonic -1\nboottime 7\n",
	  "",
	  0 },
	/* namespaces that exist; more in tests/joining */
	{ { "sh", "-c", BESIDE IS_IN("-t $P", "net") IS_IN("--target=$P", "uts") IS_OUT("-t $P", "ipc") ENDED },
	  "in net\nin uts\nout of ipc\n",
	  "",
	  0 },
	{ { "sh", "-c",
	    BESIDE IS_IN("--join net=$P", "net") IS_OUT("--join net=$P", "uts")
		    IS_IN("--join=/proc/$P/ns/uts", "uts") ENDED },
	  "in net\nout of uts\nin uts\n",
	  "",
	  0 },
	{ { "sh", "-c",
	    BESIDE IS_IN("--join-order '!uts' -t $P", "uts") IS_OUT("--join-order=!uts -t $P", "net") ENDED },
	  "in uts\nout of net\n",
	  "",
	  0 },
	{ { "--map-auto", "-S", "5", "-G", "6", "sh", "-c", "id -u; id -g; " POWER }, "5\n6\npowerless\n", "", 0 },
	{ { "--map-auto", "--setuid=5", "--setgid=6", "-p", "sh", "-c", "id -u; id -g; " POWER },
	  "5\n6\npowerless\n",
	  "",
	  0 },
	{ { "-c", "sh", "-c", "{maproot} --target $$ --preserve-credentials id -u" }, "{uid}\n", "", 0 },
	/* namespaces that stay */
	{ { "sh", "-c",
	    "export XDG_RUNTIME_DIR={home}; {maproot} -u --hostname=box --detach --name=row; {maproot} --join name:row "
	    "uname -n; {maproot} --stop=row && {maproot} --join name:row true; rmdir {home}/maproot" },
	  "box\n",
	  "maproot: the name 'row' is nobody's\n",
	  0 },
	{ { "sh", "-c", "{maproot} --list | grep -c '^[a-z]* *[0-9]* *yes'; {maproot} --list=$$ --json | head -n 1" },
	  "8\n{\"namespaces\":[\n",
	  "",
	  0 },
	{ { "sh", "-c",
	    "{maproot} --pin=uts={home}/pin -u; stat -f -c %T {home}/pin; {maproot} --join {home}/pin echo in; {maproot} "
	    "--unpin=uts={home}/pin; test -e {home}/pin || echo gone" },
	  "nsfs\nin\ngone\n",
	  "",
	  0 },
	/* files */
	{ { "sh", "-c", PROPAGATION }, "master\n", "", 0 },
	{ { "--propagation=slave", "sh", "-c", PROPAGATION }, "master\n", "", 0 },
	{ { "--propagation=private", "sh", "-c", PROPAGATION }, "\n", "", 0 },
	{ { "--propagation=shared", "sh", "-c", PROPAGATION }, "sharedmaster\n", "", 0 },
	{ { "--propagation", "unchanged", "sh", "-c", PROPAGATION }, "master\n", "", 0 },
	{ { "--bind={home}/a:/mnt", "sh", "-c",
	    "cat /mnt/file; touch /mnt/new && rm {home}/a/new && echo writable" },
	  "text\nwritable\n",
	  "",
	  0 },
	{ { "--bind={home}/a:/mnt:ro", "sh", "-c",
	    "cat /mnt/file; touch /mnt/new 2>/dev/null || echo read-only" },
	  "text\nread-only\n",
	  "",
	  0 },
	{ { "--bind={home}/a", "sh", "-c",
	    "cat {home}/a/file; grep -c ' {home}/a ' /proc/self/mountinfo" },
	  "text\n1\n",
	  "",
	  0 },
	{ { "--bind={home}/a/file:/etc/hostname", "cat", "/etc/hostname" }, "text\n", "", 0 },
	{ { "--bind", "{home}/a:/mnt", "--bind", "/etc:/mnt/below:ro", "sh", "-c",
	    "cat /mnt/file; test -e /mnt/below/passwd && echo both" },
	  "text\nboth\n",
	  "",
	  0 },
	{ { "--tmpfs={home}/a/below", "--bind={home}/a:/mnt:ro", "sh", "-c",
	    "touch {home}/a/below/x && echo writable; touch /mnt/x 2>/dev/null || echo read-only; "
	    "touch /mnt/below/y 2>/dev/null || echo read-only below; ls /mnt/below" },
	  "writable\nread-only\nread-only below\nx\n",
	  "",
	  0 },
	{ { "--tmpfs=/mnt", "--tmpfs", "/srv", "sh", "-c",
	    "touch /mnt/x /srv/y; ls /mnt /srv; stat -f -c %T /mnt" },
	  "/mnt:\nx\n\n/srv:\ny\ntmpfs\n",
	  "",
	  0 },
	{ { "--wd=/usr", "pwd" }, "/usr\n", "", 0 },
	{ { "-w", "a", "sh", "-c", "pwd; cat file" }, "{home}/a\ntext\n", "", 0 },
	{ { "--tmpfs=/mnt", "--wd=/mnt", "sh", "-c", "stat -f -c %T ." }, "tmpfs\n", "", 0 },
	{ { "-R", "tree", "--bind=/usr:/usr:ro", "sh", "-c",
	    "pwd; ls -d /* | grep -c -e /dev -e /proc -e /sys -e /etc -e /usr; id -u; echo x "
	    ">/dev/null; touch /made && rm /made && echo writable; touch /usr/x 2>/dev/null || "
	    "echo read-only" },
	  "/\n5\n0\nwritable\nread-only\n",
	  "",
	  0 },
	{ { "--root={home}/tree", "--bind=/usr", "--tmpfs=/t", "-w/t", "-n", "-p", "sh", "-c",
	    "pwd; cat /proc/2/comm; ls /sys/class/net; test -e {home} || echo no host" },
	  "/t\nsh\nlo\nno host\n",
	  "",
	  0 },
	{ { "--root=tree", "--bind=/usr", "sh", "-c",
	    "grep -v ' /\\(usr\\|proc\\|sys\\|dev\\|etc/resolv.conf\\)\\?\\(/[^ ]*\\)\\? - ' "
	    "/proc/self/mountinfo | cut -d' ' -f5 | grep -v -e '^/$' -e '^/usr' -e '^/proc' -e "
	    "'^/sys' -e '^/dev' -e '^/etc/resolv.conf$'; true" },
	  "",
	  "",
	  0 },
	{ { "--root=tree", "--bind=/usr", "--in-place", "sh", "-c",
	    "test -c /dev/null && test -e /etc/resolv.conf && echo furnished" },
	  "furnished\n",
	  "",
	  0 },
	/* around the command; more in tests/running, tests/network, tests/oci */
	{ { "--net=none", "sh", "-c", NEW "; grep -c ' lo$' /proc/net/if_inet6" }, "mnt net user \n0\n", "", 1 },
	{ { "--net=host", "sh", "-c", NEW }, "mnt user \n", "", 0 },
	{ { "sh", "-c", BESIDE IS_IN("--net=ns:$P", "net") IS_OUT("--net=ns:$P", "uts") ENDED }, "in net\nout of uts\n", "", 0 },
	{ { "--net=veth:try", "sh", "-c", NEW "; grep -c ' lo$' /proc/net/if_inet6" },
	  "mnt net user \n1\n",
	  "maproot: cannot set up the network: *",
	  0 },
	{ { "--net=loopback", "--publish=8080:80", "true" },
	  "",
	  "maproot: the port '8080:80' can't be published: only slirp4netns and pasta do\n",
	  125 },
	{ { "--cgroup=auto", "--cgroup-manager=fs", "true" }, "", "maproot: no control group to work in: *", 125 },
	{ { "--cgroup=try", "echo", "on" }, "on\n", "maproot: no control group to work in: *", 0 },
	{ { "--limit=pids.max=1", "true" }, "", "maproot: no control group to work in: *", 125 },
	{ { "--rlimit=nofile=64", "--rlimit", "CORE=0:1024", "sh", "-c", "ulimit -n; ulimit -c; ulimit -Hc" },
	  "64\n0\n2\n",
	  "",
	  0 },
	{ { "--capabilities=chown,CAP_SETUID", "sh", "-c", "grep Cap /proc/self/status | cut -f2 | sort -u" },
	  "0000000000000081\n",
	  "",
	  0 },
	{ { "--capabilities=none", "sh", "-c", POWER "; grep CapBnd: /proc/self/status | cut -f2" },
	  "powerless\n0000000000000000\n",
	  "",
	  0 },
	{ { "--no-new-privileges", "grep", "NoNewPrivs", "/proc/self/status" }, "NoNewPrivs:\t1\n", "", 0 },
	{ { "--oom-score-adj=500", "cat", "/proc/self/oom_score_adj" }, "500\n", "", 0 },
	{ { "--net", "--sysctl=net.ipv4.ip_forward=1", "cat", "/proc/sys/net/ipv4/ip_forward" }, "1\n", "", 0 },
	{ { "--mask={home}/a/file", "--mask=/nonesuch", "sh", "-c", "wc -c <{home}/a/file; ls {home}/a" },
	  "0\nbelow\nfile\n",
	  "",
	  0 },
	{ { "--mask={home}/a", "ls", "-A", "{home}/a" }, "", "", 0 },
	{ { "--read-only={home}/a", "sh", "-c", "cat {home}/a/file; touch {home}/a/x 2>/dev/null || echo read-only" },
	  "text\nread-only\n",
	  "",
	  0 },
	{ { "--net", "--setup=readlink /proc/$MAPROOT_PID/ns/net >{home}/held", "sh", "-c",
	    "test $(readlink /proc/self/ns/net) = $(cat {home}/held) && echo the same; rm {home}/held" },
	  "the same\n",
	  "",
	  0 },
	{ { "--setup=sleep 9", "--setup-timeout=1", "true" },
	  "",
	  "maproot: the setup hook failed: sh took longer than 1000 ms\n",
	  125 },
	{ { "--started=cat /proc/$MAPROOT_PID/comm >{home}/ran", "sh", "-c",
	    "until test -s {home}/ran; do :; done; cat {home}/ran; rm {home}/ran" },
	  "sh\n",
	  "",
	  0 },
	{ { "--status-fd=2", "sh", "-c", "exit 3" }, "", "{\"pid\":*", 3 },
	{ { "sh", "-c", "XDG_RUNTIME_DIR={home} {maproot} --gc && echo nothing" }, "nothing\n", "", 0 },
	/* process */
	{ { "sh", "-c", PARENT }, "child\n", "", 0 },
	{ { "--in-place", "sh", "-c", PARENT }, "here\n", "", 0 },
	{ { "-f", "sh", "-c", PARENT }, "child\n", "", 0 },
	{ { "--fork", "--always", "sh", "-c", PARENT }, "child\n", "", 0 },
	{ { "--kill-child", "sh", "-c", PARENT }, "child\n", "", 0 },
	{ { "--close-fds", "sh", "-c",
	    "for f in 3 4 5 6 7 8 9; do test -e /proc/$$/fd/$f && printf \"$f \"; done; echo" },
	  "\n",
	  "",
	  0 },
	{ { "--preserve-fds=3", "sh", "-c",
	    "for f in 3 4 5 6 7 8 9; do test -e /proc/$$/fd/$f && printf \"$f \"; done; echo" },
	  "3 4 5 \n",
	  "",
	  0 },
	{ { "--preserve-fds", "0", "--in-place", "sh", "-c",
	    "for f in 3 4 5 6 7 8 9; do test -e /proc/$$/fd/$f && printf \"$f \"; done; echo" },
	  "\n",
	  "",
	  0 },
	{ { "sh", "-c",
	    "for f in 3 4 5 6 7 8 9; do test -e /proc/$$/fd/$f && printf \"$f \"; done; echo" },
	  "3 4 5 6 7 8 9 \n",
	  "",
	  0 },
	/* information */
	{ { "--dry-run", "touch", "{home}/made" },
	  "new namespaces: mnt user\nuid map: 0 {uid} 1\ngid map: 0 {gid} 1\nmaps written by: the "
	  "new process itself\nsetgroups: deny\nruns as: user 0, group 0, supplementary groups "
	  "kept\nprocess: a child; signals and status pass through; gets signal 9 if this process "
	  "dies\npropagation: slave\ncommand: touch {home}/made\n",
	  "",
	  0 },
	{ { "--verbose", "true" }, "", "maproot: new namespaces: mnt user; executing 'true'\n", 0 },
	{ { "sh", "-c", "{maproot} --doctor --json | head -n 1; {maproot} --doctor >/dev/null && echo usable" },
	  "{\"version\":1,\"findings\":[\nusable\n",
	  "",
	  0 },
	{ { "--version" }, "maproot " MAPROOT_VERSION "\n", "", 0 },
};

static void open_descriptors(void *arg)
{
	(void)arg;
	for (int fd = 3; fd < 10; fd++) {
		if (dup2(0, fd) != fd)
			support_die("dup2");
	}
}

/* What the rows find: a directory with a file and one below it, and the beginnings of a root directory. */
static void make_things(void)
{
	static const char *const directories[] = { "a", "a/below", "tree", "tree/usr", "tree/etc" };
	static const char *const links[] = { "bin", "sbin", "lib", "lib64" };
	const struct support_user *user = support_user();

	for (size_t at = 0; at < UNIT_COUNT(directories); at++) {
		const char *path = support_text("%s/%s", user->home, directories[at]);

		if (mkdir(path, 0755) < 0 || chown(path, user->uid, user->gid) < 0)
			support_die("cannot make %s", path);
	}
	for (size_t at = 0; at < UNIT_COUNT(links); at++) {
		if (symlink(support_text("usr/%s", links[at]),
			    support_text("%s/tree/%s", user->home, links[at])) < 0)
			support_die("cannot make a link");
	}
	(void)unit_file(support_text("%s/a/file", user->home), "text\n");
}

START_TEST(a_user_sees_the_effect)
{
	const struct cli_place place = { .after = open_descriptors };

	cli_check(&as_user[_i], &place);
	ck_assert_int_eq(access(support_text("%s/made", support_user()->home), F_OK), -1);
}
END_TEST

/* The calls that came after Linux 4.18: each has a way around it. */
static void make_kernel_old(void *arg)
{
	static const long later[] = { 424, 425, 434, 435, 436, 437, 438, 439, 440, 441, 442 };

	(void)arg;
	for (size_t at = 0; at < UNIT_COUNT(later); at++)
		unit_deny(later[at], ENOSYS);
}

START_TEST(a_user_sees_the_effect_on_an_old_kernel)
{
	const struct cli_place place = { .before = make_kernel_old, .after = open_descriptors };

	/* Before 5.12 mounts below a read-only one are left out, or refused: its own tests are in tests/system. */
	if (strstr(as_user[_i].out, "read-only below") || strstr(as_user[_i].out, "both"))
		return;
	cli_check(&as_user[_i], &place);
}
END_TEST

/* Privileged already: the command as it is, nothing new but what was asked for. */
static const struct cli_row as_root[] = {
	{ { "sh", "-c", NEW "; " PARENT }, "\nhere\n", "", 0 },
	{ { "-r", "sh", "-c", NEW "; " PARENT }, "\nhere\n", "", 0 },
	{ { "-m", "sh", "-c", NEW "; " PARENT }, "mnt \nhere\n", "", 0 },
	{ { "-n", "-u", "-i", "-C", "sh", "-c", NEW "; " PARENT },
	  "cgroup ipc net uts \nhere\n",
	  "",
	  0 },
	{ { "-p", "sh", "-c", NEW "; echo $$" }, "pid \n2\n", "", 0 },
	{ { "-T", "sh", "-c", NEW "; " PARENT }, "time \nchild\n", "", 0 },
	{ { "-f", "sh", "-c", NEW "; " PARENT }, "\nchild\n", "", 0 },
	{ { "--kill-child=TERM", "sh", "-c", PARENT }, "child\n", "", 0 },
	{ { "--always", "sh", "-c", NEW "; " IDS },
	  "mnt user \n0:0:deny\n0 0 1\n0 0 1\npowerful\n",
	  "",
	  0 },
	{ { "-U", "--in-place", "sh", "-c", NEW "; " PARENT }, "mnt user \nhere\n", "", 0 },
	{ { "-c", "sh", "-c", NEW "; " IDS },
	  "mnt user \n0:0:deny\n0 0 1\n0 0 1\npowerful\n",
	  "",
	  0 },
	{ { "--cgroup=auto", "--cgroup-manager=fs", "sh", "-c", "grep -c 0::.*/maproot-run- /proc/self/cgroup" }, "1\n", "", 0 },
	{ { "--limit=bogus.max=1", "true" },
	  "",
	  "maproot: cannot limit the control group: the controller 'bogus' is not delegated to *",
	  125 },
	{ { "--map-users=0:0:4294967295", "--map-groups=0:0:4294967295", "sh", "-c", IDS },
	  "0:0:allow\n0 0 4294967295\n0 0 4294967295\npowerful\n",
	  "",
	  0 },
	{ { "--map-users=0:500000:10", "--map-groups=0:600000:10", "--in-place", "sh", "-c", IDS },
	  "0:0:allow\n0 500000 10\n0 600000 10\npowerful\n",
	  "",
	  0 },
	{ { "--setgroups=allow", "sh", "-c", IDS }, "0:0:allow\n0 0 1\n0 0 1\npowerful\n", "", 0 },
	{ { "--tmpfs=/mnt", "sh", "-c", NEW "; stat -f -c %T /mnt" }, "mnt \ntmpfs\n", "", 0 },
	{ { "--propagation=private", "sh", "-c", PROPAGATION }, "\n", "", 0 },
	{ { "--hostname=box", "cat", "/proc/sys/kernel/hostname" }, "box\n", "", 0 },
	{ { "--wd=/usr", "--close-fds", "pwd" }, "/usr\n", "", 0 },
	{ { "-v", "true" }, "", "maproot: new namespaces: none; executing 'true'\n", 0 },
};

START_TEST(root_sees_the_effect)
{
	const struct cli_place place = { .as_root = true };

	cli_check(&as_root[_i], &place);
}
END_TEST

/* --kill-child: what the command gets when maproot is gone. */
static const struct {
	const char *const argv[CLI_WORDS];
	int signal;
	bool as_root;
} kills[] = {
	{ { "sleep", "60" }, SIGKILL, false },
	{ { "--kill-child", "sleep", "60" }, SIGKILL, false },
	{ { "--kill-child=TERM", "sleep", "60" }, SIGTERM, false },
	{ { "--kill-child=USR1", "-p", "sleep", "60" }, SIGUSR1, false },
	{ { "--kill-child=2", "-T", "sleep", "60" }, SIGINT, false },
	{ { "--kill-child=RTMIN+1", "--map-auto", "sleep", "60" }, 35, false },
	{ { "--kill-child=HUP", "sleep", "60" }, SIGHUP, true },
	{ { "--kill-child=QUIT", "-c", "sleep", "60" }, SIGQUIT, false },
};

static bool is_sleep(pid_t pid)
{
	char *name = support_read(support_text("/proc/%d/comm", (int)pid), NULL);
	bool same = name && strcmp(name, "sleep\n") == 0;

	free(name);
	return same;
}

static pid_t find_sleep(void)
{
	for (int round = 0; round < 2000; round++) {
		pid_t below[16];
		size_t count = support_descendants(getpid(), below, 16);

		for (size_t at = 0; at < count && at < 16; at++) {
			if (is_sleep(below[at]))
				return below[at];
		}
		support_sleep_us(2000);
	}
	support_die("the command does not start");
}

START_TEST(the_command_is_killed)
{
	const char *words[CLI_WORDS + 1] = { cli_maproot() };
	struct support_command command = { .argv = words, .as_root = kills[_i].as_root };
	struct support_process process;
	pid_t pid;
	int status;

	for (int at = 0; kills[_i].argv[at]; at++)
		words[at + 1] = kills[_i].argv[at];
	support_start(&command, &process);
	pid = find_sleep();
	ck_assert_int_ne(pid, process.pid);
	ck_assert_int_eq(kill(process.pid, SIGKILL), 0);
	ck_assert(support_wait(process.pid, 5000, &status));
	ck_assert(support_wait(pid, 5000, &status));
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == kills[_i].signal, "status %x",
		      status);
}
END_TEST

/* A mount made outside, afterwards, arrives or not: what the words of --propagation mean. */
static const struct {
	const char *option;
	bool arrives;
} journeys[] = { { "--propagation=slave", true },
		 { "--propagation=private", false },
		 { "--propagation=shared", true } };

START_TEST(mounts_travel_as_told)
{
	const char *point = support_text("%s/point-%d", support_user()->home, (int)getpid());
	const char *go = support_text("%s/go-%d", support_user()->home, (int)getpid());
	const char *script = support_text("until test -e %s; do sleep 0.02; done; test -e %s/x && "
					  "echo arrived; mount -t tmpfs none %s/.. 2>/dev/null",
					  go, point, point);
	const char *const argv[] = { cli_maproot(), journeys[_i].option, "sh", "-c", script, NULL };
	struct support_command command = { .argv = argv };
	struct support_process process;
	struct support_result result;

	ck_assert_int_eq(mkdir(point, 0755), 0);
	support_start(&command, &process);
	support_sleep_us(200000);
	ck_assert_int_eq(mount("tmpfs", point, "tmpfs", 0, NULL), 0);
	(void)unit_file(support_text("%s/x", point), "");
	(void)unit_file(go, "");
	support_finish(&process, &result);
	ck_assert_int_eq(umount(point), 0);
	ck_assert_str_eq(result.out, journeys[_i].arrives ? "arrived\n" : "");
	/* What the command mounts never comes here: the unchecked fixture compares the mounts. */
	ck_assert_int_eq(rmdir(point), 0);
	ck_assert_int_eq(unlink(go), 0);
	support_release(&result);
}
END_TEST

/* The tables themselves: is there a row that uses the option? */
static const struct {
	char letter;
	const char *name;
} options[] = {
#define X(id, letter, name, argument, argument_name, help) { letter, name },
#define H(heading)
	OPTIONS(X, H)
#undef X
#undef H
};

static bool uses_option(const struct cli_row *rows, size_t count, const char *word)
{
	/* Also in a script, which calls the program again. */
	for (size_t at = 0; at < count; at++) {
		for (int argument = 0; rows[at].argv[argument]; argument++) {
			const char *text = rows[at].argv[argument];
			size_t length = strlen(word);

			while ((text = strstr(text, word)) && !strchr("= ", text[length]))
				text += length;
			if (text)
				return true;
		}
	}
	return false;
}

START_TEST(each_option_has_a_row)
{
	const char *word = support_text("--%s", options[_i].name);

	ck_assert_msg(strcmp(word, "--help") == 0 ||
			      uses_option(as_user, UNIT_COUNT(as_user), word),
		      "no row uses %s", word);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("cli/effects", &tc);

	cli_set_up();
	make_things();
	tcase_add_loop_test(tc, a_user_sees_the_effect, 0, UNIT_COUNT(as_user));
	tcase_add_loop_test(tc, a_user_sees_the_effect_on_an_old_kernel, 0, UNIT_COUNT(as_user));
	tcase_add_loop_test(tc, root_sees_the_effect, 0, UNIT_COUNT(as_root));
	tcase_add_loop_test(tc, the_command_is_killed, 0, UNIT_COUNT(kills));
	tcase_add_loop_test(tc, mounts_travel_as_told, 0, UNIT_COUNT(journeys));
	tcase_add_loop_test(tc, each_option_has_a_row, 0, UNIT_COUNT(options));
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

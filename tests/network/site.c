/*
 * Namespaces, servers, clients.
 */
#include "site.h"

#include "join/registry.h"
#include "run/undo.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 2000,
       TRIES = 15,
       TUN_MAJOR = 10,
       TUN_MINOR = 200 };

static void run_ip(const char *arguments)
{
	if (system(support_text("ip %s", arguments)) != 0)
		support_die("ip %s", arguments);
}

static void make_outside(void)
{
	int port_start = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_WRONLY | O_CLOEXEC);

	/* Name servers of the user's listen on port 53. */
	if (port_start < 0 || write(port_start, "0", 1) != 1 || close(port_start) < 0)
		support_die("ip_unprivileged_port_start");
	run_ip("link set lo up");
	run_ip("link add out0 type veth peer name out1");
	run_ip("link set out1 up");
	run_ip("addr add " SITE_ADDRESS "/24 dev out0");
	run_ip("addr add " SITE_OTHER_ADDRESS "/24 dev out0");
	run_ip("addr add " SITE_ADDRESS6 "/64 dev out0 nodad");
	run_ip("link set out0 up");
	run_ip("route add default via " SITE_GATEWAY);
}

static void open_tun(void)
{
	if (mount("tmpfs", "/dev/net", "tmpfs", 0, "mode=755") < 0 ||
	    mknod("/dev/net/tun", S_IFCHR | 0666, makedev(TUN_MAJOR, TUN_MINOR)) < 0 || chmod("/dev/net/tun", 0666) < 0)
		support_die("cannot make a /dev/net/tun");
}

static void choose_runtime_directory(bool user)
{
	const char *path = support_text("%s/runtime-%d", support_directory(), (int)getpid());

	if (mkdir(path, 0700) < 0 || (user && chown(path, support_user()->uid, support_user()->gid) < 0) ||
	    setenv("XDG_RUNTIME_DIR", path, 1) < 0)
		support_die("cannot make %s", path);
}

void site_enter(bool user)
{
	unit_private_mounts();
	if (unshare(CLONE_NEWNET) < 0)
		support_die("cannot make a network namespace");
	open_tun();
	make_outside();
	choose_runtime_directory(user);
#ifdef NET_PATH
	/* The tests of a program share the directory. */
	if (access(support_text("%s/maproot-net", support_directory()), X_OK) < 0)
		(void)support_install(NET_PATH, "maproot-net");
#endif
	if (setenv("MAPROOT_LIBEXEC", support_directory(), 1) < 0)
		support_die("setenv");
	if (user)
		unit_become_user();
}

pid_t site_child(void)
{
	return place_make(PLACE_BIT(USER) | PLACE_BIT(NET), 0);
}

/* In a child: to where a process is. */
static void go_to(pid_t pid, unsigned int types)
{
	static const struct {
		const char *name;
		unsigned int bit;
		int flag;
	} ways[] = { { "user", PLACE_BIT(USER), CLONE_NEWUSER }, { "net", PLACE_BIT(NET), CLONE_NEWNET } };
	int fds[UNIT_COUNT(ways)];

	if (pid == 0)
		return;
	for (size_t at = 0; at < UNIT_COUNT(ways); at++)
		fds[at] = open(support_text("/proc/%d/ns/%s", (int)pid, ways[at].name), O_RDONLY | O_CLOEXEC);
	for (size_t at = 0; at < UNIT_COUNT(ways); at++) {
		/* One that is in our own user namespace can't be entered, and needs not. */
		if ((types & ways[at].bit) && place_id(pid, ways[at].name) != place_id(0, ways[at].name) &&
		    setns(fds[at], ways[at].flag) < 0)
			support_die("setns %s of %d", ways[at].name, (int)pid);
	}
}

/* Forks; in the child returns 0, and it ends with us. In the parent returns after the child has written a byte. */
static pid_t fork_ready(int *ret_ready)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		support_die("pipe");
	pid = fork();
	if (pid < 0)
		support_die("fork");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		*ret_ready = ready[1];
		return 0;
	}
	(void)close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		support_die("a process of the test did not get ready");
	(void)close(ready[0]);
	return pid;
}

pid_t site_child_of(pid_t of, unsigned int types, int flags)
{
	int ready = -1;
	pid_t pid = fork_ready(&ready);

	if (pid > 0)
		return pid;
	go_to(of, types);
	if (unshare(flags) < 0)
		support_die("unshare");
	/* What changed our rights made us unreadable to who has no more than they. */
	(void)prctl(PR_SET_DUMPABLE, 1);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write(ready, "", 1) != 1)
		support_die("write");
	for (;;)
		(void)pause();
}

const char *site_ip(pid_t pid, const char *arguments)
{
	static char text[16384];
	const char *where = pid == 0 ? "" :
				       support_text("nsenter -t %d %s -n --preserve-credentials ", (int)pid,
						    place_id(pid, "user") == place_id(0, "user") ? "" : "-U");
	FILE *said = popen(support_text("%sip %s 2>&1", where, arguments), "r");
	size_t length;

	if (!said)
		support_die("popen");
	length = fread(text, 1, sizeof(text) - 1, said);
	text[length] = '\0';
	(void)pclose(said); /* what it says, tells */
	return text;
}

void site_check_ip(pid_t pid, const char *arguments, const char *text)
{
	const char *said = site_ip(pid, arguments);

	ck_assert_msg(strstr(said, text) != NULL, "ip %s: no '%s' in:\n%s", arguments, text, said);
}

void site_check_ip_not(pid_t pid, const char *arguments, const char *text)
{
	const char *said = site_ip(pid, arguments);

	ck_assert_msg(strstr(said, text) == NULL, "ip %s: '%s' in:\n%s", arguments, text, said);
}

static socklen_t make_address(const char *text, int port, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *four = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret_address;

	memset(ret_address, 0, sizeof(*ret_address));
	if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons((uint16_t)port);
		return sizeof(*four);
	}
	if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1)
		support_die("no address: %s", text);
	six->sin6_family = AF_INET6;
	six->sin6_port = htons((uint16_t)port);
	return sizeof(*six);
}

static void answer(int fd, bool udp, const char *text)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	char asked[512];

	if (udp) {
		if (recvfrom(fd, asked, sizeof(asked), 0, (struct sockaddr *)&from, &length) >= 0)
			(void)sendto(fd, text, strlen(text), 0, (struct sockaddr *)&from, length);
		return;
	}

	int one = accept(fd, NULL, NULL);

	if (one < 0)
		return;
	if (recv(one, asked, sizeof(asked), 0) > 0)
		(void)send(one, text, strlen(text), MSG_NOSIGNAL);
	(void)close(one);
}

pid_t site_serve(pid_t pid, bool udp, const char *address, int port, const char *text)
{
	struct sockaddr_storage where;
	socklen_t length = make_address(address, port, &where);
	int ready = -1;
	int yes = 1;
	pid_t server = fork_ready(&ready);

	if (server > 0)
		return server;
	go_to(pid, PLACE_BIT(USER) | PLACE_BIT(NET));

	int fd = socket(where.ss_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (fd < 0 || bind(fd, (struct sockaddr *)&where, length) < 0 || (!udp && listen(fd, 16) < 0) ||
	    write(ready, "", 1) != 1)
		support_die("cannot serve at %s:%d", address, port);
	for (;;)
		answer(fd, udp, text);
}

/* In a child. What came, on `out`. */
static int fetch(bool udp, const char *address, int port, int out)
{
	struct sockaddr_storage where;
	socklen_t length = make_address(address, port, &where);
	int fd = socket(where.ss_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd polled = { .fd = fd, .events = POLLOUT };
	char text[512];
	ssize_t got;

	if (connect(fd, (struct sockaddr *)&where, length) < 0 && errno != EINPROGRESS)
		return 1;
	/* The client speaks first: only then pasta of 2023 tells the inside that there is a connection. */
	if (poll(&polled, 1, PATIENCE_MS) <= 0 || send(fd, "?", 1, MSG_NOSIGNAL) < 0)
		return 1;
	polled.events = POLLIN;
	while (poll(&polled, 1, PATIENCE_MS) > 0 && (got = recv(fd, text, sizeof(text), 0)) > 0) {
		if (write(out, text, (size_t)got) != got)
			return 1;
		if (udp)
			return 0;
	}
	return 0;
}

const char *site_fetch(pid_t pid, bool udp, const char *address, int port)
{
	static char text[1024];
	int out[2];
	ssize_t length;
	pid_t client;

	if (pipe2(out, O_CLOEXEC) < 0)
		support_die("pipe");
	client = fork();
	if (client < 0)
		support_die("fork");
	if (client == 0) {
		go_to(pid, PLACE_BIT(USER) | PLACE_BIT(NET));
		_exit(fetch(udp, address, port, out[1]));
	}
	(void)close(out[1]);
	length = read(out[0], text, sizeof(text) - 1);
	text[length > 0 ? length : 0] = '\0';
	(void)close(out[0]);
	(void)waitpid(client, NULL, 0);
	return text[0] != '\0' ? text : NULL;
}

const char *site_fetch_patiently(pid_t pid, bool udp, const char *address, int port)
{
	const char *text = NULL;

	for (int tries = 0; !text && tries < TRIES; tries++)
		text = site_fetch(pid, udp, address, port);
	return text;
}

int site_prepare(struct site_run *run, const char *const *words, struct maproot_error *err)
{
	const char *strategies[MR_NETWORKS_MAX];
	const char *ports[MR_PORTS_MAX];
	struct maproot_network wish = { .strategies = strategies, .ports = ports };

	for (; *words; words++) {
		if ((*words)[0] == '@')
			ports[wish.port_count++] = *words + 1;
		else
			strategies[wish.strategy_count++] = *words;
	}
	memset(&run->journal, 0, sizeof(run->journal));
	return mr_networks_prepare(&wish, support_text("t%d", (int)getpid()), &run->networks, &run->journal, err);
}

int site_attach(struct site_run *run, pid_t pid, struct maproot_error *err)
{
	return mr_networks_attach(&run->networks, pid, &run->journal, err);
}

void site_start(struct site_run *run, const char *const *words, pid_t pid)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int code = site_prepare(run, words, &err);

	if (code == 0)
		code = site_attach(run, pid, &err);
	ck_assert_msg(code == 0, "%s: %s: %d: %s", words[0], maproot_step_name(err.step), code, err.object);
}

void site_check_no_files(void)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	DIR *directory;

	ck_assert_int_eq(mr_registry_path(path, NULL), 0);
	directory = opendir(path);
	while (directory && (entry = readdir(directory)))
		ck_assert_msg(strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0, "left: %s/%s", path,
			      entry->d_name);
	if (directory)
		(void)closedir(directory);
}

static void complain(void *arg, const struct maproot_error *err)
{
	(void)arg;
	ck_abort_msg("not undone: %s: %s", maproot_step_name(err->step), err->object);
}

void site_undo(struct site_run *run)
{
	struct maproot_name_record again = run->journal.record;

	ck_assert_int_eq(mr_undo_all(&run->journal.record, complain, NULL, NULL), 0);
	ck_assert_int_eq(mr_undo_all(&again, complain, NULL, NULL), 0);
	site_check_no_files();
	if (access("/proc/self", F_OK) == 0 && getenv("PATH"))
		site_check_ip_not(0, "-o link", ": mr");
}

void site_end(struct site_run *run)
{
	pid_t helper = run->networks.prepared ? run->networks.helper.pid : 0;

	mr_networks_end(&run->networks);
	mr_networks_end(&run->networks);
	if (helper > 0) {
		ck_assert_int_eq(kill(helper, 0), -1);
		ck_assert_int_eq(errno, ESRCH);
	}
	site_undo(run);
}

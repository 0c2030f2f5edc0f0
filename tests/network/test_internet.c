/*
 * Contract of slirp4netns and pasta as strategies, with the real programs, as a user and as root: when mr_networks_attach()
 * returns, traffic flows, published ports are open, and resolv.conf inside leads to the host's name server; the host's loopback is
 * reached only if that was asked for. They end with the run, and when who started them is killed; no file is left. What
 * is missing is named before anything is made.
 */
#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 8000,
       INNER_PORT = 80,
       DNS_PORT = 53 };

/* Each of both programs, as a user and as root: the loops of the tests. */
static const struct {
	const char *name;
	bool user;
	const char *loopback; /* the address by which the host's loopback is reached */
} ways[] = {
	{ "slirp4netns", true, "10.0.2.2" },
	{ "slirp4netns", false, "10.0.2.2" },
	{ "pasta", true, SITE_GATEWAY },
	{ "pasta", false, SITE_GATEWAY },
};

enum { WAYS = 4 };

static bool is_slirp(int way)
{
	return strcmp(ways[way].name, "slirp4netns") == 0;
}

START_TEST(the_host_is_reached_but_for_its_loopback)
{
	const char *const words[] = { ways[_i].name, NULL };
	static struct site_run run;
	pid_t child;
	pid_t servers[2];

	site_enter(ways[_i].user);
	child = site_child();
	servers[0] = site_serve(0, false, SITE_OTHER_ADDRESS, PORT, "host");
	servers[1] = site_serve(0, false, "127.0.0.1", PORT, "loopback");
	site_start(&run, words, child);
	ck_assert_pstr_eq(site_fetch_patiently(child, false, SITE_OTHER_ADDRESS, PORT), "host");
	ck_assert_ptr_null(site_fetch(child, false, ways[_i].loopback, PORT));
	ck_assert_ptr_null(site_fetch(child, false, "127.0.0.1", PORT));
	site_check_ip(child, "-o link", is_slirp(_i) ? "tap0" : "out0");
	site_check_ip(child, "-o link", "mtu 65520");
	site_end(&run);
	site_check_ip_not(child, "-o link", is_slirp(_i) ? "tap0" : "out0");
	unit_end(servers[0]);
	unit_end(servers[1]);
	unit_end(child);
}
END_TEST

START_TEST(the_loopback_of_the_host_is_reached_if_asked_for)
{
	const char *const words[] = { support_text("%s:host-loopback,mtu=1500,name=internet", ways[_i].name), "loopback", NULL };
	static struct site_run run;
	pid_t child;
	pid_t server;

	site_enter(ways[_i].user);
	child = site_child();
	server = site_serve(0, false, "127.0.0.1", PORT, "loopback");
	site_start(&run, words, child);
	ck_assert_pstr_eq(site_fetch_patiently(child, false, ways[_i].loopback, PORT), "loopback");
	site_check_ip(child, "-o link show dev internet", "mtu 1500");
	site_end(&run);
	unit_end(server);
	unit_end(child);
}
END_TEST

START_TEST(ports_are_published)
{
	const char *const words[] = { ways[_i].name, "@8080:80", "@" SITE_OTHER_ADDRESS ":8081:80/tcp",
				      "@" SITE_OTHER_ADDRESS ":5353:53/udp", NULL };
	static struct site_run run;
	pid_t child;
	pid_t servers[2];

	site_enter(ways[_i].user);
	child = site_child();
	site_start(&run, words, child);
	site_check_no_files();
	/* What is not published stays closed, also where somebody listens inside. */
	servers[0] = site_serve(child, false, "0.0.0.0", INNER_PORT, "inner tcp");
	servers[1] = site_serve(child, true, "0.0.0.0", DNS_PORT, "inner udp");
	ck_assert_pstr_eq(site_fetch_patiently(0, false, "127.0.0.1", 8080), "inner tcp");
	ck_assert_pstr_eq(site_fetch_patiently(0, false, SITE_OTHER_ADDRESS, 8081), "inner tcp");
	ck_assert_pstr_eq(site_fetch_patiently(0, true, SITE_OTHER_ADDRESS, 5353), "inner udp");
	ck_assert_ptr_null(site_fetch(0, false, SITE_OTHER_ADDRESS, 8080));
	ck_assert_ptr_null(site_fetch(0, false, "127.0.0.1", INNER_PORT));
	site_end(&run);
	ck_assert_ptr_null(site_fetch(0, false, "127.0.0.1", 8080));
	unit_end(servers[0]);
	unit_end(servers[1]);
	unit_end(child);
}
END_TEST

START_TEST(udp_is_published_on_the_loopback)
{
	/* The same number on both sides: with others pasta lost the answers before 2024. */
	const char *const words[] = { support_text("%s:host-loopback", ways[_i].name), "@5353:5353/udp", NULL };
	static struct site_run run;
	pid_t child;
	pid_t server;

	site_enter(ways[_i].user);
	child = site_child();
	site_start(&run, words, child);
	server = site_serve(child, true, "0.0.0.0", 5353, "inner udp");
	ck_assert_pstr_eq(site_fetch_patiently(0, true, "127.0.0.1", 5353), "inner udp");
	site_end(&run);
	unit_end(server);
	unit_end(child);
}
END_TEST

START_TEST(a_port_that_is_taken_is_named)
{
	const char *const words[] = { ways[_i].name, "@8080:80", NULL };
	static struct site_run run;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t child;
	pid_t server;

	site_enter(ways[_i].user);
	child = site_child();
	server = site_serve(0, false, "127.0.0.1", 8080, "taken");
	ck_assert_int_eq(site_prepare(&run, words, &err), 0);
	ck_assert_int_lt(site_attach(&run, child, &err), 0);
	ck_assert_msg(strstr(err.object, ways[_i].name) && strstr(err.object, "8080"), "%s", err.object);
	site_end(&run);
	unit_end(server);
	unit_end(child);
}
END_TEST

START_TEST(names_are_asked_of_the_server_of_the_host)
{
	const char *const words[] = { ways[_i].name, NULL };
	static struct site_run run;
	const char *text;
	pid_t child;
	pid_t server;

	unit_private_mounts();
	unit_overlay("/etc/resolv.conf", "# ours\nsearch example.org\nnameserver 127.0.0.53\noptions edns0\n");
	site_enter(ways[_i].user);
	server = site_serve(0, true, "127.0.0.53", DNS_PORT, "a name");
	child = site_child();
	site_start(&run, words, child);
	text = is_slirp(_i) ? "10.0.2.3" : "169.254.1.1";
	ck_assert_pstr_eq(mr_networks_resolv_conf(&run.networks),
			  support_text("nameserver %s\nsearch example.org\noptions edns0\n", text));
	ck_assert_pstr_eq(site_fetch_patiently(child, true, text, DNS_PORT), "a name");
	site_end(&run);
	unit_end(server);
	unit_end(child);
}
END_TEST

/* resolv.conf of the host, and what it is inside; NULL: the same. */
static const struct {
	const char *strategy;
	const char *host;
	const char *inside;
} resolvers[] = {
	{ "slirp4netns:cidr=10.9.8.0/24", "nameserver 192.0.2.5\n", "nameserver 10.9.8.3\n" },
	{ "slirp4netns:cidr=10.9.8.77/20,ipv6", "", "nameserver 10.9.0.3\nnameserver fd00::3\n" },
	{ "slirp4netns", "nameserver 192.0.2.5\nsearch a b", "nameserver 10.0.2.3\nsearch a b\n" },
	{ "pasta", "nameserver 192.0.2.5\nnameserver 127.0.0.1\n", NULL },
	{ "pasta", "", NULL },
	{ "pasta", "nameserver 127.0.0.1\n", "nameserver 169.254.1.1\n" },
	{ "pasta", "nameserver\t::1\nnameserver 127.0.0.1\n", "nameserver 169.254.1.1\n" },
	{ "pasta", "nameserver ::1\n", NULL },
	{ "pasta:ipv6-only", "nameserver 127.0.0.1\n", NULL },
	{ "pasta", "nameserver2 127.0.0.1\n;nameserver 127.0.0.1\nnameserver fe80::1%out0\n", NULL },
};

START_TEST(resolv_conf_inside_is_right)
{
	const char *const words[] = { resolvers[_i].strategy, NULL };
	static struct site_run run;

	site_enter(false);
	unit_overlay("/etc/resolv.conf", resolvers[_i].host);
	ck_assert_int_eq(site_prepare(&run, words, NULL), 0);
	ck_assert_pstr_eq(mr_networks_resolv_conf(&run.networks), resolvers[_i].inside);
	site_end(&run);
}
END_TEST

START_TEST(addresses_are_as_asked_for)
{
	static const char *const slirp[] = { "slirp4netns:cidr=10.9.8.0/24,ipv6", "@127.0.0.1:8080:10.9.8.100:80", NULL };
	static const char *const pasta[] = { "pasta:address=10.9.8.7/20,gateway=10.9.0.1,ipv4-only", "@8080:80", NULL };
	static struct site_run run;
	pid_t child;
	pid_t server;

	site_enter(true);
	child = site_child();
	site_start(&run, _i == 0 ? slirp : pasta, child);
	site_check_ip(child, "-o addr", _i == 0 ? "inet 10.9.8.100/24" : "inet 10.9.8.7/20");
	site_check_ip(child, "route", _i == 0 ? "default via 10.9.8.2" : "default via 10.9.0.1");
	server = site_serve(child, false, "0.0.0.0", INNER_PORT, "inner");
	ck_assert_pstr_eq(site_fetch_patiently(0, false, "127.0.0.1", 8080), "inner");
	site_end(&run);
	unit_end(server);
	unit_end(child);
}
END_TEST

START_TEST(root_needs_no_user_namespace)
{
	const char *const words[] = { ways[_i].name, "@8080:80", NULL };
	static struct site_run run;
	pid_t child;
	pid_t server;

	site_enter(false);
	child = place_make(PLACE_BIT(NET), 0);
	site_start(&run, words, child);
	server = site_serve(child, false, "0.0.0.0", INNER_PORT, "inner");
	ck_assert_pstr_eq(site_fetch_patiently(0, false, "127.0.0.1", 8080), "inner");
	unit_end(server);
	site_end(&run);
	unit_end(child);
}
END_TEST

START_TEST(veth_and_the_internet_go_together)
{
	const char *const words[] = { "veth:address=10.4.0.2/24,host-address=10.4.0.1/24", ways[_i].name, "@8080:80", NULL };
	static struct site_run run;
	pid_t child;
	pid_t servers[2];

	site_enter(false);
	child = site_child();
	site_start(&run, words, child);
	servers[0] = site_serve(child, false, "0.0.0.0", INNER_PORT, "inner");
	servers[1] = site_serve(0, false, "10.4.0.1", PORT, "outer");
	ck_assert_pstr_eq(site_fetch_patiently(0, false, "127.0.0.1", 8080), "inner");
	ck_assert_pstr_eq(site_fetch_patiently(child, false, "10.4.0.1", PORT), "outer");
	site_end(&run);
	site_check_ip_not(child, "-o link", "eth0");
	unit_end(servers[0]);
	unit_end(servers[1]);
	unit_end(child);
}
END_TEST

static struct site_run *share_run(void)
{
	void *memory = mmap(NULL, sizeof(struct site_run), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	return memory;
}

/* Nobody undoes anything: it is gone because who started it is. */
START_TEST(they_end_when_their_parent_is_killed)
{
	const char *const words[] = { ways[_i].name, "@8080:80", NULL };
	struct site_run *run = share_run();
	int status = 0;
	pid_t child;
	pid_t helper;
	pid_t parent;

	site_enter(ways[_i].user);
	child = site_child();
	support_adopt_orphans();
	parent = fork();
	ck_assert_int_ge(parent, 0);
	if (parent == 0) {
		site_start(run, words, child);
		(void)raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(parent, &status, 0), parent);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	helper = run->networks.helper.pid;
	ck_assert_int_gt(helper, 0);
	ck_assert(support_wait(helper, 10000, &status));
	site_check_no_files();
	site_undo(run);
	unit_end(child);
}
END_TEST

/* One that goes on nevertheless, as one whose parent's death was not told to it. */
START_TEST(one_that_is_left_is_undone)
{
	struct site_run run;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t process;
	int status = 0;

	site_enter(false);
	memset(&run, 0, sizeof(run));
	process = fork();
	if (process == 0) {
		for (;;)
			(void)pause();
	}
	ck_assert_int_eq(mr_journal_note_process(&run.journal, process, &err), 0);
	ck_assert_int_eq(waitpid(process, &status, WNOHANG), 0);
	/* Undoing waits until it has ended, and an unreaped one has not gone: so it is reaped meanwhile. */
	ck_assert_int_eq(signal(SIGCHLD, SIG_IGN) == SIG_ERR, 0);
	site_undo(&run);
	ck_assert_int_eq(kill(process, 0), -1);
}
END_TEST

/* Found in PATH before the real one. */
static void put_program(const char *name, const char *text)
{
	const char *directory = support_text("%s/programs-%d", support_user()->home, (int)getpid());

	ck_assert_int_eq(mkdir(directory, 0755), 0);
	(void)unit_file(support_text("%s/%s", directory, name), text);
	ck_assert_int_eq(setenv("PATH", support_text("%s:%s", directory, getenv("PATH")), 1), 0);
}

START_TEST(one_that_fails_is_heard)
{
	const char *const words[] = { ways[_i].name, "@8080:80", NULL };
	static struct site_run run;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t child;

	site_enter(ways[_i].user);
	put_program(ways[_i].name, "#!/bin/sh\necho all is well\necho no luck today >&2\nexit 3\n");
	child = site_child();
	ck_assert_int_eq(site_prepare(&run, words, &err), 0);
	ck_assert_int_lt(site_attach(&run, child, &err), 0);
	ck_assert_int_eq(err.step, MAPROOT_STEP_PROGRAM_FAILED);
	ck_assert_str_eq(err.object, support_text("%s: no luck today (exit status 3)", ways[_i].name));
	site_end(&run);
	unit_end(child);
}
END_TEST

START_TEST(one_that_ends_too_early_is_noticed)
{
	const char *const words[] = { ways[_i].name, NULL };
	static struct site_run run;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t child;

	site_enter(ways[_i].user);
	put_program(ways[_i].name, "#!/bin/sh\nexit 0\n");
	child = site_child();
	ck_assert_int_eq(site_prepare(&run, words, &err), 0);
	ck_assert_int_lt(site_attach(&run, child, &err), 0);
	ck_assert_msg(strstr(err.object, ways[_i].name) && strstr(err.object, "before it was ready"), "%s", err.object);
	site_end(&run);
	unit_end(child);
}
END_TEST

/* Hosts of other languages ignore SIGPIPE; pasta of 2023 takes that for a failure. */
START_TEST(what_the_host_ignores_does_not_matter)
{
	const char *const words[] = { ways[_i].name, NULL };
	static struct site_run run;
	pid_t child;

	site_enter(ways[_i].user);
	child = site_child();
	ck_assert(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	site_start(&run, words, child);
	site_end(&run);
	unit_end(child);
}
END_TEST

START_TEST(a_missing_program_is_named_with_its_package)
{
	const char *const words[] = { ways[_i].name, NULL };
	static struct site_run run;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	site_enter(false);
	unit_only_programs_of("/nowhere");
	ck_assert_int_eq(site_prepare(&run, words, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_NETWORK,
			 support_text("cannot set up the network: there is no program '%s' in PATH; install the package %s",
				      ways[_i].name, is_slirp(_i) ? "slirp4netns" : "passt"));
	ck_assert_uint_eq(run.journal.record.made_count, 0);
}
END_TEST

static const struct {
	bool user;
	const char *setup;
	int code;
	const char *complaint;
} devices[] = {
	{ true, "chmod 600 /dev/net/tun", EACCES, "this user may not open '/dev/net/tun'; it should have mode 0666" },
	{ false, "rm /dev/net/tun", ENOENT,
	  "there is no '/dev/net/tun'; load the module tun, or let the device into the container" },
	{ false, "rm /dev/net/tun; mknod /dev/net/tun c 60 0", ENXIO,
	  "nothing is behind '/dev/net/tun'; load the module tun" },
	{ false, "mount -o remount,nodev /dev/net", EACCES, "this user may not open '/dev/net/tun'; it should have mode 0666" },
};

START_TEST(an_unusable_device_is_named)
{
	static struct site_run run;

	site_enter(false);
	ck_assert_int_eq(system(devices[_i].setup), 0);
	if (devices[_i].user)
		unit_become_user();
	for (int way = 0; way < WAYS; way += 2) {
		const char *const words[] = { ways[way].name, NULL };
		struct maproot_error err = MAPROOT_ERROR_INIT;

		ck_assert_int_eq(site_prepare(&run, words, &err), -devices[_i].code);
		ck_assert_int_eq(err.step, MAPROOT_STEP_NETWORK);
		ck_assert_str_eq(err.object, devices[_i].complaint);
	}
}
END_TEST

START_TEST(a_path_too_long_for_a_socket_is_refused)
{
	static const char *const words[] = { "slirp4netns", "@8080:80", NULL };
	static const char *const without_ports[] = { "slirp4netns", NULL };
	static struct site_run run;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char path[128];

	site_enter(false);
	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", path, 1), 0);
	ck_assert_int_eq(site_prepare(&run, words, &err), -ENAMETOOLONG);
	ck_assert_ptr_nonnull(strstr(err.object, "too long"));
	ck_assert_int_eq(site_prepare(&run, without_ports, NULL), 0);
	mr_networks_end(&run.networks);
}
END_TEST

START_TEST(what_ends_a_run_that_has_nothing_is_harmless)
{
	static const char *const words[] = { "loopback", NULL };
	static struct site_run run;
	struct mr_networks nothing;

	site_enter(true);
	memset(&nothing, 0, sizeof(nothing));
	mr_networks_end(&nothing);
	ck_assert_int_eq(site_prepare(&run, words, NULL), 0);
	ck_assert_int_eq(site_attach(&run, getpid(), NULL), 0);
	ck_assert_uint_eq(run.journal.record.made_count, 0);
	site_end(&run);
	/* It closed no descriptor that is not its own. */
	ck_assert_int_eq(fcntl(0, F_GETFD) >= 0, 1);
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("network/internet", &tests);

	tcase_add_loop_test(tests, the_host_is_reached_but_for_its_loopback, 0, WAYS);
	tcase_add_loop_test(tests, the_loopback_of_the_host_is_reached_if_asked_for, 0, WAYS);
	tcase_add_loop_test(tests, ports_are_published, 0, WAYS);
	tcase_add_loop_test(tests, udp_is_published_on_the_loopback, 0, WAYS);
	tcase_add_loop_test(tests, a_port_that_is_taken_is_named, 0, WAYS);
	tcase_add_loop_test(tests, names_are_asked_of_the_server_of_the_host, 0, WAYS);
	tcase_add_loop_test(tests, resolv_conf_inside_is_right, 0, UNIT_COUNT(resolvers));
	tcase_add_loop_test(tests, addresses_are_as_asked_for, 0, 2);
	tcase_add_loop_test(tests, root_needs_no_user_namespace, 1, WAYS);
	tcase_add_loop_test(tests, veth_and_the_internet_go_together, 1, WAYS);
	tcase_add_loop_test(tests, they_end_when_their_parent_is_killed, 0, WAYS);
	tcase_add_test(tests, one_that_is_left_is_undone);
	tcase_add_loop_test(tests, one_that_fails_is_heard, 0, WAYS);
	tcase_add_loop_test(tests, one_that_ends_too_early_is_noticed, 0, WAYS);
	tcase_add_loop_test(tests, what_the_host_ignores_does_not_matter, 0, WAYS);
	tcase_add_loop_test(tests, a_missing_program_is_named_with_its_package, 0, WAYS);
	tcase_add_loop_test(tests, an_unusable_device_is_named, 0, UNIT_COUNT(devices));
	tcase_add_test(tests, a_path_too_long_for_a_socket_is_refused);
	tcase_add_test(tests, what_ends_a_run_that_has_nothing_is_harmless);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

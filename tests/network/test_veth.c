/*
 * Contract of veth, by maproot-net: a pair of devices that has all that was asked for and carries traffic when
 * mr_networks_attach() returns; whole or not at all, with a message that names what is in the way; undone by whoever reads
 * the journal, and no device of somebody else's with it. Without privileges between namespaces that are the caller's own.
 */
#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 8000,
       ERROR_SIZE = 512 };

static void make_bridge(void)
{
	ck_assert_int_eq(system("ip link add br0 type bridge && ip link set br0 up && ip addr add 10.1.0.1/24 dev br0 && "
				"ip addr add fd01::1/64 dev br0 nodad"),
			 0);
}

START_TEST(a_pair_has_all_that_was_asked_for)
{
	static const char *const words[] = { "veth:name=in0,host-name=out5,bridge=br0,address=10.1.0.2/24,address=fd01::2/64,"
					     "gateway=10.1.0.1,gateway=fd01::1,mtu=1400,mac=02:00:00:00:00:05",
					     NULL };
	static struct site_run run;
	pid_t child;
	pid_t four;
	pid_t six;

	site_enter(false);
	make_bridge();
	child = site_child();
	four = site_serve(0, false, "10.1.0.1", PORT, "four");
	six = site_serve(0, false, "fd01::1", PORT, "six");
	site_start(&run, words, child);
	/* At once: nothing is waited for. */
	ck_assert_pstr_eq(site_fetch(child, false, "10.1.0.1", PORT), "four");
	ck_assert_pstr_eq(site_fetch(child, false, "fd01::1", PORT), "six");
	site_check_ip(child, "-o link show dev in0", "mtu 1400");
	site_check_ip(child, "-o link show dev in0", "02:00:00:00:00:05");
	site_check_ip(child, "-o addr show dev in0", "inet 10.1.0.2/24");
	site_check_ip(child, "-o addr show dev in0", "inet6 fd01::2/64");
	site_check_ip_not(child, "-o addr show dev in0 scope global", "tentative");
	site_check_ip(child, "route", "default via 10.1.0.1 dev in0");
	site_check_ip(child, "-6 route", "default via fd01::1 dev in0");
	site_check_ip(0, "-o link show dev out5", "master br0");
	site_check_ip(0, "-o link show dev out5", "mtu 1400");
	ck_assert_ptr_null(mr_networks_resolv_conf(&run.networks));
	site_end(&run);
	ck_assert_uint_eq(if_nametoindex("out5"), 0);
	site_check_ip_not(child, "-o link", "in0");
	unit_end(four);
	unit_end(six);
	unit_end(child);
}
END_TEST

START_TEST(several_pairs_have_names_of_their_own)
{
	static const char *const words[] = { "veth:address=10.2.0.2/24,host-address=10.2.0.1/24,host-address=fd02::1/64",
					     "veth:address=fd03::2/64,host-address=fd03::1/64,gateway=fd03::1", "loopback", NULL };
	static struct site_run run;
	pid_t child;
	pid_t first;
	pid_t second;

	site_enter(false);
	child = site_child();
	site_start(&run, words, child);
	first = site_serve(0, false, "10.2.0.1", PORT, "first");
	second = site_serve(child, false, "fd03::2", PORT, "second");
	ck_assert_pstr_eq(site_fetch(child, false, "10.2.0.1", PORT), "first");
	ck_assert_pstr_eq(site_fetch(0, false, "fd03::2", PORT), "second");
	site_check_ip(child, "-o link", "eth0");
	site_check_ip(child, "-o link", "eth1");
	ck_assert_uint_eq(run.journal.record.made_count, 2);
	unit_end(first);
	unit_end(second);
	site_end(&run);
	site_check_ip_not(child, "-o link", "eth");
	unit_end(child);
}
END_TEST

/* `now`: refused already when it is prepared. */
static const struct {
	const char *words[4];
	bool now;
	int code;
	const char *complaint;
} refused[] = {
	{ { "veth:host-name=out0" }, true, EEXIST, "there is a network device 'out0' outside already" },
	{ { "veth:peer=/nowhere" }, true, ENOENT, "/nowhere" },
	{ { "veth:peer=/proc/self/ns/uts" }, true, EINVAL, "'/proc/self/ns/uts' is a uts namespace, not net" },
	{ { "veth:name=lo" }, false, ECHILD, "maproot-net: there is a network device 'lo' inside already (exit status 1)" },
	{ { "veth:bridge=nobr" }, false, ECHILD, "maproot-net: there is no bridge 'nobr' outside (exit status 1)" },
	{ { "veth:bridge=out0" }, false, ECHILD, "maproot-net: the device 'out0' outside is no bridge (exit status 1)" },
	{ { "veth:address=10.2.0.2/24,gateway=10.3.0.1" }, false, ECHILD, "maproot-net: the gateway '10.3.0.1' inside can't be reached from the addresses of 'eth0' (exit status 1)" },
	{ { "veth:address=fd02::2/64,gateway=fd03::1" }, false, ECHILD, "maproot-net: the gateway 'fd03::1' inside can't be reached from the addresses of 'eth0' (exit status 1)" },
	/* The first is there already when the second fails. */
	{ { "veth:address=10.2.0.2/24", "veth:bridge=nobr" }, false, ECHILD, "maproot-net: there is no bridge 'nobr' outside (exit status 1)" },
};

/* Those that are here. */
static const char *device_names(void)
{
	struct if_nameindex *devices = if_nameindex();
	const char *text = "";

	ck_assert_ptr_nonnull(devices);
	for (size_t at = 0; devices[at].if_index != 0; at++)
		text = support_text("%s %s", text, devices[at].if_name);
	if_freenameindex(devices);
	return text;
}

START_TEST(what_is_in_the_way_is_named_and_nothing_is_left)
{
	static struct site_run run;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *before;
	pid_t child;
	int code;

	site_enter(false);
	child = site_child();
	before = device_names();
	code = site_prepare(&run, refused[_i].words, &err);
	ck_assert_msg((code < 0) == refused[_i].now, "prepare: %d %s", code, err.object);
	if (code == 0)
		code = site_attach(&run, child, &err);
	ck_assert_int_eq(code, -refused[_i].code);
	ck_assert_str_eq(err.object, refused[_i].complaint);
	site_end(&run);
	ck_assert_str_eq(device_names(), before);
	site_check_ip_not(child, "-o link", "eth");
	unit_end(child);
}
END_TEST

/* One that maproot-net itself made must not be left when it fails: nobody has undone anything here. */
START_TEST(the_program_leaves_nothing_when_it_fails)
{
	static struct site_run run;
	static const char *const words[] = { "veth:address=10.2.0.2/24,gateway=10.3.0.1", NULL };
	pid_t child;

	site_enter(false);
	child = site_child();
	ck_assert_int_eq(site_prepare(&run, words, NULL), 0);
	ck_assert_int_eq(site_attach(&run, child, NULL), -ECHILD);
	site_check_ip_not(0, "-o link", ": mr");
	site_check_ip_not(child, "-o link", "eth0");
	mr_networks_end(&run.networks);
	unit_end(child);
}
END_TEST

START_TEST(users_need_rights_outside)
{
	static struct site_run run;
	static const char *const words[] = { "veth", NULL };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t child;

	site_enter(true);
	child = site_child();
	ck_assert_int_eq(site_prepare(&run, words, &err), 0);
	ck_assert_int_eq(site_attach(&run, child, &err), -ECHILD);
	ck_assert_int_eq(err.step, MAPROOT_STEP_PROGRAM_FAILED);
	ck_assert_msg(strstr(err.object, "lacking is CAP_NET_ADMIN in the network namespace outside") != NULL, "%s",
		      err.object);
	site_end(&run);
	unit_end(child);
}
END_TEST

/* Where the inner end's process is made from, as seen from the peer; its owner stands ... */
static const struct {
	unsigned int types;
	int flags;
	bool swapped; /* the peer is the one that was made from the other */
} relations[] = {
	{ PLACE_BIT(USER), CLONE_NEWNET, false },                 /* beside it */
	{ PLACE_BIT(USER), CLONE_NEWUSER | CLONE_NEWNET, false }, /* below it */
	{ PLACE_BIT(USER), CLONE_NEWUSER | CLONE_NEWNET, true },  /* above it */
};

START_TEST(users_connect_namespaces_of_their_own)
{
	static struct site_run run;
	pid_t one;
	pid_t other;
	pid_t peer;
	pid_t child;
	pid_t server;

	site_enter(true);
	one = site_child();
	other = site_child_of(one, relations[_i].types, relations[_i].flags);
	peer = relations[_i].swapped ? other : one;
	child = relations[_i].swapped ? one : other;

	const char *const words[] = { support_text("veth:peer=%d,host-name=outer,host-address=10.4.0.1/24,address=10.4.0.2/24,"
						   "gateway=10.4.0.1",
						   (int)peer),
				      NULL };

	site_start(&run, words, child);
	server = site_serve(peer, false, "10.4.0.1", PORT, "peer");
	ck_assert_pstr_eq(site_fetch(child, false, "10.4.0.1", PORT), "peer");
	site_check_ip(peer, "-o link", "outer");
	unit_end(server);
	/* The namespaces go on: only undoing takes the devices away. */
	site_end(&run);
	site_check_ip_not(peer, "-o link", "outer");
	site_check_ip_not(child, "-o link", "eth0");
	unit_end(other);
	unit_end(one);
}
END_TEST

START_TEST(a_failure_between_namespaces_leaves_nothing)
{
	static struct site_run run;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t one;
	pid_t other;
	pid_t peer;
	pid_t child;

	site_enter(true);
	one = site_child();
	other = site_child_of(one, relations[_i].types, relations[_i].flags);
	peer = relations[_i].swapped ? other : one;
	child = relations[_i].swapped ? one : other;

	const char *const words[] = { support_text("veth:peer=%d,address=10.4.0.2/24,gateway=10.5.0.1", (int)peer), NULL };

	ck_assert_int_eq(site_prepare(&run, words, &err), 0);
	ck_assert_int_eq(site_attach(&run, child, &err), -ECHILD);
	ck_assert_msg(strstr(err.object, "the gateway '10.5.0.1' inside") != NULL, "%s", err.object);
	site_check_ip_not(peer, "-o link", ": mr");
	site_check_ip_not(child, "-o link", "eth0");
	site_end(&run);
	unit_end(other);
	unit_end(one);
}
END_TEST

START_TEST(namespaces_without_a_common_owner_are_refused)
{
	static struct site_run run;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t peer;
	pid_t child;

	site_enter(true);
	peer = site_child();
	child = site_child();

	const char *const words[] = { support_text("veth:peer=%d", (int)peer), NULL };

	ck_assert_int_eq(site_prepare(&run, words, &err), 0);
	ck_assert_int_eq(site_attach(&run, child, &err), -ECHILD);
	ck_assert_msg(strstr(err.object, "lacking is CAP_NET_ADMIN") != NULL, "%s", err.object);
	site_end(&run);
	unit_end(peer);
	unit_end(child);
}
END_TEST

/* What a process that is killed has noted so far is seen by this one. */
static struct site_run *share_run(void)
{
	void *memory = mmap(NULL, sizeof(struct site_run), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	return memory;
}

/* Starts a network in a process that then is killed. */
static void start_and_die(struct site_run *run, const char *const *words, pid_t child)
{
	pid_t pid = fork();
	int status = 0;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		site_start(run, words, child);
		(void)raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

START_TEST(others_undo_it_after_a_crash)
{
	struct site_run *run = share_run();
	pid_t peer;
	pid_t child;

	site_enter(false);
	child = site_child();
	peer = site_child();

	const char *const words[] = { _i == 0 ? "veth:host-name=outer" :
						support_text("veth:host-name=outer,peer=%d", (int)peer),
				      NULL };

	start_and_die(run, words, child);
	site_check_ip(_i == 0 ? 0 : peer, "-o link", "outer");
	site_undo(run);
	site_check_ip_not(_i == 0 ? 0 : peer, "-o link", "outer");
	site_check_ip_not(child, "-o link", "eth0");
	unit_end(peer);
	unit_end(child);
}
END_TEST

START_TEST(a_peer_that_is_gone_has_no_devices)
{
	struct site_run *run = share_run();
	pid_t peer;
	pid_t child;

	site_enter(false);
	child = site_child();
	peer = site_child();

	const char *const words[] = { support_text("veth:peer=%d", (int)peer), NULL };

	start_and_die(run, words, child);
	unit_end(peer);
	site_undo(run);
	unit_end(child);
}
END_TEST

START_TEST(a_device_of_the_same_name_is_not_ours)
{
	struct site_run *run = share_run();
	static const char *const words[] = { "veth:host-name=outer", NULL };
	pid_t child;

	site_enter(false);
	child = site_child();
	start_and_die(run, words, child);
	ck_assert_int_eq(system("ip link del outer && ip link add outer type veth peer name another"), 0);
	site_undo(run);
	ck_assert_uint_ne(if_nametoindex("outer"), 0);
	unit_end(child);
}
END_TEST

START_TEST(an_entry_that_is_none_is_refused)
{
	static const char *const entries[] = { "outer", "outer 02:00", "outer 02:00:00:00:00:001", " 02:00:00:00:00:01",
					       "0123456789abcdef 02:00:00:00:00:01" };
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(mr_network_undo_link(entries[_i], &err), -EINVAL);
	ck_assert_int_eq(err.step, MAPROOT_STEP_UNDO);
	ck_assert_ptr_nonnull(strstr(err.object, entries[_i]));
}
END_TEST

START_TEST(a_missing_program_is_named)
{
	static struct site_run run;
	static const char *const words[] = { "veth", NULL };
	struct maproot_error err = MAPROOT_ERROR_INIT;

	site_enter(false);
	ck_assert_int_eq(setenv("MAPROOT_LIBEXEC", "/nowhere", 1), 0);
	ck_assert_int_eq(site_prepare(&run, words, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_NETWORK,
			 "cannot set up the network: there is no program 'maproot-net', which veth needs; it comes with a "
			 "maproot that was built with libmnl");
	ck_assert(!run.networks.prepared);
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("network/veth", &tests);

	tcase_add_test(tests, a_missing_program_is_named);
	tcase_add_loop_test(tests, an_entry_that_is_none_is_refused, 0, 5);
#ifdef NET_PATH
	tcase_add_test(tests, a_pair_has_all_that_was_asked_for);
	tcase_add_test(tests, several_pairs_have_names_of_their_own);
	tcase_add_loop_test(tests, what_is_in_the_way_is_named_and_nothing_is_left, 0, UNIT_COUNT(refused));
	tcase_add_test(tests, the_program_leaves_nothing_when_it_fails);
	tcase_add_test(tests, users_need_rights_outside);
	tcase_add_loop_test(tests, users_connect_namespaces_of_their_own, 0, UNIT_COUNT(relations));
	tcase_add_loop_test(tests, a_failure_between_namespaces_leaves_nothing, 0, UNIT_COUNT(relations));
	tcase_add_test(tests, namespaces_without_a_common_owner_are_refused);
	tcase_add_loop_test(tests, others_undo_it_after_a_crash, 0, 2);
	tcase_add_test(tests, a_peer_that_is_gone_has_no_devices);
	tcase_add_test(tests, a_device_of_the_same_name_is_not_ours);
#endif
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

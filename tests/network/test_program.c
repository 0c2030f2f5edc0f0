/*
 * Contract of `maproot --net=...` as a whole: the command has the network that was asked for, loopback and resolv.conf included;
 * its status passes through; afterwards, and also when the command is killed, no helper, device, file or mount is left, and
 * the caller's own resolv.conf was never touched, whoever the caller is.
 */
#include "site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char resolv_conf[] = "nameserver 127.0.0.53\n";
static const char *maproot;

/* One way to call it, and what comes of it. */
static const struct {
	bool user;
	const char *network;
	const char *script;
	const char *says;
	int status;
} runs[] = {
	{ true, "slirp4netns", "cat /etc/resolv.conf; ip -o addr", "nameserver 10.0.2.3\n", 0 },
	{ true, "slirp4netns", "ip -o addr", "inet 10.0.2.100/24", 0 },
	{ true, "slirp4netns", "ip -o addr show dev lo", "inet 127.0.0.1/8", 0 },
	{ true, "slirp4netns", "exit 7", "", 7 },
	{ true, "slirp4netns", "kill -9 $$", "", 128 + 9 },
	{ true, "pasta", "cat /etc/resolv.conf", "nameserver 169.254.1.1\n", 0 },
	{ true, "pasta", "ip -o addr", "inet " SITE_ADDRESS "/24", 0 },
	{ true, "pasta", "exit 7", "", 7 },
	{ false, "slirp4netns", "cat /etc/resolv.conf", "nameserver 10.0.2.3\n", 0 },
	{ false, "pasta", "cat /etc/resolv.conf", "nameserver 169.254.1.1\n", 0 },
#ifdef NET_PATH
	{ false, "veth:address=10.4.0.2/24,host-address=10.4.0.1/24,gateway=10.4.0.1", "ip route",
	  "default via 10.4.0.1 dev eth0", 0 },
	{ false, "veth:host-name=outer", "cat /etc/resolv.conf; exit 7", "nameserver 127.0.0.53\n", 7 },
	{ false, "veth:name=lo", "true", "", 125 },
	{ true, "veth", "true", "", 125 },
#endif
};

static void run_maproot(int number, struct support_result *ret_result)
{
	const char *const argv[] = { maproot, support_text("--net=%s", runs[number].network), "sh", "-c",
				     runs[number].script, NULL };
	const struct support_command command = { .argv = argv, .envp = (const char *const *)environ, .as_root = true };

	support_run(&command, ret_result);
}

/* One that can be mounted upon, which that of unit_overlay() can't. */
static void put_resolv_conf(void)
{
	const char *path = unit_file("resolv.conf", resolv_conf);

	ck_assert_int_eq(mount(path, "/etc/resolv.conf", NULL, MS_BIND, NULL), 0);
}

START_TEST(the_command_has_its_network_and_nothing_is_left)
{
	struct support_result result;
	char *before;
	char *after;

	unit_private_mounts();
	put_resolv_conf();
	site_enter(runs[_i].user);
	before = support_mounts();
	run_maproot(_i, &result);
	ck_assert_msg(!result.timed_out, "%s", result.err);
	if (WIFSIGNALED(result.status))
		ck_assert_int_eq(128 + WTERMSIG(result.status), runs[_i].status);
	else
		ck_assert_msg(WEXITSTATUS(result.status) == runs[_i].status, "%d: %s", WEXITSTATUS(result.status),
			      result.err);
	ck_assert_msg(strstr(result.out, runs[_i].says) != NULL, "%s%s", result.out, result.err);
	support_release(&result);
	after = support_mounts();
	ck_assert_msg(strcmp(after, before) == 0, "the caller's mounts are not what they were");
	free(before);
	free(after);
	after = support_read("/etc/resolv.conf", NULL);
	ck_assert_pstr_eq(after, resolv_conf);
	free(after);
	site_check_no_files();
	site_check_ip_not(0, "-o link", ": mr");
	site_check_ip_not(0, "-o link", "outer");
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("network/program", &tests);

	maproot = support_maproot(MAPROOT_PATH);
	tcase_add_loop_test(tests, the_command_has_its_network_and_nothing_is_left, 0, UNIT_COUNT(runs));
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

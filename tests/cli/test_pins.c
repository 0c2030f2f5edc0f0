/*
 * Contract of --pin and --unpin: what is not TYPE[=NAME|PATH] is refused; a new namespace, or the current one, is bound
 * to its file and the command runs in it, or nothing does; each of many is unpinned, also after one that can't be.
 */
#include "cli.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELP   "maproot: try 'maproot --help'\n"
#define NO_PIN "is not TYPE=NAME or TYPE=PATH with the type of a namespace\n" HELP

static const struct cli_place as_root = { .as_root = true };

static void begin(void)
{
	unit_private_mounts();
	ck_assert_int_eq(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"), 0);
}

static const struct cli_row refused[] = {
	{ { "--unpin", "foo" }, "", "maproot: 'foo' " NO_PIN, 125 },
	{ { "--unpin", "=a" }, "", "maproot: '=a' " NO_PIN, 125 },
	{ { "--unpin", "nets=a" }, "", "maproot: 'nets=a' " NO_PIN, 125 },
	{ { "--unpin", "network-and-so-on=a" },
	  "",
	  "maproot: 'network-and-so-on=a' " NO_PIN,
	  125 },
	{ { "--unpin", "net=" }, "", "maproot: 'net=' has neither name nor path after the '='\n" HELP, 125 },
	{ { "--unpin", "net" }, "", "maproot: a name or a path is needed to find a pin\n", 125 },
	{ { "--unpin", "net=.." }, "", "maproot: a pin can't be called '..'\n", 125 },
	{ { "--unpin", "net=a" }, "", "maproot: cannot unpin '/run/netns/a': No such file or directory\n", 125 },
	{ { "--unpin", "uts=/etc/passwd" }, "", "maproot: '/etc/passwd' is a file, not a namespace\n", 125 },
	{ { "--pin", "nonesuch=a", "true" },
	  "",
	  "maproot: 'nonesuch=a' " NO_PIN,
	  125 },
	{ { "-p", "--pin", "pid=a", "true" },
	  "",
	  "maproot: a new pid namespace can't be pinned: without a process it takes no other\n",
	  125 },
	{ { "--pin", "mount=a", "true" },
	  "",
	  "maproot: the current mount namespace can't be pinned: it would hold itself\n",
	  125 },
	/* The first pin goes with the second. */
	{ { "-n", "-u", "--pin", "net=a", "--pin", "uts=/nonesuch/a", "true" },
	  "",
	  "maproot: cannot pin a namespace to '/nonesuch/a': No such file or directory\n",
	  125 },
};

START_TEST(refuses)
{
	begin();
	cli_check(&refused[_i], &as_root);
	ck_assert(access("/run/netns/a", F_OK) != 0);
}
END_TEST

/* Without "/proc/self/ns/": "net:[4026531840]\n" */
static const char *link_of(const char *path)
{
	struct stat status;

	ck_assert_int_eq(stat(path, &status), 0);
	return support_text("net:[%lu]\n", (unsigned long)status.st_ino);
}

START_TEST(the_command_runs_in_it)
{
	const char *const argv[] = { "-n", "--pin", "network=a", "readlink", "/proc/self/ns/net", NULL };
	const struct cli_row away[] = { { { "--unpin", "network=a" }, "", "", 0 } };
	struct support_result result;

	begin();
	cli_run(argv, &as_root, &result);
	ck_assert_str_eq(result.err, "");
	ck_assert_int_eq(result.status, 0);
	ck_assert_str_eq(result.out, link_of("/run/netns/a"));
	ck_assert_str_ne(result.out, link_of("/proc/self/ns/net"));
	support_release(&result);
	cli_check(away, &as_root);
	ck_assert(access("/run/netns/a", F_OK) != 0);
}
END_TEST

/* The third can't be: the others are. */
START_TEST(unpins_many)
{
	static const struct cli_row rows[] = {
		{ { "-n", "--pin", "net=a", "true" }, "", "", 0 },
		{ { "--pin", "uts=/run/b", "true" }, "", "", 0 },
		{ { "--unpin", "net=a", "--unpin", "net=nonesuch", "--unpin", "uts=/run/b" },
		  "",
		  "maproot: cannot unpin '/run/netns/nonesuch': No such file or directory\n",
		  125 },
	};

	begin();
	for (size_t at = 0; at < UNIT_COUNT(rows); at++) {
		cli_check(&rows[at], &as_root);
		if (at == 1)
			ck_assert(access("/run/netns/a", F_OK) == 0 && access("/run/b", F_OK) == 0);
	}
	ck_assert(access("/run/netns/a", F_OK) != 0);
	ck_assert(access("/run/b", F_OK) != 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("cli/pins", &tc);

	cli_set_up();
	tcase_add_loop_test(tc, refuses, 0, UNIT_COUNT(refused));
	tcase_add_test(tc, the_command_runs_in_it);
	tcase_add_test(tc, unpins_many);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

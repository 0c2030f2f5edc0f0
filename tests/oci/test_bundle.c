/*
 * Contract of maproot-oci with real bundles: those that `runc spec`, `crun spec` and their rootless kinds write run, as root
 * and as a user, and so does the specification's complete example without what is not supported; each thing that a
 * configuration says is what the command finds.
 */
#include "bundle.h"

#include <maproot/name.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* AddressSanitizer talks of stacks that it doesn't know. */
static void check_silent(const struct support_result *result)
{
	if (!UNIT_SANITIZED)
		ck_assert_str_eq(result->err, "");
}

static void check(const char *bundle, bool as_root, const char *script, const char *want)
{
	struct support_result result;

	bundle_run(bundle, as_root, (const char *[]){ "--", "sh", "-c", script, NULL }, &result);
	check_silent(&result);
	ck_assert_str_eq(result.out, want);
	ck_assert_int_eq(result.status, 0);
	support_release(&result);
}

static const struct {
	const char *spec;
	const char *host;
	bool as_root;
} written[] = {
	{ "runc.json", "runc", false },
	{ "runc-rootless.json", "runc", false },
	{ "crun.json", "crun", false },
	{ "crun-rootless.json", "crun", false },
	{ "runc.json", "runc", true },
	{ "crun.json", "crun", true },
};

/* What all four ask for. */
START_TEST(written_by_others)
{
	const char *bundle = bundle_make(written[_i].spec, NULL);

	check(bundle, written[_i].as_root && geteuid() == 0,
	      "id -u; id -g; echo $$; hostname; pwd; ulimit -n; grep -E 'Cap(Prm|Eff|Bnd|Inh|Amb)|NoNew' /proc/self/status;"
	      "touch /x 2>/dev/null || echo read-only;"
	      "touch /proc/sys/kernel/x 2>/dev/null || echo read-only;"
	      "test -c /dev/null && test -c /dev/urandom && test -L /dev/fd && test -d /dev/pts && test -L /dev/ptmx && echo devices;"
	      "cat /proc/keys; ls /sys/firmware; test -d /sys/class && test -d /sys/fs/cgroup && ls /proc | grep -c '^[0-9]*$'",
	      support_text("0\n0\n1\n%s\n/\n1024\n"
			   "CapInh:\t0000000000000000\nCapPrm:\t0000000020000420\nCapEff:\t0000000020000420\n"
			   "CapBnd:\t0000000020000420\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\n"
			   "read-only\nread-only\ndevices\n3\n",
			   written[_i].host));
}
END_TEST

#define EXAMPLE_IGNORED                                                                              \
	"--ignore=hooks", "--ignore=process.apparmorProfile", "--ignore=process.selinuxLabel",       \
		"--ignore=process.ioPriority", "--ignore=linux.devices", "--ignore=linux.resources", \
		"--ignore=linux.cgroupsPath", "--ignore=linux.seccomp", "--ignore=linux.mountLabel"

/* As root with the maps that it has; as a user with his own subordinate ids in them. */
START_TEST(the_complete_example)
{
	bool as_root = _i == 1;
	const char *map = support_text("[{'containerID': 0, 'hostID': %u, 'size': 1000}]", support_user()->subordinate[0]);
	const char *bundle = bundle_make("complete.json", as_root ? NULL : support_text("{'linux': {'uidMappings': %s, 'gidMappings': %s}}", map, map));
	struct support_result result;

	bundle_run(bundle, as_root,
		   (const char *[]){ EXAMPLE_IGNORED, "--", "sh", "-c",
				     "id; grep -E 'Cap(Eff|Amb)' /proc/self/status; hostname; cat /proc/self/oom_score_adj"
				     " /proc/sys/net/ipv4/ip_forward /proc/sys/net/core/somaxconn; ulimit -n;"
				     "test $(cat /proc/uptime | sed 's/[.].*//') -gt 604800 && echo later",
				     NULL },
		   &result);
	check_silent(&result);
	ck_assert_str_eq(result.out, "uid=1 gid=1 groups=5,6\nCapEff:\t0000000000000400\nCapAmb:\t0000000000000400\n"
				     "slartibartfast\n100\n1\n256\n1024\nlater\n");
	ck_assert_int_eq(result.status, 0);
	support_release(&result);
}
END_TEST

#define ROOTLESS(more) "{'linux': {'namespaces': [{'type': 'user'}, {'type': 'mount'}, {'type': 'pid'}, {'type': 'uts'}]}, " more "}"
#define PROC           "{'destination': '/proc', 'type': 'proc'}"

static const struct {
	const char *patch;
	const char *script;
	const char *want;
} effects[] = {
	{ ROOTLESS("'hostname': 'a', 'domainname': 'b', 'mounts': [" PROC "]"),
	  "hostname; cat /proc/sys/kernel/domainname; echo $$", "a\nb\n1\n" },
	{ ROOTLESS("'process': {'cwd': '/work', 'env': ['PATH=/bin', 'A=b c']}"), "pwd; echo \"$A\"", "/work\nb c\n" },
	{ ROOTLESS("'process': {'user': {'uid': 0, 'gid': 0, 'umask': 63}}"), "umask", "0077\n" },
	{ ROOTLESS("'process': {'user': {'uid': 33, 'gid': 44}}"), "id -u; id -g", "33\n44\n" },
	{ ROOTLESS("'process': {'rlimits': [{'type': 'RLIMIT_NOFILE', 'soft': 50, 'hard': 60}]}"), "ulimit -Sn; ulimit -Hn", "50\n60\n" },
	{ ROOTLESS("'mounts': [" PROC "], 'process': {'noNewPrivileges': true, 'oomScoreAdj': 500}"),
	  "grep NoNew /proc/self/status; cat /proc/self/oom_score_adj", "NoNewPrivs:\t1\n500\n" },
	{ ROOTLESS("'mounts': [" PROC "]"), "grep -E 'CapEff|CapBnd|NoNew' /proc/self/status",
	  "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t0\n" },
	{ ROOTLESS("'root': {'readonly': true}"), "touch /tmp/x 2>/dev/null || echo no", "no\n" },
	{ ROOTLESS("'root': {'readonly': true}, 'mounts': [{'destination': '/tmp', 'type': 'tmpfs', 'options': ['mode=700']}]"),
	  "touch /tmp/x && stat -c %a /tmp", "700\n" },
	{ ROOTLESS("'mounts': [{'destination': '/work', 'source': 'rootfs/etc', 'options': ['bind', 'ro']}]"),
	  "touch /etc/x && ls /work; touch /work/y 2>/dev/null || echo no", "x\nno\n" },
	{ ROOTLESS("'mounts': [{'destination': '/new/deep', 'type': 'tmpfs'}]"), "touch /new/deep/x && echo made", "made\n" },
	{ "{'mounts': [" PROC "], 'linux': {'namespaces': [{'type': 'user'}, {'type': 'network'}, {'type': 'pid'}, {'type': 'ipc'}],"
	  "'sysctl': {'net.ipv4.ip_forward': '1', 'kernel.shmmni': '77'}}}",
	  "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni", "1\n77\n" },
	{ "{'mounts': [" PROC "], 'linux': {'namespaces': [{'type': 'user'}, {'type': 'pid'}], 'maskedPaths': ['/proc/uptime', '/no'],"
	  "'readonlyPaths': ['/proc/sys', '/tmp']}}",
	  "cat /proc/uptime; touch /tmp/x 2>/dev/null || echo no", "no\n" },
	{ "{'mounts': [" PROC "], 'linux': {'namespaces': [{'type': 'user'}, {'type': 'pid'}, {'type': 'time'}],"
	  "'timeOffsets': {'boottime': {'secs': 1000000000}}}}",
	  "test $(cat /proc/uptime | sed 's/[.].*//') -gt 1000000000 && echo later", "later\n" },
};

START_TEST(is_what_it_says)
{
	check(bundle_make(NULL, effects[_i].patch), false, effects[_i].script, effects[_i].want);
}
END_TEST

/* In the PATH of the configuration, inside; not in that of the caller. */
START_TEST(command_is_found_inside)
{
	const char *bundle = bundle_make(NULL, "{'process': {'env': ['PATH=/work'], 'args': ['inner']}, 'linux': {'namespaces': [{'type': 'user'}]}}");
	struct support_result result;

	(void)unit_file(support_text("%s/rootfs/work/inner", bundle), "#!/bin/sh\necho found\n");
	bundle_run(bundle, false, (const char *[]){ NULL }, &result);
	ck_assert_str_eq(result.out, "found\n");
	support_release(&result);
	bundle_run(bundle, false, (const char *[]){ "--", "id", NULL }, &result);
	support_leave_out_explanation(result.err);
	ck_assert_str_eq(result.err, "maproot-oci: cannot find 'id': No such file or directory\n");
	ck_assert_int_eq(WEXITSTATUS(result.status), 127);
	support_release(&result);
}
END_TEST

START_TEST(environment_is_the_configured)
{
	const char *bundle = bundle_make(NULL, ROOTLESS("'process': {'env': ['PATH=/bin', 'A=b c'], 'args': ['env']}"));
	struct support_result result;

	bundle_run(bundle, false, (const char *[]){ NULL }, &result);
	ck_assert_str_eq(result.out, "PATH=/bin\nA=b c\n");
	support_release(&result);
}
END_TEST

START_TEST(working_directory_has_to_be_there)
{
	struct support_result result;

	bundle_run(bundle_make(NULL, ROOTLESS("'process': {'cwd': '/no/such'}")), false, (const char *[]){ NULL }, &result);
	support_leave_out_explanation(result.err);
	ck_assert_str_eq(result.err, "maproot-oci: cannot change directory to '/no/such': No such file or directory\n");
	ck_assert_int_eq(WEXITSTATUS(result.status), 125);
	support_release(&result);
}
END_TEST

/* A namespace of another process, by its path. */
START_TEST(path_is_joined)
{
	const char *held = bundle_make(NULL, "{'mounts': [" PROC "], 'process': {'args': ['sleep', '100']}, 'linux': {'namespaces': [{'type': 'pid'}, {'type': 'uts'}]},"
					     "'hostname': 'theirs'}");
	const char *argv[] = { bundle_program(), "--bundle", held, NULL };
	const struct support_command command = { .argv = argv, .as_root = true };
	struct support_process process;
	pid_t child = 0;
	int status;

	support_start(&command, &process);
	for (char name[64] = ""; strcmp(name, "sleep\n") != 0; support_sleep_us(1000)) {
		char *text = NULL;

		if (support_descendants(process.pid, &child, 1) == 1)
			text = support_read(support_text("/proc/%d/comm", child), NULL);
		(void)snprintf(name, sizeof(name), "%s", text ? text : "");
		free(text);
	}
	check(bundle_make(NULL, support_text("{'linux': {'namespaces': [{'type': 'uts', 'path': '/proc/%d/ns/uts'}]}}", child)), true,
	      "hostname", "theirs\n");
	ck_assert_int_eq(kill(process.pid, SIGTERM), 0);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert(support_wait(process.pid, 5000, &status));
}
END_TEST

START_TEST(state_is_told_while_it_runs)
{
	const char *bundle = bundle_make(NULL, ROOTLESS("'process': {'args': ['sleep', '100']}"));
	const char *id = support_text("oci-test-%d", getpid());
	const char *argv[] = { bundle_program(), "--bundle", bundle, "--id", id, NULL };
	const char *asking[] = { bundle_program(), "--state", id, NULL };
	const struct support_command command = { .argv = argv };
	const struct support_command question = { .argv = asking };
	struct support_process process;
	struct support_result result = { 0 };
	json_t *state = NULL;
	int status;

	support_start(&command, &process);
	for (int running = 0; !running; support_sleep_us(1000)) {
		support_run(&question, &result);
		state = json_loads(result.out, 0, NULL);
		running = result.status == 0 && strcmp(json_string_value(json_object_get(state, "status")), "running") == 0;
		if (!running)
			json_decref(state);
		support_release(&result);
	}
	ck_assert_str_eq(json_string_value(json_object_get(state, "id")), id);
	ck_assert_str_eq(json_string_value(json_object_get(state, "bundle")), bundle);
	ck_assert_int_eq(kill((pid_t)json_integer_value(json_object_get(state, "pid")), SIGKILL), 0);
	json_decref(state);
	ck_assert(support_wait(process.pid, 5000, &status));
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
	support_run(&question, &result);
	ck_assert_int_eq(WEXITSTATUS(result.status), 125);
	ck_assert_str_eq(result.err, support_text("maproot-oci: the name '%s' is nobody's\n", id));
	support_release(&result);
}
END_TEST

START_TEST(terminal_is_the_callers)
{
	const char *bundle = bundle_make(NULL, ROOTLESS("'process': {'terminal': true}"));
	const char *argv[] = { bundle_program(), "--bundle", bundle, "--", "sh", "-c", "test -c /dev/console && echo ok >/dev/console", NULL };
	struct support_command command = { .argv = argv };
	struct support_pty pty;
	int status;

	support_pty_start(&pty, &command);
	ck_assert(support_pty_expect(&pty, "ok", 10000));
	ck_assert(support_wait(pty.process.pid, 5000, &status));
	ck_assert_int_eq(status, 0);
	support_pty_done(&pty);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("oci/bundle", &tc);
	bool root = geteuid() == 0;

	tcase_add_loop_test(tc, written_by_others, 0, root ? UNIT_COUNT(written) : 4);
	tcase_add_loop_test(tc, the_complete_example, 0, root ? 2 : support_user()->subordinate_count > 0);
	tcase_add_loop_test(tc, is_what_it_says, 0, UNIT_COUNT(effects));
	tcase_add_test(tc, command_is_found_inside);
	tcase_add_test(tc, environment_is_the_configured);
	tcase_add_test(tc, working_directory_has_to_be_there);
	if (root)
		tcase_add_test(tc, path_is_joined);
	tcase_add_test(tc, state_is_told_while_it_runs);
	tcase_add_test(tc, terminal_is_the_callers);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

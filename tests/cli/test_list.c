/*
 * Contract of src/cli/list.h: a table, and JSON that says the same and is whole whatever goes wrong; names with
 * what they differ in, runs with what was made for them and the fields of the OCI state; nothing on stdout where there is nothing to tell; what can't be told or written is
 * reported, and is the exit status.
 */
#include "cli/list.h"
#include "join/name.h"
#include "model/record.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <maproot/name.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct listing {
	int status;
	char *out;
	char *err;
};

/* list_all() in a child, which has stdout and stderr in files. */
static struct listing list(pid_t pid, bool names, bool json)
{
	const char *out = support_text("%s/out-%d", getenv("XDG_RUNTIME_DIR"), (int)getpid());
	const char *err = support_text("%s/err-%d", getenv("XDG_RUNTIME_DIR"), (int)getpid());
	struct listing listing;
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (!freopen(out, "w", stdout) || !freopen(err, "w", stderr))
			_exit(99);
		_exit(list_all(pid, names, json));
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	listing = (struct listing){ WEXITSTATUS(status), support_read(out, NULL), support_read(err, NULL) };
	ck_assert(listing.out && listing.err && unlink(out) == 0 && unlink(err) == 0);
	return listing;
}

static void release(struct listing *listing)
{
	free(listing->out);
	free(listing->err);
}

static void place_names(void)
{
	char parent[] = "/tmp/test-names-XXXXXX";

	if (!mkdtemp(parent) || setenv("XDG_RUNTIME_DIR", parent, 1) < 0)
		support_die("a directory for names");
}

static void remove_names(void)
{
	ck_assert(rmdir(support_text("%s/maproot", getenv("XDG_RUNTIME_DIR"))) == 0 || errno == ENOENT);
	ck_assert_int_eq(rmdir(getenv("XDG_RUNTIME_DIR")), 0);
}

static unsigned long long id_of(unsigned int type)
{
	struct stat status;

	return stat(support_text("/proc/self/ns/%s", maproot_namespace_name(type)), &status) == 0 ? status.st_ino : 0;
}

/* A child alone in its namespaces, but for pid and time. */
static void enter(void)
{
	unit_enter_namespace(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP);
}

static const char *row(const char *const *columns)
{
	static const int width[] = { 8, 12, 6, 12, 12, 11, 0 };
	const char *text = "";

	for (size_t at = 0; at < UNIT_COUNT(width); at++)
		text = support_text("%s%-*s", text, width[at], columns[at]);
	return support_text("%s\n", text);
}

START_TEST(a_table)
{
	static const char *const heading[] = { "TYPE", "ID", "OURS", "OWNER", "USER", "PROCESSES", "PIDS" };
	struct listing listing;
	char want[2048];

	enter();
	place_names();
	/* told by the child that list() makes: there are two here */
	(void)snprintf(want, sizeof(want), "%s", row(heading));
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		bool outer = type == MAPROOT_NAMESPACE_PID || type == MAPROOT_NAMESPACE_TIME;
		const char *owner = support_text("%llu", id_of(MAPROOT_NAMESPACE_USER));
		const char *const columns[] = {
			maproot_namespace_name(type),
			support_text("%llu", id_of(type)),
			"yes",
			outer || type == MAPROOT_NAMESPACE_USER ? "-" : owner,
			outer ? "-" : "0",
			"2",
			support_text("%d,CHILD", (int)getpid()),
		};

		if (id_of(type) != 0)
			(void)strcat(want, row(columns));
	}
	listing = list(getpid(), false, false);
	ck_assert_int_eq(listing.status, 0);
	ck_assert_str_eq(listing.err, "");
	/* the child's number is the only thing not known before */
	for (char *at = want, *said = listing.out; *at != '\0' || *said != '\0'; at++, said++) {
		if (strncmp(at, "CHILD", 5) == 0) {
			at += 5;
			said += strspn(said, "0123456789");
		}
		ck_assert_msg(*at == *said, "wanted\n%sgot\n%s", want, listing.out);
	}
	release(&listing);
	remove_names();
}
END_TEST

/* RFC 8259, as far as it is used; returns what follows the value, NULL where there is none. */
static const char *skip_value(const char *at);

static const char *skip_string(const char *at)
{
	if (*at++ != '"')
		return NULL;
	for (; *at != '"'; at++) {
		if ((unsigned char)*at < ' ')
			return NULL;
		if (*at == '\\') {
			if (at[1] != 'u' || strspn(at + 2, "0123456789abcdef") < 4)
				return NULL;
			at += 5;
		}
	}
	return at + 1;
}

static const char *skip_items(const char *at, char end, bool keys)
{
	at += 1 + strspn(at + 1, "\n");
	if (*at == end)
		return at + 1;
	for (;;) {
		if (keys) {
			at = skip_string(at);
			if (!at || *at++ != ':')
				return NULL;
		}
		at = skip_value(at);
		if (!at)
			return NULL;
		at += strspn(at, "\n");
		if (*at == end)
			return at + 1;
		if (*at++ != ',')
			return NULL;
		at += strspn(at, "\n");
	}
}

static const char *skip_value(const char *at)
{
	static const char *const words[] = { "null", "true", "false" };
	size_t digits = strspn(at, "0123456789");

	if (*at == '{')
		return skip_items(at, '}', true);
	if (*at == '[')
		return skip_items(at, ']', false);
	if (*at == '"')
		return skip_string(at);
	for (size_t word = 0; word < UNIT_COUNT(words); word++) {
		if (strncmp(at, words[word], strlen(words[word])) == 0)
			return at + strlen(words[word]);
	}
	return digits > 0 && (*at != '0' || digits == 1) ? at + digits : NULL;
}

static void check_json(const char *text)
{
	const char *end = skip_value(text);

	ck_assert_msg(end && strcmp(end, "\n") == 0, "no JSON from here: %s\n%s", end ? end : "?", text);
}

static void check_has(const struct listing *listing, const char *text)
{
	ck_assert_msg(strstr(listing->out, text) != NULL, "'%s' is missing in\n%s", text, listing->out);
}

START_TEST(json_of_a_process)
{
	struct listing listing;

	place_names();
	listing = list(getpid(), false, true);
	ck_assert_int_eq(listing.status, 0);
	check_json(listing.out);
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (id_of(type) != 0)
			check_has(&listing, support_text("{\"type\":\"%s\",\"id\":%llu,\"ours\":true,\"owner\":",
							 maproot_namespace_name(type), id_of(type)));
	}
	ck_assert_ptr_null(strstr(listing.out, "\"names\""));
	release(&listing);
	remove_names();
}
END_TEST

static const char strange[] = "a\"b\\c\n\x1b[31m\xff\xc3\xa4";

/* A run with all that one may have. */
static void keep_run(void)
{
	struct maproot_name_record *record = calloc(1, sizeof(*record));

	ck_assert_ptr_nonnull(record);
	strcpy(record->name, "run");
	strcpy(record->command, "command");
	strcpy(record->bundle, "/b\xff");
	strcpy(record->cgroup, "/cg/run");
	strcpy(record->network, "veth pas\x1b"
				"a");
	record->users = (struct maproot_idmap){ 2, { { 0, 1000, 1 }, { 1, 100000, 65536 } } };
	ck_assert_int_eq(mr_record_add_made(record, "cgroup", "/cg/\"run", NULL), 0);
	ck_assert_int_eq(mr_record_add_made(record, "process", "1:2", NULL), 0);
	ck_assert_int_eq(mr_name_claim(record, NULL), 0);
	free(record);
}

/* A name kept by this process for a child that is elsewhere; one that is not complete; one of nobody. */
static pid_t keep_names(void)
{
	int ready[2];
	char byte;
	pid_t child;

	place_names();
	if (pipe2(ready, O_CLOEXEC) < 0)
		support_die("pipe2");
	child = fork();
	if (child == 0) {
		if (unshare(CLONE_NEWUTS | CLONE_NEWNET) < 0 || write(ready[1], "", 1) != 1)
			_exit(99);
		for (;;)
			(void)pause();
	}
	if (read(ready[0], &byte, 1) != 1)
		support_die("unshare");
	ck_assert_int_eq(maproot_name_claim("build", strange, NULL), 0);
	ck_assert_int_eq(maproot_name_complete("build", child, NULL), 0);
	ck_assert_int_eq(maproot_name_claim("a.first", NULL, NULL), 0);
	keep_run();
	return child;
}

static void drop_names(pid_t child)
{
	ck_assert_int_eq(maproot_name_release("build", NULL), 0);
	ck_assert_int_eq(maproot_name_release("a.first", NULL), 0);
	ck_assert_int_eq(maproot_name_release("run", NULL), 0);
	unit_end(child);
	remove_names();
}

START_TEST(names_in_a_table)
{
	struct listing listing;
	const char *want;
	const char *table;
	pid_t child;

	enter();
	child = keep_names();
	listing = list(getpid(), true, false);
	ck_assert_int_eq(listing.status, 0);
	table = strstr(listing.out, "\n\n");
	ck_assert_ptr_nonnull(table);
	want = support_text(
		"\n\n"
		"NAME                  PID      STATUS    USER   AGE   NAMESPACES              NETWORK   CGROUP  COMMAND\n"
		"a.first               -        creating  0      0s    -                       -         -       -\n"
		"build                 %-8d created   0      0s    net,uts                 -         -       "
		"a\"b\\c??[31m?\xc3\xa4\n"
		"run                   -        creating  0      0s    -                       veth pas?a /cg/run command\n",
		(int)child);
	/* a second may have gone by */
	for (char *age = strstr((char *)table, "1s"); age; age = strstr(age, "1s"))
		*age = '0';
	ck_assert_str_eq(table, want);
	release(&listing);
	drop_names(child);
}
END_TEST

START_TEST(names_in_json)
{
	struct maproot_name_record record;
	struct listing listing;
	pid_t child;

	enter();
	child = keep_names();
	ck_assert_int_eq(maproot_name_find("build", &record, NULL), 0);
	listing = list(0, true, true);
	ck_assert_int_eq(listing.status, 0);
	check_json(listing.out);
	check_has(&listing, "],\"names\":[\n{\"name\":\"a.first\",\"ociVersion\":\"1.0.2\",\"id\":\"a.first\","
			    "\"status\":\"creating\",\"bundle\":\"\",\"annotations\":{");
	check_has(&listing, support_text("},\"pid\":null,\"start\":null,\"keeper\":%d,", (int)getpid()));
	check_has(&listing,
		  support_text(",\n{\"name\":\"build\",\"ociVersion\":\"1.0.2\",\"id\":\"build\",\"status\":\"created\","
			       "\"pid\":%d,\"bundle\":\"\",\"annotations\":{\"maproot.command\":\"a\\u0022b",
			       (int)child));
	check_has(&listing, support_text("},\"start\":%llu,\"keeper\":%d,\"keeper_start\":",
					 (unsigned long long)record.start, (int)getpid()));
	check_has(&listing, "\"bundle\":\"/b\\ufffd\",\"annotations\":{\"maproot.command\":\"command\","
			    "\"maproot.cgroup\":\"/cg/run\",\"maproot.network\":\"veth pas\\u001ba\",");
	check_has(&listing, ",\"command\":\"command\",\"cgroup\":\"/cg/run\",\"network\":\"veth pas\\u001ba\","
			    "\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1},"
			    "{\"containerID\":1,\"hostID\":100000,\"size\":65536}],\"gidMappings\":[],"
			    "\"made\":[\"cgroup:/cg/\\u0022run\",\"process:1:2\"],\"namespaces\":[]}\n]}\n");
	check_has(&listing, support_text("\"created\":%lld,", (long long)record.created));
	check_has(&listing, "\"command\":\"a\\u0022b\\u005cc\\u000a\\u001b[31m\\ufffd\xc3\xa4\"");
	check_has(&listing, support_text("{\"type\":\"net\",\"id\":%llu,\"ours\":false}",
					 (unsigned long long)record.namespaces[MAPROOT_NAMESPACE_NET]));
	check_has(&listing, support_text("{\"type\":\"mnt\",\"id\":%llu,\"ours\":true}", id_of(MAPROOT_NAMESPACE_MNT)));
	release(&listing);
	drop_names(child);
}
END_TEST

START_TEST(no_names)
{
	struct listing listing;

	place_names();
	listing = list(0, true, true);
	ck_assert_int_eq(listing.status, 0);
	check_json(listing.out);
	check_has(&listing, "],\"names\":[]}");
	release(&listing);
	listing = list(0, true, false);
	ck_assert_int_eq(listing.status, 0);
	ck_assert_ptr_null(strstr(listing.out, "NAME"));
	release(&listing);
	remove_names();
}
END_TEST

/* Nothing is told of a process that is none, in either form. */
START_TEST(no_process)
{
	struct listing listing;

	place_names();
	listing = list(INT32_MAX, true, _i);
	ck_assert_int_eq(listing.status, 125);
	ck_assert_str_eq(listing.out, "");
	support_leave_out_explanation(listing.err);
	ck_assert_str_eq(listing.err, "maproot: there is no process 2147483647\n");
	release(&listing);
	remove_names();
}
END_TEST

/* What was told before an error is whole. */
START_TEST(names_that_can_t_be_told)
{
	const char *directory;
	struct listing listing;

	place_names();
	directory = support_text("%s/maproot", getenv("XDG_RUNTIME_DIR"));
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	ck_assert_int_eq(chmod(directory, 0777), 0);
	listing = list(0, true, true);
	ck_assert_int_eq(listing.status, 125);
	check_json(listing.out);
	check_has(&listing, "],\"names\":[]}");
	ck_assert_str_eq(listing.err,
			 support_text("maproot: names are not kept in '%s', where others may write\n", directory));
	release(&listing);
	remove_names();
}
END_TEST

static int list_to_full(void *arg)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)arg;
	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || !freopen("/dev/null", "w", stderr))
		return 99;
	return list_all(0, false, arg != NULL);
}

START_TEST(what_can_t_be_written)
{
	int status = unit_in_child(list_to_full, _i ? "json" : NULL);

	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 125);
}
END_TEST

static Suite *build(void)
{
	TCase *test;
	Suite *suite = unit_suite("cli/list", &test);

	tcase_add_test(test, json_of_a_process);
	tcase_add_test(test, no_names);
	tcase_add_loop_test(test, no_process, 0, 2);
	tcase_add_test(test, names_that_can_t_be_told);
	tcase_add_loop_test(test, what_can_t_be_written, 0, 2);
	if (geteuid() != 0)
		return suite;
	tcase_add_test(test, a_table);
	tcase_add_test(test, names_in_a_table);
	tcase_add_test(test, names_in_json);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

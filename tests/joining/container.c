/* See container.h. */
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_INNER_ID = 100000,
       NEWTIME = 0x80 };

static const char *inside;
static const char *maproot;

/* runc wants a bundle. Its template is for a shell on a terminal. */
#define RUNC(option)                                                                                            \
	"sh", "-c",                                                                                             \
		"set -e; mkdir -p $0/rootfs/bin $0/rootfs/proc $0-state; cp {inside} $0/rootfs/bin/inside; "    \
		"cd $0; rm -f config.json; runc spec " option "; words=$(printf '\"%s\", ' \"$@\"); "           \
		"sed -i 's/\"terminal\": true/\"terminal\": false/; s|\"sh\"|'\"${words%, }\"'|' config.json; " \
		"exec runc --root $0-state run c$$",                                                            \
		"{home}/bundle-{test}", "/bin/inside"

static const struct {
	bool as_root;
	const char *program;  /* that makes it; NULL: we do */
	const char *argv[24]; /* WORD and MORE follow */
	const char *inside;   /* NULL: as outside */
} kinds[CONTAINER_KINDS] = {
	[CONTAINER_UNSHARE] = { false,
				"unshare",
				{ "unshare", "-Urmnpiuf", "--kill-child", "--mount-proc", "{inside}" },
				NULL },
	[CONTAINER_SHARED] = { false, "unshare", { "unshare", "-Urmniu", "{inside}" }, NULL },
	[CONTAINER_ALL] = { false,
			    "unshare",
			    { "unshare", "-UrmnpiuCTf", "--boottime=100000", "--kill-child", "--mount-proc",
			      "{inside}" },
			    NULL },
	[CONTAINER_BWRAP] = { false,
			      "bwrap",
			      { "bwrap", "--unshare-all", "--die-with-parent", "--bind", "/", "/", "--proc", "/proc",
				"{inside}" },
			      NULL },
	[CONTAINER_RUNC] = { false, "runc", { RUNC("--rootless") }, "/bin/inside" },
	[CONTAINER_RUNC_ROOT] = { true, "runc", { RUNC("") }, "/bin/inside" },
	[CONTAINER_UNSHARE_ROOT] = { true,
				     "unshare",
				     { "unshare", "-mnpiuf", "--kill-child", "--mount-proc", "{inside}" },
				     NULL },
	[CONTAINER_OWNED_BY_ROOT] = { true, NULL, { "{inside}" }, NULL },
};

static bool is_installed(const char *program)
{
	static const char *const places[] = { "/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin" };

	for (size_t at = 0; at < UNIT_COUNT(places); at++) {
		if (access(support_text("%s/%s", places[at], program), X_OK) == 0)
			return true;
	}
	return false;
}

bool container_has_time(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(NEWTIME) < 0 && errno == EINVAL);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		support_die("fork");
	return access("/proc/self/ns/time", F_OK) == 0 && status == 0;
}

bool container_possible(enum container_kind kind)
{
	if (kind == CONTAINER_ALL && !container_has_time())
		return false;
	return (geteuid() == 0 || !kinds[kind].as_root) && (!kinds[kind].program || is_installed(kinds[kind].program));
}

void container_set_up(void)
{
	inside = support_install(INSIDE_PATH, "inside");
	maproot = support_maproot(MAPROOT_PATH);
}

const char *container_inside(void)
{
	return inside;
}

const char *container_maproot(void)
{
	return maproot;
}

const char *const *container_environment(void)
{
	static const char *const sanitized[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
						 "SHELL=/bin/sh", "ASAN_OPTIONS=detect_leaks=0", NULL };

	return UNIT_SANITIZED ? sanitized : NULL;
}

static const char *link_of(pid_t pid, enum maproot_namespace type)
{
	static char ring[16][64];
	static unsigned int next;
	char *link = ring[next++ % 16];
	const char *name = maproot_namespace_name(type);
	const char *path =
		pid ? support_text("/proc/%d/ns/%s", (int)pid, name) : support_text("/proc/self/ns/%s", name);
	ssize_t length = readlink(path, link, 63);

	if (length < 0 && errno != ENOENT)
		support_die("cannot read %s", path);
	link[length < 0 ? 0 : length] = '\0';
	return link;
}

unsigned int container_difference(pid_t one, pid_t other)
{
	unsigned int types = 0;

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (strcmp(link_of(one, type), link_of(other, type)) != 0)
			types |= MAPROOT_NAMESPACE_BIT(type);
	}
	return types;
}

const char *container_types(unsigned int types)
{
	const char *text = "";

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (types & MAPROOT_NAMESPACE_BIT(type))
			text = support_text("%s%s%s", text, text[0] ? " " : "", maproot_namespace_name(type));
	}
	return text;
}

/* Field 22 of /proc/PID/stat. */
static const char *start_time(pid_t pid)
{
	char *text = support_read(support_text("/proc/%d/stat", (int)pid), NULL);
	char *at = text ? strrchr(text, ')') : NULL;
	const char *found;

	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		support_die("no start time of %d", (int)pid);
	found = support_text("%.*s", (int)strcspn(at + 1, " "), at + 1);
	free(text);
	return found;
}

static const char *value_of(const struct container *container, const char *name)
{
	const struct support_user *user = support_user();

	if (strcmp(name, "pid") == 0)
		return support_text("%d", (int)container->pid);
	if (strcmp(name, "start") == 0)
		return start_time(container->pid);
	if (strcmp(name, "inside") == 0)
		return container && container->program ? container->program : inside;
	if (strcmp(name, "maproot") == 0)
		return maproot;
	if (strcmp(name, "test") == 0)
		return support_text("%d", (int)getpid());
	if (strcmp(name, "uid") == 0)
		return support_text("%u", user->uid);
	if (strcmp(name, "gid") == 0)
		return support_text("%u", user->gid);
	if (strcmp(name, "home") == 0)
		return user->home;
	return strcmp(name, "dir") == 0 ? support_directory() : NULL;
}

const char *container_expand(const struct container *container, const char *text)
{
	size_t size = strlen(text) + 8192;
	char *out = calloc(1, size);
	size_t length = 0;

	if (!out)
		support_die("calloc");
	while (*text) {
		size_t word = *text == '{' ? strcspn(text + 1, "}") : 0;
		const char *value =
			word > 0 && word < 16 ? value_of(container, support_text("%.*s", (int)word, text + 1)) : NULL;

		if (value) {
			length += (size_t)snprintf(out + length, size - length, "%s", value);
			text += word + 2;
		} else {
			out[length++] = *text++;
		}
	}
	return out;
}

const char *container_keep(const char *text)
{
	const char *copy = strdup(text);

	if (!copy)
		support_die("strdup");
	return copy;
}

char *container_read_until(int fd, const char *word, int ms)
{
	const char *line = support_text("%s\n", word);
	int64_t end = support_now_us() + (int64_t)ms * 1000;
	size_t size = 65536;
	size_t length = 0;
	char *text = calloc(1, size);

	if (!text)
		support_die("calloc");
	for (;;) {
		struct pollfd polled = { .fd = fd, .events = POLLIN };
		int64_t left = (end - support_now_us()) / 1000;
		char *at = strstr(text, line);
		ssize_t got;

		if (at && (at == text || at[-1] == '\n')) {
			*at = '\0';
			return text;
		}
		errno = 0;
		if (left <= 0 || poll(&polled, 1, (int)left) <= 0)
			support_die("'%s' was not said in time, but:\n%s", word, text);
		got = read(fd, text + length, size - 1 - length);
		if (got <= 0)
			support_die("'%s' was not said to the end, but:\n%s", word, text);
		length += (size_t)got;
		text[length] = '\0';
	}
}

/* Who runs the program; the nearest to the process that was started. */
static pid_t find_inside(pid_t started)
{
	pid_t below[64];
	size_t count = support_descendants(started, below + 1, 63) + 1;

	below[0] = started;
	for (size_t at = 0; at < count && at < 64; at++) {
		char *name = support_read(support_text("/proc/%d/comm", (int)below[at]), NULL);
		bool found = name && strcmp(name, "inside\n") == 0;

		free(name);
		if (found)
			return below[at];
	}
	errno = 0;
	support_die("nobody below %d runs the program", (int)started);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0)
		support_die("cannot write %s", path);
}

/* In the process that becomes the container: root of a user namespace whose owner is root outside. */
static void become_owned_by_root(void *arg)
{
	int ready[2];
	char byte = 0;
	pid_t parent = getpid();
	pid_t pid;
	int status;

	(void)arg;
	if (pipe(ready) < 0 || (pid = fork()) < 0)
		support_die("fork");
	if (pid == 0) {
		if (read(ready[0], &byte, 1) != 1)
			_exit(1);
		write_file(support_text("/proc/%d/uid_map", (int)parent), support_text("0 %d 1000", FIRST_INNER_ID));
		write_file(support_text("/proc/%d/gid_map", (int)parent), support_text("0 %d 1000", FIRST_INNER_ID));
		_exit(0);
	}
	if (unshare(CLONE_NEWUSER) < 0 || write(ready[1], &byte, 1) != 1 || waitpid(pid, &status, 0) != pid ||
	    status != 0)
		support_die("cannot make a user namespace");
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0 || unshare(CLONE_NEWUTS | CLONE_NEWIPC) < 0)
		support_die("cannot become root of a user namespace");
	(void)close(ready[0]);
	(void)close(ready[1]);
}

void container_start(struct container *container)
{
	const char *words[32] = { NULL };
	struct support_command command = { .argv = words, .as_root = kinds[container->kind].as_root };
	size_t count = 0;

	for (; kinds[container->kind].argv[count]; count++)
		words[count] = container_expand(&(struct container){ .pid = 0 }, kinds[container->kind].argv[count]);
	words[count++] = container->word ? container->word : "hold";
	words[count] = container->more;
	if (!kinds[container->kind].program)
		command.after = become_owned_by_root;
	support_start(&command, &container->tool);
	free(container_read_until(container->tool.out, "ready", 10000));
	container->pid = find_inside(container->tool.pid);
	container->types = container_difference(0, container->pid);
	container->program = kinds[container->kind].inside ? kinds[container->kind].inside : inside;
}

char *container_end_with_words(struct container *container)
{
	struct support_result result;

	if (kill(container->pid, SIGKILL) < 0 && errno != ESRCH)
		support_die("cannot end %d", (int)container->pid);
	support_finish(&container->tool, &result);
	free(result.err);
	return result.out;
}

void container_end(struct container *container)
{
	free(container_end_with_words(container));
}

void view_start(struct view *view, const struct container *container, const char *const *words,
		const struct support_command *hooks)
{
	const char *argv[VIEW_WORDS + 4] = { maproot };
	struct support_command command = { .as_root = false };
	size_t count = 1;

	if (hooks)
		command = *hooks;
	if (!command.envp)
		command.envp = container_environment();
	for (; words[count - 1]; count++)
		argv[count] = container_expand(container, words[count - 1]);
	argv[count++] = container->program;
	argv[count++] = "look";
	command.argv = argv;
	support_start(&command, &view->process);
	view->text = container_read_until(view->process.out, "end", 10000);
	view->pid = find_inside(view->process.pid);
}

const char *view_line(const struct view *view, const char *key)
{
	const char *at = view->text;
	size_t length = strlen(key);

	while (at && (strncmp(at, key, length) != 0 || (at[length] != ' ' && at[length] != '\n'))) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return NULL;
	at += length + (at[length] == ' ');
	return support_text("%.*s", (int)strcspn(at, "\n"), at);
}

void view_end(struct view *view, const char *err)
{
	struct support_result result;

	ck_assert_int_eq(kill(view->process.pid, SIGUSR1), 0);
	support_finish(&view->process, &result);
	ck_assert_msg(!result.timed_out, "it does not end");
	ck_assert_msg(result.status == 0, "wait status %x: %s", (unsigned int)result.status, result.err);
	ck_assert_str_eq(result.err, err ? err : "");
	support_release(&result);
	free(view->text);
}

/*
 * See arena.h. Contract: nothing outside of the test's own mount namespace changes.
 */
#include "arena.h"

#include "support.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct arena_mode modes[] = {
	{ .name = "run", .death_signal = "9", .pid = "0" },
	{ .name = "in-place",
	  .in_place = true,
	  .options = { "--in-place" },
	  .death_signal = "0",
	  .pid = "0" },
	{ .name = "pid", .options = { "--pid" }, .death_signal = "9", .pid = "2" },
	{ .name = "map-auto",
	  .auto_map = true,
	  .options = { "--map-auto" },
	  .death_signal = "9",
	  .pid = "0" },
	{ .name = "spawn", .host = true, .death_signal = "9", .pid = "0" },
	/*
	 * not among the five that have to be swept: what they have in common meets, and everything
	 * at once
	 */
	{ .name = "map-auto-pid",
	  .auto_map = true,
	  .options = { "--map-auto", "--pid" },
	  .death_signal = "9",
	  .pid = "2" },
	{ .name = "map-auto-in-place",
	  .in_place = true,
	  .auto_map = true,
	  .options = { "--map-auto", "--in-place" },
	  .death_signal = "0",
	  .pid = "0" },
	{ .name = "root", .root = true, .death_signal = "9", .pid = "0" },
	{ .name = "all",
	  .options = { "--all", "--hostname=sweep", "--mount-proc", "--tmpfs=/mnt" },
	  .death_signal = "9",
	  .pid = "2",
	  .all = true },
	{ .name = "join", .join = "--target=", .death_signal = "9", .pid = "0" },
	{ .name = "join-in-place",
	  .in_place = true,
	  .join = "--join=user,mnt,net,ipc,uts=",
	  .options = { "--in-place" },
	  .death_signal = "0",
	  .pid = "0" },
	/* through the engine: the child is held while a hook runs */
	{ .name = "hook", .options = { "--setup=:" }, .death_signal = "9", .pid = "0" },
	{ .name = NULL },
};

const struct arena_mode *arena_find_mode(const char *name)
{
	for (const struct arena_mode *mode = modes; mode->name; mode++)
		if (strcmp(mode->name, name) == 0)
			return mode;
	return NULL;
}

static void read_namespaces(struct arena *arena)
{
	static const char *const names[] = { "user", "mnt", "pid", "net",
					     "ipc", "uts", "cgroup", "time" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path = support_text("/proc/self/ns/%s", names[i]);
		ssize_t length =
			readlink(path, arena->namespace[i], sizeof(arena->namespace[i]) - 1);

		if (length < 0 && (errno != ENOENT || i < 2))
			support_die("cannot read %s", path);
	}
}

/* Before anything is mounted: the build directory may be below /tmp. */
static int open_program(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		support_die("cannot open %s", path);
	return fd;
}

static const char *install(int fd, const char *name)
{
	const char *path = support_install(support_text("/proc/self/fd/%d", fd), name);

	close(fd);
	return path;
}

/*
 * A dynamic loader, or a C library that allocates before main(), has calls of its own that a sweep
 * of the wrapper has no business with. musl's static start has none that can fail.
 */
static bool starts_quietly(int fd)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	char part[65536];
	ssize_t got;
	size_t kept = 0;
	static const char sign[] = "GNU C Library";

	if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		return false;
	for (unsigned int i = 0; i < header.e_phnum; i++)
		if (pread(fd, &segment, sizeof(segment),
			  (off_t)(header.e_phoff + i * sizeof(segment))) !=
			    (ssize_t)sizeof(segment) ||
		    segment.p_type == PT_INTERP)
			return false;
	for (off_t at = 0; (got = pread(fd, part + kept, sizeof(part) - kept, at)) > 0; at += got) {
		size_t length = kept + (size_t)got;

		if (memmem(part, length, sign, sizeof(sign) - 1))
			return false;
		kept = length < sizeof(sign) ? length : sizeof(sign);
		memmove(part, part + length - kept, kept);
	}
	return true;
}

static void hide_temporary_directories(void)
{
	static const char *const places[] = { "/tmp", "/var/tmp", "/dev/shm" };

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		support_die("cannot make a private mount namespace");
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (mount("maproot-sweep", places[i], "tmpfs", 0, "mode=1777") < 0)
			support_die("cannot mount on %s", places[i]);
	(void)unsetenv("TMPDIR");
}

static void write_maps(struct arena *arena)
{
	const struct support_user *user = support_user();
	const uint32_t own[] = { user->uid, user->gid };

	for (int kind = 0; kind < 2; kind++) {
		(void)snprintf(arena->maps[0][kind], sizeof(arena->maps[0][kind]), "0 %u 1;",
			       own[kind]);
		(void)snprintf(arena->maps[1][kind], sizeof(arena->maps[1][kind]),
			       "0 %u 1;1 %u %u;%u %u %u;", own[kind], user->subordinate[0],
			       user->subordinate_count, user->subordinate_count + 1,
			       user->subordinate[1], user->subordinate_count);
	}
}

/* The user's, with nothing in it but the payload: what the wrapper needs there it makes itself. */
static void make_root(struct arena *arena)
{
	const char *root = support_text("%s/root", support_directory());

	arena->root = strdup(root);
	if (!arena->root || mkdir(root, 0755) < 0)
		support_die("cannot make %s", root);
	arena->root_payload = support_install(arena->payload, "root/payload");
	if (chown(root, arena->uid, arena->gid) < 0)
		support_die("cannot give %s away", root);
}

void arena_enter(struct arena *arena, enum arena_build build)
{
	const char *path = getenv("MAPROOT");
	int program = open_program(build == ARENA_ALLOCATE ? ALLOCATE_PROGRAM :
				   path && *path           ? path :
							     MAPROOT_PATH);
	int payload = open_program(PAYLOAD_PATH);
	int host = open_program(build == ARENA_ALLOCATE ? ALLOCATE_HOST : HOST_PATH);

	*arena = (struct arena){ .privileged = geteuid() == 0 };
	if (build == ARENA_PLAIN && !starts_quietly(program)) {
		close(program);
		program = open_program(MARKED_PATH);
		arena->marked = true;
	}
	if (build == ARENA_PLAIN)
		printf("swept: %s\n", arena->marked ? "a build that says where main() begins" :
						      "the program itself");
	/* the payload counts its descriptors: none of whoever started this test may get there */
	for (int fd = 3; fd < 1024; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (arena->privileged)
		hide_temporary_directories();
	support_init();
	arena->uid = support_user()->uid;
	arena->gid = support_user()->gid;
	arena->program = install(program, "maproot");
	arena->payload = install(payload, "payload");
	arena->host = install(host, "host");
	make_root(arena);
	read_namespaces(arena);
	write_maps(arena);
	arena->mounts = support_mounts();
}

static int count_entries(const char *path, const char *except)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	int count = 0;

	while (directory && (entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    (!except || strcmp(entry->d_name, except) != 0)) {
			printf("left behind: %s/%s\n", path, entry->d_name);
			count++;
		}
	if (directory)
		closedir(directory);
	return count;
}

int arena_leftovers(const struct arena *arena)
{
	int count = count_entries(support_user()->home, NULL);
	char *mounts;

	if (!arena->privileged)
		return count;
	count += count_entries("/tmp", strrchr(support_directory(), '/') + 1) +
		 count_entries("/var/tmp", NULL) + count_entries("/dev/shm", NULL);
	mounts = support_mounts();
	if (strcmp(mounts, arena->mounts) != 0) {
		printf("the mount table is not as it was:\n%s", mounts);
		count++;
	}
	free(mounts);
	return count;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0)
		support_die("cannot write %s", path);
}

/* Says to be there, and is, as long as whoever started it. */
static _Noreturn void stay(int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write(ready, "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/* Somebody to join, made by nothing that is swept: the user, with namespaces of his own. */
static _Noreturn void be_container(int ready)
{
	const int types = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID |
			  CLONE_NEWCGROUP;
	const struct support_user *user = support_user();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	support_become_user();
	if (unshare(types) < 0)
		support_die("cannot make a container");
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", support_text("0 %u 1", user->uid));
	write_file("/proc/self/gid_map", support_text("0 %u 1", user->gid));
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		support_die("cannot make a container's mounts its own");
	if (fork() == 0)
		stay(ready);
	for (;;)
		pause();
}

/* Returns the process to join. */
static pid_t start_container(void)
{
	pid_t outer, inner;
	int ready[2];
	char byte;

	if (pipe2(ready, O_CLOEXEC) < 0 || (outer = fork()) < 0)
		support_die("cannot start a container");
	if (outer == 0)
		be_container(ready[1]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1 || support_descendants(outer, &inner, 1) != 1)
		support_die("no container came up");
	close(ready[0]);
	return inner;
}

/* "=user:[4026532000]" for each type that is joined: the payload has to be there. Returns how many. */
static size_t name_joined(const struct arena_mode *mode, pid_t pid, const char **words)
{
	static const char *const types[] = { "user", "mnt", "net", "ipc", "uts", "pid", "cgroup" };
	size_t count = 0;

	for (size_t i = 0; i < (mode->in_place ? 5 : 7); i++) {
		const char *path = support_text("/proc/%d/ns/%s", (int)pid, types[i]);
		char link[64] = "";

		if (readlink(path, link, sizeof(link) - 1) < 0)
			support_die("cannot read %s", path);
		words[count++] = strdup(support_text("=%s", link));
	}
	return count;
}

void arena_prepare(const struct arena *arena, const struct arena_mode *mode, struct inject_run *run)
{
	static const char *argv[32];
	static char *const envp[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C", NULL
	};
	pid_t container = mode->join ? start_container() : 0;
	size_t count = 0;

	argv[count++] = mode->host ? arena->host : arena->program;
	for (size_t i = 0; i < 8 && mode->options[i]; i++)
		argv[count++] = mode->options[i];
	if (mode->join)
		argv[count++] = strdup(support_text("%s%d", mode->join, (int)container));
	if (mode->root) {
		argv[count++] = "--root";
		argv[count++] = arena->root;
	}
	argv[count++] = mode->root ? "/payload" : arena->payload;
	argv[count++] = strdup(support_text("%d", ARENA_STATUS)); /* for good: the ring of texts is not */
	argv[count++] = arena->maps[mode->auto_map][0];
	argv[count++] = arena->maps[mode->auto_map][1];
	argv[count++] = mode->auto_map ? "allow" : "deny";
	argv[count++] = mode->death_signal;
	argv[count++] = mode->pid;
	if (mode->join)
		count += name_joined(mode, container, argv + count);
	for (size_t i = 0; i < (mode->all ? 8 : 2); i++)
		if (arena->namespace[i][0] != '\0')
			argv[count++] = arena->namespace[i];
	argv[count] = NULL;
	*run = (struct inject_run){
		.argv = (char *const *)argv,
		.envp = envp,
		.directory = support_user()->home,
		.drop = arena->privileged,
		.uid = arena->uid,
		.gid = arena->gid,
		.payload = mode->root ? arena->root_payload : arena->payload,
		.marked = mode->host || arena->marked,
	};
}

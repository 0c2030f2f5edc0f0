/*
 * The command of the sweeps. Contract: it says "ok" only where everything that it was promised
 * holds, so a run in which a failure was swallowed shows up as a namespace that is not what was
 * asked for.
 *
 *   payload STATUS UID-MAP GID-MAP SETGROUPS DEATH-SIGNAL PID NAMESPACE...
 *
 * UID-MAP, GID-MAP: "0 1000 1;" a line. PID: 0, or the process number that this must have.
 * NAMESPACE: one of the caller's, as readlink(2) gives it; must differ. With "=" before it: must be that one. Waits for a byte or the end
 * of stdin, then exits with STATUS.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

extern char **environ;

static bool failed;

__attribute__((format(printf, 1, 2))) static void bad(const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	dprintf(1, "bad: %s\n", text);
	failed = true;
}

/* Reads a file, every run of blanks as one blank, lines ended by ';'. */
static void read_file(const char *path, char *buffer, size_t size)
{
	size_t length = 0;
	ssize_t got;
	char part[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && (got = read(fd, part, sizeof(part))) > 0)
		for (ssize_t i = 0; i < got && length < size - 1; i++) {
			char c = part[i] == '\n' ? ';' : part[i] == '\t' ? ' ' :
									   part[i];

			if (c == ' ' &&
			    (length == 0 || buffer[length - 1] == ' ' || buffer[length - 1] == ';'))
				continue;
			buffer[length++] = c;
		}
	buffer[length] = '\0';
	if (fd >= 0)
		close(fd);
	else
		bad("cannot open %s", path);
}

static void check_text(const char *path, const char *want)
{
	char text[1024];
	size_t length;

	read_file(path, text, sizeof(text));
	length = strlen(text);
	if (length > 0 && text[length - 1] == ';' && (!*want || want[strlen(want) - 1] != ';'))
		text[length - 1] = '\0';
	if (strcmp(text, want) != 0)
		bad("%s is '%s', not '%s'", path, text, want);
}

static void check_namespace(const char *outside)
{
	char path[64], link[64];
	bool same = outside[0] == '=';
	ssize_t length;

	outside += same;
	snprintf(path, sizeof(path), "/proc/self/ns/%.*s", (int)strcspn(outside, ":"), outside);
	length = readlink(path, link, sizeof(link) - 1);
	link[length > 0 ? length : 0] = '\0';
	if (length <= 0 || (strcmp(link, outside) == 0) != same)
		bad("namespace is %s, %s is %s", link, same ? "to be joined" : "outside it", outside);
}

static void check_ids(void)
{
	uid_t user[3] = { 1, 1, 1 };
	gid_t group[3] = { 1, 1, 1 };

	(void)getresuid(&user[0], &user[1], &user[2]);
	(void)getresgid(&group[0], &group[1], &group[2]);
	if (user[0] || user[1] || user[2] || group[0] || group[1] || group[2])
		bad("ids are %u %u %u, %u %u %u", user[0], user[1], user[2], group[0], group[1],
		    group[2]);
}

static unsigned long long field(const char *status, const char *name)
{
	const char *at = strstr(status, name);

	if (!at) {
		bad("no %s", name);
		return 0;
	}
	return strtoull(at + strlen(name), NULL, 16);
}

static void check_status(void)
{
	static const char *const full[] = { "CapPrm:", "CapEff:", "CapBnd:" };
	char status[4096], last[32];
	unsigned long long all;

	read_file("/proc/sys/kernel/cap_last_cap", last, sizeof(last));
	all = (2ULL << strtoul(last, NULL, 10)) - 1;
	read_file("/proc/self/status", status, sizeof(status));
	for (size_t i = 0; i < sizeof(full) / sizeof(full[0]); i++)
		if (field(status, full[i]) != all)
			bad("%s %llx", full[i], field(status, full[i]));
	if (field(status, "SigBlk:") || field(status, "SigIgn:"))
		bad("signals blocked %llx, ignored %llx", field(status, "SigBlk:"),
		    field(status, "SigIgn:"));
}

static void check_mounts(void)
{
	char part[4096];
	FILE *file = fopen("/proc/self/mountinfo", "re");

	while (file && fgets(part, sizeof(part), file))
		if (strstr(part, " shared:")) {
			bad("shared mount %.80s", part);
			break;
		}
	if (file)
		fclose(file);
	else
		bad("no mountinfo");
}

static void check_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!directory) {
		bad("no /proc/self/fd");
		return;
	}
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.' && strtol(entry->d_name, NULL, 10) > 2 &&
		    strtol(entry->d_name, NULL, 10) != dirfd(directory))
			bad("descriptor %s is open", entry->d_name);
	closedir(directory);
}

int main(int argc, char **argv)
{
	char byte;
	int death = 0;

	if (argc < 9)
		return 99;
	check_ids();
	check_status();
	check_text("/proc/self/uid_map", argv[2]);
	check_text("/proc/self/gid_map", argv[3]);
	check_text("/proc/self/setgroups", argv[4]);
	for (int i = 7; i < argc; i++)
		check_namespace(argv[i]);
	check_mounts();
	check_descriptors();
	if (prctl(PR_GET_PDEATHSIG, &death) < 0 || death != strtol(argv[5], NULL, 10))
		bad("death signal %d", death);
	if (strtol(argv[6], NULL, 10) && getpid() != strtol(argv[6], NULL, 10))
		bad("process number %d", (int)getpid());
	for (char **entry = environ; *entry; entry++)
		if (strncmp(*entry, "MAPROOT_REEXEC", 14) == 0)
			bad("environment has %s", *entry);
	dprintf(1, failed ? "not as promised\n" : "ok\n");
	(void)!read(0, &byte, 1);
	return (int)strtol(argv[1], NULL, 10);
}

/*
 * The only program of the container that jobs/container runs: says what a process in it sees, passes a
 * line of stdin on, ends with status 7.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void print_status_lines(void)
{
	char line[256];
	FILE *status = fopen("/proc/self/status", "re");

	while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
		if (strncmp(line, "Cap", 3) == 0 || strncmp(line, "NoNewPrivs", 10) == 0)
			printf("same: %s", line);
	}
}

int main(int argc, char **argv)
{
	char host[64] = "", directory[256] = "", line[64] = "";
	struct stat root;

	gethostname(host, sizeof(host) - 1);
	printf("uid %u gid %u pid %d parent %d\n", getuid(), getgid(), getpid(), getppid());
	printf("host %s directory %s\n", host, getcwd(directory, sizeof(directory)));
	for (int i = 0; i < argc; i++)
		printf("argument %d: %s\n", i, argv[i]);
	printf("HOME %s PATH %s\n", getenv("HOME") ? getenv("HOME") : "(none)", getenv("PATH"));
	print_status_lines();
	printf("create: %s\n", open("/new", O_WRONLY | O_CREAT, 0644) < 0 ? strerror(errno) : "done");
	printf("root: %s\n", stat("/", &root) == 0 && root.st_uid == 0 ? "owned by root" : "not owned by root");
	if (fgets(line, sizeof(line), stdin) != NULL)
		printf("stdin: %s", line);
	return 7;
}

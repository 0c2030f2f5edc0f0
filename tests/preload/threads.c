/*
 * A library that has a thread before main: its constructor starts one.
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

__attribute__((visibility("default"))) void probe_threads_link(void);

static char link_of_thread[64];
static int pipe_ends[2];

static pthread_t thread;

static void *stay(void *arg)
{
	char byte;

	(void)arg;
	if (read(pipe_ends[0], &byte, 1) == 1)
		(void)!readlink("/proc/thread-self/ns/net", link_of_thread, sizeof(link_of_thread) - 1);
	return NULL;
}

__attribute__((constructor)) static void start(void)
{
	if (pipe(pipe_ends) < 0 || pthread_create(&thread, NULL, stay, NULL) != 0)
		_exit(3);
}

/* The thread's own word on where it is, and its end. */
void probe_threads_link(void)
{
	(void)!write(pipe_ends[1], "x", 1);
	(void)pthread_join(thread, NULL);
	(void)close(pipe_ends[0]);
	(void)close(pipe_ends[1]);
	printf("thread %s\n", link_of_thread);
}

/*
 * That a child has left our memory. vfork(2) and CLONE_VFORK return a moment before it has: on its way through execve(2) it lets
 * go of the parent first, and of the memory then. In that moment it is still a way into what is ours.
 *
 * It locks a file that it closes on exec. The kernel closes that when the memory is another one; and unlike the end of a pipe, a
 * lock is not handed on to what other threads fork meanwhile. fcntl(2) F_SETLK, memfd_create(2).
 */
#ifndef MR_SYSTEM_LEAVING_H
#define MR_SYSTEM_LEAVING_H

/* The file. Returns the descriptor, close-on-exec, or -errno. */
int mr_leaving_open(void);

/* In the child, before it executes. 0 or -errno. */
int mr_leaving_begin(int fd);

/* Returns 0 when no child that has begun shares our memory any more; or -errno. Any thread. */
int mr_leaving_await(int fd);

#endif

/*
 * Capabilities of the calling process. caps.c is the only user of libcap.
 */
#ifndef MR_SYSTEM_CAPS_H
#define MR_SYSTEM_CAPS_H

#include <maproot/attributes.h>
#include <maproot/capability.h>
#include <stdbool.h>

/*
 * Keeps everything permitted over the next exec of a process whose user is not 0: into the inheritable set,
 * then the ambient one. In the child: no libcap here, it allocates. Linux 4.3, capabilities(7).
 */
int mr_caps_keep_over_exec(struct maproot_error *err);

/*
 * The two halves of having exactly these sets: the first before ids are changed, which takes rights that it needs, the second
 * after. What is asked for and not to be had is an error that names set and number. In the child. See <maproot/attributes.h>
 * for what exec makes of them.
 */
int mr_caps_prepare(const struct maproot_capability_sets *wish, bool root, struct maproot_error *err);
int mr_caps_set(const struct maproot_capability_sets *wish, struct maproot_error *err);

/* The names of those of the default four that are not effective ("CAP_SYS_ADMIN, CAP_SETUID"). */
void mr_caps_name_lacking(char *buffer, size_t size);

/* Whether one capability (CAP_*) is effective in this thread; false where that can't be read. In the child. */
bool mr_caps_has(int cap);

#endif

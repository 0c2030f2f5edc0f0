/*
 * Pins: namespaces kept alive by a file that they are bound to, as ip-netns(8) does. It takes CAP_SYS_ADMIN in the
 * user namespace of the mount namespace: root, or anybody inside of `maproot`. Who has neither keeps namespaces by a
 * process: <maproot/name.h>.
 *
 * WHERE is a path (it contains '/'), or a name: below /run/netns for net, so that ip-netns(8) sees it and the other
 * way round; below /run/maproot/TYPE for others. NULL is a name of 16 random bytes.
 *
 * Source: namespaces(7), mount_namespaces(7), ip-netns(8).
 */
#ifndef MAPROOT_PIN_H
#define MAPROOT_PIN_H

#include <maproot/join.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* A namespace held by a descriptor and, if pinned, by a file. */
struct maproot_pin;

/*
 * Makes a namespace and pins it. The caller stays where it is. net has its loopback up; mnt has the mounts of ours, as
 * slaves; user has the caller's effective ids as its root. Not for pid, which would be dead: without a process it
 * takes no other (-EINVAL). A failure half-way leaves neither file nor mount; what a process leaves that is killed
 * half-way, the next one takes. Step CREATE: as of clone(2). Step PIN: -EEXIST there is a file already; -EPERM no
 * rights; -EINVAL for mnt at a path that is not on a private mount; others as of open(2), mount(2). The directory of a
 * path has to exist, and is not followed if it is a symbolic link.
 */
int maproot_pin_new(enum maproot_namespace type, const char *where, struct maproot_pin **ret_pin,
		    struct maproot_error *err);

/* Pins the calling thread's own. Not its mount namespace, which can't hold itself (-EINVAL). */
int maproot_pin_current(enum maproot_namespace type, const char *where, struct maproot_pin **ret_pin,
			struct maproot_error *err);

/* Opens what is pinned there already; closing it leaves the pin. Errors as of maproot_join_open(). */
int maproot_pin_open(enum maproot_namespace type, const char *where, struct maproot_pin **ret_pin,
		     struct maproot_error *err);

const char *maproot_pin_path(const struct maproot_pin *pin);

/* Stays the pin's. */
int maproot_pin_fd(const struct maproot_pin *pin);

/* For maproot_enter(), maproot_run_in(); stays the pin's. */
const struct maproot_join *maproot_pin_join(const struct maproot_pin *pin);

int maproot_pin_run_in(const struct maproot_pin *pin, maproot_inside *function, void *arg, int *ret_result,
		       struct maproot_error *err);

/*
 * Removes mount and file of a pin that was made here, and frees it; sets `*pin` to NULL. NULL is good: closing twice
 * is. A file that somebody unmounted or removed meanwhile counts as closed; one that is another file now is left
 * alone. Whoever has it open does not keep it: he has the namespace until he closes it. Where it can't be done (step
 * UNPIN) the pin stays as it was, and can be closed again: -EBUSY something else is mounted over the file; -EINVAL
 * this is another mount namespace; -EPERM, -EROFS ...
 */
int maproot_pin_close(struct maproot_pin **pin, struct maproot_error *err);

/*
 * Removes the pin of whoever made it, or the file that one of ours left half-way. -ENOENT: there is nothing; -EINVAL
 * (step NOT_NAMESPACE, WRONG_TYPE): what is there is something else, and stays. A file that was not empty is bared and
 * stays, too.
 */
int maproot_unpin(enum maproot_namespace type, const char *where, struct maproot_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

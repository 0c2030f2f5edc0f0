/*
 * Pins: what their files share. pin_place.c finds the directory and the name, pin_file.c binds a namespace there,
 * pin_remove.c takes it off again, pin_make.c makes a namespace in which nobody is, pin.c is what callers see.
 */
#ifndef MR_JOIN_PIN_H
#define MR_JOIN_PIN_H

#include "system/nsfs.h"

#include <maproot/pin.h>
#include <sys/stat.h>

/* Where a pin is. */
struct mr_pin_place {
	char *path;
	const char *name; /* the end of it: what is looked up in `directory` */
	int directory;
	int file; /* over which the namespace is bound, held so that another is told from it; -1: not known */
};

#define MR_PIN_NOWHERE             \
	(struct mr_pin_place)      \
	{                          \
		NULL, NULL, -1, -1 \
	}

/*
 * From WHERE to a path; nothing is looked at. `random`: NULL is a name of random bytes. 0 or -errno, step REQUEST for
 * what is no name.
 */
int mr_pin_place_name(enum maproot_namespace type, const char *where, bool random, struct mr_pin_place *ret_place,
		      struct maproot_error *err);

/*
 * Opens the directory. For a pin that is to be made (step PIN, else UNPIN) directories of ours are made, and given the
 * propagation that their pins need.
 */
int mr_pin_place_open(enum maproot_namespace type, const char *where, enum maproot_step step,
		      struct mr_pin_place *place, struct maproot_error *err);

void mr_pin_place_done(struct mr_pin_place *place);

/* openat(2) below a directory that is held: close-on-exec, above 2, never a symbolic link. The descriptor or -errno. */
int mr_pin_open_at(int directory, const char *name, int flags, mode_t mode);

/* mount(2) and umount2(2) take paths only: this one is of a descriptor, and nobody can put anything else there. */
enum { MR_FD_PATH_SIZE = 40 };
void mr_pin_fd_path(int fd, char path[MR_FD_PATH_SIZE]);

/* Takes the lock of a file or directory. 0, -EWOULDBLOCK when others have had it for `patience_ms`, or -errno. */
int mr_pin_lock(int fd, int patience_ms);

/* Makes place->file, which is locked then. -EEXIST: there is something already, or somebody is about to. */
int mr_pin_file_make(struct mr_pin_place *place, struct maproot_error *err);

/* Binds a namespace to it, makes sure of it, and gives the lock back. The file stays whatever happens. */
int mr_pin_file_bind(const struct mr_pin_place *place, enum maproot_namespace type, int fd,
		     struct maproot_error *err);

/*
 * For pin_remove.c: the mount alone; whether a file was made for a pin; whether the name leads to it, and it is free.
 */
int mr_pin_bind(int fd, int file);
bool mr_pin_is_marked(const struct stat *file);
bool mr_pin_is_in_place(const struct mr_pin_place *place, int file);

/*
 * Removes mount and file of the namespace `fd` (-1: only the file), as far as they are there and ours. All or nothing,
 * step UNPIN.
 */
int mr_pin_remove(const struct mr_pin_place *place, int fd, struct maproot_error *err);

/* The same for a pin that anybody made. One that is no pin of this type is not touched. */
int mr_pin_remove_any(const struct mr_pin_place *place, enum maproot_namespace type, struct maproot_error *err);

/* Step PIN or UNPIN of this place. */
int mr_pin_fail(enum maproot_step step, const struct mr_pin_place *place, int code, struct maproot_error *err);

/* Makes a namespace, and opens it. Returns the descriptor or -errno. */
int mr_pin_make_namespace(enum maproot_namespace type, struct maproot_error *err);

/* Makes sure that an open namespace is of a type, and says which one it is. 0 or -errno, NOT_NAMESPACE, WRONG_TYPE. */
int mr_pin_judge(int fd, const char *path, enum maproot_namespace type, struct mr_nsfs_id *ret_id,
		 struct maproot_error *err);

#endif

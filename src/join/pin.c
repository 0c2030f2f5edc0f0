/*
 * Pins as callers have them: a namespace held open, and the file that keeps it when nobody holds it.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "join/join.h"
#include "join/pin.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

struct maproot_pin {
	struct maproot_join join; /* of one type */
	enum maproot_namespace type;
	struct mr_pin_place place; /* `file` < 0: it was made by somebody else */
};

/* Where a namespace to be pinned comes from: the descriptor or -errno. */
typedef int source_of_namespace(enum maproot_namespace type, struct maproot_error *err);

/* A child of ours would be the first there, and what it is would end with it. */
static bool child_would_be_init(void)
{
	char path[MR_NSFS_PATH_SIZE];
	struct stat status;

	mr_nsfs_own_path(MAPROOT_NAMESPACE_PID, path);
	return lstat(path, &status) == 0 && stat(path, &status) < 0 && errno == ENOENT;
}

static int make_new(enum maproot_namespace type, struct maproot_error *err)
{
	if (child_would_be_init())
		return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST,
			       "making a namespace takes a child, which would be the init of a pid namespace");
	return mr_pin_make_namespace(type, err);
}

static int open_current(enum maproot_namespace type, struct maproot_error *err)
{
	char path[MR_NSFS_PATH_SIZE];

	mr_nsfs_own_path(type, path);
	return mr_nsfs_open(path, err);
}

/* Takes `fd`, and what is in `place`. */
static void fill(struct maproot_pin *pin, enum maproot_namespace type, int fd, const struct mr_pin_place *place)
{
	const unsigned int types = MAPROOT_NAMESPACE_BIT(type);

	*pin = (struct maproot_pin){ .join = { .types = types, .process = MR_PROCESS_NONE, .proc = -1 },
				     .type = type,
				     .place = *place };
	pin->join.target[type] = (struct mr_target){
		.reference = { .types = types, .kind = MR_REFERENCE_PATH, .text = place->path, .fd = -1 },
		.fd = fd,
	};
	(void)mr_nsfs_id_of(fd, &pin->join.target[type].id); /* it is one, and open */
}

/* Returns the namespace, bound; or -errno with nothing left. */
static int bind_namespace(enum maproot_namespace type, const char *where, source_of_namespace *source,
			  struct mr_pin_place *place, struct maproot_error *err)
{
	mr_auto_fd int fd = -1;
	int code = mr_pin_place_open(type, where, MAPROOT_STEP_PIN, place, err);

	if (code == 0)
		code = mr_pin_file_make(place, err);
	if (code < 0)
		return code;
	fd = source(type, err);
	code = fd < 0 ? fd : mr_pin_file_bind(place, type, fd, err);
	if (code == 0)
		return mr_take_fd(&fd);
	(void)mr_pin_remove(place, fd, NULL); /* the error to tell is the first one */
	return code;
}

/* What is bound there by somebody else. */
static int open_bound(enum maproot_namespace type, const struct mr_pin_place *place, struct maproot_error *err)
{
	mr_auto_fd int fd = mr_nsfs_open(place->path, err);
	struct mr_nsfs_id id;
	int code = fd < 0 ? fd : mr_pin_judge(fd, place->path, type, &id, err);

	return code < 0 ? code : mr_take_fd(&fd);
}

/* `source` NULL: what is there already. */
static int get_pin(enum maproot_namespace type, const char *where, source_of_namespace *source,
		   struct maproot_pin **ret_pin, struct maproot_error *err)
{
	struct maproot_pin *pin = malloc(sizeof(*pin));
	struct mr_pin_place place = MR_PIN_NOWHERE;
	int cancel_state;
	int fd;

	if (!pin)
		return mr_fail(err, ENOMEM, MAPROOT_STEP_PREPARE, "a pin");
	/* A cancellation that met the child would unwind this thread's stack in the wrong process. */
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	fd = mr_pin_place_name(type, where, source != NULL, &place, err);
	if (fd == 0)
		fd = source ? bind_namespace(type, where, source, &place, err) :
			      open_bound(type, &place, err);
	(void)pthread_setcancelstate(cancel_state, NULL);
	if (fd < 0) {
		mr_pin_place_done(&place);
		free(pin);
		return fd;
	}
	fill(pin, type, fd, &place);
	*ret_pin = pin;
	return 0;
}

int maproot_pin_new(enum maproot_namespace type, const char *where, struct maproot_pin **ret_pin,
		    struct maproot_error *err)
{
	mr_error_reset(err);
	if (type == MAPROOT_NAMESPACE_PID)
		return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST,
			       "a new pid namespace can't be pinned: without a process it takes no other");
	return get_pin(type, where, make_new, ret_pin, err);
}

int maproot_pin_current(enum maproot_namespace type, const char *where, struct maproot_pin **ret_pin,
			struct maproot_error *err)
{
	mr_error_reset(err);
	if (type == MAPROOT_NAMESPACE_MNT)
		return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST,
			       "the current mount namespace can't be pinned: it would hold itself");
	return get_pin(type, where, open_current, ret_pin, err);
}

int maproot_pin_open(enum maproot_namespace type, const char *where, struct maproot_pin **ret_pin,
		     struct maproot_error *err)
{
	mr_error_reset(err);
	return get_pin(type, where, NULL, ret_pin, err);
}

const char *maproot_pin_path(const struct maproot_pin *pin)
{
	return pin->place.path;
}

int maproot_pin_fd(const struct maproot_pin *pin)
{
	return pin->join.target[pin->type].fd;
}

const struct maproot_join *maproot_pin_join(const struct maproot_pin *pin)
{
	return &pin->join;
}

int maproot_pin_run_in(const struct maproot_pin *pin, maproot_inside *function, void *arg, int *ret_result,
		       struct maproot_error *err)
{
	return maproot_run_in(&pin->join, function, arg, ret_result, err);
}

int maproot_pin_close(struct maproot_pin **pin, struct maproot_error *err)
{
	struct maproot_pin *closed = *pin;
	int cancel_state;
	int code = 0;

	mr_error_reset(err);
	if (!closed)
		return 0;
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	if (closed->place.file >= 0)
		code = mr_pin_remove(&closed->place, maproot_pin_fd(closed), err);
	(void)pthread_setcancelstate(cancel_state, NULL);
	if (code < 0)
		return code;
	mr_join_done(&closed->join);
	mr_pin_place_done(&closed->place);
	free(closed);
	*pin = NULL;
	return 0;
}

int maproot_unpin(enum maproot_namespace type, const char *where, struct maproot_error *err)
{
	struct mr_pin_place place = MR_PIN_NOWHERE;
	int cancel_state;
	int code;

	mr_error_reset(err);
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	code = mr_pin_place_name(type, where, false, &place, err);
	if (code == 0)
		code = mr_pin_place_open(type, where, MAPROOT_STEP_UNPIN, &place, err);
	if (code == 0)
		code = mr_pin_remove_any(&place, type, err);
	mr_pin_place_done(&place);
	(void)pthread_setcancelstate(cancel_state, NULL);
	return code;
}

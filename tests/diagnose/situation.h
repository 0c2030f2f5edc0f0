/*
 * Situations in which something fails for one known cause: how to get there, how it fails there, what is to be named.
 */
#ifndef MAPROOT_TEST_SITUATION_H
#define MAPROOT_TEST_SITUATION_H

#include <maproot/explain.h>
#include <stdbool.h>
#include <stddef.h>

struct situation {
	const char *id;  /* the cause that is to be named */
	const char *how; /* produced how */
	void (*prepare)(
		void); /* as root, in a process of its own; goes to the place for good. NULL: becomes the user */
	struct maproot_error error;
	const struct maproot_request *request; /* NULL: none is known */
	/*
	 * Makes it really fail, which has to give `error` (its object is compared where that is not ""); NULL: made
	 * up.
	 */
	int (*fails)(const struct maproot_request *request, struct maproot_error *err);
	const char *command;  /* for fail_to_start(); NULL: /bin/true */
	const char *files[8]; /* path, text, path, text ... of a directory that stands in for the machine */
	const char *also;     /* what holds there besides, separated by spaces */
	bool no_sanitizer;    /* where AddressSanitizer can't live */
	bool by_error;        /* the error alone establishes it, wherever */
	bool possible;        /* not established: what is left */
};

struct situations {
	const struct situation *row;
	size_t count;
};

extern const struct situations situations_of_creation;
extern const struct situations situations_of_filters;
extern const struct situations situations_of_kernels;
extern const struct situations situations_of_maps;
extern const struct situations situations_of_helpers;
extern const struct situations situations_of_outfit;
extern const struct situations situations_of_mounts;
extern const struct situations situations_of_files;
extern const struct situations situations_of_joins;

/* maproot_spawn() of the situation's command. */
int fail_to_start(const struct maproot_request *request, struct maproot_error *err);

/* What fail_to_start() starts. */
extern const char *situation_command;

#define CREATE(number, what)                                                  \
	{                                                                     \
		.code = (number), .step = MAPROOT_STEP_CREATE, .object = what \
	}

void put_text(const char *path, const char *text);

/* Places. All as root. */
void become_user(void);

/* A user namespace that maps all ids to themselves: its limits may be set. Still its root. */
void identity_namespace(void);
void set_limit(const char *type, const char *value);

/*
 * From now on, what clone(2) and unshare(2) are asked for new namespaces is answered so; `number` 0: whoever asks is
 * killed.
 */
void filter_creation(int number, bool clone_too, bool unshare_too);

/* A directory of files, "PATH", "TEXT", ..., ended by NULL. */
const char *make_files(const char *const *files);

/* A control group below a hierarchy, removed by end_groups() of the process that made the calling one. */
const char *make_group(const char *hierarchy);
void end_groups(void);

#endif

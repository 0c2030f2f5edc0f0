/*
 * For the tests of joining: references opened that can be opened.
 */
#ifndef MAPROOT_TEST_JOINS_H
#define MAPROOT_TEST_JOINS_H

#include "join/join.h"

#include "place.h"
#include "unit.h"

static inline void joins_check(int code, const struct maproot_error *err)
{
	char said[512];

	(void)maproot_error_format(err, said, sizeof(said));
	ck_assert_msg(code == 0 && err->code == 0, "%d: %s: %s", code, maproot_step_name(err->step), said);
}

/* References up to NULL, as a caller of the library opens them. */
#define joins_open(order, ...) joins_open_all(order, (const char *const[]){ __VA_ARGS__, NULL })

static inline struct maproot_join *joins_open_all(const char *order, const char *const *references)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_join *join = NULL;
	size_t count = 0;

	while (references[count])
		count++;
	joins_check(maproot_join_open(references, count, order, &join, &err), &err);
	return join;
}

/* The same as the wrapper does, which holds a process to the end. Closed with mr_join_done(). */
#define joins_hold(order, ...) joins_hold_all(order, (const char *const[]){ __VA_ARGS__, NULL })

static inline struct maproot_join joins_hold_all(const char *order, const char *const *references)
{
	struct mr_join_wish wish = { .references = references, .order = order };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_join join;

	while (references[wish.count])
		wish.count++;
	joins_check(mr_join_open(&wish, &join, &err), &err);
	return join;
}

static inline const char *joins_pid(pid_t pid)
{
	return support_text("%d", (int)pid);
}

static inline const char *joins_typed(const char *types, pid_t pid)
{
	return support_text("%s=%d", types, (int)pid);
}

#endif

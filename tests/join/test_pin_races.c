/*
 * Contract of <maproot/pin.h> about others who are at the same path at the same time: between any two system calls of
 * making, closing or unpinning a pin they remove it, replace it, mount over it, take the name or keep its lock. Whoever
 * is told 0 has what he was told, what is somebody else's stays, and in the end nothing is left that nobody has.
 */
#include "pins.h"
#include "watched.h"

#include <sys/file.h>

static const char path[] = "/run/own/a";

/* What the watched process and its neighbour tell. */
enum {
	INODE, /* of the pin made there */
	ACTED, /* the neighbour found something to do, */
	THEIRS /* and this is the inode of what is his now */
};

static struct maproot_pin *their_pin;
static int their_lock = -1;

static int make(struct watched *watched)
{
	int code = maproot_pin_new(MAPROOT_NAMESPACE_UTS, path, (struct maproot_pin **)&watched->object,
				   &watched->err);

	watched->done = true;
	watched->seen[INODE] = code == 0 ? inode_of_fd(maproot_pin_fd(watched->object)) : 0;
	return code;
}

static void prepare_pin(struct watched *watched)
{
	if (make(watched) < 0)
		_exit(99);
	watched->done = false;
}

static int close_it(struct watched *watched)
{
	return maproot_pin_close((struct maproot_pin **)&watched->object, &watched->err);
}

static int unpin_it(struct watched *watched)
{
	return maproot_unpin(MAPROOT_NAMESPACE_UTS, path, &watched->err);
}

/* What the neighbour does; namespaces of his are of other types. */

static void unmount_it(struct watched *watched)
{
	watched->seen[ACTED] = umount2(path, MNT_DETACH) == 0;
}

static void remove_it(struct watched *watched)
{
	(void)umount2(path, MNT_DETACH);
	watched->seen[ACTED] = unlink(path) == 0;
}

static void replace_it(struct watched *watched)
{
	remove_it(watched);
	(void)unit_file(path, "text");
	watched->seen[THEIRS] = inode_of(path);
}

static void unpin_first(struct watched *watched)
{
	watched->seen[ACTED] = maproot_unpin(MAPROOT_NAMESPACE_UTS, path, NULL) == 0;
}

static void cover_it(struct watched *watched)
{
	watched->seen[ACTED] = mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL) == 0;
	if (watched->seen[ACTED])
		watched->seen[THEIRS] = inode_of("/proc/self/ns/net");
}

static void take_it(struct watched *watched)
{
	watched->seen[ACTED] = maproot_pin_new(MAPROOT_NAMESPACE_IPC, path, &their_pin, NULL) == 0;
	if (watched->seen[ACTED])
		watched->seen[THEIRS] = inode_of_fd(maproot_pin_fd(their_pin));
}

static void remove_and_take_it(struct watched *watched)
{
	remove_it(watched);
	take_it(watched);
}

/* As somebody who has just found the file, and is about to bind over it. */
static void lock_it(struct watched *watched)
{
	struct stat found;

	if (lstat(path, &found) < 0 || found.st_mode & 0777)
		return;
	their_lock = open(path, O_RDONLY | O_CLOEXEC);
	watched->seen[ACTED] = flock(their_lock, LOCK_EX | LOCK_NB) == 0;
	if (watched->seen[ACTED])
		watched->seen[THEIRS] = found.st_ino;
}

static const struct neighbour {
	void (*act)(struct watched *watched);
	int made[3];     /* how making may fail; it does in the first way at least once */
	int closed;      /* how closing may fail */
	int unpinned[2]; /* how unpinning may, besides */
	int late;        /* at so many calls he comes too late to be seen, and what is his goes too */
} neighbours[] = {
	{ unmount_it, { EBUSY }, 0, { 0 }, 0 },
	{ remove_it, { ENOENT }, 0, { ENOENT }, 0 },
	{ replace_it, { EEXIST, ENOENT, EBUSY }, 0, { EINVAL }, 1 },
	{ unpin_first, { EBUSY }, 0, { ENOENT }, 0 },
	{ cover_it, { EBUSY, EEXIST }, EBUSY, { EINVAL, EBUSY }, 2 },
	{ take_it, { EEXIST }, 0, { 0 }, 0 },
	{ remove_and_take_it, { EEXIST, ENOENT, EBUSY }, 0, { EINVAL, EBUSY }, 0 },
	{ lock_it, { EEXIST }, 0, { EBUSY }, 0 },
};

enum { NEIGHBOURS = UNIT_COUNT(neighbours) };

static struct watched *begin_watched(int (*act)(struct watched *watched), const struct neighbour *neighbour)
{
	struct watched *watched;

	begin(AS_ROOT);
	watched = watched_new();
	watched->act = act;
	watched->prepare = act == make ? NULL : prepare_pin;
	watched->interfere = neighbour->act;
	return watched;
}

/* Theirs is still what they left; then it goes. Returns whether it was not. */
static bool is_theirs_lost(struct watched *watched)
{
	bool lost;

	if (their_lock >= 0)
		(void)close(their_lock);
	their_lock = -1;
	lost = watched->seen[THEIRS] && inode_of(path) != watched->seen[THEIRS];
	if (their_pin)
		close_pin(&their_pin);
	else if (watched->seen[THEIRS]) {
		(void)umount2(path, MNT_DETACH);
		(void)unlink(path);
	}
	watched->seen[ACTED] = watched->seen[THEIRS] = 0;
	return lost;
}

/* In the end, whoever was at it has nothing of it left. */
static void check_nothing(unsigned int call)
{
	ck_assert_msg(mounts_with(" - nsfs ") == 0, "call %u: a mount is left", call);
	ck_assert_msg(!exists(path), "call %u: a file is left", call);
}

/* One who was told 0 while the neighbour has the same name was told wrong. */
static void look_after_making(struct watched *watched)
{
	bool leads_there = inode_of(path) == watched->seen[INODE];

	if (watched->code == 0)
		ck_assert(leads_there || watched->seen[ACTED]);
	if (watched->code == 0 && their_pin && watched->interfere == take_it)
		ck_abort_msg("both have it");
}

static int close_if_made(struct watched *watched)
{
	return watched->code == 0 ? close_it(watched) : 0;
}

START_TEST(while_it_is_made)
{
	const struct neighbour *neighbour = &neighbours[_i];
	struct watched *watched = begin_watched(make, neighbour);
	unsigned int failed = 0;
	unsigned int call = 0;

	watched->look = look_after_making;
	watched->again = close_if_made;
	while (watched_run(watched, ++call, WATCHED_INTERFERE, 0)) {
		int code = -watched->code;

		ck_assert_msg(code == 0 || code == neighbour->made[0] || code == neighbour->made[1] ||
				      code == neighbour->made[2],
			      "call %u (%d): %d", call, watched->call, code);
		failed += code == neighbour->made[0];
		/* Covered by them it stays, until they go. */
		if (watched->second != 0) {
			ck_assert_int_eq(watched->second, -EBUSY);
			ck_assert_ptr_eq(watched->interfere, cover_it);
			ck_assert_int_eq(umount2(path, MNT_DETACH), 0);
			watched->seen[THEIRS] = 0;
			(void)maproot_unpin(MAPROOT_NAMESPACE_UTS, path, NULL);
		}
		ck_assert_msg(!is_theirs_lost(watched), "call %u: theirs is gone", call);
		(void)maproot_unpin(MAPROOT_NAMESPACE_UTS, path, NULL);
		check_nothing(call);
	}
	ck_assert_uint_gt(failed, 0);
	ck_assert_uint_gt(call, 10);
	watched_done(watched);
}
END_TEST

static int (*const removals[])(struct watched *watched) = { close_it, unpin_it };

static bool is_unpinned_so(const struct neighbour *neighbour, int (*remove)(struct watched *watched), int code)
{
	return remove == unpin_it && (code == neighbour->unpinned[0] || code == neighbour->unpinned[1]);
}

START_TEST(while_it_is_removed)
{
	const struct neighbour *neighbour = &neighbours[_i % NEIGHBOURS];
	int (*remove)(struct watched * watched) = removals[_i / NEIGHBOURS];
	struct watched *watched = begin_watched(remove, neighbour);
	unsigned int call = 0;
	int lost = 0;

	while (watched_run(watched, ++call, WATCHED_INTERFERE, 0)) {
		int code = -watched->code;

		/* For who closes, gone is gone. */
		ck_assert_msg(code == 0 || code == neighbour->closed || is_unpinned_so(neighbour, remove, code),
			      "call %u (%d): %d", call, watched->call, code);
		lost += is_theirs_lost(watched);
		if (code != 0)
			(void)maproot_unpin(MAPROOT_NAMESPACE_UTS, path, NULL);
		check_nothing(call);
	}
	ck_assert_int_le(lost, neighbour->late);
	ck_assert_uint_gt(call, 8);
	watched_done(watched);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("join/pin_races", &tc);

	tcase_add_loop_test(tc, while_it_is_made, 0, NEIGHBOURS);
	tcase_add_loop_test(tc, while_it_is_removed, 0, NEIGHBOURS * UNIT_COUNT(removals));
	return suite;
}

int main(void)
{
	if (!watched_can())
		support_skip("this kernel hands no system calls to others (SECCOMP_RET_USER_NOTIF)");
	return unit_main(build);
}

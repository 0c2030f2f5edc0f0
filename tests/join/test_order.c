/*
 * Contract of src/join/order.c: what the user namespace that is entered gives rights for, by owning it or what owns it,
 * comes after it; all else before, while the rights of now last; mnt last of its kind. An order that was given is kept.
 */
#include "join/join.h"

#include "place.h"
#include "unit.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PLACES = 2 };

/* The places are "%0" and "%1"; the user namespace around that of the first "%2", a descriptor. */
static const struct {
	bool as_user;
	struct {
		unsigned int first;
		unsigned int then;
	} places[PLACES];
	const char *references[3];
	const char *order;
	const char *sequence;
} rows[] = {
	/* As root: the outer ones with the rights of now, then user, then its own. */
	{ .places = { { PLACE_BIT(NET) | PLACE_BIT(UTS), PLACE_BIT(USER) | PLACE_BIT(IPC) | PLACE_BIT(MNT) } },
	  .references = { "%0" },
	  .sequence = "net uts user ipc mnt" },
	{ .places = { { PLACE_BIT(NET) | PLACE_BIT(MNT) | PLACE_BIT(TIME), PLACE_BIT(USER) } },
	  .references = { "%0" },
	  .sequence = "net time mnt user" },
	/* All of a container that a user made. */
	{ .as_user = true,
	  .places = { { PLACE_BIT(USER) | PLACE_BY_THREAD | PLACE_BIT(PID), 0 } },
	  .references = { "%0" },
	  .sequence = "user cgroup ipc net pid uts mnt" },
	{ .places = { { PLACE_BIT(USER) | PLACE_BY_THREAD | PLACE_BIT(PID), 0 } },
	  .references = { "%0" },
	  .sequence = "user cgroup ipc net pid uts mnt" },
	{ .as_user = true,
	  .places = { { PLACE_BIT(USER) | PLACE_BIT(NET), 0 } },
	  .references = { "net=%0", "user=%0" },
	  .sequence = "user net" },
	/* Without it there is nothing that anything depends on. */
	{ .places = { { PLACE_BIT(USER) | PLACE_BY_THREAD, 0 } },
	  .references = { "mnt,net,uts,ipc,cgroup=%0" },
	  .sequence = "cgroup ipc net uts mnt" },
	{ .places = { { PLACE_BIT(USER) | PLACE_BY_THREAD, 0 } }, .references = { "user=%0" }, .sequence = "user" },
	/* Of the inner of two, and of the outer. */
	{ .places = { { PLACE_BIT(USER), PLACE_BIT(USER) | PLACE_BIT(NET) } },
	  .references = { "%0" },
	  .sequence = "user net" },
	{ .places = { { PLACE_BIT(USER) | PLACE_BIT(NET), PLACE_BIT(USER) } },
	  .references = { "%0" },
	  .sequence = "net user" },
	/* Entering the outer one gives the rights for what the inner one owns. */
	{ .places = { { PLACE_BIT(USER), PLACE_BIT(USER) | PLACE_BIT(NET) } },
	  .references = { "net=%0", "user=fd:%2" },
	  .sequence = "user net" },
	/* Of several processes. */
	{ .places = { { PLACE_BIT(NET), 0 }, { PLACE_BIT(USER) | PLACE_BIT(UTS), 0 } },
	  .references = { "net=%0", "user,uts=%1" },
	  .sequence = "net user uts" },
	{ .places = { { PLACE_BIT(USER) | PLACE_BIT(NET), 0 }, { PLACE_BIT(USER) | PLACE_BIT(UTS), 0 } },
	  .references = { "/proc/%0/ns/net", "%1" },
	  .sequence = "net user uts" },
	/* As told, and no other. */
	{ .places = { { PLACE_BIT(USER) | PLACE_BY_THREAD, 0 } },
	  .references = { "%0" },
	  .order = "!uts,!mnt,!user,!net",
	  .sequence = "uts mnt user net" },
	{ .places = { { PLACE_BIT(USER) | PLACE_BY_THREAD, 0 } },
	  .references = { "net,user=%0", "uts=/nowhere" },
	  .order = "uts,!net,!pid,user",
	  .sequence = "uts net user" },
};

static const char *fill(const char *text, const int *numbers)
{
	const char *at = strchr(text, '%');

	return at ? support_text("%.*s%d%s", (int)(at - text), text, numbers[at[1] - '0'], at + 2) : text;
}

static int open_outer(pid_t pid)
{
	int user = open(support_text("/proc/%d/ns/user", (int)pid), O_RDONLY | O_CLOEXEC);
	int outer = ioctl(user, NS_GET_PARENT);

	close(user);
	return outer;
}

START_TEST(the_owners_decide)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *references[3];
	struct mr_join_wish wish = { .references = references, .order = rows[_i].order, .lasting = true };
	struct maproot_join join;
	struct mr_sequence sequence;
	const char *names = "";
	int numbers[PLACES + 1] = { 0 };
	size_t before;

	if (rows[_i].as_user)
		unit_become_user();
	for (size_t at = 0; at < PLACES; at++) {
		if (rows[_i].places[at].first)
			numbers[at] = place_make(rows[_i].places[at].first, rows[_i].places[at].then);
	}
	numbers[PLACES] = open_outer(numbers[0]);
	for (; wish.count < 3 && rows[_i].references[wish.count]; wish.count++) {
		references[wish.count] = fill(rows[_i].references[wish.count], numbers);
	}
	ck_assert_msg(mr_join_open(&wish, &join, &err) == 0, "%s: %s", maproot_step_name(err.step), err.object);
	before = place_descriptors();
	mr_join_sequence(&join, join.types, &sequence);
	ck_assert_uint_eq(place_descriptors(), before);
	for (size_t at = 0; at < sequence.count; at++)
		names = support_text("%s%s%s", names, at ? " " : "", maproot_namespace_name(sequence.type[at]));
	ck_assert_str_eq(names, rows[_i].sequence);
	/* Of fewer the same order. */
	mr_join_sequence(&join, join.types & ~MAPROOT_NAMESPACE_BIT(sequence.type[0]), &sequence);
	ck_assert_uint_eq(sequence.count + 1, (size_t)__builtin_popcount(join.types));
	mr_join_sequence(&join, 0, &sequence);
	ck_assert_uint_eq(sequence.count, 0);
	mr_join_done(&join);
	close(numbers[PLACES]);
	for (size_t at = 0; at < PLACES; at++) {
		if (numbers[at])
			unit_end(numbers[at]);
	}
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("join/order", &tc);

	tcase_add_loop_test(tc, the_owners_decide, 0, UNIT_COUNT(rows));
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

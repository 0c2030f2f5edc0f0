/*
 * Contract of maproot_pin_close() and maproot_unpin() after others had their hands on mount or file: what is gone
 * counts as closed, what is somebody else's stays, what can't be removed now stays whole and can be closed again, and
 * who has it open keeps no one from it.
 */
#include "pins.h"

/* A file with a content is nobody's to lose. */
START_TEST(what_a_namespace_covers_is_kept)
{
	char *text;

	begin(AS_ROOT);
	(void)unit_file("/run/own/a", "text");
	ck_assert_int_eq(mount("/proc/self/ns/uts", "/run/own/a", NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_UTS, "/run/own/a", NULL), 0);
	ck_assert_uint_eq(mounts_with("/run/own/a"), 0);
	text = support_read("/run/own/a", NULL);
	ck_assert_str_eq(text, "text");
	free(text);
}
END_TEST

/* Twice bound, the one as the other: both go. Another one below stays, and keeps its file. */
START_TEST(layers)
{
	struct maproot_pin *pin;

	begin(AS_ROOT);
	pin = make_pin(MAPROOT_NAMESPACE_UTS, "/run/own/a");
	ck_assert_int_eq(mount("/run/own/a", "/run/own/a", NULL, MS_BIND, NULL), 0);
	ck_assert_uint_eq(mounts_with(" /run/own/a "), 2);
	if (_i == 0)
		ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_UTS, "/run/own/a", NULL), 0);
	close_pin(&pin);
	check_gone("/run/own/a");
	pin = make_pin(MAPROOT_NAMESPACE_UTS, "/run/own/a");
	ck_assert_int_eq(mount("/proc/self/ns/uts", "/run/own/a", NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_UTS, "/run/own/a", NULL), 0);
	check_pinned(pin, "/run/own/a");
	close_pin(&pin);
	check_gone("/run/own/a");
}
END_TEST

/* What others do to a pin that is open here, and what closing it then says and leaves. */
static void unmount_it(const char *path)
{
	ck_assert_int_eq(umount2(path, MNT_DETACH), 0);
}

static void remove_it(const char *path)
{
	unmount_it(path);
	ck_assert_int_eq(unlink(path), 0);
}

static void unpin_it(const char *path)
{
	ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_UTS, path, NULL), 0);
}

static void remove_directory(const char *path)
{
	remove_it(path);
	ck_assert_int_eq(rmdir("/run/own"), 0);
}

static int unlink_elsewhere(void *path)
{
	unit_private_mounts();
	return umount2(path, MNT_DETACH) == 0 && unlink(path) == 0 ? 0 : 1;
}

/* In a mount namespace where it is free; it takes the mounts of all others with it. */
static void remove_file_from_elsewhere(const char *path)
{
	ck_assert_int_eq(unit_in_child(unlink_elsewhere, (void *)path), 0);
	ck_assert_uint_eq(mounts_with(support_text(" %s ", path)), 0);
}

static void unmount_directory(const char *path)
{
	(void)path;
	ck_assert_int_eq(umount2("/run/own", MNT_DETACH), 0);
}

static const struct {
	void (*act)(const char *path);
} endings[] = {
	{ unmount_it },
	{ remove_it },
	{ unpin_it },
	{ remove_directory },
	{ remove_file_from_elsewhere },
	{ unmount_directory },
};

START_TEST(ended_by_others)
{
	struct maproot_pin *pin;

	begin(AS_ROOT);
	ck_assert_int_eq(mount("/run/own", "/run/own", NULL, MS_BIND, NULL), 0);
	if (endings[_i].act == remove_directory)
		ck_assert_int_eq(umount2("/run/own", 0), 0);
	pin = make_pin(MAPROOT_NAMESPACE_UTS, "/run/own/a");
	endings[_i].act("/run/own/a");
	close_pin(&pin);
	check_gone("/run/own/a");
	ck_assert_int_eq(maproot_pin_close(&pin, NULL), 0);
}
END_TEST

static void replace_by_file(const char *path)
{
	remove_it(path);
	(void)unit_file(path, "");
}

static void replace_by_directory(const char *path)
{
	remove_it(path);
	ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void replace_by_link(const char *path)
{
	remove_it(path);
	ck_assert_int_eq(symlink("/run/own/target", path), 0);
}

static void replace_by_pin(const char *path)
{
	struct maproot_pin *pin;

	remove_it(path);
	/* Stays: that is what pins do. */
	pin = make_pin(MAPROOT_NAMESPACE_UTS, path);
	(void)pin;
}

static void move_away(const char *path)
{
	unmount_it(path);
	ck_assert_int_eq(rename(path, support_text("%s-away", path)), 0);
	(void)unit_file(path, "");
}

static const struct {
	void (*act)(const char *path);
} replacements[] = {
	{ replace_by_file },
	{ replace_by_directory },
	{ replace_by_link },
	{ replace_by_pin },
	{ move_away },
};

/* On tmpfs, and on what is below the test's own directory: where inode numbers come again at once. */
START_TEST(what_replaced_it_is_left_alone)
{
	const char *path = _i % 2 == 0 ? "/run/own/a" : support_text("%s/a", support_user()->home);
	struct maproot_pin *pin;
	struct stat before;
	struct stat after;
	size_t mounts;

	begin(AS_ROOT);
	pin = make_pin(MAPROOT_NAMESPACE_UTS, path);
	replacements[_i / 2].act(path);
	ck_assert_int_eq(lstat(path, &before), 0);
	mounts = mounts_with(support_text(" %s ", path));
	close_pin(&pin);
	ck_assert_int_eq(lstat(path, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_uint_eq(before.st_dev, after.st_dev);
	ck_assert_uint_eq(mounts_with(support_text(" %s ", path)), mounts);
	if (mounts > 0)
		(void)umount2(path, MNT_DETACH);
	ck_assert_int_eq(remove(path), 0);
	(void)unlink(support_text("%s-away", path));
}
END_TEST

/* What can't be removed now stays, all of it, and can be closed again. */
static void cover(const char *path)
{
	(void)unit_file("/run/other", "");
	ck_assert_int_eq(mount("/run/other", path, NULL, MS_BIND, NULL), 0);
}

static void uncover(const char *path)
{
	ck_assert_int_eq(umount2(path, 0), 0);
}

static void cover_with_namespace(const char *path)
{
	ck_assert_int_eq(mount("/proc/self/ns/uts", path, NULL, MS_BIND, NULL), 0);
}

static void make_read_only(const char *path)
{
	(void)path;
	ck_assert_int_eq(mount(NULL, "/run/own", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
}

static void make_writable(const char *path)
{
	(void)path;
	ck_assert_int_eq(mount(NULL, "/run/own", NULL, MS_REMOUNT | MS_BIND, NULL), 0);
}

/* The same file by another way, with something on it. */
static void use_elsewhere(const char *path)
{
	(void)path;
	ck_assert_int_eq(mkdir("/run/way", 0755), 0);
	ck_assert_int_eq(mount("/run/own", "/run/way", NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(mount("/proc/self/ns/uts", "/run/way/a", NULL, MS_BIND, NULL), 0);
}

static void use_no_more(const char *path)
{
	(void)path;
	ck_assert_int_eq(umount2("/run/way/a", 0), 0);
	ck_assert_int_eq(umount2("/run/way", 0), 0);
}

static const struct {
	void (*act)(const char *path);
	void (*undo)(const char *path);
	int code;
	bool seen; /* through it all the pin is what the path leads to */
} obstacles[] = {
	{ cover, uncover, EBUSY, false },
	{ cover_with_namespace, uncover, EBUSY, false },
	{ make_read_only, make_writable, EROFS, true },
	{ use_elsewhere, use_no_more, EBUSY, true },
};

START_TEST(can_be_closed_again)
{
	static const char path[] = "/run/own/a";
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin *pin;

	begin(AS_ROOT);
	ck_assert_int_eq(mount("/run/own", "/run/own", NULL, MS_BIND, NULL), 0);
	pin = make_pin(MAPROOT_NAMESPACE_UTS, path);
	obstacles[_i].act(path);
	for (int attempt = 0; attempt < 3; attempt++) {
		ck_assert_int_eq(maproot_pin_close(&pin, &err), -obstacles[_i].code);
		unit_check_error(&err, obstacles[_i].code, MAPROOT_STEP_UNPIN,
				 support_text("cannot unpin '/run/own/a': %s", strerror(obstacles[_i].code)));
		ck_assert_ptr_nonnull(pin);
		if (obstacles[_i].seen)
			check_pinned(pin, path);
		check_inside(pin, MAPROOT_NAMESPACE_UTS);
	}
	if (obstacles[_i].seen)
		ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_UTS, path, NULL), -obstacles[_i].code);
	obstacles[_i].undo(path);
	check_pinned(pin, path);
	if (_i % 2 == 0)
		ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_UTS, path, NULL), 0);
	close_pin(&pin);
	check_gone(path);
}
END_TEST

/* Who has the file open has the namespace, until he lets go of it. */
START_TEST(a_busy_mount_is_taken_off)
{
	struct maproot_pin *pin;
	int held;

	begin(_i / 2);
	pin = make_pin(MAPROOT_NAMESPACE_UTS, "a");
	held = open("/run/maproot/uts/a", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(held, 0);
	if (_i % 2 == 0)
		ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_UTS, "a", NULL), 0);
	close_pin(&pin);
	check_gone("/run/maproot/uts/a");
	ck_assert_int_eq(setns(held, CLONE_NEWUTS), 0);
}
END_TEST

static int close_elsewhere(void *arg)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin **pin = arg;

	if (unshare(CLONE_NEWNS) < 0)
		return 1;
	if (maproot_pin_close(pin, &err) != -EINVAL || !*pin)
		return 2;
	return err.step == MAPROOT_STEP_UNPIN ? 0 : 3;
}

/* A mount belongs to the mount namespace in which it was made. */
START_TEST(not_closed_from_another_mount_namespace)
{
	struct maproot_pin *pin;

	begin(_i);
	pin = make_pin(MAPROOT_NAMESPACE_UTS, "/run/own/a");
	ck_assert_int_eq(unit_in_child(close_elsewhere, &pin), 0);
	check_pinned(pin, "/run/own/a");
	close_pin(&pin);
	check_gone("/run/own/a");
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("join/pin_close", &tc);

	tcase_add_test(tc, what_a_namespace_covers_is_kept);
	tcase_add_loop_test(tc, layers, 0, 2);
	tcase_add_loop_test(tc, ended_by_others, 0, UNIT_COUNT(endings));
	tcase_add_loop_test(tc, what_replaced_it_is_left_alone, 0, UNIT_COUNT(replacements) * 2);
	tcase_add_loop_test(tc, can_be_closed_again, 0, UNIT_COUNT(obstacles));
	tcase_add_loop_test(tc, a_busy_mount_is_taken_off, 0, PLACES * 2);
	tcase_add_loop_test(tc, not_closed_from_another_mount_namespace, 0, PLACES);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

/*
 * Contract of src/join/registry.h, through what is promised of names: they are kept in the user's own directory,
 * made where it is missing, and in no other one, whoever made it look like that; a file there that is no record
 * has no name and hangs nobody; a record is written whole or not at all, also on a full disk; who holds the lock
 * and does not go on stops nobody for good; no descriptor stays open.
 */
#include "names.h"

#include "join/registry.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

static int pass(void *arg, const struct maproot_name_record *record)
{
	(void)arg;
	(void)record;
	return 0;
}

/* All ways to get at names say the same. */
static void check_all(int code, enum maproot_step step, const char *text)
{
	struct maproot_name_record record;
	struct maproot_error err[5];
	int codes[5];

	codes[0] = maproot_name_claim("x", NULL, &err[0]);
	codes[1] = maproot_name_find("x", &record, &err[1]);
	codes[2] = maproot_names(pass, NULL, &err[2]);
	codes[3] = maproot_name_stop("x", 0, &err[3]);
	codes[4] = maproot_name_release("x", &err[4]);
	for (size_t at = 0; at < UNIT_COUNT(codes); at++) {
		ck_assert_int_eq(codes[at], -code);
		unit_check_error(&err[at], code, step, text);
	}
}

static void set_runtime(const char *path)
{
	if (setenv("XDG_RUNTIME_DIR", path, 1) < 0)
		support_die("setenv");
}

START_TEST(a_relative_directory)
{
	set_runtime("run/user");
	check_all(EINVAL, MAPROOT_STEP_NAME, "XDG_RUNTIME_DIR is not an absolute path: 'run/user'");
	set_runtime(".");
	check_all(EINVAL, MAPROOT_STEP_NAME, "XDG_RUNTIME_DIR is not an absolute path: '.'");
}
END_TEST

START_TEST(a_path_that_is_too_long)
{
	char path[5000];
	struct maproot_error err;

	memset(path, '/', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	set_runtime(path);
	ck_assert_int_eq(maproot_name_claim("x", NULL, &err), -ENAMETOOLONG);
}
END_TEST

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Without the variable, or with an empty one. */
START_TEST(where_root_keeps_names)
{
	struct stat status;

	unit_private_mounts();
	ck_assert_int_eq(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"), 0);
	if (_i)
		set_runtime("");
	else
		(void)unsetenv("XDG_RUNTIME_DIR");
	names_check_nobodys("x");
	ck_assert(!exists("/run/maproot-names"));
	ck_assert_int_eq(maproot_name_claim("x", NULL, NULL), 0);
	ck_assert(exists("/run/maproot-names/x"));
	ck_assert_int_eq(stat("/run/maproot-names", &status), 0);
	ck_assert_uint_eq(status.st_mode, S_IFDIR | 0700);
}
END_TEST

START_TEST(where_a_user_keeps_names)
{
	const char *directory = support_text("/tmp/maproot-%u", support_user()->uid);
	struct stat status;

	unit_private_mounts();
	ck_assert_int_eq(mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777"), 0);
	(void)unsetenv("XDG_RUNTIME_DIR");
	support_become_user();
	ck_assert_int_eq(maproot_name_claim("x", NULL, NULL), 0);
	ck_assert_int_eq(stat(directory, &status), 0);
	ck_assert_uint_eq(status.st_mode, S_IFDIR | 0700);
	ck_assert_uint_eq(status.st_uid, support_user()->uid);
	ck_assert(exists(support_text("%s/x", directory)));
}
END_TEST

/* A caller must not choose where a program that is privileged by its file writes: see main(). */
START_TEST(a_privileged_program_ignores_the_variable)
{
	const char *const argv[] = { "secure", "claim", NULL };
	const char *elsewhere = support_text("XDG_RUNTIME_DIR=%s", support_user()->home);
	const char *const envp[] = { elsewhere, NULL };
	struct support_command command = { .argv = argv, .envp = envp };
	struct support_result result;

	unit_private_mounts();
	ck_assert_int_eq(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"), 0);
	command.path = support_install("/proc/self/exe", support_text("secure-%d", _i));
	ck_assert_int_eq(chmod(command.path, _i ? 04755 : 0755), 0);
	support_run(&command, &result);
	ck_assert_msg(result.status == 0, "%d %s", result.status, result.err);
	support_release(&result);
	ck_assert_int_eq(exists("/run/maproot-names/x"), _i);
	ck_assert_int_eq(exists(support_text("%s/maproot/x", support_user()->home)), !_i);
	if (!_i)
		ck_assert_int_eq(system(support_text("rm -r %s/maproot", support_user()->home)), 0);
}
END_TEST

static void make_writable(const char *path)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, 0777), 0);
}

static void make_group_writable(const char *path)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, 0770), 0);
}

static void make_others(const char *path)
{
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(chown(path, 12345, 0), 0);
}

static void make_link(const char *path)
{
	const char *target = support_text("%s-target", path);

	ck_assert_int_eq(mkdir(target, 0700), 0);
	ck_assert_int_eq(symlink(target, path), 0);
}

static void make_dangling(const char *path)
{
	ck_assert_int_eq(symlink("nowhere", path), 0);
}

static void make_file(const char *path)
{
	(void)unit_file(path, "");
}

static void make_fifo(const char *path)
{
	ck_assert_int_eq(mkfifo(path, 0700), 0);
}

static const struct {
	void (*make)(const char *path);
	int code;
	const char *text; /* between the directory's name in quotes and the end */
} directories[] = {
	{ make_writable, EPERM, "where others may write" },
	{ make_group_writable, EPERM, "where others may write" },
	{ make_others, EPERM, "which belongs to user 12345" },
	{ make_link, ENOTDIR, "which is not a directory" },
	{ make_dangling, ENOTDIR, "which is not a directory" },
	{ make_file, ENOTDIR, "which is not a directory" },
	{ make_fifo, ENOTDIR, "which is not a directory" },
};

START_TEST(directories_that_are_refused)
{
	names_place();
	directories[_i].make(names_directory);
	check_all(directories[_i].code, MAPROOT_STEP_NAME,
		  support_text("names are not kept in '%s', %s", names_directory, directories[_i].text));
	(void)system(support_text("rm -rf %s", getenv("XDG_RUNTIME_DIR")));
}
END_TEST

/* One that others may read is good, and left as it is. */
START_TEST(a_directory_that_is_there)
{
	struct stat status;

	names_place();
	ck_assert_int_eq(mkdir(names_directory, 0755), 0);
	ck_assert_int_eq(maproot_name_claim("x", NULL, NULL), 0);
	ck_assert_int_eq(stat(names_directory, &status), 0);
	ck_assert_uint_eq(status.st_mode, S_IFDIR | 0755);
	names_remove((const char *const[]){ "x", NULL });
}
END_TEST

START_TEST(a_directory_that_can_t_be_written)
{
	struct maproot_error err;

	unit_become_user();
	names_place();
	ck_assert_int_eq(mkdir(names_directory, 0500), 0);
	ck_assert_int_eq(maproot_name_claim("x", NULL, &err), -EACCES);
	unit_check_error(&err, EACCES, MAPROOT_STEP_RECORD, "cannot keep the record 'x': Permission denied");
	names_check_nobodys("x");
	ck_assert_int_eq(rmdir(names_directory), 0);
	ck_assert_int_eq(chmod(getenv("XDG_RUNTIME_DIR"), 0500), 0);
	ck_assert_int_eq(maproot_name_claim("x", NULL, &err), -EACCES);
	unit_check_error(&err, EACCES, MAPROOT_STEP_RECORD,
			 support_text("cannot keep the record '%s': Permission denied", names_directory));
	names_check_nobodys("x");
	ck_assert_int_eq(rmdir(getenv("XDG_RUNTIME_DIR")), 0);
}
END_TEST

START_TEST(a_runtime_directory_that_is_missing)
{
	struct maproot_error err;
	int count = 0;

	set_runtime("/nonexistent/run");
	ck_assert_int_eq(maproot_name_claim("x", NULL, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_RECORD,
			 "cannot keep the record '/nonexistent/run/maproot': No such file or directory");
	names_check_nobodys("x");
	ck_assert_int_eq(maproot_names(pass, &count, NULL), 0);
	ck_assert_int_eq(maproot_name_release("x", NULL), 0);
}
END_TEST

/* What may lie where a record should be; each is no record, at once. */
static void put_empty(const char *path)
{
	(void)unit_file(path, "");
}

static void put_garbage(const char *path)
{
	(void)unit_file(path, "\x7f"
			      "ELF\x02\n=\xff\n");
}

static void put_zeros(const char *path)
{
	(void)unit_file(path, "");
	ck_assert_int_eq(truncate(path, 700), 0);
}

static void put_huge(const char *path)
{
	(void)unit_file(path, "pid=1\n");
	ck_assert_int_eq(truncate(path, 1LL << 40), 0);
}

static void put_truncated(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	struct stat status;

	ck_assert_int_eq(maproot_name_claim(name, "x", NULL), 0);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(truncate(path, status.st_size - 1), 0);
}

static void put_link(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	ck_assert_int_eq(maproot_name_claim(name, "x", NULL), 0);
	ck_assert_int_eq(rename(path, names_path("other")), 0);
	ck_assert_int_eq(symlink("other", path), 0);
}

static void put_fifo(const char *path)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void put_zero_device(const char *path)
{
	ck_assert_int_eq(mknod(path, S_IFCHR | 0600, makedev(1, 5)), 0);
}

static void put_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(close(fd), 0);
}

/* A good record, but written by somebody else. */
static void put_foreign(const char *path)
{
	ck_assert_int_eq(maproot_name_claim(strrchr(path, '/') + 1, "x", NULL), 0);
	ck_assert_int_eq(chown(path, 12345, 0), 0);
}

static void put_directory(const char *path)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static const struct {
	void (*put)(const char *path);
	bool root;      /* needs rights */
	bool stays;     /* can't be replaced by a file */
	bool is_other;  /* leaves the file "other", which is not to be touched */
	const char *is; /* what is said of it */
} files[] = {
	{ put_empty, false, false, false, "the record of 'x' is malformed: no pid" },
	{ put_garbage, false, false, false, "the record of 'x' is malformed: a line without '='" },
	{ put_zeros, false, false, false, "the record of 'x' is malformed: it is cut short" },
	{ put_huge, false, false, false, "the record of 'x' is none" },
	{ put_truncated, false, false, false, "the record of 'x' is malformed: it is cut short" },
	{ put_link, false, false, true, "the record of 'x' is none" },
	{ put_fifo, false, false, false, "the record of 'x' is none" },
	{ put_foreign, true, false, false, "the record of 'x' is none" },
	{ put_zero_device, true, false, false, "the record of 'x' is none" },
	{ put_socket, false, false, false, "the record of 'x' is none" },
	{ put_directory, false, true, false, "the record of 'x' is none" },
};

static int collect(void *arg, const struct maproot_name_record *record)
{
	char *all = arg;

	(void)strcat(strcat(all, record->name), " ");
	return 0;
}

START_TEST(files_that_are_no_records)
{
	struct maproot_name_record record;
	struct maproot_error err;
	char all[64] = "";
	int64_t before;

	if (files[_i].root && geteuid() != 0)
		return;
	names_place();
	ck_assert_int_eq(mkdir(names_directory, 0700), 0);
	files[_i].put(names_path("x"));
	before = support_now_us();
	ck_assert_int_eq(maproot_name_find("x", &record, &err), -EBADMSG);
	unit_check_error(&err, EBADMSG, MAPROOT_STEP_NAME, files[_i].is);
	ck_assert_int_eq(maproot_name_stop("x", 0, &err), -EBADMSG);
	unit_check_error(&err, EBADMSG, MAPROOT_STEP_NAME, files[_i].is);
	ck_assert_int_eq(maproot_name_complete("x", getpid(), &err), -EBADMSG);
	ck_assert_int_eq(maproot_name_release("x", &err), 0);
	ck_assert_int_eq(maproot_names(collect, all, NULL), 0);
	ck_assert_str_eq(all, files[_i].is_other ? "other " : "");
	ck_assert_uint_eq(names_count(), files[_i].is_other ? 2 : 1);
	if (files[_i].stays) {
		ck_assert_int_eq(maproot_name_claim("x", NULL, &err), -EISDIR);
		unit_check_error(&err, EISDIR, MAPROOT_STEP_RECORD, NULL);
		ck_assert_uint_eq(names_count(), 1);
	} else {
		ck_assert_int_eq(maproot_name_claim("x", NULL, NULL), 0);
		ck_assert_int_eq(maproot_name_complete("x", getpid(), NULL), 0);
		ck_assert_int_eq(maproot_name_find("x", &record, NULL), 0);
	}
	ck_assert_int_lt(support_now_us() - before, 1000000);
	names_remove((const char *const[]){ "x", files[_i].is_other ? "other" : NULL, NULL });
}
END_TEST

/* All living records in order, nothing else; `each` may end it. */
static int stop_at(void *arg, const struct maproot_name_record *record)
{
	(void)collect(arg, record);
	return strcmp(record->name, "b.2") == 0 ? -4711 : 0;
}

START_TEST(lists_in_order)
{
	static const char *const left[] = { "a", "b-1", "b.2", "c", "_", ".hidden", "4711", "net", "broken", NULL };
	struct maproot_error err;
	char all[64] = "";

	names_place();
	for (const char *const *name = (const char *const[]){ "c", "b.2", "a", "_", "b-1", NULL }; *name; name++)
		ck_assert_int_eq(maproot_name_claim(*name, NULL, NULL), 0);
	(void)free(names_edit("c", "\npid_counts_in", "\nlater=x\npid_counts_in"));
	(void)unit_file(names_path(".hidden"), "");
	(void)unit_file(names_path("broken"), "pid");
	ck_assert_int_eq(rename(names_path("c"), names_path("4711")), 0);
	ck_assert_int_eq(maproot_name_claim("c", NULL, NULL), 0);
	ck_assert_int_eq(mkdir(names_path("net"), 0700), 0);
	ck_assert_int_eq(maproot_names(collect, all, NULL), 0);
	ck_assert_str_eq(all, "_ a b-1 b.2 c ");
	all[0] = '\0';
	ck_assert_int_eq(maproot_names(stop_at, all, &err), -4711);
	ck_assert_str_eq(all, "_ a b-1 b.2 ");
	ck_assert_int_eq(err.code, 0);
	names_remove(left);
}
END_TEST

/* One that fits no small buffer is kept and read as any other, up to the largest that there may be. */
START_TEST(a_large_record)
{
	static struct maproot_name_record record;
	static struct maproot_name_record found;
	mr_auto_registry int registry = -1;

	names_place();
	ck_assert_int_eq(maproot_name_claim("x", NULL, NULL), 0);
	ck_assert_int_eq(maproot_name_complete("x", getpid(), NULL), 0);
	ck_assert_int_eq(maproot_name_find("x", &record, NULL), 0);
	for (uint32_t at = 0; at < MAPROOT_IDMAP_LINES; at++)
		record.users.range[at] = (struct maproot_idmap_range){ 4294967000u - at, 4294967000u - at, 1 };
	record.users.count = MAPROOT_IDMAP_LINES;
	for (size_t at = 0; at < MAPROOT_MADE_MAX; at++)
		*(char *)memset(record.made[at], ':', MAPROOT_MADE_SIZE - 1) = _i ? '\n' : 'x';
	memset(record.bundle, _i ? '\n' : 'x', sizeof(record.bundle) - 1);
	record.made_count = MAPROOT_MADE_MAX;
	registry = mr_registry_open_locked(false, NULL);
	ck_assert_int_eq(mr_registry_write(registry, &record, NULL), 0);
	mr_registry_close(&registry);
	ck_assert_int_eq(maproot_name_find("x", &found, NULL), 0);
	ck_assert_mem_eq(&found, &record, sizeof(found));
	ck_assert_int_eq(maproot_name_release("x", NULL), 0);
	names_remove(NULL);
}
END_TEST

/* What a writer left that was killed, or a trap that was set: replaced, never written through. */
START_TEST(an_unfinished_file)
{
	const char *victim;

	names_place();
	ck_assert_int_eq(mkdir(names_directory, 0700), 0);
	victim = unit_file(names_path("victim"), "precious");
	if (_i)
		ck_assert_int_eq(symlink("victim", names_path(".new")), 0);
	else
		(void)unit_file(names_path(".new"), "pid=1\nsta");
	ck_assert_int_eq(maproot_name_claim("x", NULL, NULL), 0);
	ck_assert_uint_eq(names_count(), 2);
	ck_assert_str_eq(support_read(victim, NULL), "precious");
	names_remove((const char *const[]){ "x", "victim", NULL });
}
END_TEST

/* A disk of two pages: one for a record, one for what is written in its place, unless that is used otherwise. */
START_TEST(a_full_disk)
{
	struct maproot_name_record record;
	struct maproot_error err;
	char *before;

	unit_private_mounts();
	names_place();
	ck_assert_int_eq(mkdir(names_directory, 0700), 0);
	ck_assert_int_eq(mount("tmpfs", names_directory, "tmpfs", 0, "size=8k,mode=700"), 0);
	ck_assert_int_eq(maproot_name_claim("x", NULL, NULL), 0);
	(void)unit_file(names_path("filler"), "x");
	before = support_read(names_path("x"), NULL);
	ck_assert_int_eq(maproot_name_claim("y", NULL, &err), -ENOSPC);
	unit_check_error(&err, ENOSPC, MAPROOT_STEP_RECORD, "cannot keep the record 'y': No space left on device");
	ck_assert_int_eq(maproot_name_complete("x", getpid(), &err), -ENOSPC);
	unit_check_error(&err, ENOSPC, MAPROOT_STEP_RECORD, "cannot keep the record 'x': No space left on device");
	ck_assert_uint_eq(names_count(), 2);
	ck_assert_str_eq(support_read(names_path("x"), NULL), before);
	/* and it goes on as before once there is room */
	ck_assert_int_eq(unlink(names_path("filler")), 0);
	ck_assert_int_eq(maproot_name_complete("x", getpid(), NULL), 0);
	ck_assert_int_eq(maproot_name_find("x", &record, NULL), 0);
	(void)unit_file(names_path("filler"), "x");
	ck_assert_int_eq(maproot_name_release("x", NULL), 0);
	ck_assert_int_eq(unlink(names_path("filler")), 0);
	free(before);
	ck_assert_int_eq(umount(names_directory), 0);
	names_remove(NULL);
}
END_TEST

static void lock_and_stop(void *arg)
{
	int fd = open(names_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)arg;
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		support_die("flock");
	names_wait(NULL);
}

START_TEST(a_lock_that_is_kept)
{
	struct maproot_name_record record;
	struct maproot_error err;
	int64_t before;
	pid_t holder;
	pid_t locker;

	names_place();
	holder = names_start(names_hold, "x");
	locker = names_start(lock_and_stop, NULL);
	before = support_now_us();
	ck_assert_int_eq(maproot_name_find("x", &record, NULL), 0);
	ck_assert_int_eq(maproot_names(pass, NULL, NULL), 0);
	ck_assert_int_lt(support_now_us() - before, 500000);
	ck_assert_int_eq(maproot_name_claim("y", NULL, &err), -EBUSY);
	unit_check_error(&err, EBUSY, MAPROOT_STEP_NAME,
			 "the directory of names is locked by a process that does not go on");
	ck_assert_int_lt(support_now_us() - before, 20000000);
	unit_end(locker);
	ck_assert_int_eq(maproot_name_claim("y", NULL, NULL), 0);
	unit_end(holder);
	names_remove((const char *const[]){ "x", "y", NULL });
}
END_TEST

/* A child that was made meanwhile has a copy of the descriptor: the lock is given back all the same. */
START_TEST(a_lock_is_not_inherited)
{
	int first;
	int second;
	pid_t child;

	names_place();
	first = mr_registry_open_locked(true, NULL);
	ck_assert_int_ge(first, 3);
	child = names_start(names_wait, NULL);
	mr_registry_close(&first);
	ck_assert_int_eq(first, -1);
	mr_registry_close(&first);
	second = mr_registry_open_locked(false, NULL);
	ck_assert_int_ge(second, 3);
	mr_registry_close(&second);
	unit_end(child);
	names_remove(NULL);
}
END_TEST

static size_t open_descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* In success and in failure; and with 0-2 closed nothing lands there, where a message would go into it. */
START_TEST(no_descriptor_is_left)
{
	struct maproot_name_record record;
	size_t before;

	names_place();
	for (int fd = 0; fd < 3; fd++)
		(void)close(fd);
	before = open_descriptors();
	if (maproot_name_claim("x", NULL, NULL) != 0 || maproot_name_claim("x", NULL, NULL) != -EEXIST ||
	    maproot_name_complete("x", getpid(), NULL) != 0 || maproot_name_complete("y", getpid(), NULL) != -EPERM ||
	    maproot_name_find("x", &record, NULL) != 0 || maproot_name_find("y", &record, NULL) != -ENOENT ||
	    maproot_names(pass, NULL, NULL) != 0 || maproot_name_stop("y", 0, NULL) != -ENOENT ||
	    maproot_name_release("x", NULL) != 0)
		_exit(98);
	if (open_descriptors() != before)
		_exit(97);
	names_remove(NULL);
	_exit(0);
}
END_TEST

static Suite *build(void)
{
	TCase *test;
	Suite *suite = unit_suite("registry", &test);

	tcase_add_test(test, a_relative_directory);
	tcase_add_test(test, a_path_that_is_too_long);
	tcase_add_test(test, a_directory_that_is_there);
	tcase_add_test(test, a_directory_that_can_t_be_written);
	tcase_add_test(test, a_runtime_directory_that_is_missing);
	tcase_add_loop_test(test, files_that_are_no_records, 0, UNIT_COUNT(files));
	tcase_add_loop_test(test, a_large_record, 0, 2);
	tcase_add_test(test, lists_in_order);
	tcase_add_loop_test(test, an_unfinished_file, 0, 2);
	tcase_add_test(test, a_lock_that_is_kept);
	tcase_add_test(test, a_lock_is_not_inherited);
	tcase_add_exit_test(test, no_descriptor_is_left, 0);
	if (geteuid() != 0)
		return suite;
	tcase_add_loop_test(test, where_root_keeps_names, 0, 2);
	tcase_add_test(test, where_a_user_keeps_names);
	tcase_add_loop_test(test, a_privileged_program_ignores_the_variable, 0, 2);
	tcase_add_loop_test(test, directories_that_are_refused, 0, UNIT_COUNT(directories));
	tcase_add_test(test, a_full_disk);
	return suite;
}

/* As "claim" it is the privileged program of a test. */
int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "claim") == 0)
		return maproot_name_claim("x", NULL, NULL) == 0 ? 0 : 1;
	return unit_main(build);
}

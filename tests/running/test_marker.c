/*
 * Contract of src/run/marker.h: what is written is read again; only an entry that is the last of the environment and
 * meant for this very process is taken, off the environment too; all others stay.
 */
#include "run/marker.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static const struct mr_marker markers[] = {
	{ 1, 0, 0, "" },
	{ 2147483647, 0xff, UINT64_MAX, "fifteen-letters" },
	{ 4711, 0x44, UINT64_C(0x8000000180000001), "a:b c=d" },
};

START_TEST(reads_what_it_wrote)
{
	char entry[MR_MARKER_SIZE];
	struct mr_marker marker;

	memset(entry, '#', sizeof(entry));
	mr_marker_write(&markers[_i], entry);
	ck_assert_uint_lt(strlen(entry), sizeof(entry) - 1);
	ck_assert(mr_marker_read(entry, &marker));
	ck_assert_int_eq(marker.pid, markers[_i].pid);
	ck_assert_uint_eq(marker.created, markers[_i].created);
	ck_assert_uint_eq(marker.mask, markers[_i].mask);
	ck_assert_str_eq(marker.name, markers[_i].name);
}
END_TEST

static const char *const malformed[] = {
	"",
	"MAPROOT_REEXEC",
	"MAPROOT_REEXEC=",
	"MAPROOT_REEXEC=1",
	"MAPROOT_REEXEC=1:",
	"MAPROOT_REEXEC=1:2:0",
	"MAPROOT_REEXEC=1:2:0:0",
	"MAPROOT_REEXEC=1:256:0:0:name",
	"MAPROOT_REEXEC=-1:2:0:0:name",
	"MAPROOT_REEXEC=2147483648:2:0:0:name",
	"MAPROOT_REEXEC=1:2:4294967296:0:name",
	"MAPROOT_REEXEC=1:2:0:4294967296:name",
	"MAPROOT_REEXEC=1 :2:0:0:name",
	"MAPROOT_REEXEC=1:2:0:0:sixteen-letters!",
	"MAPROOT_REEXEC2=1:2:0:0:name",
	"maproot_reexec=1:2:0:0:name",
};

START_TEST(malformed_ones_are_none)
{
	struct mr_marker marker = { .pid = 4711 };

	ck_assert(!mr_marker_read(malformed[_i], &marker));
	ck_assert_int_eq(marker.pid, 4711);
}
END_TEST

static char *entry_for(pid_t pid)
{
	static char entry[MR_MARKER_SIZE];
	const struct mr_marker marker = { pid, 0x44, 7, "name" };

	mr_marker_write(&marker, entry);
	return entry;
}

START_TEST(takes_its_own_off_the_end)
{
	char *list[] = { (char *)"A=1", (char *)"B=2", entry_for(getpid()), NULL };
	char **own = environ;
	struct mr_marker marker;
	struct mr_marker none;
	bool taken;
	bool again;

	environ = list;
	taken = mr_marker_take(&marker);
	again = mr_marker_take(&none);
	environ = own;
	ck_assert(taken && !again);
	ck_assert_uint_eq(marker.created, 0x44);
	ck_assert_uint_eq(marker.mask, 7);
	ck_assert_str_eq(marker.name, "name");
	ck_assert_str_eq(list[1], "B=2");
	ck_assert_ptr_null(list[2]);
}
END_TEST

/* Check itself asks for the environment: it gets it back at once. */
static bool takes_from(char **list)
{
	char **own = environ;
	struct mr_marker marker = { .pid = 4711 };
	bool taken;

	environ = list;
	taken = mr_marker_take(&marker);
	environ = own;
	return taken || marker.pid != 4711;
}

START_TEST(leaves_what_is_not_its_own)
{
	char *of_another[] = { (char *)"A=1", entry_for(getpid() + 1), NULL };
	char *not_last[] = { NULL, (char *)"A=1", NULL };
	char *none[] = { NULL };

	ck_assert(!takes_from(of_another));
	ck_assert_ptr_nonnull(of_another[1]);
	not_last[0] = entry_for(getpid());
	ck_assert(!takes_from(not_last));
	ck_assert_str_eq(not_last[1], "A=1");
	ck_assert(!takes_from(none));
	ck_assert(!takes_from(NULL));
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("run/marker", &tc);

	tcase_add_loop_test(tc, reads_what_it_wrote, 0, UNIT_COUNT(markers));
	tcase_add_loop_test(tc, malformed_ones_are_none, 0, UNIT_COUNT(malformed));
	tcase_add_test(tc, takes_its_own_off_the_end);
	tcase_add_test(tc, leaves_what_is_not_its_own);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

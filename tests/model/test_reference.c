/*
 * Contract of src/model/reference.h: a reference is read by one grammar, [TYPE[,TYPE]...=]REF, and an order by another,
 * [!]TYPE[,[!]TYPE]...; whatever is neither is refused with a message that names it, and nothing is written then.
 */
#include "model/reference.h"

#include "unit.h"

#include <errno.h>

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

static const struct {
	const char *text;
	unsigned int types;
	enum mr_reference_kind kind;
	const char *rest;
	pid_t pid;
	uint64_t start_time;
	int fd;
} good[] = {
	{ "1", 0, MR_REFERENCE_PID, "1", 1, 0, -1 },
	{ "1234", 0, MR_REFERENCE_PID, "1234", 1234, 0, -1 },
	{ "007", 0, MR_REFERENCE_PID, "007", 7, 0, -1 },
	{ "2147483647", 0, MR_REFERENCE_PID, "2147483647", 2147483647, 0, -1 },
	{ "pid:1234", 0, MR_REFERENCE_PID, "pid:1234", 1234, 0, -1 },
	{ "pid:7:99", 0, MR_REFERENCE_PID, "pid:7:99", 7, 99, -1 },
	{ "pid:7:18446744073709551615", 0, MR_REFERENCE_PID, "pid:7:18446744073709551615", 7, UINT64_MAX, -1 },
	{ "net=1", BIT(NET), MR_REFERENCE_PID, "1", 1, 0, -1 },
	{ "net,uts=pid:5:6", BIT(NET) | BIT(UTS), MR_REFERENCE_PID, "pid:5:6", 5, 6, -1 },
	{ "network,mount,user=3", BIT(NET) | BIT(MNT) | BIT(USER), MR_REFERENCE_PID, "3", 3, 0, -1 },
	{ "cgroup,ipc,mnt,net,pid,time,user,uts=9", MAPROOT_NAMESPACE_ALL, MR_REFERENCE_PID, "9", 9, 0, -1 },
	{ "fd:0", 0, MR_REFERENCE_FD, "fd:0", 0, 0, 0 },
	{ "user=fd:17", BIT(USER), MR_REFERENCE_FD, "fd:17", 0, 0, 17 },
	{ "fd:2147483647", 0, MR_REFERENCE_FD, "fd:2147483647", 0, 0, 2147483647 },
	{ "name:web", 0, MR_REFERENCE_NAME, "web", 0, 0, -1 },
	{ "net=name:web", BIT(NET), MR_REFERENCE_NAME, "web", 0, 0, -1 },
	{ "name:", 0, MR_REFERENCE_NAME, "", 0, 0, -1 }, /* who looks names up refuses it */
	{ "/proc/1/ns/net", 0, MR_REFERENCE_PATH, "/proc/1/ns/net", 0, 0, -1 },
	{ "net=/run/netns/a", BIT(NET), MR_REFERENCE_PATH, "/run/netns/a", 0, 0, -1 },
	{ "net=/a=b", BIT(NET), MR_REFERENCE_PATH, "/a=b", 0, 0, -1 },
	{ "/a=b", 0, MR_REFERENCE_PATH, "/a=b", 0, 0, -1 },
	{ "./net=b", 0, MR_REFERENCE_PATH, "./net=b", 0, 0, -1 },
	{ "net=net=1", BIT(NET), MR_REFERENCE_PATH, "net=1", 0, 0, -1 },
	{ "a b", 0, MR_REFERENCE_PATH, "a b", 0, 0, -1 },
	{ " 1", 0, MR_REFERENCE_PATH, " 1", 0, 0, -1 },
	{ "1 ", 0, MR_REFERENCE_PATH, "1 ", 0, 0, -1 },
	{ "-1", 0, MR_REFERENCE_PATH, "-1", 0, 0, -1 },
	{ "+1", 0, MR_REFERENCE_PATH, "+1", 0, 0, -1 },
	{ "0x1", 0, MR_REFERENCE_PATH, "0x1", 0, 0, -1 },
	{ "1,2", 0, MR_REFERENCE_PATH, "1,2", 0, 0, -1 },
	{ "pid", 0, MR_REFERENCE_PATH, "pid", 0, 0, -1 },
	{ "PID:1", 0, MR_REFERENCE_PATH, "PID:1", 0, 0, -1 },
	{ "fd", 0, MR_REFERENCE_PATH, "fd", 0, 0, -1 },
	{ "names:a", 0, MR_REFERENCE_PATH, "names:a", 0, 0, -1 },
};

START_TEST(reads_a_reference)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_reference reference;

	ck_assert_int_eq(mr_reference_parse(good[_i].text, &reference, &err), 0);
	ck_assert_int_eq(err.code, 0);
	ck_assert_uint_eq(reference.types, good[_i].types);
	ck_assert_int_eq(reference.kind, good[_i].kind);
	ck_assert_str_eq(reference.text, good[_i].rest);
	ck_assert_int_eq(reference.pid, good[_i].pid);
	ck_assert(reference.start_time == good[_i].start_time);
	ck_assert_int_eq(reference.fd, good[_i].fd);
	/* It points into what was read: nothing was copied that would have to be freed. */
	ck_assert(reference.text >= good[_i].text);
}
END_TEST

static const char not_types[] = "what stands before '=' are no namespace types";
static const char not_pid[] = "not a process id";
static const char not_start[] = "not a start time";
static const char not_fd[] = "not a descriptor";
static const char nothing[] = "nothing is named";
static const char twice[] = "a type is named twice";

static const struct {
	const char *text;
	const char *named; /* NULL: the text */
	const char *why;
} bad[] = {
	{ "", NULL, nothing },
	{ "net=", NULL, nothing },
	{ "=", NULL, not_types },
	{ "=1", NULL, not_types },
	{ "nets=1", NULL, not_types },
	{ "Net=1", NULL, not_types },
	{ " net=1", NULL, not_types },
	{ "net,=1", NULL, not_types },
	{ ",net=1", NULL, not_types },
	{ "net,,uts=1", NULL, not_types },
	{ "net uts=1", NULL, not_types },
	{ "pid_for_children=1", NULL, not_types },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1", NULL, not_types },
	{ "name:a=b", NULL, not_types },
	{ "net,net=1", NULL, twice },
	{ "net,network=1", NULL, twice },
	{ "0", NULL, not_pid },
	{ "000", NULL, not_pid },
	{ "2147483648", NULL, not_pid },
	{ "99999999999999999999999", NULL, not_pid },
	{ "net=0", "0", not_pid },
	{ "pid:", NULL, not_pid },
	{ "pid:0", NULL, not_pid },
	{ "pid:0:5", NULL, not_pid },
	{ "pid:-1", NULL, not_pid },
	{ "pid:x", NULL, not_pid },
	{ "pid: 1", NULL, not_pid },
	{ "pid:1x", NULL, not_pid },
	{ "pid:1 ", NULL, not_pid },
	{ "pid:/proc/1/ns/net", NULL, not_pid },
	{ "pid:1:", NULL, not_start },
	{ "pid:1:0", NULL, not_start },
	{ "pid:1:x", NULL, not_start },
	{ "pid:1:-1", NULL, not_start },
	{ "pid:1:18446744073709551616", NULL, not_start },
	{ "pid:1:2x", NULL, not_pid },
	{ "pid:1:2:3", NULL, not_pid },
	{ "fd:", NULL, not_fd },
	{ "fd:-1", NULL, not_fd },
	{ "fd:x", NULL, not_fd },
	{ "fd:1x", NULL, not_fd },
	{ "fd:1:2", NULL, not_fd },
	{ "fd:2147483648", NULL, not_fd },
	{ "net=fd:", "fd:", not_fd },
};

START_TEST(refuses_what_is_no_reference)
{
	const char *named = bad[_i].named ? bad[_i].named : bad[_i].text;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_reference reference = { .types = 77, .pid = 78 };

	ck_assert_int_eq(mr_reference_parse(bad[_i].text, &reference, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_REFERENCE,
			 support_text("malformed reference '%s': %s", named, bad[_i].why));
	ck_assert(reference.types == 77 && reference.pid == 78);
	ck_assert_int_eq(mr_reference_parse(bad[_i].text, &reference, NULL), -EINVAL);
}
END_TEST

static const struct {
	const char *text;
	size_t count;
	enum maproot_namespace type[MAPROOT_NAMESPACE_COUNT];
	unsigned int late;
} good_orders[] = {
	{ "net", 1, { MAPROOT_NAMESPACE_NET }, BIT(NET) },
	{ "!network", 1, { MAPROOT_NAMESPACE_NET }, 0 },
	{ "!user,mnt", 2, { MAPROOT_NAMESPACE_USER, MAPROOT_NAMESPACE_MNT }, BIT(MNT) },
	{ "uts,!net,ipc",
	  3,
	  { MAPROOT_NAMESPACE_UTS, MAPROOT_NAMESPACE_NET, MAPROOT_NAMESPACE_IPC },
	  BIT(UTS) | BIT(IPC) },
	{ "!user,!mnt,!cgroup,!ipc,!net,!pid,!time,!uts",
	  8,
	  { MAPROOT_NAMESPACE_USER, MAPROOT_NAMESPACE_MNT, MAPROOT_NAMESPACE_CGROUP, MAPROOT_NAMESPACE_IPC,
	    MAPROOT_NAMESPACE_NET, MAPROOT_NAMESPACE_PID, MAPROOT_NAMESPACE_TIME, MAPROOT_NAMESPACE_UTS },
	  0 },
};

START_TEST(reads_an_order)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_order order;
	unsigned int types = 0;

	ck_assert_int_eq(mr_order_parse(good_orders[_i].text, &order, &err), 0);
	ck_assert_int_eq(err.code, 0);
	ck_assert_uint_eq(order.count, good_orders[_i].count);
	for (size_t at = 0; at < order.count; at++) {
		ck_assert_int_eq(order.type[at], good_orders[_i].type[at]);
		types |= MAPROOT_NAMESPACE_BIT(order.type[at]);
	}
	ck_assert_uint_eq(order.types, types);
	ck_assert_uint_eq(order.late, good_orders[_i].late);
}
END_TEST

static const char not_order[] = "not an order of namespace types";
static const char twice_in_order[] = "a type is named twice in the order";

static const struct {
	const char *text;
	const char *why;
} bad_orders[] = {
	{ "", not_order },
	{ "!", not_order },
	{ ",", not_order },
	{ "net,", not_order },
	{ ",net", not_order },
	{ "net,,uts", not_order },
	{ "!!net", not_order },
	{ "net!", not_order },
	{ "Net", not_order },
	{ "net uts", not_order },
	{ "net, uts", not_order },
	{ "net=1", not_order },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", not_order },
	{ "net,net", twice_in_order },
	{ "net,!net", twice_in_order },
	{ "!mnt,mount", twice_in_order },
	{ "cgroup,ipc,mnt,net,pid,time,user,uts,cgroup", twice_in_order },
};

START_TEST(refuses_what_is_no_order)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_order order = { .count = 77 };

	ck_assert_int_eq(mr_order_parse(bad_orders[_i].text, &order, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_REFERENCE,
			 support_text("malformed reference '%s': %s", bad_orders[_i].text, bad_orders[_i].why));
	ck_assert_uint_eq(order.count, 77);
	ck_assert_int_eq(mr_order_parse(bad_orders[_i].text, &order, NULL), -EINVAL);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("model/reference", &tc);

	tcase_add_loop_test(tc, reads_a_reference, 0, UNIT_COUNT(good));
	tcase_add_loop_test(tc, refuses_what_is_no_reference, 0, UNIT_COUNT(bad));
	tcase_add_loop_test(tc, reads_an_order, 0, UNIT_COUNT(good_orders));
	tcase_add_loop_test(tc, refuses_what_is_no_order, 0, UNIT_COUNT(bad_orders));
	return suite;
}

int main(void)
{
	return unit_main(build);
}

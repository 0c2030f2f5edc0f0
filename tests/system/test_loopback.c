/*
 * Contract of mr_loopback_up(): in a new network namespace lo is up afterwards, and something can be sent over it;
 * elsewhere the right to do so is missed and named.
 */
#include "system/furniture.h"

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A connection to nobody: refused where there is a network, unreachable where there is none. */
static int connect_to_self(void)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int code;

	ck_assert_int_ge(fd, 0);
	code = connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? errno : 0;
	ck_assert_int_eq(close(fd), 0);
	return code;
}

START_TEST(brings_it_up)
{
	unit_enter_namespace(CLONE_NEWNET);
	ck_assert_int_eq(connect_to_self(), ENETUNREACH);
	ck_assert_int_eq(mr_loopback_up(NULL), 0);
	ck_assert_int_eq(connect_to_self(), ECONNREFUSED);
	ck_assert_int_eq(mr_loopback_up(NULL), 0);
}
END_TEST

START_TEST(not_ours_is_refused)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_become_user();
	ck_assert_int_eq(mr_loopback_up(&err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_LOOPBACK,
			 "cannot bring up network interface 'lo': Operation not permitted");
}
END_TEST

static const long calls[] = { SYS_socket, SYS_ioctl };

START_TEST(says_what_failed)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_deny(calls[_i], EACCES);
	ck_assert_int_eq(mr_loopback_up(&err), -EACCES);
	unit_check_error(&err, EACCES, MAPROOT_STEP_LOOPBACK,
			 "cannot bring up network interface 'lo': Permission denied");
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/loopback", &tc);

	tcase_add_test(tc, brings_it_up);
	tcase_add_test(tc, not_ours_is_refused);
	tcase_add_loop_test(tc, says_what_failed, 0, UNIT_COUNT(calls));
	return suite;
}

int main(void)
{
	return unit_main(build);
}

/*
 * Contract of src/system/facts.h and of maproot_namespaces_supported(): the effective ids and whether the four
 * capabilities are there; a process that is privileged by its program file is refused with the reason; the
 * types of namespaces are those of /proc/self/ns.
 */
#include "system/facts.h"

#include "unit.h"

#include <errno.h>
#include <maproot/namespace.h>
#include <pthread.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

START_TEST(root_is_privileged)
{
	struct mr_facts facts;

	ck_assert_int_eq(mr_facts_read(&facts, NULL), 0);
	ck_assert(facts.user == 0 && facts.group == 0 && facts.privileged);
}
END_TEST

START_TEST(a_user_is_not)
{
	struct mr_facts facts;

	unit_become_user();
	ck_assert_int_eq(mr_facts_read(&facts, NULL), 0);
	ck_assert_uint_eq(facts.user, support_user()->uid);
	ck_assert_uint_eq(facts.group, support_user()->gid);
	ck_assert(!facts.privileged);
}
END_TEST

START_TEST(root_of_a_namespace_is)
{
	struct mr_facts facts;

	unit_enter_namespace(0);
	ck_assert_int_eq(mr_facts_read(&facts, NULL), 0);
	ck_assert(facts.user == 0 && facts.group == 0 && facts.privileged);
}
END_TEST

START_TEST(another_effective_user_is_refused)
{
	struct mr_facts facts = { .user = 4711 };
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(setresuid(support_user()->uid, 0, 0), 0);
	ck_assert_int_eq(mr_facts_read(&facts, &err), -EPERM);
	ck_assert_uint_eq(facts.user, 4711);
	unit_check_error(
		&err, EPERM, MAPROOT_STEP_SECURE,
		"refusing to run with an effective user other than the real one (set-user-ID)");
}
END_TEST

START_TEST(another_effective_group_is_refused)
{
	struct mr_facts facts;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(setresgid(support_user()->gid, 0, 0), 0);
	ck_assert_int_eq(mr_facts_read(&facts, &err), -EPERM);
	unit_check_error(
		&err, EPERM, MAPROOT_STEP_SECURE,
		"refusing to run with an effective group other than the real one (set-group-ID)");
}
END_TEST

START_TEST(unreadable_capabilities_are_an_error)
{
	struct mr_facts facts;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_deny(SYS_capget, EPERM);
	ck_assert_int_eq(mr_facts_read(&facts, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_PROBE, NULL);
}
END_TEST

static unsigned int types_in_proc(void)
{
	unsigned int found = 0;

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		const char *name = maproot_namespace_name((enum maproot_namespace)type);

		if (access(support_text("/proc/self/ns/%s", name), F_OK) == 0)
			found |= MAPROOT_NAMESPACE_BIT(type);
	}
	return found;
}

START_TEST(types_are_those_of_the_kernel)
{
	ck_assert_uint_eq(maproot_namespaces_supported(), types_in_proc());
	ck_assert_uint_ne(
		maproot_namespaces_supported() & MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_USER), 0);
}
END_TEST

START_TEST(no_types_without_proc)
{
	unit_private_mounts();
	ck_assert_int_eq(umount2("/proc", MNT_DETACH), 0);
	ck_assert_uint_eq(maproot_namespaces_supported(), 0);
	ck_assert_int_eq(mount("proc", "/proc", "proc", 0, NULL), 0);
}
END_TEST

static void *ask_in_thread(void *arg)
{
	*(unsigned int *)arg = maproot_namespaces_supported();
	return NULL;
}

START_TEST(any_thread_may_ask)
{
	pthread_t thread;
	unsigned int answer = 0;

	ck_assert_int_eq(pthread_create(&thread, NULL, ask_in_thread, &answer), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(answer, types_in_proc());
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/facts", &tc);

	tcase_add_test(tc, root_is_privileged);
	tcase_add_test(tc, a_user_is_not);
	tcase_add_test(tc, root_of_a_namespace_is);
	tcase_add_test(tc, another_effective_user_is_refused);
	tcase_add_test(tc, another_effective_group_is_refused);
	tcase_add_test(tc, unreadable_capabilities_are_an_error);
	tcase_add_test(tc, types_are_those_of_the_kernel);
	tcase_add_test(tc, no_types_without_proc);
	tcase_add_test(tc, any_thread_may_ask);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

/*
 * Contract of maproot_start() and maproot_wait(): all around a command is made in the order of <maproot/engine.h>, is there while it runs,
 * and is gone when it has ended or could not be started, whatever failed; the record tells of it meanwhile. Any thread,
 * several at once, cancelled or not, and whatever the host does with SIGCHLD.
 */
#include "engines.h"

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

static const struct {
	const char *script;
	int status;
} endings[] = { { "exit 0", 0 }, { "exit 3", 3 << 8 }, { "kill -9 $$", 9 }, { "kill -TERM $$", 15 } };

START_TEST(plain_run_leaves_no_trace)
{
	static const struct maproot_request request = { .death_signal = SIGKILL };
	struct maproot_running *running;

	engines_place(false);
	running = engines_run(&request, _i % 2 ? NULL : &(struct maproot_engine){ .id = NULL }, endings[_i / 2].script);
	ck_assert_str_eq(maproot_running_id(running), "");
	ck_assert_int_gt(maproot_running_child(running)->pid, 0);
	ck_assert_int_eq(engines_wait(running), endings[_i / 2].status);
	engines_check_gone();
	ck_assert_int_ne(access(engines_records(), F_OK), 0);
}
END_TEST

struct seen {
	int calls;
	unsigned int namespaces;
	const char *id;
	enum maproot_state state;
};

static void check_record(const struct seen *seen, pid_t pid, enum maproot_state state)
{
	struct maproot_name_record record;

	ck_assert_int_eq(maproot_state_find(seen->id, &record, NULL), 0);
	ck_assert_int_eq(record.state, state);
	ck_assert_int_eq(record.pid, pid);
	ck_assert_int_eq(record.keeper, getpid());
	ck_assert_str_eq(record.command, "sh -c sleep 1000");
	ck_assert_str_eq(record.cgroup, support_text("%s/maproot-%s", engines_group, seen->id));
	ck_assert_str_eq(record.network, "loopback");
	ck_assert_uint_eq(record.users.count, 1);
	ck_assert_uint_eq(record.users.range[0].outer, support_user()->uid);
	ck_assert_uint_eq(record.namespaces[MAPROOT_NAMESPACE_NET], place_of(pid, MAPROOT_NAMESPACE_NET));
}

static void check_namespaces(pid_t pid, unsigned int namespaces)
{
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		bool differs = place_of(pid, type) != place_of(getpid(), type);

		ck_assert_msg(differs == !!(namespaces & MAPROOT_NAMESPACE_BIT(type)), "%s",
			      maproot_namespace_name(type));
	}
}

/* Held: everything is there, and the command is not. */
static int at_setup(void *arg, pid_t pid, struct maproot_error *err)
{
	struct seen *seen = arg;
	char *map = support_read(support_text("/proc/%d/uid_map", (int)pid), NULL);

	(void)err;
	ck_assert_int_eq(seen->calls++, 0);
	ck_assert_str_eq(engines_link(support_text("/proc/%d/exe", (int)pid)), engines_link("/proc/self/exe"));
	check_namespaces(pid, seen->namespaces);
	ck_assert_int_eq((int)strtol(map, NULL, 10), 0);
	ck_assert_ptr_nonnull(strstr(map, support_text("%u", support_user()->uid)));
	free(map);
	ck_assert_str_eq(groups_of(pid, "0::"), support_text("%s/maproot-%s", groups_of(getpid(), "0::"), seen->id));
	check_record(seen, pid, MAPROOT_STATE_CREATED);
	return 0;
}

static int at_started(void *arg, pid_t pid, struct maproot_error *err)
{
	struct seen *seen = arg;

	(void)err;
	ck_assert_int_eq(seen->calls++, 1);
	ck_assert_str_ne(engines_link(support_text("/proc/%d/exe", (int)pid)), engines_link("/proc/self/exe"));
	check_namespaces(pid, seen->namespaces);
	check_record(seen, pid, MAPROOT_STATE_RUNNING);
	return 0;
}

START_TEST(everything_in_its_order)
{
	static const char *const loopback[] = { "loopback" };
	static const struct maproot_network network = { .strategies = loopback, .strategy_count = 1 };
	static const struct maproot_cgroup cgroup = { .manager = MAPROOT_CGROUP_FS };
	struct seen seen = { .id = "in.order", .namespaces = BIT(USER) | BIT(MNT) | BIT(NET) | BIT(UTS) };
	const struct maproot_request request = {
		.death_signal = SIGKILL, .namespaces = BIT(UTS), .network = &network, .cgroup = &cgroup
	};
	const struct maproot_engine engine = { .id = seen.id,
					       .setup = { .call = at_setup, .arg = &seen },
					       .started = { .call = at_started, .arg = &seen } };
	struct maproot_running *running;

	engines_place(false);
	running = engines_run(&request, &engine, "sleep 1000");
	ck_assert_int_eq(seen.calls, 2);
	ck_assert_str_eq(maproot_running_id(running), seen.id);
	ck_assert_int_eq(kill(maproot_running_child(running)->pid, SIGTERM), 0);
	ck_assert_int_eq(engines_wait(running), SIGTERM);
	engines_check_gone();
	ck_assert_int_eq(maproot_state_find(seen.id, &(struct maproot_name_record){ .pid = 0 }, NULL), -ENOENT);
}
END_TEST

static int check_ranges(void *arg, pid_t pid, struct maproot_error *err)
{
	char *map = support_read(support_text("/proc/%d/uid_map", (int)pid), NULL);

	(void)err;
	ck_assert_ptr_nonnull(strstr(map, support_text("%10u %10u %10u\n", 1, support_user()->subordinate[0],
						       support_user()->subordinate_count)));
	free(map);
	*(int *)arg += 1;
	return 0;
}

/* Also where the process that is held is not the one that executes. */
START_TEST(ranges_are_there_at_setup)
{
	int calls = 0;
	const struct maproot_request request = { .death_signal = SIGKILL,
						 .identity = { .subordinate = true },
						 .namespaces = _i ? BIT(PID) : 0 };
	const struct maproot_engine engine = { .id = "ranges", .setup = { .call = check_ranges, .arg = &calls } };

	engines_place(false);
	ck_assert_int_eq(engines_wait(engines_run(&request, &engine, "[ $(id -u) = 0 ] && exit 5")), 5 << 8);
	ck_assert_int_eq(calls, 1);
	engines_check_gone();
}
END_TEST

static const struct {
	const char *id;
	int code;
} ids[] = { { "a", 0 }, { "A.b_c-9", 0 }, { "", EINVAL }, { ".x", EINVAL }, { "../x", EINVAL }, { "a/b", EINVAL }, { "12", EINVAL }, { "1234567890123456789012345678901234567890123456789012345678901234567890x", EINVAL }, { "taken", EEXIST } };

START_TEST(ids_are_names)
{
	static const struct maproot_request request = { .death_signal = SIGKILL };
	const struct maproot_engine engine = { .id = ids[_i].id };
	struct maproot_running *running = NULL;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	engines_place(false);
	ck_assert_int_eq(maproot_name_claim("taken", "test", NULL), 0);
	ck_assert_int_eq(engines_start(&request, &engine, "exit 7", &running, &err), -ids[_i].code);
	if (ids[_i].code == 0) {
		ck_assert_str_eq(maproot_running_id(running), ids[_i].id);
		ck_assert_int_eq(engines_wait(running), 7 << 8);
	} else {
		ck_assert_int_eq(err.step, MAPROOT_STEP_NAME);
	}
	ck_assert_int_eq(maproot_name_release("taken", NULL), 0);
	engines_check_gone();
}
END_TEST

START_TEST(ids_are_made_up)
{
	static const struct maproot_request request = { .death_signal = SIGKILL };
	static const struct maproot_engine engine = { .keep_record = true };
	struct maproot_running *one;
	struct maproot_running *other;

	engines_place(false);
	one = engines_run(&request, &engine, "exit 1");
	other = engines_run(&request, &engine, "exit 2");
	ck_assert_int_eq(strncmp(maproot_running_id(one), "run-", 4), 0);
	ck_assert_str_ne(maproot_running_id(one), maproot_running_id(other));
	ck_assert_uint_eq(engines_record_count(), 2);
	ck_assert_int_eq(engines_wait(one), 1 << 8);
	ck_assert_int_eq(engines_wait(other), 2 << 8);
	engines_check_gone();
}
END_TEST

START_TEST(refused_before_anything_is_made)
{
	static const char *const nonsense[] = { "nonsense" };
	static const char *const limits[] = { "memory.max=much" };
	static const struct maproot_network network = { .strategies = nonsense, .strategy_count = 1 };
	static const struct maproot_cgroup above = { .name = "../x" };
	static const struct maproot_cgroup much = { .limits = limits, .limit_count = 1 };
	static char *const none[] = { NULL };
	const struct maproot_engine engine = { .id = "refused" };
	const struct maproot_engine greedy = { .id = "refused", .keep_fd_count = 33 };
	struct maproot_running *running = NULL;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	engines_place(false);
	engines_fail(&(struct maproot_request){ .in_place = true }, &engine, "true", EINVAL, MAPROOT_STEP_REQUEST,
		     "what is taken down afterwards is never in place");
	engines_fail(&(struct maproot_request){ .name = "x" }, &engine, "true", EINVAL, MAPROOT_STEP_REQUEST,
		     "the name of a run is its id");
	engines_fail(&(struct maproot_request){ .network = &network }, &engine, "true", EINVAL, MAPROOT_STEP_REQUEST, NULL);
	engines_fail(&(struct maproot_request){ .cgroup = &above }, &engine, "true", EINVAL, MAPROOT_STEP_CGROUP_FIND, NULL);
	engines_fail(&(struct maproot_request){ .cgroup = &much }, &engine, "true", EINVAL, MAPROOT_STEP_CGROUP_LIMIT, NULL);
	engines_fail(&(struct maproot_request){ .hostname = "x" }, &engine, "true", EINVAL, MAPROOT_STEP_REQUEST, NULL);
	ck_assert_int_eq(maproot_start(&(struct maproot_request){ .in_place = false }, &engine, none, NULL, &running, &err),
			 -EINVAL);
	ck_assert_str_eq(err.object, "there is no command");
	engines_fail(&(struct maproot_request){ .in_place = false }, &greedy, "true", EINVAL, MAPROOT_STEP_REQUEST,
		     "more than 32 descriptors to keep");
	ck_assert_int_ne(access(engines_records(), F_OK), 0);
}
END_TEST

/* What people read is shortened, and looks it; the run itself has all of it. */
START_TEST(a_long_network_is_shortened)
{
	static char reference[MAPROOT_NETWORK_SIZE + 64];
	static const char *const strategies[] = { reference };
	const struct maproot_network network = { .strategies = strategies, .strategy_count = 1 };
	const struct maproot_request request = { .network = &network };
	const struct maproot_engine engine = { .id = "long" };
	struct maproot_name_record record;
	struct maproot_running *running;
	int length;

	engines_place(false);
	/* The same namespace by a long way. */
	length = snprintf(reference, sizeof(reference), "ns:/proc");
	while (length < MAPROOT_NETWORK_SIZE)
		length += snprintf(reference + length, sizeof(reference) - (size_t)length, "/.");
	(void)snprintf(reference + length, sizeof(reference) - (size_t)length, "/self/ns/net");
	running = engines_run(&request, &engine, "exec sleep 1000");
	ck_assert_int_eq(maproot_state_find("long", &record, NULL), 0);
	ck_assert_uint_eq(strlen(record.network), sizeof(record.network) - 1);
	ck_assert_str_eq(record.network + strlen(record.network) - 3, "...");
	ck_assert_int_eq(kill(maproot_running_child(running)->pid, SIGKILL), 0);
	(void)engines_wait(running);
	engines_check_gone();
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = engines_suite("engine", &tests);

	tcase_add_loop_test(tests, plain_run_leaves_no_trace, 0, 2 * UNIT_COUNT(endings));
	tcase_add_test(tests, everything_in_its_order);
	tcase_add_loop_test(tests, ranges_are_there_at_setup, 0, 2);
	tcase_add_loop_test(tests, ids_are_names, 0, UNIT_COUNT(ids));
	tcase_add_test(tests, ids_are_made_up);
	tcase_add_test(tests, refused_before_anything_is_made);
	tcase_add_test(tests, a_long_network_is_shortened);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}

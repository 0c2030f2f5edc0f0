/*
 * Contract of <maproot/pin.h> about ip-netns(8), with the real one: each sees, enters and removes the pins of the
 * other, whoever made the directory; it is one shared mount, so that pins are seen and removed from mount namespaces
 * that were made before; two who make it at once make it once, and whoever keeps its lock keeps nobody for long.
 */
#include "pins.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

static const char *own_net(void)
{
	return support_text("net:[%lu]", (unsigned long)inode_of("/proc/self/ns/net"));
}

static const char *net_of(const struct maproot_pin *pin)
{
	return support_text("net:[%lu]\n", (unsigned long)inode_of_fd(maproot_pin_fd(pin)));
}

/* As `ip netns list` has it, where the kernel has given no number. */
static bool is_listed(const char *name)
{
	const char *list = support_text("\n%s", ip_netns("list"));

	return strstr(list, support_text("\n%s\n", name)) || strstr(list, support_text("\n%s ", name));
}

static void check_directory(void)
{
	ck_assert_uint_eq(mounts_with(" /run/netns "), 1);
	ck_assert_ptr_nonnull(strstr(unit_mount("/run/netns"), "shared:"));
}

/* Rows: in each place; the directory made by the one or by the other. */
START_TEST(ip_uses_ours)
{
	struct maproot_pin *pin;
	struct maproot_pin *other;

	begin(_i / 2);
	if (_i % 2 == 1) {
		(void)ip_netns("add", "theirs");
		check_directory();
	}
	pin = make_pin(MAPROOT_NAMESPACE_NET, "ours");
	check_directory();
	ck_assert(is_listed("ours"));
	ck_assert_str_eq(ip_netns("exec", "ours", "readlink", "/proc/self/ns/net"), net_of(pin));
	/* Ours has lo up. */
	ck_assert_ptr_nonnull(strstr(ip_netns("exec", "ours", "ip", "-o", "link"), "LOOPBACK,UP"));
	other = make_pin(MAPROOT_NAMESPACE_NET, "more");
	(void)ip_netns("del", "ours");
	check_gone("/run/netns/ours");
	ck_assert(!is_listed("ours"));
	close_pin(&pin);
	check_pinned(other, "/run/netns/more");
	close_pin(&other);
	ck_assert(!is_listed("more"));
	ck_assert_int_eq(is_listed("theirs"), _i % 2 == 1);
}
END_TEST

static int tell_net(void *arg, const struct maproot_join *caller)
{
	(void)arg;
	(void)caller;
	return (int)inode_of("/proc/thread-self/ns/net");
}

START_TEST(we_use_those_of_ip)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin *ours = NULL;
	struct maproot_pin *pin = NULL;
	int result = 0;

	begin(_i / 2);
	if (_i % 2 == 1)
		ours = make_pin(MAPROOT_NAMESPACE_NET, "ours");
	(void)ip_netns("add", "theirs");
	check_directory();
	ck_assert_int_eq(maproot_pin_open(MAPROOT_NAMESPACE_NET, "theirs", &pin, &err), 0);
	check_pinned(pin, "/run/netns/theirs");
	ck_assert_str_eq(ip_netns("exec", "theirs", "readlink", "/proc/self/ns/net"), net_of(pin));
	ck_assert_int_eq(maproot_pin_run_in(pin, tell_net, NULL, &result, &err), 0);
	ck_assert_uint_eq((unsigned int)result, inode_of("/run/netns/theirs"));
	close_pin(&pin);
	ck_assert(is_listed("theirs"));
	ck_assert_int_eq(maproot_pin_new(MAPROOT_NAMESPACE_NET, "theirs", &pin, &err), -EEXIST);
	ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_UTS, "/run/netns/theirs", &err), -EINVAL);
	ck_assert(is_listed("theirs"));
	ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_NET, "theirs", &err), 0);
	check_gone("/run/netns/theirs");
	ck_assert(!is_listed("theirs"));
	if (ours) {
		check_pinned(ours, "/run/netns/ours");
		close_pin(&ours);
	}
}
END_TEST

/* A name that was given away in the meantime is somebody else's. */
START_TEST(a_name_that_ip_has_taken)
{
	struct maproot_pin *pin;
	ino_t theirs;

	begin(AS_ROOT);
	pin = make_pin(MAPROOT_NAMESPACE_NET, "a");
	(void)ip_netns("del", "a");
	(void)ip_netns("add", "a");
	theirs = inode_of("/run/netns/a");
	ck_assert_uint_ne(theirs, inode_of_fd(maproot_pin_fd(pin)));
	close_pin(&pin);
	ck_assert_uint_eq(inode_of("/run/netns/a"), theirs);
	ck_assert(is_listed("a"));
	/* And the other way round: ours, bound to a file of ip's, which is ip's to remove. */
	(void)ip_netns("attach", "b", support_text("%d", (int)getpid()));
	ck_assert_str_eq(ip_netns("exec", "b", "readlink", "/proc/self/ns/net"), support_text("%s\n", own_net()));
	ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_NET, "b", NULL), 0);
	check_gone("/run/netns/b");
}
END_TEST

/* Somebody in a mount namespace that was made when the directory was already shared, and does what he is told. */
struct neighbour {
	pid_t pid;
	int in;
	int out;
};

static char look_for(char order)
{
	switch (order) {
	case '?': /* is the pin seen, as the one that it is? */
		return inode_of("/run/netns/a") ? 'y' : 'n';
	case '-':
		return maproot_unpin(MAPROOT_NAMESPACE_NET, "a", NULL) == 0 ? 'y' : 'n';
	case '+': {
		struct maproot_pin *pin = NULL;

		return maproot_pin_new(MAPROOT_NAMESPACE_NET, "a", &pin, NULL) == 0 ? 'y' : 'n';
	}
	default:
		_exit(0);
	}
}

static void start_neighbour(struct neighbour *neighbour)
{
	int orders[2];
	int answers[2];
	char order;

	ck_assert_int_eq(pipe2(orders, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(answers, O_CLOEXEC), 0);
	neighbour->pid = fork();
	ck_assert_int_ge(neighbour->pid, 0);
	if (neighbour->pid == 0) {
		(void)close(orders[1]);
		if (unshare(CLONE_NEWNS) < 0 || write(answers[1], "!", 1) != 1)
			_exit(1);
		while (read(orders[0], &order, 1) == 1) {
			char answer = look_for(order);

			if (write(answers[1], &answer, 1) != 1)
				_exit(2);
		}
		_exit(0);
	}
	(void)close(orders[0]);
	(void)close(answers[1]);
	neighbour->in = answers[0];
	neighbour->out = orders[1];
	ck_assert_int_eq(read(neighbour->in, &order, 1), 1);
}

static char ask(const struct neighbour *neighbour, char order)
{
	char answer = 0;

	ck_assert_int_eq(write(neighbour->out, &order, 1), 1);
	ck_assert_int_eq(read(neighbour->in, &answer, 1), 1);
	return answer;
}

static void end_neighbour(const struct neighbour *neighbour)
{
	int status;

	(void)close(neighbour->out);
	ck_assert_int_eq(waitpid(neighbour->pid, &status, 0), neighbour->pid);
	(void)close(neighbour->in);
}

START_TEST(pins_propagate)
{
	struct neighbour neighbour;
	struct maproot_pin *pin;

	begin(_i / 2);
	/* Who comes first makes the directory what it has to be. */
	if (_i % 2 == 0) {
		pin = make_pin(MAPROOT_NAMESPACE_NET, "first");
		close_pin(&pin);
	} else {
		(void)ip_netns("add", "first");
	}
	start_neighbour(&neighbour);
	pin = make_pin(MAPROOT_NAMESPACE_NET, "a");
	ck_assert_int_eq(ask(&neighbour, '?'), 'y');
	close_pin(&pin);
	ck_assert_int_eq(ask(&neighbour, '?'), 'n');
	(void)ip_netns("add", "a");
	ck_assert_int_eq(ask(&neighbour, '-'), 'y');
	check_gone("/run/netns/a");
	ck_assert_int_eq(ask(&neighbour, '+'), 'y');
	ck_assert(is_listed("a"));
	(void)ip_netns("exec", "a", "true");
	ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_NET, "a", NULL), 0);
	ck_assert_int_eq(ask(&neighbour, '?'), 'n');
	pin = make_pin(MAPROOT_NAMESPACE_NET, "a");
	ck_assert_int_eq(ask(&neighbour, '-'), 'y');
	close_pin(&pin);
	end_neighbour(&neighbour);
}
END_TEST

/* In a mount namespace where everything was made private, as unshare(1) does, it is shared again, and mounted once. */
START_TEST(a_private_directory_is_shared_again)
{
	struct maproot_pin *pin;

	begin(AS_ROOT);
	(void)ip_netns("add", "first");
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_ptr_null(strstr(unit_mount("/run/netns"), "shared:"));
	pin = make_pin(MAPROOT_NAMESPACE_NET, "a");
	check_directory();
	ck_assert_ptr_nonnull(strstr(unit_mount("/run/netns/first"), "shared:"));
	close_pin(&pin);
}
END_TEST

/* Several at once find no directory; half of them are ip. */
START_TEST(made_once)
{
	enum { EACH = 4 };
	pid_t pids[2 * EACH];
	int status;
	int go[2];
	char byte;

	begin(AS_ROOT);
	ck_assert_int_eq(pipe2(go, O_CLOEXEC), 0);
	for (int at = 0; at < 2 * EACH; at++) {
		const char *name = support_text("n%d", at);
		struct maproot_pin *pin = NULL;

		pids[at] = fork();
		if (pids[at] > 0)
			continue;
		(void)close(go[1]);
		if (read(go[0], &byte, 1) == 0 && at % 2 == 0)
			_exit(maproot_pin_new(MAPROOT_NAMESPACE_NET, name, &pin, NULL) == 0 ? 0 : 1);
		(void)execlp("ip", "ip", "netns", "add", name, NULL);
		_exit(2);
	}
	(void)close(go[1]);
	for (int at = 0; at < 2 * EACH; at++) {
		ck_assert_int_eq(waitpid(pids[at], &status, 0), pids[at]);
		ck_assert_int_eq(status, 0);
	}
	check_directory();
	ck_assert_uint_eq(entries("/run/netns"), 2 * EACH);
	for (int at = 0; at < 2 * EACH; at++)
		ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_NET, support_text("n%d", at), NULL), 0);
	ck_assert_uint_eq(mounts_with(" - nsfs "), 0);
}
END_TEST

/* What ip does with the directory it does while it has its lock; who comes then waits, and finds it done. */
START_TEST(waits_for_the_lock)
{
	struct maproot_pin *pin = NULL;
	int status;
	int held;
	pid_t pid;

	begin(AS_ROOT);
	ck_assert_int_eq(mkdir("/run/netns", 0755), 0);
	held = open("/run/netns", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(flock(held, LOCK_EX), 0);
	pid = fork();
	if (pid == 0)
		_exit(maproot_pin_new(MAPROOT_NAMESPACE_NET, "a", &pin, NULL) == 0 ? 0 : 1);
	support_sleep_us(200000);
	ck_assert_int_eq(waitpid(pid, &status, WNOHANG), 0);
	ck_assert_int_eq(mount("/run/netns", "/run/netns", NULL, MS_BIND | MS_REC, NULL), 0);
	ck_assert_int_eq(mount(NULL, "/run/netns", NULL, MS_SHARED | MS_REC, NULL), 0);
	ck_assert_int_eq(flock(held, LOCK_UN), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	check_directory();
	ck_assert_int_eq(maproot_unpin(MAPROOT_NAMESPACE_NET, "a", NULL), 0);
}
END_TEST

/* Anybody can take the lock of a directory that he may read. */
START_TEST(a_lock_that_is_never_given_back)
{
	struct maproot_pin *pin;
	int64_t begun;
	int held;

	begin(AS_ROOT);
	ck_assert_int_eq(mkdir("/run/netns", 0755), 0);
	held = open("/run/netns", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(flock(held, LOCK_EX), 0);
	begun = support_now_us();
	pin = make_pin(MAPROOT_NAMESPACE_NET, "a");
	ck_assert_int_lt(support_now_us() - begun, 5000000);
	check_pinned(pin, "/run/netns/a");
	check_directory();
	/* It is needed for the making of the directory alone. */
	begun = support_now_us();
	close_pin(&pin);
	pin = make_pin(MAPROOT_NAMESPACE_NET, "a");
	ck_assert_int_lt(support_now_us() - begun, 900000);
	close_pin(&pin);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("join/pin_netns", &tc);

	tcase_add_loop_test(tc, ip_uses_ours, 0, PLACES * 2);
	tcase_add_loop_test(tc, we_use_those_of_ip, 0, PLACES * 2);
	tcase_add_test(tc, a_name_that_ip_has_taken);
	tcase_add_loop_test(tc, pins_propagate, 0, PLACES * 2);
	tcase_add_test(tc, a_private_directory_is_shared_again);
	tcase_add_test(tc, made_once);
	tcase_add_test(tc, waits_for_the_lock);
	tcase_add_test(tc, a_lock_that_is_never_given_back);
	return suite;
}

int main(void)
{
	return unit_main(build);
}

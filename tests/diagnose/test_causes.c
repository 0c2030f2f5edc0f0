/*
 * Contract of <maproot/explain.h>: each cause, reproduced, is named, and no other:
 * - in its situation the failure is explained by its id, as established, with a cause, and a remedy or nobody to apply
 *   one;
 *   of all checks in the table exactly one establishes anything;
 * - crosswise: in no situation the errors of all other situations are explained by causes that do not hold there;
 * - every id of the table is named by a situation.
 */
#include "diagnose/causes.h"
#include "peers.h"
#include "situation.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct situations *const parts[] = {
	&situations_of_creation,
	&situations_of_filters,
	&situations_of_kernels,
	&situations_of_maps,
	&situations_of_helpers,
	&situations_of_outfit,
	&situations_of_mounts,
	&situations_of_files,
	&situations_of_joins,
};

static const struct situation *situation_at(size_t at)
{
	for (size_t part = 0; part < UNIT_COUNT(parts); at -= parts[part++]->count) {
		if (at < parts[part]->count)
			return &parts[part]->row[at];
	}
	return NULL;
}

static size_t situation_count(void)
{
	size_t count = 0;

	for (size_t part = 0; part < UNIT_COUNT(parts); part++)
		count += parts[part]->count;
	return count;
}

/* What was seen in the situation, by a process that is there for good. */
struct sight {
	bool failed;
	struct maproot_error err;
	struct maproot_explanation why;
	char id[64];
	char established[512]; /* by all checks */
	char wrong[4096];      /* crosswise */
	size_t wrong_count;
	size_t crossed;
	struct peer_words peer[PEER_COUNT]; /* where it is a situation of theirs, too */
	bool has_peers;
};

static struct sight *sight;
static const struct situation *current;

static void add(char *list, size_t size, const char *word)
{
	size_t length = strlen(list);

	(void)snprintf(list + length, size - length, "%s%s", length > 0 ? " " : "", word);
}

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at && (at = strstr(at, word)); at += length) {
		if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return true;
	}
	return false;
}

static void check_all(const struct maproot_error *err, const char *root)
{
	struct mr_evidence evidence;

	mr_evidence_collect(err, current->request, root, &evidence);
	for (size_t at = 0; at < mr_cause_count; at++) {
		struct mr_finding finding = { 0 };

		if (mr_cause_applies(&mr_causes[at], err) && mr_causes[at].check(&evidence, &finding) == MR_ESTABLISHED)
			add(sight->established, sizeof(sight->established), finding.id ? finding.id : mr_causes[at].id);
	}
}

/* What may hold of the machine, whatever else does. */
static const char of_machine[] = "cgroup-controller-absent tun-closed tun-missing";

static bool holds_here(const char *id)
{
	return strcmp(id, current->id) == 0 || has_word(current->also, id) || has_word(of_machine, id);
}

/* What other situations fail with, explained here. */
static void cross(const char *root)
{
	const struct situation *other;

	for (size_t at = 0; (other = situation_at(at)); at++) {
		struct maproot_explanation why;

		if (other == current || other->by_error || other->possible || strcmp(other->id, current->id) == 0)
			continue;
		if (maproot_error_explain(&other->error, other->request, root, &why) < 0)
			support_die("no explanation");
		sight->crossed++;
		if (!why.established || holds_here(why.id))
			continue;
		sight->wrong_count++;
		add(sight->wrong, sizeof(sight->wrong), support_text("%s(%s)", why.id, other->how));
	}
}

static int look(void *arg)
{
	const char *root = NULL;

	(void)arg;
	if (current->files[0])
		root = make_files(current->files);
	if (current->prepare)
		current->prepare();
	else
		become_user();
	situation_command = current->command;
	sight->err = current->error;
	sight->failed = true;
	if (current->fails) {
		sight->err = (struct maproot_error)MAPROOT_ERROR_INIT;
		sight->failed = current->fails(current->request, &sight->err) < 0;
	}
	if (!sight->failed)
		return 0;
	if (maproot_error_explain(&sight->err, current->request, root, &sight->why) < 0)
		support_die("no explanation");
	(void)snprintf(sight->id, sizeof(sight->id), "%s", sight->why.id);
	check_all(&sight->err, root);
	cross(root);
	sight->has_peers = current->fails == fail_to_start && !root && !current->by_error && !current->command;
	if (sight->has_peers)
		ask_peers(current->request && current->request->identity.subordinate,
			  current->request && current->request->mount_count > 0, sight->peer);
	return 0;
}

static void print_row(void)
{
	char said[512];

	(void)maproot_error_format(&sight->err, said, sizeof(said));
	printf("%-34s | %-36s | %-34s | %s\n", current->id, current->how, sight->id, said);
	printf("    cause: %s\n    try:   %s [%s]\n", sight->why.cause, sight->why.remedy,
	       maproot_who_name(sight->why.who));
	for (int at = 0; sight->has_peers && at < PEER_COUNT; at++)
		printf("    %s: %s\n", sight->peer[at].name, sight->peer[at].said);
	(void)fflush(stdout);
}

/* False: not in this build. */
static bool look_at(int row)
{
	int status;

	current = situation_at((size_t)row);
	if (current->no_sanitizer && UNIT_SANITIZED)
		return false;
	sight = mmap(NULL, sizeof(*sight), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sight == MAP_FAILED)
		support_die("mmap");
	(void)fflush(stdout);
	status = unit_in_child(look, NULL);
	support_kill_descendants();
	end_groups();
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %#x", current->how,
		      (unsigned int)status);
	ck_assert_msg(sight->failed, "%s: nothing failed", current->how);
	print_row();
	return true;
}

START_TEST(is_named_and_no_other)
{
	if (!look_at(_i))
		return;
	ck_assert_msg(sight->err.code == current->error.code && sight->err.step == current->error.step,
		      "%s: fails at %s with %d: %s", current->how, maproot_step_name(sight->err.step), sight->err.code,
		      sight->err.object);
	if (current->error.object[0] != '\0')
		ck_assert_str_eq(sight->err.object, current->error.object);
	ck_assert_str_eq(sight->id, current->id);
	ck_assert_int_eq(sight->why.established, !current->possible);
	ck_assert_str_eq(sight->established, current->possible ? "" : current->id);
	ck_assert(sight->why.cause[0] != '\0' && !strstr(sight->why.cause, "%s") && !strstr(sight->why.remedy, "%s"));
	ck_assert((sight->why.remedy[0] == '\0') == (sight->why.who == MAPROOT_WHO_NOBODY));
	ck_assert_uint_gt(sight->crossed, 20);
	ck_assert_msg(sight->wrong_count == 0, "%s: %zu wrong of %zu: %s", current->how, sight->wrong_count,
		      sight->crossed, sight->wrong);
}
END_TEST

static bool is_named(const char *id)
{
	const struct situation *situation;

	for (size_t at = 0; (situation = situation_at(at)); at++) {
		if (strcmp(situation->id, id) == 0)
			return true;
	}
	/* One row, eight ids. */
	return strcmp(id, "sysctl-max-namespaces") == 0;
}

START_TEST(every_cause_has_a_situation)
{
	size_t count = 0;

	for (const char *id; (id = maproot_cause_id(count)); count++)
		ck_assert_msg(is_named(id), "no situation for '%s'", id);
	ck_assert_uint_gt(count, 50);
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("causes", &tests);

	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, is_named_and_no_other, 0, (int)situation_count());
	tcase_add_test(tests, every_cause_has_a_situation);
	return suite;
}

int main(void)
{
	printf("cause | produced how | named by maproot | failed with\n");
	return unit_main_as_root(build);
}

/*
 * The table of what may be left out, and by which steps it is known to be what failed.
 */
#include "cli/degrade.h"

#include "cli/report.h"

#include <stddef.h>

static bool leave_out_subids(struct options *options, const struct maproot_error *err)
{
	/* In place the user namespace is there by now, and takes no other map. */
	if (!options->map_auto_try || (options->request.in_place && err->step != MAPROOT_STEP_SUBIDS))
		return false;
	options->map_auto_try = false;
	options->request.identity.subordinate = false;
	return true;
}

static bool leave_out_cgroup(struct options *options, const struct maproot_error *err)
{
	(void)err;
	if (!options->cgroup_try)
		return false;
	options->cgroup_try = false;
	options->request.cgroup = NULL;
	return true;
}

static bool leave_out_network(struct options *options, const struct maproot_error *err)
{
	static const char *const loopback[] = { "loopback" };

	(void)err;
	if (!options->net_try)
		return false;
	options->net_try = false;
	options->network = (struct maproot_network){ .strategies = loopback, .strategy_count = 1 };
	return true;
}

static const struct {
	enum maproot_step step;
	bool (*leave_out)(struct options *options, const struct maproot_error *err);
	const char *then;
} rows[] = {
	{ MAPROOT_STEP_SUBIDS, leave_out_subids, "going on with a single id" },
	{ MAPROOT_STEP_HELPER, leave_out_subids, "going on with a single id" },
	{ MAPROOT_STEP_HELPER_FAILED, leave_out_subids, "going on with a single id" },
	{ MAPROOT_STEP_HELPER_KILLED, leave_out_subids, "going on with a single id" },
	{ MAPROOT_STEP_CGROUP_FIND, leave_out_cgroup, "going on without a control group" },
	{ MAPROOT_STEP_CGROUP_RIGHTS, leave_out_cgroup, "going on without a control group" },
	{ MAPROOT_STEP_CGROUP_MAKE, leave_out_cgroup, "going on without a control group" },
	{ MAPROOT_STEP_CGROUP_LIMIT, leave_out_cgroup, "going on without a control group" },
	{ MAPROOT_STEP_CGROUP_ENTER, leave_out_cgroup, "going on without a control group" },
	{ MAPROOT_STEP_NETWORK, leave_out_network, "going on with loopback alone" },
	{ MAPROOT_STEP_PROGRAM, leave_out_network, "going on with loopback alone" },
	{ MAPROOT_STEP_PROGRAM_FAILED, leave_out_network, "going on with loopback alone" },
	{ MAPROOT_STEP_PROGRAM, leave_out_cgroup, "going on without a control group" },
	{ MAPROOT_STEP_PROGRAM_FAILED, leave_out_cgroup, "going on without a control group" },
};

bool degrade(struct options *options, const struct maproot_error *err)
{
	char text[512];

	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		if (rows[at].step != err->step || !rows[at].leave_out(options, err))
			continue;
		(void)maproot_error_format(err, text, sizeof(text));
		report(text, ": ", rows[at].then, NULL);
		return true;
	}
	return false;
}

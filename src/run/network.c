/*
 * The strategies of a run, one after the other: looked at before anything is made, carried out while the child is held,
 * ended with the run.
 */
#include "run/network.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "run/network_strategy.h"

#include <errno.h>
#include <string.h>

enum { END_PATIENCE_MS = 500 }; /* they remove nothing at their end that we would not */

/* What the child does itself, or nobody, has no row. */
static const struct mr_network_strategy *const strategies[MR_NETWORK_KINDS] = {
	[MR_NETWORK_VETH] = &mr_network_veth,
	[MR_NETWORK_SLIRP4NETNS] = &mr_network_slirp4netns,
	[MR_NETWORK_PASTA] = &mr_network_pasta,
};

static const struct mr_network_strategy *strategy_of(const struct mr_networks *networks, size_t at)
{
	return strategies[networks->plan.network[at].kind];
}

static void clear(struct mr_networks *networks)
{
	for (size_t at = 0; networks->prepared && at < MR_NETWORKS_MAX; at++)
		mr_close_fd(&networks->peer[at]);
	memset(networks, 0, sizeof(*networks));
}

int mr_networks_prepare(const struct maproot_network *wish, const char *id, struct mr_networks *ret_networks,
			struct mr_journal *journal, struct maproot_error *err)
{
	static const struct mr_helper_run none = MR_HELPER_NONE;
	size_t length = strlen(id);
	int code;

	memset(ret_networks, 0, sizeof(*ret_networks));
	if (length >= sizeof(ret_networks->id))
		return mr_fail(err, ENAMETOOLONG, MAPROOT_STEP_NETWORK, "the id of the run is too long");
	code = mr_network_plan_make(wish, &ret_networks->plan, err);
	if (code < 0)
		return code;
	memcpy(ret_networks->id, id, length + 1);
	ret_networks->helper = none;
	ret_networks->lifeline = -1;
	for (size_t at = 0; at < MR_NETWORKS_MAX; at++)
		ret_networks->peer[at] = -1;
	ret_networks->prepared = true;
	for (size_t at = 0; code == 0 && at < ret_networks->plan.count; at++) {
		const struct mr_network_strategy *strategy = strategy_of(ret_networks, at);

		if (strategy)
			code = strategy->prepare(ret_networks, at, journal, err);
	}
	if (code < 0)
		clear(ret_networks);
	return code;
}

int mr_networks_attach(struct mr_networks *networks, pid_t pid, struct mr_journal *journal, struct maproot_error *err)
{
	int code = 0;

	for (size_t at = 0; code == 0 && at < networks->plan.count; at++) {
		const struct mr_network_strategy *strategy = strategy_of(networks, at);

		if (strategy)
			code = strategy->attach(networks, at, pid, journal, err);
	}
	return code;
}

void mr_networks_end(struct mr_networks *networks)
{
	if (!networks->prepared)
		return;
	mr_close_fd(&networks->lifeline);
	mr_helper_end(&networks->helper, END_PATIENCE_MS);
	mr_network_remove_file(networks);
	clear(networks);
}

const char *mr_networks_resolv_conf(const struct mr_networks *networks)
{
	return networks->resolv_conf[0] != '\0' ? networks->resolv_conf : NULL;
}

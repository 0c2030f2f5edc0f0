/*
 * Being there, so that namespaces are.
 */
#include "base/error.h"
#include "run/furnish.h"
#include "system/furniture.h"
#include "system/idle.h"
#include "system/signals.h"

#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Taking other ids hides a process, and hidden, nobody could join it. One that was hidden before has a reason. */
static int furnish(const struct maproot_request *request, unsigned int created, struct maproot_error *err)
{
	bool visible = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
	int code = mr_furnish_early(request->attributes, err);

	if (code == 0)
		code = mr_furnish(request, created, err);
	if (code == 0)
		code = mr_furnish_identity(request, err);
	if (code == 0 && visible && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		code = mr_fail(err, errno, MAPROOT_STEP_PREPARE, "a process that can be joined");
	return code;
}

int maproot_hold(const struct maproot_request *request, unsigned int created, struct maproot_error *err)
{
	const mr_signal_set ends = mr_signal_bit(SIGTERM) | mr_signal_bit(SIGINT) | mr_signal_bit(SIGHUP);
	siginfo_t info;
	int code;

	mr_error_reset(err);
	code = furnish(request, created, err);
	if (code < 0)
		return code;
	code = mr_signals_mask(MR_SIGNALS_ALL, NULL);
	/* As process 1 it is left all orphans; ignored, they are reaped. */
	if (code == 0)
		code = mr_signals_ignore_child(true);
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_SIGNALS, "block the signals");
	(void)chdir("/"); /* only that no file system is kept busy */
	code = mr_descriptors_close_from(0, err);
	if (code < 0)
		return code;
	do
		code = mr_idle_wait(ends, &info);
	while (code == -EINTR || code == -EAGAIN);
	return code < 0 ? mr_fail(err, -code, MAPROOT_STEP_SUPERVISE, "") : 0;
}

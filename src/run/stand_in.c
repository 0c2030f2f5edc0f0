/*
 * The signals of a process that stands in for another: held back before there is another, handed on or put back.
 */
#include "run/stand_in.h"

#include "base/error.h"

#include <sys/prctl.h>
#include <sys/resource.h>

static int hold_signals(struct mr_start *start, struct maproot_error *err)
{
	int ignored = mr_signals_child_ignored();
	int code = ignored < 0 ? ignored : mr_signals_mask(MR_SIGNALS_ALL, &start->signals.mask);

	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_SIGNALS, "block the signals");
	start->signals.child_ignored = ignored == 1;
	/* Ignored, the child's end could not be waited for. */
	if (ignored)
		code = mr_signals_ignore_child(false);
	return code < 0 ? mr_fail(err, -code, MAPROOT_STEP_SIGNALS, "restore the signal actions") : 0;
}

int mr_stand_in_begin(struct mr_start *start, struct maproot_error *err)
{
	int subreaper = 0;
	int code = hold_signals(start, err);

	if (code < 0)
		return code;
	start->stands_in = true;
	/* After the signals: what a timer sends before this is pending, and is handed on like all others. */
	mr_timers_take(&start->timers);
	(void)prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0); /* fails on a bad pointer only */
	start->subreaper = subreaper != 0;
	return 0;
}

void mr_stand_in_cancel(struct mr_start *start)
{
	mr_timers_put_back(&start->timers);
	mr_signals_put_back(&start->pending);
	if (start->signals.child_ignored)
		(void)mr_signals_ignore_child(true);
	(void)mr_signals_mask(start->signals.mask, NULL);
}

/*
 * All signals queued for a user's processes count against one limit. Where a sender fills it with signals for us,
 * not one would fit on the child's queue, and none of ours would ever get shorter: so here fits one less.
 */
void mr_stand_in_leave_room(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_SIGPENDING, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur < 2)
		return;
	limit.rlim_cur--;
	(void)setrlimit(RLIMIT_SIGPENDING, &limit);
}

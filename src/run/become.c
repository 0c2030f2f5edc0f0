/*
 * The story of the wrapper: is there anything to do? Then this program runs again in a child, as root of new
 * namespaces, finds itself there, and goes on; and this process stands in for it.
 */
#include "base/error.h"
#include "base/text.h"
#include "run/furnish.h"
#include "run/in_place.h"
#include "run/prepare.h"
#include "run/stand_in.h"
#include "run/start.h"
#include "run/supervise.h"
#include "system/caps.h"
#include "system/furniture.h"

#include <errno.h>
#include <maproot/name.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/*
 * Run through a loader, valgrind or proot, /proc/self/exe is that program and not this one. A name under which
 * this program can't be found any more tells nothing.
 */
static int check_self(struct maproot_error *err)
{
	/* getauxval(3) has no other form for the pointers among its values. */
	const char *name = (const char *)getauxval(AT_EXECFN); /* NOLINT(performance-no-int-to-ptr) */
	struct stat self;
	struct stat named;

	if (stat("/proc/self/exe", &self) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_REEXEC, "/proc/self/exe");
	if (name && stat(name, &named) == 0 &&
	    (named.st_dev != self.st_dev || named.st_ino != self.st_ino))
		return mr_fail_pieces(err, ENOEXEC, MAPROOT_STEP_IDENTIFY,
				      "/proc/self/exe is another program than ", name,
				      " (run through a loader or an emulator)", NULL);
	return 0;
}

/* Returns as mr_start_child() does. */
static int start_again(struct mr_start *start, struct maproot_child *ret_child, struct maproot_error *err)
{
	_Alignas(16) char stack[MR_SMALL_STACK_SIZE];
	void *block;
	int code;

	/* At the top of main() there is room on the stack, and a mapping less to make and take away. */
	start->stack_top = stack + sizeof(stack);
	code = mr_start_environment(start, environ, start->reexec, &block, err);
	if (code < 0)
		return code;
	code = mr_start_child(start, ret_child, err);
	if (code == MR_START_CAME_BACK)
		environ = (char **)start->envp; /* with a LISTEN_PID that is right here */
	else
		free(block);
	return code;
}

/* In the process that became what was asked for. */
static int arrive_here(const struct maproot_request *request, const struct mr_plan *plan,
		       struct maproot_outcome *ret_outcome, struct maproot_error *err)
{
	int code = mr_take_hold(request, plan->namespaces, err);

	if (code == 0)
		*ret_outcome = (struct maproot_outcome){ .created = plan->namespaces,
							 .joined = plan->joined,
							 .skipped = plan->skipped };
	return code;
}

static int stand_in(const struct maproot_request *request, const struct maproot_child *child,
		    struct maproot_outcome *ret_outcome, struct maproot_error *err)
{
	int status;
	int code;

	mr_stand_in_leave_room();
	/* A pipe whose other end waits for its last writer must not wait for us. */
	(void)mr_descriptors_close_from(0, NULL);
	code = mr_supervise(child, true, &status, err);
	if (request->name)
		(void)maproot_name_release(request->name, NULL); /* left behind it would be stale, which is known as such */
	if (code == 0)
		*ret_outcome = (struct maproot_outcome){ .ended = true, .wait_status = status };
	return code;
}

/* A command that can't be named as it was told to does not run. */
static int complete_name(const struct maproot_request *request, const struct maproot_child *child,
			 struct maproot_error *err)
{
	int code = request->name ? maproot_name_complete(request->name, child->pid, err) : 0;

	if (code < 0) {
		mr_end_process(child->pid);
		mr_end_process(child->init);
	}
	return code;
}

static int become_child(const struct maproot_request *request, struct mr_start *start,
			struct maproot_outcome *ret_outcome, struct maproot_error *err)
{
	struct maproot_child child;
	int code = start->reexec ? check_self(err) : 0;

	if (code == 0)
		code = mr_stand_in_begin(start, err);
	if (code < 0)
		return code;
	code = start_again(start, &child, err);
	if (code == MR_START_CAME_BACK) {
		mr_signals_queue_done(&start->pending);
		return arrive_here(request, start->plan, ret_outcome, err);
	}
	if (code == 0)
		code = complete_name(request, &child, err);
	if (code < 0)
		mr_stand_in_cancel(start);
	mr_signals_queue_done(&start->pending);
	return code < 0 ? code : stand_in(request, &child, ret_outcome, err);
}

/* The words of the command as one text, cut where it gets too long. */
static void join_words(char *const words[], char text[MAPROOT_COMMAND_SIZE])
{
	struct mr_text joined = mr_text_in(text, MAPROOT_COMMAND_SIZE);

	for (size_t at = 0; words && words[at]; at++)
		mr_text_add_item(&joined, " ", words[at]);
}

/* The name first: who comes second is told before anything has been done. */
static int become_named_child(const struct maproot_request *request, struct mr_start *start,
			      struct maproot_outcome *ret_outcome, struct maproot_error *err)
{
	char command[MAPROOT_COMMAND_SIZE];
	pid_t own = getpid();
	int code = 0;

	if (request->name) {
		join_words(request->named, command);
		code = maproot_name_claim(request->name, command, err);
	}
	if (code < 0)
		return code;
	code = become_child(request, start, ret_outcome, err);
	if (code < 0 && request->name && getpid() == own)
		(void)maproot_name_release(request->name, NULL); /* left behind it would be stale, which is known as such */
	return code;
}

/* The second run: bits, then function. */
static int arrive(const struct maproot_request *request, const struct mr_marker *marker,
		  struct maproot_outcome *ret_outcome, struct maproot_error *err)
{
	int code = mr_signals_mask(marker->mask, NULL);

	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_SIGNALS, "restore the signal mask");
	(void)prctl(PR_SET_NAME, marker->name, 0, 0, 0); /* fails on a bad pointer only */
	code = maproot_capabilities_probe(NULL, 0, err);
	if (code == 0) {
		char lacking[128];

		mr_caps_name_lacking(lacking, sizeof(lacking));
		return mr_fail(err, EPERM, MAPROOT_STEP_LACKING, lacking);
	}
	if (code > 0)
		code = mr_take_hold(request, marker->created, err);
	if (code == 0)
		*ret_outcome = (struct maproot_outcome){ .created = marker->created };
	return code;
}

static int carry_out(const struct maproot_request *request, const struct mr_plan *plan,
		     const struct maproot_join *join, char **argv, struct maproot_outcome *ret_outcome,
		     struct maproot_error *err)
{
	struct mr_start start = { .request = request, .plan = plan, .join = join, .argv = argv };
	int code;

	/* In somebody else's mount namespace this program is not, or is not this. */
	start.comes_back = plan->joined != 0;
	start.reexec = !start.comes_back;
	if (plan->way == MR_WAY_CHILD)
		return become_named_child(request, &start, ret_outcome, err);
	code = mr_enter_in_place(request, plan, join, err);
	return code < 0 ? code : arrive_here(request, plan, ret_outcome, err);
}

int maproot_become(const struct maproot_request *request, char **argv,
		   struct maproot_outcome *ret_outcome, struct maproot_error *err)
{
	struct mr_marker marker;
	struct maproot_join join;
	struct mr_plan plan;
	int code;

	mr_error_reset(err);
	if (mr_marker_take(&marker))
		return arrive(request, &marker, ret_outcome, err);
	code = mr_prepare_alone(request, &plan, &join, err);
	if (code < 0)
		return code;
	code = carry_out(request, &plan, &join, argv, ret_outcome, err);
	/* Where this process has waited for a child, its descriptors are closed. */
	if (code < 0 || !ret_outcome->ended)
		mr_prepare_done(&plan, &join);
	return code;
}

bool maproot_is_reexecuted(void)
{
	return mr_marker_is_there();
}

int maproot_ensure_root(char **argv, struct maproot_error *err)
{
	static const struct maproot_request plain = { .death_signal = SIGKILL };
	struct maproot_outcome outcome = { .ended = false };
	int code = maproot_become(&plain, argv, &outcome, err);

	if (code == 0 && outcome.ended)
		maproot_end_as(outcome.wait_status);
	return code;
}

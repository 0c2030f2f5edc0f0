/*
 * Starting a command with all that is around it. Each step either is done or fails, and a failure takes down
 * what the steps before it made; the table says in which order, and why.
 */
#include "run/engine.h"

#include "base/error.h"
#include "base/stop_point.h"
#include "base/text.h"
#include "join/name.h"
#include "model/record.h"
#include "run/hook.h"
#include "run/prepare.h"
#include "run/spawn.h"
#include "run/stand_in.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* What is needed until the command runs. */
struct launch {
	const struct maproot_request *request;
	const struct maproot_engine *engine;
	char *const *argv;
	char *const *envp;
	struct maproot_running *running;
	struct mr_plan plan;
	struct maproot_join join;
	bool outside; /* a network that is attached while the child is held */
	bool made;    /* something was; before that the journal is about what is somebody else's, or nobody's */
	struct mr_held held;
	struct mr_start start;
};

typedef int launch_step(struct launch *launch, struct maproot_error *err);

/* What ends a start that does not go on: only where all signals are held back, and none that the caller had blocked. */
static mr_signal_set ending_signals(const struct launch *launch)
{
	return launch->start.stands_in ? MR_HELPER_ENDING & ~launch->start.signals.mask : 0;
}

static int check(struct launch *launch, struct maproot_error *err)
{
	const char *why = NULL;

	if (launch->request->in_place)
		why = "what is taken down afterwards is never in place";
	else if (launch->request->name)
		why = "the name of a run is its id";
	else if (!launch->argv[0])
		why = "there is no command";
	else if (launch->engine->keep_fd_count > MR_KEPT_FDS)
		why = "more than 32 descriptors to keep";
	return why ? mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST, why) : 0;
}

static int prepare(struct launch *launch, struct maproot_error *err)
{
	int code = mr_prepare(launch->request, &launch->plan, &launch->join, err);

	if (code == 0)
		launch->start.join = &launch->join; /* which says that it is open */
	return code;
}

static int choose_id(struct launch *launch, struct maproot_error *err)
{
	struct maproot_name_record *record = &launch->running->journal.record;
	size_t size = launch->engine->id ? strlen(launch->engine->id) + 1 : 0;

	if (size == 0)
		mr_name_make_up(record->name);
	else if (size <= sizeof(record->name))
		memcpy(record->name, launch->engine->id, size);
	return size <= sizeof(record->name) ? mr_record_check_name(record->name, err) :
					      mr_record_check_name(launch->engine->id, err);
}

static int choose_cgroup(struct launch *launch, struct maproot_error *err)
{
	struct maproot_running *running = launch->running;
	struct mr_cgroup *group = &running->cgroup;
	int code = 0;

	if (!launch->request->cgroup)
		return 0;
	code = mr_cgroup_choose(launch->request->cgroup, running->journal.record.name, group, err);
	if (code == 0 && group->scope[0] != '\0')
		code = mr_journal_note(&running->journal, "scope", group->scope, err);
	for (size_t at = 0; code == 0 && at < group->count; at++)
		code = mr_journal_note(&running->journal, "cgroup", group->path[at], err);
	return code;
}

static int prepare_networks(struct launch *launch, struct maproot_error *err)
{
	struct maproot_running *running = launch->running;
	int code;

	if (!launch->request->network)
		return 0;
	code = mr_networks_prepare(launch->request->network, running->journal.record.name, &running->networks,
				   &running->journal, err);
	if (code < 0)
		return code;
	running->networks.heeds = ending_signals(launch);
	launch->outside = running->networks.plan.outside;
	launch->start.resolv_conf = mr_networks_resolv_conf(&running->networks);
	return 0;
}

/* To be read by people, as the command is: what is to be undone stands elsewhere. */
static void fill_network(struct maproot_name_record *record, const struct maproot_network *network)
{
	static const char gap[] = "...";
	struct mr_text text = mr_text_in(record->network, sizeof(record->network));

	for (size_t at = 0; network && at < network->strategy_count; at++)
		mr_text_add_item(&text, " ", network->strategies[at]);
	if (mr_text_is_cut(&text))
		memcpy(record->network + sizeof(record->network) - sizeof(gap), gap, sizeof(gap));
}

static int fill_record(struct launch *launch, struct maproot_error *err)
{
	struct maproot_name_record *record = &launch->running->journal.record;
	char *const *words = launch->engine->named ? launch->engine->named : launch->argv;
	char command[2 * MAPROOT_COMMAND_SIZE];
	struct mr_text command_text = mr_text_in(command, sizeof(command));
	int code;

	for (size_t at = 0; words[at] && !mr_text_is_cut(&command_text); at++)
		mr_text_add_item(&command_text, " ", words[at]);
	mr_record_set_command(record, command);
	fill_network(record, launch->request->network);
	if (mr_has(launch->plan.namespaces, MAPROOT_NAMESPACE_USER)) {
		record->users = launch->plan.users;
		record->groups = launch->plan.groups;
	}
	code = mr_record_set_text(record->bundle, sizeof(record->bundle), launch->engine->bundle, "bundle", err);
	if (code == 0)
		code = mr_record_set_text(record->cgroup, sizeof(record->cgroup), launch->running->cgroup.path[0],
					  "cgroup", err);
	return code;
}

/* From here on a kill -9 leaves something that says what to undo. */
static int claim_record(struct launch *launch, struct maproot_error *err)
{
	const struct maproot_engine *engine = launch->engine;
	struct mr_journal *journal = &launch->running->journal;
	int code;

	if (!engine->id && !engine->keep_record && !launch->request->cgroup && !launch->outside)
		return 0;
	code = fill_record(launch, err);
	if (code == 0)
		code = mr_name_claim(&journal->record, err);
	if (code < 0)
		return code;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): every launch has a run */
	journal->kept = true;
	mr_stop_point("claimed");
	return 0;
}

static int make_cgroup(struct launch *launch, struct maproot_error *err)
{
	int code = 0;

	if (launch->request->cgroup) {
		code = mr_cgroup_make(launch->request->cgroup, &launch->running->cgroup, err);
		mr_stop_point("cgroup-made");
	}
	launch->made = code == 0;
	return code;
}

/* A scope that could not be made may be somebody else's by that name, and is not to be stopped. */
static void forget_scope(struct maproot_name_record *record)
{
	size_t kept = 0;

	for (size_t at = 0; at < record->made_count; at++) {
		if (strncmp(record->made[at], "scope:", 6) != 0)
			memmove(record->made[kept++], record->made[at], sizeof(record->made[at]));
	}
	record->made_count = kept;
}

/* While the child is held, and unmapped. */
static int reached(void *arg, pid_t pid, struct maproot_error *err)
{
	struct launch *launch = arg;
	struct maproot_running *running = launch->running;
	int code = 0;

	mr_stop_point("reached");
	if (launch->request->cgroup && !launch->start.in_cgroup)
		code = mr_cgroup_enter(launch->request->cgroup, &running->cgroup, pid, err);
	if (code < 0)
		forget_scope(&running->journal.record);
	/* Where a scope's group is, is known only now. */
	if (code == 0 && running->cgroup.count > 0 && running->journal.record.cgroup[0] == '\0')
		code = mr_record_set_text(running->journal.record.cgroup, sizeof(running->journal.record.cgroup),
					  running->cgroup.path[0], "cgroup", err);
	mr_stop_point("in-cgroup");
	return code;
}

static int update_record(struct launch *launch, pid_t pid, struct maproot_error *err)
{
	struct mr_journal *journal = &launch->running->journal;

	int code;

	if (!journal->kept)
		return 0;
	code = mr_name_fill_process(&journal->record, pid, err);
	return code < 0 ? code : mr_name_update(&journal->record, err);
}

/* While it is held: its ids are there, and only the command is not. */
static int mapped(void *arg, pid_t pid, struct maproot_error *err)
{
	struct launch *launch = arg;
	struct maproot_running *running = launch->running;
	const struct mr_hook_facts facts = { "setup", running->journal.record.name, pid, ending_signals(launch) };
	int code = 0;

	mr_stop_point("mapped");
	if (launch->outside)
		code = mr_networks_attach(&running->networks, pid, &running->journal, err);
	mr_stop_point("network-attached");
	if (code == 0)
		code = update_record(launch, pid, err);
	mr_stop_point("recorded");
	if (code == 0)
		code = mr_hook_run(&launch->engine->setup, &facts, err);
	mr_stop_point("set-up");
	return code;
}

static bool is_hook(const struct maproot_hook *hook)
{
	return hook->call || hook->command;
}

/*
 * A gate costs two turns of both processes, so there is none where nothing waits for it. Without the gate, and without a
 * group, a child that our death does not end for certain could outlive us unrecorded.
 */
static bool needs_gate(const struct launch *launch)
{
	const struct maproot_running *running = launch->running;

	return is_hook(&launch->engine->setup) || launch->outside ||
	       (launch->request->cgroup && running->cgroup.directory < 0) ||
	       (running->journal.kept && !launch->request->cgroup && launch->plan.death_signal != SIGKILL);
}

static int start_child(struct launch *launch, struct maproot_error *err)
{
	struct mr_start *start = &launch->start;
	struct maproot_error why = MAPROOT_ERROR_INIT;
	int code;

	launch->held = (struct mr_held){ reached, mapped, launch };
	start->request = launch->request;
	start->plan = &launch->plan;
	start->argv = launch->argv;
	start->held = needs_gate(launch) ? &launch->held : NULL;
	start->cgroup = launch->running->cgroup.directory >= 0 ? &launch->running->cgroup : NULL;
	code = mr_spawn(start, launch->envp, &launch->running->child, &why);
	/* A kernel that starts nobody in a group: then it is held, and moved. */
	if (code == -ENOSYS && start->cgroup && !start->held) {
		start->held = &launch->held;
		why = (struct maproot_error)MAPROOT_ERROR_INIT;
		code = mr_spawn(start, launch->envp, &launch->running->child, &why);
	}
	mr_stop_point("started");
	return code < 0 ? mr_error_pass(err, &why) : 0;
}

/* The process of the command may be another one than was held. */
static int record_child(struct launch *launch, struct maproot_error *err)
{
	pid_t pid = launch->running->child.pid;

	return launch->running->journal.record.pid == pid ? 0 : update_record(launch, pid, err);
}

static int run_started_hook(struct launch *launch, struct maproot_error *err)
{
	const struct maproot_running *running = launch->running;
	const struct mr_hook_facts facts = { "started", running->journal.record.name, running->child.pid,
					     ending_signals(launch) };

	return mr_hook_run(&launch->engine->started, &facts, err);
}

static launch_step *const steps[] = {
	check,
	prepare, /* what can be refused is refused before anything is made */
	choose_id,
	choose_cgroup,
	prepare_networks,
	claim_record, /* before the first thing that would be left behind */
	make_cgroup,  /* before the child, which starts in it */
	start_child,  /* and, while it is held: id maps, network, record, hook */
	record_child,
	run_started_hook,
};

static int walk(struct launch *launch, struct maproot_error *err)
{
	int code = 0;

	for (size_t at = 0; code == 0 && at < sizeof(steps) / sizeof(steps[0]); at++)
		code = steps[at](launch, err);
	return code;
}

/* With the signals of a process that is here for the command alone held from the beginning. */
static int walk_standing_in(struct launch *launch, struct maproot_error *err)
{
	int code = mr_stand_in_begin(&launch->start, err);

	if (code < 0)
		return code;
	code = walk(launch, err);
	if (code == 0)
		mr_stand_in_leave_room();
	return code;
}

static void give_up(struct launch *launch)
{
	struct maproot_running *running = launch->running;

	mr_end_process(running->child.pid);
	mr_end_process(running->child.init);
	if (!launch->made)
		running->journal.record.made_count = 0;
	mr_engine_take_down(running);
	if (launch->start.stands_in)
		mr_stand_in_cancel(&launch->start);
}

static int carry_out(struct launch *launch, struct maproot_error *err)
{
	int cancel_state;
	int code;

	/* A cancellation would leave everything as it is then. */
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	code = launch->engine->stand_in ? walk_standing_in(launch, err) : walk(launch, err);
	if (launch->start.join)
		mr_prepare_done(&launch->plan, &launch->join);
	if (code < 0)
		give_up(launch);
	mr_signals_queue_done(&launch->start.pending);
	(void)pthread_setcancelstate(cancel_state, NULL);
	return code;
}

static struct maproot_running *make_running(const struct maproot_engine *engine)
{
	struct maproot_running *running = calloc(1, sizeof(*running));

	if (!running)
		return NULL;
	running->child.pidfd = -1;
	running->cgroup = MR_CGROUP_NONE;
	running->stand_in = engine->stand_in;
	running->keep_fds = engine->keep_fds;
	running->keep_fd_count = engine->keep_fd_count;
	running->complain = engine->complain;
	running->complain_arg = engine->complain_arg;
	return running;
}

int maproot_start(const struct maproot_request *request, const struct maproot_engine *engine, char *const argv[],
		  char *const envp[], struct maproot_running **ret_running, struct maproot_error *err)
{
	static const struct maproot_engine plain = { .id = NULL };
	struct launch launch = { .request = request, .engine = engine ? engine : &plain, .argv = argv, .envp = envp };
	int code;

	mr_error_reset(err);
	launch.running = make_running(launch.engine);
	if (!launch.running)
		return mr_fail(err, ENOMEM, MAPROOT_STEP_PREPARE, "a run");
	code = carry_out(&launch, err);
	if (code == 0)
		*ret_running = launch.running;
	return code;
}

const struct maproot_child *maproot_running_child(const struct maproot_running *running)
{
	return &running->child;
}

const char *maproot_running_id(const struct maproot_running *running)
{
	return running->journal.kept ? running->journal.record.name : "";
}

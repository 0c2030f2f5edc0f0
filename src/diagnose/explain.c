/*
 * From an error to an explanation: every cause that can be behind it is checked, the first that is established is it.
 */
#include "base/text.h"
#include "diagnose/causes.h"
#include "diagnose/trial.h"
#include "model/plan.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

bool mr_cause_applies(const struct mr_cause *cause, const struct maproot_error *err)
{
	const int *code = cause->codes;

	if (cause->steps && !mr_step_is_of(err->step, cause->steps))
		return false;
	while (code && *code != 0 && *code != err->code)
		code++;
	return !code || *code != 0;
}

/* A text with its "%s" replaced; what a finding brings may hold any bytes a file name can. */
static void fill(char *buffer, size_t size, const char *words, const char *detail)
{
	struct mr_text text = mr_text_in(buffer, size);
	const char *place;

	while ((place = strstr(words, "%s"))) {
		mr_text_add_bytes(&text, words, (size_t)(place - words));
		mr_text_add(&text, detail);
		words = place + 2;
	}
	mr_text_add(&text, words);
	for (char *at = buffer; *at != '\0'; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	}
}

void mr_cause_tell(struct maproot_explanation *explanation, const struct mr_cause *cause,
		   const struct mr_finding *finding)
{
	const char *how = finding->how[0] != '\0' ? finding->how : finding->what;

	explanation->id = finding->id ? finding->id : cause->id;
	explanation->who = finding->who != MAPROOT_WHO_NOBODY ? finding->who : cause->who;
	fill(explanation->cause, sizeof(explanation->cause), cause->cause, finding->what);
	fill(explanation->remedy, sizeof(explanation->remedy), cause->remedy ? cause->remedy : "", how);
}

/* What is not excluded is told after one another: "it may be that A; or that B". */
static void tell_possible(struct maproot_explanation *explanation, const struct mr_cause *cause,
			  const struct mr_finding *finding)
{
	struct maproot_explanation other = MAPROOT_EXPLANATION_INIT;
	size_t length = strlen(explanation->cause);
	struct mr_text text = mr_text_in(explanation->cause + length, sizeof(explanation->cause) - length);

	mr_cause_tell(&other, cause, finding);
	mr_text_add(&text, length == 0 ? "it may be that " : "; or that ");
	mr_text_add(&text, other.cause);
	if (length > 0)
		return;
	explanation->id = other.id;
	explanation->who = other.who;
	memcpy(explanation->remedy, other.remedy, sizeof(explanation->remedy));
}

/* A limit that was reached for a moment. */
static bool works_now(const struct mr_evidence *evidence)
{
	unsigned long flags =
		mr_plan_clone_flags(evidence->creates) & ~0xfful; /* clone(2) can't make a time namespace */

	return flags != 0 && mr_try_clone(evidence, flags | CLONE_NEWUSER) == 0;
}

static void look_for(const struct mr_evidence *evidence, struct maproot_explanation *explanation)
{
	struct mr_text ruled_out = mr_text_in(explanation->ruled_out, sizeof(explanation->ruled_out));

	for (size_t at = 0; at < mr_cause_count && !explanation->established; at++) {
		struct mr_finding finding = { 0 };
		enum mr_verdict verdict = MR_IRRELEVANT;

		if (mr_cause_applies(&mr_causes[at], evidence->err))
			verdict = mr_causes[at].check(evidence, &finding);
		explanation->established = verdict == MR_ESTABLISHED;
		if (verdict == MR_EXCLUDED)
			mr_text_add_item(&ruled_out, " ", mr_causes[at].id);
		if (verdict == MR_ESTABLISHED)
			mr_cause_tell(explanation, &mr_causes[at], &finding);
		if (verdict == MR_POSSIBLE)
			tell_possible(explanation, &mr_causes[at], &finding);
	}
	if (explanation->cause[0] == '\0' && works_now(evidence))
		fill(explanation->cause, sizeof(explanation->cause), "it works now: what stood in the way has gone",
		     "");
	if (explanation->cause[0] == '\0')
		fill(explanation->cause, sizeof(explanation->cause), "no known cause was found", "");
}

int maproot_error_explain(const struct maproot_error *err, const struct maproot_request *request, const char *root,
			  struct maproot_explanation *ret_explanation)
{
	struct maproot_explanation explanation = MAPROOT_EXPLANATION_INIT;
	struct mr_evidence evidence;
	int saved = errno;

	if (err->code == 0)
		return -EINVAL;
	mr_evidence_collect(err, request, root, &evidence);
	look_for(&evidence, &explanation);
	*ret_explanation = explanation;
	errno = saved;
	return 0;
}

const char *maproot_who_name(enum maproot_who who)
{
	static const char *const names[] = {
		[MAPROOT_WHO_NOBODY] = "nobody",
		[MAPROOT_WHO_CALLER] = "caller",
		[MAPROOT_WHO_ROOT] = "root",
		[MAPROOT_WHO_HOST] = "host",
		[MAPROOT_WHO_ADMINISTRATOR] = "administrator",
	};

	return (unsigned int)who < sizeof(names) / sizeof(names[0]) ? names[who] : "unknown";
}

const char *maproot_cause_id(size_t at)
{
	return at < mr_cause_count ? mr_causes[at].id : NULL;
}

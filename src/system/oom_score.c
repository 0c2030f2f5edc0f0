/*
 * How soon the kernel picks a process when memory is short. proc(5)
 */
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "system/attributes.h"

int mr_oom_score_set(int adjustment, struct maproot_error *err)
{
	char digits[12];
	struct mr_text text = mr_text_in(digits, sizeof(digits));
	int code;

	mr_text_add_number(&text, adjustment);
	code = mr_write_file("/proc/self/oom_score_adj", digits, text.length);
	return code < 0 ? mr_fail(err, -code, MAPROOT_STEP_OOM_SCORE, digits) : 0;
}

/*
 * --state: the record of a run, in the words of the OCI runtime-spec.
 */
#include "oci/state.h"

#include "oci/report.h"

#include <errno.h>
#include <maproot/state.h>
#include <stdlib.h>

int state_print(const char *id)
{
	static struct maproot_name_record record; /* large */
	struct maproot_error err = MAPROOT_ERROR_INIT;
	size_t size;
	char *text;
	int failed = 0;

	if (maproot_state_find(id, &record, &err) < 0)
		return report_error(&err);
	size = maproot_state_json(&record, NULL, 0) + 1;
	text = malloc(size);
	if (!text) {
		err = (struct maproot_error){ ENOMEM, MAPROOT_STEP_PREPARE, "the state" };
		return report_error(&err);
	}
	(void)maproot_state_json(&record, text, size);
	report_line(&failed, text);
	free(text);
	return report_written(failed);
}

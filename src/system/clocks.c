/*
 * The clock offsets of a time namespace, to be set before its first process. time_namespaces(7), Linux 5.6
 */
#include "system/furniture.h"

#include "base/error.h"
#include "base/io.h"
#include "base/text.h"

#include <fcntl.h>

static const char path[] = "/proc/self/timens_offsets";

int mr_clocks_open(struct maproot_error *err)
{
	int file = mr_open(path, O_WRONLY, 0);

	return file < 0 ? mr_fail(err, -file, MAPROOT_STEP_TIME, path) : file;
}

int mr_clocks_set(int64_t monotonic, int64_t boottime, int file, struct maproot_error *err)
{
	char buffer[96];
	struct mr_text text = mr_text_in(buffer, sizeof(buffer));
	int code;

	if (monotonic == 0 && boottime == 0)
		return 0;
	mr_text_add(&text, "monotonic ");
	mr_text_add_number(&text, monotonic);
	mr_text_add(&text, " 0\nboottime ");
	mr_text_add_number(&text, boottime);
	mr_text_add(&text, " 0\n");
	code = file < 0 ? mr_write_file(path, buffer, text.length) : mr_write_once(file, buffer, text.length);
	return code < 0 ? mr_fail(err, -code, MAPROOT_STEP_TIME, path) : 0;
}

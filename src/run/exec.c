/*
 * The last step in a process that has become what was asked for: furnish, then the command.
 */
#include "base/error.h"
#include "run/furnish.h"
#include "system/program.h"

#include <unistd.h>

extern char **environ;

int maproot_exec(const struct maproot_request *request, unsigned int created, char *const argv[],
		 char *const envp[], struct maproot_error *err)
{
	int code;

	mr_error_reset(err);
	code = mr_furnish_early(request->attributes, err);
	if (code == 0)
		code = mr_furnish(request, created, err);
	if (code == 0)
		code = mr_furnish_identity(request, err);
	return code < 0 ? code : mr_program_exec(argv, envp ? envp : environ, err);
}

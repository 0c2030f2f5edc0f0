/*
 * Giving up what set-ID bits and file capabilities would give. prctl(2)
 */
#include "base/error.h"
#include "system/attributes.h"

#include <errno.h>
#include <sys/prctl.h>

int mr_no_new_privileges_set(struct maproot_error *err)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? mr_fail(err, errno, MAPROOT_STEP_NO_NEW_PRIVILEGES, "") : 0;
}

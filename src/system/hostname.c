/*
 * The host name and domain name of a uts namespace. uts_namespaces(7)
 */
#include "system/furniture.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int mr_hostname_set(const char *name, struct maproot_error *err)
{
	if (sethostname(name, strlen(name)) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_HOSTNAME, name);
	return 0;
}

int mr_domainname_set(const char *name, struct maproot_error *err)
{
	if (setdomainname(name, strlen(name)) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_DOMAINNAME, name);
	return 0;
}

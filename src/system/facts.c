/*
 * Facts about this process and this kernel.
 */
#include "system/facts.h"

#include "base/error.h"
#include "base/text.h"
#include "system/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

int mr_facts_read(struct mr_facts *ret_facts, struct maproot_error *err)
{
	uid_t user[3];
	gid_t group[3];
	int privileged;

	if (getresuid(&user[0], &user[1], &user[2]) < 0 || getresgid(&group[0], &group[1], &group[2]) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_FACTS, "the ids of this process");
	if (user[0] != user[1])
		return mr_fail(err, EPERM, MAPROOT_STEP_SECURE,
			       "with an effective user other than the real one (set-user-ID)");
	if (group[0] != group[1])
		return mr_fail(err, EPERM, MAPROOT_STEP_SECURE,
			       "with an effective group other than the real one (set-group-ID)");
	if (getauxval(AT_SECURE))
		return mr_fail(err, EPERM, MAPROOT_STEP_SECURE,
			       "with privileges of the program file (set-ID bits or file capabilities)");
	privileged = maproot_capabilities_probe(NULL, 0, err);
	if (privileged < 0)
		return privileged;
	*ret_facts = (struct mr_facts){
		.user = user[1],
		.group = group[1],
		.privileged = privileged == 1,
		.may_map = privileged == 1,
	};
	return 0;
}

int mr_facts_read_may_map(struct mr_facts *facts, struct maproot_error *err)
{
	static const int needed[] = { CAP_SETUID, CAP_SETGID };
	int may;

	if (facts->may_map)
		return 0;
	may = maproot_capabilities_probe(needed, sizeof(needed) / sizeof(needed[0]), err);
	facts->may_map = may == 1;
	return may < 0 ? may : 0;
}

unsigned int maproot_namespaces_supported(void)
{
	unsigned int supported = 0;

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		char path[64];
		struct mr_text text = mr_text_in(path, sizeof(path));

		mr_text_add(&text, "/proc/self/ns/");
		mr_text_add(&text, maproot_namespace_name(type));
		if (access(path, F_OK) == 0)
			supported |= MAPROOT_NAMESPACE_BIT(type);
		else if (errno != ENOENT)
			return 0; /* not known is not the same as not there */
	}
	return supported;
}

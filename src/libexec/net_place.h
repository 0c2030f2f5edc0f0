/*
 * Network namespaces, entered with rights in them: through the user namespace that owns them.
 */
#ifndef MR_LIBEXEC_NET_PLACE_H
#define MR_LIBEXEC_NET_PLACE_H

#include <stdbool.h>

/* Enters it for good; -1: stays. 0 or -errno, and then `ret_lacking` names the right that is lacking where that is known. */
int mr_place_enter(int net, const char **ret_lacking);

/* Whether the user namespace that owns `net` is below the one that owns `other`, and so has no rights there. */
bool mr_place_is_below(int net, int other);

#endif

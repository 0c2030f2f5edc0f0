/*
 * Named points at which a test build stops, so that a test can kill this process, or another one, right there
 * ($MAPROOT_STOP_AT has the name). In any other build they are nothing.
 */
#ifndef MR_BASE_STOP_POINT_H
#define MR_BASE_STOP_POINT_H

#ifdef MAPROOT_STOP_POINTS
void mr_stop_point(const char *name);
#else
static inline void mr_stop_point(const char *name)
{
	(void)name;
}
#endif

#endif

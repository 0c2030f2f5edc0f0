/*
 * A program that does nothing; with the object in it, or without.
 */
#include <maproot/preload.h>

int main(void)
{
#ifdef PROBE_LINKED
	return maproot_preload_result()->code;
#else
	return 0;
#endif
}

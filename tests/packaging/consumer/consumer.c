/*
 * A program of somebody else's: prints one fact that only the linked library knows.
 */
#include <maproot/error.h>
#include <stdio.h>

int main(void)
{
	return printf("%s\n", maproot_step_name(MAPROOT_STEP_WRITE_UID_MAP)) < 0;
}

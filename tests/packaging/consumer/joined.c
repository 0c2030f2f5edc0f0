/* Says what went wrong before main. */
#include <maproot/preload.h>
#include <stdio.h>

int main(void)
{
	printf("%s\n", maproot_preload_message());
	return 0;
}

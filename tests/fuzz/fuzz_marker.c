/*
 * Contract: any environment entry is read as a marker or refused; one that was read fits, and
 * writing it gives an entry that reads the same.
 */
#include "fuzz.h"

#include "run/marker.h"

#include <maproot/namespace.h>
#include <stdbool.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	char entry[MR_MARKER_SIZE];
	struct mr_marker marker, again;

	memset(&marker, 0x55, sizeof(marker));
	memset(&again, 0x55, sizeof(again));
	if (mr_marker_read(text, &marker)) {
		FUZZ_CHECK(marker.pid >= 0);
		FUZZ_CHECK((marker.created & ~MAPROOT_NAMESPACE_ALL) == 0);
		FUZZ_CHECK(memchr(marker.name, '\0', sizeof(marker.name)));
		mr_marker_write(&marker, entry);
		FUZZ_CHECK(memchr(entry, '\0', sizeof(entry)) && strlen(entry) <= size);
		FUZZ_CHECK(mr_marker_read(entry, &again));
		FUZZ_CHECK(again.pid == marker.pid && again.created == marker.created &&
			   again.mask == marker.mask);
		FUZZ_CHECK(strcmp(again.name, marker.name) == 0);
	}
	free(text);
	return 0;
}

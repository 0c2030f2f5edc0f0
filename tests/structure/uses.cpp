/*
 * A C++ program that touches every public header: initialisers, tables, a request, an error turned into text.
 */
#include <maproot/capability.h>
#include <maproot/error.h>
#include <maproot/idmap.h>
#include <maproot/namespace.h>
#include <maproot/run.h>

#include <cstdio>
#include <cstring>

static void count_line(void *arg, const char *text)
{
	if (text[0] != '\0')
		++*static_cast<int *>(arg);
}

int main()
{
	maproot_error err = MAPROOT_ERROR_INIT;
	maproot_idmap map = MAPROOT_IDMAP_INIT;
	maproot_idmap_range range = maproot_idmap_range();

	if (maproot_idmap_parse("0:1000:1", &range, &err) != 0 || maproot_idmap_add(&map, range, &err) != 0)
		return 1;
	uint32_t outer = 0;
	if (!maproot_idmap_to_outer(&map, 0, &outer) || outer != 1000)
		return 2;
	if (maproot_idmap_parse("0:x:1", &range, &err) == 0 || maproot_error_status(&err) != MAPROOT_EXIT_FAILURE)
		return 3;
	char text[512];
	if (maproot_error_format(&err, text, sizeof(text)) == 0 || std::strstr(text, "0:x:1") == nullptr)
		return 4;

	if (std::strcmp(maproot_namespace_name(MAPROOT_NAMESPACE_USER), "user") != 0)
		return 5;
	if (maproot_capabilities_probe(nullptr, 0, &err) < 0)
		return 6;

	maproot_request request = maproot_request();
	request.namespaces = MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_NET);
	int lines = 0;
	if (maproot_describe(&request, count_line, &lines, &err) == 0 && lines == 0)
		return 7;
	return 0;
}

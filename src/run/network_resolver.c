/*
 * resolv.conf(5) inside, where the host's name servers can't be reached from.
 */
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "run/network_strategy.h"

#include <errno.h>
#include <string.h>

static const char path[] = "/etc/resolv.conf";
static const char word[] = "nameserver";

enum { WORD = sizeof(word) - 1 };

/* The address that a line names as a server; an empty one where it does something else. */
static void read_server(const char *line, char server[MR_ADDRESS_SIZE])
{
	struct mr_text text = mr_text_in(server, MR_ADDRESS_SIZE);
	const char *at = line + WORD;

	if (strncmp(line, word, WORD) != 0 || (*at != ' ' && *at != '\t'))
		return;
	at += strspn(at, " \t");
	mr_text_add_bytes(&text, at, strcspn(at, " \t\r\n%"));
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line == '\n' ? line + 1 : line;
}

/* What can't be read, says nothing here: whoever can't resolve names outside, can't inside. */
static int read_host(char *content, size_t size, struct maproot_error *err)
{
	int code = mr_read_file(path, content, size);

	if (code == -E2BIG)
		return mr_fail(err, E2BIG, MAPROOT_STEP_FACTS, path);
	if (code < 0)
		content[0] = '\0';
	return 0;
}

static bool is_loopback(const struct mr_address *address)
{
	unsigned char first = address->bytes.s6_addr[0];

	return address->family == AF_INET ? first == 127 : IN6_IS_ADDR_LOOPBACK(&address->bytes);
}

bool mr_network_resolver_is_local(void)
{
	char content[MR_RESOLV_CONF_SIZE];
	size_t count = 0;
	bool local = false;

	if (read_host(content, sizeof(content), NULL) < 0)
		return false;
	for (const char *line = content; *line != '\0'; line = next_line(line)) {
		char server[MR_ADDRESS_SIZE] = "";
		struct mr_address address;

		read_server(line, server);
		if (server[0] == '\0' || mr_address_parse(server, MR_PREFIX_NEVER, &address) < 0)
			continue;
		if (count++ == 0)
			local = is_loopback(&address);
		if (local && address.family == AF_INET)
			return true;
	}
	return false;
}

int mr_network_fill_resolv_conf(struct mr_networks *networks, const char *const *servers, size_t count,
				struct maproot_error *err)
{
	char content[MR_RESOLV_CONF_SIZE];
	struct mr_text text = mr_text_in(networks->resolv_conf, sizeof(networks->resolv_conf));
	int code = read_host(content, sizeof(content), err);

	for (size_t at = 0; at < count; at++) {
		mr_text_add(&text, word);
		mr_text_add(&text, " ");
		mr_text_add(&text, servers[at]);
		mr_text_add(&text, "\n");
	}
	for (const char *line = content; code == 0 && *line != '\0'; line = next_line(line)) {
		if (strncmp(line, word, WORD) == 0 || line[0] == '#' || line[0] == ';' || line[0] == '\n')
			continue;
		mr_text_add_bytes(&text, line, strcspn(line, "\n"));
		mr_text_add(&text, "\n");
	}
	if (code == 0 && mr_text_is_cut(&text))
		code = mr_fail(err, E2BIG, MAPROOT_STEP_FACTS, path);
	return code;
}

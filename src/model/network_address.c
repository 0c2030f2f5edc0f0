/*
 * Addresses of the internet and of devices, as text.
 */
#include "base/text.h"
#include "model/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum { BITS_V4 = 32,
       BITS_V6 = 128 };

static int read_prefix(const char *text, unsigned int most, unsigned int *ret_prefix)
{
	const char *end;
	uint64_t number;

	if (mr_text_read_number(text, &end, most, &number) < 0 || *end != '\0')
		return -EINVAL;
	*ret_prefix = (unsigned int)number;
	return 0;
}

int mr_address_parse(const char *text, enum mr_prefix prefix, struct mr_address *ret_address)
{
	struct mr_address address = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };
	unsigned int most = address.family == AF_INET ? BITS_V4 : BITS_V6;
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	char copy[INET6_ADDRSTRLEN];

	if (length >= sizeof(copy) || (slash ? prefix == MR_PREFIX_NEVER : prefix == MR_PREFIX_ALWAYS))
		return -EINVAL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	address.prefix = most;
	if (inet_pton(address.family, copy, &address.bytes) != 1 ||
	    (slash && read_prefix(slash + 1, most, &address.prefix) < 0))
		return -EINVAL;
	*ret_address = address;
	return 0;
}

static int read_hex(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = digit != '\0' ? strchr(digits, digit | ' ') : NULL; /* the bit makes letters small */

	return found ? (int)(found - digits) : -EINVAL;
}

int mr_mac_parse(const char *text, unsigned char ret_mac[MR_MAC_LENGTH])
{
	static const unsigned char zero[MR_MAC_LENGTH];
	unsigned char mac[MR_MAC_LENGTH];

	if (strlen(text) != MR_MAC_SIZE - 1)
		return -EINVAL;
	for (size_t at = 0; at < sizeof(mac); at++) {
		int high = read_hex(text[3 * at]);
		int low = read_hex(text[3 * at + 1]);

		if (high < 0 || low < 0 || (at + 1 < sizeof(mac) && text[3 * at + 2] != ':'))
			return -EINVAL;
		mac[at] = (unsigned char)(high * 16 + low);
	}
	/* What many listen to is nobody's own. */
	if ((mac[0] & 1) || memcmp(mac, zero, sizeof(mac)) == 0)
		return -EINVAL;
	memcpy(ret_mac, mac, sizeof(mac));
	return 0;
}

void mr_mac_format(const unsigned char mac[MR_MAC_LENGTH], char text[MR_MAC_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t at = 0; at < MR_MAC_LENGTH; at++) {
		text[3 * at] = digits[mac[at] >> 4];
		text[3 * at + 1] = digits[mac[at] & 15];
		text[3 * at + 2] = at + 1 < MR_MAC_LENGTH ? ':' : '\0';
	}
}

void mr_address_format(const struct mr_address *address, bool with_prefix, char text[MR_ADDRESS_SIZE])
{
	char bare[INET6_ADDRSTRLEN] = "";
	struct mr_text out = mr_text_in(text, MR_ADDRESS_SIZE);

	(void)inet_ntop(address->family, &address->bytes, bare, sizeof(bare)); /* there is room for all */
	mr_text_add(&out, bare);
	if (with_prefix) {
		mr_text_add(&out, "/");
		mr_text_add_number(&out, address->prefix);
	}
}

bool mr_address_equal(const struct mr_address *one, const struct mr_address *other)
{
	return one->family == other->family &&
	       memcmp(&one->bytes, &other->bytes, one->family == AF_INET ? 4 : sizeof(one->bytes)) == 0;
}

bool mr_address_is_link_local(const struct mr_address *address)
{
	return address->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&address->bytes);
}

struct mr_address mr_address_in_network(const struct mr_address *address, uint32_t offset)
{
	struct mr_address result = *address;
	uint32_t mask = address->prefix == 0 ? 0 : UINT32_MAX << (BITS_V4 - address->prefix);
	uint32_t number;

	memcpy(&number, &address->bytes, sizeof(number));
	number = htonl((ntohl(number) & mask) + offset);
	memcpy(&result.bytes, &number, sizeof(number));
	return result;
}

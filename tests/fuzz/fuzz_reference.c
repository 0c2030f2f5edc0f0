/*
 * Contract: any text is read as a reference or an order, or refused; what was read points into the text, names known types only,
 * each once, and says of itself nothing that cannot be (no process 0, no negative descriptor).
 */
#include "fuzz.h"

#include "model/reference.h"

#include <stdbool.h>

static void check_reference(const char *text, size_t size)
{
	struct mr_reference reference;

	memset(&reference, 0x55, sizeof(reference));
	if (mr_reference_parse(text, &reference, NULL) < 0)
		return;
	FUZZ_CHECK((reference.types & ~MAPROOT_NAMESPACE_ALL) == 0);
	FUZZ_CHECK(reference.text >= text && reference.text <= text + size);
	switch (reference.kind) {
	case MR_REFERENCE_PID:
		FUZZ_CHECK(reference.pid > 0);
		break;
	case MR_REFERENCE_FD:
		FUZZ_CHECK(reference.fd >= 0);
		break;
	case MR_REFERENCE_PATH:
		FUZZ_CHECK(reference.text[0] != '\0');
		FUZZ_CHECK(reference.pid == 0 && reference.fd == -1);
		break;
	case MR_REFERENCE_NAME:
		FUZZ_CHECK(reference.text >= text + strlen("name:"));
		break;
	default:
		abort();
	}
}

static void check_order(const char *text)
{
	struct mr_order order;
	unsigned int seen = 0;

	memset(&order, 0x55, sizeof(order));
	if (mr_order_parse(text, &order, NULL) < 0)
		return;
	FUZZ_CHECK(order.count > 0 && order.count <= MAPROOT_NAMESPACE_COUNT);
	for (size_t at = 0; at < order.count; at++) {
		FUZZ_CHECK(!(seen & MAPROOT_NAMESPACE_BIT(order.type[at])));
		seen |= MAPROOT_NAMESPACE_BIT(order.type[at]);
	}
	FUZZ_CHECK(seen == order.types);
	FUZZ_CHECK((order.late & ~order.types) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);

	check_reference(text, size);
	check_order(text);
	free(text);
	return 0;
}

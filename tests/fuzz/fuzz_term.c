/* Text that others wrote, as a terminal gets it: valid UTF-8 that moves nothing and hides nothing, and once safe it stays as it is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "term.h"
#include "utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool moves_or_hides(uint32_t c)
{
	return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe000 && c <= 0xf8ff) || c >= 0xe0000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once, twice;

	buf_init(&once, 1 << 20);
	buf_init(&twice, 1 << 20);
	if (term_escape((struct slice){(const char *)data, size}, &once) != RC_OK)
		goto out;
	if (!utf8_valid(buf_slice(&once)))
		abort();
	for (size_t at = 0; at < once.len;) {
		uint32_t c = 0;
		int n = utf8_decode(once.data + at, once.len - at, &c);

		if (n <= 0 || moves_or_hides(c))
			abort();
		at += (size_t)n;
	}
	if (term_escape(buf_slice(&once), &twice) != RC_OK || twice.len != once.len ||
	    (once.len && memcmp(once.data, twice.data, once.len) != 0))
		abort();
out:
	buf_free(&once);
	buf_free(&twice);
	return 0;
}

/* The head of an agent's answer: whatever comes, the parser stays within it, and what it takes apart it takes apart the same when
 * the bytes come one by one. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct control_head whole, part;
	size_t used = 0, at = 0;
	char *in = malloc(n ? n : 1);            /* of exactly this size, so that a byte too many is seen */
	enum rc rc;

	if (!in)
		return 0;
	memcpy(in, data, n);
	rc = control_head_parse((struct slice){in, n}, &whole, &used);
	if (rc == RC_OK) {
		assert(used >= 4 && used <= n && memcmp(in + used - 4, "\r\n\r\n", 4) == 0);
		assert(whole.status >= 0 && whole.status <= 999 && whole.length >= -1);
		while (at < used && control_head_parse((struct slice){in, at}, &part, &n) == RC_AGAIN)
			at++;
		assert(at == used);
		assert(control_head_parse((struct slice){in, at}, &part, &n) == RC_OK && n == used && part.status == whole.status &&
		       part.length == whole.length && part.closes == whole.closes);
	}
	free(in);
	return 0;
}

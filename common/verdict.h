/* What is said of one named check. It begins as open, and ends as the first word that is said of it: failed at the first failure, whatever
 * else is found; skipped or holding only when nothing failed. */
#ifndef PHIGATE_VERDICT_H
#define PHIGATE_VERDICT_H

#include <stdarg.h>

#include "bundle.h"

struct verdict {
	bool said;
	enum bundle_result result;
	size_t failures;
	char text[512];
};

void verdict_say(struct verdict *v, enum bundle_result result, const char *fmt, va_list args) PRINTF_LIKE(3, 0);

#endif

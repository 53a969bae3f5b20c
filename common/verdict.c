#include "verdict.h"

#include <stdio.h>

void verdict_say(struct verdict *v, enum bundle_result result, const char *fmt, va_list args)
{
	v->failures += result == BUNDLE_FAILS;
	if (v->said)
		return;
	v->said = true;
	v->result = result;
	vsnprintf(v->text, sizeof v->text, fmt, args);
}

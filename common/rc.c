#include "rc.h"

#include <stdio.h>
#include <string.h>

PRINTF_LIKE(2, 0) static void fill(struct why *why, const char *fmt, va_list args)
{
	if (why)
		vsnprintf(why->text, sizeof why->text, fmt, args);
}

enum rc why_set(struct why *why, enum rc rc, const char *fmt, ...)
{
	va_list args;

	if (why)
		*why = (struct why){0};
	va_start(args, fmt);
	fill(why, fmt, args);
	va_end(args);
	return rc;
}

enum rc why_at(struct why *why, enum rc rc, int line, int column, const char *fmt, ...)
{
	va_list args;

	if (why) {
		*why = (struct why){0};
		why->line = line;
		why->column = column;
	}
	va_start(args, fmt);
	fill(why, fmt, args);
	va_end(args);
	return rc;
}

enum rc why_file(struct why *why, enum rc rc, const char *file)
{
	if (why && !why->file[0])
		snprintf(why->file, sizeof why->file, "%s", file);
	return rc;
}

const char *why_text(const struct why *why, char *out, int n)
{
	if (why->file[0] && why->line)
		snprintf(out, (size_t)n, "%s:%d:%d: %s", why->file, why->line, why->column, why->text);
	else if (why->file[0])
		snprintf(out, (size_t)n, "%s: %s", why->file, why->text);
	else
		snprintf(out, (size_t)n, "%s", why->text);
	return out;
}

const char *rc_name(enum rc rc)
{
	static const char *const names[] = {
		[RC_OK] = "ok", [RC_AGAIN] = "again", [RC_END] = "end", [RC_BAD] = "bad", [RC_DENIED] = "denied",
		[RC_NOT_FOUND] = "not_found", [RC_CONFLICT] = "conflict", [RC_TOO_BIG] = "too_big", [RC_TIMEOUT] = "timeout",
		[RC_UNREACHABLE] = "unreachable", [RC_CANCELLED] = "cancelled", [RC_IO] = "io", [RC_NOMEM] = "no_memory",
		[RC_FAULT] = "fault",
	};
	return names[rc];
}

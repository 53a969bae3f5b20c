#include "when.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"

/* The largest unit of a duration, or the two largest: "1h 5m"; whole seconds. */
static void short_duration(int64_t ns, char *out, size_t n)
{
	struct buf text;

	buf_init(&text, 128);
	duration_text(ns / NS_PER_S * NS_PER_S, &text);
	snprintf(out, n, "%s", ns < NS_PER_S || !text.data ? "0s" : text.data);
	buf_free(&text);
}

const char *when_relative(const char *time, char out[WHEN_TEXT])
{
	char text[WHEN_TEXT - 8];
	int64_t at_ns, now_ns = clock_wall_ns();

	out[0] = '\0';
	if (!time)
		return out;
	if (clock_parse(slice_str(time), &at_ns) != RC_OK) {
		snprintf(out, WHEN_TEXT, "%.40s", time);
		return out;
	}
	short_duration(at_ns < now_ns ? now_ns - at_ns : at_ns - now_ns, text, sizeof text);
	if (at_ns < now_ns)
		snprintf(out, WHEN_TEXT, "%s ago", text);
	else
		snprintf(out, WHEN_TEXT, "in %s", text);
	return out;
}

const char *when_local(const char *time, char out[WHEN_TEXT])
{
	struct tm at, today;
	int64_t at_ns;
	time_t at_s, now_s = (time_t)clock_wall_s();

	out[0] = '\0';
	if (!time)
		return out;
	if (clock_parse(slice_str(time), &at_ns) != RC_OK) {
		snprintf(out, WHEN_TEXT, "%.40s", time);
		return out;
	}
	at_s = (time_t)(at_ns / NS_PER_S);
	if (!localtime_r(&at_s, &at) || !localtime_r(&now_s, &today))
		return out;
	strftime(out, WHEN_TEXT, at.tm_year == today.tm_year && at.tm_yday == today.tm_yday ? "%H:%M" :
		 at.tm_year == today.tm_year ? "%b %e %H:%M" : "%Y-%m-%d %H:%M", &at);
	return out;
}

const char *when_between(const char *from, const char *to, char out[WHEN_TEXT])
{
	int64_t from_ns, to_ns;

	out[0] = '\0';
	if (from && to && clock_parse(slice_str(from), &from_ns) == RC_OK && clock_parse(slice_str(to), &to_ns) == RC_OK && to_ns >= from_ns)
		short_duration(to_ns - from_ns, out, WHEN_TEXT);
	return out;
}

/* Hours of the week, in a zone: {outside: "Mon-Fri 07:00-19:00", zone: America/New_York}. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "condition_private.h"
#include "zone.h"

#define DAY_MIN 1440
#define WEEK_MIN (7 * DAY_MIN)

struct times {
	struct text_list within, outside;        /* as written; one of them is there */
	char *zone_name;
	struct zone *zone;
	unsigned char named[(WEEK_MIN + 7) / 8]; /* minutes from Sunday's midnight on that the windows name */
};

static const struct conf_key time_keys[] = {
	{"within", CONF_TEXTS, offsetof(struct times, within), false, "holds in these hours"},
	{"outside", CONF_TEXTS, offsetof(struct times, outside), false, "holds in all other hours"},
	{"zone", CONF_TEXT, offsetof(struct times, zone_name), true, "of the clock that counts, such as America/New_York"},
};

static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

void times_free(struct times *t)
{
	if (!t)
		return;
	conf_free(CONF_KEYS(time_keys), t);
	zone_free(t->zone);
	free(t);
}

static void name(struct times *t, int day, int from, int until)
{
	for (int m = from; m < until; m++) {
		int minute = (day * DAY_MIN + m) % WEEK_MIN;

		t->named[minute / 8] |= (unsigned char)(1 << minute % 8);
	}
}

static bool read_day(const char **p, int *day)
{
	for (*day = 0; *day < 7; ++*day)
		if (strncmp(*p, days[*day], 3) == 0) {
			*p += 3;
			return true;
		}
	return false;
}

/* "07:00", and 24:00 where a window ends */
static bool read_clock(const char **p, int *minute)
{
	const char *c = *p;
	int hours, minutes;

	for (int i = 0; i < 5; i++)
		if (i == 2 ? c[i] != ':' : c[i] < '0' || c[i] > '9')
			return false;
	hours = (c[0] - '0') * 10 + c[1] - '0';
	minutes = (c[3] - '0') * 10 + c[4] - '0';
	*minute = hours * 60 + minutes;
	*p += 5;
	return minutes < 60 && *minute <= DAY_MIN;
}

/* "Mon-Fri 07:00-19:00", "Sat,Sun 22:00-06:00" (until the next morning), "07:00-19:00" (every day), "Sat" (all day) */
static bool read_window(const char *p, struct times *t)
{
	bool on[7] = {false}, any = false;
	int first, last, from = 0, until = DAY_MIN;

	while (read_day(&p, &first)) {
		last = first;
		if (*p == '-' && (++p, !read_day(&p, &last)))
			return false;
		for (int d = first;; d = (d + 1) % 7) {
			on[d] = any = true;
			if (d == last)
				break;
		}
		if (*p != ',')
			break;
		p++;
	}
	if (any && *p == ' ')
		p++;
	else if (any && *p)
		return false;
	if (*p || !any) {
		if (!read_clock(&p, &from) || *p++ != '-' || !read_clock(&p, &until) || *p || from == until || from == DAY_MIN)
			return false;
		if (until < from)
			until += DAY_MIN;
	}
	for (int d = 0; d < 7; d++)
		if (on[d] || !any)
			name(t, d, from, until);
	return true;
}

enum rc times_read(const struct yaml *value, struct times **out, struct why *why)
{
	struct times *t = *out = calloc(1, sizeof *t);
	const struct text_list *list;
	const struct yaml *at;
	struct why zone_why = {0};
	enum rc rc = t ? conf_read(value, "time", CONF_KEYS(time_keys), t, why) : RC_NOMEM;

	if (rc != RC_OK)
		return rc;
	if (!t->within.n == !t->outside.n)
		return why_at(why, RC_BAD, value->line, value->column,
			      "\"time\" needs either \"within\" or \"outside\", such as {outside: 'Mon-Fri 07:00-19:00', zone: America/New_York}");
	list = t->within.n ? &t->within : &t->outside;
	at = yaml_get(value, t->within.n ? "within" : "outside");
	for (size_t i = 0; i < list->n; i++)
		if (!read_window(list->item[i], t))
			return why_at(why, RC_BAD, at->line, at->column,
				      "\"%.60s\" names no hours; hours are written 'Mon-Fri 07:00-19:00', 'Sat,Sun', '22:00-06:00'", list->item[i]);
	rc = zone_load(t->zone_name, &t->zone, &zone_why);
	at = yaml_get(value, "zone");
	return rc == RC_OK || rc == RC_NOMEM ? rc : why_at(why, RC_BAD, at->line, at->column, "%s", zone_why.text);
}

static bool in_hours(const struct times *t, int minute)
{
	return (t->named[minute / 8] >> minute % 8 & 1) == (t->within.n > 0);
}

bool times_never(const struct times *t)
{
	for (int m = 0; m < WEEK_MIN; m++)
		if (in_hours(t, m))
			return false;
	return true;
}

bool times_disjoint(const struct times *a, const struct times *b)
{
	if (strcmp(a->zone_name, b->zone_name) != 0)
		return false;
	for (int m = 0; m < WEEK_MIN; m++)
		if (in_hours(a, m) && in_hours(b, m))
			return false;
	return true;
}

/* Minutes since Sunday's midnight, of the local clock. */
static int minute_of(const struct times *t, int64_t wall_ns)
{
	int64_t unix_s = wall_ns / NS_PER_S, local = unix_s + zone_offset(t->zone, unix_s);
	int64_t minute = (local / 60 + 4 * DAY_MIN) % WEEK_MIN;          /* 1970-01-01 was a Thursday */

	return (int)(minute < 0 ? minute + WEEK_MIN : minute);
}

bool times_hold(const struct times *t, int64_t wall_ns)
{
	return in_hours(t, minute_of(t, wall_ns));
}

const char *times_local(const struct times *t, int64_t wall_ns, char out[TIMES_TEXT])
{
	int minute = minute_of(t, wall_ns);

	snprintf(out, TIMES_TEXT, "%s %02d:%02d", days[minute / DAY_MIN], minute % DAY_MIN / 60, minute % 60);
	return out;
}

const char *times_zone(const struct times *t)
{
	return t->zone_name;
}

#include "zone.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"

#define ZONES "/usr/share/zoneinfo"
#define FILE_MAX_BYTES ((size_t)1 << 20)
#define NAME_MAX_BYTES 64
#define DAY 86400

/* When daylight saving begins or ends in a year, as POSIX TZ strings tell it. */
struct change {
	enum { CHANGE_MONTH, CHANGE_JULIAN, CHANGE_DAY } form;   /* Mm.w.d; Jn: 1 to 365, no 29 February; n: 0 to 365 */
	int month, week, day;
	int64_t time;                                            /* seconds after midnight, local; may be negative */
};

struct zone {
	size_t n;                                                /* transitions: from at[i] on, offset[i] */
	int64_t *at;
	int32_t *offset;
	int32_t first;                                           /* before all of them */
	/* after the last */
	bool has_rule, has_dst;
	int64_t standard, daylight;
	struct change begins, ends;
};

void zone_free(struct zone *zone)
{
	if (!zone)
		return;
	free(zone->at);
	free(zone->offset);
	free(zone);
}

/* ---- the rule of the years to come: "EST5EDT,M3.2.0,M11.1.0" ---------------------------------------------------------- */

/* "EST" or "<+03>" */
static bool read_abbreviation(const char **p)
{
	const char *from = *p;

	if (*from == '<') {
		const char *end = strchr(from, '>');

		*p = end ? end + 1 : from;
		return end != NULL;
	}
	while ((**p >= 'A' && **p <= 'Z') || (**p >= 'a' && **p <= 'z'))
		++*p;
	return *p - from >= 3;
}

static bool read_number(const char **p, int least, int most, int *out)
{
	int value = 0, digits = 0;

	for (; **p >= '0' && **p <= '9' && digits < 4; ++*p, digits++)
		value = value * 10 + (**p - '0');
	*out = value;
	return digits > 0 && value >= least && value <= most;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(const char **p, int64_t *seconds)
{
	int sign = **p == '-' ? -1 : 1, hours, minutes = 0, rest = 0;

	*p += **p == '-' || **p == '+';
	if (!read_number(p, 0, 167, &hours))
		return false;
	if (**p == ':' && (++*p, !read_number(p, 0, 59, &minutes)))
		return false;
	if (**p == ':' && (++*p, !read_number(p, 0, 59, &rest)))
		return false;
	*seconds = sign * (hours * 3600LL + minutes * 60 + rest);
	return true;
}

static bool read_change(const char **p, struct change *c)
{
	*c = (struct change){.time = 2 * 3600};
	if (*(*p)++ != ',')
		return false;
	if (**p == 'M') {
		c->form = CHANGE_MONTH;
		++*p;
		if (!read_number(p, 1, 12, &c->month) || *(*p)++ != '.' || !read_number(p, 1, 5, &c->week) || *(*p)++ != '.' ||
		    !read_number(p, 0, 6, &c->day))
			return false;
	} else {
		c->form = **p == 'J' ? CHANGE_JULIAN : CHANGE_DAY;
		*p += **p == 'J';
		if (!read_number(p, c->form == CHANGE_JULIAN, 365, &c->day))
			return false;
	}
	return **p != '/' || (++*p, read_time(p, &c->time));
}

static bool read_rule(const char *p, struct zone *z)
{
	if (!*p)
		return true;
	z->has_rule = true;
	if (!read_abbreviation(&p) || !read_time(&p, &z->standard))
		return false;
	z->standard = -z->standard;                              /* POSIX counts westward */
	if (!*p)
		return true;
	z->has_dst = true;
	if (!read_abbreviation(&p))
		return false;
	z->daylight = z->standard + 3600;
	if (*p != ',') {
		if (!read_time(&p, &z->daylight))
			return false;
		z->daylight = -z->daylight;
	}
	return read_change(&p, &z->begins) && read_change(&p, &z->ends) && !*p;
}

/* ---- the calendar ----------------------------------------------------------------------------------------------------- */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01 to the first of January. */
static int64_t year_begins(int64_t year)
{
	int64_t y = year - 1;

	return y * 365 + floor_div(y, 4) - floor_div(y, 100) + floor_div(y, 400) - 719162;
}

static int64_t year_of(int64_t day)
{
	int64_t year = 1970 + floor_div(day * 400, 146097);      /* within one of it */

	while (year_begins(year) > day)
		year--;
	while (year_begins(year + 1) <= day)
		year++;
	return year;
}

/* The day of the year, from 0, of a change. */
static int64_t day_of(const struct change *c, int64_t year)
{
	static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
	int64_t first, length, weekday, day;
	bool leap = is_leap(year);

	switch (c->form) {
	case CHANGE_JULIAN:
		return c->day - 1 + (leap && c->day > 59);
	case CHANGE_DAY:
		return c->day;
	case CHANGE_MONTH:
		break;
	}
	first = before[c->month - 1] + (leap && c->month > 2);
	length = before[c->month] - before[c->month - 1] + (leap && c->month == 2);
	weekday = (year_begins(year) + first + 4) % 7;           /* 1970-01-01 was a Thursday */
	weekday += weekday < 0 ? 7 : 0;
	day = (c->day - weekday + 7) % 7 + (c->week - 1) * 7;
	return first + (day >= length ? day - 7 : day);          /* week 5 is the last one */
}

static int64_t by_rule(const struct zone *z, int64_t unix_s)
{
	int64_t year, begins, ends;
	bool daylight;

	if (!z->has_dst)
		return z->standard;
	year = year_of(floor_div(unix_s + z->standard, DAY));
	begins = (year_begins(year) + day_of(&z->begins, year)) * DAY + z->begins.time - z->standard;
	ends = (year_begins(year) + day_of(&z->ends, year)) * DAY + z->ends.time - z->daylight;
	daylight = begins < ends ? unix_s >= begins && unix_s < ends : unix_s >= begins || unix_s < ends;
	return daylight ? z->daylight : z->standard;
}

int64_t zone_offset(const struct zone *z, int64_t unix_s)
{
	size_t low = 0, high = z->n;

	if (z->has_rule && (!z->n || unix_s >= z->at[z->n - 1]))
		return by_rule(z, unix_s);
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (z->at[mid] <= unix_s)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? z->offset[low - 1] : z->first;
}

/* ---- the file --------------------------------------------------------------------------------------------------------- */

#define HEADER 44

/* How many of each a block holds (RFC 9636, 3.1). */
struct counts {
	uint32_t isut, isstd, leap, time, type, text;
};

static int64_t big_endian(const char *p, int n)
{
	uint64_t value = (unsigned char)*p & 0x80 ? UINT64_MAX : 0;

	for (int i = 0; i < n; i++)
		value = value << 8 | (unsigned char)p[i];
	return (int64_t)value;
}

static bool read_header(struct slice s, struct counts *c)
{
	uint32_t *all[] = {&c->isut, &c->isstd, &c->leap, &c->time, &c->type, &c->text};

	if (s.n < HEADER || memcmp(s.p, "TZif", 4) != 0 || s.p[4] < '2')
		return false;
	for (int i = 0; i < 6; i++) {
		*all[i] = (uint32_t)big_endian(s.p + 20 + 4 * i, 4);
		if (*all[i] > FILE_MAX_BYTES)
			return false;
	}
	return c->type > 0 && c->type <= 256;
}

static uint64_t block_bytes(const struct counts *c, unsigned int time_bytes)
{
	return (uint64_t)c->time * (time_bytes + 1) + (uint64_t)c->type * 6 + c->text + (uint64_t)c->leap * (time_bytes + 4) + c->isstd + c->isut;
}

/* The block of 8-byte times. */
static enum rc read_block(const char *p, const struct counts *c, struct zone *z)
{
	const char *index = p + (size_t)c->time * 8, *types = index + c->time;

	z->at = calloc(c->time + 1, sizeof *z->at);
	z->offset = calloc(c->time + 1, sizeof *z->offset);
	if (!z->at || !z->offset)
		return RC_NOMEM;
	z->n = c->time;
	z->first = (int32_t)big_endian(types, 4);
	for (uint32_t i = 0; i < c->time; i++) {
		unsigned char type = (unsigned char)index[i];

		z->at[i] = big_endian(p + (size_t)i * 8, 8);
		if (type >= c->type || (i && z->at[i] <= z->at[i - 1]))
			return RC_BAD;
		z->offset[i] = (int32_t)big_endian(types + (size_t)type * 6, 4);
	}
	return RC_OK;
}

static enum rc read_file(struct slice s, struct zone *z)
{
	struct counts c;
	uint64_t skip;
	char rule[128];
	enum rc rc;

	if (!read_header(s, &c) || (skip = HEADER + block_bytes(&c, 4)) > s.n)
		return RC_BAD;
	s = (struct slice){s.p + skip, s.n - (size_t)skip};
	if (!read_header(s, &c) || (skip = HEADER + block_bytes(&c, 8)) > s.n)
		return RC_BAD;
	rc = read_block(s.p + HEADER, &c, z);
	if (rc != RC_OK)
		return rc;
	s = (struct slice){s.p + skip, s.n - (size_t)skip};
	if (s.n < 2 || s.n - 2 >= sizeof rule || s.p[0] != '\n' || s.p[s.n - 1] != '\n' || memchr(s.p, '\0', s.n))
		return RC_BAD;
	memcpy(rule, s.p + 1, s.n - 2);
	rule[s.n - 2] = '\0';
	return read_rule(rule, z) ? RC_OK : RC_BAD;
}

enum rc zone_parse(struct slice file, struct zone **out, struct why *why)
{
	struct zone *z = calloc(1, sizeof *z);
	enum rc rc = z ? read_file(file, z) : RC_NOMEM;

	*out = NULL;
	if (rc == RC_OK) {
		*out = z;
		return RC_OK;
	}
	zone_free(z);
	return rc == RC_BAD ? why_set(why, RC_BAD, "this is no file of the tz database (TZif, version 2 or later)") : rc;
}

enum rc zone_load(const char *name, struct zone **out, struct why *why)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
	char path[sizeof ZONES + 1 + NAME_MAX_BYTES];
	struct buf file;
	enum rc rc;

	*out = NULL;
	if (!*name || *name == '/' || strlen(name) > NAME_MAX_BYTES - 1 || strspn(name, allowed) != strlen(name))
		return why_set(why, RC_BAD, "\"%.60s\" is no zone's name; zones are called America/New_York, Europe/Berlin, UTC", name);
	memcpy(path, ZONES "/", sizeof ZONES);
	memcpy(path + sizeof ZONES, name, strlen(name) + 1);
	buf_init(&file, FILE_MAX_BYTES);
	rc = file_read(path, &file, why);
	if (rc == RC_OK)
		rc = zone_parse(buf_slice(&file), out, why);
	else if (rc == RC_NOT_FOUND || rc == RC_IO)
		rc = why_set(why, RC_NOT_FOUND, "there is no zone \"%s\" in " ZONES " (the package tzdata); zones are called America/New_York, "
			     "Europe/Berlin, UTC", name);
	buf_free(&file);
	return rc;
}

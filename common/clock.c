#include "clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t clock_wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t clock_wall_s(void)
{
	return clock_wall_ns() / NS_PER_S;
}

int64_t clock_mono_ns(void)
{
	struct timespec t;

#ifdef CLOCK_BOOTTIME
	clock_gettime(CLOCK_BOOTTIME, &t);
#else
	clock_gettime(CLOCK_MONOTONIC, &t);
#endif
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

void clock_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

const char *clock_text_s(int64_t wall_s, char out[CLOCK_TEXT])
{
	time_t s = (time_t)wall_s;
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}

const char *clock_text_us(int64_t wall_ns, char out[CLOCK_TEXT])
{
	char base[CLOCK_TEXT];

	clock_text_s(wall_ns / NS_PER_S, base);
	snprintf(out, CLOCK_TEXT, "%.19s.%06dZ", base, (int)(wall_ns % NS_PER_S / NS_PER_US));
	return out;
}

/* Reads exactly n digits. */
static bool digits(const char **p, int n, int *value)
{
	*value = 0;
	for (int i = 0; i < n; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*value = *value * 10 + (**p - '0');
	}
	return true;
}

static bool literal(const char **p, char c)
{
	return *(*p)++ == c;
}

enum rc clock_parse(struct slice text, int64_t *wall_ns)
{
	char copy[CLOCK_TEXT], again[CLOCK_TEXT];
	const char *p = copy;
	struct tm tm = {0};
	int year, month, us = 0;
	time_t s;

	if ((text.n != 20 && text.n != 27) || memchr(text.p, 0, text.n))
		return RC_BAD;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	if (!digits(&p, 4, &year) || !literal(&p, '-') || !digits(&p, 2, &month) || !literal(&p, '-') ||
	    !digits(&p, 2, &tm.tm_mday) || !literal(&p, 'T') || !digits(&p, 2, &tm.tm_hour) || !literal(&p, ':') ||
	    !digits(&p, 2, &tm.tm_min) || !literal(&p, ':') || !digits(&p, 2, &tm.tm_sec))
		return RC_BAD;
	if (text.n == 27 && (!literal(&p, '.') || !digits(&p, 6, &us)))
		return RC_BAD;
	if (!literal(&p, 'Z'))
		return RC_BAD;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	s = timegm(&tm);
	clock_text_s(s, again);
	if (s >= INT64_MAX / NS_PER_S || s <= INT64_MIN / NS_PER_S)      /* before 1678, after 2261 */
		return RC_BAD;
	if (strncmp(copy, again, 19) != 0)      /* a day or an hour that does not exist */
		return RC_BAD;
	*wall_ns = (int64_t)s * NS_PER_S + us * NS_PER_US;
	return RC_OK;
}

struct unit {
	const char *name;
	uint64_t factor;
};

/* A decimal number and one of the units (the row named "" stands for none). */
static enum rc number_with_unit(struct slice text, const struct unit *units, size_t n_units, uint64_t *value)
{
	size_t i = 0;
	uint64_t v = 0;

	while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9') {
		if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(text.p[i] - '0'), &v))
			return RC_BAD;
		i++;
	}
	if (i == 0)
		return RC_BAD;
	for (size_t u = 0; u < n_units; u++)
		if (slice_is((struct slice){text.p + i, text.n - i}, units[u].name))
			return __builtin_mul_overflow(v, units[u].factor, value) ? RC_BAD : RC_OK;
	return RC_BAD;
}

enum rc duration_parse(struct slice text, int64_t *ns)
{
	static const struct unit units[] = {
		{"", NS_PER_S}, {"ms", NS_PER_MS}, {"s", NS_PER_S}, {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S},
		{"d", 86400 * NS_PER_S},
	};
	uint64_t v;

	if (number_with_unit(text, units, sizeof units / sizeof *units, &v) != RC_OK || v > INT64_MAX)
		return RC_BAD;
	*ns = (int64_t)v;
	return RC_OK;
}

void duration_text(int64_t ns, struct buf *out)
{
	int64_t s = ns / NS_PER_S;

	if (s >= 86400)
		buf_printf(out, "%lldd %lldh", (long long)(s / 86400), (long long)(s % 86400 / 3600));
	else if (s >= 3600)
		buf_printf(out, "%lldh %lldm", (long long)(s / 3600), (long long)(s % 3600 / 60));
	else if (s >= 60)
		buf_printf(out, "%lldm %llds", (long long)(s / 60), (long long)(s % 60));
	else if (s >= 1)
		buf_printf(out, "%llds", (long long)s);
	else
		buf_printf(out, "%lldms", (long long)(ns / NS_PER_MS));
}

enum rc size_parse(struct slice text, uint64_t *bytes)
{
	static const struct unit units[] = {{"", 1}, {"B", 1}, {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}};

	return number_with_unit(text, units, sizeof units / sizeof *units, bytes);
}

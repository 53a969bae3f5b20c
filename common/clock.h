/* Time: wall clock for records, monotonic clock for waiting; durations and sizes as people write them. */
#ifndef PHIGATE_CLOCK_H
#define PHIGATE_CLOCK_H

#include <pthread.h>
#include <stdint.h>

#include "buf.h"

#define NS_PER_S 1000000000LL
#define NS_PER_MS 1000000LL
#define NS_PER_US 1000LL

int64_t clock_wall_ns(void);        /* since 1970-01-01T00:00:00Z */
int64_t clock_wall_s(void);
int64_t clock_mono_ns(void);        /* CLOCK_BOOTTIME on Linux: goes on while the machine sleeps */

/* A condition whose timed waits go by CLOCK_MONOTONIC: nobody who sets the clock of the machine shortens or prolongs them. */
void clock_cond_init(pthread_cond_t *cond);

/* RFC 3339 in UTC: with microseconds ("2026-01-31T08:15:00.000000Z", 27 characters) or to the second (20). */
#define CLOCK_TEXT 32
const char *clock_text_us(int64_t wall_ns, char out[CLOCK_TEXT]);
const char *clock_text_s(int64_t wall_s, char out[CLOCK_TEXT]);
enum rc clock_parse(struct slice text, int64_t *wall_ns) MUST_USE;      /* either form, Z only; RC_BAD */

/* "90", "250ms", "15m", "8h", "2192d"; a bare number counts seconds. RC_BAD also on overflow and negative values. */
enum rc duration_parse(struct slice text, int64_t *ns) MUST_USE;
void duration_text(int64_t ns, struct buf *out);                        /* "1h 5m", "12s", "340ms" for people */

/* "4096", "32KiB", "8MiB", "16GiB". RC_BAD also on overflow. */
enum rc size_parse(struct slice text, uint64_t *bytes) MUST_USE;

#endif

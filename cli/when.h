/* Moments as people want them: how long ago, how long still. */
#ifndef PHIGATE_CLI_WHEN_H
#define PHIGATE_CLI_WHEN_H

#include <stdint.h>

#define WHEN_TEXT 48

/* RFC 3339 from the agent: "3m ago", "in 12m"; as it is when it is no time; "" for NULL. */
const char *when_relative(const char *time, char out[WHEN_TEXT]);

/* In this machine's time zone: "14:05" today, else "Mar 3 14:05". */
const char *when_local(const char *time, char out[WHEN_TEXT]);

/* From one to the other: "1h 5m"; "" when one is missing. */
const char *when_between(const char *from, const char *to, char out[WHEN_TEXT]);

#endif

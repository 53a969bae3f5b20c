#include "gate_rate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define ENTRIES 4096                             /* addresses in mind at one time */
#define MINUTE_NS (60 * NS_PER_S)

/* When the origin's bucket is full again (the "theoretical arrival time" of GCRA); in the past: it is full. */
struct entry {
	struct origin origin;
	int64_t full_ns;
};

struct gate_rate {
	int64_t step_ns;
	size_t n;
	struct entry entries[ENTRIES];
};

static const unsigned char MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct origin origin_of(const struct sockaddr_storage *peer)
{
	struct origin o = {{0}};

	if (peer->ss_family == AF_INET) {
		memcpy(o.bytes, MAPPED, sizeof MAPPED);
		memcpy(o.bytes + 12, &((const struct sockaddr_in *)peer)->sin_addr, 4);
	} else if (peer->ss_family == AF_INET6) {
		const unsigned char *a = ((const struct sockaddr_in6 *)peer)->sin6_addr.s6_addr;

		memcpy(o.bytes, a, memcmp(a, MAPPED, sizeof MAPPED) == 0 ? 16 : 8);
	}
	return o;
}

bool origin_is(const struct origin *a, const struct origin *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void origin_text(const struct sockaddr_storage *peer, char out[64])
{
	char host[INET6_ADDRSTRLEN] = "";

	if (peer->ss_family == AF_INET) {
		const struct sockaddr_in *a = (const struct sockaddr_in *)peer;

		inet_ntop(AF_INET, &a->sin_addr, host, sizeof host);
		snprintf(out, 64, "%s:%d", host, ntohs(a->sin_port));
	} else if (peer->ss_family == AF_INET6) {
		const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)peer;

		if (memcmp(&a->sin6_addr, MAPPED, sizeof MAPPED) == 0) {
			inet_ntop(AF_INET, a->sin6_addr.s6_addr + 12, host, sizeof host);
			snprintf(out, 64, "%s:%d", host, ntohs(a->sin6_port));
		} else {
			inet_ntop(AF_INET6, &a->sin6_addr, host, sizeof host);
			snprintf(out, 64, "[%s]:%d", host, ntohs(a->sin6_port));
		}
	} else {
		snprintf(out, 64, "unknown");
	}
}

struct gate_rate *gate_rate_new(int64_t starts_per_minute)
{
	struct gate_rate *rate = calloc(1, sizeof *rate);

	if (rate)
		rate->step_ns = MINUTE_NS / (starts_per_minute < 1 ? 1 : starts_per_minute);
	return rate;
}

void gate_rate_free(struct gate_rate *rate)
{
	free(rate);
}

/* The origin's entry, a new one, or the place of the one that is full soonest: who has started least has least to lose by being
 * forgotten. */
static struct entry *find(struct gate_rate *rate, const struct origin *origin)
{
	struct entry *soonest = &rate->entries[0];

	for (size_t i = 0; i < rate->n; i++) {
		struct entry *e = &rate->entries[i];

		if (origin_is(&e->origin, origin))
			return e;
		if (e->full_ns < soonest->full_ns)
			soonest = e;
	}
	if (rate->n < ENTRIES)
		soonest = &rate->entries[rate->n++];
	*soonest = (struct entry){.origin = *origin};
	return soonest;
}

bool gate_rate_take(struct gate_rate *rate, const struct origin *origin, int64_t now_ns)
{
	struct entry *e = find(rate, origin);
	int64_t full = e->full_ns > now_ns ? e->full_ns : now_ns;

	if (full - now_ns > MINUTE_NS - rate->step_ns)
		return false;
	e->full_ns = full + rate->step_ns;
	return true;
}

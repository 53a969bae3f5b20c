/* How often one address may begin an SSH connection. Pure: time is an argument. */
#ifndef PHIGATE_AGENT_GATE_RATE_H
#define PHIGATE_AGENT_GATE_RATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Whom a connection counts for: an IPv4 address, or the /64 of an IPv6 one. */
struct origin {
	unsigned char bytes[16];
};

/* IPv4-mapped IPv6 addresses are IPv4 here, else all of them would share one /64. */
struct origin origin_of(const struct sockaddr_storage *peer);
bool origin_is(const struct origin *a, const struct origin *b);

/* "203.0.113.9:51022" or "[2001:db8::1]:51022" */
void origin_text(const struct sockaddr_storage *peer, char out[64]);

struct gate_rate;
struct gate_rate *gate_rate_new(int64_t starts_per_minute);      /* NULL: no memory */
void gate_rate_free(struct gate_rate *rate);

/* One start of that origin now: a minute's worth at once, then as they come back. */
bool gate_rate_take(struct gate_rate *rate, const struct origin *origin, int64_t now_ns);

#endif

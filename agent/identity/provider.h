/* The OIDC provider's signing keys: found by discovery, renewed hourly by a thread of their own, kept on disk for when the
 * provider is down. Nobody who presents a token by a known key ever waits for the provider. Thread-safe. */
#ifndef PHIGATE_AGENT_PROVIDER_H
#define PHIGATE_AGENT_PROVIDER_H

#include "jwt.h"

#define PROVIDER_RENEW_S 3600
#define PROVIDER_KEEP_S 86400                    /* a set that could not be renewed for so long counts no more */
#define PROVIDER_UNKNOWN_S 30                    /* between two requests for the sake of unknown keys */
#define PROVIDER_RETRY_S 5                       /* after a request that failed */

struct provider_options {
	const char *issuer, *ca_file, *cache_file;       /* copied; ca_file may be NULL */
	int64_t (*mono_ns)(void), (*wall_s)(void);       /* NULL: the real clocks */
};

struct provider;

/* Reads the copy on disk, if there is a good one, and asks the provider at once; needs neither to succeed. */
enum rc provider_new(const struct provider_options *options, struct provider **out, struct why *why) MUST_USE;
void provider_free(struct provider *provider);           /* waits for a request that runs, 20 s at most; NULL is allowed */

/* Is the token signed by one of the provider's keys? Waits for the provider only when the key is unknown.
 * RC_DENIED; RC_UNREACHABLE: there are no keys, and why says what the provider answered. */
enum rc provider_verify(struct provider *provider, const struct jwt *jwt, struct why *why) MUST_USE;

/* Another number whenever the keys are others. */
uint64_t provider_generation(struct provider *provider);

/* Are there keys that count? RC_UNREACHABLE: none, and why says what the provider answered last. Does not wait. */
enum rc provider_ready(struct provider *provider, struct why *why) MUST_USE;

/* For tests with another clock: look again at what is due. */
void provider_poke(struct provider *provider);

#endif

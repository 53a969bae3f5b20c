/* session.json of a bundle (evidence.md): what it must have, and has with the right type. */
#ifndef PHIGATE_BUNDLE_ABOUT_H
#define PHIGATE_BUNDLE_ABOUT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "digest.h"

struct bundle_about {
	cJSON *tree;                             /* owns the texts */
	const char *id, *agent, *signing_key;    /* signing_key may be NULL */
	int64_t part, opened_ns, closed_ns;
	unsigned char policy[SHA256_LEN], head[SHA256_LEN];
	int64_t exchanges, records;              /* counts */
};

/* May it be an agent's name: letters, digits, dot, dash, underscore? It becomes part of a principal and of a sentence. */
bool bundle_about_is_agent(const char *name);

/* RC_BAD: why names the member that is missing or wrong. */
enum rc bundle_about_read(struct slice text, struct bundle_about *out, struct why *why) MUST_USE;
void bundle_about_free(struct bundle_about *about);      /* harmless when all zero */

#endif

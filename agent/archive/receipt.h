/* What is known of an archived bundle, beside it on this machine: BUNDLES/SESSION/PART.archived, one JSON object
 *   {"sha256": HEX, "bytes": N, "archived": TIME, "retain_until": TIME, "places": [PLACE…]} */
#ifndef PHIGATE_AGENT_ARCHIVE_RECEIPT_H
#define PHIGATE_AGENT_ARCHIVE_RECEIPT_H

#include "place.h"

struct receipt {
	uint64_t bytes;
	char sha256[SHA256_HEX];
	int64_t archived_s, retain_until_s;
	struct text_list places;
};

/* RC_NOT_FOUND: there is none; RC_BAD: it is none, which counts as none. Freed with receipt_free() also then. */
enum rc receipt_read(const char *bundles_dir, const char *session, int part, struct receipt *out) MUST_USE;
enum rc receipt_write(const char *bundles_dir, const char *session, int part, const struct receipt *receipt, struct why *why) MUST_USE;
void receipt_free(struct receipt *receipt);

#endif

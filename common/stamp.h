/* Time stamps of RFC 3161: a request, and what an authority's reply is worth (OpenSSL). Imprints are SHA-256. */
#ifndef PHIGATE_STAMP_H
#define PHIGATE_STAMP_H

#include <stdint.h>

#include "buf.h"

#define STAMP_MAX ((size_t)256 << 10)            /* a reply is not larger: some authorities send their whole chain */
#define STAMP_NONCE 8

/* Append the TimeStampReq (DER) over data; the nonce keeps an old reply from being one to it. */
enum rc stamp_request(struct slice data, const unsigned char nonce[STAMP_NONCE], struct buf *der) MUST_USE;

struct stamp {
	int64_t wall_s;                          /* when, as the authority says */
	char authority[128];                     /* its certificate's name: others wrote it */
};

/* What a TimeStampResp (DER) says: that it grants, and is over this data, and answers the nonce (NULL: any). With roots, PEM of the
 * authorities that are believed, also that one of those made it, with a certificate that was valid at that time; roots NULL: out tells what it
 * claims. RC_BAD: no such reply, or over something else, refused by the authority; RC_DENIED: of nobody who is believed; RC_NOMEM. */
enum rc stamp_read(struct slice der, struct slice data, const unsigned char *nonce, const char *roots, struct stamp *out,
		   struct why *why) MUST_USE;

/* Is there a certificate in this text? RC_BAD. */
enum rc stamp_roots_check(const char *roots, struct why *why) MUST_USE;

#endif

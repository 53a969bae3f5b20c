/* A line of a bundle's index.jsonl (evidence.md), which has one form only: these members in this order, no space. */
#ifndef PHIGATE_BUNDLE_LINE_H
#define PHIGATE_BUNDLE_LINE_H

#include <stdint.h>

#include "buf.h"
#include "digest.h"

#define BUNDLE_LINE_MAX 1024                      /* more than any line has, LF included */

enum bundle_kind { KIND_OPEN, KIND_REQUEST, KIND_RESPONSE, KIND_HOLD, KIND_DECISION, KIND_CUT, KIND_GAP, KIND_RENEW,
	KIND_RECOVERED, KIND_CLOSE };
const char *bundle_kind_name(enum bundle_kind kind);     /* "open", "request", … */

struct bundle_line {
	uint64_t seq, exchange, segment, off, len;       /* each at most 2^53 */
	int64_t wall_ns, mono_ns;
	enum bundle_kind kind;
	unsigned char prev[SHA256_LEN], c[SHA256_LEN], f[SHA256_LEN];
};

/* line: with its LF. RC_BAD: any other form; why says from which member on. */
enum rc bundle_line_parse(struct slice line, struct bundle_line *out, struct why *why) MUST_USE;

#endif

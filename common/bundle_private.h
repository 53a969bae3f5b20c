/* What bundle.c and the files of bundle_verify.c share. */
#ifndef PHIGATE_BUNDLE_PRIVATE_H
#define PHIGATE_BUNDLE_PRIVATE_H

#include "bundle.h"
#include "bundle_line.h"
#include "member.h"
#include "original_lines.h"
#include "segment_text.h"

#define SEGMENTS_MAX 200000                      /* the agent begins another part at half of it */

enum member { MEMBER_SUMS, MEMBER_SIG, MEMBER_TSR, MEMBER_PROOF, MEMBER_SESSION, MEMBER_POLICY, MEMBER_INDEX, MEMBERS };

struct segment {
	struct extent where;
	uint32_t number;
	bool sealed;                             /* .age */
	unsigned char sum[SHA256_LEN];           /* as SHA256SUMS says */
};

struct segments {
	struct segment *all;                     /* by number, rising */
	size_t n, cap;
};

struct bundle {
	int fd;
	bool present[MEMBERS];
	struct extent member[MEMBERS];
	unsigned char sum[MEMBERS][SHA256_LEN];  /* as SHA256SUMS says */
	struct bundle_marks marks;
	struct segments segments, originals;
	struct buf session_text;
	char signer[256], fingerprint[64], digest[SHA256_HEX];
	struct member_reader index;              /* where bundle_next() is */
	struct bundle_line line;                 /* that it read last */
	struct buf record, body;
	const struct age_identities *keys;       /* NULL: none */
	/* the encrypted segment that was read last, and how far, for records are mostly read in order */
	struct segment_text text;
	const struct segment *text_of;
	uint64_t text_at;
	/* the original that the record named that was read last, hex, "": none; and the originals' file that was read last, as they are read in order */
	char original_sum[SHA256_HEX];
	struct original_lines originals_text;
	const struct segment *originals_of;
	struct buf original;
};

extern const char *const bundle_member_names[MEMBERS];

/* Into out, whose ceiling bounds it. */
enum rc bundle_read(const struct bundle *b, struct extent where, struct buf *out) MUST_USE;

/* The place for the sum of the member of that name; NULL: there is none, or none that SHA256SUMS covers. */
unsigned char *bundle_sum(struct bundle *b, const char *name);

/* The originals' file of that segment; NULL: it has none. */
const struct segment *bundle_originals(const struct bundle *b, uint64_t number);

#define SEGMENT_NAME 32
void bundle_segment_name(const struct segment *segment, const char *prefix, char out[SEGMENT_NAME]);

#endif

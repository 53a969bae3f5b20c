/* The text of a bundle's segment from front to end, sealed by age or not, in constant memory; hashing the file as it is stored on the way. */
#ifndef PHIGATE_SEGMENT_TEXT_H
#define PHIGATE_SEGMENT_TEXT_H

#include "age.h"
#include "member.h"

struct segment_text {
	struct member_reader stored;             /* the caller may read on in it for the file's hash, and then only close */
	struct age_opening *opening;             /* NULL: it is stored as it is */
	struct buf text;                         /* opened, and from at on not given out */
	size_t at;
	bool ended;
};

/* keys (borrowed): of a sealed one; NULL for others. RC_NOMEM. */
enum rc segment_text_open(struct segment_text *s, int fd, struct extent where, const struct age_identities *keys) MUST_USE;

/* The next bytes, at least one and at most max; borrowed until the next call. RC_END after the last. RC_NOT_FOUND: these keys do not open
 * it; RC_BAD: it was changed, or cut; RC_IO: the file cannot be read, or has become shorter; RC_NOMEM. */
enum rc segment_text_piece(struct segment_text *s, size_t max, struct slice *out, struct why *why) MUST_USE;

/* For how many it is sealed, as far as that is known by now. */
size_t segment_text_recipients(const struct segment_text *s);

void segment_text_close(struct segment_text *s);         /* wipes; harmless when all zero or closed */

#endif

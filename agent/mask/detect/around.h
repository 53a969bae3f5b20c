/* What the words left and right of a place say: is it a person that stands there? */
#ifndef PHIGATE_MASK_AROUND_H
#define PHIGATE_MASK_AROUND_H

#include "scan.h"

enum left {
	LEFT_NONE,
	LEFT_THING,              /* "the", "some" */
	LEFT_PLACE_NAME,         /* "North" */
	LEFT_LIST,               /* a name, and a comma or "and" */
	LEFT_PLACE,              /* "in", "from" */
	LEFT_WITH,               /* "with", "for": persons, and things */
	LEFT_BY,
	LEFT_CLOSING,            /* "Thanks,", on the line before */
	LEFT_ROLE,               /* "patient" */
	LEFT_SERVICE,            /* "peds", "cards": who is of them */
	LEFT_PERSON,             /* "spoke with", "per", "her son", "this is" */
};

enum right {
	RIGHT_NONE,
	RIGHT_THING,             /* "disease", "catheter": the name is a thing's */
	RIGHT_CODE,              /* "R01" */
	RIGHT_WEAK,              /* "is", "had" */
	RIGHT_MORE,              /* ", a retired driver", "and his sister" */
	RIGHT_VERB,              /* "was seen", "reports" */
	RIGHT_SURE,              /* ", RN", "'s mother", "is a 45-year-old" */
};

enum left around_left(const struct context *c);
enum right around_right(struct scan *s, size_t end);

bool around_begins_sentence(const struct context *c);
bool around_ends_line(struct scan *s, size_t end);
bool around_is_line(struct scan *s, size_t end);         /* a line, or a cell, has nothing but what ends there */
bool around_credential(struct scan *s, size_t end);      /* ", MD" or " MD" */
bool around_credential_at(struct scan *s, size_t i);     /* "MD", "M.D." right there */

/* Is it this text, which is in small letters, at place i, whatever its case? The unit behind, 0. */
size_t around_rest(struct scan *s, size_t i, const char *text);

static inline size_t around_literal(struct scan *s, size_t i, const char *text)
{
	return lower(scan_at(s, i)) == (unsigned char)*text ? around_rest(s, i + 1, text + 1) : 0;     /* most begin with another letter */
}

/* The word of letters at place i: its hash; *end behind it. WORD_HASH: there is none. */
uint64_t around_word(struct scan *s, size_t i, size_t *end);

#endif

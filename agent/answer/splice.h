/* One JSON value, read as it comes, its strings masked and everything else left as it is. */
#ifndef PHIGATE_MASK_SPLICE_H
#define PHIGATE_MASK_SPLICE_H

#include "shape.h"
#include "text.h"

#define SPLICE_ARRAYS 4                          /* arrays around a text that tell which one it is */
#define SPLICE_UNDECIDED 96                      /* bytes at most of which nothing is decided yet, outside of texts */

/* Which array items a place lies in, from the outermost. */
struct splice_items {
	uint32_t index[SPLICE_ARRAYS];
	uint8_t n;
};

/* How the strings of one value are treated; borrowed. */
struct splice_rules {
	const struct answer_shape *shape;        /* NULL: nothing is special */
	struct slice continues;                  /* stands before each text */
	/* Events: the masked form of a string whose text goes on from event to event. raw: the inside of the string; put: what stands
	 * there now. NULL: each text stands alone, and what the shape drops becomes null unless all of its object's text so far is
	 * what it was. */
	enum rc (*stream)(void *arg, uint16_t text, const struct splice_items *items, struct slice raw, struct buf *put);
	/* Events: a value that the shape drops when text was changed begins or ends; all before it has gone to the sink. */
	enum rc (*drop)(void *arg, bool begins);
	void *arg;
	int again;                               /* the event has gone out, and is written once more for this text only; -1: it has not */
	size_t string_max;                       /* bytes of a string that must be seen whole (ids, vectors, texts of events) */
};

struct splice;
enum rc splice_new(const struct text_rules *shared, const struct splice_rules *rules, int depth, struct sink down,
		   struct splice **out) MUST_USE;
void splice_free(struct splice *s);
void splice_reset(struct splice *s);             /* to read another value by the same rules */

/* RC_BAD: no JSON from *used on; splice_break() and splice_rest() then deal with what follows. */
enum rc splice_feed(struct splice *s, struct slice in, size_t *used) MUST_USE;
bool splice_whole(const struct splice *s);       /* one whole value has come */
enum rc splice_end(struct splice *s) MUST_USE;

/* It is no JSON: what is open goes on as text, or else text begins here, with before standing before it. */
enum rc splice_break(struct splice *s, struct slice before) MUST_USE;
enum rc splice_rest(struct splice *s, struct slice in) MUST_USE;
enum rc splice_rest_end(struct splice *s) MUST_USE;

size_t splice_undecided(const struct splice *s); /* of the bytes used, how many splice_break() begins with */
bool splice_texts(const struct splice *s);       /* there was text of the shape */
bool splice_changed(const struct splice *s);     /* such text is not what it was */
bool splice_masked(const struct splice *s);      /* such text that stands alone is not what it was */

#endif

/* One JSON value, read as it comes, its strings masked and everything else left as it is. */
#ifndef PHIGATE_MASK_SPLICE_H
#define PHIGATE_MASK_SPLICE_H

#include "shape.h"
#include "text.h"

#define SPLICE_ARRAYS 4                          /* arrays around a text that tell which one it is */

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
	 * there now, RC_END: the string stays. NULL: each text stands alone. */
	enum rc (*stream)(void *arg, uint16_t text, const struct splice_items *items, struct slice raw, struct buf *put);
	/* Events: a value that the shape drops when text was changed begins or ends; all before it has gone to the sink. */
	void (*drop)(void *arg, bool begins);
	void *arg;
	size_t string_max;                       /* bytes of a string that must be seen whole (ids, vectors, texts of events) */
};

struct splice;
enum rc splice_new(const struct text_rules *shared, const struct splice_rules *rules, int depth, struct sink down, struct splice **out) MUST_USE;
void splice_free(struct splice *s);

/* RC_BAD: no JSON from *used on; call splice_break() then. */
enum rc splice_feed(struct splice *s, struct slice in, size_t *used) MUST_USE;
bool splice_whole(const struct splice *s);       /* one whole value has come */
enum rc splice_end(struct splice *s) MUST_USE;

/* Give up in the middle: strings that are open end; bytes of which nothing was decided are appended to left. */
enum rc splice_break(struct splice *s, struct buf *left) MUST_USE;

bool splice_changed(const struct splice *s);     /* a text of the shape is not what it was */

#endif

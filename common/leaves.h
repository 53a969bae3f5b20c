/* The strings, numbers and words of a JSON text, each told with the path to it, as a stream: the text may be of any size and cut
 * anywhere, nothing is built of it. */
#ifndef PHIGATE_LEAVES_H
#define PHIGATE_LEAVES_H

#include "buf.h"
#include "jsonscan.h"

#define LEAVES_DEPTH 12                          /* what lies deeper is not told */

struct leaves;

/* A piece of a value, unescaped: strings, and with string false numbers, true, false and null. The first piece has begin set, the last
 * one end; it may be empty. */
struct leaf {
	struct slice text;
	bool string, begin, end;
};
typedef void leaf_fn(void *arg, const struct leaves *l, const struct leaf *leaf);

struct leaves {
	struct jsonscan scan;
	struct {
		char key[32];                    /* of the member that is being read; "" in an array, or when it is longer */
		uint32_t index;                  /* in an array */
		bool array;
	} at[LEAVES_DEPTH];
	size_t key_n;
	bool in_key, begins, bad;
	leaf_fn *fn;
	void *arg;
};

void leaves_begin(struct leaves *l, leaf_fn *fn, void *arg);

/* How many bytes were used: all of them, or up to the end of the value. */
size_t leaves_feed(struct leaves *l, struct slice text);
bool leaves_done(const struct leaves *l);        /* the value is whole */
bool leaves_bad(const struct leaves *l);         /* this is no JSON; nothing more is told */

/* Does the path of the leaf that is told fit? a.b is member b of a, [] an item of an array. */
bool leaf_is(const struct leaves *l, const char *path);
uint32_t leaf_index(const struct leaves *l, size_t n);   /* of the n-th [] from the left, from 0 */

#endif

/* What the files of splicing share: the value that is read, and where in it the reading is. */
#ifndef PHIGATE_MASK_SPLICE_PRIVATE_H
#define PHIGATE_MASK_SPLICE_PRIVATE_H

#include "jsonscan.h"
#include "splice.h"

#define KEY_MAX 256                              /* of a label */
#define OUTER_MAX 32                             /* of the key of what holds it */
#define SCALAR_MAX 64                            /* of a number, with white space behind it */

enum role { ROLE_ANY, ROLE_TEXT, ROLE_PLAIN, ROLE_ID, ROLE_TITLE, ROLE_TIME, ROLE_VECTOR };
enum kind { KIND_BRACKET, KIND_STRING, KIND_SCALAR };

/* One open array or object. */
struct level {
	uint16_t place;
	bool object;
	bool texts, changed;             /* it has held text of the shape; such text was changed */
	enum role inherited;             /* of all values in it, unless ROLE_ANY */
	uint32_t index;                  /* of an array's next item */
	uint8_t outer_n;
	char outer[OUTER_MAX];           /* the key that it stands behind, cut; an array's holds for its items */
	uint8_t named_n;
	char named[OUTER_MAX];           /* the last short string in it, which may name the value beside it: {"name": "MRN", "value": …} */
};

struct splice {
	const struct text_rules *shared;
	const struct splice_rules *rules;
	const struct answer_shape *shape;
	int depth;
	struct sink down;
	struct jsonscan scan;
	struct level level[JSONSCAN_DEPTH + 1];
	uint16_t member;                 /* place of the member whose key was read */
	struct buf key;                  /* that key, cut */
	struct buf name;                 /* of the string that is read, what may name a value; longer than OUTER_MAX: it does not */
	size_t copy;                     /* bytes that stay, not yet told to down */
	bool bracket;                    /* where tokens are read: a [ that may be a token's, not yet among them */

	/* the value that is being read */
	enum role role;
	uint16_t text_number;
	uint16_t place;
	bool string, key_open, whole;    /* one is open; it is a key; it is collected, and decided at its end */
	struct text *text;               /* masks strings as they come */
	struct buf value, raw;           /* of a collected string: decoded, and as written */
	size_t part;                     /* bytes of an escape that was cut where the value broke off */

	/* A number or literal is decided when it is clear that the value goes on behind it: "[617-482-3190]" is no JSON. */
	struct buf scalar;
	size_t scalar_n;                 /* without the white space behind it */
	enum { SCALAR_NONE, SCALAR_OPEN, SCALAR_DONE } scalar_state;
	bool number, scalar_long, scalar_masked;

	int drop_depth;                  /* of the value that is dropped or may be; -1: none */
	bool dropping, null_put;         /* it becomes null at once */
	bool unread;                     /* whatever the texts around it are */
	bool masked;                     /* a text that stands alone was */
};

/* splice.c: what becomes of the next n bytes of the value. What stays is told to the sink with what comes behind it, or by
 * flush. */
void splice_replace(struct splice *s, size_t n, struct slice put);
void splice_copy(struct splice *s, size_t n);
void splice_flush(struct splice *s);
void splice_text_changed(struct splice *s);
void splice_edit(void *arg, size_t n, size_t drop, struct slice put);

/* splice_value.c: a value begins and ends; what it is by its place. depth: of the level that it stands in. */
bool splice_value_marked(const struct splice *s, uint16_t place, enum shape_mark mark);
bool splice_value_streamed(const struct splice *s);
struct splice_items splice_value_items(const struct splice *s, int depth);
enum rc splice_value_begin(struct splice *s, int depth, enum kind kind) MUST_USE;
enum rc splice_value_end(struct splice *s, int depth) MUST_USE;
enum rc splice_value_bracket(struct splice *s, bool object) MUST_USE;

/* splice_string.c: a string as it comes; last: the quote that ends it is seen to follow. give_up: what was collected is masked as
 * text; ended: it is all of the string. label: what stands before a value at depth: its key, and what names it; the caller frees
 * it. named: that may stand in the object or array that is open. */
enum rc splice_string_text(struct splice *s) MUST_USE;
enum rc splice_string_label(const struct splice *s, int depth, struct buf *out) MUST_USE;
void splice_string_named(struct splice *s, struct slice name);
enum rc splice_string_begin(struct splice *s, bool key) MUST_USE;
enum rc splice_string_give_up(struct splice *s, bool ended) MUST_USE;
enum rc splice_string_bytes(struct splice *s, struct slice text, struct slice raw, bool last) MUST_USE;
enum rc splice_string_end(struct splice *s) MUST_USE;

/* splice_scalar.c: a number or literal in pieces; its end, when what follows shows that it is one; white space that may
 * follow it. */
enum rc splice_scalar_bytes(struct splice *s, struct slice bytes, bool number) MUST_USE;
enum rc splice_scalar_end(struct splice *s, int depth) MUST_USE;
enum rc splice_scalar_space(struct splice *s, struct slice bytes) MUST_USE;

#endif

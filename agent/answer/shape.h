/* The shape of an answer: which JSON paths hold text that goes on from one stream event to the next, which fields are the
 * protocol's own, and which are dropped when text was changed. Read from a dialect's YAML (dialect.h). */
#ifndef PHIGATE_MASK_SHAPE_H
#define PHIGATE_MASK_SHAPE_H

#include "paths.h"
#include "yaml.h"

enum framing { FRAMING_JSON, FRAMING_SSE, FRAMING_NDJSON, FRAMING_TEXT };

/* What a place in an answer may be marked as. */
enum shape_mark {
	SHAPE_TEXT,              /* the model's text; the value numbers it in texts */
	SHAPE_KEY,               /* tells which stream a text belongs to; the value is its slot */
	SHAPE_END,               /* ends streams; the value numbers it in ends */
	SHAPE_DROP,              /* becomes null where text was changed */
	SHAPE_UNREAD,            /* becomes null always: sound, pictures, what only the server can read */
	SHAPE_PLAIN,             /* the protocol's own, with all that is in it */
	SHAPE_ID,                /* plain; when it may not pass, one token stands for it */
	SHAPE_TITLE,             /* plain, and of several words: what a server calls its models where it lists them */
	SHAPE_TIME,              /* the protocol's own time stamps (RFC 3339) */
	SHAPE_VECTOR,            /* an embedding: numbers, or base64 of 32-bit floats */
	SHAPE_USAGE,             /* a count of tokens; the value is its kind */
};

/* Tokens that the model counted, as its answer says: of each kind the largest count, because streams repeat and add up theirs. */
enum shape_usage { USAGE_INPUT, USAGE_CACHED, USAGE_KEPT, USAGE_OUTPUT };
#define SHAPE_USAGES 4
struct answer_usage {
	bool known;                      /* the answer said anything of it */
	uint64_t tokens[SHAPE_USAGES];   /* USAGE_CACHED, USAGE_KEPT: of the request, what USAGE_INPUT leaves out */
	uint64_t text_bytes;             /* of its texts, for an estimate where it says nothing */
};

#define SHAPE_SLOTS 4            /* keys of one answer */

/* Bits of slots. */
struct shape_text {
	uint8_t keys;            /* 0 with stream false: each text stands alone */
	bool stream;             /* goes on from event to event */
};

struct shape_end {
	uint8_t keys;            /* streams that agree in these end; 0: all */
	char **value;            /* ends only with one of these strings or literals; NULL: with all but null, false and "" */
	size_t n_values;
	char **last;             /* with one of these, the answer is over; "*": with any of the above */
	size_t n_last;
};

struct answer_shape {
	struct paths *paths;
	struct shape_text *texts;
	struct shape_end *ends;
	size_t n_texts, n_ends, n_slots;
	char *slots[SHAPE_SLOTS];      /* the paths of the keys */
};

/* node: a mapping with text, stream, ends, drop, unread, plain, ids, titles, times, vectors and usage; NULL: nothing is special. */
enum rc shape_read(const struct yaml *node, struct answer_shape **out, struct why *why) MUST_USE;
/* One more path of text that stands alone, or of a field with a mark that carries no value. at: where it is written. */
enum rc shape_add_text(struct answer_shape *shape, const struct yaml *at, const char *path, struct why *why) MUST_USE;
enum rc shape_add(struct answer_shape *shape, const struct yaml *at, const char *path, enum shape_mark mark, struct why *why) MUST_USE;
void shape_free(struct answer_shape *shape);

#endif

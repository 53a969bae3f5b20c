/* One text of an answer: masked as text, or, when it begins like JSON, as JSON until it turns out to be none. Where the text
 * stands in a JSON string, what stays unchanged keeps its escapes byte for byte. What is decided depends on the text only, never
 * on how it was cut. */
#ifndef PHIGATE_MASK_TEXT_H
#define PHIGATE_MASK_TEXT_H

#include "mask.h"

/* What becomes of bytes, in their order: the next copy bytes stay, then drop bytes are replaced by put. */
struct sink {
	void (*edit)(void *arg, size_t copy, size_t drop, struct slice put);
	void *arg;
};

/* Who wants to know what is masked where, in bytes as they came: JSON's escapes and all. */
struct text_spans {
	void (*on_span)(void *arg, const struct mask_span *span);
	void *arg;
	const struct mask_span *now;             /* of the edit that is under way, where a mask is put; else NULL */
};

/* A sink that has the bytes: those of pending from at on are the ones of which nothing is known yet. Failures stick in out. */
struct outlet {
	struct buf pending;
	size_t at;
	bool edited;                             /* not all came out as it went in */
	struct text_spans *spans;                /* NULL: nobody wants to know */
	size_t offset;                           /* of the next edit, in all bytes that ever came */
	struct buf *out;
};
enum rc outlet_add(struct outlet *o, struct slice bytes) MUST_USE;
void outlet_edit(void *outlet, size_t copy, size_t drop, struct slice put);
bool outlet_holds(const struct outlet *o);

struct splice_rules;
struct plain_words;
struct answer_usage;

struct token_reader;

/* What all texts of an answer share; borrowed. */
struct text_rules {
	const struct token_reader *tokens;       /* nothing is masked, tokens are read (token.h); NULL: all is masked */
	struct mask_engine *engine;
	struct mask_scope *scope;
	struct mask_counts *counts;
	struct slice credential;
	struct plain_words *words;               /* may be NULL */
	struct answer_usage *usage;              /* may be NULL */
	struct text_spans *spans;                /* of the sink that all edits end in; may be NULL */
};

struct text;
#define TEXT_DEPTH 3                             /* JSON in strings in JSON, and so on: from here on all is plain text */

/* quoted: the text stands in a JSON string. rules: of JSON at the top, NULL for JSON in strings. depth: strings around it. */
enum rc text_new(const struct text_rules *shared, const struct splice_rules *rules, bool quoted, int depth, struct sink down,
		 struct text **out) MUST_USE;
void text_free(struct text *t);

/* Before the first bytes: what stands before the text (see mask_context()). */
enum rc text_context(struct text *t, struct slice before) MUST_USE;

/* Before the first bytes: the text is a key of JSON. */
void text_key(struct text *t);

/* The text stands in one line: no line ends in what is put into it. */
void text_in_line(struct text *t);

/* An object behind a whole value of JSON is RC_BAD, and no text. */
void text_one_value(struct text *t);

/* What follows stands in no string, whatever came before: the JSON around it was none. */
void text_unquote(struct text *t);

/* Bytes of the text; raw_n of the sink's bytes spell them (n of them when they stand for themselves). */
enum rc text_feed(struct text *t, struct slice in, size_t raw_n) MUST_USE;

/* The same for the last ones, when text_end() follows: less is done twice. */
enum rc text_feed_last(struct text *t, struct slice in, size_t raw_n) MUST_USE;

/* The inside of a whole JSON string, escapes and all. */
enum rc text_feed_string(struct text *t, struct slice raw) MUST_USE;

/* The text has ended: all of it has gone to the sink. It can then begin another one. */
enum rc text_end(struct text *t) MUST_USE;

struct jsonscan;
/* What the JSON_CHAR just read stands for: what is no character is a byte that masking passes over, so that it can hide nothing. */
struct slice text_character(const struct jsonscan *scan);

/* Append to out as the inside of a JSON string. */
enum rc text_escape(struct slice text, struct buf *out);

#endif

/* Tokens: what a model sees in the place of a caller's identifiers, "[NAME-3]", and what becomes the caller's own text again in its
 * answer. Capitals, a number and brackets are what models copy most faithfully; what they do to them all the same is read, too. */
#ifndef PHIGATE_MASK_TOKEN_H
#define PHIGATE_MASK_TOKEN_H

#include "mask.h"

#define TOKEN_TEXT_MAX 96                        /* bytes at most that are read as one token, with all that may stand in it */
#define TOKEN_VALUES_MAX ((size_t)1 << 16)       /* of one session */
#define TOKEN_BYTES_MAX ((size_t)8 << 20)        /* of their values */

/* ---- the values of one session; thread-safe; they lie in memory that is locked where the system allows it, and is wiped ---- */
struct token_map;
struct token_map *token_map_new(void);                       /* NULL: no memory */
void token_map_free(struct token_map *map);                  /* NULL is harmless */

/* Append the token of a value: "[NAME-3]", the same for the same bytes; "[NAME-3b]" where the value of that number is written
 * otherwise. shown: what its operator lets anybody see, "[DATE-2:2024]"; may be empty. RC_TOO_BIG: the session holds as many as it may. */
enum rc token_give(struct token_map *map, const char *kind, uint64_t number, struct slice value, struct slice shown, struct buf *out) MUST_USE;

/* ---- texts ---- */

/* What texts are read for; it does not change while they are. */
struct token_reader;

/* The tokens that the session has given so far become their values. An identifier that becomes a token later is none here. */
enum rc token_reader_answer(struct mask_scope *session, struct token_reader **out) MUST_USE;      /* *out NULL: there are none */
/* What the caller wrote in the form of a token becomes a token of its own, and so comes back as it was. scope: the request's; *out NULL:
 * it gives no tokens. */
enum rc token_reader_request(const struct mask_engine *engine, struct mask_scope *scope, struct token_reader **out) MUST_USE;
void token_reader_free(struct token_reader *reader);         /* NULL is harmless */

/* One text, in pieces cut anywhere; the same comes out for every way of cutting it. At most TOKEN_TEXT_MAX bytes wait, and only while
 * they may become a token. The reader outlives it. on_span as of mask_stream_on_span(); only start, end and replaced_by are set. */
struct token_stream;
enum rc token_stream_new(const struct token_reader *reader, void (*on_span)(void *arg, const struct mask_span *span), void *arg,
			 struct token_stream **out) MUST_USE;
void token_stream_free(struct token_stream *s);
enum rc token_feed(struct token_stream *s, struct slice in, struct buf *out) MUST_USE;
enum rc token_finish(struct token_stream *s, struct buf *out) MUST_USE;   /* it can then begin another text */

#endif

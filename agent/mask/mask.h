/* The masking engine: text in, masked text out, exact for every way of cutting the text (masking.md, property 1).
 * This and answer/answer.h are the headers of agent/ that the cli includes, for `phigate mask`. */
#ifndef PHIGATE_MASK_H
#define PHIGATE_MASK_H

#include "entity.h"
#include "yaml.h"

/* ---- what to do with what is found: the `mask:` section of a policy ---- */
struct mask_rules;

/* node: the value of `mask:`, NULL for the defaults (response: {default: redact}). dir: where words_file paths start. */
enum rc mask_rules_read(const struct yaml *node, const char *dir, struct mask_rules **out, struct why *why) MUST_USE;
void mask_rules_free(struct mask_rules *rules);

/* ---- engine: compiled once for a policy, then immutable and shared by threads ---- */
struct mask_engine;
enum rc mask_engine_new(const struct mask_rules *rules, struct mask_engine **out, struct why *why) MUST_USE;
void mask_engine_free(struct mask_engine *engine);

/* What is done to the identifiers of a request before the model sees it: nothing; the operators, as in answers; the request is refused
 * when it holds one; tokens stand for them, and are put back in the answer (token.h). */
enum mask_request { MASK_REQUEST_OFF, MASK_REQUEST_REDACT, MASK_REQUEST_DENY, MASK_REQUEST_TOKENIZE };
enum mask_request mask_engine_request(const struct mask_engine *engine);

/* ---- scope: what one session remembers (tokens for masked ids, names that were found); thread-safe ---- */
struct mask_scope;
struct mask_scope *mask_scope_new(void);                     /* NULL: no memory */
void mask_scope_free(struct mask_scope *scope);

/* One exchange of the session: a scope for its texts. They know the names of exchanges that had ended when this one began, and what
 * each of them learns itself; what all of them have learnt is known to exchanges that begin once this one has ended. The session's
 * scope outlives it. NULL: no memory. */
struct mask_scope *mask_scope_begin(struct mask_scope *session);
void mask_scope_publish(struct mask_scope *exchange);        /* all of its texts have ended, though it goes on */
void mask_scope_end(struct mask_scope *exchange);            /* publishes, and frees it; NULL is harmless */

/* The same for the texts of its request, body, where the model sees them masked. With tokens, tokens stand for what is masked (token.h).
 * A request that was held, and comes again, is masked as it was then, whatever has been learnt since: its approval is bound to what is
 * sent. NULL: no memory. */
struct mask_scope *mask_scope_begin_request(struct mask_scope *session, bool tokens, struct slice body);
enum rc mask_scope_remember(struct mask_scope *request) MUST_USE;         /* it is held; RC_NOMEM */

/* An identifier of the protocol that must not pass as it is: append a token that is the same for the same value within the
 * scope ("id-3"). */
enum rc mask_scope_token(struct mask_scope *scope, struct slice value, struct buf *out) MUST_USE;

/* ---- somebody else who finds, beside the engine ---- */
struct mask_find {
	size_t start, end;               /* bytes of the passage */
	enum entity entity;
};
#define MASK_FINDS_MAX 128               /* in one passage */

/* Looks at texts passage by passage: a few sentences or lines, at most 1 KiB. What it finds is masked as well as what the engine does; no
 * byte of a passage is given out before the answer.
 *   before  the text before the passage, as much of it as helps to understand it
 *   out     MASK_FINDS_MAX of them; in any order, and one may lie over another
 * What does not return RC_OK ends the masking of the text with the same code. */
struct mask_finder {
	enum rc (*find)(void *arg, struct slice before, struct slice passage, struct mask_find *out, size_t *n);
	void *arg;
};

/* All texts of an exchange that begin from now on are looked at by it, too; borrowed. NULL: by the engine alone. */
void mask_scope_finder(struct mask_scope *exchange, const struct mask_finder *finder);

/* ---- one text ---- */
struct mask_span {
	size_t start, end;               /* bytes of the input text */
	const char *entity;              /* "SSN"; a custom rule's own name */
	const char *rule;                /* which detector decided; static */
	const char *label;               /* the words that it stands behind ("date of birth"), if they decided; else NULL; static */
	const char *operator;            /* how it is written ("redact"); static */
	size_t replaced_by;              /* bytes that were just appended to the output in its place; 0: the span before goes on */
};

/* Why a rule masks: what goes on from "it is masked because". NULL: there is no such rule. */
const char *mask_because(const char *rule);

struct mask_stream;

/* counts and on_span may be NULL. engine, scope and counts outlive the stream. At most 16 KiB of state. */
enum rc mask_stream_new(struct mask_engine *engine, struct mask_scope *scope, struct mask_counts *counts,
			struct mask_stream **out) MUST_USE;
void mask_stream_free(struct mask_stream *m);                /* wipes what is held */
void mask_stream_on_span(struct mask_stream *m, void (*on_span)(void *arg, const struct mask_span *span), void *arg);

/* Before the first bytes: the text is no prose, so the scope's finder is not asked about it. */
void mask_stream_alone(struct mask_stream *m);

/* Before the first bytes of a text, and for that one: it is a key of JSON. A word in small letters is then no name for its letters alone. */
void mask_stream_key(struct mask_stream *m);

/* A secret that is masked wherever the text holds it, such as the model's credential; borrowed. */
void mask_stream_secret(struct mask_stream *m, struct slice secret);

/* Text that stands before the stream and is never emitted: a JSON key as label ("mrn: "), the end of the prompt that the answer
 * continues. Before the first mask_feed(). */
enum rc mask_context(struct mask_stream *m, struct slice before) MUST_USE;

/* Mask the next piece of one text.
 *   in[n]  borrowed for the call; may end anywhere, also inside a UTF-8 character
 *   out    appended to; only text that can no longer become part of an identifier
 * At most 512 bytes wait inside m, and a passage where a finder is asked; beyond that the held text is masked, never released raw. After
 * an error only mask_stream_free() is legal. */
enum rc mask_feed(struct mask_stream *m, const char *in, size_t n, struct buf *out) MUST_USE;

/* The same for the last piece, when mask_finish() follows: nothing is looked at twice. */
enum rc mask_feed_last(struct mask_stream *m, const char *in, size_t n, struct buf *out) MUST_USE;

/* The text has ended: append the rest. The stream can then begin another text. */
enum rc mask_finish(struct mask_stream *m, struct buf *out) MUST_USE;

size_t mask_held(const struct mask_stream *m);               /* input bytes that wait inside m */

/* A whole text at once, the same as new, feed, finish, free. */
enum rc mask_text(struct mask_engine *engine, struct mask_scope *scope, struct mask_counts *counts, struct slice text,
		  struct buf *out) MUST_USE;

/* Does the text hold an identifier (of any entity whose operator is not keep)? context as for mask_context(). */
bool mask_finds(struct mask_engine *engine, struct slice context, struct slice text);

/* A bare number of JSON, its key as context ("mrn: "): the number that must stand in its place, and it is counted; NULL when it may
 * stay. *span: what it is, without its place. */
const char *mask_number(struct mask_engine *engine, struct mask_counts *counts, struct slice context, struct slice digits,
			struct mask_span *span);

/* The same number as a token, with its quotes, where a text may stand as well. Nothing is appended where the scope gives no tokens, or
 * the session can hold no more of them. */
void mask_number_token(struct mask_engine *engine, struct mask_scope *scope, struct slice context, struct slice digits, struct buf *out);

/* Does a field of the protocol's own (a model's name, a role) hold a number, code or mail address that is an identifier? Names, dates,
 * places and web addresses do not count: models are called by them. */
bool mask_finds_code(struct mask_engine *engine, struct slice value);

/* How text is read before patterns are tried: NFKC, zero-width removed, tag characters as ASCII; with confusables also
 * look-alikes as Latin letters. Rules on prompts use the same. */
enum rc mask_normalize(struct slice text, bool confusables, struct buf *out) MUST_USE;

#endif

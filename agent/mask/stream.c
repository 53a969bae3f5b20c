/* One text on its way: read in a window, decided from left to right, and given out as far as it is decided. What a decision looks at
 * is the text from its own place on and what was decided before, never where the text was cut; so every way of cutting gives the same. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "custom.h"
#include "detect.h"
#include "digits.h"
#include "engine.h"
#include "passage.h"
#include "placeholder.h"
#include "reasons.h"
#include "secret.h"
#include "wipe.h"

struct mask_stream {
	struct mask_engine *engine;
	struct mask_scope *scope;
	struct mask_counts *counts;
	void (*on_span)(void *arg, const struct mask_span *span);
	void *arg;
	struct secret secret;
	struct passages *passages;       /* who else looks at the text; NULL: nobody */
	struct context context;
	size_t offset;                   /* of window[0], counted with the text that stands before */
	uint16_t unit;                   /* the one that was read before window[0]; 0: none */
	size_t before;                   /* bytes of text that is context and never given out */
	bool swallow;                    /* the rest of a run that was masked */
	struct finding swallowed;        /* what the run is */
	bool decoded;                    /* see scan.h */
	bool found;                      /* something was, that is not kept */
	uint32_t passed_over;            /* entities that do not count as found, a bit each */
	size_t n;
	char window[READING_MAX];        /* the last: only what it holds is written and wiped */
};

enum rc mask_stream_new(struct mask_engine *engine, struct mask_scope *scope, struct mask_counts *counts, struct mask_stream **out)
{
	struct mask_stream *m = malloc(sizeof *m);

	*out = m;
	if (!m)
		return RC_NOMEM;
	memset(m, 0, offsetof(struct mask_stream, window));
	m->engine = engine;
	m->scope = scope;
	m->counts = counts;
	m->context.columns.line_begins = true;
	if (scope_finder(scope) && !(m->passages = passages_new(engine, scope_finder(scope)))) {
		mask_stream_free(m);
		*out = NULL;
		return RC_NOMEM;
	}
	return RC_OK;
}

void mask_stream_free(struct mask_stream *m)
{
	if (!m)
		return;
	passages_free(m->passages);
	wipe(m, offsetof(struct mask_stream, window) + m->n);
	free(m);
}

void mask_stream_alone(struct mask_stream *m)
{
	passages_free(m->passages);
	m->passages = NULL;
}

void mask_stream_key(struct mask_stream *m)
{
	m->context.key = true;
}

void mask_stream_on_span(struct mask_stream *m, void (*on_span)(void *arg, const struct mask_span *span), void *arg)
{
	m->on_span = on_span;
	m->arg = arg;
}

void mask_stream_secret(struct mask_stream *m, struct slice secret)
{
	secret_init(&m->secret, secret);
}

size_t mask_held(const struct mask_stream *m)
{
	size_t silent = m->before > m->offset ? m->before - m->offset : 0;

	return (m->n > silent ? m->n - silent : 0) + (m->passages ? passages_open(m->passages).n : 0);
}

/* ---- what was found beside the engine. It decides nothing for the engine, which masks what it would mask without it. ---------------------- */

/* Bytes [from, to) of the window lie in what was found: its replacement stands for all of it. */
static void tell(struct mask_stream *m, struct found *f, size_t from, size_t to, struct buf *out)
{
	size_t end = f->end - m->offset < m->n ? f->end - m->offset : m->n, before = out->len;
	struct slice value = {m->window + from, end - from};
	bool secret = secret_in(&m->secret, value);
	struct mask_span span = {
		.start = m->offset + from - m->before, .end = m->offset + to - m->before, .entity = engine_entity(m->engine, f->entity, -1),
		.rule = "analyzer", .operator = operator_name(secret ? OP_REDACT : engine_operator(m->engine, f->entity, -1)),
	};

	if (!f->told) {
		enum rc rc = secret ? buf_puts(out, "[ID]") : operator_apply(m->engine, m->scope, f->entity, -1, value, out);

		if (rc == RC_OK && out->len == before)
			buf_puts(out, "[ID]");
		else if (rc != RC_OK)
			out->rc = rc;
		if (m->counts)
			m->counts->n[f->entity]++;
		span.replaced_by = out->len - before;
		f->told = true;
	}
	if (m->on_span)
		m->on_span(m->arg, &span);
}

/* Of bytes [from, to) of the window, which the engine lets stay, those before the place that is returned. */
static size_t keep_beside(struct mask_stream *m, size_t from, size_t to, struct buf *out)
{
	struct found *f;

	while (from < to && (f = passages_found(m->passages, m->offset + from))) {
		size_t start = f->start > m->offset + from ? f->start - m->offset : from;
		size_t end = f->end - m->offset < to ? f->end - m->offset : to;

		if (start >= to)
			break;
		buf_add(out, m->window + from, start - from);
		tell(m, f, start, end, out);
		from = end;
	}
	return from;
}

/* The engine has masked what stands before window[to]; what was found and goes on behind it begins there. */
static void masked_beside(struct mask_stream *m, enum entity entity, size_t to)
{
	struct found *f = passages_found(m->passages, m->offset + to);
	bool says = false;

	if (!f || f->start >= m->offset + to)
		return;
	f->start = m->offset + to;
	for (size_t i = to; i < f->end - m->offset && i < m->n; i++)
		says = says || (m->window[i] & 0x80) || is_alnum((unsigned char)m->window[i]);
	f->told = f->told || (!scope_tokens(m->scope) && (f->entity == entity || !says));        /* a token stands for all of its text */
}

/* The engine masks [from, to) of the window. Was something found there that began before, or there and is longer? Then it stands for
 * what it shares with it. Returns where what it does not share begins. */
static size_t mask_beside(struct mask_stream *m, enum entity entity, size_t from, size_t to, struct buf *out)
{
	struct found *f = passages_found(m->passages, m->offset + from);
	size_t end;

	if (!f || f->start > m->offset + from || (!f->told && f->end <= m->offset + to))
		return from;
	end = f->end - m->offset < to ? f->end - m->offset : to;
	if (f->entity == entity && f->end < m->offset + to && !scope_tokens(m->scope))
		f->end = m->offset + (end = to);         /* a name and its rest */
	tell(m, f, from, end, out);
	return end;
}

/* ---- giving out --------------------------------------------------------------------------------------------------------------------------- */

/* Bytes [from, to) of the window stay as they are. */
static void keep(struct mask_stream *m, size_t from, size_t to, struct buf *out)
{
	size_t silent = m->before > m->offset ? m->before - m->offset : 0;

	if (from < silent)
		from = silent;
	if (m->passages)
		from = keep_beside(m, from, to, out);
	if (from < to)
		buf_add(out, m->window + from, to - from);
}

static bool is_learnt(word_set kinds)
{
	return (!(kinds & WORD_STOP) || (kinds & WORD_ALSO_NAME)) && !(kinds & WORD_CREDENTIAL);
}

/* Name parts of a masked name, to find them again. */
static void learn(struct mask_stream *m, const struct reading *r, size_t start, size_t end)
{
	struct context *c = &m->context;
	uint64_t hash = WORD_HASH;
	size_t letters = 0;

	for (size_t i = start; i <= end; i++) {
		if (i < end && (is_alpha(r->c[i]) || (letters && (r->c[i] == '\'' || r->c[i] == '-') && i + 1 < end && is_alpha(r->c[i + 1])))) {
			hash = word_hash(hash, r->c[i]);
			letters++;
			continue;
		}
		if (letters >= 3 && is_learnt(word_kinds(hash))) {
			scope_learn(m->scope, hash);
			c->names[c->next_name] = hash;
			c->names_seen |= context_name_bit(hash);
			c->next_name = (uint8_t)((c->next_name + 1) % CONTEXT_NAMES);
			c->n_names = (uint8_t)(c->n_names < CONTEXT_NAMES ? c->n_names + 1 : CONTEXT_NAMES);
		}
		hash = WORD_HASH;
		letters = 0;
	}
}

/* Bytes [from, to) of the window belong to the masked run that began before them. */
static void swallow(struct mask_stream *m, size_t from, size_t to)
{
	size_t start = m->offset + from, end = m->offset + to;
	struct mask_span span = {
		.start = start > m->before ? start - m->before : 0, .end = end > m->before ? end - m->before : 0,
		.entity = engine_entity(m->engine, m->swallowed.entity, m->swallowed.custom), .rule = m->swallowed.rule,
		.operator = operator_name(engine_operator(m->engine, m->swallowed.entity, m->swallowed.custom)),
	};

	if (span.end > span.start && m->on_span)
		m->on_span(m->arg, &span);
	if (m->passages)
		masked_beside(m, m->swallowed.entity, to);
}

static enum rc mask(struct mask_stream *m, const struct reading *r, const struct finding *f, struct buf *out)
{
	size_t from = r->at[f->start], to = reading_end(r, m->window, f->end), silent = m->before > m->offset ? m->before - m->offset : 0;
	bool secret = secret_in(&m->secret, (struct slice){m->window + from, to - from});       /* no operator shows any of it */
	bool kept = !secret && operator_keeps(m->engine, f->entity, f->custom, (struct slice){m->window + from, to - from});
	struct mask_span span = {
		.start = m->offset + from > m->before ? m->offset + from - m->before : 0, .end = m->offset + to > m->before ? m->offset + to - m->before : 0,
		.entity = engine_entity(m->engine, f->entity, f->custom), .rule = f->rule,
		.operator = operator_name(secret ? OP_REDACT : engine_operator(m->engine, f->entity, f->custom)),
	};
	size_t before, seen = from < silent ? silent : from;
	enum rc rc = RC_OK;

	m->swallow = f->swallow && !kept;
	m->swallowed = *f;
	if (f->entity == ENTITY_NAME)
		learn(m, r, f->start, f->end);
	if (to <= silent)                                /* all of it stands in the text before */
		return RC_OK;
	if (kept) {
		keep(m, from, to, out);
		return RC_OK;
	}
	if (m->passages) {
		size_t rest = mask_beside(m, f->entity, seen, to, out);

		masked_beside(m, f->entity, to);
		if (rest == to)
			return RC_OK;
		from = rest > seen ? rest : from;
		span.start = rest > seen ? m->offset + rest - m->before : span.start;
	}
	before = out->len;
	m->found = m->found || !(m->passed_over >> f->entity & 1);
	if (m->counts)
		m->counts->n[f->entity]++;
	if (secret)
		rc = buf_puts(out, "[ID]");
	else if (f->swallow && scope_tokens(m->scope))   /* what goes on beyond the window could be put back in part only */
		rc = buf_printf(out, "[%s]", span.entity);
	else
		rc = operator_apply(m->engine, m->scope, f->entity, f->custom, (struct slice){m->window + from, to - from}, out);
	span.replaced_by = out->len - before;
	if (rc == RC_OK && m->on_span) {
		span.label = reasons_label(f->rule) ? context_label(&m->context) : NULL;
		m->on_span(m->arg, &span);
	}
	return rc;
}

/* ---- one step ------------------------------------------------------------------------------------------------------------------------------ */

static bool belongs_to_run(const struct mask_stream *m, uint16_t c)
{
	if (m->swallowed.entity == ENTITY_URL)
		return c > ' ' && c != '"' && c != '<' && c != '>' && c != '\'' && c != '`' && c != '|' && c != '\\' && c != '{' && c != '}';
	return c < 0x80 && (is_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_' || c == '=');
}

/* The masked run that began before goes on. False: it has ended, and nothing of it stands here. */
static bool swallow_on(struct mask_stream *m, struct scan *s, size_t *kept)
{
	const struct reading *r = s->r;
	size_t i = s->i, from = r->at[i];

	while (i < r->n && belongs_to_run(m, r->c[i]))
		i++;
	scan_move(s, i);
	m->swallow = i == r->n;
	swallow(m, *kept, r->at[i]);                     /* what is passed over in between, too */
	*kept = r->at[i];
	return r->at[i] > from;
}

/* An identifier was found. */
static enum rc step_masked(struct mask_stream *m, struct scan *s, const struct finding *f, size_t *kept, struct buf *out)
{
	const struct reading *r = s->r;
	enum rc rc;

	keep(m, *kept, r->at[f->start], out);
	rc = mask(m, r, f, out);
	m->context.tried = 0;
	context_masked(&m->context, f->entity);
	scan_move(s, f->end);
	*kept = reading_end(r, m->window, f->end);
	return rc;
}

/* Decide what begins at unit s->i, and move on behind it. *kept: bytes of the window that are dealt with. RC_AGAIN: more of the text
 * must be seen first. */
static enum rc step(struct mask_stream *m, struct scan *s, size_t *kept, struct buf *out)
{
	uint16_t c;
	enum entity entity = ENTITY_CUSTOM;
	struct finding f;
	size_t end = 0;

	if (m->swallow && swallow_on(m, s, kept))
		return RC_OK;
	if (s->secret_at < s->i)
		s->secret_at = secret_next(s->secret, s->r, s->i);
	switch (detect_words(s, &m->context)) {
	case WORDS_OVER:
		return RC_OK;
	case WORDS_PLAIN:
		context_word(&m->context, s);
		scan_move(s, s->token);
		return RC_OK;
	case WORDS_LOOK:
		break;
	}
	c = s->r->c[s->i];
	if (!s->cut && detect(s, &f) && !s->cut)
		return step_masked(m, s, &f, kept, out);
	if (!s->cut && c == '[')
		end = placeholder_at(s, &entity);
	if (s->cut)
		return RC_AGAIN;
	m->context.tried += s->tried;
	if (end) {
		if (m->passages && entity != ENTITY_CUSTOM)
			passages_spare(m->passages, m->offset + s->r->at[s->i], m->offset + reading_end(s->r, m->window, end));
		context_masked(&m->context, entity);
		scan_move(s, end);
	} else if (s->token > s->i) {
		context_word(&m->context, s);
		scan_move(s, s->token);
	} else {
		context_sign(&m->context, c);
		scan_move(s, s->i + 1);
	}
	return RC_OK;
}

/* All of the window that can be decided. */
static enum rc work(struct mask_stream *m, bool final, struct buf *out)
{
	struct reading r;
	struct digits number;
	struct part parts[SCAN_PARTS];
	struct scan s = {
		.number = &number, .number_at = SIZE_MAX, .part = parts, .engine = m->engine, .known = scope_known(m->scope), .r = &r, .context = &m->context,
		.secret = &m->secret, .decoded = m->decoded,
	};
	size_t kept = 0, done;
	enum rc rc = RC_OK;

	s.border = m->before > m->offset ? m->before - m->offset : 0;
	reading_make(&r, m->unit, m->window, m->n, final);
	scan_move(&s, 0);
	s.secret_at = secret_next(&m->secret, &r, 0);
	while (rc == RC_OK && s.i < r.n) {
		rc = step(m, &s, &kept, out);
		/* a character is decided whole, also where it is read as several units */
		for (; !r.plain && rc == RC_OK && s.i > 0 && s.i < r.n && r.at[s.i] == r.at[s.i - 1]; scan_move(&s, s.i + 1))
			context_sign(&m->context, r.c[s.i]);
	}
	custom_free(s.custom);
	done = r.at[s.i];
	m->unit = s.i ? r.c[s.i - 1] : m->unit;
	if (m->swallow && rc == RC_OK) {
		swallow(m, kept, done);
		kept = done;
	}
	if (rc == RC_OK || rc == RC_AGAIN) {
		keep(m, kept, done, out);
		memmove(m->window, m->window + done, m->n - done);
		wipe(m->window + m->n - done, done);
		m->n -= done;
		m->offset += done;
		rc = out->rc;
	}
	return rc;
}

static enum rc feed(struct mask_stream *m, const char *in, size_t n, struct buf *out)
{
	enum rc rc = RC_OK;

	while (n && rc == RC_OK) {
		size_t room = sizeof m->window - m->n, piece = n < room ? n : room;

		memcpy(m->window + m->n, in, piece);
		m->n += piece;
		in += piece;
		n -= piece;
		rc = work(m, false, out);
	}
	return rc;
}

enum rc mask_context(struct mask_stream *m, struct slice before)
{
	struct buf none;
	enum rc rc;

	m->before += before.n;
	buf_init(&none, before.n + 1);
	rc = feed(m, before.p, before.n, &none);
	if (rc == RC_OK && m->passages)
		rc = passages_context(m->passages, before);
	buf_free(&none);
	return rc;
}

/* A passage has ended: once others have looked at it, the engine does. */
static enum rc feed_passage(struct mask_stream *m, size_t n, struct buf *out)
{
	struct slice passage;
	enum rc rc = passages_ask(m->passages, n, &passage);

	return rc == RC_OK ? feed(m, passage.p, passage.n, out) : rc;
}

static enum rc feed_passages(struct mask_stream *m, struct slice in, struct buf *out)
{
	enum rc rc = RC_OK;

	while (in.n && rc == RC_OK) {
		size_t whole, taken = passages_add(m->passages, in, &whole);

		in = (struct slice){in.p + taken, in.n - taken};
		if (whole)
			rc = feed_passage(m, whole, out);
	}
	return rc;
}

enum rc mask_feed(struct mask_stream *m, const char *in, size_t n, struct buf *out)
{
	return m->passages ? feed_passages(m, (struct slice){in, n}, out) : feed(m, in, n, out);
}

enum rc mask_feed_last(struct mask_stream *m, const char *in, size_t n, struct buf *out)
{
	if (m->passages)
		return feed_passages(m, (struct slice){in, n}, out);
	if (n > sizeof m->window - m->n)
		return feed(m, in, n, out);
	memcpy(m->window + m->n, in, n);
	m->n += n;
	return RC_OK;
}

enum rc mask_finish(struct mask_stream *m, struct buf *out)
{
	enum rc rc = RC_OK;

	if (m->passages && passages_open(m->passages).n)
		rc = feed_passage(m, passages_open(m->passages).n, out);
	if (rc == RC_OK)
		do
			rc = work(m, true, out);
		while (m->n && rc == RC_OK);
	if (m->passages)
		passages_reset(m->passages);
	wipe(&m->context, sizeof m->context);
	m->context.columns.line_begins = true;
	m->offset = m->before = 0;
	m->unit = 0;
	m->swallow = m->found = false;
	return rc;
}

/* ---- whole texts ------------------------------------------------------------------------------------------------------------------------------ */

enum rc mask_text(struct mask_engine *engine, struct mask_scope *scope, struct mask_counts *counts, struct slice text, struct buf *out)
{
	struct mask_stream *m;
	enum rc rc = mask_stream_new(engine, scope, counts, &m);

	if (rc == RC_OK)
		rc = mask_feed_last(m, text.p, text.n, out);
	if (rc == RC_OK)
		rc = mask_finish(m, out);
	mask_stream_free(m);
	return rc;
}

static bool finds(struct mask_engine *engine, struct slice context, struct slice text, bool decoded, uint32_t passed_over)
{
	struct mask_stream *m;
	struct buf out;
	bool found = true;                               /* what cannot be told counts as found */

	buf_init(&out, BUF_MAX_DEFAULT * 2);
	if (mask_stream_new(engine, NULL, NULL, &m) == RC_OK) {
		enum rc rc;

		m->decoded = decoded;
		m->passed_over = passed_over;
		rc = context.n ? mask_context(m, context) : RC_OK;
		if (rc == RC_OK)
			rc = mask_feed_last(m, text.p, text.n, &out);
		while (rc == RC_OK && m->n)
			rc = work(m, true, &out);
		found = rc != RC_OK || m->found;
	}
	mask_stream_free(m);
	buf_free(&out);
	return found;
}

bool mask_finds(struct mask_engine *engine, struct slice context, struct slice text)
{
	return finds(engine, context, text, false, 0);
}

bool engine_finds_decoded(const struct mask_engine *engine, struct slice text)
{
	return finds((struct mask_engine *)engine, (struct slice){0}, text, true, 0);
}

/* Too little of anything to be a number, a code or an address of mail. */
static bool is_harmless(const struct mask_engine *engine, struct slice v)
{
	size_t digits = 0;

	if (engine->n_custom || v.n >= 24)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '@' || v.p[i] == ':' || v.p[i] == '%' || (v.p[i] & 0x80))
			return false;
		digits += v.p[i] >= '0' && v.p[i] <= '9';
	}
	return digits < 4;
}

bool mask_finds_code(struct mask_engine *engine, struct slice value)
{
	static const uint32_t names = 1u << ENTITY_NAME | 1u << ENTITY_ADDRESS | 1u << ENTITY_CITY | 1u << ENTITY_COUNTY | 1u << ENTITY_FACILITY |
				      1u << ENTITY_DATE | 1u << ENTITY_AGE | 1u << ENTITY_ZIP | 1u << ENTITY_URL;

	return !is_harmless(engine, value) && finds(engine, (struct slice){0}, value, false, names);
}

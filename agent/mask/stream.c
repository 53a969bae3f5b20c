/* One text on its way: read in a window, decided from left to right, and given out as far as it is decided. What a decision looks at
 * is the text from its own place on and what was decided before, never where the text was cut; so every way of cutting gives the same. */
#include <stdlib.h>
#include <string.h>

#include "digits.h"
#include "engine.h"
#include "wipe.h"

#define TOKEN_MAX 256                            /* units of letters and digits that are taken at once */

struct mask_stream {
	struct mask_engine *engine;
	struct mask_scope *scope;
	struct mask_counts *counts;
	void (*on_span)(void *arg, const struct mask_span *span);
	void *arg;
	struct slice secret;
	struct context context;
	size_t offset;                   /* of window[0], counted with the text that stands before */
	size_t before;                   /* bytes of text that is context and never given out */
	bool swallow;                    /* the rest of a run that was masked */
	struct finding swallowed;        /* what the run is */
	bool decoded;                    /* see scan.h */
	bool found;                      /* something was, that is not kept */
	uint32_t passed_over;            /* entities that do not count as found, a bit each */
	size_t n;
	char window[READING_MAX];
};

enum rc mask_stream_new(struct mask_engine *engine, struct mask_scope *scope, struct mask_counts *counts, struct mask_stream **out)
{
	struct mask_stream *m = calloc(1, sizeof *m);

	*out = m;
	if (!m)
		return RC_NOMEM;
	m->engine = engine;
	m->scope = scope;
	m->counts = counts;
	m->context.columns.line_begins = true;
	return RC_OK;
}

void mask_stream_free(struct mask_stream *m)
{
	if (!m)
		return;
	wipe(m, sizeof *m);
	free(m);
}

void mask_stream_on_span(struct mask_stream *m, void (*on_span)(void *arg, const struct mask_span *span), void *arg)
{
	m->on_span = on_span;
	m->arg = arg;
}

void mask_stream_secret(struct mask_stream *m, struct slice secret)
{
	m->secret = secret;
}

size_t mask_held(const struct mask_stream *m)
{
	size_t silent = m->before > m->offset ? m->before - m->offset : 0;

	return m->n > silent ? m->n - silent : 0;
}

/* ---- detectors in their order: a label before a form, a form that is checked before one that is not ------------------------------------- */

/* What begins at a place; a detector is asked where one of its own is true. */
enum {
	AT_DIGIT = 1,
	AT_SIGN = 2,
	AT_JOINED = 4,           /* letters that more than a word is made of: with digits, or a sign of codes and addresses behind them */
	AT_LABELLED = 8,         /* a label, or a name, stands before the letters */
	AT_CAPITAL = 16,
	AT_NUMBER = 32,          /* a number, a day or a month in words */
	AT_SPELLED = 64,         /* "at" may follow */
	AT_LONG = 128,
	AT_PARTICLE = 256,       /* "van" */
};
#define WHERES 512

static const struct {
	detector *scan;
	unsigned int where;
} DETECTORS[] = {
	{scan_labelled, AT_DIGIT | AT_LABELLED | AT_SIGN},
	{scan_ssn, AT_DIGIT | AT_LABELLED},
	{scan_date, AT_DIGIT},
	{scan_written_date, AT_DIGIT | AT_NUMBER},
	{scan_phone, AT_DIGIT | AT_LABELLED | AT_SIGN},
	{scan_ip, AT_DIGIT},
	{scan_email, AT_DIGIT | AT_JOINED | AT_SPELLED},
	{scan_url, AT_DIGIT | AT_JOINED},
	{scan_data, AT_JOINED},
	{scan_mac, AT_DIGIT | AT_JOINED},
	{scan_ip6, AT_DIGIT | AT_JOINED | AT_SIGN},
	{scan_card, AT_DIGIT},
	{scan_zip, AT_DIGIT},
	{scan_code, AT_DIGIT | AT_JOINED | AT_SIGN},
	{scan_beside, AT_DIGIT | AT_JOINED},
	{scan_number, AT_DIGIT},
	{scan_encoded, AT_DIGIT | AT_JOINED | AT_LONG},
	{scan_day, AT_DIGIT},
	{scan_age, AT_DIGIT | AT_NUMBER},
	{scan_facility, AT_CAPITAL},
	{scan_address, AT_DIGIT | AT_CAPITAL | AT_LABELLED},
	{scan_county, AT_CAPITAL},
	{scan_city, AT_CAPITAL},
	{scan_name, AT_LABELLED},
	{scan_known_name, AT_CAPITAL},
	{scan_person, AT_CAPITAL | AT_PARTICLE},
};

/* ASCII letters as small ones, and digits; 0: neither. */
static unsigned char small[0x80];

/* The detectors for each union of places, a bit each. */
static uint32_t at_once[WHERES];

void stream_ready(void)
{
	for (int c = '0'; c <= 'z'; c++)
		small[c] = (unsigned char)(is_alnum((uint16_t)c) ? lower((uint16_t)c) : 0);
	for (unsigned int at = 0; at < WHERES; at++)
		for (size_t k = 0; k < sizeof DETECTORS / sizeof *DETECTORS; k++)
			at_once[at] |= DETECTORS[k].where & at ? (uint32_t)1 << k : 0;
}

/* Signs that join letters to codes, addresses of the net and encodings; a full stop does when a letter or digit follows. */
static bool is_joined(struct scan *s)
{
	uint16_t c = scan_at(s, s->token);

	switch (c) {
	case ' ': case ',': case '\n': case '\r': case ')': case '\'': case '"': case ';': case '?': case 0:
		return false;
	case '.':
		return is_alnum(scan_at(s, s->token + 1));
	}
	return true;
}

/* Most often "the" and "a" begin none. */
static bool begins_number(struct scan *s)
{
	uint16_t next;

	if (!(s->word->numbers & (NUMBER_THE | NUMBER_ONE)))
		return s->word->numbers & (NUMBER_ORDINAL | NUMBER_TENS | NUMBER_NINETY | NUMBER_WEEKDAY);
	next = lower(scan_at(s, s->token + 1));
	return s->word->numbers & NUMBER_THE ? is_digit(next) || next == 't' || next == 'f' || next == 's' || next == 'e' || next == 'n' : next == 'h';
}

static unsigned int where(struct scan *s)
{
	const struct context *c = s->context;
	uint16_t first = s->r->c[s->i], next;
	unsigned int at = 0;

	if (is_digit(first))
		return AT_DIGIT;
	if (s->token == s->i)
		return first == '(' || first == '+' || first == ':' ? AT_SIGN : 0;
	if (s->digits || is_joined(s))
		at |= AT_JOINED;
	if (c->label != LABEL_NONE)
		at |= AT_LABELLED;
	/* in the middle of a word of many hyphens no name is looked for again and again */
	if ((is_upper(first) || first >= 0x80) && (c->last != '-' || scan_try(s, 1)))
		at |= AT_CAPITAL;
	if ((s->word->kinds & WORD_MONTH) || (s->word->numbers && begins_number(s)))
		at |= AT_NUMBER;
	if (s->word->kinds & WORD_PARTICLE)
		at |= AT_PARTICLE;
	if (s->token - s->i > 20)
		at |= AT_LONG;
	next = scan_at(s, s->token);
	if (next == '[' || next == '(' || next == ' ') {
		next = lower(scan_at(s, s->token + 1));
		at |= next == 'a' || next == '(' || next == '[' ? AT_SPELLED : 0;
	}
	return at;
}

/* A long secret is looked for in parts of about the same length, each of which one decision can see. */
#define SECRET_PART 200

static struct slice secret_part(struct slice secret, size_t i)
{
	size_t parts = (secret.n + SECRET_PART - 1) / SECRET_PART, from = parts ? secret.n * i / parts : 0;

	return i < parts ? (struct slice){secret.p + from, secret.n * (i + 1) / parts - from} : (struct slice){0};
}

/* Can a part of the secret begin with this unit? */
static inline bool may_be_secret(const struct scan *s, uint16_t c)
{
	return s->secret.n && (s->secret.n > SECRET_PART || (unsigned char)*s->secret.p == c);
}

/* The unit behind a part of the secret that begins at place at; 0: none does. */
static size_t secret_end(struct scan *s, size_t at)
{
	struct slice part;

	for (size_t i = 0; (part = secret_part(s->secret, i)).n; i++) {
		size_t j = 0;

		while (j < part.n && scan_at(s, at + j) == (unsigned char)part.p[j])
			j++;
		if (j == part.n)
			return at + j;
	}
	return 0;
}

static bool holds_secret(struct slice secret, struct slice text)
{
	struct slice part;

	for (size_t i = 0; (part = secret_part(secret, i)).n; i++)
		if (memmem(text.p, text.n, part.p, part.n))
			return true;
	return false;
}

static bool scan_secret(struct scan *s, struct finding *f)
{
	size_t end = secret_end(s, s->i);

	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_ID, .rule = "credential", .custom = -1};
	return end > 0;
}

static bool detect(struct scan *s, struct finding *f)
{
	unsigned int at;

	if ((may_be_secret(s, s->r->c[s->i]) && scan_secret(s, f)) || (s->engine->n_custom && scan_custom(s, f)))
		return true;
	at = where(s);
	for (uint32_t list = at ? at_once[at] : 0; list && !s->cut; list &= list - 1)
		if (DETECTORS[__builtin_ctz(list)].scan(s, f))
			return true;
	return false;
}

/* ---- giving out --------------------------------------------------------------------------------------------------------------------------- */

/* Bytes [from, to) of the window stay as they are. */
static void keep(struct mask_stream *m, size_t from, size_t to, struct buf *out)
{
	size_t silent = m->before > m->offset ? m->before - m->offset : 0;

	if (from < silent)
		from = silent;
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
	};

	if (span.end > span.start && m->on_span)
		m->on_span(m->arg, &span);
}

static enum rc mask(struct mask_stream *m, const struct reading *r, const struct finding *f, struct buf *out)
{
	size_t from = r->at[f->start], to = reading_end(r, m->window, f->end), silent = m->before > m->offset ? m->before - m->offset : 0;
	bool secret = holds_secret(m->secret, (struct slice){m->window + from, to - from});     /* no operator shows any of it */
	bool kept = engine_operator(m->engine, f->entity, f->custom) == OP_KEEP && !secret;
	struct mask_span span = {
		.start = m->offset + from > m->before ? m->offset + from - m->before : 0, .end = m->offset + to > m->before ? m->offset + to - m->before : 0,
		.entity = engine_entity(m->engine, f->entity, f->custom), .rule = f->rule,
	};
	size_t before = out->len;
	enum rc rc = RC_OK;

	if (f->entity == ENTITY_NAME)
		learn(m, r, f->start, f->end);
	if (to <= silent)                                /* all of it stands in the text before */
		return RC_OK;
	if (kept) {
		keep(m, from, to, out);
		return RC_OK;
	}
	m->found = m->found || !(m->passed_over >> f->entity & 1);
	if (m->counts)
		m->counts->n[f->entity]++;
	if (secret)
		rc = buf_puts(out, "[ID]");
	else
		rc = operator_apply(m->engine, m->scope, f->entity, f->custom, (struct slice){m->window + from, to - from}, out);
	span.replaced_by = out->len - before;
	if (rc == RC_OK && m->on_span)
		m->on_span(m->arg, &span);
	return rc;
}

/* ---- one step ------------------------------------------------------------------------------------------------------------------------------ */

/* Our own replacements stay as they are: "[SSN]", "[NAME-3]", "[SSN:8741]". The unit behind it, or 0. *entity: what stood there. */
static size_t placeholder(struct scan *s, enum entity *entity)
{
	size_t j = s->i + 1, from = j, n = 0;
	char name[34];

	if (scan_at(s, s->i) != '[')
		return 0;
	while (j < from + 33 && ((scan_at(s, j) >= 'A' && scan_at(s, j) <= 'Z') || scan_at(s, j) == '_' || (j > from && is_digit(scan_at(s, j)))))
		name[n++] = (char)scan_at(s, j++);
	if (j == from)
		return 0;
	name[n] = '\0';
	if (!entity_parse(name, entity))
		*entity = ENTITY_CUSTOM;
	if (scan_at(s, j) == '-' || scan_at(s, j) == ':')
		for (j++, from = j; j < from + 8 && is_alnum(scan_at(s, j)); j++)
			;
	if (scan_at(s, j) != ']')
		return 0;
	for (size_t k = s->i; s->secret.n && k < j; k++)
		if (secret_end(s, k))
			return 0;
	return j + 1;
}

/* The letters and digits from s->i on. */
static void find_token(struct scan *s)
{
	const struct reading *r = s->r;
	size_t from = s->i, j = from, last = r->n < from + TOKEN_MAX ? r->n : from + TOKEN_MAX;
	bool digits = false, letters = false, far = r->at[last] - r->at[from] >= SCAN_BYTES || s->border || s->secret.n;
	uint64_t hash = WORD_HASH;

	for (; j < last; j++) {
		uint16_t c = r->c[j];

		if (c >= 0x80 && !reading_is_letter(c))
			break;
		if (c < 0x80 && !(c = small[c]))
			break;
		if (far && (r->at[j] - r->at[from] >= SCAN_BYTES || (j > from && r->at[j] >= s->border && r->at[j - 1] < s->border)))
			break;                           /* the text may begin a new word where the one before it broke off */
		if (j > from && may_be_secret(s, r->c[j]) && secret_end(s, j))
			break;                           /* also in the middle of a word */
		digits = digits || c <= '9';
		letters = letters || c > '9';
		hash = (hash ^ c) * WORD_PRIME;
	}
	if (j == r->n)
		scan_at(s, j);
	s->token = j;
	s->hash = hash;
	s->word = lexicon_find(hash);
	s->digits = digits;
	s->letters = letters;
	s->tried = 0;
}

static bool belongs_to_run(const struct mask_stream *m, uint16_t c)
{
	if (m->swallowed.entity == ENTITY_URL)
		return c > ' ' && c != '"' && c != '<' && c != '>' && c != '\'' && c != '`' && c != '|' && c != '\\' && c != '{' && c != '}';
	return c < 0x80 && (is_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_' || c == '=');
}

/* Decide what begins at unit s->i, and move on behind it. *kept: bytes of the window that are dealt with. RC_AGAIN: more of the text
 * must be seen first. */
static enum rc step(struct mask_stream *m, struct scan *s, size_t *kept, struct buf *out)
{
	const struct reading *r = s->r;
	uint16_t c = r->c[s->i];
	enum entity entity = ENTITY_CUSTOM;
	struct finding f;
	size_t end;

	if (m->swallow) {
		size_t from = r->at[s->i];

		while (s->i < r->n && belongs_to_run(m, r->c[s->i]))
			s->i++;
		m->swallow = s->i == r->n;
		swallow(m, *kept, r->at[s->i]);          /* what is passed over in between, too */
		*kept = r->at[s->i];
		if (r->at[s->i] > from)
			return RC_OK;
	}
	if (c == ' ' && !may_be_secret(s, c) && !m->engine->n_custom) {
		context_sign(&m->context, c);
		s->i++;
		return RC_OK;
	}
	find_token(s);
	if (!s->cut && detect(s, &f) && !s->cut) {
		enum rc rc;

		keep(m, *kept, r->at[f.start], out);
		rc = mask(m, r, &f, out);
		m->swallow = f.swallow && engine_operator(m->engine, f.entity, f.custom) != OP_KEEP;
		m->swallowed = f;
		m->context.tried = 0;
		context_masked(&m->context, f.entity);
		s->i = f.end;
		*kept = reading_end(r, m->window, f.end);
		return rc;
	}
	end = s->cut ? 0 : placeholder(s, &entity);
	if (s->cut)
		return RC_AGAIN;
	m->context.tried += s->tried;
	if (end) {
		context_masked(&m->context, entity);
		s->i = end;
	} else if (s->token > s->i) {
		context_word(&m->context, s);
		s->i = s->token;
	} else {
		context_sign(&m->context, c);
		s->i++;
	}
	return RC_OK;
}

/* All of the window that can be decided. */
static enum rc work(struct mask_stream *m, bool final, struct buf *out)
{
	struct reading r;
	struct digits number;
	struct scan s = {.number = &number, .number_at = SIZE_MAX, .engine = m->engine, .r = &r, .context = &m->context, .secret = m->secret, .decoded = m->decoded};
	size_t kept = 0, done;
	enum rc rc = RC_OK;

	s.border = m->before > m->offset ? m->before - m->offset : 0;
	reading_make(&r, m->window, m->n, final);
	while (rc == RC_OK && s.i < r.n) {
		rc = step(m, &s, &kept, out);
		/* a character is decided whole, also where it is read as several units */
		for (; rc == RC_OK && s.i > 0 && s.i < r.n && r.at[s.i] == r.at[s.i - 1]; s.i++)
			context_sign(&m->context, r.c[s.i]);
	}
	done = r.at[s.i];
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
	buf_free(&none);
	return rc;
}

enum rc mask_feed(struct mask_stream *m, const char *in, size_t n, struct buf *out)
{
	return feed(m, in, n, out);
}

enum rc mask_finish(struct mask_stream *m, struct buf *out)
{
	enum rc rc = RC_OK;

	do
		rc = work(m, true, out);
	while (m->n && rc == RC_OK);
	wipe(&m->context, sizeof m->context);
	m->context.columns.line_begins = true;
	m->offset = m->before = 0;
	m->swallow = m->found = false;
	return rc;
}

/* ---- whole texts ------------------------------------------------------------------------------------------------------------------------------ */

enum rc mask_text(struct mask_engine *engine, struct mask_scope *scope, struct mask_counts *counts, struct slice text, struct buf *out)
{
	struct mask_stream *m;
	enum rc rc = mask_stream_new(engine, scope, counts, &m);

	if (rc == RC_OK)
		rc = feed(m, text.p, text.n, out);
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
			rc = feed(m, text.p, text.n, &out);
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

#include "pattern.h"

#include <hs.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "mask/mask.h"
#include "utf8.h"

#define PATTERN_MAX 4096                 /* bytes of one pattern */
#define PATTERNS_MAX 1000
#define READ_MAX ((size_t)128 << 20)     /* NFKC can make a text many times longer; more than this is not read */

struct pattern {
	char *source;
	unsigned flags;
	int line, column;
};

struct scratch {
	hs_scratch_t *hs;
	struct scratch *next;
};

struct patterns {
	struct pattern *item;
	size_t n;
	hs_database_t *db;
	pthread_mutex_t mutex;           /* of spare: working memory that no thread uses now */
	struct scratch *spare;
};

struct patterns *patterns_new(void)
{
	struct patterns *p = calloc(1, sizeof *p);

	if (p)
		pthread_mutex_init(&p->mutex, NULL);
	return p;
}

void patterns_free(struct patterns *p)
{
	if (!p)
		return;
	while (p->spare) {
		struct scratch *s = p->spare;

		p->spare = s->next;
		hs_free_scratch(s->hs);
		free(s);
	}
	hs_free_database(p->db);
	for (size_t i = 0; i < p->n; i++)
		free(p->item[i].source);
	free(p->item);
	pthread_mutex_destroy(&p->mutex);
	free(p);
}

size_t patterns_count(const struct patterns *p)
{
	return p->n;
}

const char *patterns_source(const struct patterns *p, size_t id)
{
	return p->item[id].source;
}

/* ---- compiling ---- */

/* What Vectorscan says, in terms of what stands in the policy. */
static enum rc refuse(const struct yaml *text, const hs_compile_error_t *e, struct why *why)
{
	const char *said = e && e->message ? e->message : "no memory";

	if (strstr(said, "empty buffer"))
		said = "it matches the empty text, and so everything.";
	return why_at(why, RC_BAD, text->line, text->column,
		      "this pattern cannot be used: %s Patterns run in linear time: there is no lookahead, lookbehind or "
		      "backreference, and repeats are bounded", said);
}

/* Unicode's classes (\w, \d) where the pattern allows it; Vectorscan has no \b with them, and then \w, \d and \b are ASCII's. */
static enum rc choose_flags(const struct yaml *text, unsigned *flags, struct why *why)
{
	static const unsigned choices[] = {HS_FLAG_UTF8 | HS_FLAG_UCP, HS_FLAG_UTF8};
	enum rc rc = RC_BAD;

	for (size_t i = 0; i < sizeof choices / sizeof *choices && rc != RC_OK; i++) {
		hs_compile_error_t *e = NULL;
		hs_database_t *db = NULL;

		*flags = choices[i];
		if (hs_compile(text->text, choices[i], HS_MODE_BLOCK, NULL, &db, &e) == HS_SUCCESS)
			rc = RC_OK;
		else if (i + 1 == sizeof choices / sizeof *choices)
			rc = refuse(text, e, why);
		hs_free_compile_error(e);
		hs_free_database(db);
	}
	return rc;
}

enum rc patterns_add(struct patterns *p, const struct yaml *text, size_t *id, struct why *why)
{
	struct pattern *item;
	unsigned flags;
	enum rc rc;

	if (text->type != YAML_TEXT || !*text->text)
		return why_at(why, RC_BAD, text->line, text->column, "a pattern must be a text");
	if (strlen(text->text) > PATTERN_MAX || p->n == PATTERNS_MAX)
		return why_at(why, RC_BAD, text->line, text->column, "at most %d patterns of at most %d bytes", PATTERNS_MAX, PATTERN_MAX);
	rc = choose_flags(text, &flags, why);
	if (rc != RC_OK)
		return rc;
	item = realloc(p->item, (p->n + 1) * sizeof *item);
	if (!item)
		return RC_NOMEM;
	p->item = item;
	item[p->n] = (struct pattern){strdup(text->text), flags, text->line, text->column};
	if (!item[p->n].source)
		return RC_NOMEM;
	*id = p->n++;
	return RC_OK;
}

enum rc patterns_compile(struct patterns *p, struct why *why)
{
	const char **sources = calloc(p->n + 1, sizeof *sources);
	unsigned *flags = calloc(p->n + 1, sizeof *flags), *ids = calloc(p->n + 1, sizeof *ids);
	hs_compile_error_t *e = NULL;
	struct scratch *s = calloc(1, sizeof *s);
	enum rc rc = RC_NOMEM;

	if (!sources || !flags || !ids || !s)
		goto out;
	rc = RC_OK;
	if (!p->n)
		goto out;
	for (size_t i = 0; i < p->n; i++) {
		sources[i] = p->item[i].source;
		flags[i] = p->item[i].flags | HS_FLAG_SINGLEMATCH;
		ids[i] = (unsigned)i;
	}
	if (hs_compile_multi(sources, flags, ids, (unsigned)p->n, HS_MODE_BLOCK, NULL, &p->db, &e) != HS_SUCCESS) {
		size_t at = e && e->expression >= 0 ? (size_t)e->expression : 0;
		const struct yaml place = {.line = p->item[at].line, .column = p->item[at].column};

		rc = refuse(&place, e, why);
		goto out;
	}
	if (hs_alloc_scratch(p->db, &s->hs) != HS_SUCCESS) {
		rc = RC_NOMEM;
		goto out;
	}
	p->spare = s;
	s = NULL;
out:
	hs_free_compile_error(e);
	free(s);
	free(ids);
	free(flags);
	free(sources);
	return rc;
}

/* ---- reading a text ---- */

static bool is_ascii(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] & 0x80)
			return false;
	return true;
}

/* White space that NFKC leaves and \s may not know becomes a space. */
static enum rc spaces(struct buf *text)
{
	size_t at = 0, to = 0;

	if (!text->data || is_ascii(text->data, text->len))
		return RC_OK;
	while (at < text->len) {
		uint32_t c;
		int n = utf8_decode(text->data + at, text->len - at, &c);

		if (n <= 0)
			return RC_BAD;
		if (c == 0x85 || c == 0x1680 || c == 0x2028 || c == 0x2029) {
			text->data[to++] = ' ';
		} else {
			memmove(text->data + to, text->data + at, (size_t)n);
			to += (size_t)n;
		}
		at += (size_t)n;
	}
	buf_truncate(text, to);
	return RC_OK;
}

static enum rc read_text(struct slice text, bool confusables, struct buf *out)
{
	enum rc rc;

	buf_clear(out);
	if (!utf8_valid(text))
		return RC_BAD;
	rc = mask_normalize(text, confusables, out);
	return rc == RC_OK ? spaces(out) : rc;
}

/* ---- matching ---- */

static struct scratch *take_scratch(struct patterns *p)
{
	struct scratch *s;

	pthread_mutex_lock(&p->mutex);
	s = p->spare;
	if (s)
		p->spare = s->next;
	pthread_mutex_unlock(&p->mutex);
	if (s)
		return s;
	s = calloc(1, sizeof *s);
	if (s && hs_alloc_scratch(p->db, &s->hs) != HS_SUCCESS) {
		free(s);
		s = NULL;
	}
	return s;
}

static void give_scratch(struct patterns *p, struct scratch *s)
{
	pthread_mutex_lock(&p->mutex);
	s->next = p->spare;
	p->spare = s;
	pthread_mutex_unlock(&p->mutex);
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
	bool *hits = arg;

	(void)from;
	(void)to;
	(void)flags;
	hits[id] = true;
	return 0;
}

static enum rc scan(const struct patterns *p, const struct buf *text, struct scratch *s, bool *hits)
{
	/* Vectorscan counts in unsigned int; READ_MAX is far below */
	return hs_scan(p->db, text->data ? text->data : "", (unsigned)text->len, 0, s->hs, on_match, hits) == HS_SUCCESS ? RC_OK : RC_FAULT;
}

enum rc patterns_scan(const struct patterns *patterns, struct slice text, bool *hits)
{
	struct patterns *p = (struct patterns *)patterns;        /* only its spare memory changes */
	struct buf plain, folded;
	struct scratch *s;
	enum rc rc;

	if (!p->n)
		return RC_OK;
	buf_init(&plain, READ_MAX);
	buf_init(&folded, READ_MAX);
	s = take_scratch(p);
	rc = s ? read_text(text, false, &plain) : RC_NOMEM;
	if (rc == RC_OK)
		rc = scan(p, &plain, s, hits);
	if (rc == RC_OK)
		rc = read_text(text, true, &folded);
	if (rc == RC_OK && (folded.len != plain.len || (folded.len && memcmp(folded.data, plain.data, folded.len) != 0)))
		rc = scan(p, &folded, s, hits);
	if (s)
		give_scratch(p, s);
	buf_free(&folded);
	buf_free(&plain);
	return rc;
}

struct place {
	bool found;
	size_t start, end;
};

/* Ends come in order; of the first match the longest end. */
static int on_place(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
	struct place *place = arg;

	(void)id;
	(void)flags;
	if (place->found && from != place->start)
		return from > place->start;
	*place = (struct place){true, (size_t)from, (size_t)to};
	return 0;
}

static int on_end(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
	struct place *place = arg;

	(void)id;
	(void)from;
	(void)flags;
	*place = (struct place){true, (size_t)to, (size_t)to};
	return 1;
}

enum rc patterns_find(const struct patterns *p, size_t id, struct slice text, struct buf *read, size_t *start, size_t *end)
{
	struct place place = {0};
	hs_compile_error_t *e = NULL;
	hs_database_t *db = NULL;
	hs_scratch_t *s = NULL;
	match_event_handler on = on_place;
	enum rc rc = RC_NOMEM;

	/* rare (a request is held), so compiled when needed: not every pattern can tell where its match began */
	if (hs_compile(p->item[id].source, p->item[id].flags | HS_FLAG_SOM_LEFTMOST, HS_MODE_BLOCK, NULL, &db, &e) != HS_SUCCESS) {
		hs_free_compile_error(e);
		e = NULL;
		on = on_end;
		if (hs_compile(p->item[id].source, p->item[id].flags, HS_MODE_BLOCK, NULL, &db, &e) != HS_SUCCESS)
			goto out;
	}
	if (hs_alloc_scratch(db, &s) != HS_SUCCESS)
		goto out;
	rc = RC_OK;
	for (int confusables = 0; confusables < 2 && rc == RC_OK && !place.found; confusables++) {
		rc = read_text(text, confusables, read);
		if (rc == RC_OK)
			hs_scan(db, read->data ? read->data : "", (unsigned)read->len, 0, s, on, &place);
	}
	if (rc == RC_OK && !place.found)
		rc = RC_NOT_FOUND;
	*start = place.start;
	*end = place.end;
out:
	hs_free_scratch(s);
	hs_free_database(db);
	hs_free_compile_error(e);
	return rc;
}

/* The policy's own detectors. */
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "utf8.h"

#define MATCH_LIMIT 50000                        /* steps of one attempt */
#define SPACES_MAX 4

/* What can be seen from s->i on, as UTF-8, with the unit before it, so that \b and look-behinds know it. */
struct seen {
	char text[(SCAN_BYTES + 2) * 3];
	uint16_t unit[(SCAN_BYTES + 2) * 3];     /* of each byte, counted from s->i */
	size_t from, n;
	bool whole;                              /* nothing more can be seen of it, ever */
};

static void put(struct seen *v, uint16_t c, size_t unit)
{
	char bytes[4];
	int n = utf8_encode(c >= 0xd800 && c < 0xe000 ? 0xfffd : c, bytes);

	for (int i = 0; i < n; i++) {
		v->unit[v->n] = (uint16_t)unit;
		v->text[v->n++] = bytes[i];
	}
}

static void look(struct scan *s, struct seen *v)
{
	const struct reading *r = s->r;
	size_t j = s->i;

	v->n = 0;
	if (s->context->last)
		put(v, s->context->last, 0);
	v->from = v->n;
	while (j < r->n && r->at[j] - r->at[s->i] < SCAN_BYTES && j - s->i < SCAN_BYTES)
		put(v, r->c[j], j - s->i), j++;
	v->unit[v->n] = (uint16_t)(j - s->i);
	v->whole = j < r->n || r->final || r->at[r->n] - r->at[s->i] >= SCAN_BYTES;
}

static bool found(struct finding *f, struct scan *s, size_t end, size_t i)
{
	const struct custom_rule *rule = &s->engine->custom[i];

	*f = (struct finding){.start = s->i, .end = end, .entity = rule->entity, .rule = "policy", .custom = (int)i};
	return true;
}

static bool try_pattern(struct scan *s, const struct seen *v, size_t i, struct finding *f)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	pcre2_match_context *limits = pcre2_match_context_create(NULL);
	bool hit = false;
	int code = PCRE2_ERROR_NOMEMORY;

	if (data && limits) {
		pcre2_set_match_limit(limits, MATCH_LIMIT);
		code = pcre2_match(s->engine->pattern[i], (PCRE2_SPTR)v->text, v->n, v->from,
				   PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK | (v->whole ? 0 : PCRE2_PARTIAL_HARD), data, limits);
	}
	if (code == PCRE2_ERROR_PARTIAL) {
		s->cut = true;
	} else if (code > 0) {
		PCRE2_SIZE end = pcre2_get_ovector_pointer(data)[1];

		hit = end > v->from && found(f, s, s->i + v->unit[end], i);
	} else if (code != PCRE2_ERROR_NOMATCH) {        /* it cannot be decided: the word is masked */
		hit = found(f, s, s->token > s->i ? s->token : s->i + 1, i);
	}
	pcre2_match_data_free(data);
	pcre2_match_context_free(limits);
	return hit;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool holds(const uint64_t *list, size_t n, uint64_t hash)
{
	return bsearch(&hash, list, n, sizeof hash, compare) != NULL;
}

/* The longest phrase of the list that begins here. Between its words any white space of up to SPACES_MAX. */
static bool try_words(struct scan *s, size_t i, struct finding *f)
{
	const struct custom_rule *rule = &s->engine->custom[i];
	uint64_t hash = WORD_HASH;
	size_t end = 0, spaces = 0;

	for (size_t j = s->i;; j++) {
		uint16_t c = scan_at(s, j);

		if (!c)
			break;
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			if (j == s->i || spaces++ == SPACES_MAX)
				break;
			continue;
		}
		if (spaces)
			hash = word_hash(hash, ' ');
		hash = word_hash(hash, c);
		spaces = 0;
		if (is_alnum(c) && is_alnum(scan_at(s, j + 1)))
			continue;
		if (holds(rule->words, rule->n_words, hash))
			end = j + 1;
		if (!holds(rule->beginnings, rule->n_beginnings, hash))
			break;
	}
	return end && found(f, s, end, i);
}

bool scan_custom(struct scan *s, struct finding *f)
{
	const struct mask_engine *e = s->engine;
	struct seen *v = NULL;
	bool hit = false;

	for (size_t i = 0; i < e->n_custom && !hit && !s->cut; i++) {
		uint16_t c = scan_at(s, s->i);

		if (!e->pattern[i]) {
			hit = try_words(s, i, f);
			continue;
		}
		if (c < 0x80 && !(e->first[i][c / 8] & 1 << c % 8))
			continue;
		if (!v) {
			v = malloc(sizeof *v);
			if (!v)
				return found(f, s, s->token > s->i ? s->token : s->i + 1, i);
			look(s, v);
		}
		hit = try_pattern(s, v, i, f);
	}
	free(v);
	return hit;
}

/* The policy's own detectors. */
#include "custom.h"

#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "utf8.h"
#include "wipe.h"

#define SHORT_LOOK 64                            /* units that a pattern sees at first; most need no more */

/* What can be seen from a place on, as UTF-8, with the unit before it, so that \b and look-behinds know it. */
struct custom {
	pcre2_match_data *data;
	size_t at, most;                         /* the place, and how many units were taken at most; most 0: none yet */
	size_t from, n;                          /* bytes of text: where the place is, and all */
	bool all;                                /* all that is there yet was taken */
	bool whole;                              /* nothing more can be seen of it, ever */
	char text[(SCAN_BYTES + 2) * 3];
	uint16_t unit[(SCAN_BYTES + 2) * 3 + 1]; /* of each byte, counted from the place */
};

void custom_free(struct custom *c)
{
	if (!c)
		return;
	pcre2_match_data_free(c->data);
	wipe(c, sizeof *c);
	free(c);
}

static struct custom *custom_of(struct scan *s)
{
	struct custom *c = s->custom ? s->custom : calloc(1, sizeof *c);

	s->custom = c;
	if (c && !c->data)
		c->data = pcre2_match_data_create(1, NULL);
	return c && c->data ? c : NULL;
}

static void put(struct custom *v, uint16_t c, size_t unit)
{
	char bytes[4];
	int n = utf8_encode(c >= 0xd800 && c < 0xe000 ? 0xfffd : c, bytes);

	for (int i = 0; i < n; i++) {
		v->unit[v->n] = (uint16_t)unit;
		v->text[v->n++] = bytes[i];
	}
}

static void look(struct scan *s, struct custom *v, size_t at, size_t most)
{
	const struct reading *r = s->r;
	uint16_t before = at > s->i ? r->c[at - 1] : s->context->last;
	size_t j = at, end = s->seen < at + most ? s->seen : at + most;

	if (v->most == most && v->at == at)
		return;
	v->at = at;
	v->most = most;
	v->n = 0;
	if (before)
		put(v, before, 0);
	v->from = v->n;
	for (; j < end; j++)
		put(v, r->c[j], j - at);
	v->unit[v->n] = (uint16_t)(j - at);
	v->all = j == s->seen;
	v->whole = v->all && (j < r->n || r->final || r->at[r->n] - r->at[s->i] >= SCAN_BYTES);
}

static bool found(struct finding *f, struct scan *s, size_t start, size_t end, size_t i)
{
	const struct custom_rule *rule = &s->engine->custom[i];

	*f = (struct finding){.start = start, .end = end, .entity = rule->entity, .rule = "policy", .custom = (int)i};
	return true;
}

/* The policy's pattern cannot be decided here: the word is masked. */
static bool undecided(struct finding *f, struct scan *s, size_t i)
{
	return found(f, s, s->i, s->token > s->i ? s->token : s->i + 1, i);
}

static bool try_pattern(struct scan *s, size_t at, size_t i, struct finding *f)
{
	struct custom *v = custom_of(s);
	const PCRE2_SIZE *ends;
	int code;

	if (!v)
		return undecided(f, s, i);
	for (size_t most = SHORT_LOOK;; most = SCAN_BYTES) {
		uint32_t options = PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK;

		look(s, v, at, most);
		code = pcre2_match(s->engine->pattern[i], (PCRE2_SPTR)v->text, v->n, v->from,
				   v->whole ? options : options | PCRE2_PARTIAL_HARD, v->data,
				   at > s->i ? s->engine->narrow : s->engine->limits);
		if (code != PCRE2_ERROR_PARTIAL || v->all)
			break;
	}
	if (code == PCRE2_ERROR_NOMATCH)
		return false;
	if (code == PCRE2_ERROR_PARTIAL || (code < 0 && v->all && !v->whole)) {
		s->cut = true;
		return false;
	}
	if (code < 0)
		return undecided(f, s, i);
	ends = pcre2_get_ovector_pointer(v->data);
	return ends[1] > ends[0] && ends[0] >= v->from && found(f, s, at + v->unit[ends[0]], at + v->unit[ends[1]], i);
}

static bool may_begin(const struct mask_engine *e, size_t i, uint16_t c)
{
	return c >= 0x80 || (e->first[i][c / 8] & 1 << c % 8);
}

bool custom_may_hold(const struct scan *s, size_t start, size_t end, uint64_t hash)
{
	const struct mask_engine *e = s->engine;
	const uint16_t *c = s->r->c;

	if (custom_may_begin(e, ' '))
		return true;
	for (size_t i = 0; i < e->n_custom; i++)
		if (may_begin(e, i, c[start]) && (e->pattern[i] || phrases_may_begin(&e->custom[i].words, hash)))
			return true;
	for (size_t at = start + 1; at < end; at++)
		if (e->inside_first[c[at] / 8] & 1 << c[at] % 8)
			return true;
	return false;
}

bool scan_custom(struct scan *s, struct finding *f)
{
	const struct mask_engine *e = s->engine;
	uint16_t c = scan_at(s, s->i);
	bool hit = false;

	for (size_t i = 0; i < e->n_custom && !hit && !s->cut; i++) {
		size_t end;

		if (!may_begin(e, i, c))
			continue;
		if (e->pattern[i])
			hit = try_pattern(s, s->i, i, f);
		else
			hit = phrases_find(&e->custom[i].words, s, &end) && found(f, s, s->i, end, i);
	}
	return hit;
}

bool scan_custom_inside(struct scan *s, struct finding *f)
{
	const struct mask_engine *e = s->engine;
	bool hit = false;

	for (size_t at = s->i + 1; at < s->token && !hit && !s->cut; at++) {
		uint16_t c = s->r->c[at];

		if (c < 0x80 && !(e->inside_first[c / 8] & 1 << c % 8))
			continue;
		for (size_t i = 0; i < e->n_custom && !hit && !s->cut; i++)
			if (e->pattern[i] && may_begin(e, i, c))     /* one behind \b does not match here */
				hit = try_pattern(s, at, i, f);
	}
	return hit;
}

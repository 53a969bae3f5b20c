/* The initials of who dictated and of who typed, as they end a letter: "RKP:jw", "CET/bmw", "EFM/rtl  dd: 8/25/95". */
#include "around.h"
#include "dictionary.h"
#include "labels.h"
#include "parts.h"

#define DICTATED_MAX 4                           /* letters of the one who dictated */
#define TYPED_MAX 3

/* A line's end, a day, or the "d:", "dt", "T:" or "cc" that tell of it. */
static bool ends(struct scan *s, size_t i)
{
	uint16_t next = lower(scan_at(s, i + 1));

	if (scan_at(s, i) != ' ')
		return scan_at(s, i) == '\n' || scan_at(s, i) == '\r' || (!scan_at(s, i) && !s->cut);
	return is_digit(next) || next == ' ' || ((next == 'd' || next == 't' || next == 'c') && !is_alnum(scan_at(s, i + 3 - (scan_at(s, i + 2) == ':'))));
}

/* "subject initials DRP", "initials: J.P." */
static bool initials(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	size_t i = s->i, letters = 0;

	if (c->before[0] == label_words.mi && c->gap == GAP_COLON && s->token == s->i + 1 && is_upper(scan_at(s, i)) && c->last != '\n') {      /* "MI: D" */
		*f = (struct finding){.start = i, .end = i + 1, .entity = ENTITY_NAME, .rule = "initials", .custom = -1};
		return true;
	}
	if (c->before[0] != label_words.initials || (c->gap != GAP_SPACE && c->gap != GAP_COLON))
		return false;
	for (; letters < 5 && is_upper(scan_at(s, i)); letters++)
		i += 1 + (scan_at(s, i + 1) == '.' && !(is_alpha(scan_at(s, i + 2)) && !is_upper(scan_at(s, i + 2))));
	if (letters < 2 || letters > 4 || is_alnum(scan_at(s, i)))
		return false;
	*f = (struct finding){.start = s->i, .end = i, .entity = ENTITY_NAME, .rule = "initials", .custom = -1};
	return true;
}

bool scan_typist(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	size_t n = s->token - s->i, typed = s->token + 1, end;
	uint16_t sign = scan_at(s, s->token);
	uint64_t hash;

	if (initials(s, f))
		return true;
	if ((c->gap != GAP_LINE && c->last) || n < 2 || n > DICTATED_MAX || (sign != ':' && sign != '/') || lexicon_find(s->hash) != &lexicon_none)
		return false;
	for (size_t i = s->i; i < s->token; i++)
		if (!is_upper(scan_at(s, i)))
			return false;
	for (size_t i = typed; i <= typed + TYPED_MAX; i++)
		if (is_upper(scan_at(s, i)))
			return false;
	hash = around_word(s, typed, &end);
	if (end < typed + 2 || end > typed + TYPED_MAX || is_alnum(scan_at(s, end)) || lexicon_find(hash) != &lexicon_none ||
	    (dictionary_find(hash) & DICTIONARY_SAFE) || !ends(s, end))
		return false;
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_NAME, .rule = "initials of who dictated", .custom = -1};
	return true;
}

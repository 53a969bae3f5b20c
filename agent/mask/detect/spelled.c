/* Names that are spelled for who listens: "Fontenot, F O N T E N O T", "Bankole, B as in boy, A, N as in Nancy". */
#include "around.h"

#define LETTERS_MIN 3
#define LETTERS_SURE 5                           /* so many capitals are no list of things, whatever stands before */
#define LETTERS_MAX 24

/* Behind " as in Nancy" and the like at place i: the unit behind, i itself. */
static size_t as_in(struct scan *s, size_t i)
{
	static const char *const forms[] = {" as in ", " like ", " for "};

	for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
		size_t word = around_literal(s, i, forms[k]), end;

		if (!word)
			continue;
		around_word(s, word, &end);
		return end > word + 2 ? end : i;
	}
	return i;
}

static bool is_spell(uint64_t hash)
{
	static const char *const words[] = {"spelled", "spelling", "spell", "spells"};

	for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
		uint64_t word = WORD_HASH;

		for (const char *p = words[k]; *p; p++)
			word = word_hash(word, (unsigned char)*p);
		if (word == hash)
			return true;
	}
	return false;
}

/* Is somebody named before, or said to be spelled? */
static bool is_announced(const struct context *c)
{
	return c->before[0] == CONTEXT_NAME || c->before[1] == CONTEXT_NAME || is_spell(c->before[0]) || is_spell(c->before[1]);
}

bool scan_spelled(struct scan *s, struct finding *f)
{
	const struct context *c = s->context;
	size_t i = s->i, end = 0;
	unsigned int letters = 0, capitals = 0, counted = 0;     /* counted: as the alphabet counts */
	uint16_t before = 0;

	if (s->token != i + 1 || !is_alpha(scan_at(s, i)) || c->last == '\'')
		return false;
	while (letters < LETTERS_MAX && is_alpha(scan_at(s, i)) && !is_alnum(scan_at(s, i + 1)) && scan_at(s, i + 1) != '\'') {
		letters++;
		capitals += is_upper(scan_at(s, i));
		counted += before + 1 == lower(scan_at(s, i));
		before = lower(scan_at(s, i));
		end = as_in(s, i + 1);
		i = end + (scan_at(s, end) == ',' || scan_at(s, end) == '-' || scan_at(s, end) == '.');
		i += scan_at(s, i) == ' ';
		if (i == end)
			break;
	}
	if (letters < LETTERS_MIN || !(is_announced(c) || (letters >= LETTERS_SURE && capitals == letters && counted < 2)))
		return false;
	*f = (struct finding){.start = s->i, .end = end, .entity = ENTITY_NAME, .rule = "name, spelled", .custom = -1};
	return true;
}

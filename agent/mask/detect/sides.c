#include "sides.h"

#include "parts.h"

#define SIGNS_BETWEEN 4                          /* units between two words that are looked at */

struct left_side sides_left(const struct context *c)
{
	return (struct left_side){
		.before = {c->before[0], c->gap < GAP_LINE ? c->before[1] : 0}, .gap = c->before[0] || c->last ? c->gap : GAP_LINE, .last = c->last,
		.label = c->label != LABEL_NONE && c->age <= 4 ? (unsigned int)c->label * 2 + (c->mark || !c->needs_mark) : 0,
	};
}

struct neighbour sides_right(struct scan *s, size_t end)
{
	struct neighbour n = {.between = WORD_HASH, .none = true};
	size_t i = end;

	if (scan_at(s, i) == '\'' && lower(scan_at(s, i + 1)) == 's' && !is_alnum(scan_at(s, i + 2))) {
		n.between = word_hash(n.between, '\'');
		i += 2;
	}
	for (size_t k = 0; k < SIGNS_BETWEEN && !is_alnum(scan_at(s, i)); k++, i++) {
		uint16_t c = scan_at(s, i);

		n.masked = n.masked || (c == '[' && is_upper(scan_at(s, i + 1)) && is_upper(scan_at(s, i + 2)));
		n.between = word_hash(n.between, c);
		if (!c || c == '\n' || n.masked)
			return n;
	}
	n.digits = is_digit(scan_at(s, i));
	n.none = !n.digits && !is_alpha(scan_at(s, i));
	if (!n.none && !n.digits)
		part_read(s, i, &n.part);
	return n;
}

void sides_kinds(struct model_signs *signs, unsigned int kind, word_set words, unsigned int care)
{
	for (; words; words &= words - 1)
		model_sign(signs, kind, (uint64_t)__builtin_ctzll(words));
	for (; care; care &= care - 1)
		model_sign(signs, kind, 64 + (uint64_t)__builtin_ctz(care));
}

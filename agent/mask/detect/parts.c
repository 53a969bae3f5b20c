#include "parts.h"

#define JOINTS_MAX 4                             /* hyphens and apostrophes of one part */
#define LETTERS_MAX 20                           /* apart */
#define LINE_SPACES 6                            /* before what goes on in the next line */
#define SEEN_BEHIND 4                            /* units behind a part that decide about it */

static bool is_spacing(uint16_t sign)
{
	return sign == '-' || sign == '.' || sign == '_' || sign == '*';
}

/* J-o-h-n: single letters with one sign between each two. */
static size_t spaced_letters(struct scan *s, size_t i, uint64_t *hash)
{
	uint16_t sign = scan_at(s, i + 1);
	size_t j = i, n = 0;

	*hash = WORD_HASH;
	if (!is_spacing(sign) || (i == s->i && s->context->last == sign))
		return i;                                /* the run was looked at from its beginning */
	while (is_alpha(scan_at(s, j)) && !is_alnum(scan_at(s, j + 1)) && n < LETTERS_MAX) {
		*hash = word_hash(*hash, scan_at(s, j));
		n++;
		if (scan_at(s, j + 1) != sign || !is_alpha(scan_at(s, j + 2)) || is_alnum(scan_at(s, j + 3)))
			return n >= 3 ? j + 1 : i;
		j += 2;
	}
	return i;
}

/* What the dictionaries say: of the letters alone ("O'Brien"), and of both halves of a double name. */
unsigned int part_look_up(struct scan *s, const struct part *p)
{
	uint64_t all = WORD_HASH, half = WORD_HASH;
	unsigned int bits = 0, safe = DICTIONARY_SAFE;
	bool hyphen = false;

	for (size_t j = p->start; j < p->end; j++) {
		uint16_t c = scan_at(s, j);

		if (c == '-' && j == p->start + 1) {
			return 0;                        /* "X-ray" */
		} else if (c == '-') {
			unsigned int one = dictionary_find(half);

			hyphen = true;
			bits |= one;
			safe &= one;
			half = WORD_HASH;
		} else if (is_alpha(c)) {
			all = word_hash(all, c);
			half = word_hash(half, c);
		}
	}
	if (!hyphen)
		return dictionary_find(all);
	bits |= dictionary_find(half);
	safe &= dictionary_find(half);
	return (bits & (DICTIONARY_FIRST | DICTIONARY_LAST)) | safe | dictionary_find(all);
}

/* What is no part of the word behind an apostrophe: "Jane's", "I'm", "they'll" */
static bool is_contraction(struct scan *s, size_t i)
{
	uint16_t a = lower(scan_at(s, i)), b = lower(scan_at(s, i + 1));

	if (!is_alpha(b))
		return a == 's' || a == 'm' || a == 'd' || a == 't';
	return !is_alpha(scan_at(s, i + 2)) && ((a == 'l' && b == 'l') || (a == 'v' && b == 'e') || (a == 'r' && b == 'e'));
}

/* ASCII letters from place j on, up to place to. */
static size_t ascii_letters(const struct scan *s, size_t j, size_t to, struct part *p, bool *capitals)
{
	const uint16_t *c = s->r->c;
	uint64_t hash = p->hash;
	unsigned int small = 0;

	for (to = to < s->seen ? to : s->seen; j < to && c[j] < 0x80 && is_alpha(c[j]); j++) {
		hash = (hash ^ (c[j] | 32)) * WORD_PRIME;
		small |= c[j] & 32;
	}
	p->hash = hash;
	*capitals = *capitals && !small;
	return j;
}

/* "al-Harbi", "ul-Amin" */
static bool is_article_name(struct scan *s, size_t i, size_t end)
{
	uint16_t a = scan_at(s, i), b = scan_at(s, i + 1);

	if (end < i + 5 || scan_at(s, i + 2) != '-' || !is_upper(scan_at(s, i + 3)))
		return false;
	if (b == 'l')
		return a == 'a' || a == 'e' || a == 'u';
	return (a == 'u' && b == 'd') || (a == 'a' && (b == 'r' || b == 's' || b == 'd' || b == 'z'));
}

/* What the lists and dictionaries say of a part whose letters were read. letters: their hash, without apostrophes;
 * hyphens: there are some among them, and perhaps apostrophes. */
static void tell(struct scan *s, struct part *p, bool capitals, uint64_t letters, bool hyphens)
{
	const struct word *word = lexicon_find(p->hash);

	p->words = word->kinds;
	p->care = word->care;
	if (!is_upper(s->r->c[p->start]) && !(hyphens && is_article_name(s, p->start, p->end)))
		p->shape = SHAPE_LOWER;
	else if (p->end - p->start == 1)
		p->shape = SHAPE_INITIAL;
	else
		p->shape = capitals ? SHAPE_CAPITALS : SHAPE_NAME;
	if (p->shape > SHAPE_LOWER)
		p->dictionary = hyphens ? part_look_up(s, p) : dictionary_find(letters);
}

/* Letters of ASCII, and behind them a sign of ASCII that joins nothing, as most words are. */
static bool read_simple(struct scan *s, size_t i, struct part *p)
{
	const uint16_t *c = s->r->c + i;
	unsigned int letter = *c | 32u, small = 0;
	uint64_t hash = WORD_HASH;
	size_t n = 0;

	while (letter - 'a' <= 'z' - 'a') {              /* at the latest, the 0 behind the last unit ends them */
		hash = (hash ^ letter) * WORD_PRIME;
		small |= c[n];
		letter = c[++n] | 32u;
	}
	if (n == 0 || n >= PART_UNITS || i + n >= s->seen || c[n] >= 0x80 || is_digit(c[n]) || c[n] == '_' || c[n] == '-' || c[n] == '\'' || (n == 1 && is_spacing(c[n]) && (i + 2 >= s->seen || is_alpha(c[2]))))
		return false;
	*p = (struct part){.start = (uint32_t)i, .end = (uint32_t)(i + n), .hash = hash};
	tell(s, p, !(small & 32), hash, false);
	return true;
}

static bool is_letter(uint16_t c)
{
	return (c | 32u) - 'a' <= 'z' - 'a';
}

/* Letters of ASCII with hyphens and apostrophes among them, where all that decides about them can be seen. */
static bool read_joined(struct scan *s, size_t i, struct part *p)
{
	const uint16_t *c = s->r->c;
	uint64_t hash = WORD_HASH, letters = WORD_HASH;
	unsigned int small = 0;
	size_t j = i, joints = 0;
	bool hyphens = false;

	if (i + PART_UNITS + SEEN_BEHIND >= s->seen || !is_letter(c[i]) || is_spacing(c[i + 1]))
		return false;
	for (; j < i + PART_UNITS; j++) {
		if (is_letter(c[j])) {
			hash = (hash ^ (c[j] | 32u)) * WORD_PRIME;
			letters = (letters ^ (c[j] | 32u)) * WORD_PRIME;
			small |= c[j];
		} else if (c[j] >= 0x80) {
			return false;
		} else if ((c[j] != '\'' && c[j] != '-') || !is_alpha(c[j + 1]) || joints == JOINTS_MAX || (c[j] == '\'' && is_contraction(s, j + 1))) {
			break;
		} else {
			joints++;
			hyphens = hyphens || c[j] == '-';
			hash = (hash ^ c[j]) * WORD_PRIME;
		}
	}
	*p = (struct part){.start = (uint32_t)i, .end = (uint32_t)(is_letter(c[j - 1]) ? j : j - 1), .hash = hash};
	if (!is_digit(c[p->end]) && c[p->end] != '_')
		tell(s, p, !(small & 32), letters, hyphens);
	return true;
}

static void read_part(struct scan *s, size_t i, struct part *p)
{
	size_t j = i, joints = 0;
	bool capitals = true;
	uint16_t c;

	if (s->r->plain && (read_simple(s, i, p) || read_joined(s, i, p)))
		return;
	*p = (struct part){.start = (uint32_t)i, .end = (uint32_t)i, .hash = WORD_HASH};
	if (!is_alpha(scan_at(s, i)))
		return;
	p->end = (uint32_t)spaced_letters(s, i, &p->hash);
	if (p->end > i) {
		p->shape = SHAPE_NAME;
		return;
	}
	p->hash = WORD_HASH;
	while (j < i + PART_UNITS) {
		size_t from = j;

		j = ascii_letters(s, j, i + PART_UNITS, p, &capitals);
		if (j > from) {
			for (size_t k = from; !s->r->plain && k < j && k + 1 < s->r->n; k++)
				p->foreign = p->foreign || s->r->at[k + 1] - s->r->at[k] > 1;
			p->end = (uint32_t)j;
			continue;
		}
		c = scan_at(s, j);
		if (is_alpha(c)) {
			p->hash = word_hash(p->hash, c);
			p->foreign = p->foreign || (s->r->at[j + 1] - s->r->at[j] > 1 && j + 1 < s->r->n);
			capitals = capitals && is_upper(c);
			p->end = (uint32_t)++j;
		} else if ((c == '\'' || c == '-') && j > i && is_alpha(scan_at(s, j + 1)) && joints < JOINTS_MAX &&
			   !(c == '\'' && is_contraction(s, j + 1))) {
			joints++;
			p->hash = word_hash(p->hash, c);
			j++;
		} else {
			break;
		}
	}
	if (is_digit(scan_at(s, p->end)) || scan_at(s, p->end) == '_')
		return;
	tell(s, p, capitals, p->hash, joints);
}

/* Where what was read of the word at place i is kept: words of like length must not fall on one another. */
static unsigned int slot(size_t i)
{
	return (uint32_t)i * 0x9e3779b1u >> (32 - SCAN_PARTS_BITS);
}

/* goes_on: single letters that go on behind a sign are read otherwise where the scan stands. Rare beside part_read(), which is to be
 * short. */
static __attribute__((noinline)) void read_anew(struct scan *s, size_t i, bool goes_on, struct part *p)
{
	bool cut = s->cut;
	size_t far;

	s->cut = false;
	read_part(s, i, p);
	far = p->end + SEEN_BEHIND;
	p->from = !goes_on && far < s->r->n && s->r->at[far] - s->r->at[s->i] < SCAN_BYTES ? UINT32_MAX : (uint32_t)s->i;
	if (!s->cut) {                                   /* what the end cuts is asked again, for the answer to be marked so */
		s->part[slot(i)] = *p;
		s->parts |= (uint32_t)1 << slot(i);
	}
	s->cut = s->cut || cut;
}

const struct part *part_at(struct scan *s, size_t i, struct part *room)
{
	unsigned int at = slot(i);
	const struct part *known = &s->part[at];
	bool goes_on = i == s->i && s->context->last != ' ' && is_spacing(s->context->last);

	if ((s->parts >> at & 1) && known->start == i && (known->from == s->i || (known->from == UINT32_MAX && !goes_on)))
		return known;
	read_anew(s, i, goes_on, room);
	return room;
}

void part_read(struct scan *s, size_t i, struct part *p)
{
	const struct part *known = part_at(s, i, p);

	if (known != p)
		*p = *known;
}

size_t part_next(struct scan *s, const struct part *p, bool comma)
{
	size_t j = p->end;

	/* "J. Smith", "St. Pierre", "Wm. Tuttle", but not "Mr. Ng. Plan" */
	if (scan_at(s, j) == '.' && (p->shape == SHAPE_INITIAL || (p->words & (WORD_PARTICLE | WORD_ABBREVIATED)) ||
				     (p->end - p->start <= 2 && !(p->dictionary & (DICTIONARY_FIRST | DICTIONARY_LAST)))))
		j++;
	if (scan_at(s, j) == '^' && comma)
		return is_alpha(scan_at(s, j + 1)) ? j + 1 : 0;
	if (comma && scan_at(s, j) == ',') {
		j++;
		if (p->shape == SHAPE_CAPITALS && is_upper(scan_at(s, j)))       /* "SMITH,JOHN Q" */
			return j;
		if (scan_at(s, j) == '\n' && scan_at(s, j + 1) == ' ')           /* the first name in the next line of a form */
			for (j++; j < p->end + LINE_SPACES && scan_at(s, j + 1) == ' '; j++)
				;
	}
	if (scan_at(s, j) == ' ' || (scan_at(s, j) == '.' && p->shape == SHAPE_INITIAL))
		return is_alpha(scan_at(s, j + 1)) ? j + 1 : 0;
	return p->shape == SHAPE_INITIAL && is_alpha(scan_at(s, j)) && j > p->end ? j : 0;
}

size_t part_next_word(struct scan *s, const struct part *p)
{
	size_t j = p->end;

	if (scan_at(s, j) == '\'' && lower(scan_at(s, j + 1)) == 's')
		j += 2;
	if (scan_at(s, j) == '.' && p->end - p->start <= 3)
		j++;
	return scan_at(s, j) == ' ' && is_alnum(scan_at(s, j + 1)) ? j + 1 : 0;
}

size_t part_nickname(struct scan *s, const struct part *p)
{
	uint16_t open = scan_at(s, p->end) == ' ' ? scan_at(s, p->end + 1) : 0;
	size_t i = p->end + 2, j = i;

	if ((open != '"' && open != '(' && open != '\'') || !is_upper(scan_at(s, i)))
		return 0;
	while (j < i + 14 && is_alpha(scan_at(s, j)))
		j++;
	if (j < i + 2 || scan_at(s, j) != (open == '(' ? ')' : open) || scan_at(s, j + 1) != ' ' || !is_upper(scan_at(s, j + 2)))
		return 0;
	return j + 2;
}

size_t part_suffix(struct scan *s, size_t end)
{
	size_t i = end, j;

	if (scan_at(s, i) == ',')
		i++;
	if (scan_at(s, i) != ' ')
		return end;
	j = ++i;
	if ((scan_at(s, i) == 'J' || scan_at(s, i) == 'S') && lower(scan_at(s, i + 1)) == 'r') {
		j += 2;
	} else if (i == end + 1 && scan_at(s, i) == 'I') {
		while (j < i + 3 && scan_at(s, j) == 'I')
			j++;
		j += j == i + 1 && scan_at(s, j) == 'V';
	}
	return j < i + 2 || is_alnum(scan_at(s, j)) || scan_at(s, j) == '-' ? end : j;
}

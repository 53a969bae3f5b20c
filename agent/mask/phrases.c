#include "phrases.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "utf8.h"

#define FILE_MAX_BYTES ((size_t)16 << 20)
#define LINE_MAX_BYTES 256                       /* well below what one decision can see */
#define SPACES_MAX 4
#define FILTER_BITS 16                           /* for each hash */

/* ---- reading --------------------------------------------------------------------------------------------------------- */

struct hashes {
	uint64_t *list;
	size_t n, room;
};

static bool hashes_add(struct hashes *h, uint64_t hash)
{
	if (h->n == h->room) {
		size_t room = h->room ? h->room * 2 : 256;
		uint64_t *list = realloc(h->list, room * sizeof *list);

		if (!list)
			return false;
		h->list = list;
		h->room = room;
	}
	h->list[h->n++] = hash;
	return true;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void may_begin(struct phrases *p, uint16_t c)
{
	uint16_t upper = c >= 'a' && c <= 'z' ? (uint16_t)(c - 32) : c;

	c = lower(c);
	if (c >= 0x80)
		return;
	p->first[c / 8] |= (uint8_t)(1 << c % 8);
	p->first[upper / 8] |= (uint8_t)(1 << upper % 8);
}

static bool is_space(uint16_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* One phrase, as texts are read: with single spaces, and each of its beginnings that is followed by more. */
static bool add_phrase(const struct reading *r, struct phrases *p, struct hashes *words, struct hashes *beginnings)
{
	uint64_t hash = WORD_HASH;
	bool space = false, some = false;

	for (size_t i = 0; i < r->n; i++) {
		uint16_t c = r->c[i];

		if (is_space(c)) {
			space = some;
			continue;
		}
		if (!some)
			may_begin(p, c);
		if (some && (space || !is_alnum(c) || !is_alnum(r->c[i - 1])) && !hashes_add(beginnings, hash))
			return false;
		if (space)
			hash = word_hash(hash, ' ');
		hash = word_hash(hash, c);
		some = true;
		space = false;
	}
	return !some || hashes_add(words, hash);
}

static bool is_text(struct slice line)
{
	size_t i = 0;

	while (i < line.n) {
		uint32_t c;
		int n = utf8_decode(line.p + i, line.n - i, &c);

		if (n <= 0 || c == 0)
			return false;
		i += (size_t)n;
	}
	return true;
}

/* White space at both ends, and a byte order mark, do not count. */
static struct slice trimmed(struct slice line, bool first)
{
	if (first && line.n >= 3 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0)
		line = (struct slice){line.p + 3, line.n - 3};
	while (line.n && is_space((unsigned char)*line.p))
		line = (struct slice){line.p + 1, line.n - 1};
	while (line.n && is_space((unsigned char)line.p[line.n - 1]))
		line.n--;
	return line;
}

static enum rc read_line(struct slice line, int number, struct phrases *p, struct hashes *words, struct hashes *beginnings,
			 struct why *why)
{
	struct reading r;

	line = trimmed(line, number == 1);
	if (!line.n || *line.p == '#')
		return RC_OK;
	if (!is_text(line))
		return why_at(why, RC_BAD, number, 1, "the line is no UTF-8 text");
	if (line.n > LINE_MAX_BYTES)
		return why_at(why, RC_BAD, number, 1, "the line is longer than %d bytes; one word or phrase stands in a line",
			      LINE_MAX_BYTES);
	reading_make(&r, 0, line.p, line.n, true);
	return add_phrase(&r, p, words, beginnings) ? RC_OK : RC_NOMEM;
}

static enum rc make_filter(struct phrases *p)
{
	size_t n = p->n_words + p->n_beginnings;
	unsigned int log2 = 10;

	while (((size_t)1 << log2) < n * FILTER_BITS)
		log2++;
	p->shift = 64 - log2;
	p->filter = calloc((size_t)1 << (log2 - 6), sizeof *p->filter);
	for (size_t i = 0; p->filter && i < n; i++) {
		uint64_t bit = word_mix(i < p->n_words ? p->words[i] : p->beginnings[i - p->n_words]) >> p->shift;

		p->filter[bit / 64] |= (uint64_t)1 << bit % 64;
	}
	return p->filter ? RC_OK : RC_NOMEM;
}

enum rc phrases_read(const char *path, struct phrases *p, struct why *why)
{
	struct hashes words = {0}, beginnings = {0};
	struct buf text;
	enum rc rc;

	*p = (struct phrases){0};
	buf_init(&text, FILE_MAX_BYTES);
	rc = file_read(path, &text, why);
	if (rc == RC_TOO_BIG)
		rc = why_set(why, RC_BAD, "%s is larger than %zu MiB", path, FILE_MAX_BYTES >> 20);
	for (size_t at = 0, number = 1; rc == RC_OK && at < text.len; number++) {
		const char *end = memchr(text.data + at, '\n', text.len - at);
		size_t n = end ? (size_t)(end - text.data) - at : text.len - at;

		rc = read_line((struct slice){text.data + at, n}, (int)number, p, &words, &beginnings, why);
		at += n + 1;
	}
	if (rc == RC_BAD)
		why_file(why, rc, path);
	if (words.n)
		qsort(words.list, words.n, sizeof *words.list, compare);
	if (beginnings.n)
		qsort(beginnings.list, beginnings.n, sizeof *beginnings.list, compare);
	p->words = words.list;
	p->n_words = words.n;
	p->beginnings = beginnings.list;
	p->n_beginnings = beginnings.n;
	if (rc == RC_OK && !words.n)
		rc = why_set(why, RC_BAD, "%s holds no word", path);
	if (rc == RC_OK)
		rc = make_filter(p);
	buf_free(&text);
	return rc;
}

enum rc phrases_copy(const struct phrases *from, struct phrases *to)
{
	*to = *from;
	to->filter = NULL;
	to->words = malloc((from->n_words + 1) * sizeof *to->words);
	to->beginnings = malloc((from->n_beginnings + 1) * sizeof *to->beginnings);
	if (!to->words || !to->beginnings)
		return RC_NOMEM;
	if (from->n_words)
		memcpy(to->words, from->words, from->n_words * sizeof *to->words);
	if (from->n_beginnings)
		memcpy(to->beginnings, from->beginnings, from->n_beginnings * sizeof *to->beginnings);
	return make_filter(to);
}

void phrases_free(struct phrases *p)
{
	free(p->words);
	free(p->beginnings);
	free(p->filter);
	*p = (struct phrases){0};
}

/* ---- finding --------------------------------------------------------------------------------------------------------- */

static bool holds(const uint64_t *list, size_t n, uint64_t hash)
{
	return bsearch(&hash, list, n, sizeof hash, compare) != NULL;
}

bool phrases_find(const struct phrases *p, struct scan *s, size_t *end)
{
	uint64_t hash = WORD_HASH;
	size_t j = s->i, spaces = 0;
	bool found = false;

	for (bool first = true;; first = false) {
		uint16_t c;

		if (first && s->token > s->i) {          /* the first word was read before */
			hash = s->hash;
			j = s->token;
		} else {
			c = scan_at(s, j);
			if (c && is_space(c) && !first && spaces++ < SPACES_MAX) {
				j++;
				continue;
			}
			if (!c || is_space(c))
				break;
			if (spaces)
				hash = word_hash(hash, ' ');
			hash = word_hash(hash, c);
			spaces = 0;
			j++;
		}
		if (is_alnum(scan_at(s, j - 1)) && is_alnum(scan_at(s, j)))
			continue;
		if (!phrases_may_begin(p, hash))
			break;
		if (holds(p->words, p->n_words, hash)) {
			*end = j;
			found = true;
		}
		if (!holds(p->beginnings, p->n_beginnings, hash))
			break;
	}
	return found;
}

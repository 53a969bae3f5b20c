#include "passage.h"

#include <stdlib.h>
#include <string.h>

#include "wipe.h"

#define PASSAGE_MIN 64                           /* shorter lines and sentences are looked at together */
#define BEFORE_MAX 256                           /* of the text before a passage, to understand it by */
#define FOUND_MAX ((size_t)4096)

struct passages {
	const struct mask_engine *engine;
	const struct mask_finder *finder;
	size_t offset;                           /* of text[0] */
	size_t n, asked;                         /* bytes of text; of them, those that were asked about last */
	size_t n_before;
	struct found *found;                     /* in order, apart from each other */
	size_t n_found, first, room;
	char text[PASSAGE_MAX], before[BEFORE_MAX];
};

struct passages *passages_new(const struct mask_engine *engine, const struct mask_finder *finder)
{
	struct passages *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->engine = engine;
	p->finder = finder;
	return p;
}

void passages_free(struct passages *p)
{
	if (!p)
		return;
	free(p->found);
	wipe(p, sizeof *p);
	free(p);
}

void passages_reset(struct passages *p)
{
	p->offset = p->n = p->asked = p->n_before = p->n_found = p->first = 0;
	wipe(p->text, sizeof p->text);
	wipe(p->before, sizeof p->before);
}

/* ---- where a passage ends ---------------------------------------------------------------------------------------------- */

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* "went home. ", and not "Dr. ", "J. ", "No. 4": the word before the stop is one of small letters, and has three of them. */
static bool ends_sentence(const char *text, size_t n)
{
	size_t letters = 0;

	if (n < 2 || text[n - 1] != ' ')
		return false;
	if (text[n - 2] == '!' || text[n - 2] == '?')
		return true;
	if (text[n - 2] != '.')
		return false;
	for (size_t i = n - 2; i > 0 && !is_space(text[i - 1]); i--, letters++)
		if (text[i - 1] < 'a' || text[i - 1] > 'z')
			return false;
	return letters >= 3;
}

/* A passage without an end is cut behind its last space, or at least not in a character. */
static size_t cut(const struct passages *p)
{
	size_t n = p->n;

	while (n > PASSAGE_MIN && !is_space(p->text[n - 1]))
		n--;
	if (n > PASSAGE_MIN)
		return n;
	for (n = p->n; n > p->n - 4 && (p->text[n - 1] & 0xc0) == 0x80; n--)
		;
	return n > p->n - 4 && (p->text[n - 1] & 0xc0) == 0xc0 ? n - 1 : p->n;
}

struct slice passages_open(const struct passages *p)
{
	return (struct slice){p->text + p->asked, p->n - p->asked};
}

/* What was asked about stands before the next passage. */
static void move_on(struct passages *p)
{
	size_t n = p->asked, keep = n < BEFORE_MAX ? (n + p->n_before < BEFORE_MAX ? p->n_before : BEFORE_MAX - n) : 0;

	memmove(p->before, p->before + p->n_before - keep, keep);
	n = n < BEFORE_MAX ? n : BEFORE_MAX;
	memcpy(p->before + keep, p->text + p->asked - n, n);
	p->n_before = keep + n;
	p->offset += p->asked;
	p->n -= p->asked;
	memmove(p->text, p->text + p->asked, p->n);
	p->asked = 0;
}

size_t passages_add(struct passages *p, struct slice in, size_t *whole)
{
	size_t taken = 0;

	*whole = 0;
	if (p->asked)
		move_on(p);
	while (taken < in.n && !*whole) {
		p->text[p->n++] = in.p[taken++];
		if (p->n >= PASSAGE_MIN && (p->text[p->n - 1] == '\n' || ends_sentence(p->text, p->n)))
			*whole = p->n;
		else if (p->n == PASSAGE_MAX)
			*whole = cut(p);
	}
	return taken;
}

enum rc passages_context(struct passages *p, struct slice before)
{
	size_t n = before.n < BEFORE_MAX ? before.n : BEFORE_MAX, keep = n + p->n_before < BEFORE_MAX ? p->n_before : BEFORE_MAX - n;

	if (p->n)
		return RC_FAULT;
	memmove(p->before, p->before + p->n_before - keep, keep);
	memcpy(p->before + keep, before.p + before.n - n, n);
	p->n_before = keep + n;
	p->offset += before.n;
	return RC_OK;
}

/* ---- what is found --------------------------------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
	const struct mask_find *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	return (x->entity > y->entity) - (x->entity < y->entity);
}

static enum rc add_found(struct passages *p, size_t start, size_t end, enum entity entity)
{
	if (p->first == p->n_found)
		p->first = p->n_found = 0;
	if (p->n_found == p->room) {
		size_t room = p->room ? p->room * 2 : 16;
		struct found *more = room > FOUND_MAX ? NULL : realloc(p->found, room * sizeof *more);

		if (!more)
			return RC_NOMEM;
		p->found = more;
		p->room = room;
	}
	p->found[p->n_found++] = (struct found){start, end, entity, false};
	return RC_OK;
}

/* In order and apart: of the same kind they become one, else the later one begins behind the one before. What stays as it is, whatever
 * the engine's operator for it, takes nothing from others. */
static enum rc take(struct passages *p, struct mask_find *find, size_t n, struct slice passage)
{
	size_t behind = 0;
	enum rc rc = RC_OK;

	qsort(find, n, sizeof *find, by_place);
	for (size_t i = 0; i < n && rc == RC_OK; i++) {
		struct found *last = p->n_found > p->first && behind ? &p->found[p->n_found - 1] : NULL;
		size_t start = find[i].start, end = find[i].end;

		if (start >= end || end > passage.n)
			return RC_FAULT;
		if (operator_keeps(p->engine, find[i].entity, -1, (struct slice){passage.p + start, end - start}) || end <= behind)
			continue;
		if (last && start < behind && last->entity == find[i].entity)
			last->end = p->offset + end;
		else
			rc = add_found(p, p->offset + (start < behind ? behind : start), p->offset + end, find[i].entity);
		behind = end;
	}
	return rc;
}

/* Is there anything that could be one? */
static bool says_something(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((text.p[i] & 0x80) || is_alnum((unsigned char)text.p[i]))
			return true;
	return false;
}

enum rc passages_ask(struct passages *p, size_t n, struct slice *passage)
{
	struct mask_find find[MASK_FINDS_MAX];
	size_t found = 0;
	enum rc rc = RC_OK;

	if (p->asked)
		move_on(p);
	*passage = (struct slice){p->text, n};
	if (says_something(*passage))
		rc = p->finder->find(p->finder->arg, (struct slice){p->before, p->n_before}, *passage, find, &found);
	if (rc == RC_OK)
		rc = take(p, find, found, *passage);
	p->asked = n;
	return rc;
}

struct found *passages_found(struct passages *p, size_t offset)
{
	while (p->first < p->n_found && p->found[p->first].end <= offset)
		p->first++;
	return p->first < p->n_found ? &p->found[p->first] : NULL;
}

void passages_spare(struct passages *p, size_t start, size_t end)
{
	size_t kept = p->first;

	for (size_t i = p->first; i < p->n_found; i++)
		if (p->found[i].start < start || p->found[i].end > end)
			p->found[kept++] = p->found[i];
	p->n_found = kept;
}

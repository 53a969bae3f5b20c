#include "markup.h"

#include <string.h>

#include "masked.h"
#include "term.h"
#include "utf8.h"

#define PIECE_BYTES ((size_t)4096)               /* looked at in one go */
#define SHOWN_MAX (16 * PIECE_BYTES)             /* a byte becomes at most nine, "\u{10ffff}" stands for four */

void markup_init(struct markup *m, FILE *f)
{
	*m = (struct markup){.f = f};
	buf_init(&m->held, 2 * PIECE_BYTES);
	buf_init(&m->shown, SHOWN_MAX);
}

void markup_free(struct markup *m)
{
	buf_free(&m->held);
	buf_free(&m->shown);
}

/* HTML, 13.1.2: what may begin a tag or a reference, and quotes, which cost nothing. */
static const char *reference(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	}
	return NULL;
}

static void put(struct markup *m, const char *p, size_t n)
{
	size_t from = 0;

	buf_clear(&m->shown);
	if (!n || term_escape((struct slice){p, n}, &m->shown) != RC_OK)
		return;
	for (size_t i = 0; i < m->shown.len; i++) {
		const char *as = reference(m->shown.data[i]);

		if (!as)
			continue;
		fwrite(m->shown.data + from, 1, i - from, m->f);
		fputs(as, m->f);
		from = i + 1;
	}
	fwrite(m->shown.data + from, 1, m->shown.len - from, m->f);
}

void markup_mask(struct markup *m, enum entity entity, struct slice mask)
{
	fprintf(m->f, "<mark class=\"%s\">", entity_name(entity));
	put(m, mask.p, mask.n);
	fputs("</mark>", m->f);
}

/* Is this word in brackets a mask? */
static bool is_mask(const struct markup *m, const char *mask, size_t n, enum entity *entity)
{
	char name[MASKED_MAX];
	size_t len = masked_entity(mask, n);

	memcpy(name, mask + 1, len);
	name[len] = '\0';
	if (entity_parse(name, entity))
		return true;
	*entity = ENTITY_CUSTOM;
	return m->custom;
}

/* What of the held text can be shown, now that it goes on (or ends): how much was. */
static size_t show(struct markup *m, bool ends)
{
	const char *p = m->held.data;
	size_t n = m->held.len - (ends ? 0 : utf8_unfinished(p, m->held.len)), from = 0, i = 0;

	while (i < n) {
		enum entity entity;
		bool cut = false;
		size_t mask = p[i] == '[' && !m->plain ? masked_at(p + i, n - i, &cut) : 0;

		if (p[i] == '[' && !m->plain && cut && !ends)
			break;
		if (mask && is_mask(m, p + i, mask, &entity)) {
			put(m, p + from, i - from);
			markup_mask(m, entity, (struct slice){p + i, mask});
			m->counts.n[entity]++;
			from = i + mask;
		}
		i += mask ? mask : 1;
	}
	put(m, p + from, i - from);
	return i;
}

void markup_text(struct markup *m, struct slice text)
{
	while (text.n) {
		size_t n = text.n < PIECE_BYTES ? text.n : PIECE_BYTES;

		if (buf_add(&m->held, text.p, n) == RC_OK)
			buf_consume(&m->held, show(m, false));
		text = (struct slice){text.p + n, text.n - n};
	}
}

void markup_end(struct markup *m)
{
	if (m->held.len)
		show(m, true);
	buf_clear(&m->held);
}

void markup_whole(struct markup *m, const char *text)
{
	markup_text(m, slice_str(text));
	markup_end(m);
}

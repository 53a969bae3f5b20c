#include "segment_text.h"

#include <stdint.h>

#define STEP ((size_t)64 << 10)

enum rc segment_text_open(struct segment_text *s, int fd, struct extent where, const struct age_identities *keys)
{
	enum rc rc;

	*s = (struct segment_text){0};
	buf_init(&s->text, 2 * STEP + AGE_CHUNK);
	rc = member_open(&s->stored, fd, where);
	if (rc != RC_OK || !keys)
		return rc;
	s->opening = age_open_begin(keys);
	if (s->opening)
		return RC_OK;
	segment_text_close(s);
	return RC_NOMEM;
}

/* Until there is text, or none is left. */
static enum rc open_more(struct segment_text *s, struct why *why)
{
	enum rc rc = RC_OK;

	buf_clear(&s->text);
	s->at = 0;
	while (rc == RC_OK && !s->text.len) {
		struct slice stored;

		rc = s->ended ? RC_END : member_piece(&s->stored, STEP, &stored);
		if (rc == RC_OK) {
			rc = age_open_more(s->opening, stored, &s->text, why);
		} else if (rc == RC_END && !s->ended) {
			s->ended = true;
			rc = age_open_end(s->opening, &s->text, why);
		}
	}
	if (rc != RC_OK)
		buf_clear(&s->text);
	return rc;
}

enum rc segment_text_piece(struct segment_text *s, size_t max, struct slice *out, struct why *why)
{
	enum rc rc = RC_OK;

	if (!s->opening)
		return member_piece(&s->stored, max, out);
	if (s->at == s->text.len)
		rc = open_more(s, why);
	if (rc != RC_OK)
		return rc;
	*out = (struct slice){s->text.data + s->at, s->text.len - s->at < max ? s->text.len - s->at : max};
	s->at += out->n;
	return RC_OK;
}

size_t segment_text_recipients(const struct segment_text *s)
{
	return s->opening ? age_open_recipients(s->opening) : 0;
}

void segment_text_close(struct segment_text *s)
{
	age_open_free(s->opening);
	s->opening = NULL;
	buf_free(&s->text);
	member_close(&s->stored);
}

#include "prompt_mask.h"

#include <stdio.h>

#include "answer/answer.h"
#include "token.h"

#define STREAMS_MAX 64                           /* a body has no streams */

/* The body with its strings masked, or read for what the caller wrote in the form of tokens. */
static enum rc splice(const struct prompt_masking *m, const struct token_reader *tokens, struct slice body, struct mask_counts *counts,
		      struct buf *out)
{
	const struct answer_options options = {
		.shape = m->shape, .framing = m->json ? FRAMING_JSON : FRAMING_TEXT, .tokens = tokens, .engine = m->engine, .scope = m->scope,
		.counts = counts, .event_max_bytes = m->body_max_bytes, .streams_max = STREAMS_MAX,
	};
	struct answer *a = NULL;
	size_t end_at = SIZE_MAX;
	enum rc rc = answer_new(&options, &a);

	if (rc == RC_OK)
		rc = answer_feed(a, body, out, &end_at);
	if (rc == RC_OK)
		rc = answer_finish(a, out, &end_at);
	answer_free(a);
	return rc;
}

enum rc prompt_mask(const struct prompt_masking *m, struct slice body, struct mask_counts *counts, struct buf *out)
{
	struct token_reader *reader;
	struct buf spared;
	enum rc rc = token_reader_request(m->engine, m->scope, &reader);

	buf_init(&spared, BUF_MAX_DEFAULT);
	if (rc == RC_OK && reader) {                     /* first: no token is then taken for text of the prompt */
		rc = splice(m, reader, body, NULL, &spared);
		body = buf_slice(&spared);
	}
	if (rc == RC_OK)
		rc = splice(m, NULL, body, counts, out);
	token_reader_free(reader);
	buf_free(&spared);
	return rc;
}

void prompt_mask_counts(const struct mask_counts *counts, char *text, size_t room)
{
	size_t n = 0;

	*text = '\0';
	for (int i = 0; i < ENTITY_COUNT && n < room; i++)
		if (counts->n[i])
			n += (size_t)snprintf(text + n, room - n, "%s%u %s", n ? ", " : "", counts->n[i], entity_name((enum entity)i));
}

/* Why each piece of a text was masked, for the person whose text it is. */
#ifndef PHIGATE_CLI_EXPLAIN_H
#define PHIGATE_CLI_EXPLAIN_H

#include "../agent/mask/mask.h"

struct explained;
struct explain {
	struct explained *list;                  /* in the order of the text */
	size_t n, room;
	struct buf put;                          /* what was written in their places, one behind the other */
};

void explain_init(struct explain *e);
void explain_free(struct explain *e);            /* wipes what it holds */
void explain_clear(struct explain *e);           /* to explain another text */

/* put: what stands in the span's place now. A span that goes on with the one before makes that longer. */
enum rc explain_span(struct explain *e, const struct mask_span *span, struct slice put) MUST_USE;

/* To people, on stdout: the text of each span, and what stands around it. */
void explain_print(const struct explain *e, struct slice text);

/* One JSON object for each, with separator behind all but the last. */
enum rc explain_json(const struct explain *e, struct slice text, const char *separator, struct buf *out) MUST_USE;

#endif

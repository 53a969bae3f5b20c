/* A text masked as the agent masks answers: one that begins like JSON is JSON until it turns out to be none, so its numbers, strings and
 * keys stay valid; where another JSON value begins on a line behind it, that is a text of its own. */
#ifndef PHIGATE_CLI_MASKER_H
#define PHIGATE_CLI_MASKER_H

#include "../agent/mask/mask.h"

struct masker;

/* on_span may be NULL; offsets are bytes of the text, of JSON as it is written. engine and scope outlive it. *out must be freed whatever
 * the result is. */
enum rc masker_new(struct mask_engine *engine, struct mask_scope *scope, void (*on_span)(void *arg, const struct mask_span *span), void *arg,
		   struct masker **out) MUST_USE;
void masker_free(struct masker *m);

/* The next bytes of the text, cut anywhere; then its end. After an error only masker_free() is legal. */
enum rc masker_feed(struct masker *m, struct slice in, struct buf *out) MUST_USE;
enum rc masker_finish(struct masker *m, struct buf *out) MUST_USE;

#endif

/* What a Presidio-compatible analyzer answers: [{"start","end","entity_type","score"},…], offsets in characters (Unicode code points).
 * Pure: no descriptors, clocks or logs. */
#ifndef PHIGATE_AGENT_ANALYZER_ANSWER_H
#define PHIGATE_AGENT_ANALYZER_ANSWER_H

#include "config.h"
#include "mask.h"

#define ANALYZER_TEXT_MAX 2048                   /* bytes that are asked about at once */

/* The text that is asked about: before and passage as characters, each with where its bytes begin. */
struct analyzer_text {
	struct buf text;                         /* valid UTF-8, with as many characters as at has entries but the last */
	size_t n, before_n;                      /* characters; bytes of it that are no part of the passage */
	uint16_t at[ANALYZER_TEXT_MAX + 1];
};

/* before_n: bytes of all that stand before the passage. hidden[i]: byte i of all is not told; an asterisk stands for its character. The
 * caller frees text->text. */
enum rc analyzer_text_make(struct slice all, size_t before_n, const bool *hidden, struct analyzer_text *text) MUST_USE;

/* What lies in the passage, as bytes of it. RC_BAD: it is no such answer, and nothing of it counts. */
enum rc analyzer_answer_read(struct slice json, const struct analyzer_settings *settings, const struct analyzer_text *text,
			     struct mask_find out[MASK_FINDS_MAX], size_t *n, struct why *why) MUST_USE;

/* Which of our entities is meant by a name of theirs; -1: none, it stays. A name that nobody mapped is an ID. */
int analyzer_entity(const struct analyzer_settings *settings, const char *theirs);

#endif

/* What people and models say to each other, taken out of what the dialects carry it in: for the eyes only, nothing is decided by it.
 * Texts come in pieces of any size; what is kept has a bound. */
#ifndef PHIGATE_CLI_CHAT_H
#define PHIGATE_CLI_CHAT_H

#include "leaves.h"

#define CHAT_ASKED_MAX ((size_t)64 << 10)        /* of a question; the rest is counted */

/* ---- the body of a request ---- */

struct chat_request {
	struct leaves leaves;
	struct buf model, asked;                 /* asked: the last message of a user, or the prompt */
	struct buf raw;                          /* the first bytes, for when nothing was understood */
	struct buf role, message;                /* of the message that is being read */
	uint64_t asked_bytes, message_bytes, raw_bytes;          /* whole sizes */
	size_t messages;                         /* begun so far */
	size_t asked_at;                         /* which of them, from 1; 0: none */
};

void chat_request_begin(struct chat_request *r);
void chat_request_feed(struct chat_request *r, struct slice bytes);
void chat_request_end(struct chat_request *r);
void chat_request_free(struct chat_request *r);  /* harmless when all zero */

/* ---- the body of an answer ---- */

enum chat_part { CHAT_TEXT, CHAT_THINKING, CHAT_REFUSAL, CHAT_TOOL, CHAT_ARGUMENTS, CHAT_ERROR, CHAT_RAW };
enum chat_framing { CHAT_PLAIN, CHAT_JSON, CHAT_SSE };

/* A piece of an answer; choice counts from 0. */
typedef void chat_said(void *arg, enum chat_part part, uint32_t choice, struct slice text);

struct chat_answer {
	enum chat_framing framing;
	struct leaves leaves;
	chat_said *said;
	void *arg;
	enum chat_part part;                     /* of the leaf that is being read */
	bool wanted, understood;
	bool said_some;                          /* of the value that is being read */
	bool garbled;                            /* a value of which some was said is no JSON further on, which is not said */
	uint32_t choice;
	size_t column;                           /* SSE: bytes of the line so far, up to the value */
	bool data;                               /* SSE: the line is a data line, so far */
	struct buf raw;                          /* the first bytes, for when nothing was understood */
	uint64_t raw_bytes;
};

enum chat_framing chat_framing_of(struct slice content_type);            /* empty: JSON */
void chat_answer_begin(struct chat_answer *a, enum chat_framing framing, chat_said *said, void *arg);
void chat_answer_feed(struct chat_answer *a, struct slice bytes);
void chat_answer_end(struct chat_answer *a);     /* tells what was not understood as CHAT_RAW */
void chat_answer_free(struct chat_answer *a);    /* harmless when all zero */

#endif

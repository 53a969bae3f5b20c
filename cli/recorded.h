/* What a recorded request and its answer say (evidence.md, "Segment line"), read out of the bodies of their records as a stream. */
#ifndef PHIGATE_CLI_RECORDED_H
#define PHIGATE_CLI_RECORDED_H

#include <stdint.h>

#include "chat.h"

/* ---- a request ---- */

struct recorded_request {
	struct buf method, path;
	struct chat_request chat;
	uint64_t bytes;                          /* of a body that is no text; 0: it is text */
};

void recorded_request_read(struct recorded_request *r, struct slice body);
void recorded_request_free(struct recorded_request *r);          /* harmless when all zero */

/* The question, else the beginning of what was not understood; never cut within a character. *more: bytes that it leaves out. */
struct slice recorded_asked(const struct recorded_request *r, uint64_t *more);

/* ---- an answer: one record with its status, then those with its pieces ---- */

struct recorded_answer {
	struct chat_answer chat;
	bool begun, ended;
	struct buf status, type;                 /* of the answer: "200", "application/json" */
	/* the one who listens: at a piece's time, in microseconds since the request; what it says; the piece itself. Each may be NULL */
	void (*at)(void *arg, int64_t us);
	chat_said *said;
	void (*piece)(void *arg, struct slice bytes);
	void *arg;
	/* the leaf that is being read */
	struct buf header, b64;
	char number[16];
	size_t number_n;
};

bool recorded_is_status(struct slice body);      /* else it holds pieces */

/* at and said are told what the record holds. All zero is the beginning of an answer; pieces without a status come from the part before. */
void recorded_answer_read(struct recorded_answer *a, struct slice body, void (*at)(void *arg, int64_t us), chat_said *said, void *arg);

/* There will be no more: says what waited to be understood. Harmless when it has ended already. False: not all of it was said, as it is not
 * what its type says, or long and of an unknown kind. */
bool recorded_answer_end(struct recorded_answer *a);

/* The pieces alone, as they were sent, of a record that holds some. */
void recorded_answer_pieces(struct slice body, void (*piece)(void *arg, struct slice bytes), void *arg);
void recorded_answer_free(struct recorded_answer *a);            /* harmless when all zero; all zero again */

#endif

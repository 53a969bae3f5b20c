/* A request's body, read strictly and once: what policy, approver and model see is the same (design: what is decided is what is
 * sent). Pure. */
#ifndef PHIGATE_AGENT_PROMPT_H
#define PHIGATE_AGENT_PROMPT_H

#include <stdint.h>

#include "conf.h"
#include "dialect.h"

struct prompt_message {
	char *role;                              /* "user"; "" where the route has no roles */
	char *text;                              /* decoded; adjacent text parts of one message joined */
	size_t n;
	unsigned char sha256[32];                /* of the message's exact bytes in the body */
};

struct prompt_opaque {
	const char *kind;                        /* tokens, image, audio, file, url, state, embedding */
	size_t bytes;
};

struct prompt {
	char *model;                             /* NULL when absent */
	size_t model_at, model_end;              /* its JSON string in the body; both 0 when it is not there */
	struct text_list adapters;               /* names of what picks another model beside it: LoRA adapters, fallbacks */
	bool unnamed_adapter;                    /* one is there that is no name, or that stands where nobody can read it */
	bool stream, tools;
	int64_t max_tokens;                      /* times n and best_of; INT64_MAX when absent, negative or no integer */
	struct prompt_message *messages;
	size_t n_messages;
	struct prompt_opaque *opaque;
	size_t n_opaque;
	char *other_text;                        /* every other decoded string of the body (tools, names, keys), LF between */
	unsigned char tools_sha256[32];          /* of the exact bytes of model and tools, for history */
	struct slice continues;                  /* into messages: text that the answer goes on from; empty when none */
};

/* body: one JSON value as design.md demands of requests, or, where the route says so, what is no JSON. RC_BAD: 400, why says what and where; RC_DENIED: an opaque part whose
 * kind is not in allowed (403). */
enum rc prompt_read(const struct route *route, struct slice body, const struct text_list *allowed, struct prompt **out,
		    struct why *why) MUST_USE;
void prompt_free(struct prompt *prompt);

/* The body with another model, all other bytes as they are: its string replaced, or added as the first member. */
enum rc prompt_with_model(const struct route *route, const struct prompt *prompt, struct slice body, const char *model,
			  struct buf *out) MUST_USE;

#endif

/* A request's body without its identifiers, for a model that must not see them, and for what is kept of it. Pure. */
#ifndef PHIGATE_AGENT_PROMPT_MASK_H
#define PHIGATE_AGENT_PROMPT_MASK_H

#include "answer/shape.h"
#include "mask/mask.h"

struct prompt_masking {
	const struct answer_shape *shape;        /* the route's prompt->masked: the protocol's own passes; NULL: nothing does */
	bool json;                               /* the body is JSON, and keeps its shape; else it is masked as text */
	struct mask_engine *engine;
	struct mask_scope *scope;                /* one that gives tokens (mask_scope_begin_request()): they stand for what is masked, and what
	                                          * the caller wrote in their form gets one of its own */
	size_t body_max_bytes;
};

/* Append the body, masked. counts may be NULL. RC_TOO_BIG: the session can hold no more tokens. */
enum rc prompt_mask(const struct prompt_masking *m, struct slice body, struct mask_counts *counts, struct buf *out) MUST_USE;

/* "2 NAME, 1 SSN", cut to room; empty when nothing was masked. */
void prompt_mask_counts(const struct mask_counts *counts, char *text, size_t room);

#endif

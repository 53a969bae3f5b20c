/* Decoding a gzip or deflate answer (zlib) before it is masked; more than 100 times what came is refused. */
#ifndef PHIGATE_AGENT_INFLATE_H
#define PHIGATE_AGENT_INFLATE_H

#include "buf.h"

struct inflater;

/* coding: the value of Content-Encoding. *out is NULL for none, "" and identity; RC_BAD for what is neither gzip nor deflate. */
enum rc inflater_new(struct slice coding, struct inflater **out) MUST_USE;
void inflater_free(struct inflater *z);

/* Append what the bytes decode to. RC_BAD: not what was said, or bytes behind its end; RC_TOO_BIG: over the ratio. */
enum rc inflater_feed(struct inflater *z, struct slice in, struct buf *out) MUST_USE;

/* The input has ended; RC_BAD when it was cut short. */
enum rc inflater_finish(const struct inflater *z) MUST_USE;

#endif

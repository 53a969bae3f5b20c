/* The passages of a text that somebody beside the engine looks at (struct mask_finder), and what was found in them. Where a passage ends
 * depends on the text only: at the end of a line or a sentence once it is long enough, else between two words. */
#ifndef PHIGATE_MASK_PASSAGE_H
#define PHIGATE_MASK_PASSAGE_H

#include "engine.h"

#define PASSAGE_MAX 1024                         /* bytes; with what the engine holds it fits into its window */

/* Offsets are of the text, counted with what stands before it. */
struct found {
	size_t start, end;
	enum entity entity;
	bool told;                               /* its replacement has gone out already */
};

struct passages;
struct passages *passages_new(const struct mask_engine *engine, const struct mask_finder *finder);       /* NULL: no memory */
void passages_free(struct passages *p);          /* wipes what is held */
void passages_reset(struct passages *p);         /* another text begins */

/* What stands before the text: the first passage is looked at with its end. */
enum rc passages_context(struct passages *p, struct slice before) MUST_USE;

/* Takes bytes of in, until a passage has ended: *whole is its length then, else 0. Returns how many were taken. */
size_t passages_add(struct passages *p, struct slice in, size_t *whole);

/* The open passage, all of it that has come. */
struct slice passages_open(const struct passages *p);

/* Ask about the first n bytes of what is open, and let the next passage begin behind them. *passage: they, valid until passages_add(). */
enum rc passages_ask(struct passages *p, size_t n, struct slice *passage) MUST_USE;

/* The first one that ends behind an offset; NULL: none is known. Those before it are forgotten, so offsets only grow. */
struct found *passages_found(struct passages *p, size_t offset);

/* What lies within [start, end) is none. */
void passages_spare(struct passages *p, size_t start, size_t end);

#endif

/* What pack_make.c, pack_lists.c and pack_ledger.c share. */
#ifndef PHIGATE_AGENT_PACK_PRIVATE_H
#define PHIGATE_AGENT_PACK_PRIVATE_H

#include "keyset.h"
#include "pack_make.h"
#include "tiles.h"

#define PACK_SLACK_NS (60 * 1000000000LL)        /* so much later than an event its leaf may be */

/* A file of the pack while it is written; it has no name. */
struct pack_out {
	int fd;
	uint64_t size;
	struct buf text;                         /* not yet in the file */
};

struct pack_work {
	const struct pack_place *place;
	const struct person *who;
	int64_t from_ns, to_ns, made_ns;
	struct pack_out out[PACK_AGENTS];
	struct keyset holds;                     /* those that the store knows */
	/* the ledger as it is while the pack is made */
	struct tiles_reader reader;
	struct buf note;
	struct tlog_checkpoint checkpoint;
	/* the period's leaves stand together, with those that tell no time of their own; where the clock was set back, others between them */
	struct {
		uint64_t first, end, timed;      /* timed: behind the last leaf before first that has a time */
		bool any, within;
	} range;
	uint64_t from, to;                       /* what it comes to */
};

/* A line of the file is complete. */
enum rc pack_out_line(struct pack_work *w, enum pack_file file) MUST_USE;

/* ---- pack_lists.c: what the store knows ---- */
enum rc pack_lists(struct pack_work *w, struct why *why) MUST_USE;

/* ---- pack_ledger.c ---- */
enum rc pack_ledger_begin(struct pack_work *w, struct why *why) MUST_USE;        /* the checkpoint, and the range of leaves */
enum rc pack_ledger_write(struct pack_work *w, struct why *why) MUST_USE;        /* ledger.*, changes, and holds that the store has forgotten */

#endif

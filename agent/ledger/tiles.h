/* The ledger's store: an append-only log as C2SP tlog-tiles in a folder, so that stock tools read it.
 *
 *   checkpoint                  the signed note; what it covers is durable before it is there
 *   tile/L/N, tile/L/N.p/W      hashes, 256 or W of them; level L has the roots of 256^L leaves each
 *   tile/entries/N[.p/W]        the leaves
 *
 * What is written never replaces what a checkpoint covers: a tile that is not full yet gets another name with each leaf, and files that a
 * crash left beyond the checkpoint are written again. Adding costs the same however many leaves there are, and so does opening. */
#ifndef PHIGATE_AGENT_TILES_H
#define PHIGATE_AGENT_TILES_H

#include "tlog_checkpoint.h"
#include "tlog_tile.h"

#define TILES_LEAF_MAX ((size_t)65535)           /* bytes of a leaf */
#define TILES_ENTRIES_MAX ((size_t)TLOG_TILE * (TILES_LEAF_MAX + 2))

/* ---- writing: one process, which holds the key ------------------------------------------------------------------------ */

struct tiles;

/* Opens the log in the folder, or makes an empty one; key is borrowed, and signs under the origin. RC_CONFLICT: another process writes it.
 * RC_BAD: what is there is not what its checkpoint says, or the checkpoint is not by this key: nothing may be added then. RC_IO. */
enum rc tiles_open(const char *dir, const char *origin, EVP_PKEY *key, struct tiles **out, struct why *why) MUST_USE;
void tiles_close(struct tiles *t);               /* forgets what was not committed; NULL is allowed */

uint64_t tiles_size(const struct tiles *t);      /* leaves, with those that are not committed */
struct slice tiles_checkpoint(const struct tiles *t);            /* the last one, of what is committed; until the next commit */

/* RC_TOO_BIG: the leaf, and nothing has changed. After any other failure, also of a commit, tiles_revert() is what is allowed. */
enum rc tiles_add(struct tiles *t, struct slice leaf) MUST_USE;

/* All that was added becomes durable, then a checkpoint of it is signed and durable too. */
enum rc tiles_commit(struct tiles *t) MUST_USE;

/* Go back to the last checkpoint on the disk. RC_IO, RC_BAD: no, and only this may be tried again. */
enum rc tiles_revert(struct tiles *t, struct why *why) MUST_USE;

/* ---- reading: anybody, also while it is written ------------------------------------------------------------------------ */

struct tiles_reader {
	int dir_fd;
	int level;                               /* the tile at hand */
	uint64_t number;
	size_t n;                                /* hashes of it; 0: none is at hand */
	struct tlog_hash hash[TLOG_TILE];
	uint64_t size;                           /* of the tree that is asked about */
};
enum rc tiles_reader_open(struct tiles_reader *r, const char *dir, struct why *why) MUST_USE;    /* RC_NOT_FOUND, RC_IO */
void tiles_reader_close(struct tiles_reader *r);

enum rc tiles_read_checkpoint(const struct tiles_reader *r, struct buf *note) MUST_USE;
enum rc tiles_read_hash(void *reader, unsigned level, uint64_t index, struct tlog_hash *out);    /* a tlog_read; set size before */

/* The entries of a tile, so many of them as the tree of that size has. tiles_next_entry() takes them apart: RC_END, RC_BAD. */
enum rc tiles_read_entries(const struct tiles_reader *r, uint64_t number, struct buf *out) MUST_USE;
enum rc tiles_next_entry(struct slice *entries, struct slice *leaf) MUST_USE;
enum rc tiles_read_leaf(const struct tiles_reader *r, uint64_t index, struct buf *out) MUST_USE;

#endif

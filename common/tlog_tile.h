/* Names of a log's files (C2SP tlog-tiles): tiles of 256 hashes, their entries, and the checkpoint. Pure. */
#ifndef PHIGATE_TLOG_TILE_H
#define PHIGATE_TLOG_TILE_H

#include <stdint.h>

#define TLOG_TILE_BITS 8
#define TLOG_TILE 256
#define TLOG_TILE_LEVELS 8                       /* of a log of TLOG_SIZE_MAX leaves */
#define TLOG_TILE_NAME 96
#define TLOG_ENTRIES (-1)                        /* as a level: the leaves themselves, each behind its length in two bytes */

/* "tile/1/x001/234", "tile/entries/000.p/17": width is 256, or how much of it there is. Returns out. */
const char *tlog_tile_name(int level, uint64_t number, unsigned width, char out[TLOG_TILE_NAME]);

#endif

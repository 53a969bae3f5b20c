#include "tlog_tile.h"

#include <stdio.h>

/* In groups of three digits, all but the last with an x before. */
static int put_number(char *out, size_t room, uint64_t number, const char *mark, const char *end)
{
	int n = number >= 1000 ? put_number(out, room, number / 1000, "x", "/") : 0;

	return n + snprintf(out + n, room - (size_t)n, "%s%03u%s", mark, (unsigned)(number % 1000), end);
}

const char *tlog_tile_name(int level, uint64_t number, unsigned width, char out[TLOG_TILE_NAME])
{
	int n = level < 0 ? snprintf(out, TLOG_TILE_NAME, "tile/entries/") : snprintf(out, TLOG_TILE_NAME, "tile/%d/", level);

	n += put_number(out + n, TLOG_TILE_NAME - (size_t)n, number, "", "");
	if (width < TLOG_TILE)
		snprintf(out + n, TLOG_TILE_NAME - (size_t)n, ".p/%u", width);
	return out;
}

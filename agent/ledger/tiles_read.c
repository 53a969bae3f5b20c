#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "tiles.h"

enum rc tiles_reader_open(struct tiles_reader *r, const char *dir, struct why *why)
{
	*r = (struct tiles_reader){.dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	if (r->dir_fd >= 0)
		return RC_OK;
	return why_set(why, errno == ENOENT ? RC_NOT_FOUND : RC_IO, "%s: there is no ledger to read: %s", dir, strerror(errno));
}

void tiles_reader_close(struct tiles_reader *r)
{
	if (r->dir_fd >= 0)
		close(r->dir_fd);
	r->dir_fd = -1;
}

enum rc tiles_read_checkpoint(const struct tiles_reader *r, struct buf *note)
{
	return file_read_at(r->dir_fd, "checkpoint", note, NULL);
}

/* Hashes or leaves of that tile in a tree of that size. */
static unsigned width_of(int level, uint64_t number, uint64_t size)
{
	uint64_t n = level > 0 ? size >> (TLOG_TILE_BITS * level) : size, first = number << TLOG_TILE_BITS;

	return n <= first ? 0 : n - first < TLOG_TILE ? (unsigned)(n - first) : TLOG_TILE;
}

/* The tile as the tree has it; once that is full, what it was before may be gone, and is the beginning of the full one. */
static enum rc read_tile(const struct tiles_reader *r, int level, uint64_t number, unsigned width, struct buf *out)
{
	char name[TLOG_TILE_NAME];
	enum rc rc = file_read_at(r->dir_fd, tlog_tile_name(level, number, width, name), out, NULL);

	return rc == RC_NOT_FOUND && width < TLOG_TILE ?
		file_read_at(r->dir_fd, tlog_tile_name(level, number, TLOG_TILE, name), out, NULL) : rc;
}

static enum rc get_tile(struct tiles_reader *r, int level, uint64_t number)
{
	unsigned width = width_of(level, number, r->size);
	struct buf text;
	enum rc rc;

	if (r->n && r->level == level && r->number == number && r->n >= width)
		return RC_OK;
	r->n = 0;
	buf_init(&text, sizeof r->hash);
	rc = width ? read_tile(r, level, number, width, &text) : RC_BAD;
	if (rc == RC_OK && text.len < width * sizeof *r->hash)
		rc = RC_BAD;
	if (rc == RC_OK) {
		memcpy(r->hash, text.data, width * sizeof *r->hash);
		r->level = level;
		r->number = number;
		r->n = width;
	}
	buf_free(&text);
	return rc == RC_NOT_FOUND || rc == RC_TOO_BIG ? RC_BAD : rc;
}

enum rc tiles_read_hash(void *reader, unsigned level, uint64_t index, struct tlog_hash *out)
{
	struct tiles_reader *r = reader;
	unsigned inside = level % TLOG_TILE_BITS;
	uint64_t first = index << inside;
	struct tlog_edge edge = {0};
	enum rc rc = get_tile(r, (int)(level / TLOG_TILE_BITS), first >> TLOG_TILE_BITS);
	size_t at = first % TLOG_TILE, n = (size_t)1 << inside;

	if (rc != RC_OK)
		return rc;
	if (at + n > r->n)
		return RC_BAD;
	for (size_t i = 0; i < n; i++)
		tlog_edge_add(&edge, 0, &r->hash[at + i]);
	tlog_edge_root(&edge, out);
	return RC_OK;
}

enum rc tiles_next_entry(struct slice *entries, struct slice *leaf)
{
	size_t n;

	if (!entries->n)
		return RC_END;
	if (entries->n < 2)
		return RC_BAD;
	n = (size_t)(unsigned char)entries->p[0] << 8 | (unsigned char)entries->p[1];
	if (entries->n - 2 < n)
		return RC_BAD;
	*leaf = (struct slice){entries->p + 2, n};
	*entries = (struct slice){entries->p + 2 + n, entries->n - 2 - n};
	return RC_OK;
}

enum rc tiles_read_entries(const struct tiles_reader *r, uint64_t number, struct buf *out)
{
	unsigned width = width_of(TLOG_ENTRIES, number, r->size);
	struct slice rest, leaf;
	enum rc rc;

	rc = width ? read_tile(r, TLOG_ENTRIES, number, width, out) : RC_BAD;
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_BAD : rc;
	rest = buf_slice(out);
	for (unsigned i = 0; i < width; i++)
		if (tiles_next_entry(&rest, &leaf) != RC_OK)
			return RC_BAD;
	buf_truncate(out, (size_t)(rest.p - out->data));
	return RC_OK;
}

enum rc tiles_read_leaf(const struct tiles_reader *r, uint64_t index, struct buf *out)
{
	struct slice rest, leaf = {NULL, 0};
	struct buf entries;
	enum rc rc;

	buf_init(&entries, TILES_ENTRIES_MAX);
	rc = tiles_read_entries(r, index >> TLOG_TILE_BITS, &entries);
	rest = buf_slice(&entries);
	for (uint64_t i = 0; rc == RC_OK && i <= index % TLOG_TILE; i++)
		rc = tiles_next_entry(&rest, &leaf) == RC_OK ? RC_OK : RC_BAD;
	if (rc == RC_OK)
		rc = buf_add_slice(out, leaf);
	buf_free(&entries);
	return rc;
}

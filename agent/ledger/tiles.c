#include "tiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

#define UNSYNCED 64                              /* files and folders that wait for their sync at once */
#define MADE 16                                  /* folders that are remembered; so many are in use at once, and more */

struct level {
	unsigned n;                              /* hashes of the last tile, which is not full */
	bool changed;                            /* since it was written */
	struct tlog_hash hash[TLOG_TILE];
};

struct filled {
	int level;
	uint64_t number;
};

struct tiles {
	char *dir;
	int dir_fd;                              /* locked */
	EVP_PKEY *key;
	struct tlog_vkey vkey;
	struct tlog_edge edge;
	struct level levels[TLOG_TILE_LEVELS];
	struct buf entries;                      /* of the last tile */
	bool entries_changed;
	struct buf note;                         /* the checkpoint */
	/* what was written since the last commit */
	int fds[UNSYNCED];
	size_t n_fds;
	char *folders[UNSYNCED];
	size_t n_folders;
	struct buf filled;                       /* struct filled: tiles whose earlier forms can go */
	/* folders that are known to be there, durable with or before the next commit */
	char made[MADE][TLOG_TILE_NAME];
	size_t next_made;                        /* the one that gives way */
};

/* ---- files and folders, durable at the commit -------------------------------------------------------------------------- */

/* All begin to be written before the first is waited for, so that they share what a journal takes for each sync. */
static enum rc sync_all(struct tiles *t)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < t->n_fds; i++)
		(void)sync_file_range(t->fds[i], 0, 0, SYNC_FILE_RANGE_WRITE);   /* fsync says what went wrong */
	while (t->n_fds) {
		int fd = t->fds[--t->n_fds];

		if (fsync(fd) != 0)
			rc = RC_IO;
		close(fd);
	}
	while (t->n_folders) {
		char *name = t->folders[--t->n_folders];
		int fd = rc == RC_OK ? openat(t->dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

		if (rc == RC_OK && (fd < 0 || fsync(fd) != 0))
			rc = RC_IO;
		if (fd >= 0)
			close(fd);
		free(name);
	}
	return rc;
}

/* The folder has got a new entry. */
static enum rc note_folder(struct tiles *t, const char *name)
{
	for (size_t i = 0; i < t->n_folders; i++)
		if (strcmp(t->folders[i], name) == 0)
			return RC_OK;
	if (t->n_folders == UNSYNCED && sync_all(t) != RC_OK)
		return RC_IO;
	t->folders[t->n_folders] = strdup(name);
	return t->folders[t->n_folders] ? (t->n_folders++, RC_OK) : RC_NOMEM;
}

static bool is_made(const struct tiles *t, const char *folder)
{
	for (size_t i = 0; i < MADE; i++)
		if (strcmp(folder, t->made[i]) == 0)
			return true;
	return false;
}

/* All folders that lead to the file; its own is put into folder. One that is there already may be what a process left that was killed before
 * its sync, so this one syncs each once, too. */
static enum rc make_folders(struct tiles *t, const char *name, char folder[TLOG_TILE_NAME])
{
	enum rc rc = RC_OK;
	char *slash;

	strcpy(folder, name);
	*strrchr(folder, '/') = '\0';
	if (is_made(t, folder))
		return RC_OK;
	for (slash = strchr(folder, '/'); rc == RC_OK; slash = slash ? strchr(slash + 1, '/') : NULL) {
		char *before;

		if (slash)
			*slash = '\0';
		if (mkdirat(t->dir_fd, folder, 0700) == 0 || errno == EEXIST) {
			before = strrchr(folder, '/');
			if (before)
				*before = '\0';
			rc = note_folder(t, before ? folder : ".");
			if (before)
				*before = '/';
		} else {
			rc = RC_IO;
		}
		if (!slash)
			break;
		*slash = '/';
	}
	if (rc == RC_OK)
		strcpy(t->made[t->next_made++ % MADE], folder);
	return rc;
}

static enum rc put_file(struct tiles *t, int level, uint64_t number, unsigned width, const void *data, size_t n)
{
	char name[TLOG_TILE_NAME], folder[TLOG_TILE_NAME];
	enum rc rc = make_folders(t, tlog_tile_name(level, number, width, name), folder);
	int fd;

	if (rc == RC_OK && t->n_fds == UNSYNCED)
		rc = sync_all(t);
	if (rc != RC_OK)
		return rc;
	fd = openat(t->dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return RC_IO;
	t->fds[t->n_fds++] = fd;
	rc = fd_write_all(fd, data, n);
	return rc == RC_OK ? note_folder(t, folder) : rc;
}

/* ---- adding ------------------------------------------------------------------------------------------------------------ */

uint64_t tiles_size(const struct tiles *t)
{
	return t->edge.size;
}

static enum rc fill(struct tiles *t, int level, uint64_t number)
{
	return buf_add(&t->filled, &(struct filled){level, number}, sizeof(struct filled));
}

/* One more hash of a level; a tile that it fills is written, and its root is one more hash of the level above. */
static enum rc add_hash(struct tiles *t, unsigned level, const struct tlog_hash *hash)
{
	struct level *l = &t->levels[level];
	struct tlog_edge edge = {0};
	struct tlog_hash root;
	uint64_t number;
	enum rc rc;

	l->hash[l->n++] = *hash;
	l->changed = true;
	if (l->n < TLOG_TILE)
		return RC_OK;
	number = (t->edge.size >> TLOG_TILE_BITS * (level + 1)) - 1;
	rc = put_file(t, (int)level, number, TLOG_TILE, l->hash, sizeof l->hash);
	if (rc == RC_OK)
		rc = fill(t, (int)level, number);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < TLOG_TILE; i++)
		tlog_edge_add(&edge, 0, &l->hash[i]);
	tlog_edge_root(&edge, &root);
	l->n = 0;
	l->changed = false;
	return level + 1 < TLOG_TILE_LEVELS ? add_hash(t, level + 1, &root) : RC_TOO_BIG;
}

enum rc tiles_add(struct tiles *t, struct slice leaf)
{
	const char size[2] = {(char)(leaf.n >> 8), (char)leaf.n};
	struct tlog_hash hash;
	enum rc rc;

	if (leaf.n > TILES_LEAF_MAX || t->edge.size >= TLOG_SIZE_MAX)
		return RC_TOO_BIG;
	buf_add(&t->entries, size, sizeof size);
	rc = buf_add_slice(&t->entries, leaf);
	if (rc != RC_OK)
		return rc == RC_TOO_BIG ? RC_FAULT : rc;
	t->entries_changed = true;
	tlog_leaf(leaf, &hash);
	tlog_edge_add(&t->edge, 0, &hash);
	if (t->edge.size % TLOG_TILE == 0) {
		uint64_t number = (t->edge.size >> TLOG_TILE_BITS) - 1;

		rc = put_file(t, TLOG_ENTRIES, number, TLOG_TILE, t->entries.data, t->entries.len);
		if (rc == RC_OK)
			rc = fill(t, TLOG_ENTRIES, number);
		buf_clear(&t->entries);
		t->entries_changed = false;
	}
	return rc == RC_OK ? add_hash(t, 0, &hash) : rc;
}

static enum rc put_partial(struct tiles *t)
{
	unsigned width = t->edge.size % TLOG_TILE;
	enum rc rc = RC_OK;

	if (t->entries_changed && width)
		rc = put_file(t, TLOG_ENTRIES, t->edge.size >> TLOG_TILE_BITS, width, t->entries.data, t->entries.len);
	for (unsigned i = 0; i < TLOG_TILE_LEVELS && rc == RC_OK; i++) {
		struct level *l = &t->levels[i];

		if (l->changed && l->n)
			rc = put_file(t, (int)i, t->edge.size >> TLOG_TILE_BITS * (i + 1), l->n, l->hash, l->n * sizeof *l->hash);
		l->changed = false;
	}
	t->entries_changed = false;
	return rc;
}

/* Under a temporary name, then into its place: the moment at which the new leaves are in the ledger. */
static enum rc put_checkpoint(struct tiles *t)
{
	struct tlog_checkpoint checkpoint = {.size = t->edge.size};
	struct buf note;
	enum rc rc;
	int fd;

	buf_init(&note, TLOG_CHECKPOINT_MAX);
	strcpy(checkpoint.origin, t->vkey.name);
	tlog_edge_root(&t->edge, &checkpoint.root);
	rc = tlog_checkpoint_sign(&checkpoint, t->key, &note);
	fd = rc == RC_OK ? openat(t->dir_fd, "checkpoint.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	if (rc == RC_OK)
		rc = fd < 0 ? RC_IO : fd_write_all(fd, note.data, note.len);
	if (rc == RC_OK && (fsync(fd) != 0 || renameat(t->dir_fd, "checkpoint.new", t->dir_fd, "checkpoint") != 0 || fsync(t->dir_fd) != 0))
		rc = RC_IO;
	if (fd >= 0)
		close(fd);
	if (rc == RC_OK) {
		buf_free(&t->note);
		t->note = note;
	} else {
		buf_free(&note);
	}
	return rc;
}

/* What the tiles were before they were full. Left over after a failure, it takes room and nothing else. */
static void remove_earlier(struct tiles *t)
{
	for (size_t at = 0; at < t->filled.len; at += sizeof(struct filled)) {
		char name[TLOG_TILE_NAME];
		struct filled f;
		struct dirent *e;
		DIR *dir;
		int fd;

		memcpy(&f, t->filled.data + at, sizeof f);
		tlog_tile_name(f.level, f.number, 1, name);
		*strrchr(name, '/') = '\0';
		fd = openat(t->dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		dir = fd >= 0 ? fdopendir(fd) : NULL;
		if (!dir && fd >= 0)
			close(fd);
		while (dir && (e = readdir(dir)))
			if (e->d_name[0] != '.')
				unlinkat(fd, e->d_name, 0);
		if (dir) {
			closedir(dir);
			unlinkat(t->dir_fd, name, AT_REMOVEDIR);
		}
	}
	buf_clear(&t->filled);
	memset(t->made, 0, sizeof t->made);
}

enum rc tiles_commit(struct tiles *t)
{
	enum rc rc = put_partial(t);

	if (rc == RC_OK)
		rc = sync_all(t);
	if (rc == RC_OK)
		rc = put_checkpoint(t);
	if (rc == RC_OK && t->filled.len)
		remove_earlier(t);
	return rc;
}

struct slice tiles_checkpoint(const struct tiles *t)
{
	return buf_slice(&t->note);
}

/* ---- opening ------------------------------------------------------------------------------------------------------------ */

static enum rc damaged(const struct tiles *t, struct why *why, const char *what)
{
	return why_set(why, RC_BAD, "%s: the ledger's %s; put back what was there (nothing is added to a ledger that is damaged)", t->dir, what);
}

/* The last tile of a level, as far as the tree of that size has filled it. */
static enum rc load_level(struct tiles *t, struct tiles_reader *r, unsigned level, uint64_t size)
{
	uint64_t n = size >> TLOG_TILE_BITS * level;
	struct level *l = &t->levels[level];
	enum rc rc = RC_OK;

	*l = (struct level){0};
	for (; l->n < n % TLOG_TILE && rc == RC_OK; l->n++) {
		rc = tiles_read_hash(r, TLOG_TILE_BITS * level, n - n % TLOG_TILE + l->n, &l->hash[l->n]);
		if (rc == RC_OK)
			tlog_edge_add(&t->edge, TLOG_TILE_BITS * level, &l->hash[l->n]);
	}
	return rc;
}

/* The leaves of the last tile are those that its hashes tell of. */
static enum rc load_entries(struct tiles *t, struct tiles_reader *r, uint64_t size)
{
	struct slice rest, leaf;
	struct tlog_hash hash;
	enum rc rc;

	buf_clear(&t->entries);
	if (size % TLOG_TILE == 0)
		return RC_OK;
	rc = tiles_read_entries(r, size >> TLOG_TILE_BITS, &t->entries);
	rest = buf_slice(&t->entries);
	for (size_t i = 0; rc == RC_OK && tiles_next_entry(&rest, &leaf) == RC_OK; i++) {
		tlog_leaf(leaf, &hash);
		if (!tlog_same(&hash, &t->levels[0].hash[i]))
			rc = RC_BAD;
	}
	return rc;
}

static enum rc load(struct tiles *t, const struct tlog_checkpoint *checkpoint, struct why *why)
{
	struct tiles_reader r = {.dir_fd = t->dir_fd, .size = checkpoint->size};
	struct tlog_hash root;
	enum rc rc = RC_OK;

	t->edge = (struct tlog_edge){0};
	for (unsigned level = TLOG_TILE_LEVELS; level-- > 0 && rc == RC_OK; )
		rc = load_level(t, &r, level, checkpoint->size);
	if (rc == RC_OK)
		rc = load_entries(t, &r, checkpoint->size);
	tlog_edge_root(&t->edge, &root);
	if (rc == RC_BAD || (rc == RC_OK && !tlog_same(&root, &checkpoint->root)))
		return damaged(t, why, "last tiles are not what its checkpoint says");
	return rc == RC_OK ? rc : why_set(why, rc, "%s: the ledger cannot be read: %s", t->dir, strerror(errno));
}

/* An empty log gets its first checkpoint at once; tiles without one are somebody's loss, not a beginning. */
static enum rc begin(struct tiles *t, struct why *why)
{
	enum rc rc;

	if (faccessat(t->dir_fd, "tile", F_OK, 0) == 0)
		return damaged(t, why, "checkpoint is missing");
	rc = put_checkpoint(t);
	return rc == RC_OK ? rc : why_set(why, rc, "%s: the ledger cannot be written: %s", t->dir, strerror(errno));
}

enum rc tiles_revert(struct tiles *t, struct why *why)
{
	struct tlog_checkpoint checkpoint;
	enum rc rc;

	while (t->n_fds)
		close(t->fds[--t->n_fds]);
	while (t->n_folders)
		free(t->folders[--t->n_folders]);
	buf_clear(&t->filled);
	buf_clear(&t->note);
	memset(t->made, 0, sizeof t->made);
	t->entries_changed = false;
	rc = file_read_at(t->dir_fd, "checkpoint", &t->note, why);
	if (rc == RC_NOT_FOUND)
		return begin(t, why);
	if (rc == RC_OK)
		rc = tlog_checkpoint_open(buf_slice(&t->note), &t->vkey, &checkpoint, why);
	if (rc != RC_OK)
		return why_file(why, rc == RC_DENIED ? RC_BAD : rc, t->dir);
	/* A process that was killed may have left its name unsynced; what is told of this checkpoint must not outlive it. */
	if (fsync(t->dir_fd) != 0)
		return why_set(why, RC_IO, "%s: cannot sync: %s", t->dir, strerror(errno));
	return load(t, &checkpoint, why);
}

enum rc tiles_open(const char *dir, const char *origin, EVP_PKEY *key, struct tiles **out, struct why *why)
{
	struct tiles *t = calloc(1, sizeof *t);
	enum rc rc;

	*out = NULL;
	if (!t)
		return RC_NOMEM;
	t->dir_fd = -1;
	t->key = key;
	buf_init(&t->entries, TILES_ENTRIES_MAX);
	buf_init(&t->note, TLOG_CHECKPOINT_MAX);
	buf_init(&t->filled, BUF_MAX_DEFAULT);
	t->dir = strdup(dir);
	rc = t->dir ? dir_make(dir, 0700, why) : RC_NOMEM;
	if (rc == RC_OK && tlog_vkey_make(origin, key, &t->vkey) != RC_OK)
		rc = why_set(why, RC_BAD, "a ledger cannot be named %s", origin);
	if (rc == RC_OK) {
		t->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (t->dir_fd < 0)
			rc = why_set(why, RC_IO, "%s: %s", dir, strerror(errno));
		else if (flock(t->dir_fd, LOCK_EX | LOCK_NB) != 0)
			rc = errno == EWOULDBLOCK ? why_set(why, RC_CONFLICT, "%s: another agent uses it", dir) :
				why_set(why, RC_IO, "%s: cannot lock: %s", dir, strerror(errno));
	}
	if (rc == RC_OK)
		rc = tiles_revert(t, why);
	if (rc == RC_OK)
		*out = t;
	else
		tiles_close(t);
	return rc;
}

void tiles_close(struct tiles *t)
{
	if (!t)
		return;
	while (t->n_fds)
		close(t->fds[--t->n_fds]);
	while (t->n_folders)
		free(t->folders[--t->n_folders]);
	if (t->dir_fd >= 0)
		close(t->dir_fd);
	buf_free(&t->entries);
	buf_free(&t->note);
	buf_free(&t->filled);
	free(t->dir);
	free(t);
}

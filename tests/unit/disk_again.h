/* A folder made again from the notes of disk.h as a power failure leaves it. What was synced is there. What was not is there, or is not, in
 * each of these ways. */
#ifndef PHIGATE_TEST_DISK_AGAIN_H
#define PHIGATE_TEST_DISK_AGAIN_H

#include "disk.h"

enum disk_loss {
	LOSS_NOTHING,                            /* the program was killed, the machine runs on */
	LOSS_ALL,                                /* what was not synced is gone, names as well as contents */
	LOSS_CONTENTS,                           /* names are there, of files whose contents are not */
	LOSS_NAMES,                              /* contents are there, where names lead to them */
	LOSS_TORN,                               /* of each file the first half of what was not synced is there, and half of one write */
	LOSS_ZEROS,                              /* files are as long as they were, with zeros for what was not synced */
	LOSS_SOME,                               /* a part of the names, and of each file another part, as the seed has it */
};
#define LOSSES (LOSS_SOME + 1)

struct disk_file {
	uint64_t ino;
	bool folder;
	char *data;
	size_t n;
	/* of a folder */
	struct disk_entry {
		char name[DISK_NAME];
		size_t file;
	} *entries;
	size_t n_entries;
};

struct disk_image {
	enum disk_loss loss;
	unsigned seed;
	size_t upto;                             /* notes */
	struct disk_file *files;
	size_t n, cap;
	bool *settled;                           /* of each note: a sync came behind it */
};

static inline const struct disk_note *disk_note_at(size_t i)
{
	return (const struct disk_note *)(const void *)(disk->notes + disk->offset[i]);
}

/* The last file of that number, for numbers are given out again. */
static inline struct disk_file *disk_find(struct disk_image *im, uint64_t ino)
{
	for (size_t i = im->n; i-- > 0;)
		if (im->files[i].ino == ino)
			return &im->files[i];
	return NULL;
}

static inline size_t disk_add(struct disk_image *im, uint64_t ino, bool folder)
{
	if (im->n == im->cap) {
		im->cap = im->cap ? 2 * im->cap : 64;
		im->files = realloc(im->files, im->cap * sizeof *im->files);
	}
	im->files[im->n] = (struct disk_file){.ino = ino, .folder = folder};
	return im->n++;
}

static inline void disk_put_name(struct disk_file *dir, const char *name, size_t file)
{
	for (size_t i = 0; i < dir->n_entries; i++)
		if (strcmp(dir->entries[i].name, name) == 0) {
			dir->entries[i].file = file;
			return;
		}
	dir->entries = realloc(dir->entries, (dir->n_entries + 1) * sizeof *dir->entries);
	strcpy(dir->entries[dir->n_entries].name, name);
	dir->entries[dir->n_entries++].file = file;
}

/* SIZE_MAX: it is not there. */
static inline size_t disk_take_name(struct disk_file *dir, const char *name)
{
	for (size_t i = 0; dir && i < dir->n_entries; i++)
		if (strcmp(dir->entries[i].name, name) == 0) {
			size_t file = dir->entries[i].file;

			dir->entries[i] = dir->entries[--dir->n_entries];
			return file;
		}
	return SIZE_MAX;
}

static inline void disk_size(struct disk_file *f, size_t n)
{
	f->data = realloc(f->data, n + 1);
	if (n > f->n)
		memset(f->data + f->n, 0, n - f->n);
	f->n = n;
}

/* ---- what is lost --------------------------------------------------------------------------------------------------------------- */

/* Contents are settled by a sync of the file, names by one of the folder that they are in now. */
static inline void disk_settle(struct disk_image *im)
{
	im->settled = calloc(im->upto + 1, sizeof *im->settled);
	for (size_t i = 0; i < im->upto; i++) {
		const struct disk_note *sync = disk_note_at(i), *note;

		if (sync->op != DISK_SYNC)
			continue;
		for (size_t k = 0; k < i; k++) {
			note = disk_note_at(k);
			if (note->op == DISK_WRITE || note->op == DISK_TRUNCATE)
				im->settled[k] |= note->ino == sync->ino;
			else if (note->op == DISK_RENAME)
				im->settled[k] |= note->to_dir == sync->ino;
			else if (note->op != DISK_SYNC)
				im->settled[k] |= note->dir == sync->ino;
		}
	}
}

/* Unsettled notes of the same file up to this one, and all of them; of names those of all folders. */
static inline void disk_rank(const struct disk_image *im, size_t at, bool content, size_t *rank, size_t *all)
{
	uint64_t ino = disk_note_at(at)->ino;

	*rank = *all = 0;
	for (size_t i = 0; i < im->upto; i++) {
		const struct disk_note *note = disk_note_at(i);
		bool is_content = note->op == DISK_WRITE || note->op == DISK_TRUNCATE;

		if (im->settled[i] || note->op == DISK_SYNC || is_content != content || (content && note->ino != ino))
			continue;
		*rank += i <= at;
		++*all;
	}
}

static inline size_t disk_dice(const struct disk_image *im, uint64_t of, size_t sides)
{
	uint64_t x = (im->seed + 1) * 0x9e3779b97f4a7c15u ^ of * 0xd1b54a32d192ed03u;

	x ^= x >> 31;
	x *= 0x94d049bb133111ebu;
	return (size_t)((x ^ x >> 29) % sides);
}

/* How much of a write is there, by what comes before and behind it in its file. */
static inline uint64_t disk_kept_bytes(const struct disk_image *im, size_t at, const struct disk_note *note)
{
	size_t rank, all, cut;

	if (im->settled[at] || im->loss == LOSS_NOTHING || im->loss == LOSS_NAMES)
		return note->n;
	if (im->loss != LOSS_TORN && im->loss != LOSS_SOME)
		return 0;
	disk_rank(im, at, true, &rank, &all);
	cut = im->loss == LOSS_TORN ? (all + 1) / 2 : 1 + disk_dice(im, note->ino, all + 1);
	return rank < cut ? note->n : rank > cut ? 0 : im->loss == LOSS_TORN ? note->n / 2 : disk_dice(im, note->at, (size_t)note->n + 1);
}

static inline bool disk_keeps_name(const struct disk_image *im, size_t at)
{
	size_t rank, all;

	if (im->settled[at] || (im->loss != LOSS_ALL && im->loss != LOSS_NAMES && im->loss != LOSS_SOME))
		return true;
	if (im->loss != LOSS_SOME)
		return false;
	disk_rank(im, at, false, &rank, &all);
	return rank <= disk_dice(im, 7, all + 1);
}

/* ---- what is there -------------------------------------------------------------------------------------------------------------- */

static inline void disk_apply_content(struct disk_image *im, size_t at, const struct disk_note *note)
{
	struct disk_file *f = disk_find(im, note->ino);
	uint64_t kept;

	if (!f)
		return;
	if (note->op == DISK_TRUNCATE) {
		size_t rank, all;

		disk_rank(im, at, true, &rank, &all);
		if (im->settled[at] || (im->loss != LOSS_ALL && im->loss != LOSS_CONTENTS && (im->loss == LOSS_NOTHING || rank <= (all + 1) / 2)))
			disk_size(f, (size_t)note->n);
		return;
	}
	kept = disk_kept_bytes(im, at, note);
	if (kept || im->loss == LOSS_ZEROS)
		if (f->n < note->at + (im->loss == LOSS_ZEROS ? note->n : kept))
			disk_size(f, (size_t)(note->at + (im->loss == LOSS_ZEROS ? note->n : kept)));
	memcpy(f->data ? f->data + note->at : (char *)im, note + 1, f->data ? (size_t)kept : 0);
}

static inline void disk_apply(struct disk_image *im, size_t at)
{
	const struct disk_note *note = disk_note_at(at);
	size_t file;

	if (note->op == DISK_WRITE || note->op == DISK_TRUNCATE) {
		disk_apply_content(im, at, note);
		return;
	}
	if (note->op == DISK_SYNC)
		return;
	file = note->op == DISK_CREATE ? disk_add(im, note->ino, note->folder) : SIZE_MAX;
	if (!disk_keeps_name(im, at) || !disk_find(im, note->dir))
		return;
	if (note->op != DISK_CREATE)
		file = disk_take_name(disk_find(im, note->dir), note->name);
	if (note->op == DISK_CREATE)
		disk_put_name(disk_find(im, note->dir), note->name, file);
	else if (note->op == DISK_RENAME && file != SIZE_MAX && disk_find(im, note->to_dir))
		disk_put_name(disk_find(im, note->to_dir), note->to, file);
}

static inline void disk_lay_out(const struct disk_image *im, const struct disk_file *dir, int dir_fd)
{
	for (size_t i = 0; i < dir->n_entries; i++) {
		const struct disk_file *f = &im->files[dir->entries[i].file];
		const char *name = dir->entries[i].name;
		int fd;

		if (f->folder && mkdirat(dir_fd, name, 0700) != 0)
			abort();
		fd = f->folder ? openat(dir_fd, name, O_RDONLY | O_DIRECTORY) : openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
		if (fd < 0 || (!f->folder && f->n && write(fd, f->data, f->n) != (ssize_t)f->n))
			abort();
		if (f->folder)
			disk_lay_out(im, f, fd);
		close(fd);
	}
}

/* As after the first upto notes; what the folder holds of what was noted must be gone before. */
static inline void disk_make_again(size_t upto, enum disk_loss loss, unsigned seed)
{
	int fd = open(disk->root, O_RDONLY | O_DIRECTORY);
	struct disk_image im = {.loss = loss, .seed = seed, .upto = upto};

	if (fd < 0)
		abort();
	disk_add(&im, disk_ino(fd), true);
	disk_settle(&im);
	for (size_t i = 0; i < upto; i++)
		disk_apply(&im, i);
	disk_lay_out(&im, &im.files[0], fd);
	close(fd);
	for (size_t i = 0; i < im.n; i++) {
		free(im.files[i].data);
		free(im.files[i].entries);
	}
	free(im.files);
	free(im.settled);
}

#endif

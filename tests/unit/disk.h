/* For tests of crashes: the calls by which this program, its libraries and its processes change files under one folder are counted and
 * noted. The n-th can kill, fail or do only half; and from the notes the folder is made again as a power failure behind any of them may leave
 * it, from the kindest disk to one that keeps only what was synced, names and contents apart.
 *
 * One for each program. What is written through a mapping is not seen (SQLite's -shm, which it makes anew). */
#ifndef PHIGATE_TEST_DISK_H
#define PHIGATE_TEST_DISK_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DISK_KILLED 42                           /* exit status of the process that died */
#define DISK_NOTES_MAX ((size_t)96 << 20)
#define DISK_NAME 72

enum disk_op { DISK_CREATE, DISK_WRITE, DISK_TRUNCATE, DISK_RENAME, DISK_UNLINK, DISK_SYNC };
enum disk_fault { DISK_NONE, DISK_KILLS, DISK_EIO, DISK_FULL, DISK_SHORT, DISK_HALF, DISK_EINTR };
#define DISK_FULL_CALLS 5                        /* that fail then; room is made behind them */
#define DISK_EINTR_CALLS 3

struct disk_note {
	enum disk_op op;
	bool folder;                             /* what was created is one */
	uint64_t ino;                            /* written, truncated, synced, created */
	uint64_t dir, to_dir;                    /* where the name is, and where it goes */
	uint64_t at, n;                          /* n bytes of data follow, of a write; the size, of a truncation */
	char name[DISK_NAME], to[DISK_NAME];
};

struct disk {
	char root[64];
	bool on;
	pthread_mutex_t lock;                    /* of all processes */
	int calls;                               /* so far */
	enum disk_fault fault;
	int fault_at;
	bool hit;
	size_t n, used;                          /* notes, and their bytes */
	size_t offset[1 << 16];
	char notes[DISK_NOTES_MAX];
};
static struct disk *disk;                        /* shared with child processes */

static inline void disk_begin(const char *root)
{
	pthread_mutexattr_t shared;

	if (!disk) {
		disk = mmap(NULL, sizeof *disk, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (disk == MAP_FAILED)
			abort();
		pthread_mutexattr_init(&shared);
		pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
		pthread_mutex_init(&disk->lock, &shared);
	}
	snprintf(disk->root, sizeof disk->root, "%s", root);
	disk->calls = 0;
	disk->n = disk->used = 0;
	disk->fault = DISK_NONE;
	disk->hit = false;
}

/* at: counted from disk_begin(), the first call is 1. */
static inline void disk_fault(enum disk_fault fault, int at)
{
	disk->fault = fault;
	disk->fault_at = at;
	disk->hit = false;
}

/* ---- whose calls count ---------------------------------------------------------------------------------------------------- */

static inline bool disk_is_under(const char *path)
{
	size_t n = strlen(disk->root);

	return strncmp(path, disk->root, n) == 0 && (path[n] == '/' || !path[n]);
}

static inline bool disk_fd_path(int fd, char out[PATH_MAX])
{
	char link[40];
	ssize_t n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, out, PATH_MAX - 1);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static inline bool disk_has_fd(int fd)
{
	char path[PATH_MAX];
	int e = errno;
	bool has = disk && disk->on && disk_fd_path(fd, path) && disk_is_under(path);

	errno = e;
	return has;
}

/* The folder and the name of a path; false: it is no business of this disk. */
struct disk_place {
	uint64_t dir;
	char name[DISK_NAME];
};
static inline bool disk_has(int dir_fd, const char *path, struct disk_place *place)
{
	char full[2 * PATH_MAX], *slash;
	struct stat st;
	int e = errno;
	bool has = false;

	if (disk && disk->on && (path[0] == '/' || (dir_fd != AT_FDCWD && disk_fd_path(dir_fd, full)))) {
		if (path[0] == '/')
			snprintf(full, sizeof full, "%s", path);
		else
			snprintf(full + strlen(full), sizeof full - strlen(full), "/%s", path);
		slash = strrchr(full, '/');
		if (disk_is_under(full) && strlen(slash + 1) < DISK_NAME) {
			strcpy(place->name, slash + 1);
			*slash = '\0';
			has = stat(full, &st) == 0;
			place->dir = st.st_ino;
		}
	}
	errno = e;
	return has;
}

/* ---- counting and failing --------------------------------------------------------------------------------------------------- */

static inline void disk_leave(void)
{
	pthread_mutex_unlock(&disk->lock);
}

static inline bool disk_is_write(enum disk_op op)
{
	return op == DISK_WRITE;
}

static inline bool disk_takes_room(enum disk_op op)
{
	return op == DISK_WRITE || op == DISK_CREATE || op == DISK_SYNC;
}

/* One call more, with the lock held until disk_leave(). DISK_NONE: go on; DISK_SHORT: with half of it; DISK_EIO: fail, errno is set. */
static inline enum disk_fault disk_enter(enum disk_op op)
{
	int n, e = errno;

	pthread_mutex_lock(&disk->lock);
	n = ++disk->calls - disk->fault_at;
	errno = e;
	if (disk->fault == DISK_NONE || n < 0)
		return DISK_NONE;
	switch (disk->fault) {
	case DISK_NONE:
		break;
	case DISK_KILLS:
		if (n == 0) {
			disk->hit = true;
			disk_leave();
			_exit(DISK_KILLED);
		}
		break;
	case DISK_EIO:
		disk->hit |= n == 0;
		errno = EIO;
		return n == 0 ? DISK_EIO : DISK_NONE;
	case DISK_FULL:
		disk->hit |= n == 0;
		errno = n < DISK_FULL_CALLS && disk_takes_room(op) ? ENOSPC : e;
		return n < DISK_FULL_CALLS && disk_takes_room(op) ? DISK_EIO : DISK_NONE;
	case DISK_SHORT:
		disk->hit |= n == 0;
		return n == 0 && disk_is_write(op) ? DISK_SHORT : DISK_NONE;
	case DISK_HALF:
		disk->hit |= n == 0;
		errno = n == 1 ? EIO : e;
		return n == 0 && disk_is_write(op) ? DISK_SHORT : n == 1 ? DISK_EIO : DISK_NONE;
	case DISK_EINTR:
		disk->hit |= n == 0;
		errno = n < DISK_EINTR_CALLS && disk_is_write(op) ? EINTR : e;
		return n < DISK_EINTR_CALLS && disk_is_write(op) ? DISK_EIO : DISK_NONE;
	}
	return DISK_NONE;
}

static inline void disk_note_data(const struct disk_note *note, const void *data, size_t n)
{

	if (disk->n == sizeof disk->offset / sizeof *disk->offset || disk->used + sizeof *note + n > sizeof disk->notes)
		abort();
	disk->offset[disk->n++] = disk->used;
	memcpy(disk->notes + disk->used, note, sizeof *note);
	memcpy(disk->notes + disk->used + sizeof *note, data, n);
	disk->used += (sizeof *note + n + 7) / 8 * 8;
}

static inline void disk_note(const struct disk_note *note)
{
	disk_note_data(note, "", 0);
}

static inline uint64_t disk_ino(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* ---- the calls ---------------------------------------------------------------------------------------------------------------- */

int openat(int dir, const char *path, int flags, ...);
int openat64(int dir, const char *path, int flags, ...);
int open(const char *path, int flags, ...);
int open64(const char *path, int flags, ...);
int mkostemp(char *path, int flags);
ssize_t pwrite64(int fd, const void *p, size_t n, off_t at);
int ftruncate64(int fd, off_t n);

static inline int disk_open(int dir, const char *path, int flags, mode_t mode)
{
	struct disk_note note = {.op = DISK_CREATE};
	struct disk_place place;
	struct stat st;
	bool is_new;
	int fd;

	if (strcmp(path, "/proc/self/exe") == 0)
		path = "/proc/self/comm";                /* shorter to hash */
	if (!(flags & (O_CREAT | O_TRUNC)) || !disk_has(dir, path, &place))
		return (int)syscall(SYS_openat, dir, path, flags, mode);
	is_new = syscall(SYS_newfstatat, dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0;
	if (!is_new && !(flags & O_TRUNC))
		return (int)syscall(SYS_openat, dir, path, flags, mode);
	errno = 0;
	if (disk_enter(is_new ? DISK_CREATE : DISK_TRUNCATE) == DISK_EIO) {
		disk_leave();
		return -1;
	}
	fd = (int)syscall(SYS_openat, dir, path, flags, mode);
	if (fd >= 0) {
		note.ino = disk_ino(fd);
		note.dir = place.dir;
		strcpy(note.name, place.name);
		if (!is_new)
			note = (struct disk_note){.op = DISK_TRUNCATE, .ino = note.ino};
		disk_note(&note);
	}
	disk_leave();
	return fd;
}

#define DISK_MODE(flags) \
	mode_t mode = 0; \
	if ((flags) & O_CREAT) { \
		va_list args; \
		va_start(args, flags); \
		mode = va_arg(args, mode_t); \
		va_end(args); \
	}

int openat(int dir, const char *path, int flags, ...)
{
	DISK_MODE(flags)
	return disk_open(dir, path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...)
{
	DISK_MODE(flags)
	return disk_open(dir, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	DISK_MODE(flags)
	return disk_open(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	DISK_MODE(flags)
	return disk_open(AT_FDCWD, path, flags, mode);
}

int mkostemp(char *path, int flags)
{
	static atomic_uint made;

	snprintf(path + strlen(path) - 6, 7, "%06u", atomic_fetch_add(&made, 1) % 1000000);
	return disk_open(AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL | flags, 0600);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
	struct disk_note note = {.op = DISK_CREATE, .folder = true};
	struct disk_place place;
	struct stat st;
	int rc;

	if (!disk_has(dir, path, &place) || syscall(SYS_newfstatat, dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return (int)syscall(SYS_mkdirat, dir, path, mode);
	errno = 0;
	rc = disk_enter(DISK_CREATE) == DISK_EIO ? -1 : (int)syscall(SYS_mkdirat, dir, path, mode);
	if (rc == 0 && syscall(SYS_newfstatat, dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		note.ino = st.st_ino;
		note.dir = place.dir;
		strcpy(note.name, place.name);
		disk_note(&note);
	}
	disk_leave();
	return rc;
}

int mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

static inline ssize_t disk_write(int fd, const void *p, size_t n, off_t at, bool has_at)
{
	struct disk_note note = {.op = DISK_WRITE};
	enum disk_fault fault;
	ssize_t done = -1;
	struct stat st;

	if (!disk_has_fd(fd))
		return has_at ? syscall(SYS_pwrite64, fd, p, n, at) : syscall(SYS_write, fd, p, n);
	fault = disk_enter(DISK_WRITE);
	if (fault == DISK_SHORT)
		n = (n + 1) / 2;
	if (fault != DISK_EIO && fstat(fd, &st) == 0) {
		note.ino = st.st_ino;
		note.at = (uint64_t)(has_at ? at : fcntl(fd, F_GETFL) & O_APPEND ? st.st_size : lseek(fd, 0, SEEK_CUR));
		done = has_at ? syscall(SYS_pwrite64, fd, p, n, at) : syscall(SYS_write, fd, p, n);
		note.n = done > 0 ? (uint64_t)done : 0;
		disk_note_data(&note, p, note.n);
	}
	disk_leave();
	return done;
}

ssize_t write(int fd, const void *p, size_t n)
{
	return disk_write(fd, p, n, 0, false);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	return disk_write(fd, p, n, at, true);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off_t at)
{
	return disk_write(fd, p, n, at, true);
}

static inline int disk_sync(int fd)
{
	struct disk_note note = {.op = DISK_SYNC};
	int rc = 0;

	if (!disk_has_fd(fd))
		return 0;
	rc = disk_enter(DISK_SYNC) == DISK_EIO ? -1 : 0;
	note.ino = disk_ino(fd);
	if (rc == 0)
		disk_note(&note);
	disk_leave();
	return rc;
}

int fsync(int fd)
{
	return disk_sync(fd);
}

int fdatasync(int fd)
{
	return disk_sync(fd);
}

int ftruncate(int fd, off_t n)
{
	struct disk_note note = {.op = DISK_TRUNCATE, .n = (uint64_t)n};
	int rc;

	if (!disk_has_fd(fd))
		return (int)syscall(SYS_ftruncate, fd, n);
	rc = disk_enter(DISK_TRUNCATE) == DISK_EIO ? -1 : (int)syscall(SYS_ftruncate, fd, n);
	note.ino = disk_ino(fd);
	if (rc == 0)
		disk_note(&note);
	disk_leave();
	return rc;
}

int ftruncate64(int fd, off_t n)
{
	return ftruncate(fd, n);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	struct disk_note note = {.op = DISK_RENAME};
	struct disk_place place, other;
	int rc;

	if (!disk_has(from_dir, from, &place) || !disk_has(to_dir, to, &other))
		return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
	rc = disk_enter(DISK_RENAME) == DISK_EIO ? -1 : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
	note.dir = place.dir;
	note.to_dir = other.dir;
	strcpy(note.name, place.name);
	strcpy(note.to, other.name);
	if (rc == 0)
		disk_note(&note);
	disk_leave();
	return rc;
}

int rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlinkat(int dir, const char *path, int flags)
{
	struct disk_note note = {.op = DISK_UNLINK};
	struct disk_place place;
	int rc;

	if (!disk_has(dir, path, &place))
		return (int)syscall(SYS_unlinkat, dir, path, flags);
	rc = disk_enter(DISK_UNLINK) == DISK_EIO ? -1 : (int)syscall(SYS_unlinkat, dir, path, flags);
	note.dir = place.dir;
	strcpy(note.name, place.name);
	if (rc == 0)
		disk_note(&note);
	disk_leave();
	return rc;
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

#endif

/* What the stand-in model and the load generator must agree on: the text of an answer, cut into tokens, and the place where the one
 * writes down when it sent each token so that the other can tell how long it was on its way. Both run on one machine and read one
 * monotonic clock. */
#ifndef PHIGATE_BENCH_NOTE_H
#define PHIGATE_BENCH_NOTE_H

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define TIMES_ROWS 256                   /* streams at one time */
#define TIMES_TOKENS 2048                /* of one stream, later ones are not measured */

struct times {
	int64_t sent_ns[TIMES_ROWS][TIMES_TOKENS];      /* 0: not yet */
};

/* A text that is repeated as long as tokens are wanted. A token is a word with the white space after it. */
struct note {
	char *text;
	size_t length, n_tokens;
	size_t *end;                     /* where each token ends */
};

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

static inline int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline void *room(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		die("memory");
	return p;
}

static inline struct note note_read(const char *path)
{
	struct note note = {0};
	FILE *f = fopen(path, "r");
	size_t cap = 1 << 16;

	if (!f)
		die(path);
	note.text = room(cap, 1);
	note.end = room(cap, sizeof *note.end);
	note.length = fread(note.text, 1, cap - 1, f);
	fclose(f);
	for (size_t i = 1; i <= note.length; i++)
		if (i == note.length || (strchr(" \n", note.text[i - 1]) && !strchr(" \n", note.text[i])))
			note.end[note.n_tokens++] = i;
	if (note.n_tokens == 0) {
		fprintf(stderr, "%s holds no text\n", path);
		exit(1);
	}
	return note;
}

/* Where the ith token of the repeated text begins. */
static inline size_t note_at(const struct note *note, size_t i)
{
	return i / note->n_tokens * note->length + (i % note->n_tokens ? note->end[i % note->n_tokens - 1] : 0);
}

static inline struct times *times_map(const char *path, int write)
{
	int fd = open(path, write ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0644);
	struct times *t;

	if (fd < 0 || (write && ftruncate(fd, sizeof *t) != 0))
		die(path);
	t = mmap(NULL, sizeof *t, write ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
	if (t == MAP_FAILED)
		die(path);
	close(fd);
	return t;
}

/* Bytes as the inside of a JSON string, into out (room for 2n + 1). */
static inline size_t json_put(char *out, const char *p, size_t n)
{
	char *at = out;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' || p[i] == '"' || p[i] == '\\')
			*at++ = '\\';
		*at++ = p[i] == '\n' ? 'n' : p[i];
	}
	*at = '\0';
	return (size_t)(at - out);
}

#endif

/* Clinical prose: the texts of a corpus (JSON lines), and how a model would cut them. */
#ifndef PHIGATE_BENCH_PROSE_H
#define PHIGATE_BENCH_PROSE_H

#include <cJSON.h>
#include <ctype.h>

#include "note.h"

#define PROSE_TEXTS 8192
#define PIECE_MAX 5                      /* bytes of a long word that are one token */

struct prose {
	const char *text[PROSE_TEXTS];
	size_t n[PROSE_TEXTS], texts, bytes;
};

static inline void prose_add(struct prose *p, const cJSON *line, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, key));

	if (!text || p->texts == PROSE_TEXTS)
		return;
	p->text[p->texts] = strdup(text);
	p->n[p->texts] = strlen(text);
	p->bytes += p->n[p->texts++];
}

static inline void prose_read(const char *path, struct prose *p)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;

	if (!f)
		die(path);
	while (getline(&line, &room, f) > 0) {
		cJSON *json = cJSON_Parse(line);

		prose_add(p, json, "text");
		prose_add(p, json, "dialogue");
		cJSON_Delete(json);
	}
	free(line);
	fclose(f);
	if (!p->texts) {
		fprintf(stderr, "%s holds no text\n", path);
		exit(1);
	}
}

/* The texts one behind the other, again and again, up to n bytes; the caller frees it. */
static inline char *prose_join(const struct prose *p, size_t n)
{
	char *all = room(n + 1, 1);

	for (size_t at = 0, i = 0; at < n; i = (i + 1) % p->texts) {
		size_t piece = p->n[i] < n - at ? p->n[i] : n - at;

		memcpy(all + at, p->text[i], piece);
		at += piece;
		if (at < n)
			all[at++] = '\n';
	}
	return all;
}

/* Where the token at from ends: a word with the space before it, a long one in pieces, up to three digits, one sign. About four bytes. */
static inline size_t prose_token(const char *text, size_t n, size_t from)
{
	size_t i = from + (text[from] == ' ' && from + 1 < n), first = i;

	if (isdigit((unsigned char)text[i]))
		while (i < n && i < first + 3 && isdigit((unsigned char)text[i]))
			i++;
	else if (isalpha((unsigned char)text[i]))
		while (i < n && i < first + PIECE_MAX && isalpha((unsigned char)text[i]))
			i++;
	else
		i++;
	while (i < n && (text[i] & 0xc0) == 0x80)        /* a character is not cut */
		i++;
	return i;
}

#endif

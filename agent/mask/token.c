#include "token.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include "token_private.h"
#include "wipe.h"

#define CHUNK_BYTES ((size_t)1 << 16)
#define KINDS_MAX 512
#define LAST_VARIANT 'z'

/* Values lie one behind the other. */
struct chunk {
	struct chunk *next;
	size_t used;
	char bytes[];
};

struct value {
	uint16_t kind;
	char variant, shown[TOKEN_SHOWN_MAX];
	uint8_t shown_n;
	uint16_t n;
	uint32_t number;
	uint32_t other;                  /* and 1: the same number, written otherwise */
	const char *bytes;
};

struct token_map {
	pthread_mutex_t lock;
	struct chunk *chunks;
	size_t bytes;
	struct value *values;            /* in the order in which they were given */
	size_t n, room;
	uint32_t *places;                /* open addressing: a value and 1, the first of its kind and number; 0: free */
	size_t n_places;
	char *kinds[KINDS_MAX];
	size_t n_kinds;
};

struct token_map *token_map_new(void)
{
	struct token_map *map = calloc(1, sizeof *map);

	if (map)
		pthread_mutex_init(&map->lock, NULL);
	return map;
}

void token_map_free(struct token_map *map)
{
	if (!map)
		return;
	for (struct chunk *c = map->chunks, *next; c; c = next) {
		next = c->next;
		wipe(c, CHUNK_BYTES);
		munmap(c, CHUNK_BYTES);
	}
	for (size_t i = 0; i < map->n_kinds; i++)
		free(map->kinds[i]);
	if (map->values)
		wipe(map->values, map->room * sizeof *map->values);
	free(map->values);
	free(map->places);
	pthread_mutex_destroy(&map->lock);
	free(map);
}

/* ---- room ------------------------------------------------------------------------------------------------------------- */

/* Locked, and in no core dump, where the system allows it: as for other secrets, a low RLIMIT_MEMLOCK is no reason to stop. */
static struct chunk *chunk_new(void)
{
	struct chunk *c = mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (c == MAP_FAILED)
		return NULL;
	(void)!mlock(c, CHUNK_BYTES);
#ifdef MADV_DONTDUMP
	(void)!madvise(c, CHUNK_BYTES, MADV_DONTDUMP);
#endif
	return c;
}

/* A copy of the bytes; NULL: no memory. */
static const char *keep(struct token_map *map, struct slice bytes)
{
	struct chunk *c = map->chunks;
	char *copy;

	if (!c || CHUNK_BYTES - sizeof *c - c->used < bytes.n) {
		c = chunk_new();
		if (!c)
			return NULL;
		c->next = map->chunks;
		map->chunks = c;
	}
	copy = memcpy(c->bytes + c->used, bytes.p, bytes.n);
	c->used += bytes.n;
	map->bytes += bytes.n;
	return copy;
}

/* Where the first value of a kind and number stands, or should. */
static uint32_t *place_of(const struct token_map *map, uint16_t kind, uint32_t number)
{
	size_t at = (number * 2654435761u + kind * 40503u) & (map->n_places - 1);

	for (; map->places[at]; at = (at + 1) & (map->n_places - 1)) {
		const struct value *v = &map->values[map->places[at] - 1];

		if (v->kind == kind && v->number == number)
			break;
	}
	return &map->places[at];
}

static enum rc grow(struct token_map *map)
{
	size_t room = map->room ? map->room * 2 : 64;
	struct value *values = calloc(room, sizeof *values);
	uint32_t *places = calloc(room * 2, sizeof *places);

	if (!values || !places) {
		free(values);
		free(places);
		return RC_NOMEM;
	}
	if (map->n) {
		memcpy(values, map->values, map->n * sizeof *values);
		wipe(map->values, map->n * sizeof *values);
	}
	free(map->values);
	free(map->places);
	map->values = values;
	map->places = places;
	map->room = room;
	map->n_places = room * 2;
	for (size_t i = 0; i < map->n; i++) {
		uint32_t *place = place_of(map, map->values[i].kind, map->values[i].number);

		if (!*place)
			*place = (uint32_t)i + 1;
	}
	return RC_OK;
}

/* The number of a kind's name; false: no memory, or too many. */
static bool kind_of(struct token_map *map, const char *name, uint16_t *kind)
{
	size_t i = 0;

	while (i < map->n_kinds && strcmp(map->kinds[i], name) != 0)
		i++;
	if (i == KINDS_MAX || (i == map->n_kinds && !(map->kinds[i] = strdup(name))))
		return false;
	map->n_kinds += i == map->n_kinds;
	*kind = (uint16_t)i;
	return true;
}

/* ---- giving ----------------------------------------------------------------------------------------------------------- */

static enum rc write_token(const struct token_map *map, const struct value *v, struct buf *out)
{
	buf_printf(out, "[%s-%u", map->kinds[v->kind], v->number);
	if (v->variant)
		buf_putc(out, v->variant);
	if (v->shown_n) {
		buf_putc(out, ':');
		buf_add(out, v->shown, v->shown_n);
	}
	return buf_putc(out, ']');
}

/* Another value: the first of its number, or written otherwise than last. */
static enum rc add(struct token_map *map, uint16_t kind, uint32_t number, struct value *last, struct slice value, struct slice shown,
		   struct value **out)
{
	size_t last_at = last ? (size_t)(last - map->values) : 0;
	struct value *v;
	enum rc rc;

	if (map->n >= TOKEN_VALUES_MAX || map->bytes + value.n > TOKEN_BYTES_MAX || value.n > CHUNK_BYTES / 2 || shown.n > TOKEN_SHOWN_MAX)
		return RC_TOO_BIG;
	rc = map->n == map->room ? grow(map) : RC_OK;
	if (rc != RC_OK)
		return rc;
	v = &map->values[map->n];
	*v = (struct value){.kind = kind, .number = number, .n = (uint16_t)value.n, .bytes = keep(map, value), .shown_n = (uint8_t)shown.n};
	if (!v->bytes)
		return RC_NOMEM;
	if (shown.n)
		memcpy(v->shown, shown.p, shown.n);
	map->n++;
	if (last) {
		last = &map->values[last_at];
		v->variant = last->variant ? (char)(last->variant + 1) : 'b';
		last->other = (uint32_t)map->n;
	} else {
		*place_of(map, kind, number) = (uint32_t)map->n;
	}
	*out = v;
	return RC_OK;
}

/* The value of this kind and number that is written so; *out the last one before, when there is none. */
static bool find(const struct token_map *map, uint16_t kind, uint32_t number, struct slice value, struct value **out)
{
	uint32_t next = map->room ? *place_of(map, kind, number) : 0;

	*out = NULL;
	while (next) {
		*out = &map->values[next - 1];
		if ((*out)->n == value.n && memcmp((*out)->bytes, value.p, value.n) == 0)
			return true;
		next = (*out)->other;
	}
	return false;
}

enum rc token_give(struct token_map *map, const char *kind_name, uint64_t number, struct slice value, struct slice shown, struct buf *out)
{
	struct value *v = NULL, *last;
	uint16_t kind;
	enum rc rc = RC_OK;

	if (!number || number > TOKEN_VALUES_MAX * 16 || !value.n)
		return RC_TOO_BIG;
	pthread_mutex_lock(&map->lock);
	if (!kind_of(map, kind_name, &kind))
		rc = RC_TOO_BIG;
	else if (find(map, kind, (uint32_t)number, value, &last))
		v = last;
	else if (last && last->variant == LAST_VARIANT)
		rc = RC_TOO_BIG;
	else
		rc = add(map, kind, (uint32_t)number, last, value, shown, &v);
	if (rc == RC_OK)
		rc = write_token(map, v, out);
	pthread_mutex_unlock(&map->lock);
	return rc;
}

/* ---- putting back ----------------------------------------------------------------------------------------------------- */

size_t token_map_count(struct token_map *map)
{
	size_t n;

	pthread_mutex_lock(&map->lock);
	n = map->n;
	pthread_mutex_unlock(&map->lock);
	return n;
}

const char **token_map_kinds(struct token_map *map, size_t *n)
{
	const char **kinds;

	pthread_mutex_lock(&map->lock);
	*n = map->n_kinds;
	kinds = calloc(map->n_kinds + 1, sizeof *kinds);
	for (size_t i = 0; kinds && i < map->n_kinds; i++)
		kinds[i] = map->kinds[i];
	pthread_mutex_unlock(&map->lock);
	return kinds;
}

bool token_map_value(struct token_map *map, size_t n, const struct token_name *name, struct buf *out)
{
	bool found = false;
	uint16_t kind = 0;

	pthread_mutex_lock(&map->lock);
	while (kind < map->n_kinds && strcmp(map->kinds[kind], name->kind) != 0)
		kind++;
	for (uint32_t next = map->n && kind < map->n_kinds ? *place_of(map, kind, name->number) : 0; next && !found;) {
		const struct value *v = &map->values[next - 1];

		next = v->other;
		if (v->variant != name->variant)
			continue;
		/* what it shows may be left out, but not be another */
		if ((size_t)(v - map->values) >= n || (name->shown_n && (name->shown_n != v->shown_n || strncasecmp(name->shown, v->shown, v->shown_n) != 0)))
			break;
		buf_add(out, v->bytes, v->n);
		found = true;
	}
	pthread_mutex_unlock(&map->lock);
	return found;
}

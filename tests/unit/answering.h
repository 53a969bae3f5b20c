/* For tests of answers: one answer, given in pieces, and what the client makes of what comes out. */
#ifndef PHIGATE_TEST_ANSWERING_H
#define PHIGATE_TEST_ANSWERING_H

#include <cJSON.h>

#include "answer.h"
#include "dialect.h"
#include "masking.h"

#define CREDENTIAL "model-credential-5d1f"

static struct mask_engine *engine;
static struct dialect *openai, *ollama;
static struct answer_options options;
static const struct mask_finder *finder;         /* who else looks at the texts; NULL: nobody */

static inline const struct answer_shape *shape_of(const struct dialect *dialect, const char *path)
{
	const struct text_list allowed = {(char *[]){(char *)(uintptr_t)path}, 1};       /* also one that is open by name only */
	const struct route *route = NULL;
	char *sent = NULL;
	struct why why;

	if (dialect_route(dialect, "POST", slice_str(path), &allowed, &route, &sent, &why) != RC_OK)
		exit(1);
	free(sent);
	return route->shape;
}

static inline int answering_setup(void **state)
{
	struct why why;

	(void)state;
	engine = masking_engine(NULL);
	if (dialect_load("openai", NULL, &openai, &why) != RC_OK || dialect_load("ollama", NULL, &ollama, &why) != RC_OK)
		return -1;
	return 0;
}

static inline int answering_teardown(void **state)
{
	(void)state;
	dialect_free(openai);
	dialect_free(ollama);
	mask_engine_free(engine);
	return 0;
}

/* The options of the answers that follow. */
static inline void answers_are(enum framing framing, const struct dialect *dialect, const char *path)
{
	finder = NULL;
	options = (struct answer_options){
		.shape = dialect ? shape_of(dialect, path) : NULL, .framing = framing, .engine = engine, .credential = SLICE(CREDENTIAL),
		.event_max_bytes = 1 << 20, .streams_max = 64,
	};
}

/* Pieces of random length up to max; max 0: all at once. *end_at as of answer_feed(), out untouched in between. */
static inline enum rc answer_pieces(struct slice body, size_t max, unsigned int seed, struct buf *out, size_t *end_at)
{
	struct mask_scope *scope = mask_scope_new();
	struct answer_options o = options;
	struct answer *a = NULL;
	enum rc rc;

	o.scope = scope;
	mask_scope_finder(scope, finder);
	*end_at = SIZE_MAX;
	buf_init(out, (size_t)256 << 20);
	rc = answer_new(&o, &a);
	for (size_t i = 0, n; rc == RC_OK && i < body.n; i += n) {
		char *piece;

		seed = seed * 1664525 + 1013904223;
		n = max ? (seed >> 16) % max + 1 : body.n;
		n = n < body.n - i ? n : body.n - i;
		piece = malloc(n);                       /* of its own, so that reading behind it is seen */
		memcpy(piece, body.p + i, n);
		rc = answer_feed(a, (struct slice){piece, n}, out, end_at);
		free(piece);
	}
	if (rc == RC_OK)
		rc = answer_finish(a, out, end_at);
	answer_free(a);
	mask_scope_free(scope);
	return rc;
}

/* Both parts of the body on their own. */
static inline enum rc answer_halves(struct slice body, size_t cut, struct buf *out, size_t *end_at)
{
	struct mask_scope *scope = mask_scope_new();
	struct answer_options o = options;
	struct answer *a = NULL;
	char *first = malloc(cut ? cut : 1);
	enum rc rc;

	o.scope = scope;
	mask_scope_finder(scope, finder);
	*end_at = SIZE_MAX;
	buf_init(out, BUF_MAX_DEFAULT);
	memcpy(first, body.p, cut);
	rc = answer_new(&o, &a);
	if (rc == RC_OK)
		rc = answer_feed(a, (struct slice){first, cut}, out, end_at);
	free(first);
	if (rc == RC_OK)
		rc = answer_feed(a, (struct slice){body.p + cut, body.n - cut}, out, end_at);
	if (rc == RC_OK)
		rc = answer_finish(a, out, end_at);
	answer_free(a);
	mask_scope_free(scope);
	return rc;
}

/* What comes out for the whole body; for every way of cutting it in two, and for many small pieces, too. The caller frees it. */
static inline char *answered(const char *body, size_t *n)
{
	struct slice in = {body, n && *n ? *n : strlen(body)};
	struct buf whole, cut;
	size_t end_whole, end_cut;

	assert_int_equal(answer_pieces(in, 0, 0, &whole, &end_whole), RC_OK);
	for (size_t i = 0; i <= in.n + 20; i++) {
		enum rc rc = i < in.n ? answer_halves(in, i, &cut, &end_cut) : answer_pieces(in, i - in.n + 1, (unsigned int)i, &cut, &end_cut);

		if (rc != RC_OK || cut.len != whole.len || memcmp(buf_slice(&cut).p, buf_slice(&whole).p, cut.len) != 0 || end_cut != end_whole)
			fail_msg("cut at %zu: rc %d, end %zu not %zu\n%s\nnot\n%s", i, rc, end_cut, end_whole, buf_slice(&cut).p, buf_slice(&whole).p);
		buf_free(&cut);
	}
	if (n)
		*n = whole.len;
	return buf_take(&whole, NULL);
}

static inline void becomes(const char *body, const char *wanted)
{
	char *out = answered(body, NULL);

	if (strcmp(out, wanted) != 0)
		fail_msg("%s\nbecame\n%s\nnot\n%s", body, out, wanted);
	free(out);
}

/* ---- a client's side of a stream -------------------------------------------------------------------------------------- */

/* The data of the next event; false: there is none. Any line ends. */
static inline bool next_data(const char **at, struct buf *data)
{
	bool any = false;

	buf_clear(data);
	while (**at) {
		size_t n = strcspn(*at, "\r\n");
		const char *line = *at;

		*at += n;
		*at += **at == '\r' && (*at)[1] == '\n' ? 2 : **at != 0;
		if (n == 0 && any)
			return true;
		if (n >= 5 && memcmp(line, "data:", 5) == 0) {
			size_t skip = 5 + (n > 5 && line[5] == ' ');

			if (any)
				buf_putc(data, '\n');
			buf_add(data, line + skip, n - skip);
			any = true;
		}
	}
	return any;
}

/* A value in JSON by a path like "choices.0.delta.content"; NULL when there is none. */
static inline const cJSON *value_at(const cJSON *value, const char *path)
{
	char *copy = strdup(path), *rest = copy, *key;

	while (value && (key = strsep(&rest, ".")))
		value = cJSON_IsArray(value) ? cJSON_GetArrayItem(value, atoi(key)) : cJSON_GetObjectItemCaseSensitive(value, key);
	free(copy);
	return value;
}

static inline const char *at_path(const cJSON *value, const char *path)
{
	return cJSON_GetStringValue(value_at(value, path));
}

#endif

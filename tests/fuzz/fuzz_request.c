/* Any request of any dialect. The first line is its target, which has one way in which it is sent; the rest its body, which is read, or not,
 * and read again with another model in it, which changes nothing else. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "prompt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const names[] = {"anthropic", "kserve", "llamacpp", "ollama", "openai", "tgi"};
#define DIALECTS (sizeof names / sizeof *names)
static struct dialect *dialects[DIALECTS];

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* What is sent is the path of the same route, and of no other spelling. */
static void check_path(const struct dialect *d, const char *method, const struct text_list *allowed, const struct route *route, const char *path)
{
	const struct route *again;
	char *sent, *model;

	check(dialect_route(d, method, slice_str(path), allowed, &again, &sent, NULL) == RC_OK && again == route && strcmp(sent, path) == 0);
	free(sent);
	check(dialect_path_model(route, path, &model) == RC_OK);
	if (model) {
		check(dialect_path_with_model(route, path, model, &sent) == RC_OK && strcmp(sent, path) == 0);
		free(sent);
	}
	free(model);
}

static void check_body(const struct route *route, struct slice body)
{
	char *kinds[] = {"tokens", "image", "audio", "file", "url", "state", "embedding"};
	const struct text_list every = {kinds, sizeof kinds / sizeof *kinds};
	struct prompt *p, *again = NULL;
	struct why why = {0};
	struct buf other;

	if (prompt_read(route, body, &every, &p, &why) != RC_OK) {
		check(why.text[0]);
		return;
	}
	buf_init(&other, body.n + 64);
	if (*body.p == '{') {
		check(prompt_with_model(route, p, body, "m", &other) == RC_OK);
		if (p->model && prompt_read(route, buf_slice(&other), &every, &again, &why) != RC_OK)
			abort();
		check(!again || (strcmp(again->model, "m") == 0 && again->n_messages == p->n_messages && again->n_opaque == p->n_opaque &&
				 again->max_tokens == p->max_tokens && again->stream == p->stream));
	}
	prompt_free(again);
	prompt_free(p);
	buf_free(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *open[] = {"/v1/rerank", "/rerank", "/tokenize", "/score", "/v1/audio/transcriptions"};
	const struct text_list allowed = {open, sizeof open / sizeof *open};
	const uint8_t *lf = n ? memchr(data, '\n', n) : NULL;
	struct slice target = {(const char *)data, lf ? (size_t)(lf - data) : n};
	struct slice body = lf ? (struct slice){(const char *)lf + 1, n - target.n - 1} : (struct slice){"", 0};

	for (size_t i = 0; i < DIALECTS; i++) {
		static const char *const methods[] = {"GET", "POST"};
		struct why why = {0};

		if (!dialects[i])
			check(dialect_load(names[i], NULL, &dialects[i], &why) == RC_OK);
		for (size_t m = 0; m < 2; m++) {
			const struct route *route;
			char *path;

			if (dialect_route(dialects[i], methods[m], target, &allowed, &route, &path, &why) != RC_OK) {
				check(!path && why.text[0]);
				continue;
			}
			check_path(dialects[i], methods[m], &allowed, route, path);
			if (route->has_body && body.n)
				check_body(route, body);
			free(path);
		}
	}
	return 0;
}

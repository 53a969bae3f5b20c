/* The masking engine alone, on one thread: how fast it starts, and how many MB of clinical text it masks in a second, as whole texts
 * and token by token. Usage: mask NOTE; prints one JSON object. */
#include "note.h"

#include "mask.h"

#define RUN_NS 1500000000LL

static struct mask_engine *engine;
static struct mask_scope *scope;
static struct note note;

static void check(enum rc rc, const char *what)
{
	if (rc != RC_OK) {
		fprintf(stderr, "mask: %s: %s\n", what, rc_name(rc));
		exit(1);
	}
}

static void whole(struct buf *out)
{
	check(mask_text(engine, scope, NULL, (struct slice){note.text, note.length}, out), "a whole text");
}

static void by_tokens(struct buf *out)
{
	struct mask_stream *m = NULL;
	size_t from = 0;

	check(mask_stream_new(engine, scope, NULL, &m), "a stream");
	for (size_t i = 0; i < note.n_tokens; from = note.end[i++])
		check(mask_feed(m, note.text + from, note.end[i] - from, out), "a token");
	check(mask_finish(m, out), "the end");
	mask_stream_free(m);
}

static double mb_per_s(void (*one)(struct buf *out))
{
	struct buf out;
	int64_t from = now_ns();
	size_t n = 0;

	buf_init(&out, 1 << 20);
	for (; now_ns() - from < RUN_NS; n++) {
		one(&out);
		if (strstr(out.data, "536-22-8741"))
			check(RC_FAULT, "an identifier is left");
		buf_clear(&out);
	}
	buf_free(&out);
	return (double)(n * note.length) / ((double)(now_ns() - from) / 1e9) / 1e6;
}

int main(int argc, char **argv)
{
	struct mask_rules *rules = NULL;
	struct why why = {0};
	int64_t from;
	double start_ms, texts, tokens;

	if (argc != 2)
		return 2;
	note = note_read(argv[1]);
	from = now_ns();
	check(mask_rules_read(NULL, ".", &rules, &why), "rules");
	check(mask_engine_new(rules, &engine, &why), why.text);
	start_ms = (double)(now_ns() - from) / 1e6;
	scope = mask_scope_new();
	if (!scope)
		die("memory");
	texts = mb_per_s(whole);
	tokens = mb_per_s(by_tokens);
	printf("{\"start_ms\":%.1f,\"text_mb_s\":%.1f,\"token_mb_s\":%.1f,\"token_us\":%.3f}\n", start_ms, texts, tokens,
	       (double)note.length / (double)note.n_tokens / tokens);
	mask_scope_free(scope);
	mask_engine_free(engine);
	mask_rules_free(rules);
	return 0;
}

/* The masking engine alone, on one thread: how fast it starts, and how many MB of clinical text it masks in a second, as whole
 * texts, token by token, and with a list of words and a pattern of the policy's own. Usage: mask NOTE; prints one JSON object. */
#include <unistd.h>

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

#define WORDS 10000

/* The value of a policy's `mask:`. */
static struct mask_engine *engine_of(const char *yaml)
{
	struct mask_engine *made = NULL;
	struct mask_rules *rules = NULL;
	struct yaml *root = NULL;
	struct why why = {0};

	check(yaml_parse(slice_str(yaml), &root, &why), "yaml");
	check(mask_rules_read(root, ".", &rules, &why), why.text);
	check(mask_engine_new(rules, &made, &why), why.text);
	mask_rules_free(rules);
	yaml_free(root);
	return made;
}

/* Names as wards, towers and studies have them; none is in the note. */
static struct mask_engine *engine_with_words(void)
{
	static const char *const syllables[] = {"ka", "lom", "ir", "ath", "te", "sul", "ven", "dor", "pel", "wick"};
	char path[] = "/tmp/phigate-bench-words-XXXXXX", yaml[128];
	struct mask_engine *made;
	int fd = mkstemp(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f)
		die("a file of words");
	for (int i = 0; i < WORDS; i++)
		fprintf(f, "%s%s%s%s%s\n", i % 10 ? "" : "West ", syllables[i % 10], syllables[i / 10 % 10],
			syllables[i / 100 % 10], syllables[i / 1000]);
	fclose(f);
	snprintf(yaml, sizeof yaml, "custom: [{entity: SITE, words_file: %s}]", path);
	made = engine_of(yaml);
	unlink(path);
	return made;
}

static double with(struct mask_engine *other)
{
	struct mask_engine *usual = engine;
	double speed;

	engine = other;
	speed = mb_per_s(whole);
	engine = usual;
	mask_engine_free(other);
	return speed;
}

int main(int argc, char **argv)
{
	struct mask_rules *rules = NULL;
	struct why why = {0};
	int64_t from;
	double start_ms, texts, tokens, words, pattern;

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
	words = with(engine_with_words());
	pattern = with(engine_of("custom: [{entity: MRN, regex: '\\bSJH-\\d{8}\\b'}]"));
	printf("{\"start_ms\":%.1f,\"text_mb_s\":%.1f,\"token_mb_s\":%.1f,\"token_us\":%.3f,", start_ms, texts, tokens,
	       (double)note.length / (double)note.n_tokens / tokens);
	printf("\"words_mb_s\":%.1f,\"pattern_mb_s\":%.1f}\n", words, pattern);
	mask_scope_free(scope);
	mask_engine_free(engine);
	mask_rules_free(rules);
	return 0;
}

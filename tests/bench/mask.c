/* The masking engine alone, on one thread: how fast it starts, how many MB of clinical prose it masks in a second, how long it holds
 * tokens back, how much an open stream keeps, what a site's own words and patterns cost, and how much longer hostile input takes
 * than prose of the same size.
 * Usage: mask NOTE CORPUS; prints one JSON object. */
#include "hostile.h"
#include "prose.h"

#include <limits.h>
#include <malloc.h>
#include <unistd.h>

#include "answer.h"
#include "dialect.h"
#include "dictionary.h"
#include "mask.h"

#define RUN_NS 1500000000LL              /* of the processor, as all times here: what else the machine does counts little */
#define ROUNDS 7
#define STREAMS 64
#define DELAY_MAX 1024                   /* tokens, bytes */

static struct mask_engine *engine;
static struct mask_scope *scope;
static struct note note;
static struct prose prose;
static struct answer_options options;

static void check(enum rc rc, const char *what)
{
	if (rc != RC_OK) {
		fprintf(stderr, "mask: %s: %s\n", what, rc_name(rc));
		exit(1);
	}
}

static int64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double ms_since(int64_t from)
{
	return (double)(cpu_ns() - from) / 1e6;
}

/* ---- what is measured -------------------------------------------------------------------------------------------------- */

static void whole(struct slice text, struct buf *out)
{
	check(mask_text(engine, scope, NULL, text, out), "a whole text");
}

static void by_tokens(struct slice text, struct buf *out)
{
	struct mask_stream *m = NULL;

	check(mask_stream_new(engine, scope, NULL, &m), "a stream");
	for (size_t i = 0, end; i < text.n; i = end) {
		end = prose_token(text.p, text.n, i);
		check(mask_feed(m, text.p + i, end - i, out), "a token");
	}
	check(mask_finish(m, out), "the end");
	mask_stream_free(m);
}

static void answered(struct slice body, struct buf *out)
{
	struct answer *a = NULL;
	size_t end_at = SIZE_MAX;

	check(answer_new(&options, &a), "an answer");
	check(answer_feed(a, body, out, &end_at), "an answer's body");
	check(answer_finish(a, out, &end_at), "an answer's end");
	answer_free(a);
}

/* ---- speed ------------------------------------------------------------------------------------------------------------- */

/* The clock is looked at once for all the texts: a look costs as much as masking a line. */
static double mb_per_s(void (*one)(struct slice text, struct buf *out))
{
	struct buf out;
	int64_t from = cpu_ns();
	size_t bytes = 0;

	buf_init(&out, 1 << 22);
	do {
		for (size_t i = 0; i < prose.texts; i++) {
			one((struct slice){prose.text[i], prose.n[i]}, &out);
			buf_clear(&out);
		}
		bytes += prose.bytes;
	} while (cpu_ns() - from < RUN_NS);
	buf_free(&out);
	return (double)bytes / (double)(cpu_ns() - from) * 1e3;
}

#define SITE_WORDS 10000

/* Names as wards, towers and studies have them, in a file; none is in the prose. */
static void write_words(FILE *f)
{
	static const char *const syllables[] = {"ka", "lom", "ir", "ath", "te", "sul", "ven", "dor", "pel", "wick"};

	for (int i = 0; i < SITE_WORDS; i++)
		fprintf(f, "%s%s%s%s%s\n", i % 10 ? "" : "West ", syllables[i % 10], syllables[i / 10 % 10],
			syllables[i / 100 % 10], syllables[i / 1000]);
}

/* custom: a detector of a policy's own, as YAML. */
static double mb_per_s_with(const char *custom)
{
	struct mask_engine *usual = engine;
	struct mask_rules *rules = NULL;
	struct yaml *root = NULL;
	struct why why = {0};
	double speed;

	check(yaml_parse(slice_str(custom), &root, &why), "yaml");
	check(mask_rules_read(root, ".", &rules, &why), why.text);
	check(mask_engine_new(rules, &engine, &why), why.text);
	speed = mb_per_s(whole);
	mask_engine_free(engine);
	mask_rules_free(rules);
	yaml_free(root);
	engine = usual;
	return speed;
}

static double words_mb_per_s(void)
{
	char path[] = "/tmp/phigate-bench-words-XXXXXX", custom[128];
	int fd = mkstemp(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	double speed;

	if (!f)
		die("a file of words");
	write_words(f);
	fclose(f);
	snprintf(custom, sizeof custom, "custom: [{entity: SITE, words_file: %s}]", path);
	speed = mb_per_s_with(custom);
	unlink(path);
	return speed;
}

/* The note as a model's answer of 1 KiB. */
static char *small_answer(void)
{
	static const char head[] = "{\"id\":\"chatcmpl-stand-in\",\"object\":\"chat.completion\",\"created\":1751990400,\"model\":\"note\","
		"\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"";
	static const char tail[] = "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12,"
		"\"total_tokens\":21}}";
	char *body = room(4096, 1);
	size_t n = sizeof head - 1, fits = 1024 - (sizeof head - 1) - (sizeof tail - 1) - 8;

	memcpy(body, head, n);
	n += json_put(body + n, note.text, fits < note.length ? fits : note.length);
	memcpy(body + n, tail, sizeof tail);
	return body;
}

static double answer_us(void)
{
	char *body = small_answer();
	struct buf out;
	int64_t from = cpu_ns();
	size_t n = 0;
	double us;

	buf_init(&out, 1 << 20);
	for (; cpu_ns() - from < RUN_NS; n++) {
		answered(slice_str(body), &out);
		if (strstr(out.data, "536-22-8741"))
			check(RC_FAULT, "an identifier is left");
		buf_clear(&out);
	}
	us = ms_since(from) * 1e3 / (double)n;
	buf_free(&out);
	free(body);
	return us;
}

/* ---- what streams hold -------------------------------------------------------------------------------------------------- */

static size_t stream_bytes(void)
{
	struct mask_stream *m[STREAMS];
	struct buf out;
	size_t before, after;

	buf_init(&out, 1 << 20);
	buf_add(&out, "", 0);
	before = mallinfo2().uordblks;
	for (int i = 0; i < STREAMS; i++) {
		check(mask_stream_new(engine, scope, NULL, &m[i]), "a stream");
		check(mask_feed(m[i], "Seen with Margaret Os", 21, &out), "a piece");
		buf_clear(&out);
	}
	after = mallinfo2().uordblks;
	for (int i = 0; i < STREAMS; i++)
		mask_stream_free(m[i]);
	buf_free(&out);
	return (after - before) / STREAMS;
}

struct delays {
	size_t tokens[DELAY_MAX + 1], bytes[DELAY_MAX + 1], n;   /* how many tokens were held back so long */
};

static void add(size_t list[DELAY_MAX + 1], size_t delay)
{
	list[delay < DELAY_MAX ? delay : DELAY_MAX]++;
}

static size_t percentile(const size_t list[DELAY_MAX + 1], size_t n, size_t percent)
{
	size_t seen = 0, i = 0;

	for (; i < DELAY_MAX; i++) {
		seen += list[i];
		if (seen * 100 >= n * percent)
			break;
	}
	return i;
}

/* How many tokens and bytes come after each token before all of it has gone out? */
static void delay_of(struct slice text, struct delays *d)
{
	struct mask_stream *m = NULL;
	struct buf out;
	size_t *end = room(text.n + 1, sizeof *end), n = 0, first = 0;

	buf_init(&out, 1 << 22);
	check(mask_stream_new(engine, scope, NULL, &m), "a stream");
	for (size_t i = 0; i < text.n; i = end[n++]) {
		end[n] = prose_token(text.p, text.n, i);
		check(mask_feed(m, text.p + i, end[n] - i, &out), "a token");
		for (; first <= n && end[first] <= end[n] - mask_held(m); first++) {
			add(d->tokens, n - first);
			add(d->bytes, end[n] - end[first]);
			d->n++;
		}
	}
	check(mask_finish(m, &out), "the end");
	mask_stream_free(m);
	buf_free(&out);
	free(end);
}

static void print_delays(void)
{
	static struct delays d;

	for (size_t i = 0; i < prose.texts; i++)
		delay_of((struct slice){prose.text[i], prose.n[i]}, &d);
	printf("\"held_tokens\":[%zu,%zu,%zu],\"held_bytes\":[%zu,%zu,%zu],", percentile(d.tokens, d.n, 50), percentile(d.tokens, d.n, 99),
	       percentile(d.tokens, d.n, 100), percentile(d.bytes, d.n, 50), percentile(d.bytes, d.n, 99), percentile(d.bytes, d.n, 100));
}

/* ---- hostile input ------------------------------------------------------------------------------------------------------ */

static char *repeat(const struct hostile *h, size_t *n)
{
	size_t before = strlen(h->before), piece = strlen(h->piece), behind = strlen(h->behind);
	char *text = room(HOSTILE_BYTES + piece + before + behind + 1, 1);

	memcpy(text, h->before, before);
	for (*n = before; *n < HOSTILE_BYTES; *n += piece)
		memcpy(text + *n, h->piece, piece);
	memcpy(text + *n, h->behind, behind);
	*n += behind;
	return text;
}

static double ns_a_byte(void (*one)(struct slice text, struct buf *out), struct slice text, struct buf *out)
{
	int64_t from = cpu_ns();

	one(text, out);
	buf_clear(out);
	return (double)(cpu_ns() - from) / (double)text.n;
}

/* The least of several rounds of each, in turns, so that both see the same machine. */
static double ratio(const struct hostile *h)
{
	size_t n;
	char *text = repeat(h, &n), *like = prose_join(&prose, n), *string = NULL;
	void (*one)(struct slice text, struct buf *out) = h->json ? answered : whole;
	struct slice usual = {like, n};
	double best = 1e9, best_usual = 1e9;
	struct buf out;

	if (h->json) {                                   /* prose in one string */
		string = room(2 * n + 8, 1);
		memcpy(string, "[\"", 2);
		usual = (struct slice){string, 2 + json_put(string + 2, like, n)};
		memcpy(string + usual.n, "\"]", 2);
		usual.n += 2;
	}
	buf_init(&out, HOSTILE_BYTES * 16);
	for (int i = 0; i < ROUNDS; i++) {
		double ns = ns_a_byte(one, (struct slice){text, n}, &out), usually = ns_a_byte(one, usual, &out);

		best = ns < best ? ns : best;
		best_usual = usually < best_usual ? usually : best_usual;
	}
	buf_free(&out);
	free(text);
	free(like);
	free(string);
	return best / best_usual;
}

static void print_hostile(void)
{
	for (size_t i = 0; i < N_HOSTILE; i++)
		printf("%s{\"what\":\"%s\",\"ratio\":%.2f}", i ? "," : "\"hostile\":[", HOSTILE[i].what, ratio(&HOSTILE[i]));
	printf("]}\n");
}

/* ---- all ---------------------------------------------------------------------------------------------------------------- */

/* The table lies in the program; the first look at each of its pages is what loading it costs. */
static double dictionary_ms(void)
{
	int64_t from = cpu_ns();
	unsigned int found = 0;

	for (uint64_t i = 0; i < DICTIONARY_SLOTS / 64; i++)
		found |= dictionary_find(i * 0x9e3779b97f4a7c15ULL);
	return found == UINT_MAX ? 0 : ms_since(from);
}

static void start(const char *corpus)
{
	struct mask_rules *rules = NULL;
	struct dialect *dialect = NULL;
	const struct route *route = NULL;
	char *sent = NULL;
	struct why why = {0};
	int64_t from = cpu_ns();
	double start_ms;

	check(mask_rules_read(NULL, ".", &rules, &why), "rules");
	check(mask_engine_new(rules, &engine, &why), why.text);
	start_ms = ms_since(from);
	mask_rules_free(rules);
	printf("{\"start_ms\":%.1f,\"dictionary_ms\":%.1f,", start_ms, dictionary_ms());
	scope = mask_scope_new();
	if (!scope)
		die("memory");
	prose_read(corpus, &prose);
	check(dialect_load("openai", NULL, &dialect, &why), why.text);
	check(dialect_route(dialect, "POST", slice_str("/v1/chat/completions"), NULL, &route, &sent, &why), why.text);
	free(sent);
	options = (struct answer_options){
		.shape = route->shape, .framing = FRAMING_JSON, .engine = engine, .scope = scope, .credential = SLICE("model-credential-5d1f"),
		.event_max_bytes = 1 << 20, .streams_max = 64,
	};
}

int main(int argc, char **argv)
{
	double texts, tokens, bytes = 0, n = 0;

	if (argc != 3)
		return 2;
	note = note_read(argv[1]);
	start(argv[2]);
	texts = mb_per_s(whole);
	tokens = mb_per_s(by_tokens);
	for (size_t i = 0; i < prose.texts; i++)
		for (size_t at = 0; at < prose.n[i]; at = prose_token(prose.text[i], prose.n[i], at))
			n++;
	bytes = (double)prose.bytes;
	printf("\"text_mb_s\":%.1f,\"token_mb_s\":%.1f,\"token_us\":%.3f,\"answer_us\":%.2f,\"stream_bytes\":%zu,", texts, tokens,
	       bytes / n / tokens, answer_us(), stream_bytes());
	printf("\"words_mb_s\":%.1f,\"pattern_mb_s\":%.1f,", words_mb_per_s(),
	       mb_per_s_with("custom: [{entity: MRN, regex: '\\bSJH-\\d{8}\\b'}]"));
	print_delays();
	print_hostile();
	mask_scope_free(scope);
	mask_engine_free(engine);
	return 0;
}

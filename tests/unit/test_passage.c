/* Texts that somebody beside the engine looks at, too: what both find is masked, exactly, wherever the text is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "corpora.h"
#include "masking_setup.h"

/* A stand-in for an analyzer: it finds words. */
struct stand_in {
	const struct {
		const char *word;
		enum entity entity;
	} *words;
	size_t n;
	enum rc rc;
	int asked;
	struct buf said;                 /* the passages, each in angle brackets */
	char before[512];                /* the last time */
};

static enum rc find(void *arg, struct slice before, struct slice passage, struct mask_find *out, size_t *n)
{
	struct stand_in *s = arg;

	s->asked++;
	assert_in_range(passage.n, 1, 1024);
	assert_in_range(before.n, 0, 256);
	memcpy(s->before, before.p, before.n);
	s->before[before.n] = '\0';
	buf_puts(&s->said, "<");
	buf_add_slice(&s->said, passage);
	buf_puts(&s->said, ">");
	*n = 0;
	for (size_t w = 0; w < s->n; w++)
		for (const char *at = passage.p, *end = passage.p + passage.n;
		     *n < MASK_FINDS_MAX && (at = memmem(at, (size_t)(end - at), s->words[w].word, strlen(s->words[w].word))); at++)
			out[(*n)++] = (struct mask_find){(size_t)(at - passage.p), (size_t)(at - passage.p) + strlen(s->words[w].word), s->words[w].entity};
	return s->rc;
}

struct masked {
	struct buf out, spans;
	struct mask_counts counts;
	size_t span_end, most_held;
};

static void on_span(void *arg, const struct mask_span *span)
{
	struct masked *m = arg;

	assert_true(span->start < span->end && span->start >= m->span_end);
	m->span_end = span->end;
	if (span->replaced_by)
		buf_printf(&m->spans, "%s%zu-%zu %s %s", m->spans.len ? ", " : "", span->start, span->end, span->entity, span->rule);
	else
		buf_printf(&m->spans, "+%zu", span->end);
}

/* every: bytes a piece, 0: all at once; at: a first piece of another length. */
static enum rc mask_with(struct stand_in *s, struct mask_engine *e, struct slice text, size_t at, size_t every, struct masked *out)
{
	const struct mask_finder finder = {find, s};
	struct mask_scope *session = mask_scope_new(), *scope = mask_scope_begin(session);
	struct mask_stream *m = NULL;
	enum rc rc;

	*out = (struct masked){0};
	buf_init(&out->out, BUF_MAX_DEFAULT);
	buf_init(&out->spans, BUF_MAX_DEFAULT);
	buf_init(&s->said, BUF_MAX_DEFAULT);
	mask_scope_finder(scope, &finder);
	rc = mask_stream_new(e, scope, &out->counts, &m);
	mask_stream_on_span(m, on_span, out);
	mask_stream_secret(m, SLICE("hush-7d1f"));
	for (size_t i = 0, n = at; rc == RC_OK && i < text.n; i += n, n = every) {
		n = n && n < text.n - i ? n : text.n - i;
		rc = mask_feed(m, text.p + i, n, &out->out);
		out->most_held = mask_held(m) > out->most_held ? mask_held(m) : out->most_held;
	}
	if (rc == RC_OK)
		rc = mask_finish(m, &out->out);
	buf_add(&out->out, "", 0);
	buf_add(&s->said, "", 0);
	mask_stream_free(m);
	mask_scope_end(scope);
	mask_scope_free(session);
	return rc;
}

static void free_all(struct stand_in *s, struct masked *m)
{
	buf_free(&m->out);
	buf_free(&m->spans);
	buf_free(&s->said);
}

static const char *text_of(const struct buf *b)
{
	return b->data ? b->data : "";
}

/* The same in one piece, cut in two everywhere, and byte by byte. */
static void becomes_at_every_cut(struct stand_in *s, struct mask_engine *e, struct slice text, const char *want, const char *spans)
{
	struct masked whole, m;
	char *asked;

	assert_int_equal(mask_with(s, e, text, 0, 0, &whole), RC_OK);
	if (want && strcmp(text_of(&whole.out), want) != 0)
		fail_msg("%s\nbecame\n%s\nnot\n%s", text.p, text_of(&whole.out), want);
	if (spans && strcmp(text_of(&whole.spans), spans) != 0)
		fail_msg("%s: %s and not %s", text.p, text_of(&whole.spans), spans);
	asked = strdup(text_of(&s->said));
	for (size_t at = 1; at <= text.n + 1; at++) {
		buf_free(&s->said);
		assert_int_equal(mask_with(s, e, text, at <= text.n ? at : 1, at <= text.n ? 0 : 1, &m), RC_OK);
		if (m.out.len != whole.out.len || memcmp(text_of(&m.out), text_of(&whole.out), m.out.len) != 0 || strcmp(asked, text_of(&s->said)) != 0)
			fail_msg("cut at %zu:\n%s\nand not\n%s\nasked %s", at, text_of(&m.out), text_of(&whole.out), text_of(&s->said));
		assert_memory_equal(&m.counts, &whole.counts, sizeof m.counts);
		buf_free(&m.out);
		buf_free(&m.spans);
	}
	free(asked);
	free_all(s, &whole);
}

#define WORDS(...) ((void *)(struct { const char *word; enum entity entity; }[]){__VA_ARGS__})

static void both_are_masked_and_overlaps_have_one_answer(void **state)
{
	static const struct {
		const char *text, *want, *spans;
		struct {
			const char *word;
			enum entity entity;
		} words[3];
	} cases[] = {
		/* what only one of them finds */
		{"seen by blorft at noon", "seen by [NAME] at noon", "8-14 NAME analyzer", {{"blorft", ENTITY_NAME}}},
		{"SSN 536-22-8741 of blorft", "SSN [SSN] of [NAME]", NULL, {{"blorft", ENTITY_NAME}}},
		{"\xc3\xa9t\xc3\xa9 blorft\xc3\xa9!", "\xc3\xa9t\xc3\xa9 [NAME]!", "6-14 NAME analyzer", {{"blorft\xc3\xa9", ENTITY_NAME}}},
		/* the same place, the longer one counts */
		{"SSN 536-22-8741 x", "SSN [SSN] x", "4-15 SSN ssn label", {{"536-22-8741", ENTITY_PHONE}}},
		{"SSN 536-22-8741 zz x", "SSN [PHONE] x", NULL, {{"536-22-8741 zz", ENTITY_PHONE}}},
		/* one within the other */
		{"SSN 536-22-8741 x", "SSN [SSN] x", NULL, {{"22-87", ENTITY_PHONE}}},
		{"a SSN 536-22-8741 z x", "a [ID] x", NULL, {{"SSN 536-22-8741 z", ENTITY_ID}}},
		/* one goes on behind the other: nothing of either stays */
		{"SSN 536-22-8741 zz x", "SSN [SSN][PHONE] x", NULL, {{"8741 zz", ENTITY_PHONE}}},
		{"SSN 536-22-8741, x", "SSN [SSN]x", NULL, {{"8741, ", ENTITY_PHONE}}},
		{"a SSN 536-22-8741 x", "a [PHONE][SSN] x", NULL, {{"SSN 536-", ENTITY_PHONE}}},
		{"a SSN 536-22-8741 x", "a [SSN] x", "2-6 SSN analyzer+17", {{"SSN 53", ENTITY_SSN}}},
		{"SSN 536-22-8741 zz x", "SSN [SSN] x", "4-15 SSN ssn label+18", {{"8741 zz", ENTITY_SSN}}},
		/* its own lie over each other, and side by side */
		{"so blorft gnarl x", "so [NAME] x", "3-15 NAME analyzer", {{"blorft gn", ENTITY_NAME}, {"ft gnarl", ENTITY_NAME}}},
		{"so blorft gnarl x", "so [NAME][CITY] x", NULL, {{"blorft", ENTITY_NAME}, {"ft gnarl", ENTITY_CITY}}},
		{"so blorftgnarl x", "so [NAME][CITY] x", NULL, {{"blorft", ENTITY_NAME}, {"gnarl", ENTITY_CITY}}},
		{"so blorft blorft", "so [NAME] [NAME]", NULL, {{"blorft", ENTITY_NAME}}},
		{"blorft", "[NAME]", "0-6 NAME analyzer", {{"blorft", ENTITY_NAME}}},
		/* a run that goes on without end */
		{"see https://mychart.example.org/p/88213?tab=labs now", "see [URL] now", NULL, {{"88213?tab=labs", ENTITY_ID}}},
		{"see https://mychart.example.org/p/88213?tab=labs now", "see [URL]", NULL, {{"labs now", ENTITY_URL}}},
		/* replacements stay what they are */
		{"of [NAME] and [SSN:8741]", "of [NAME] and [SSN:8741]", "", {{"NAME", ENTITY_NAME}, {"SSN:8741", ENTITY_ID}}},
		{"of [BLORFT] he", "of [[NAME]] he", NULL, {{"BLORFT", ENTITY_NAME}}},
		/* a secret is none of theirs to write */
		{"key hush-7d1f zz", "key [ID] zz", NULL, {{"hush", ENTITY_NAME}}},
		{"key hush-7d1f zz", "[ID] zz", NULL, {{"key hush-7d1f", ENTITY_NAME}}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct stand_in s = {.words = (const void *)cases[i].words};

		while (s.n < 3 && cases[i].words[s.n].word)
			s.n++;
		becomes_at_every_cut(&s, engine, slice_str(cases[i].text), cases[i].want, cases[i].spans);
	}
}

static void the_policy_says_how_it_is_written(void **state)
{
	static const struct {
		const char *rules, *text, *want;
	} cases[] = {
		{"{response: {default: pseudonym}}", "blorft and gnarl and blorft", "[NAME-1] and [CITY-1] and [NAME-1]"},
		{"{response: {default: redact, NAME: keep}}", "blorft and gnarl", "blorft and [CITY]"},
		{"{response: {default: redact, CITY: keep}}", "blorftgnarl", "[NAME]gnarl"},
		{"{response: {default: redact, SSN: keep}}", "SSN 536-22-8741 x", "SSN 536-[NAME] x"},
	};
	const void *words = WORDS({"blorft", ENTITY_NAME}, {"gnarl", ENTITY_CITY}, {"ftgnarl", ENTITY_CITY}, {"22-8741", ENTITY_NAME});

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct mask_engine *e = masking_engine(cases[i].rules);
		struct stand_in s = {.words = words, .n = 4};

		becomes_at_every_cut(&s, e, slice_str(cases[i].text), cases[i].want, NULL);
		mask_engine_free(e);
	}
}

static void passages_end_where_the_text_says(void **state)
{
	static const struct {
		const char *text, *asked;
	} cases[] = {
		{"Short. Lines\nstay together until there is enough to look at in them,\nand then the next one.",
		 "<Short. Lines\nstay together until there is enough to look at in them,\n><and then the next one.>"},
		{"The patient went home on the same day and was asked to come again. Dr. Osgood saw him. ",
		 "<The patient went home on the same day and was asked to come again. ><Dr. Osgood saw him. >"},
		{"It is long enough to be a passage of its own, were it not that Dr. Osgood and Mr. J. Poe",
		 "<It is long enough to be a passage of its own, were it not that Dr. Osgood and Mr. J. Poe>"},
		{"It is long enough to be a passage of its own, is it not, for you too? Yes, it is, I'd think so.",
		 "<It is long enough to be a passage of its own, is it not, for you too? ><Yes, it is, I'd think so.>"},
		{"  \n--- \n", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct stand_in s = {0};
		struct masked m;

		assert_int_equal(mask_with(&s, engine, slice_str(cases[i].text), 0, 0, &m), RC_OK);
		assert_string_equal(text_of(&s.said), cases[i].asked);
		free_all(&s, &m);
	}
}

/* Without an end passages are cut between words, or where there are none between characters; nothing grows. */
static void texts_without_end_are_cut(void **state)
{
	static const char *const pieces[] = {"word ", "x", "\xf0\x9f\x98\x80", "\xff", "\n", "\xc2\xa0"};

	(void)state;
	for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
		size_t n = strlen(pieces[k]);
		struct stand_in s = {0};
		struct masked m;
		struct buf text;

		buf_init(&text, 1 << 20);
		for (size_t i = 0; i < 3000; i++)
			buf_puts(&text, pieces[k]);
		assert_int_equal(mask_with(&s, engine, buf_slice(&text), 700, 7, &m), RC_OK);
		assert_in_range(m.most_held, 0, 1024 + 512);
		assert_int_equal(m.out.len, 3000 * n);
		for (const char *at = text_of(&s.said); n > 1 && (at = strstr(at, "><")); at++)
			assert_memory_equal(at - n, pieces[k], n);
		free_all(&s, &m);
		buf_free(&text);
	}
}

static void what_stands_before_is_seen_and_never_given_out(void **state)
{
	static const char text[] = "blorft was here, and stayed for the rest of the day in bed and slept.\nIs it blorft?";
	struct stand_in s = {.words = WORDS({"blorft", ENTITY_NAME}), .n = 1};
	const struct mask_finder finder = {find, &s};
	struct mask_scope *session = mask_scope_new(), *scope = mask_scope_begin(session);
	struct mask_stream *m = NULL;
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	buf_init(&s.said, 4096);
	mask_scope_finder(scope, &finder);
	assert_int_equal(mask_stream_new(engine, scope, NULL, &m), RC_OK);
	for (int twice = 0; twice < 2; twice++) {
		buf_clear(&out);
		assert_int_equal(mask_context(m, SLICE("blorft name: ")), RC_OK);
		assert_int_equal(mask_feed(m, text, sizeof text - 1, &out), RC_OK);
		assert_string_equal(s.before, "blorft name: ");
		assert_int_equal(mask_finish(m, &out), RC_OK);
		assert_string_equal(s.before, "blorft name: blorft was here, and stayed for the rest of the day in bed and slept.\n");
		assert_string_equal(out.data, "[NAME] was here, and stayed for the rest of the day in bed and slept.\nIs it [NAME]?");
	}
	/* what is no prose is the engine's alone */
	assert_int_equal(s.asked, 4);
	mask_stream_alone(m);
	buf_clear(&out);
	assert_int_equal(mask_feed(m, "blorft", 6, &out), RC_OK);
	assert_int_equal(mask_finish(m, &out), RC_OK);
	assert_string_equal(out.data, "blorft");
	assert_int_equal(s.asked, 4);
	mask_stream_free(m);
	mask_scope_end(scope);
	mask_scope_free(session);
	buf_free(&out);
	buf_free(&s.said);
}

static void nothing_leaves_before_the_answer(void **state)
{
	static const char text[] = "The first passage is whole, and was looked at before it went anywhere.\nThe second one is not blorft.";
	struct stand_in s = {.words = WORDS({"blorft", ENTITY_NAME}), .n = 1, .rc = RC_UNREACHABLE};
	struct masked m;

	(void)state;
	for (size_t every = 1; every < sizeof text; every += 9) {
		assert_int_equal(mask_with(&s, engine, SLICE(text), every, every, &m), RC_UNREACHABLE);
		assert_int_equal(m.out.len, 0);
		free_all(&s, &m);
	}
}

/* The corpora at hand: one sentence of ten. */
static void sentence_is_cut_alike(void *arg, const char *text)
{
	struct stand_in s = {.words = WORDS({"the", ENTITY_NAME}, {"ent", ENTITY_CITY}, {"patient", ENTITY_ID}, {"on 0", ENTITY_DATE}, {" 1", ENTITY_SSN}),
		.n = 5};
	unsigned int *n = arg;
	struct masked whole, m;

	if ((*n)++ % 10)
		return;
	assert_int_equal(mask_with(&s, engine, slice_str(text), 0, 0, &whole), RC_OK);
	buf_free(&s.said);
	for (int k = 0; k < 4; k++) {
		assert_int_equal(mask_with(&s, engine, slice_str(text), (size_t)rand() % 300, (size_t)rand() % 60 + 1, &m), RC_OK);
		if (m.out.len != whole.out.len || memcmp(text_of(&m.out), text_of(&whole.out), m.out.len) != 0)
			fail_msg("%s\nand not\n%s", text_of(&m.out), text_of(&whole.out));
		free_all(&s, &m);
	}
	buf_free(&whole.out);
	buf_free(&whole.spans);
}

static void whole_texts_cut_at_random(void **state)
{
	unsigned int n = 0;

	(void)state;
	srand(7);
	corpora_sentences(sentence_is_cut_alike, &n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_are_masked_and_overlaps_have_one_answer),
		cmocka_unit_test(the_policy_says_how_it_is_written),
		cmocka_unit_test(passages_end_where_the_text_says),
		cmocka_unit_test(texts_without_end_are_cut),
		cmocka_unit_test(what_stands_before_is_seen_and_never_given_out),
		cmocka_unit_test(nothing_leaves_before_the_answer),
		cmocka_unit_test(whole_texts_cut_at_random),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

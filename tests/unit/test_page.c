/* A session as a page: all that was recorded stands in it, and whatever was recorded, a browser does nothing but show it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle_make.h"
#include "pages.h"

static char dir[] = "/tmp/phigate-page.XXXXXX", file[64];

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return 1;
	snprintf(file, sizeof file, "%s/bundle.tar", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(dir);
}

/* ---- text --------------------------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *text, *shown;
	bool custom;
} texts[] = {
	{"plain", "plain", false},
	{"a < b && c > \"d\" or 'e'", "a &lt; b &amp;&amp; c &gt; &quot;d&quot; or &#39;e&#39;", false},
	{"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;", false},
	{"Dr. [NAME] and [SSN-12], [HEALTH_PLAN].", "Dr. <mark class=\"NAME\">[NAME]</mark> and <mark class=\"SSN\">[SSN-12]</mark>, <mark class=\"HEALTH_PLAN\">[HEALTH_PLAN]</mark>.", false},
	{"[MEMO] [name] [NAME [] [-] [[DATE]]", "[MEMO] [name] [NAME [] [-] [<mark class=\"DATE\">[DATE]</mark>]", false},
	{"[STUDY] [NAME]", "<mark class=\"CUSTOM\">[STUDY]</mark> <mark class=\"NAME\">[NAME]</mark>", true},
	{"tab\tand\nline\rend\x1b[2J\x7f", "tab\tand\nline\\u{d}end\\u{1b}[2J\\u{7f}", false},
	{"\xe2\x80\xae\xc2\x9b\xe2\x80\x8b\xef\xbb\xbf\xf3\xa0\x81\xa1", "\\u{202e}\\u{9b}\\u{200b}\\u{feff}\\u{e0061}", false},
	{"\xff\xc3(\xe2\x82", "\\u{ff}\\u{c3}(\\u{e2}\\u{82}", false},
	{"日本語 — ok 😀", "日本語 — ok 😀", false},
	{"[NAME", "[NAME", false},
	{"[AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA]",
	 "[AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA]", true},
};

static void test_text_is_shown_alike_however_it_was_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct slice text = slice_str(texts[i].text);

		for (size_t at = 0; at <= text.n; at++) {
			struct markup m;
			char *shown = NULL;
			size_t n = 0;

			markup_init(&m, open_memstream(&shown, &n));
			m.custom = texts[i].custom;
			markup_text(&m, (struct slice){text.p, at});
			markup_text(&m, (struct slice){text.p + at, text.n - at});
			markup_end(&m);
			fclose(m.f);
			if (strcmp(shown, texts[i].shown) != 0)
				fail_msg("%s, cut at %zu: %s", texts[i].text, at, shown);
			markup_free(&m);
			free(shown);
		}
	}
}

static void test_of_a_text_that_is_long_nothing_is_left_out(void **state)
{
	struct markup m;
	char *shown = NULL, *all = malloc(1 << 20);
	size_t n = 0;

	(void)state;
	memset(all, 0x1b, 1 << 20);
	markup_init(&m, open_memstream(&shown, &n));
	markup_text(&m, (struct slice){all, 1 << 20});
	markup_end(&m);
	fclose(m.f);
	assert_int_equal(n, 6 << 20);
	markup_free(&m);
	free(shown);
	free(all);
}

/* ---- pages -------------------------------------------------------------------------------------------------------------------------- */

/* The page of a bundle, which may be damaged once it was signed; the caller frees. */
static char *page_of(struct bundle_make *m, enum rc wanted, size_t *lost)
{
	struct page_checks checks = {0};
	struct evidence e = {0};
	struct why why = {0};
	char *html = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&html, &n);

	bundle_make_all(m);
	bundle_make_write(m, file);
	assert_int_equal(bundle_open(file, &e.bundle, &e.why), RC_OK);
	e.verdict = bundle_verify(e.bundle, NULL, page_checks_add, &checks, &e.why);
	assert_int_equal(page_write(f, &e, &checks, lost, &why), wanted);
	fclose(f);
	if (wanted == RC_OK && pages_flaw(html, n))
		fail_msg("%.200s", pages_flaw(html, n));
	page_checks_free(&checks);
	evidence_free(&e);
	bundle_make_free(m);
	return html;
}

static void assert_order(const char *text, const char *const *words)
{
	for (; *words; words++) {
		const char *at = strstr(text, *words);

		if (!at)
			fail_msg("no %s in %s", *words, text);
		text = at + strlen(*words);
	}
}

static void test_a_page_tells_the_session_from_who_to_end(void **state)
{
	static const char *const words[] = {"alice@hospital.example on llama-prod", "Nobody vouches for it", "ward round", "alice@hospital.example", "of clinicians", "203.0.113.9",
		"port 51022", "hipaa", "2026-01-01 00:00:00 UTC", "ended: client", MADE_ID, "3exchanges", NULL};
	static const char *const checks[] = {"archive✓ holds", "signature✗ fails", "records✓ holds", "story✓ holds", "timestamp– not checked", NULL};
	static const char *const story[] = {"What happened", "2026-01-01", "00:00:00The session opened", "#1 POST /v1/chat/completions model m", "Asked after 1 earlier message",
		"Summarise the note.", "The whole request", "\"stream\":true", "Answer\nDr. [NAME] saw the patient — SSN [SSN].", "Answer began after 120ms, ended after 490ms",
		"NAME 1", "SSN 1", "00:00:01The sign-in was renewed", "#2 ", "List every patient.", "Held 7K2M-9QXD by rule bulk-export after 250ms",
		"Approved by bob@hospital.example, rule bulk-export 7K2M-9QXD after 500msaudit", "There are two.", "#3 POST /v1/embeddings", "Denied by rule no-embeddings after 250ms",
		"Status 403", "\\u{ff}\\u{fe}", "The session ended: client", "phigate verify " MADE_ID ".tar", NULL};
	struct bundle_make m;
	char *html, text[65536];
	size_t lost;

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	html = page_of(&m, RC_OK, &lost);
	assert_int_equal(lost, 0);
	pages_text(html, text, sizeof text);
	for (char *c = text; (c = strstr(c, "</")); c++)
		*c = ' ';
	assert_order(text, (const char *const[]){"alice@hospital.example on llama-prod", NULL});
	for (size_t i = 0; words[i]; i++)
		if (!strstr(text, words[i]) && strcmp(words[i], "3exchanges") != 0)
			fail_msg("no %s in %s", words[i], text);
	assert_non_null(strstr(html, "<dt>exchanges</dt><dd>3</dd>"));
	assert_non_null(strstr(html, "<mark class=\"SSN\">[SSN]</mark> 1</li>"));
	assert_order(text, checks);
	assert_order(text, story);
	free(html);
}

static void test_the_style_is_named_by_its_hash(void **state)
{
	unsigned char sum[SHA256_LEN];
	struct bundle_make m;
	struct buf policy;
	char *html;
	size_t lost;

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	html = page_of(&m, RC_OK, &lost);
	sha256(page_style, strlen(page_style), sum);
	buf_init(&policy, 256);
	buf_puts(&policy, "content=\"default-src 'none'; style-src 'sha256-");
	base64_encode(sum, sizeof sum, &policy);
	buf_puts(&policy, "'; base-uri 'none'; form-action 'none'\">");
	assert_non_null(strstr(html, policy.data));
	assert_null(strstr(page_style, "url("));
	assert_null(strstr(page_style, "@import"));
	assert_null(strchr(page_style, '<'));
	buf_free(&policy);
	free(html);
}

#define EVIL "</pre></style></title><script>alert(1)</script><img src=x onerror=alert(2)>&lt;\\u202e\\u0007\\u001b]0;x\\u0007"

#define EVIL_INSIDE "</pre></style></title><script>alert(1)</script><img src=x onerror=alert(2)>&lt;\\\\u202e\\\\u0007\\\\u001b]0;x\\\\u0007"

static void evil_session(struct buf *text)
{
	struct buf was;

	buf_init(&was, BUF_MAX_DEFAULT);
	buf_add_slice(&was, buf_slice(text));
	buf_clear(text);
	for (const char *p = was.data; *p; p++)
		if (strncmp(p, "ward round", 10) == 0 || strncmp(p, "clinicians", 10) == 0 || strncmp(p, "llama-prod", 10) == 0) {
			buf_puts(text, EVIL);
			p += 9;
		} else {
			buf_putc(text, *p);
		}
	buf_free(&was);
}

static void test_whatever_was_recorded_is_text(void **state)
{
	static const char *const said[] = {"method" , "path", "question", "tool", "word", "hold", "rule", "by", "reason", "cut"};
	struct bundle_make m;
	char *html, text[65536];
	size_t lost, n = 0;

	(void)state;
	bundle_make_init(&m);
	bundle_make_record(&m, "open", 0, 1, "{}");
	bundle_make_record(&m, "request", 1, 1, "{\"method\":\"method" EVIL "\",\"path\":\"/path" EVIL "\",\"headers\":[[\"" EVIL "\",\"" EVIL "\"]],\"text\":\"{\\\"model\\\":\\\"<b>\\\","
			   "\\\"messages\\\":[{\\\"role\\\":\\\"user\\\",\\\"content\\\":\\\"question" EVIL_INSIDE "\\\"}]}\"}");
	bundle_make_record(&m, "hold", 1, 1, "{\"hold\":\"hold" EVIL "\",\"rule\":\"rule" EVIL "\"}");
	bundle_make_record(&m, "decision", 1, 1, "{\"hold\":\"" EVIL "\",\"outcome\":\"approved\",\"by\":\"by" EVIL "\",\"reason\":\"reason" EVIL "\"}");
	bundle_make_record(&m, "decision", 1, 1, "{\"outcome\":\"" EVIL "\"}");
	bundle_make_record(&m, "response", 1, 1, "{\"status\":200,\"headers\":[[\"content-type\",\"application/json\"],[\"" EVIL "\",\"" EVIL "\"]]}");
	bundle_make_record(&m, "response", 1, 1, "{\"chunks\":[[1,\"{\\\"choices\\\":[{\\\"message\\\":{\\\"content\\\":\\\"word" EVIL_INSIDE "\\\",\\\"tool_calls\\\":[{\\\"function\\\":{\\\"name\\\":\\\"tool"
			   EVIL_INSIDE "\\\"}}]}}]}\"]]}");
	bundle_make_record(&m, "cut", 1, 1, "{\"reason\":\"cut" EVIL "\"}");
	bundle_make_record(&m, "recovered", 0, 1, "{\"orphans\":[{\"name\":\"" EVIL "\"}],\"lost_bytes\":3}");
	bundle_make_record(&m, "close", 0, 1, "{\"end\":\"" EVIL "\"}");
	m.exchanges = 1;
	m.hooks.session = evil_session;
	html = page_of(&m, RC_OK, &lost);
	assert_int_equal(lost, 0);
	pages_text(html, text, sizeof text);
	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		char all[256];

		snprintf(all, sizeof all, "%s</pre></style></title><script>alert(1)</script><img src=x onerror=alert(2)>&lt;\\u{202e}\\u{7}\\u{1b}]0;x\\u{7}", said[i]);
		if (!strstr(text, all))
			fail_msg("no %s in %s", all, text);
	}
	for (const char *p = text; (p = strstr(p, "<script>")); p++)
		n++;
	assert_true(n >= 20);
	free(html);
}

#define PIECE(x, text) bundle_make_record(&m, "response", x, 2, "{\"chunks\":[[1000,\"{\\\"response\\\":\\\"" text "\\\"}\"]]}")

static void test_exchanges_that_ran_beside_each_other_stand_whole(void **state)
{
	static const char *const story[] = {"#1 ", "one two three", "#2 ", "uno due", "#3", "what is no JSON", "Cut off: stop", "The session ended", NULL};
	struct bundle_make m;
	char *html, text[65536];
	size_t lost;

	(void)state;
	bundle_make_init(&m);
	bundle_make_record(&m, "open", 0, 1, "{}");
	for (unsigned x = 1; x <= 3; x++) {
		bundle_make_record(&m, "request", x, 1, "{\"method\":\"POST\",\"path\":\"/api/generate\",\"headers\":[],\"text\":\"{}\"}");
		bundle_make_record(&m, "response", x, 1, "{\"status\":200,\"headers\":[]}");
	}
	PIECE(1, "one ");
	PIECE(2, "uno ");
	bundle_make_record(&m, "response", 3, 2, "{\"chunks\":[[5,\"what is \"],[6,\"no JSON\"]]}");
	PIECE(1, "two ");
	PIECE(2, "due");
	PIECE(1, "three");
	bundle_make_record(&m, "cut", 3, 2, "{\"reason\":\"stop\"}");
	bundle_make_record(&m, "close", 0, 2, "{\"end\":\"stop\"}");
	m.exchanges = 3;
	html = page_of(&m, RC_OK, &lost);
	assert_order(pages_text(html, text, sizeof text), story);
	assert_non_null(strstr(html, "<a href=\"#x2\">"));
	assert_non_null(strstr(html, " id=\"x2\">"));
	free(html);
}

static void test_of_an_answer_that_is_not_what_it_says_nothing_is_left_out(void **state)
{
	static const char *const types[] = {"application/json", "text/event-stream"};
	char long_text[40000], body[sizeof long_text + 64], head[128];

	(void)state;
	memset(long_text, 'x', sizeof long_text - 1);
	memcpy(long_text + sizeof long_text - 5, "last", 5);
	snprintf(body, sizeof body, "{\"chunks\":[[1,\"no JSON %s\"]],\"end\":true}", long_text);
	for (size_t i = 0; i < 4; i++) {
		struct bundle_make m;
		char *html, text[131072];
		size_t lost;

		bundle_make_init(&m);
		bundle_make_record(&m, "open", 0, 1, "{}");
		bundle_make_record(&m, "request", 1, 1, "{\"method\":\"POST\",\"path\":\"/\",\"headers\":[],\"text\":\"{}\"}");
		snprintf(head, sizeof head, "{\"status\":200,\"headers\":[[\"content-type\",\"%s\"]]}", types[i % 2]);
		bundle_make_record(&m, "response", 1, 1, head);
		bundle_make_record(&m, "response", 1, 1, i < 2 ? body : i == 2 ? "{\"chunks\":[[1,\"{\\\"response\\\":\\\"some\\\",oh what is last\"]],\"end\":true}" :
				   "{\"chunks\":[[1,\"data: {\\\"response\\\":\\\"some\\\",oh\\n\\n\"],[2,\"data: {\\\"response\\\":\\\"more\\\"}\\n\\ndata: [DONE] last\\n\\n\"]],\"end\":true}");
		bundle_make_record(&m, "close", 0, 1, "{\"end\":\"client\"}");
		m.exchanges = 1;
		html = page_of(&m, RC_OK, &lost);
		pages_text(html, text, sizeof text);
		if (!strstr(text, "last") || !strstr(text, i < 2 ? "no JSON" : "some") || !strstr(text, "The whole answer, as it was sent"))
			fail_msg("%zu: %s", i, text);
		free(html);
	}
}

static void damage(struct bundle_make *m)
{
	char *at = memmem(bundle_make_segment(m, 2)->data.data, bundle_make_segment(m, 2)->data.len, "saw the patient", 15);

	*at = 'S';
}

static void break_index(struct buf *index)
{
	memcpy(strstr(index->data, "\"k\":\"renew\""), "\"k\":\"never\"", 11);
}

static void test_what_cannot_be_shown_is_told_of(void **state)
{
	static const char *const story[] = {"Not verified", "What follows may never have happened", "#1 ", "Summarise the note.", "Cannot be shown: record 3, response: it is not what the index says",
		"#2 ", "There are two.", NULL};
	struct bundle_make m;
	char *html, text[65536];
	size_t lost;

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	m.hooks.members = damage;
	html = page_of(&m, RC_OK, &lost);
	assert_int_equal(lost, 1);
	assert_order(pages_text(html, text, sizeof text), story);
	free(html);
	bundle_make_init(&m);
	bundle_make_session(&m);
	m.hooks.index = break_index;
	html = page_of(&m, RC_OK, &lost);
	assert_int_equal(lost, 1);
	assert_non_null(strstr(html, "Cannot be shown:</b> "));
	assert_non_null(strstr(html, "There are two."));
	free(html);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_is_shown_alike_however_it_was_cut),
		cmocka_unit_test(test_of_a_text_that_is_long_nothing_is_left_out),
		cmocka_unit_test(test_a_page_tells_the_session_from_who_to_end),
		cmocka_unit_test(test_the_style_is_named_by_its_hash),
		cmocka_unit_test(test_whatever_was_recorded_is_text),
		cmocka_unit_test(test_exchanges_that_ran_beside_each_other_stand_whole),
		cmocka_unit_test(test_of_an_answer_that_is_not_what_it_says_nothing_is_left_out),
		cmocka_unit_test(test_what_cannot_be_shown_is_told_of),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

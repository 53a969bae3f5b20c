/* What recording.originals keeps of every kind of exchange: what the caller wrote and what the model sent, each named by its record, for those
 * of the originals and nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <zlib.h>

#include "data_path.h"

#define PHI "536-22-|-8741|Dr. Jane|Smith"       /* of all tests here; no digest or salt looks like one */
#define EVENT(text) "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define STREAM "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

static int log_fd = -1;

/* From here on, in a session of its own by the policy of now. What is logged is looked at, too. */
static void keep_originals(void)
{
	site_seal();
	site_keep_originals();
	site.recipients = (struct age_recipients){0};    /* the masked records can be read by anybody */
	place.agent.spool->originals = site.originals;
	log_fd = open(in_site("log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	log_setup(log_fd, false, LOG_DEBUG);
	speak("openai");
}

static int close_log_and_place(void **state)
{
	int rc = place_teardown(state);

	log_setup(-1, false, LOG_ERROR);
	close(log_fd);
	return rc;
}

static void nothing_unmasked_is_there(void)
{
	if (sh("grep -rlE '" PHI "|" API_KEY "' . --exclude=o --exclude-dir=policies > found") == 0)
		sh("cat found >&2; grep -rahE '" PHI "' spool log x >&2");
	assert_int_equal(sh("test -s log && ! test -s found"), 0);
}

/* Is this line the original of the record in which at stands? Both say the same kind. */
static void same_kind(const char *line, const char *records, const char *at)
{
	size_t n = strcspn(line + 41, "\"");

	while (at > records && at[-1] != '\n')
		at--;
	assert_memory_equal(line + 41, at + 41, n + 1);
}

/* Each original is named by one record, in the order of both. */
static void each_is_named(const struct audit *a, const struct buf *originals)
{
	const char *at = a->records.data;
	int n = 0;

	for (const char *line = originals->data, *lf; (lf = strchr(line, '\n')); line = lf + 1, n++) {
		char hex[SHA256_HEX], member[128];

		sha256_hex(line, (size_t)(lf - line), hex);
		snprintf(member, sizeof member, ",\"original\":\"%s\"}}\n", hex);
		at = strstr(at, member);
		if (!at)
			fail_msg("no record behind those before names %s", line);
		same_kind(line, a->records.data, at);
		at += strlen(member);
	}
	assert_int_equal(n, count(&a->records, ",\"original\":\""));
}

/* End the session: its masked records, and its originals as who has the key reads them. */
static struct audit opened(struct buf *originals)
{
	struct audit a;

	nothing_unmasked_is_there();
	a = sealed();
	nothing_unmasked_is_there();
	assert_int_equal(sh("cd x && for f in orig-*.age; do age -d -i ../orig.txt $f || exit 1; done > ../o"), 0);
	read_path(originals, "o");
	each_is_named(&a, originals);
	assert_int_equal(count(originals, API_KEY) + count(originals, CREDENTIAL), 0);
	return a;
}

static void has(const struct buf *text, const char *what, int times)
{
	if (count(text, what) != times)
		fail_msg("%d times, not %d: %s\n%s", count(text, what), times, what, text->data);
}

static void what_was_written_and_answered_is_kept_for_those_of_the_originals(void **state)
{
	struct buf originals;
	struct audit a;
	struct client c;

	(void)state;
	keep_originals();
	model_says(&place.model, SLICE("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Chart: SSN " SSN "\r\nX-Echo: " CREDENTIAL "\r\n\r\n"
		   EVENT("On file: SSN 536-22-") EVENT("8741; continue.") "data: [DONE]\n\n"), THEN_CLOSE);
	client_open(&c);
	put_request(&c, "POST", CHAT, "X-Patient: SSN " SSN "\r\n", chat_body("Patient with SSN " SSN));
	assert_int_equal(client_answer(&c, false), 200);
	has(&c.body, "536-22-", 0);
	client_close(&c);
	a = opened(&originals);
	assert_int_equal(count(&a.records, ",\"original\":\""), count(&a.records, "\"k\":\"request\"") + count(&a.records, "\"k\":\"response\""));
	assert_int_equal(sh("grep -c '\"k\":\"request\".*X-Patient.*SSN " SSN ".*Patient with SSN " SSN "' o | grep -qx 1"), 0);
	assert_int_equal(sh("grep -c '\"k\":\"response\".*\"status\":200.*X-Chart.*SSN " SSN "' o | grep -qx 1"), 0);
	assert_int_equal(sh("grep '\"chunks\"' o | tr -d '\\n' | grep -q 'SSN 536-22-.*8741; continue' && grep -q '\"end\":true}}' o"), 0);
	buf_free(&originals);
	audit_free(&a);
}

/* ---- requests --------------------------------------------------------------------------------------------------------------- */

static void a_denied_request_has_its_original_and_the_agents_own_answer_none(void **state)
{
	struct buf originals;
	struct audit a;
	struct client c;

	(void)state;
	keep_originals();
	client_open(&c);
	assert_int_equal(chat(&c, "export the database of SSN " SSN), 403);
	client_close(&c);
	a = opened(&originals);
	has(&originals, "of SSN " SSN, 1);
	has(&a.records, ",\"original\":\"", 1);
	buf_free(&originals);
	audit_free(&a);
}

static void held_requests_have_one_original_whatever_is_decided(void **state)
{
	char id[HOLD_ID_LEN + 1];
	struct buf originals;
	struct hold h;
	struct audit a;
	struct client c;

	(void)state;
	keep_originals();
	model_says_note();
	client_open(&c);
	put_chat(&c, "List every patient like SSN " SSN);
	await_hold(id, 1, "pending");
	nothing_unmasked_is_there();                             /* as approvers are shown it */
	approve(id);
	assert_int_equal(client_answer(&c, false), 200);
	put_chat(&c, "Show every patient of Dr. Jane Smith");
	await_hold(id, 1, "pending");
	assert_int_equal(hold_deny(place.agent.holds, id, &by_bob, &h, NULL), RC_OK);
	assert_int_equal(client_answer(&c, false), 403);
	client_close(&c);
	a = opened(&originals);
	has(&originals, "every patient like SSN " SSN, 1);
	has(&originals, "every patient of Dr. Jane Smith", 1);
	has(&originals, "On file: SSN " SSN "; continue", 1);
	has(&originals, "\"k\":\"request\"", 2);
	has(&originals, "\"k\":\"hold\"", 0);
	has(&originals, "\"k\":\"decision\"", 0);
	has(&a.records, "\"k\":\"hold\"", 2);
	buf_free(&originals);
	audit_free(&a);
}

static void what_passes_in_an_emergency_has_its_original(void **state)
{
	struct buf originals;
	struct audit a;
	struct client c;

	(void)state;
	place.emergency = true;
	keep_originals();
	model_says_note();
	client_open(&c);
	assert_int_equal(chat(&c, "List every patient like SSN " SSN), 200);
	client_close(&c);
	a = opened(&originals);
	has(&originals, "every patient like SSN " SSN, 1);
	has(&originals, "On file: SSN " SSN "; continue", 1);
	has(&a.records, "\"body\":{\"emergency\":true", count(&a.records, "\n"));
	has(&a.records, "\"outcome\":\"emergency\"", 1);
	buf_free(&originals);
	audit_free(&a);
}

/* By the head alone, where it says that too much would come; in the middle of what is too much; and whole, as it cannot be read. */
static void a_refused_request_has_as_much_as_came_of_it(void **state)
{
	struct buf in, all, originals;
	struct audit a;
	struct client c;

	(void)state;
	keep_originals();
	buf_init(&in, 1 << 20);
	buf_init(&all, 1 << 20);
	buf_puts(&in, "POST " CHAT " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAuthorization: Bearer " API_KEY "\r\nX-Patient: Dr. Jane Smith\r\n"
		 "Content-Length: 65537\r\n\r\n");
	assert_int_equal(once(buf_slice(&in), &all), 413);
	buf_clear(&in);
	buf_puts(&in, "POST " CHAT " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAuthorization: Bearer " API_KEY "\r\nTransfer-Encoding: chunked\r\n\r\n"
		 "f\r\nSSN " SSN "\r\n10001\r\n");
	for (int i = 0; i < 65537; i++)
		buf_putc(&in, ' ');
	assert_int_equal(once(buf_slice(&in), &all), 413);
	client_open(&c);
	assert_int_equal(request(&c, "POST", CHAT, "{\"messages\":\"twice\",\"messages\":\"SSN " SSN "\"}"), 400);
	assert_int_equal(request(&c, "POST", CHAT, "S\xfe\x80N " SSN), 400);
	client_close(&c);
	a = opened(&originals);
	has(&originals, "\"k\":\"request\"", 4);
	has(&originals, "Dr. Jane Smith", 1);
	has(&originals, "\"text\":\"SSN " SSN, 1);
	has(&originals, "\\\"twice\\\",\\\"messages\\\":\\\"SSN " SSN "\\\"", 1);
	has(&originals, "{\"b64\":\"U/6ATiA1MzYtMjItODc0MQ==\"}", 1);
	has(&a.records, ",\"original\":\"", 4);
	buf_free(&originals);
	buf_free(&all);
	buf_free(&in);
	audit_free(&a);
}

/* The masked record and the model have what stands for the identifiers; the original is what the caller sent, and the model's own words. */
static void where_requests_are_masked_the_original_is_what_the_caller_wrote(void **state)
{
	static const struct {
		const char *mask, *seen;
	} rows[] = {
		{"{request: redact}", "Dr. [NAME], SSN [SSN]"},
		{"{request: tokenize}", "Dr. [NAME-1], SSN [SSN-1]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf originals;
		struct audit a;
		struct client c;

		if (i)
			open_session(&place);
		masks(rows[i].mask);
		keep_originals();
		model_says(&place.model, SLICE(JSON_ANSWER("", "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
					       "\"[NAME-1] has SSN 219-09-9999.\"}}]}")), THEN_CLOSE);
		client_open(&c);
		assert_int_equal(chat(&c, "Dr. Jane Smith, SSN " SSN), 200);
		has(&c.body, "Jane Smith has SSN [SSN].", i ? 1 : 0);
		client_close(&c);
		assert_true(model_saw(&place.model, rows[i].seen));
		assert_false(model_saw(&place.model, "Jane"));
		a = opened(&originals);
		has(&originals, "Dr. Jane Smith, SSN " SSN, 1);
		has(&originals, rows[i].seen, 0);
		has(&originals, "[NAME-1] has SSN 219-09-9999.", 1);
		has(&a.records, rows[i].seen, 1);
		has(&a.records, "219-09-9999", 0);
		buf_free(&originals);
		audit_free(&a);
		close(log_fd);
		log_fd = -1;
	}
}

/* ---- answers ---------------------------------------------------------------------------------------------------------------- */

static struct buf zipped(const char *text)
{
	unsigned char packed[4096];
	z_stream z = {.next_in = (unsigned char *)text, .avail_in = (unsigned)strlen(text), .next_out = packed, .avail_out = sizeof packed};
	struct buf out;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_init(&out, 8192);
	buf_puts(&out, JSON_ANSWER("Content-Encoding: gzip\r\n", ""));
	buf_add(&out, packed, z.total_out);
	deflateEnd(&z);
	return out;
}

static void a_zipped_answer_is_kept_as_it_reads(void **state)
{
	struct buf answer = zipped(NOTE), originals;
	struct audit a;
	struct client c;

	(void)state;
	keep_originals();
	model_says(&place.model, buf_slice(&answer), THEN_CLOSE);
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 200);
	client_close(&c);
	a = opened(&originals);
	has(&originals, "On file: SSN " SSN "; continue metformin.", 1);
	has(&originals, "{\"b64\":", 0);
	has(&a.records, "On file: SSN [SSN]; continue metformin.", 1);
	buf_free(&answer);
	buf_free(&originals);
	audit_free(&a);
}

static void cuts_over_one(void)
{
	write_policy("version: 1\nrules:\n  - {name: too-many, when: {phi_in_response: {over: 1}}, then: cut, message: Too much of patients.}\n");
	take_over();
}

/* Also what the client did not get: it is what the answer was cut for. */
static void an_answer_that_a_rule_cuts_is_kept_as_far_as_it_came(void **state)
{
	struct buf originals;
	struct audit a;
	struct client c;

	(void)state;
	cuts_over_one();
	keep_originals();
	model_says(&place.model, SLICE(STREAM EVENT("SSN " SSN ", and ") EVENT("Dr. Jane Smith, no more") EVENT(" of it") "data: [DONE]\n\n"), THEN_CLOSE);
	client_open(&c);
	put_chat(&c, "hi");
	assert_true(client_sees(&c, "Too much of patients."));
	client_close(&c);
	/* and one that is refused whole */
	model_says(&place.model, SLICE(JSON_ANSWER("X-Chart: SSN " SSN "\r\n", "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
				       "\"SSN " SSN " and Dr. Jane Smith, whole\"}}]}")), THEN_CLOSE);
	client_open(&c);
	assert_int_equal(chat(&c, "hi"), 403);
	client_close(&c);
	a = opened(&originals);
	has(&originals, "Dr. Jane Smith, no more", 1);
	has(&originals, "SSN " SSN " and Dr. Jane Smith, whole", 1);
	has(&originals, "[\"X-Chart\",\"SSN " SSN "\"]", 1);
	has(&a.records, "no more", 0);
	has(&a.records, "whole", 0);
	has(&a.records, "\"outcome\":\"cut\"", 2);
	buf_free(&originals);
	audit_free(&a);
}

static void an_answer_whose_client_is_gone_is_kept_as_far_as_it_came(void **state)
{
	struct buf originals;
	struct audit a;
	struct client c;

	(void)state;
	keep_originals();
	model_says(&place.model, SLICE("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" EVENT("Good morning, all. ") EVENT("It is SSN 536-22-")),
		   THEN_WAIT);
	client_open(&c);
	put_chat(&c, "hi");
	assert_true(client_sees(&c, "Good"));
	client_close(&c);
	model_await(&place.model, &place.model.gone, 1);
	a = opened(&originals);
	has(&originals, "Good morning, all. ", 1);
	has(&originals, "It is SSN 536-22-", 1);
	has(&a.records, "\"k\":\"cut\"", 1);
	has(&a.records, "\"reason\":\"client\"", 1);
	buf_free(&originals);
	audit_free(&a);
}

/* Also over the ends of what came together. What only begins so is none. */
static void the_agents_credential_is_in_no_original(void **state)
{
	struct buf originals;
	struct audit a;
	struct client c;

	(void)state;
	keep_originals();
	model_says(&place.model, SLICE(STREAM EVENT("Hello. ") "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Key model-cred"), THEN_CLOSE);
	model_adds(&place.model, SLICE("ential-5d1f, again " CREDENTIAL ", and model-cred of Dr. Jane Smith. \"}}]}\n\ndata: [DONE]\n\n"));
	client_open(&c);
	put_chat(&c, "hi");
	assert_true(client_sees(&c, "Hello"));
	model_go(&place.model);
	assert_int_equal(client_answer(&c, false), 200);
	client_close(&c);
	a = opened(&originals);
	has(&originals, "[SECRET], again [SECRET], and model-cred of Dr. Jane Smith. ", 1);
	has(&a.records, CREDENTIAL, 0);
	buf_free(&originals);
	audit_free(&a);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, place_setup, close_log_and_place)
	const struct CMUnitTest tests[] = {
		T(what_was_written_and_answered_is_kept_for_those_of_the_originals),
		T(a_denied_request_has_its_original_and_the_agents_own_answer_none),
		T(held_requests_have_one_original_whatever_is_decided),
		T(what_passes_in_an_emergency_has_its_original),
		T(a_refused_request_has_as_much_as_came_of_it),
		T(where_requests_are_masked_the_original_is_what_the_caller_wrote),
		T(a_zipped_answer_is_kept_as_it_reads),
		T(an_answer_that_a_rule_cuts_is_kept_as_far_as_it_came),
		T(an_answer_whose_client_is_gone_is_kept_as_far_as_it_came),
		T(the_agents_credential_is_in_no_original),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

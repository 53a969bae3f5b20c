#include "analyzer.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer_answer.h"
#include "fetch.h"
#include "fiber.h"
#include "json.h"
#include "log.h"
#include "metrics.h"
#include "wait.h"

#define ANSWER_MAX ((size_t)1 << 20)
#define PART_MIN 4                               /* of a secret that the text's end cuts: fewer bytes tell nothing */

struct analyzer {
	const struct analyzer_settings *settings;
	struct slice secret;
	int client_fd, end_fd;
	struct mask_finder finder;
	struct fetch_client *client;
	/* of the exchange */
	enum rc rc;                              /* of the first passage that was not looked at; it is not asked again */
	struct why why;
	uint64_t missed;                         /* passages */
};

/* ---- what is not told ---------------------------------------------------------------------------------------------------- */

static void hide(bool *hidden, size_t from, size_t n)
{
	memset(hidden + from, true, n);
}

/* The secret wherever it stands in text[n], and a part of it where the text begins or ends. */
static void hide_secret(const char *text, size_t n, struct slice secret, bool *hidden)
{
	for (size_t i = 0; secret.n && i + secret.n <= n; i++)
		if (memcmp(text + i, secret.p, secret.n) == 0)
			hide(hidden, i, secret.n);
	for (size_t k = PART_MIN; k < secret.n && k <= n; k++) {
		if (memcmp(text + n - k, secret.p, k) == 0)
			hide(hidden, n - k, k);
		if (memcmp(text, secret.p + secret.n - k, k) == 0)
			hide(hidden, 0, k);
	}
}

static bool is_key_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

/* Keys of local ports: "phg_…" */
static void hide_keys(const char *text, size_t n, bool *hidden)
{
	for (size_t i = 0; i + 4 < n; i++) {
		size_t end = i + 4;

		if (memcmp(text + i, "phg_", 4) != 0)
			continue;
		while (end < n && is_key_byte(text[end]))
			end++;
		hide(hidden, i, end - i);
	}
}

static enum rc prepare(const struct analyzer *a, struct slice before, struct slice passage, struct analyzer_text *text)
{
	bool hidden[ANALYZER_TEXT_MAX] = {false};
	char joined[ANALYZER_TEXT_MAX];
	size_t n = before.n + passage.n;

	text->text = (struct buf){0};
	if (n > sizeof joined)
		return RC_TOO_BIG;
	memcpy(joined, before.p, before.n);
	memcpy(joined + before.n, passage.p, passage.n);
	hide_secret(joined, n, a->secret, hidden);
	hide_keys(joined, n, hidden);
	return analyzer_text_make((struct slice){joined, n}, before.n, hidden, text);
}

/* ---- asking ------------------------------------------------------------------------------------------------------------------ */

struct question {
	struct fetch fetch;
	struct buf *answer;
	struct why *why;
	int status;
	enum rc rc;
};

static void put_question(void *arg)
{
	struct question *q = arg;

	q->rc = fetch_run(&q->fetch, &q->status, q->answer, q->why);
}

static enum rc ask(struct analyzer *a, const char *request, struct buf *answer, struct why *why)
{
	const struct analyzer_settings *s = a->settings;
	bool is_json = false;
	struct question q = {
		.fetch = {.url = s->url, .json = request, .ca_file = s->ca_file, .timeout_ns = s->timeout_ns, .client = a->client, .is_json = &is_json},
		.answer = answer, .why = why,
	};

	fiber_block(put_question, &q);
	if (q.rc == RC_OK && q.status != 200)
		return why_set(why, RC_BAD, "%.200s answers with status %d", s->url, q.status);
	if (q.rc == RC_OK && !is_json)
		return why_set(why, RC_BAD, "%.200s answers with something else than application/json", s->url);
	return q.rc;
}

static enum rc look(struct analyzer *a, struct slice before, struct slice passage, struct mask_find *out, size_t *n, struct why *why)
{
	struct analyzer_text text;
	struct buf request, answer;
	enum rc rc;

	if (!a->client && !(a->client = fetch_client_new()))
		return RC_NOMEM;
	buf_init(&request, ANALYZER_TEXT_MAX * 6 + 1024);
	buf_init(&answer, ANSWER_MAX);
	rc = prepare(a, before, passage, &text);
	buf_puts(&request, "{\"text\":");
	json_add_string(&request, buf_slice(&text.text));
	buf_puts(&request, ",\"language\":");
	json_add_str(&request, a->settings->language);
	buf_printf(&request, ",\"score_threshold\":%.3g}", a->settings->score);
	if (rc == RC_OK)
		rc = request.rc;
	if (rc == RC_OK)
		rc = ask(a, request.data, &answer, why);
	if (rc == RC_OK)
		rc = analyzer_answer_read(buf_slice(&answer), a->settings, &text, out, n, why);
	buf_free(&text.text);
	buf_free(&request);
	buf_free(&answer);
	return rc;
}

static enum rc find(void *arg, struct slice before, struct slice passage, struct mask_find *out, size_t *n)
{
	struct analyzer *a = arg;

	*n = 0;
	if (a->rc == RC_OK) {
		a->rc = wait_over(a->client_fd, a->end_fd);
		if (a->rc == RC_OK && look(a, before, passage, out, n, &a->why) != RC_OK)
			a->rc = RC_UNREACHABLE;
	}
	if (a->rc == RC_OK) {
		metrics_add(METRIC_ANALYZED, 1, METRIC_OF("seen"));
		return RC_OK;
	}
	*n = 0;
	a->missed++;
	return analyzer_result(a);
}

/* ---- an exchange --------------------------------------------------------------------------------------------------------------- */

enum rc analyzer_new(const struct analyzer_settings *settings, struct slice secret, int client_fd, int end_fd, struct analyzer **out)
{
	struct analyzer *a = calloc(1, sizeof *a);

	*out = a;
	if (!a)
		return RC_NOMEM;
	a->settings = settings;
	a->secret = secret;
	a->client_fd = client_fd;
	a->end_fd = end_fd;
	a->finder = (struct mask_finder){find, a};
	return RC_OK;
}

void analyzer_free(struct analyzer *a)
{
	if (!a)
		return;
	fetch_client_free(a->client);
	free(a);
}

void analyzer_begin(struct analyzer *a)
{
	a->rc = RC_OK;
	a->why = (struct why){0};
	a->missed = 0;
}

const struct mask_finder *analyzer_finder(struct analyzer *a)
{
	return &a->finder;
}

enum rc analyzer_result(const struct analyzer *a)
{
	return a->rc == RC_UNREACHABLE && a->settings->builtin ? RC_OK : a->rc;
}

void analyzer_end(struct analyzer *a, const char *connection)
{
	if (!a->missed)
		return;
	metrics_add(METRIC_ANALYZED, (double)a->missed, METRIC_OF("missed"));
	if (a->rc == RC_UNREACHABLE)
		log_warn("analyzer_failed", L_TEXT("connection", connection), L_TEXT("on_failure", a->settings->builtin ? "builtin" : "refuse"),
			 L_NUM("passages", a->missed), L_TEXT("reason", a->why.text));
}

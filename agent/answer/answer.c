#include "answer.h"

#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "plain.h"
#include "splice.h"
#include "sse.h"
#include "text.h"

#define CONTINUES_MAX 512                        /* bytes of the request that an answer goes on from */
#define CREDENTIAL_MAX 65536
#define PIECE_MAX ((size_t)256 << 20)

struct answer {
	struct answer_options options;
	struct answer_shape *no_shape;           /* where a route has none */
	struct text_rules shared;
	struct plain_words words;
	struct buf continues, credential;
	char opening[7];                         /* the first bytes of a line that is not empty */
	size_t opening_n;
	size_t json_lines;                       /* of a stream of events: lines that are an object, and no data */
	unsigned int bom_n;                      /* bytes of a byte order mark that have come */
	bool begun;                              /* it is clear whether there is one */
	/* one text: JSON, or any other; of an event stream: a line that is no data */
	struct splice_rules rules;
	struct text *text;
	struct text_spans spans;
	struct outlet outlet;
	/* events */
	struct event_streams *streams;
	struct sse_reader sse;
	struct buf data;                         /* of the event that is read */
	struct buf line;                         /* of a stream of lines, so far */
};

static event_write write_event, write_line;

static enum rc prepare(struct answer *a, const struct answer_options *options)
{
	struct slice tail = options->continues;
	enum rc rc = RC_OK;

	a->options = *options;
	if (tail.n > CONTINUES_MAX)
		tail = (struct slice){tail.p + tail.n - CONTINUES_MAX, CONTINUES_MAX};
	while (tail.n && (*tail.p & 0xc0) == 0x80)       /* not in the middle of a character */
		tail = (struct slice){tail.p + 1, tail.n - 1};
	buf_init(&a->continues, CONTINUES_MAX);
	buf_init(&a->credential, CREDENTIAL_MAX);
	buf_init(&a->outlet.pending, PIECE_MAX);
	buf_init(&a->data, options->event_max_bytes + 65536);
	buf_init(&a->line, options->event_max_bytes + 65536);
	sse_init(&a->sse, options->event_max_bytes);
	buf_add_slice(&a->continues, tail);
	rc = buf_add_slice(&a->credential, options->credential);
	if (rc == RC_OK && !options->shape) {
		rc = shape_read(NULL, &a->no_shape, NULL);
		a->options.shape = a->no_shape;
	}
	a->options.continues = buf_slice(&a->continues);
	a->options.credential = buf_slice(&a->credential);
	a->shared = (struct text_rules){
		.tokens = options->tokens, .engine = options->engine, .scope = options->scope, .counts = options->counts,
		.credential = a->options.credential, .words = &a->words, .usage = options->usage,
	};
	a->rules = (struct splice_rules){
		.shape = a->options.shape, .continues = a->options.continues, .again = -1, .string_max = options->event_max_bytes,
	};
	return rc == RC_OK ? a->continues.rc : rc;
}

enum rc answer_new(const struct answer_options *options, struct answer **out)
{
	struct answer *a = calloc(1, sizeof *a);
	struct sink sink = {outlet_edit, a ? &a->outlet : NULL};
	enum rc rc = a ? prepare(a, options) : RC_NOMEM;

	*out = a;
	if (rc != RC_OK)
		return rc;
	switch (options->framing) {
	case FRAMING_JSON:
		rc = text_new(&a->shared, &a->rules, false, 0, sink, &a->text);
		if (rc == RC_OK && options->strict)
			text_one_value(a->text);
		return rc;
	case FRAMING_TEXT:
		rc = text_new(&a->shared, NULL, false, 0, sink, &a->text);
		if (rc == RC_OK && options->strict)
			text_one_value(a->text);
		return rc == RC_OK && a->continues.len ? text_context(a->text, a->options.continues) : rc;
	case FRAMING_SSE:
		rc = text_new(&a->shared, NULL, false, TEXT_DEPTH, sink, &a->text);
		if (rc == RC_OK)
			text_in_line(a->text);
		return rc == RC_OK ? event_streams_new(&a->options, &a->shared, write_event, a, &a->streams) : rc;
	case FRAMING_NDJSON:
		return event_streams_new(&a->options, &a->shared, write_line, a, &a->streams);
	}
	return RC_FAULT;
}

void answer_on_span(struct answer *a, void (*on_span)(void *arg, const struct mask_span *span), void *arg)
{
	a->spans = (struct text_spans){on_span, arg, NULL};
	a->shared.spans = a->outlet.spans = &a->spans;
}

void answer_free(struct answer *a)
{
	if (!a)
		return;
	text_free(a->text);
	event_streams_free(a->streams);
	shape_free(a->no_shape);
	sse_free(&a->sse);
	buf_free(&a->continues);
	buf_free(&a->credential);
	buf_free(&a->outlet.pending);
	buf_free(&a->data);
	buf_free(&a->line);
	free(a);
}

/* ---- one text --------------------------------------------------------------------------------------------------------- */

static enum rc feed_text(struct answer *a, struct slice in, struct buf *out)
{
	enum rc rc = outlet_add(&a->outlet, in);

	a->outlet.out = out;
	if (rc == RC_OK)
		rc = text_feed(a->text, in, in.n);
	return rc == RC_OK ? out->rc : rc;
}

static enum rc end_text(struct answer *a, struct buf *out)
{
	enum rc rc;

	a->outlet.out = out;
	rc = text_end(a->text);
	return rc == RC_OK ? out->rc : rc;
}

/* ---- event streams ---------------------------------------------------------------------------------------------------- */

/* A line that is no data is text like any other: names that the standard gives no meaning, too. */
static enum rc write_other(struct answer *a, const struct sse_line *line, struct buf *out)
{
	static const char *const names[] = {"", "event", "id", "retry"};
	struct slice text = {line->name.p, line->name.n + line->colon.n + line->value.n};
	enum rc rc = RC_OK;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_is(line->name, names[i])) {
			buf_add(out, line->name.p, line->name.n + line->colon.n);
			text = line->value;
			break;
		}
	if (text.n)
		rc = feed_text(a, text, out);
	if (rc == RC_OK && text.n)
		rc = end_text(a, out);
	return rc == RC_OK ? buf_add_slice(out, line->end) : rc;
}

static enum rc write_event(void *arg, struct slice frame, struct slice data, enum event_form form, struct buf *out)
{
	struct answer *a = arg;
	struct sse_line line, first = {0};
	bool written = false;
	enum rc rc = RC_OK;

	while (rc == RC_OK && sse_line(&frame, &line)) {
		bool is_data = slice_is(line.name, "data"), blank = !line.name.n && !line.colon.n;

		if (!first.end.n)
			first = line;
		if (blank)
			rc = buf_add_slice(out, line.end);
		else if (is_data && form == EVENT_SAME)
			rc = buf_add(out, line.name.p, line.name.n + line.colon.n + line.value.n + line.end.n);
		else if (is_data && !written)
			rc = sse_write_data(&line, data, out);
		else if (!is_data && (form != EVENT_AGAIN || line.name.n))
			rc = write_other(a, &line, out);
		written = written || is_data;
		/* the LF of its last CRLF came on its own, and went then */
		if (rc == RC_OK && blank && !frame.n && form == EVENT_AGAIN && first.end.n == 2 && line.end.n == 1)
			rc = buf_putc(out, '\n');
	}
	return rc;
}

static bool is_done(struct slice data)
{
	while (data.n && (data.p[data.n - 1] == ' ' || data.p[data.n - 1] == '\n'))
		data.n--;
	while (data.n && *data.p == ' ')
		data = (struct slice){data.p + 1, data.n - 1};
	return slice_is(data, "[DONE]");
}

static size_t objects(struct slice event)
{
	struct sse_line line;
	size_t n = 0;

	while (sse_line(&event, &line))
		n += line.name.n && *line.name.p == '{';
	return n;
}

/* An event stands in a->sse. final: the body ended in it. */
static enum rc whole_event(struct answer *a, bool final, struct buf *out, size_t *end_at)
{
	struct slice event = buf_slice(&a->sse.event);
	bool last = false;
	size_t at = out->len;
	enum rc rc;

	a->json_lines += objects(event);
	if (a->options.strict && a->json_lines > 1)
		return RC_BAD;
	buf_clear(&a->data);
	if (!sse_data(event, &a->data)) {
		rc = write_event(a, event, (struct slice){0}, EVENT_SAME, out);
	} else if (is_done(buf_slice(&a->data))) {
		rc = event_streams_end(a->streams, out);
		last = true;
		at = out->len;
		if (rc == RC_OK)
			rc = write_event(a, event, (struct slice){0}, EVENT_SAME, out);
	} else {
		rc = a->data.rc;
		if (rc == RC_OK)
			rc = event_streams_next(a->streams, event, buf_slice(&a->data), final, out, &last, &at);
	}
	if (last && *end_at == SIZE_MAX)
		*end_at = at;
	sse_clear(&a->sse);
	return rc;
}

static enum rc feed_sse(struct answer *a, struct slice in, struct buf *out, size_t *end_at)
{
	enum rc rc = RC_OK;

	while (in.n && rc == RC_OK) {
		bool whole;

		rc = sse_next(&a->sse, &in, &whole);
		if (rc == RC_OK && whole)
			rc = whole_event(a, false, out, end_at);
	}
	return rc;
}

/* ---- a JSON value a line ---------------------------------------------------------------------------------------------- */

static struct slice line_end(struct slice *line)
{
	size_t n = line->n;

	while (n && (line->p[n - 1] == '\n' || line->p[n - 1] == '\r'))
		n--;
	*line = (struct slice){line->p + n, line->n - n};
	return *line;
}

static enum rc write_line(void *arg, struct slice frame, struct slice data, enum event_form form, struct buf *out)
{
	struct slice end = line_end(&frame);

	(void)arg;
	buf_add_slice(out, data);
	return buf_add_slice(out, !end.n && form == EVENT_AGAIN ? SLICE("\n") : end);
}

static enum rc whole_line(struct answer *a, bool final, struct buf *out, size_t *end_at)
{
	struct slice line = buf_slice(&a->line), end = line, data;
	size_t at = out->len, spaces = 0;
	bool last = false;
	enum rc rc;

	data = (struct slice){line.p, line.n - line_end(&end).n};
	while (spaces < data.n && (data.p[spaces] == ' ' || data.p[spaces] == '\t'))
		spaces++;
	if (spaces == data.n)
		rc = buf_add_slice(out, line);
	else
		rc = event_streams_next(a->streams, line, data, final, out, &last, &at);
	if (last && *end_at == SIZE_MAX)
		*end_at = at;
	buf_clear(&a->line);
	return rc;
}

static enum rc feed_lines(struct answer *a, struct slice in, struct buf *out, size_t *end_at)
{
	enum rc rc = RC_OK;

	while (in.n && rc == RC_OK) {
		const char *lf = memchr(in.p, '\n', in.n);
		size_t n = lf ? (size_t)(lf - in.p) + 1 : in.n;

		if (a->line.len + n > a->options.event_max_bytes)
			return RC_TOO_BIG;
		rc = buf_add(&a->line, in.p, n);
		if (rc == RC_OK && lf)
			rc = whole_line(a, false, out, end_at);
		in = (struct slice){in.p + n, in.n - n};
	}
	return rc;
}

/* ---- the body --------------------------------------------------------------------------------------------------------- */

/* Does the body begin like a stream of events? Under another name its texts would be masked each alone. */
static bool begins_events(struct answer *a, struct slice in)
{
	static const char *const begins[] = {"data:", "event:", "id:", "retry:", ": ", ":\n", ":\r"};

	if (a->opening_n == sizeof a->opening)           /* it did not */
		return false;
	for (size_t i = 0; i < in.n && a->opening_n < sizeof a->opening; i++)
		if (a->opening_n || (in.p[i] != '\n' && in.p[i] != '\r'))
			a->opening[a->opening_n++] = in.p[i];
	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		if (strlen(begins[i]) <= a->opening_n && memcmp(begins[i], a->opening, strlen(begins[i])) == 0)
			return true;
	return false;
}

static enum rc feed(struct answer *a, struct slice in, struct buf *out, size_t *end_at)
{
	enum rc rc = RC_FAULT;

	if (!in.n)
		return RC_OK;
	if (a->options.strict && (memchr(in.p, '\0', in.n) || (a->options.framing != FRAMING_SSE && begins_events(a, in))))
		return RC_BAD;                           /* clients know UTF-16 by its zeros */
	switch (a->options.framing) {
	case FRAMING_JSON:
	case FRAMING_TEXT:
		rc = feed_text(a, in, out);
		break;
	case FRAMING_SSE:
		rc = feed_sse(a, in, out, end_at);
		break;
	case FRAMING_NDJSON:
		rc = feed_lines(a, in, out, end_at);
		break;
	}
	return rc == RC_OK ? out->rc : rc;
}

/* A byte order mark before the body is none of it, and passes. */
enum rc answer_feed(struct answer *a, struct slice in, struct buf *out, size_t *end_at)
{
	static const char bom[] = "\xef\xbb\xbf";
	enum rc rc = RC_OK;

	while (!a->begun && in.n) {
		if (*in.p == bom[a->bom_n]) {
			in = (struct slice){in.p + 1, in.n - 1};
			a->begun = ++a->bom_n == 3;
			a->outlet.offset = a->begun ? 3 : 0;
			rc = a->begun ? buf_add(out, bom, 3) : RC_OK;
		} else {
			a->begun = true;
			rc = feed(a, (struct slice){bom, a->bom_n}, out, end_at);
		}
	}
	return rc == RC_OK ? feed(a, in, out, end_at) : rc;
}

enum rc answer_finish(struct answer *a, struct buf *out, size_t *end_at)
{
	enum rc rc = a->begun ? RC_OK : feed(a, (struct slice){"\xef\xbb", a->bom_n}, out, end_at);

	if (rc != RC_OK)
		return rc;
	switch (a->options.framing) {
	case FRAMING_JSON:
	case FRAMING_TEXT:
		return end_text(a, out);
	case FRAMING_SSE:
		if (a->sse.event.len)
			rc = whole_event(a, true, out, end_at);
		break;
	case FRAMING_NDJSON:
		if (a->line.len)
			rc = whole_line(a, true, out, end_at);
		break;
	}
	if (rc == RC_OK)
		rc = event_streams_end(a->streams, out);
	return rc == RC_OK ? out->rc : rc;
}

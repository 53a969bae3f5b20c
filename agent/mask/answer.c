#include "answer.h"

#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "splice.h"
#include "text.h"

#define CONTINUES_MAX 512                        /* bytes of the request that an answer goes on from */

struct answer {
	struct answer_options options;
	struct answer_shape *no_shape;           /* where a route has none */
	struct text_rules shared;
	struct buf continues, credential;
	/* one text: JSON, or any other */
	struct splice_rules rules;
	struct text *text;
	struct outlet outlet;
	/* events */
	struct event_streams *streams;
	struct buf event;                        /* as it came, so far */
	size_t line_at;                          /* where its last line begins */
	bool skip_lf;                            /* the byte before was a CR that ended a line */
	bool fields;                             /* the event has more than comments */
	bool began;                              /* a byte of the body has come */
};

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
	buf_init(&a->credential, 65536);
	buf_init(&a->outlet.pending, (size_t)256 << 20);
	buf_init(&a->event, options->event_max_bytes + 65536);
	buf_add_slice(&a->continues, tail);
	rc = buf_add_slice(&a->credential, options->credential);
	if (rc == RC_OK && !options->shape) {
		rc = shape_read(NULL, &a->no_shape, NULL);
		a->options.shape = a->no_shape;
	}
	a->options.continues = buf_slice(&a->continues);
	a->shared = (struct text_rules){options->engine, options->scope, options->counts, buf_slice(&a->credential)};
	a->rules = (struct splice_rules){
		.shape = a->options.shape, .continues = a->options.continues, .string_max = options->event_max_bytes,
	};
	return rc == RC_OK ? a->continues.rc : rc;
}

enum rc answer_new(const struct answer_options *options, struct answer **out)
{
	struct answer *a = calloc(1, sizeof *a);
	enum rc rc = a ? prepare(a, options) : RC_NOMEM;

	*out = a;
	if (rc != RC_OK)
		return rc;
	switch (options->framing) {
	case FRAMING_JSON:
	case FRAMING_TEXT:
		rc = text_new(&a->shared, options->framing == FRAMING_JSON ? &a->rules : NULL, false, 0, (struct sink){outlet_edit, &a->outlet}, &a->text);
		if (rc == RC_OK && options->framing == FRAMING_TEXT && a->continues.len)
			rc = text_context(a->text, buf_slice(&a->continues));
		return rc;
	case FRAMING_SSE:
	case FRAMING_NDJSON:
		return event_streams_new(&a->options, &a->shared, &a->streams);
	}
	return RC_FAULT;
}

void answer_free(struct answer *a)
{
	if (!a)
		return;
	text_free(a->text);
	event_streams_free(a->streams);
	shape_free(a->no_shape);
	buf_free(&a->continues);
	buf_free(&a->credential);
	buf_free(&a->outlet.pending);
	buf_free(&a->event);
	free(a);
}

/* ---- event streams (HTML standard 9.2.6) --------------------------------------------------------------------------------------------------- */

/* One line of an event, in its parts as they came. */
struct line {
	struct slice name, colon, value, end;    /* colon with the space that may follow it; end: CR, LF or both */
};

static bool next_line(struct slice *in, struct line *out)
{
	size_t n = 0, name = 0;

	if (!in->n)
		return false;
	while (n < in->n && in->p[n] != '\r' && in->p[n] != '\n')
		n++;
	while (name < n && in->p[name] != ':')
		name++;
	*out = (struct line){.name = {in->p, name}, .colon = {in->p + name, 0}, .value = {in->p + name, 0}, .end = {in->p + n, 0}};
	if (name < n) {
		out->colon.n = 1 + (name + 1 < n && in->p[name + 1] == ' ');
		out->value = (struct slice){in->p + name + out->colon.n, n - name - out->colon.n};
	}
	if (n < in->n)
		out->end.n = in->p[n] == '\r' && n + 1 < in->n && in->p[n + 1] == '\n' ? 2 : 1;
	*in = (struct slice){in->p + n + out->end.n, in->n - n - out->end.n};
	return true;
}

/* The data lines, put together; false: the event has none. */
static bool join_data(struct slice event, struct buf *out)
{
	struct line line;
	bool any = false;

	while (next_line(&event, &line))
		if (slice_is(line.name, "data")) {
			if (any)
				buf_putc(out, '\n');
			buf_add_slice(out, line.value);
			any = true;
		}
	return any;
}

static enum rc write_data(const struct line *first, struct slice data, struct buf *out)
{
	struct slice end = first->end.n ? first->end : SLICE("\n");

	for (;;) {
		const char *lf = data.n ? memchr(data.p, '\n', data.n) : NULL;
		size_t n = lf ? (size_t)(lf - data.p) : data.n;

		buf_puts(out, "data");
		if (first->colon.n)
			buf_add_slice(out, first->colon);
		else
			buf_putc(out, ':');
		buf_add(out, data.p, n);
		buf_add_slice(out, end);
		if (!lf)
			return out->rc;
		data = (struct slice){lf + 1, data.n - n - 1};
	}
}

/* A line that is no data is text like any other. */
static enum rc write_other(struct answer *a, const struct line *line, struct buf *out)
{
	enum rc rc = RC_OK;

	buf_add_slice(out, line->name);
	buf_add_slice(out, line->colon);
	if (line->value.n)
		rc = mask_text(a->options.engine, a->options.scope, a->options.counts, line->value, out);
	buf_add_slice(out, line->end);
	return rc == RC_OK ? out->rc : rc;
}

/* The event with other data; p NULL: it has none. */
static enum rc write_sse(void *arg, struct slice frame, struct slice data, struct buf *out)
{
	struct answer *a = arg;
	struct line line;
	bool written = false, same;
	struct buf before;
	enum rc rc = RC_OK;

	buf_init(&before, a->event.max);
	same = join_data(frame, &before) && before.rc == RC_OK && before.len == data.n && (!data.n || memcmp(before.data, data.p, data.n) == 0);
	while (rc == RC_OK && next_line(&frame, &line)) {
		bool is_data = slice_is(line.name, "data");

		if (!line.name.n && !line.colon.n)
			rc = buf_add_slice(out, line.end);
		else if (is_data && same)
			rc = buf_add(out, line.name.p, line.name.n + line.colon.n + line.value.n + line.end.n);
		else if (is_data && !written)
			rc = write_data(&line, data, out);
		else if (!is_data)
			rc = write_other(a, &line, out);
		written = written || is_data;
	}
	buf_free(&before);
	return rc;
}

static enum rc whole_event(struct answer *a, struct buf *out, size_t *end_at)
{
	struct buf data;
	bool last = false;
	size_t at = out->len;
	enum rc rc;

	buf_init(&data, a->event.max);
	if (!join_data(buf_slice(&a->event), &data)) {
		rc = write_sse(a, buf_slice(&a->event), (struct slice){0}, out);
	} else if (slice_is(buf_slice(&data), "[DONE]")) {
		rc = event_streams_end(a->streams, write_sse, a, out);
		last = true;
		at = out->len;
		if (rc == RC_OK)
			rc = buf_add_slice(out, buf_slice(&a->event));
	} else {
		rc = data.rc == RC_OK ? event_streams_next(a->streams, buf_slice(&a->event), buf_slice(&data), write_sse, a, out, &last, &at) : data.rc;
	}
	if (last && *end_at == SIZE_MAX)
		*end_at = at;
	buf_clear(&a->event);
	buf_free(&data);
	a->line_at = 0;
	a->fields = false;
	return rc;
}

/* A line of an event stream has come whole; its end is in the event already. */
static enum rc whole_line(struct answer *a, struct buf *out, size_t *end_at)
{
	struct slice line = {a->event.data + a->line_at, a->event.len - a->line_at};
	bool blank = line.p[0] == '\r' || line.p[0] == '\n', comment = line.p[0] == ':';

	a->line_at = a->event.len;
	if (blank || (comment && !a->fields))                /* a comment between events keeps the connection alive, and waits for nothing */
		return whole_event(a, out, end_at);
	a->fields = true;
	return RC_OK;
}

static enum rc feed_sse(struct answer *a, struct slice in, struct buf *out, size_t *end_at)
{
	enum rc rc = RC_OK;

	while (in.n && rc == RC_OK) {
		size_t n = 0;
		bool lf;

		if (a->skip_lf && *in.p == '\n') {               /* the second half of a CRLF belongs to what has gone */
			rc = a->event.len ? buf_putc(&a->event, '\n') : buf_putc(out, '\n');
			a->line_at = a->event.len;
			in = (struct slice){in.p + 1, in.n - 1};
			a->skip_lf = false;
			continue;
		}
		a->skip_lf = false;
		while (n < in.n && in.p[n] != '\r' && in.p[n] != '\n')
			n++;
		if (a->event.len + n > a->options.event_max_bytes)
			return RC_TOO_BIG;
		lf = n < in.n;
		rc = buf_add(&a->event, in.p, n + lf);
		if (lf && rc == RC_OK) {
			a->skip_lf = in.p[n] == '\r';
			rc = whole_line(a, out, end_at);
		}
		in = (struct slice){in.p + n + lf, in.n - n - lf};
	}
	return rc;
}

/* ---- a JSON value a line ------------------------------------------------------------------------------------------------------------------- */

static enum rc write_line(void *arg, struct slice frame, struct slice data, struct buf *out)
{
	size_t n = frame.n;

	(void)arg;
	while (n && (frame.p[n - 1] == '\n' || frame.p[n - 1] == '\r'))
		n--;
	buf_add_slice(out, data);
	return frame.n > n ? buf_add(out, frame.p + n, frame.n - n) : buf_putc(out, '\n');
}

static enum rc one_line(struct answer *a, struct buf *out, size_t *end_at)
{
	struct slice line = buf_slice(&a->event);
	size_t at = out->len;
	bool last = false, blank = true;
	enum rc rc;

	while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	for (size_t i = 0; i < line.n && blank; i++)
		blank = line.p[i] == ' ' || line.p[i] == '\t';
	if (blank)
		rc = buf_add_slice(out, buf_slice(&a->event));
	else
		rc = event_streams_next(a->streams, buf_slice(&a->event), line, write_line, a, out, &last, &at);
	if (last && *end_at == SIZE_MAX)
		*end_at = at;
	buf_clear(&a->event);
	return rc;
}

static enum rc feed_lines(struct answer *a, struct slice in, struct buf *out, size_t *end_at)
{
	enum rc rc = RC_OK;

	while (in.n && rc == RC_OK) {
		const char *lf = memchr(in.p, '\n', in.n);
		size_t n = lf ? (size_t)(lf - in.p) + 1 : in.n;

		if (a->event.len + n > a->options.event_max_bytes)
			return RC_TOO_BIG;
		rc = buf_add(&a->event, in.p, n);
		if (rc == RC_OK && lf)
			rc = one_line(a, out, end_at);
		in = (struct slice){in.p + n, in.n - n};
	}
	return rc;
}

/* ---- the body ------------------------------------------------------------------------------------------------------------------------------ */

/* One text; what may go out has gone to out when this returns. */
static enum rc feed_text(struct answer *a, struct slice in, struct buf *out)
{
	enum rc rc = buf_add_slice(&a->outlet.pending, in);

	a->outlet.out = out;
	if (rc == RC_OK)
		rc = text_feed(a->text, in, in.n);
	return rc == RC_OK ? out->rc : rc;
}

enum rc answer_feed(struct answer *a, struct slice in, struct buf *out, size_t *end_at)
{
	static const char bom[] = "\xef\xbb\xbf";

	if (!a->began && a->options.framing == FRAMING_SSE && in.n >= 3 && memcmp(in.p, bom, 3) == 0) {
		buf_add(out, in.p, 3);
		in = (struct slice){in.p + 3, in.n - 3};
	}
	a->began = a->began || in.n;
	switch (a->options.framing) {
	case FRAMING_JSON:
	case FRAMING_TEXT:
		return feed_text(a, in, out);
	case FRAMING_SSE:
		return feed_sse(a, in, out, end_at);
	case FRAMING_NDJSON:
		return feed_lines(a, in, out, end_at);
	}
	return RC_FAULT;
}

enum rc answer_finish(struct answer *a, struct buf *out, size_t *end_at)
{
	enum rc rc = RC_OK;

	a->outlet.out = out;
	switch (a->options.framing) {
	case FRAMING_JSON:
	case FRAMING_TEXT:
		rc = text_end(a->text);
		break;
	case FRAMING_SSE:
		if (a->event.len)                        /* an event that was cut */
			rc = whole_event(a, out, end_at);
		if (rc == RC_OK)
			rc = event_streams_end(a->streams, write_sse, a, out);
		break;
	case FRAMING_NDJSON:
		if (a->event.len)
			rc = one_line(a, out, end_at);
		if (rc == RC_OK)
			rc = event_streams_end(a->streams, write_line, a, out);
		break;
	}
	return rc == RC_OK ? out->rc : rc;
}

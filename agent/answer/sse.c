#include "sse.h"

#include <string.h>

void sse_init(struct sse_reader *r, size_t event_max_bytes)
{
	*r = (struct sse_reader){.event_max_bytes = event_max_bytes};
	buf_init(&r->event, event_max_bytes + 65536);
}

void sse_free(struct sse_reader *r)
{
	buf_free(&r->event);
}

void sse_clear(struct sse_reader *r)
{
	buf_clear(&r->event);
	r->line_at = 0;
	r->fields = false;
}

/* Bytes before the first CR or LF. */
static size_t line_length(struct slice in)
{
	const char *lf = in.n ? memchr(in.p, '\n', in.n) : NULL, *cr;

	if (lf)
		in.n = (size_t)(lf - in.p);
	cr = in.n ? memchr(in.p, '\r', in.n) : NULL;
	return cr ? (size_t)(cr - in.p) : in.n;
}

bool sse_line(struct slice *event, struct sse_line *out)
{
	const char *p = event->p, *colon;
	size_t n, name;

	if (!event->n)
		return false;
	n = line_length(*event);
	colon = n ? memchr(p, ':', n) : NULL;
	name = colon ? (size_t)(colon - p) : n;
	*out = (struct sse_line){.name = {p, name}, .colon = {p + name, 0}, .value = {p + name, 0}, .end = {p + n, 0}};
	if (colon) {
		out->colon.n = 1 + (name + 1 < n && p[name + 1] == ' ');
		out->value = (struct slice){p + name + out->colon.n, n - name - out->colon.n};
	}
	if (n < event->n)
		out->end.n = p[n] == '\r' && n + 1 < event->n && p[n + 1] == '\n' ? 2 : 1;
	*event = (struct slice){p + n + out->end.n, event->n - n - out->end.n};
	return true;
}

/* A line has come whole; its end is in the event already. Does it end the event? */
static bool line_ends_event(struct sse_reader *r)
{
	char first = r->event.data[r->line_at];

	r->line_at = r->event.len;
	if (first == '\r' || first == '\n')
		return true;
	if (first == ':' && !r->fields)                  /* a comment between events keeps the connection alive, and waits for nothing */
		return true;
	r->fields = true;
	return false;
}

enum rc sse_next(struct sse_reader *r, struct slice *in, bool *whole)
{
	*whole = false;
	while (in->n && !*whole) {
		size_t n = line_length(*in);
		bool ended = n < in->n, lf = r->skip_lf && *in->p == '\n';
		enum rc rc;

		r->skip_lf = false;
		if (r->event.len + n > r->event_max_bytes)
			return RC_TOO_BIG;
		rc = buf_add(&r->event, in->p, n + ended);
		if (rc != RC_OK)
			return rc;
		*in = (struct slice){in->p + n + ended, in->n - n - ended};
		if (lf) {                                /* the second half of a CRLF; its line may have gone already */
			r->line_at = r->event.len;
			*whole = r->event.len == 1;
		} else if (ended) {
			r->skip_lf = r->event.data[r->event.len - 1] == '\r';
			*whole = line_ends_event(r);
		}
	}
	return RC_OK;
}

bool sse_data(struct slice event, struct buf *out)
{
	struct sse_line line;
	bool any = false;

	while (sse_line(&event, &line))
		if (slice_is(line.name, "data")) {
			if (any)
				buf_putc(out, '\n');
			buf_add_slice(out, line.value);
			any = true;
		}
	return any;
}

enum rc sse_write_data(const struct sse_line *like, struct slice data, struct buf *out)
{
	for (;;) {
		const char *lf = data.n ? memchr(data.p, '\n', data.n) : NULL;
		size_t n = lf ? (size_t)(lf - data.p) : data.n;

		buf_puts(out, "data");
		buf_add_slice(out, like->colon.n ? like->colon : SLICE(":"));
		buf_add(out, data.p, n);
		if (!lf)
			return buf_add_slice(out, like->end);
		buf_add_slice(out, like->end.n ? like->end : SLICE("\n"));
		data = (struct slice){lf + 1, data.n - n - 1};
	}
}

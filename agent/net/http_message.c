#include "http_message.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void http_head_init(struct http_head *head)
{
	*head = (struct http_head){0};
	buf_init(&head->text, 1 << 20);
	head->content_length = -1;
}

void http_head_free(struct http_head *head)
{
	buf_free(&head->text);
	free(head->headers);
	http_head_init(head);
}

static void head_clear(struct http_head *head)
{
	buf_clear(&head->text);
	head->method = head->target = (struct slice){0};
	head->status = head->minor = 0;
	head->n_headers = 0;
	head->keep_alive = head->chunked = false;
	head->content_length = -1;
}

struct slice http_header(const struct http_head *head, const char *name)
{
	for (size_t i = 0; i < head->n_headers; i++)
		if (slice_is_nocase(head->headers[i].name, name))
			return head->headers[i].value;
	return (struct slice){0};
}

static struct slice trim(struct slice s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

bool http_header_lists(const struct http_head *head, const char *name, struct slice token)
{
	for (size_t i = 0; i < head->n_headers; i++) {
		struct slice rest = head->headers[i].value;

		if (!slice_is_nocase(head->headers[i].name, name))
			continue;
		for (;;) {
			const char *comma = rest.n ? memchr(rest.p, ',', rest.n) : NULL;
			struct slice item = trim((struct slice){rest.p, comma ? (size_t)(comma - rest.p) : rest.n});

			if (item.n == token.n && strncasecmp(item.p, token.p, token.n) == 0)
				return true;
			if (!comma)
				break;
			rest = (struct slice){comma + 1, rest.n - (size_t)(comma + 1 - rest.p)};
		}
	}
	return false;
}

/* ---- llhttp's callbacks: they collect; while the text still grows, slices hold offsets in place of pointers ---- */

static struct http_message *message(llhttp_t *p)
{
	return p->data;
}

static int keep(struct http_message *m, struct slice *s, const char *at, size_t n)
{
	struct buf *text = &m->head->text;

	if (s->n == 0)
		s->p = (const char *)text->len;
	if (buf_add(text, at, n) != RC_OK) {
		m->rc = text->rc;
		return HPE_USER;
	}
	s->n += n;
	return 0;
}

static int on_method(llhttp_t *p, const char *at, size_t n)
{
	return keep(message(p), &message(p)->head->method, at, n);
}

static int on_url(llhttp_t *p, const char *at, size_t n)
{
	return keep(message(p), &message(p)->head->target, at, n);
}

static struct http_header *last_header(struct http_message *m)
{
	return &m->head->headers[m->head->n_headers - 1];
}

static int on_header_field(llhttp_t *p, const char *at, size_t n)
{
	struct http_message *m = message(p);
	struct http_head *head = m->head;

	if (!m->in_head)                 /* a trailer */
		return 0;
	if (head->n_headers == 0 || last_header(m)->value.p) {
		if (head->n_headers == head->cap_headers) {
			size_t cap = head->cap_headers ? 2 * head->cap_headers : 16;
			struct http_header *headers = realloc(head->headers, cap * sizeof *headers);

			if (!headers) {
				m->rc = RC_NOMEM;
				return HPE_USER;
			}
			head->headers = headers;
			head->cap_headers = cap;
		}
		head->headers[head->n_headers++] = (struct http_header){0};
	}
	return keep(m, &last_header(m)->name, at, n);
}

static int on_header_value(llhttp_t *p, const char *at, size_t n)
{
	struct http_message *m = message(p);

	return m->in_head ? keep(m, &last_header(m)->value, at, n) : 0;
}

/* An empty value has no bytes: mark it as there, so that the next name begins a header of its own. */
static int on_header_value_complete(llhttp_t *p)
{
	struct http_message *m = message(p);

	if (m->in_head && !last_header(m)->value.p)
		last_header(m)->value.p = (const char *)m->head->text.len;
	return 0;
}

static int on_headers_complete(llhttp_t *p)
{
	struct http_message *m = message(p);

	p->upgrade = 0;                  /* there is none: the header is taken away, the body stays a body */
	if (m->no_body)
		p->flags |= F_SKIPBODY;
	return HPE_PAUSED;
}

static int on_body(llhttp_t *p, const char *at, size_t n)
{
	struct http_message *m = message(p);

	if (buf_add(m->body, at, n) == RC_OK)
		return 0;
	m->rc = m->body->rc;
	return HPE_USER;
}

static int on_message_complete(llhttp_t *p)
{
	(void)p;
	return HPE_PAUSED;
}

void http_message_init(struct http_message *m, enum http_kind kind, size_t header_max_bytes)
{
	static const llhttp_settings_t settings = {
		.on_method = on_method, .on_url = on_url, .on_header_field = on_header_field, .on_header_value = on_header_value,
		.on_header_value_complete = on_header_value_complete, .on_headers_complete = on_headers_complete,
		.on_body = on_body, .on_message_complete = on_message_complete,
	};

	*m = (struct http_message){.header_max_bytes = header_max_bytes};
	llhttp_init(&m->parser, kind == HTTP_KIND_REQUEST ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
	m->parser.data = m;
}

void http_message_begin(struct http_message *m, struct http_head *head, struct buf *body, bool no_body)
{
	head_clear(head);
	m->head = head;
	m->body = body;
	m->no_body = no_body;
	m->head_bytes = 0;
	m->last = 0;
	m->in_head = true;
	m->rc = RC_OK;
	m->parser.data = m;
	llhttp_reset(&m->parser);
}

/* ---- what llhttp lets through ---- */

/* A line of the head that begins with white space continues the one before. */
static bool folded(struct http_message *m, struct slice in)
{
	const char *end = in.p + in.n;

	if (in.n && m->last == '\n' && (*in.p == ' ' || *in.p == '\t'))
		return true;
	for (const char *lf = in.p; (lf = memchr(lf, '\n', (size_t)(end - lf))); lf++)
		if (lf + 1 < end && (lf[1] == ' ' || lf[1] == '\t'))
			return true;
	return false;
}

static void fix(const char *base, struct slice *s)
{
	s->p = base + (size_t)s->p;
}

static size_t count(const struct http_head *head, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < head->n_headers; i++)
		n += slice_is_nocase(head->headers[i].name, name);
	return n;
}

static enum rc check_request(const struct http_head *head, struct why *why)
{
	struct slice host = http_header(head, "host");

	if (head->target.n == 0 || head->target.p[0] != '/')
		return why_set(why, RC_BAD, "the request target must be a path");
	if (count(head, "host") != 1 || host.n == 0)
		return why_set(why, RC_BAD, "a request needs one Host header");
	if (count(head, "content-length") > 1)
		return why_set(why, RC_BAD, "Content-Length stands there more than once");
	return RC_OK;
}

/* Readers differ in which of two they believe. */
static enum rc check_answer(const struct http_head *head, struct why *why)
{
	if (count(head, "content-type") > 1 || count(head, "content-encoding") > 1)
		return why_set(why, RC_BAD, "Content-Type or Content-Encoding stands there more than once");
	return RC_OK;
}

static enum rc finish_head(struct http_message *m, struct why *why)
{
	struct http_head *head = m->head;
	llhttp_t *p = &m->parser;
	struct slice coding;

	for (size_t i = 0; i < head->n_headers; i++) {
		fix(head->text.data, &head->headers[i].name);
		fix(head->text.data, &head->headers[i].value);
		head->headers[i].value = trim(head->headers[i].value);
	}
	fix(head->text.data, &head->method);
	fix(head->text.data, &head->target);
	head->status = p->status_code;
	head->minor = p->http_minor;
	head->chunked = (p->flags & F_CHUNKED) != 0;
	head->content_length = p->flags & F_CONTENT_LENGTH && !head->chunked ? (int64_t)p->content_length : -1;
	head->keep_alive = llhttp_should_keep_alive(p) != 0;
	m->in_head = false;
	if (p->http_major != 1 || p->http_minor > 1)
		return why_set(why, RC_BAD, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	if (p->flags & F_CONTENT_LENGTH && p->content_length > INT64_MAX)
		return why_set(why, RC_BAD, "Content-Length is too large");
	coding = http_header(head, "transfer-encoding");
	if (coding.p && (!slice_is_nocase(coding, "chunked") || count(head, "transfer-encoding") != 1 || head->minor == 0))
		return why_set(why, RC_BAD, "the only transfer coding is chunked, in HTTP/1.1");
	if (coding.p && count(head, "content-length"))
		return why_set(why, RC_BAD, "Content-Length and Transfer-Encoding exclude each other");
	return p->type == HTTP_REQUEST ? check_request(head, why) : check_answer(head, why);
}

enum rc http_message_feed(struct http_message *m, struct slice *in, enum http_event *event, struct why *why)
{
	size_t room = m->in_head && m->header_max_bytes - m->head_bytes < in->n ? m->header_max_bytes - m->head_bytes : in->n;
	llhttp_errno_t e;
	size_t used;

	*event = HTTP_EVENT_MORE;
	if (in->n == 0)
		return RC_OK;
	e = llhttp_execute(&m->parser, in->p, room);
	used = e == HPE_OK ? room : (size_t)(llhttp_get_error_pos(&m->parser) - in->p);
	if (m->in_head) {
		if (folded(m, (struct slice){in->p, used}))
			return why_set(why, RC_BAD, "a header goes on in a second line");
		m->head_bytes += used;
		if (used)
			m->last = in->p[used - 1];
	}
	in->p += used;
	in->n -= used;
	if (e == HPE_PAUSED) {
		llhttp_resume(&m->parser);
		*event = m->in_head ? HTTP_EVENT_HEAD : HTTP_EVENT_DONE;
		return m->in_head ? finish_head(m, why) : RC_OK;
	}
	if (m->rc != RC_OK)
		return why_set(why, m->rc, m->rc == RC_TOO_BIG ? "the message is too large" : "no memory");
	if (e != HPE_OK)
		return why_set(why, RC_BAD, "malformed HTTP: %s", llhttp_errno_name(e));
	if (m->in_head && m->head_bytes == m->header_max_bytes)
		return why_set(why, RC_TOO_BIG, "more than %zu bytes of headers", m->header_max_bytes);
	return RC_OK;
}

enum rc http_message_end(struct http_message *m)
{
	llhttp_errno_t e;

	if (m->in_head)
		return RC_END;
	e = llhttp_finish(&m->parser);
	return e == HPE_OK || e == HPE_PAUSED ? RC_OK : RC_END;
}

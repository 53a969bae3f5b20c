#include "headers.h"

#include <string.h>
#include <strings.h>

#include "json.h"

enum {
	HOP = 1,                         /* RFC 9110 7.6.1 */
	OURS = 2,                        /* set anew for the model */
	NOT_UP = 4,                      /* never reaches the model */
	NOT_DOWN = 8,                    /* never reaches the client */
	SECRET = 16,                     /* never on record */
};

#define N(name) name, sizeof(name) - 1
/* A name that ends in - stands for all that begin so. */
static const struct row {
	const char *name;
	size_t n;
	int what;
} names[] = {
	{N("connection"), HOP}, {N("keep-alive"), HOP}, {N("te"), HOP}, {N("trailer"), HOP}, {N("transfer-encoding"), HOP}, {N("upgrade"), HOP},
	{N("proxy-"), HOP | SECRET},
	{N("host"), OURS}, {N("content-length"), OURS | NOT_DOWN}, {N("expect"), OURS}, {N("accept-encoding"), OURS},
	{N("authorization"), NOT_UP | SECRET}, {N("x-api-key"), NOT_UP | SECRET}, {N("api-key"), NOT_UP | SECRET},
	{N("cookie"), NOT_UP | SECRET}, {N("forwarded"), NOT_UP}, {N("x-forwarded-"), NOT_UP}, {N("x-remote-"), NOT_UP}, {N("range"), NOT_UP},
	{N("if-"), NOT_UP},
	{N("content-encoding"), NOT_DOWN}, {N("set-cookie"), NOT_DOWN}, {N("access-control-"), NOT_DOWN}, {N("etag"), NOT_DOWN},
	{N("content-md5"), NOT_DOWN}, {N("digest"), NOT_DOWN}, {N("content-digest"), NOT_DOWN}, {N("repr-digest"), NOT_DOWN},
	{N("alt-svc"), NOT_DOWN},
};
#undef N

/* Some servers read x_remote_user as x-remote-user, so we compare as they do. */
static bool same_letter(char a, char b)
{
	a = a == '_' ? '-' : a >= 'A' && a <= 'Z' ? (char)(a + 32) : a;
	return a == b;
}

static bool is_name(struct slice name, const struct row *row)
{
	if (name.n < row->n || (name.n > row->n && row->name[row->n - 1] != '-'))
		return false;
	for (size_t i = 0; i < row->n; i++)
		if (!same_letter(name.p[i], row->name[i]))
			return false;
	return true;
}

static int what_of(struct slice name)
{
	int what = 0;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (is_name(name, &names[i]))
			what |= names[i].what;
	return what;
}

static bool goes_up(const struct http_head *head, const struct http_header *h, const struct target *target)
{
	return !(what_of(h->name) & (HOP | OURS | NOT_UP)) && !http_header_lists(head, "connection", h->name) &&
	       !(target->credential_header && slice_is_nocase(h->name, target->credential_header));
}

const struct http_header *headers_next_forwarded(const struct http_head *head, const struct target *target, size_t *i)
{
	while (*i < head->n_headers) {
		const struct http_header *h = &head->headers[(*i)++];

		if (goes_up(head, h, target))
			return h;
	}
	return NULL;
}

static void add_line(struct buf *out, struct slice name, struct slice value)
{
	buf_add_slice(out, name);
	buf_add(out, ": ", 2);
	buf_add_slice(out, value);
	buf_add(out, "\r\n", 2);
}

enum rc headers_forward(const struct http_head *head, const char *path, const struct target *target, size_t body_bytes,
			struct buf *out)
{
	const struct http_header *h;
	size_t i = 0;

	buf_add_slice(out, head->method);
	buf_putc(out, ' ');
	buf_puts(out, path);
	buf_puts(out, " HTTP/1.1\r\n");
	add_line(out, SLICE("Host"), slice_str(target->host_header));
	while ((h = headers_next_forwarded(head, target, &i)))
		add_line(out, h->name, h->value);
	if (target->credential_header)
		add_line(out, slice_str(target->credential_header), slice_str(target->credential));
	buf_puts(out, "Accept-Encoding: identity\r\n");
	if (body_bytes || slice_is(head->method, "POST") || slice_is(head->method, "PUT")) {
		buf_puts(out, "Content-Length: ");
		buf_put_number(out, body_bytes);
		buf_puts(out, "\r\n");
	}
	return buf_puts(out, "\r\n");
}

static enum rc json_pair(struct buf *json, struct slice name, struct slice value)
{
	buf_puts(json, json->len && json->data[json->len - 1] == '[' ? "[" : ",[");
	json_add_string(json, name);
	buf_putc(json, ',');
	json_add_string(json, value);
	return buf_putc(json, ']');
}

/* Values of headers are no prose. */
static enum rc values_begin(struct mask_engine *engine, struct mask_scope *scope, struct mask_stream **m)
{
	enum rc rc = mask_stream_new(engine, scope, NULL, m);

	if (rc == RC_OK)
		mask_stream_alone(*m);
	return rc;
}

/* Does the name say that its value is somebody's, "X-Patient-MRN"? Those of the protocol ("Age", "X-Request-Id") label nothing. */
static bool is_label(struct slice name)
{
	static const char *const words[] = {"patient", "member", "medical", "mrn", "ssn", "npi", "dob", "birth"};

	for (size_t at = 0; at < name.n; at++)
		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			size_t n = strlen(words[i]);

			if ((name.p[at] | 32) == words[i][0] && n <= name.n - at && strncasecmp(name.p + at, words[i], n) == 0)
				return true;
		}
	return false;
}

/* "X-Patient-MRN" is read as "X Patient MRN: ". */
static void add_label(struct slice name, struct buf *out)
{
	for (size_t i = 0; i < name.n; i++)
		buf_putc(out, name.p[i] == '-' || name.p[i] == '_' ? ' ' : name.p[i]);
	buf_puts(out, ": ");
}

/* One value after the other, each a text of its own. */
static enum rc mask_value(struct mask_stream *m, struct slice name, struct slice value, struct buf *out)
{
	enum rc rc = RC_OK;

	buf_clear(out);
	if (is_label(name)) {
		add_label(name, out);
		rc = mask_context(m, buf_slice(out));
		buf_clear(out);
	}
	if (rc == RC_OK)
		rc = mask_feed(m, value.p, value.n, out);
	return rc == RC_OK ? mask_finish(m, out) : rc;
}

/* "00-" 32 hex digits "-" 16 hex digits "-" 2 hex digits (W3C Trace Context 3.2): an id that finds a request in other logs, no number
 * of a patient. */
static bool is_traceparent(struct slice v)
{
	static const char shape[] = "xx-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";

	if (v.n != sizeof shape - 1)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (shape[i] == '-' ? v.p[i] != '-' : !((v.p[i] >= '0' && v.p[i] <= '9') || (v.p[i] >= 'a' && v.p[i] <= 'f')))
			return false;
	return true;
}

/* Few names hold digits at all. */
static bool name_holds_code(struct mask_engine *engine, struct slice name)
{
	size_t digits = 0;

	for (size_t i = 0; i < name.n; i++)
		digits += name.p[i] >= '0' && name.p[i] <= '9';
	return digits >= 4 && mask_finds_code(engine, name);
}

enum rc headers_request_json(const struct http_head *head, struct mask_engine *engine, struct mask_scope *scope, struct buf *json)
{
	struct mask_stream *m = NULL;
	struct buf masked_name, masked;
	enum rc rc = engine ? values_begin(engine, scope, &m) : RC_OK;

	buf_init(&masked_name, BUF_MAX_DEFAULT);
	buf_init(&masked, BUF_MAX_DEFAULT);
	buf_putc(json, '[');
	for (size_t i = 0; i < head->n_headers && rc == RC_OK; i++) {
		const struct http_header *h = &head->headers[i];
		struct slice name = h->name, value = h->value;

		if (what_of(h->name) & SECRET)
			continue;
		if (m && name_holds_code(engine, name)) {
			rc = mask_value(m, (struct slice){0}, name, &masked_name);
			name = buf_slice(&masked_name);
		}
		if (rc == RC_OK && m && (!slice_is_nocase(h->name, "traceparent") || !is_traceparent(value))) {
			rc = mask_value(m, h->name, value, &masked);
			value = buf_slice(&masked);
		}
		if (rc == RC_OK)
			rc = json_pair(json, name, value);
	}
	mask_stream_free(m);
	buf_free(&masked_name);
	buf_free(&masked);
	return rc == RC_OK ? buf_putc(json, ']') : rc;
}

/* "Tue, 24 Nov 2026 15:35:02 GMT" (IMF-fixdate): when the server answered, no date of a patient. */
static bool is_http_date(struct slice v)
{
	static const char shape[] = "Aaa, 00 Aaa 0000 00:00:00 GMT";

	if (v.n != sizeof shape - 1)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		bool digit = v.p[i] >= '0' && v.p[i] <= '9', upper = v.p[i] >= 'A' && v.p[i] <= 'Z',
		     lower = v.p[i] >= 'a' && v.p[i] <= 'z';

		if (i >= 26 ? v.p[i] != shape[i] : shape[i] == '0' ? !digit : shape[i] == 'A' ? !upper : shape[i] == 'a' ? !lower :
													 v.p[i] != shape[i])
			return false;
	}
	return true;
}

static bool goes_down(const struct http_head *head, const struct http_header *h)
{
	return !(what_of(h->name) & (HOP | NOT_DOWN)) && !http_header_lists(head, "connection", h->name);
}

enum rc headers_answer_original(const struct http_head *head, struct slice credential, struct buf *json)
{
	enum rc rc = RC_OK;

	buf_putc(json, '[');
	for (size_t i = 0; i < head->n_headers && rc == RC_OK; i++) {
		const struct http_header *h = &head->headers[i];
		bool shows = credential.n && memmem(h->value.p, h->value.n, credential.p, credential.n);

		if (goes_down(head, h))
			rc = json_pair(json, h->name, shows ? SLICE("[SECRET]") : h->value);
	}
	return rc == RC_OK ? buf_putc(json, ']') : rc;
}

enum rc headers_answer(const struct http_head *head, struct mask_engine *engine, struct mask_scope *scope, struct slice credential,
		       struct buf *lines, struct buf *json)
{
	struct mask_stream *m;
	struct buf masked;
	enum rc rc = values_begin(engine, scope, &m);

	buf_init(&masked, BUF_MAX_DEFAULT);
	buf_putc(json, '[');
	if (rc == RC_OK)
		mask_stream_secret(m, credential);
	for (size_t i = 0; i < head->n_headers && rc == RC_OK; i++) {
		const struct http_header *h = &head->headers[i];
		struct slice value = h->value;

		if (!goes_down(head, h) || name_holds_code(engine, h->name))      /* a name has no place for a mask */
			continue;
		if (!slice_is_nocase(h->name, "date") || !is_http_date(value)) {
			rc = mask_value(m, h->name, value, &masked);
			value = buf_slice(&masked);
		}
		if (rc != RC_OK)
			break;
		add_line(lines, h->name, value);
		rc = json_pair(json, h->name, value);
	}
	mask_stream_free(m);
	buf_free(&masked);
	if (rc == RC_OK)
		rc = buf_putc(json, ']');
	return rc == RC_OK ? lines->rc : rc;
}

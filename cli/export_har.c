/* HAR 1.2. An exchange's records lie among those of others: the index is followed from its request to its end as often as something of the answer
 * is needed before something else of it may be written, and only its own records are read. Members of ours begin with '_', as HAR has it. */
#include "export.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "encode.h"
#include "json.h"
#include "jsonline.h"
#include "leaves.h"

#define SMALL_MAX ((size_t)1 << 18)              /* a path, a media type */
#define PIECE_MAX ((size_t)4096)

/* What must be known of an answer before it is written. */
struct survey {
	int status;
	bool b64;                                /* not all of it is text */
	bool ended;
	uint64_t bytes;
	long long first_us, last_us;             /* -1: no byte */
	char cut[32];                            /* why it has no end */
	struct buf type;
};

struct har {
	struct bundle *bundle;
	FILE *out;
	size_t *lost;
	struct why *why;
	uint64_t from;                           /* behind the request's record */
	uint64_t exchange;
	struct buf name, value, scratch, bytes;
	struct survey answer;
	bool first, comma;
	unsigned char carry[3];                  /* bytes that are no whole group of base64 */
	size_t carry_n;
	long long at_us;                         /* of the chunk that is read */
	uint64_t n;                              /* and its bytes so far */
};

/* ---- JSON ------------------------------------------------------------------------------------------------------------------- */

/* Characters of a string, without its quotes. */
static void put_chars(struct har *h, struct slice text)
{
	while (text.n) {
		struct slice piece = {text.p, text.n < PIECE_MAX ? text.n : PIECE_MAX};

		while (piece.n < text.n && piece.n > PIECE_MAX - 4 && (text.p[piece.n] & 0xc0) == 0x80)
			piece.n--;               /* not within a character */
		buf_clear(&h->scratch);
		if (json_add_string(&h->scratch, piece) == RC_OK)
			jsonline_text(h->out, (struct slice){h->scratch.data + 1, h->scratch.len - 2});
		text = (struct slice){text.p + piece.n, text.n - piece.n};
	}
}

static void put_string(struct har *h, struct slice text)
{
	fputc('"', h->out);
	put_chars(h, text);
	fputc('"', h->out);
}

static void keep(struct buf *to, const struct leaf *leaf)
{
	if (leaf->begin)
		buf_clear(to);
	buf_add_slice(to, leaf->text);
}

/* ---- one exchange's records ------------------------------------------------------------------------------------------------- */

/* Each of the exchange's records behind its request, until it has ended or take says so. RC_OK also when it has no end here. */
static enum rc follow(struct har *h, bool tell, bool (*take)(struct har *h, const struct bundle_record *record))
{
	enum rc rc = bundle_seek(h->bundle, h->from);

	while (rc == RC_OK) {
		struct bundle_record record;
		struct why why = {0};

		rc = bundle_next_line(h->bundle, &record, &why);
		if (rc == RC_BAD)
			rc = RC_OK;              /* the walk over all records tells of it */
		else if (rc == RC_OK && record.exchange == h->exchange) {
			rc = bundle_body(h->bundle, &record, &why);
			if (rc == RC_OK && !take(h, &record))
				return RC_OK;
			if (rc == RC_BAD || rc == RC_DENIED || rc == RC_TOO_BIG) {
				if (tell) {
					++*h->lost;
					export_lost(&record, &why);
				}
				rc = RC_OK;
			}
		}
		if (rc == RC_OK && ferror(h->out))
			rc = RC_IO;
	}
	return rc == RC_END ? RC_OK : rc;
}

/* Of base64, each six bits; padding is none. */
static uint64_t digits(struct slice base64)
{
	uint64_t n = 0;

	for (size_t i = 0; i < base64.n; i++)
		n += base64.p[i] != '=';
	return n;
}

static void survey_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	struct har *h = arg;
	struct survey *s = &h->answer;

	if (leaf_is(l, "status") && !leaf->string) {
		keep(&h->value, leaf);
		if (leaf->end && h->value.len && h->value.len < 5)
			s->status = atoi(h->value.data);
	} else if (leaf_is(l, "headers[][]") && leaf_index(l, 1) == 0) {
		keep(&h->name, leaf);
	} else if (leaf_is(l, "headers[][]") && slice_is_nocase(buf_slice(&h->name), "content-type")) {
		keep(&s->type, leaf);
	} else if (leaf_is(l, "chunks[][]") && !leaf->string) {
		keep(&h->value, leaf);
		if (leaf->end && h->value.len && h->value.len < 18) {
			s->last_us = strtoll(h->value.data, NULL, 10);
			s->first_us = s->first_us < 0 ? s->last_us : s->first_us;
		}
	} else if (leaf_is(l, "chunks[][]")) {
		s->bytes += leaf->text.n;
	} else if (leaf_is(l, "chunks[][].b64")) {
		s->b64 = true;
		h->n = leaf->begin ? 0 : h->n;
		h->n += digits(leaf->text);
		s->bytes += leaf->end ? h->n * 6 / 8 : 0;
	} else if (leaf_is(l, "end") && leaf->end) {
		s->ended = true;
	}
}

static bool survey(struct har *h, const struct bundle_record *record)
{
	struct leaves l;

	if (strcmp(record->kind, "response") == 0) {
		leaves_begin(&l, survey_leaf, h);
		leaves_feed(&l, record->body);
	} else if (strcmp(record->kind, "cut") == 0) {
		cJSON *body = json_parse(record->body);
		const char *reason = json_text(body, "reason");

		snprintf(h->answer.cut, sizeof h->answer.cut, "%s", reason ? reason : "unknown");
		cJSON_Delete(body);
		return false;
	}
	return !h->answer.ended;
}

/* ---- the content of an answer ----------------------------------------------------------------------------------------------- */

/* Whole groups of base64 as they come; the rest waits. */
static void put_base64(struct har *h, struct slice bytes, bool last)
{
	while (bytes.n || (last && h->carry_n)) {
		struct buf *out = &h->scratch;

		while (h->carry_n < 3 && bytes.n) {
			h->carry[h->carry_n++] = (unsigned char)*bytes.p++;
			bytes.n--;
		}
		if (h->carry_n < 3 && !last)
			return;
		buf_clear(out);
		if (base64_encode(h->carry, h->carry_n, out) == RC_OK)
			fwrite(out->data, 1, out->len, h->out);
		h->carry_n = 0;
	}
}

static void content_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	struct har *h = arg;

	if (leaf_is(l, "chunks[][]") && leaf->string) {
		if (h->answer.b64)
			put_base64(h, leaf->text, false);
		else
			put_chars(h, leaf->text);
	} else if (leaf_is(l, "chunks[][].b64")) {
		keep(&h->value, leaf);
		buf_clear(&h->bytes);
		if (leaf->end && base64_decode(buf_slice(&h->value), &h->bytes) == RC_OK)
			put_base64(h, buf_slice(&h->bytes), false);
	}
}

static bool content(struct har *h, const struct bundle_record *record)
{
	struct leaves l;

	if (strcmp(record->kind, "response") == 0) {
		leaves_begin(&l, content_leaf, h);
		leaves_feed(&l, record->body);
	}
	return strcmp(record->kind, "cut") != 0;
}

/* [microseconds since the request, bytes] of each piece as it was sent. */
static void chunks_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	struct har *h = arg;
	bool b64 = leaf_is(l, "chunks[][].b64");

	if (leaf_is(l, "chunks[][]") && !leaf->string) {
		keep(&h->value, leaf);
		if (leaf->end)
			h->at_us = h->value.len && h->value.len < 18 ? strtoll(h->value.data, NULL, 10) : 0;
		return;
	}
	if (!b64 && !(leaf_is(l, "chunks[][]") && leaf->string))
		return;
	h->n = leaf->begin ? 0 : h->n;
	h->n += b64 ? digits(leaf->text) : leaf->text.n;
	if (!leaf->end)
		return;
	fprintf(h->out, "%s[%lld,%llu]", h->comma ? "," : "", h->at_us, (unsigned long long)(b64 ? h->n * 6 / 8 : h->n));
	h->comma = true;
}

static bool chunks(struct har *h, const struct bundle_record *record)
{
	struct leaves l;

	if (strcmp(record->kind, "response") == 0) {
		leaves_begin(&l, chunks_leaf, h);
		leaves_feed(&l, record->body);
	}
	return strcmp(record->kind, "cut") != 0;
}

static void headers_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	struct har *h = arg;

	if (!leaf_is(l, "headers[][]") || !leaf->string)
		return;
	keep(leaf_index(l, 1) == 0 ? &h->name : &h->value, leaf);
	if (leaf_index(l, 1) != 1 || !leaf->end)
		return;
	fputs(h->comma ? ",{\"name\":" : "{\"name\":", h->out);
	put_string(h, buf_slice(&h->name));
	fputs(",\"value\":", h->out);
	put_string(h, buf_slice(&h->value));
	fputc('}', h->out);
	h->comma = true;
}

static bool response_headers(struct har *h, const struct bundle_record *record)
{
	struct leaves l;

	if (strcmp(record->kind, "response") != 0)
		return strcmp(record->kind, "cut") != 0;
	leaves_begin(&l, headers_leaf, h);
	leaves_feed(&l, record->body);
	return false;
}

static enum rc put_response(struct har *h)
{
	const struct survey *s = &h->answer;
	enum rc rc;

	fprintf(h->out, ",\"response\":{\"status\":%d,\"statusText\":\"\",\"httpVersion\":\"HTTP/1.1\",\"cookies\":[],\"headers\":[", s->status);
	h->comma = false;
	rc = s->status ? follow(h, false, response_headers) : RC_OK;
	fprintf(h->out, "],\"redirectURL\":\"\",\"headersSize\":-1,\"bodySize\":-1,\"content\":{\"size\":%llu,\"mimeType\":",
		(unsigned long long)s->bytes);
	put_string(h, s->type.len ? buf_slice(&s->type) : SLICE("x-unknown"));
	if (s->bytes) {
		fprintf(h->out, "%s,\"text\":\"", s->b64 ? ",\"encoding\":\"base64\"" : "");
		h->carry_n = 0;
		if (rc == RC_OK)
			rc = follow(h, true, content);
		put_base64(h, SLICE(""), true);
		fputc('"', h->out);
	}
	fputs("}},\"cache\":{}", h->out);
	if (s->first_us < 0) {
		fputs(",\"timings\":{\"send\":0,\"wait\":0,\"receive\":0},\"time\":0", h->out);
	} else {
		fprintf(h->out, ",\"timings\":{\"send\":0,\"wait\":%.3f,\"receive\":%.3f},\"time\":%.3f,\"_chunks\":[", (double)s->first_us / 1e3,
			s->last_us > s->first_us ? (double)(s->last_us - s->first_us) / 1e3 : 0.0,
			(double)(s->last_us > s->first_us ? s->last_us : s->first_us) / 1e3);
		h->comma = false;
		if (rc == RC_OK)
			rc = follow(h, false, chunks);
		fputc(']', h->out);
	}
	if (*s->cut) {
		fputs(",\"_cut\":", h->out);
		put_string(h, slice_str(s->cut));
	} else if (!s->ended) {
		fputs(",\"_cut\":\"its end is not in this bundle\"", h->out);
	}
	return rc;
}

/* ---- the request ------------------------------------------------------------------------------------------------------------ */

static void asked_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	struct har *h = arg;

	if (leaf_is(l, "path"))
		keep(&h->bytes, leaf);
	else if (leaf_is(l, "method"))
		keep(&h->value, leaf);
	else if (leaf_is(l, "headers[][]") && leaf_index(l, 1) == 0)
		keep(&h->name, leaf);
	else if (leaf_is(l, "headers[][]") && slice_is_nocase(buf_slice(&h->name), "content-type"))
		keep(&h->answer.type, leaf);
	else if (leaf_is(l, "text.b64"))
		h->answer.b64 = true;
	if (leaf_is(l, "text") || leaf_is(l, "text.b64"))
		h->answer.bytes += leaf->text.n;
}

static void text_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	if (leaf_is(l, "text") || leaf_is(l, "text.b64"))
		put_chars(arg, leaf->text);
}

/* RFC 3986: what may not stand in a URI, as masks do in a path, is percent-encoded. */
static void put_uri(struct har *h, struct slice text, const char *also)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", c))
			fputc(c, h->out);
		else if (c && strchr(also, c))
			fputc(c, h->out);
		else
			fprintf(h->out, "%%%02X", (unsigned)(unsigned char)c);
	}
}

/* name=value of a query, as they stand in it. */
static void put_query(struct har *h, struct slice path)
{
	const char *mark = path.n ? memchr(path.p, '?', path.n) : NULL;
	const char *end = path.p + path.n, *at = mark ? mark + 1 : end;

	for (bool comma = false; at < end; comma = true) {
		const char *amp = memchr(at, '&', (size_t)(end - at)), *stop = amp ? amp : end;
		const char *equals = memchr(at, '=', (size_t)(stop - at)), *split = equals ? equals : stop;

		fputs(comma ? ",{\"name\":" : "{\"name\":", h->out);
		put_string(h, (struct slice){at, (size_t)(split - at)});
		fputs(",\"value\":", h->out);
		put_string(h, equals ? (struct slice){split + 1, (size_t)(stop - split - 1)} : SLICE(""));
		fputc('}', h->out);
		at = amp ? amp + 1 : end;
	}
}

static void put_request(struct har *h, const struct bundle_record *record, const char *connection)
{
	char time[CLOCK_TEXT];
	struct leaves l;

	buf_clear(&h->value);
	buf_clear(&h->bytes);
	leaves_begin(&l, asked_leaf, h);
	leaves_feed(&l, record->body);
	fprintf(h->out, "%s{\"startedDateTime\":\"%s\",\"_exchange\":%llu,\"request\":{\"method\":", h->first ? "\n" : ",\n",
		clock_text_us(record->wall_ns, time), (unsigned long long)record->exchange);
	h->first = false;
	put_string(h, buf_slice(&h->value));
	fputs(",\"url\":\"http://", h->out);
	put_uri(h, slice_str(connection), "");
	put_uri(h, buf_slice(&h->bytes), "/?&=:@!$'()*+,;%");
	fputs("\",\"httpVersion\":\"HTTP/1.1\",\"cookies\":[],\"queryString\":[", h->out);
	put_query(h, buf_slice(&h->bytes));
	fputs("],\"headers\":[", h->out);
	h->comma = false;
	leaves_begin(&l, headers_leaf, h);
	leaves_feed(&l, record->body);
	fputs("],\"headersSize\":-1,\"bodySize\":-1", h->out);
	if (h->answer.bytes) {
		fputs(",\"postData\":{\"mimeType\":", h->out);
		put_string(h, h->answer.type.len ? buf_slice(&h->answer.type) : SLICE("application/octet-stream"));
		fprintf(h->out, "%s,\"params\":[],\"text\":\"", h->answer.b64 ? ",\"_encoding\":\"base64\"" : "");
		leaves_begin(&l, text_leaf, h);
		leaves_feed(&l, record->body);
		fputs("\"}", h->out);
	}
	fputc('}', h->out);
}

static void forget_answer(struct har *h)
{
	buf_clear(&h->answer.type);
	h->answer = (struct survey){.type = h->answer.type, .first_us = -1, .last_us = -1};
}

/* The record is a request's; afterwards the bundle stands behind it again. */
static enum rc put_entry(struct har *h, const struct bundle_record *record, const char *connection)
{
	enum rc rc;

	h->from = bundle_tell(h->bundle);
	h->exchange = record->exchange;
	forget_answer(h);
	put_request(h, record, connection);
	forget_answer(h);
	rc = follow(h, false, survey);
	if (rc == RC_OK)
		rc = put_response(h);
	fputc('}', h->out);
	return rc == RC_OK ? bundle_seek(h->bundle, h->from) : rc;
}

/* ---- all of them ------------------------------------------------------------------------------------------------------------ */

static enum rc put_entries(struct har *h, const char *connection)
{
	enum rc rc = bundle_rewind(h->bundle);

	while (rc == RC_OK) {
		struct bundle_record record;
		struct why why = {0};

		rc = bundle_next_line(h->bundle, &record, &why);
		if (rc == RC_OK && strcmp(record.kind, "request") != 0)
			continue;
		if (rc == RC_OK)
			rc = bundle_body(h->bundle, &record, &why);
		if (rc == RC_OK)
			rc = put_entry(h, &record, connection);
		if (rc == RC_BAD || rc == RC_DENIED || rc == RC_TOO_BIG) {
			++*h->lost;
			export_lost(&record, &why);
			rc = RC_OK;
		}
	}
	return rc == RC_END ? RC_OK : rc;
}

enum rc export_har(struct bundle *bundle, FILE *out, size_t *lost, struct why *why)
{
	struct har h = {.bundle = bundle, .out = out, .lost = lost, .why = why, .first = true};
	cJSON *session = json_parse(bundle_session(bundle));
	const char *connection = json_text(session, "connection"), *id = json_text(session, "id");
	enum rc rc;

	buf_init(&h.name, SMALL_MAX);
	buf_init(&h.value, BUF_MAX_DEFAULT);
	buf_init(&h.scratch, 16 * PIECE_MAX);
	buf_init(&h.bytes, BUF_MAX_DEFAULT);
	buf_init(&h.answer.type, SMALL_MAX);
	fprintf(out, "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"phigate\",\"version\":\"%s\"},\"_session\":", PHIGATE_VERSION);
	put_string(&h, slice_str(id));
	fputs(",\"entries\":[", out);
	rc = put_entries(&h, connection ? connection : "unknown");
	fputs("\n]}}\n", out);
	buf_free(&h.name);
	buf_free(&h.value);
	buf_free(&h.scratch);
	buf_free(&h.bytes);
	buf_free(&h.answer.type);
	cJSON_Delete(session);
	return rc == RC_OK && ferror(out) ? RC_IO : rc;
}

#include "events.h"

#include <stdlib.h>
#include <string.h>

#include "jsonscan.h"
#include "splice.h"
#include "survey.h"

#define RAW_TEXT UINT16_MAX                      /* data that is no JSON: one text of its own */

/* One text that goes on from event to event. */
struct stream {
	uint16_t text;
	uint64_t key[SHAPE_SLOTS];       /* 0 where the slot does not tell it from others */
	struct text *mask;
	struct outlet outlet;
	struct buf emitted;              /* what may go out, as the inside of a JSON string */
	struct buf frame, data;          /* an event that carried its text, to be written once more */
	bool open, ending;               /* it has text; the event that is read ends it */
};

struct event_streams {
	const struct answer_options *options;
	const struct text_rules *shared;
	struct splice_rules rules;
	struct stream **streams;
	size_t n_streams;
	struct survey *survey;
	struct stream *flush;            /* the one whose held text is given out now */
	/* of the event that is written */
	struct buf *out;
	struct {
		size_t start, end;
	} drops[SURVEY_MAX];
	size_t n_drops;
	struct outlet outlet;
};

/* ---- streams ------------------------------------------------------------------------------------------------------------------------------ */

static void stream_free(struct stream *s)
{
	if (!s)
		return;
	text_free(s->mask);
	buf_free(&s->outlet.pending);
	buf_free(&s->emitted);
	buf_free(&s->frame);
	buf_free(&s->data);
	free(s);
}

static enum rc add_stream(struct event_streams *e, uint16_t text, const uint64_t key[SHAPE_SLOTS], struct stream **out)
{
	struct stream **more;
	struct stream *s;
	enum rc rc;

	if (e->n_streams >= e->options->streams_max)
		return RC_TOO_BIG;
	more = realloc(e->streams, (e->n_streams + 1) * sizeof *more);
	s = calloc(1, sizeof *s);
	if (more)
		e->streams = more;
	if (!more || !s) {
		free(s);
		return RC_NOMEM;
	}
	e->streams[e->n_streams++] = s;
	s->text = text;
	memcpy(s->key, key, sizeof s->key);
	buf_init(&s->outlet.pending, e->rules.string_max * 8 + 65536);
	buf_init(&s->emitted, e->rules.string_max * 8 + 65536);
	buf_init(&s->frame, e->options->event_max_bytes + 65536);
	buf_init(&s->data, e->options->event_max_bytes + 65536);
	s->outlet.out = &s->emitted;
	rc = text_new(e->shared, NULL, text != RAW_TEXT, 0, (struct sink){outlet_edit, &s->outlet}, &s->mask);
	*out = s;
	return rc;
}

static enum rc find_stream(struct event_streams *e, uint16_t text, const struct splice_items *items, struct stream **out)
{
	uint64_t key[SHAPE_SLOTS] = {0};

	if (text != RAW_TEXT)
		for (unsigned slot = 0; slot < SHAPE_SLOTS; slot++)
			if (e->options->shape->texts[text].keys & 1u << slot)
				key[slot] = survey_value(e->survey, slot, items);
	for (size_t i = 0; i < e->n_streams; i++)
		if (e->streams[i]->text == text && memcmp(e->streams[i]->key, key, sizeof key) == 0) {
			*out = e->streams[i];
			return RC_OK;
		}
	return add_stream(e, text, key, out);
}

/* The text of a string of this event: what of the stream may go out now is put in its place. */
static enum rc feed(struct event_streams *e, struct stream *s, struct slice raw)
{
	struct jsonscan scan = {0};
	size_t pos = 0;
	enum rc rc = buf_add_slice(&s->outlet.pending, raw);

	if (rc == RC_OK && !s->open && e->options->continues.n)
		rc = text_context(s->mask, e->options->continues);
	s->open = true;
	(void)jsonscan_next(&scan, "\"", 1, &pos);
	for (pos = 0; rc == RC_OK && pos < raw.n;) {
		size_t from = pos;
		enum json_token token = jsonscan_next(&scan, raw.p, raw.n, &pos);

		if (token == JSON_CHAR)
			rc = text_feed(s->mask, (struct slice){scan.text, scan.n_text}, pos - from);
		else if (token == JSON_RUN)
			rc = text_feed(s->mask, (struct slice){raw.p + from, pos - from}, pos - from);
		else
			rc = RC_FAULT;
	}
	return rc;
}

static enum rc finish(struct stream *s)
{
	enum rc rc = s->open ? text_end(s->mask) : RC_OK;

	s->open = false;
	return rc;
}

/* splice's: a string whose text goes on. */
static enum rc on_stream(void *arg, uint16_t text, const struct splice_items *items, struct slice raw, struct buf *put)
{
	struct event_streams *e = arg;
	struct stream *s;
	enum rc rc = find_stream(e, text, items, &s);

	if (rc != RC_OK)
		return rc;
	if (!e->flush) {
		rc = feed(e, s, raw);
		if (rc == RC_OK && s->ending)
			rc = finish(s);
	}
	if (rc == RC_OK && (!e->flush || e->flush == s)) {
		rc = buf_add_slice(put, buf_slice(&s->emitted));
		buf_clear(&s->emitted);
	}
	return rc;
}

/* splice's: where in the output stand the values that go when text was changed? */
static void on_drop(void *arg, bool begins)
{
	struct event_streams *e = arg;

	if (e->n_drops == SURVEY_MAX)
		return;
	if (begins)
		e->drops[e->n_drops].start = e->out->len;
	else
		e->drops[e->n_drops++].end = e->out->len;
}

/* ---- one event ------------------------------------------------------------------------------------------------------------------------------ */

/* out, from start on, with every drop as null. */
static enum rc drop(struct event_streams *e, struct slice event, struct buf *out)
{
	size_t at = 0;

	for (size_t i = 0; i < e->n_drops; i++) {
		buf_add(out, event.p + at, e->drops[i].start - at);
		buf_puts(out, "null");
		at = e->drops[i].end;
	}
	return buf_add(out, event.p + at, event.n - at);
}

/* The event's data as it goes out; flush: with the held text of e->flush, and nothing of others. */
static enum rc rewrite(struct event_streams *e, struct slice data, struct buf *out)
{
	struct splice *s = NULL;
	struct buf whole;
	size_t used;
	enum rc rc;

	buf_init(&whole, (e->options->event_max_bytes + 65536) * 8);
	buf_clear(&e->outlet.pending);
	e->outlet.out = e->out = &whole;
	e->n_drops = 0;
	rc = buf_add_slice(&e->outlet.pending, data);
	if (rc == RC_OK)
		rc = splice_new(e->shared, &e->rules, 0, (struct sink){outlet_edit, &e->outlet}, &s);
	if (rc == RC_OK)
		rc = splice_feed(s, data, &used);
	if (rc == RC_OK)
		rc = splice_end(s);
	if (rc == RC_OK && (splice_changed(s) || e->flush) && e->n_drops)
		rc = drop(e, buf_slice(&whole), out);
	else if (rc == RC_OK)
		rc = buf_add_slice(out, buf_slice(&whole));
	splice_free(s);
	buf_free(&whole);
	return rc;
}

/* Held text of a stream that ends, in an event like one that carried its text. */
static enum rc flush(struct event_streams *e, struct stream *s, event_write *write, void *arg, struct buf *out)
{
	struct buf data;
	enum rc rc = finish(s);

	if (rc != RC_OK || !s->emitted.len)
		return rc;
	buf_init(&data, (e->options->event_max_bytes + 65536) * 8);
	if (s->text == RAW_TEXT) {
		rc = buf_add_slice(&data, buf_slice(&s->emitted));
		buf_clear(&s->emitted);
	} else {
		e->flush = s;
		rc = survey_read(e->options->shape, buf_slice(&s->data), e->survey);
		if (rc == RC_OK)
			rc = rewrite(e, buf_slice(&s->data), &data);
		e->flush = NULL;
		if (rc == RC_OK && s->emitted.len)
			rc = RC_FAULT;                           /* it had a place there */
	}
	if (rc == RC_OK)
		rc = write(arg, buf_slice(&s->frame), buf_slice(&data), out);
	buf_free(&data);
	return rc;
}

static bool agrees(const struct event_streams *e, const struct stream *s, const struct survey_end *end)
{
	uint8_t keys = e->options->shape->ends[end->end].keys;

	if (s->text == RAW_TEXT)
		return end->last;
	/* slots that tell the stream from others must be the event's; those that it does not have say nothing */
	for (unsigned slot = 0; slot < SHAPE_SLOTS; slot++)
		if (keys & 1u << slot && e->options->shape->texts[s->text].keys & 1u << slot && s->key[slot] != survey_value(e->survey, slot, &end->items))
			return false;
	return true;
}

static bool is_here(struct event_streams *e, const struct stream *s)
{
	for (size_t i = 0; i < e->survey->n_texts; i++) {
		const struct survey_text *t = &e->survey->texts[i];
		bool same = t->text == s->text;

		for (unsigned slot = 0; same && slot < SHAPE_SLOTS; slot++)
			same = !(e->options->shape->texts[t->text].keys & 1u << slot) || s->key[slot] == survey_value(e->survey, slot, &t->items);
		if (same)
			return true;
	}
	return false;
}

/* Which streams does the event end? Those that it carries no text of give out what they hold before it. */
static enum rc end_streams(struct event_streams *e, struct slice data, event_write *write, void *arg, struct buf *out, bool *last)
{
	enum rc rc = RC_OK;

	*last = false;
	for (size_t k = 0; k < e->survey->n_ends && !*last; k++)
		*last = e->survey->ends[k].last;
	for (size_t i = 0; i < e->n_streams && rc == RC_OK; i++) {
		struct stream *s = e->streams[i];
		bool ends = *last;

		for (size_t k = 0; k < e->survey->n_ends && !ends; k++)
			ends = agrees(e, s, &e->survey->ends[k]);
		s->ending = ends;
		if (ends && s->open && !is_here(e, s)) {
			rc = flush(e, s, write, arg, out);
			if (rc == RC_OK && s->text != RAW_TEXT)          /* flushing looked at another event */
				rc = survey_read(e->options->shape, data, e->survey);
		}
	}
	return rc;
}

/* Streams that begin with this event, and are ended by it. */
static enum rc new_streams(struct event_streams *e, bool last)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < e->survey->n_texts && rc == RC_OK; i++) {
		struct stream *s;

		rc = find_stream(e, e->survey->texts[i].text, &e->survey->texts[i].items, &s);
		for (size_t k = 0; rc == RC_OK && k < e->survey->n_ends && !s->ending; k++)
			s->ending = last || agrees(e, s, &e->survey->ends[k]);
	}
	return rc;
}

/* An event that carried text of a stream is kept, to be written once more when the stream ends with text held. */
static enum rc keep_frames(struct event_streams *e, struct slice frame, struct slice data)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < e->survey->n_texts && rc == RC_OK; i++) {
		struct stream *s;

		rc = find_stream(e, e->survey->texts[i].text, &e->survey->texts[i].items, &s);
		if (rc != RC_OK || (s->data.len && s->data.len <= data.n))
			continue;                                /* the smallest one does */
		buf_clear(&s->frame);
		buf_clear(&s->data);
		buf_add_slice(&s->frame, frame);
		rc = buf_add_slice(&s->data, data);
		if (rc == RC_OK)
			rc = s->frame.rc;
	}
	return rc;
}

/* Data that is no JSON. */
static enum rc raw_event(struct event_streams *e, struct slice frame, struct slice data, event_write *write, void *arg, struct buf *out)
{
	struct stream *s;
	enum rc rc = find_stream(e, RAW_TEXT, NULL, &s);

	if (rc == RC_OK && !s->frame.len)
		rc = buf_add_slice(&s->frame, frame);
	if (rc == RC_OK)
		rc = buf_add_slice(&s->outlet.pending, data);
	s->open = true;
	if (rc == RC_OK)
		rc = text_feed(s->mask, data, data.n);
	if (rc == RC_OK)
		rc = write(arg, frame, buf_slice(&s->emitted), out);
	buf_clear(&s->emitted);
	return rc;
}

enum rc event_streams_next(struct event_streams *e, struct slice frame, struct slice data, event_write *write, void *arg, struct buf *out,
			   bool *last, size_t *at)
{
	struct buf result;
	enum rc rc = survey_read(e->options->shape, data, e->survey);

	*last = false;
	*at = out->len;
	if (rc == RC_BAD)
		return raw_event(e, frame, data, write, arg, out);
	if (rc != RC_OK)
		return rc;
	rc = end_streams(e, data, write, arg, out, last);
	if (rc == RC_OK)
		rc = new_streams(e, *last);
	*at = out->len;
	buf_init(&result, (e->options->event_max_bytes + 65536) * 8);
	if (rc == RC_OK)
		rc = rewrite(e, data, &result);
	if (rc == RC_OK)
		rc = keep_frames(e, frame, data);
	if (rc == RC_OK)
		rc = write(arg, frame, buf_slice(&result), out);
	for (size_t i = 0; i < e->n_streams; i++)
		e->streams[i]->ending = false;
	buf_free(&result);
	return rc;
}

enum rc event_streams_end(struct event_streams *e, event_write *write, void *arg, struct buf *out)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < e->n_streams && rc == RC_OK; i++)
		if (e->streams[i]->open)
			rc = flush(e, e->streams[i], write, arg, out);
	return rc;
}

enum rc event_streams_new(const struct answer_options *options, const struct text_rules *shared, struct event_streams **out)
{
	struct event_streams *e = calloc(1, sizeof *e);

	*out = e;
	if (!e || !(e->survey = malloc(sizeof *e->survey)))
		return RC_NOMEM;
	e->options = options;
	e->shared = shared;
	e->rules = (struct splice_rules){
		.shape = options->shape, .stream = on_stream, .drop = on_drop, .arg = e, .string_max = options->event_max_bytes,
	};
	buf_init(&e->outlet.pending, options->event_max_bytes + 65536);
	return RC_OK;
}

void event_streams_free(struct event_streams *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->n_streams; i++)
		stream_free(e->streams[i]);
	free(e->streams);
	free(e->survey);
	buf_free(&e->outlet.pending);
	free(e);
}

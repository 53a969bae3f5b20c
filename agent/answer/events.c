#include "events.h"

#include <stdlib.h>
#include <string.h>

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
	bool kept_ends;                  /* that event ends another stream */
	bool begun, open, ending;        /* it had text ever, and since it ended last; the event that is read ends it */
	size_t to_come;                  /* strings of that event that bring text of it, not read yet */
};

struct event_streams {
	const struct answer_options *options;
	const struct text_rules *shared;
	event_write *write;
	void *arg;
	struct splice_rules rules;
	struct splice *splice;
	struct stream **streams;
	size_t n_streams;
	struct survey *survey;
	struct buf surveyed;             /* the event that it tells of, but for its text */
	struct stream *flush;            /* the one whose held text is given out now */
	/* of the event that is written */
	struct outlet outlet;
	struct buf whole, result;
	struct {
		size_t start, end;
	} drops[SURVEY_MAX];
	size_t n_drops;
	bool ending;                     /* it ends a stream, or the answer */
	bool said, empty, held;          /* streamed text that it brings, that it has but empty, that waits after it */
	bool masked;                     /* a text that stands alone was, in any event */
};

/* Most events of an answer differ in their text alone. */
static enum rc survey(struct event_streams *e, struct slice event)
{
	enum rc rc;

	if (survey_tells(e->survey, buf_slice(&e->surveyed), event))
		return RC_OK;
	buf_clear(&e->surveyed);
	rc = survey_read(e->options->shape, event, e->survey);
	if (rc == RC_OK)
		rc = buf_add_slice(&e->surveyed, event);
	if (rc != RC_OK)
		e->survey->n = 0;
	return rc;
}

/* ---- streams ---------------------------------------------------------------------------------------------------------- */

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

	*out = NULL;
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
	e->streams[e->n_streams++] = *out = s;
	s->text = text;
	memcpy(s->key, key, sizeof s->key);
	buf_init(&s->outlet.pending, e->rules.string_max * 8 + 65536);
	buf_init(&s->emitted, e->rules.string_max * 8 + 65536);
	buf_init(&s->frame, e->options->event_max_bytes + 65536);
	buf_init(&s->data, e->options->event_max_bytes + 65536);
	s->outlet.out = &s->emitted;
	/* in a string of the event, and so as deep as in an answer that comes whole */
	rc = text_new(e->shared, NULL, text != RAW_TEXT, text != RAW_TEXT, (struct sink){outlet_edit, &s->outlet}, &s->mask);
	if (rc == RC_OK && text == RAW_TEXT)
		text_in_line(s->mask);
	return rc;
}

static bool has_key(const struct event_streams *e, uint16_t text, unsigned slot)
{
	return e->options->shape->texts[text].keys & 1u << slot;
}

static enum rc find_stream(struct event_streams *e, uint16_t text, const struct splice_items *items, struct stream **out)
{
	uint64_t key[SHAPE_SLOTS] = {0};

	for (unsigned slot = 0; text != RAW_TEXT && slot < SHAPE_SLOTS; slot++)
		if (has_key(e, text, slot))
			key[slot] = survey_value(e->survey, slot, items);
	for (size_t i = 0; i < e->n_streams; i++)
		if (e->streams[i]->text == text && memcmp(e->streams[i]->key, key, sizeof key) == 0) {
			*out = e->streams[i];
			return RC_OK;
		}
	return add_stream(e, text, key, out);
}

/* The stream gets text: the inside of a JSON string, or bytes that stand for themselves. */
static enum rc feed(struct event_streams *e, struct stream *s, struct slice raw)
{
	enum rc rc = outlet_add(&s->outlet, raw);

	if (rc == RC_OK && !s->begun && e->options->continues.n)
		rc = text_context(s->mask, e->options->continues);
	s->begun = s->open = true;
	if (rc == RC_OK)
		rc = s->text == RAW_TEXT ? text_feed(s->mask, raw, raw.n) : text_feed_string(s->mask, raw);
	return rc == RC_OK ? s->emitted.rc : rc;
}

static enum rc finish(struct stream *s)
{
	enum rc rc = s->open ? text_end(s->mask) : RC_OK;

	s->open = false;
	return rc == RC_OK ? s->emitted.rc : rc;
}

static enum rc give(struct stream *s, struct buf *put)
{
	enum rc rc = buf_add_slice(put, buf_slice(&s->emitted));

	buf_clear(&s->emitted);
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
	if (e->flush)
		return e->flush == s ? give(s, put) : RC_OK;
	e->said = e->said || raw.n;
	e->empty = e->empty || !raw.n;
	if (raw.n)
		rc = feed(e, s, raw);
	if (s->to_come)
		s->to_come--;
	if (rc == RC_OK && s->ending && !s->to_come)
		rc = finish(s);
	e->held = e->held || outlet_holds(&s->outlet);
	return rc == RC_OK ? give(s, put) : rc;
}

/* splice's: where in the output stand the values that go when text was changed? */
static enum rc on_drop(void *arg, bool begins)
{
	struct event_streams *e = arg;

	if (e->n_drops == SURVEY_MAX)
		return RC_TOO_BIG;
	if (begins)
		e->drops[e->n_drops].start = e->whole.len;
	else
		e->drops[e->n_drops++].end = e->whole.len;
	return RC_OK;
}

/* ---- one event -------------------------------------------------------------------------------------------------------- */

/* The event with every drop as null. */
static enum rc drop(struct event_streams *e)
{
	const char *event = e->whole.data;
	size_t at = 0;

	for (size_t i = 0; i < e->n_drops; i++) {
		buf_add(&e->result, event + at, e->drops[i].start - at);
		buf_puts(&e->result, "null");
		at = e->drops[i].end;
	}
	return buf_add(&e->result, event + at, e->whole.len - at);
}

/* May what spells text pass? Only with text that went out as it came, and at once. Where a text ends it may spell all of the
 * answer. */
static bool may_spell(const struct event_streams *e)
{
	bool masked = e->masked;

	if (e->flush || e->held || splice_changed(e->splice))
		return false;
	if (!e->ending)
		return splice_texts(e->splice) && (e->said || !e->empty);
	for (size_t i = 0; i < e->n_streams; i++)
		masked = masked || e->streams[i]->outlet.edited;
	return !masked;
}

/* The event's data as it goes out; in flush: with the held text of that stream, and nothing of others. Valid until the next one. */
static enum rc rewrite(struct event_streams *e, struct slice data, struct slice *out)
{
	size_t used;
	enum rc rc;

	buf_clear(&e->whole);
	buf_clear(&e->result);
	buf_clear(&e->outlet.pending);
	e->outlet.at = 0;
	e->outlet.out = &e->whole;
	e->n_drops = 0;
	e->said = e->empty = e->held = false;
	splice_reset(e->splice);
	rc = outlet_add(&e->outlet, data);
	if (rc == RC_OK)
		rc = splice_feed(e->splice, data, &used);
	if (rc == RC_OK)
		rc = splice_end(e->splice);
	if (rc == RC_OK)
		rc = e->whole.rc;
	e->masked = e->masked || splice_masked(e->splice);
	*out = buf_slice(&e->whole);
	if (rc == RC_OK && e->n_drops && !may_spell(e)) {
		rc = drop(e);
		*out = buf_slice(&e->result);
	}
	return rc;
}

/* Held text of a stream that ends, in an event like one that carried its text. */
static enum rc flush(struct event_streams *e, struct stream *s, struct buf *out)
{
	struct mask_counts counts = {{0}};
	struct slice data;
	enum rc rc = finish(s);

	if (rc != RC_OK || !s->emitted.len)
		return rc;
	if (s->text == RAW_TEXT) {
		rc = e->write(e->arg, buf_slice(&s->frame), buf_slice(&s->emitted), EVENT_AGAIN, out);
		buf_clear(&s->emitted);
		return rc;
	}
	if (e->shared->counts)
		counts = *e->shared->counts;
	e->flush = s;
	e->rules.again = s->text;
	rc = survey(e, buf_slice(&s->data));
	if (rc == RC_OK)
		rc = rewrite(e, buf_slice(&s->data), &data);
	e->flush = NULL;
	e->rules.again = -1;
	if (e->shared->counts)
		*e->shared->counts = counts;             /* what is around the text was counted when it first went out */
	if (rc == RC_OK && s->emitted.len)
		rc = RC_FAULT;                           /* it had a place there */
	return rc == RC_OK ? e->write(e->arg, buf_slice(&s->frame), data, EVENT_AGAIN, out) : rc;
}

static bool agrees(const struct event_streams *e, const struct stream *s, const struct survey_end *end)
{
	uint8_t keys = e->options->shape->ends[end->end].keys;

	if (s->text == RAW_TEXT)
		return end->last;
	/* slots that tell the stream from others must be the event's; those that it does not have say nothing */
	for (unsigned slot = 0; slot < SHAPE_SLOTS; slot++) {
		uint64_t value = keys & 1u << slot && has_key(e, s->text, slot) ? survey_value(e->survey, slot, &end->items) : 0;

		if (value && s->key[slot] != value)
			return false;
	}
	return true;
}

/* Is there a stream that this end says nothing of? Then one of several has ended, and not the answer. */
static bool goes_on(const struct event_streams *e, const struct survey_end *end)
{
	for (size_t i = 0; i < e->n_streams; i++)
		if (e->streams[i]->open && !agrees(e, e->streams[i], end))
			return true;
	return false;
}

/* Does the event bring text of the stream? */
static bool is_here(struct event_streams *e, const struct stream *s)
{
	for (size_t i = 0; i < e->survey->n_texts; i++) {
		const struct survey_text *t = &e->survey->texts[i];
		bool same = t->text == s->text && !t->empty;

		for (unsigned slot = 0; same && slot < SHAPE_SLOTS; slot++)
			same = !has_key(e, t->text, slot) || s->key[slot] == survey_value(e->survey, slot, &t->items);
		if (same)
			return true;
	}
	return false;
}

static bool ends(const struct event_streams *e, const struct stream *s, bool last)
{
	for (size_t k = 0; k < e->survey->n_ends && !last; k++)
		last = agrees(e, s, &e->survey->ends[k]);
	return last;
}

/* Which streams does the event end? Those that it brings no text of give out what they hold before it. */
static enum rc end_streams(struct event_streams *e, struct slice data, bool last, struct buf *out)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < e->n_streams; i++)
		e->streams[i]->to_come = 0;
	for (size_t i = 0; i < e->survey->n_texts && rc == RC_OK; i++) {
		struct stream *s;                        /* those that begin here, too */

		rc = find_stream(e, e->survey->texts[i].text, &e->survey->texts[i].items, &s);
		if (rc == RC_OK)
			s->to_come++;
	}
	for (size_t i = 0; i < e->n_streams && rc == RC_OK; i++) {
		struct stream *s = e->streams[i];

		s->ending = ends(e, s, last);
		if (s->ending && s->open && !is_here(e, s)) {
			rc = flush(e, s, out);
			if (rc == RC_OK && s->text != RAW_TEXT)          /* flushing looked at another event */
				rc = survey(e, data);
		}
	}
	return rc;
}

/* An event that carried text of a stream is kept, to be written once more when the stream ends with text held: the smallest one,
 * rather not one that ends others. */
static enum rc keep_frames(struct event_streams *e, struct slice frame, struct slice data)
{
	bool has_ends = e->survey->n_ends > 0;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < e->survey->n_texts && rc == RC_OK; i++) {
		struct stream *s;

		rc = find_stream(e, e->survey->texts[i].text, &e->survey->texts[i].items, &s);
		if (rc != RC_OK || (s->data.len && (has_ends > s->kept_ends || (has_ends == s->kept_ends && s->data.len <= data.n))))
			continue;
		s->kept_ends = has_ends;
		buf_clear(&s->frame);
		buf_clear(&s->data);
		buf_add_slice(&s->frame, frame);
		rc = buf_add_slice(&s->data, data);
		if (rc == RC_OK)
			rc = s->frame.rc;
	}
	return rc;
}

/* ---- data that is no JSON --------------------------------------------------------------------------------------------- */

/* The first byte that is no space; 0: there is none. */
static char first_byte(struct slice data)
{
	size_t i = 0;

	while (i < data.n && memchr(" \t\r\n", data.p[i], 4))
		i++;
	return i < data.n ? data.p[i] : '\0';
}

static bool begins_json(struct slice data)
{
	char c = first_byte(data);

	return c == '{' || c == '[';
}

/* Servers that send bare tokens send "536" as one: a number or literal is JSON only on a line of its own. */
static bool is_bare(const struct event_streams *e, struct slice data)
{
	return e->options->framing == FRAMING_SSE && !begins_json(data) && first_byte(data) != '"';
}

/* One text that goes on from event to event; a line that is no JSON stands alone. */
static enum rc raw_event(struct event_streams *e, struct slice frame, struct slice data, bool final, struct buf *out)
{
	struct stream *s;
	bool same;
	enum rc rc = find_stream(e, RAW_TEXT, NULL, &s);

	if (rc == RC_OK && final && !s->open && begins_json(data))
		return RC_OK;
	if (rc == RC_OK && !s->frame.len)
		rc = buf_add_slice(&s->frame, frame);
	if (rc == RC_OK)
		rc = feed(e, s, data);
	if (rc == RC_OK && (final || e->options->framing == FRAMING_NDJSON))
		rc = finish(s);
	if (rc != RC_OK)
		return rc;
	same = s->emitted.len == data.n && memcmp(buf_slice(&s->emitted).p, data.p, data.n) == 0;
	rc = e->write(e->arg, frame, buf_slice(&s->emitted), same ? EVENT_SAME : EVENT_CHANGED, out);
	buf_clear(&s->emitted);
	return rc;
}

/* ---- the stream of events --------------------------------------------------------------------------------------------- */

enum rc event_streams_next(struct event_streams *e, struct slice frame, struct slice data, bool final, struct buf *out, bool *last,
			   size_t *at)
{
	struct slice result;
	bool same;
	enum rc rc = survey(e, data);

	*last = final;
	*at = out->len;
	if (rc == RC_BAD || (rc == RC_OK && is_bare(e, data))) {
		rc = RC_OK;
		for (size_t i = 0; final && i < e->n_streams && rc == RC_OK; i++)
			if (e->streams[i]->open && e->streams[i]->text != RAW_TEXT)
				rc = flush(e, e->streams[i], out);
		*at = out->len;
		return rc == RC_OK ? raw_event(e, frame, data, final, out) : rc;
	}
	if (rc != RC_OK)
		return rc;
	for (size_t k = 0; k < e->survey->n_ends && !*last; k++)
		*last = e->survey->ends[k].last && !goes_on(e, &e->survey->ends[k]);
	rc = end_streams(e, data, *last, out);
	e->ending = *last || e->survey->n_ends;
	*at = out->len;
	if (rc == RC_OK)
		rc = rewrite(e, data, &result);
	if (rc == RC_OK)
		rc = keep_frames(e, frame, data);
	if (rc != RC_OK)
		return rc;
	same = result.n == data.n && memcmp(result.p, data.p, data.n) == 0;
	return e->write(e->arg, frame, result, same ? EVENT_SAME : EVENT_CHANGED, out);
}

enum rc event_streams_end(struct event_streams *e, struct buf *out)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < e->n_streams && rc == RC_OK; i++)
		if (e->streams[i]->open)
			rc = flush(e, e->streams[i], out);
	return rc;
}

enum rc event_streams_new(const struct answer_options *options, const struct text_rules *shared, event_write *write, void *arg,
			  struct event_streams **out)
{
	struct event_streams *e = calloc(1, sizeof *e);

	*out = e;
	if (!e || !(e->survey = malloc(sizeof *e->survey)))
		return RC_NOMEM;
	e->survey->n = 0;
	e->options = options;
	e->shared = shared;
	e->write = write;
	e->arg = arg;
	e->rules = (struct splice_rules){
		.shape = options->shape, .stream = on_stream, .drop = on_drop, .arg = e, .again = -1, .string_max = options->event_max_bytes,
	};
	buf_init(&e->surveyed, options->event_max_bytes + 65536);
	buf_init(&e->outlet.pending, options->event_max_bytes + 65536);
	buf_init(&e->whole, (options->event_max_bytes + 65536) * 8);
	buf_init(&e->result, (options->event_max_bytes + 65536) * 8);
	return splice_new(shared, &e->rules, 0, (struct sink){outlet_edit, &e->outlet}, &e->splice);
}

void event_streams_free(struct event_streams *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->n_streams; i++)
		stream_free(e->streams[i]);
	free(e->streams);
	free(e->survey);
	buf_free(&e->surveyed);
	splice_free(e->splice);
	buf_free(&e->outlet.pending);
	buf_free(&e->whole);
	buf_free(&e->result);
	free(e);
}

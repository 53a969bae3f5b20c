/* One exchange on a page: what was asked, what was decided, what was answered, in the order of the records. */
#include <string.h>

#include "clock.h"
#include "json.h"
#include "page_private.h"
#include "recorded.h"

#define SMALL_MAX ((size_t)1 << 20)
#define US_MAX (INT64_MAX / NS_PER_US)

struct article {
	struct page *page;
	struct recorded_request request;
	struct recorded_answer answer;
	const struct bundle_record *record;      /* that is being read */
	int64_t asked_ns;                        /* monotonic */
	int64_t first_us, last_us;               /* of the answer's pieces, since the request; -1: none */
	bool in_heading;
	bool unsaid;                             /* of the answer not all was said */
	/* the part of the answer that is being written */
	enum chat_part part;
	uint32_t choice;
	bool in_part;
};

static const struct {
	const char *label, *look;
} parts[] = {
	[CHAT_TEXT] = {"Answer", "answer"}, [CHAT_THINKING] = {"Thinking", "thinking"}, [CHAT_REFUSAL] = {"Refusal", "answer"},
	[CHAT_TOOL] = {"Calls", "tool"}, [CHAT_ARGUMENTS] = {"With", "with"}, [CHAT_ERROR] = {"Error", "error"}, [CHAT_RAW] = {"Answer", "answer"},
};

/* ---- pieces -------------------------------------------------------------------------------------------------------------------------- */

static void end_part(struct article *a)
{
	if (!a->in_part)
		return;
	markup_end(&a->page->markup);
	fputs("</div>\n", a->page->f);
	a->in_part = false;
}

static void put_more(struct article *a, uint64_t more)
{
	if (more)
		fprintf(a->page->f, "<span class=\"more\"> … and %llu bytes more</span>", (unsigned long long)more);
}

static void put_slice(struct article *a, struct slice text)
{
	markup_text(&a->page->markup, text);
	markup_end(&a->page->markup);
}

/* How long after the request. */
static void put_after(struct article *a)
{
	fputs(" <span class=\"after\">after ", a->page->f);
	page_duration(a->page, a->record->mono_ns - a->asked_ns);
	fputs("</span>", a->page->f);
}

/* ---- the request ---------------------------------------------------------------------------------------------------------------------- */

/* Whole, as it was recorded: headers, an empty line, the body. */
static void whole_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	struct article *a = arg;
	struct markup *m = &a->page->markup;
	bool header = leaf_is(l, "headers[][]");

	if (!header && !leaf_is(l, "text") && !leaf_is(l, "text.b64"))
		return;
	if (leaf->begin && !header)
		markup_text(m, leaf_is(l, "text") ? SLICE("\n") : SLICE("\n(base64) "));
	markup_text(m, leaf->text);
	if (leaf->end && header)
		markup_text(m, leaf_index(l, 1) == 0 ? SLICE(": ") : SLICE("\n"));
}

static void put_whole(struct article *a, const char *summary, struct slice body)
{
	struct mask_counts counts = a->page->markup.counts;      /* they stand above already */
	struct leaves l;

	fprintf(a->page->f, "<details><summary>%s</summary><pre>", summary);
	leaves_begin(&l, whole_leaf, a);
	leaves_feed(&l, body);
	markup_end(&a->page->markup);
	fputs("</pre></details>\n", a->page->f);
	a->page->markup.counts = counts;
}

static void put_asked(struct article *a)
{
	const struct recorded_request *r = &a->request;
	FILE *f = a->page->f;
	uint64_t more;
	struct slice asked = recorded_asked(r, &more);

	if (!asked.n && !r->bytes)
		return;
	fputs("<h4>Asked", f);
	if (r->chat.asked_at > 1)
		fprintf(f, " <span>after %zu earlier message%s</span>", r->chat.asked_at - 1, r->chat.asked_at > 2 ? "s" : "");
	if (r->chat.messages > r->chat.asked_at && r->chat.asked_at)
		fprintf(f, " <span>then %zu of others</span>", r->chat.messages - r->chat.asked_at);
	fputs("</h4>\n<div class=\"said asked\">", f);
	if (r->bytes)
		fprintf(f, "<span class=\"more\">%llu bytes that are no text</span>", (unsigned long long)r->bytes);
	put_slice(a, asked);
	put_more(a, more);
	fputs("</div>\n", f);
}

/* The heading begins with the exchange's number; its request, when that is what comes first, goes on in it. */
static void end_heading(struct article *a, const struct recorded_request *r)
{
	FILE *f = a->page->f;

	if (r) {
		fputs(a->in_heading ? " <code>" : "<p><code>", f);
		put_slice(a, buf_slice(&r->method));
		fputc(' ', f);
		put_slice(a, buf_slice(&r->path));
		fputs("</code>", f);
	}
	if (r && r->chat.model.len) {
		fputs(" <span class=\"model\">model ", f);
		put_slice(a, buf_slice(&r->chat.model));
		fputs("</span>", f);
	}
	fputs(a->in_heading ? "</h3>\n" : r ? "</p>\n" : "", f);
	a->in_heading = false;
}

static void put_request(struct article *a)
{
	struct recorded_request *r = &a->request;

	a->asked_ns = a->record->mono_ns;
	recorded_request_read(r, a->record->body);
	end_heading(a, r);
	put_asked(a);
	put_whole(a, "The whole request, as it was recorded", a->record->body);
}

/* ---- the answer ----------------------------------------------------------------------------------------------------------------------- */

static void said(void *arg, enum chat_part part, uint32_t choice, struct slice text)
{
	struct article *a = arg;
	FILE *f = a->page->f;

	if (!a->in_part || a->part != part || a->choice != choice) {
		end_part(a);
		fprintf(f, "<h4>%s", parts[part].label);
		if (choice)
			fprintf(f, " <span>choice %u</span>", (unsigned)choice + 1);
		fprintf(f, "</h4>\n<div class=\"said %s\">", parts[part].look);
		a->part = part;
		a->choice = choice;
		a->in_part = true;
	}
	markup_text(&a->page->markup, text);
}

static void piece_at(void *arg, int64_t us)
{
	struct article *a = arg;

	us = us < 0 ? 0 : us > US_MAX ? US_MAX : us;
	if (a->first_us < 0)
		a->first_us = us;
	if (us > a->last_us)
		a->last_us = us;
}

/* No more is to come: what was not understood is shown as it is. */
static void end_answer(struct article *a)
{
	a->unsaid = !recorded_answer_end(&a->answer) || a->unsaid;
	end_part(a);
}

static void put_response(struct article *a)
{
	struct slice body = a->record->body;

	if (recorded_is_status(body))
		end_answer(a);
	recorded_answer_read(&a->answer, body, piece_at, said, a);
	if (recorded_is_status(body)) {
		if (a->answer.status.len && a->answer.status.data[0] != '2') {
			page_event(a->page, "bad", "Status");
			put_slice(a, buf_slice(&a->answer.status));
			page_event_end(a->page);
		}
		put_whole(a, "Headers of the answer", body);
	} else if (a->answer.ended) {
		end_answer(a);
	}
}

/* ---- the small ones ------------------------------------------------------------------------------------------------------------------- */

static void put_hold(struct article *a, const cJSON *body)
{
	page_event(a->page, "warn", "Held");
	page_text(a->page, json_text(body, "hold"));
	fputs(" by rule ", a->page->f);
	page_text(a->page, json_text(body, "rule"));
	put_after(a);
	page_event_end(a->page);
}

static void put_decision(struct article *a, const cJSON *body)
{
	static const struct {
		const char *outcome, *label, *look;
	} outcomes[] = {{"approved", "Approved", "good"}, {"denied", "Denied", "bad"}, {"expired", "Expired", "bad"}, {"cancelled", "Cancelled", ""},
			{"allowed", "Allowed", "good"}, {"used", "Used", "good"}};
	const char *outcome = json_text(body, "outcome"), *by = json_text(body, "by"), *hold = json_text(body, "hold"), *rule = json_text(body, "rule");
	const char *reason = json_text(body, "reason"), *label = "Decided:", *look = "";
	struct page *p = a->page;
	bool known = false;

	for (size_t i = 0; outcome && i < sizeof outcomes / sizeof *outcomes && !known; i++)
		if (strcmp(outcome, outcomes[i].outcome) == 0) {
			label = outcomes[i].label;
			look = outcomes[i].look;
			known = true;
		}
	page_event(p, look, label);
	if (!known)
		page_text(p, outcome);
	if (by) {
		fputs(known ? "by " : " by ", p->f);
		page_text(p, by);
	}
	if (rule) {
		fputs(by ? ", rule " : known ? "by rule " : " by rule ", p->f);
		page_text(p, rule);
	}
	if (hold) {
		fputs(" <span class=\"after\">", p->f);
		page_text(p, hold);
		fputs("</span>", p->f);
	}
	put_after(a);
	if (reason) {
		fputs("<span class=\"reason\">", p->f);
		page_text(p, reason);
		fputs("</span>", p->f);
	}
	page_event_end(p);
}

static void put_cut(struct article *a, const cJSON *body)
{
	end_answer(a);
	page_event(a->page, "bad", "Cut off:");
	page_text(a->page, json_text(body, "reason"));
	put_after(a);
	page_event_end(a->page);
}

static const struct {
	const char *kind;
	void (*put)(struct article *a, const cJSON *body);
} events[] = {{"hold", put_hold}, {"decision", put_decision}, {"cut", put_cut}};

static void put_event(struct article *a)
{
	cJSON *body = a->record->body.n <= SMALL_MAX ? json_parse(a->record->body) : NULL;
	size_t i = 0;

	end_part(a);
	while (i < sizeof events / sizeof *events && strcmp(events[i].kind, a->record->kind) != 0)
		i++;
	if (i < sizeof events / sizeof *events)
		events[i].put(a, body);
	if (!body || i == sizeof events / sizeof *events)
		page_raw(a->page, "The record", a->record->body);
	cJSON_Delete(body);
}

/* ---- the whole of it ------------------------------------------------------------------------------------------------------------------- */

static void put_sum(struct article *a)
{
	const struct mask_counts *counts = &a->page->markup.counts;
	FILE *f = a->page->f;
	bool any = false;

	for (size_t i = 0; i < ENTITY_COUNT; i++)
		any = any || counts->n[i];
	if (a->first_us < 0 && !any)
		return;
	fputs("<div class=\"sum\">", f);
	if (a->first_us >= 0) {
		fputs(a->first_us == a->last_us ? "<span>Answered after " : "<span>Answer began after ", f);
		page_duration(a->page, a->first_us * NS_PER_US);
		if (a->first_us != a->last_us) {
			fputs(", ended after ", f);
			page_duration(a->page, a->last_us * NS_PER_US);
		}
		fputs("</span>", f);
	}
	if (any)
		fputs("<span>Masked here:</span><ul>", f);
	for (size_t i = 0; i < ENTITY_COUNT; i++)
		if (counts->n[i]) {
			fputs("<li>", f);
			markup_mask(&a->page->markup, (enum entity)i, slice_str(entity_name((enum entity)i)));
			fprintf(f, " %u</li>", (unsigned)counts->n[i]);
		}
	fputs(any ? "</ul></div>\n" : "</div>\n", f);
}

static enum rc put_record(struct article *a, struct bundle_record *record)
{
	struct why why = {0};
	enum rc rc = bundle_body(a->page->bundle, record, &why);

	if (rc == RC_IO || rc == RC_NOMEM)
		return rc;
	if (rc != RC_OK || strcmp(record->kind, "request") != 0)
		end_heading(a, NULL);
	if (rc != RC_OK) {
		end_part(a);
		page_lost(a->page, record, &why);
	} else if (strcmp(record->kind, "request") == 0) {
		put_request(a);
	} else if (strcmp(record->kind, "response") == 0) {
		put_response(a);
	} else {
		put_event(a);
	}
	return RC_OK;
}

static void put_piece(void *arg, struct slice bytes)
{
	markup_text(arg, bytes);
}

/* Whole, as it was sent: what says so little of itself that it was not shown above. */
static enum rc put_sent(struct page *p, const struct place *place, struct why *why)
{
	struct mask_counts counts = p->markup.counts;
	struct bundle_record record;
	enum rc rc = bundle_seek(p->bundle, place->first);

	fputs("<details open><summary>The whole answer, as it was sent, for it is not what its type says</summary><pre>", p->f);
	while (rc == RC_OK && bundle_tell(p->bundle) < place->end && !ferror(p->f)) {
		rc = bundle_next_line(p->bundle, &record, why);
		p->lines++;
		if (rc == RC_OK && record.exchange == place->exchange && strcmp(record.kind, "response") == 0) {
			rc = bundle_body(p->bundle, &record, why);
			if (rc == RC_OK)
				recorded_answer_pieces(record.body, put_piece, &p->markup);
		}
		if (rc != RC_IO && rc != RC_NOMEM)       /* what cannot be had was told of above */
			rc = RC_OK;
	}
	markup_end(&p->markup);
	fputs("</pre></details>\n", p->f);
	p->markup.counts = counts;
	return rc;
}

enum rc page_exchange(struct page *p, const struct place *place, struct why *why)
{
	struct article a = {.page = p, .asked_ns = place->begin_ns, .first_us = -1, .last_us = -1};
	struct bundle_record record;
	bool begun = false;
	enum rc rc = bundle_seek(p->bundle, place->first);

	p->markup.counts = (struct mask_counts){0};
	while (rc == RC_OK && bundle_tell(p->bundle) < place->end && !ferror(p->f)) {
		rc = bundle_next_line(p->bundle, &record, why);
		p->lines++;
		if (rc == RC_BAD)                /* its place in the timeline tells of it */
			rc = RC_OK;
		else if (rc == RC_OK && record.exchange == place->exchange) {
			if (!begun) {
				page_row(p, &record, place->exchange, "x");
				fprintf(p->f, "<article>\n<h3><span class=\"no\">#%llu</span>", (unsigned long long)place->exchange);
				begun = a.in_heading = true;
			}
			a.record = &record;
			rc = put_record(&a, &record);
		}
	}
	if (begun) {
		end_heading(&a, NULL);
		end_answer(&a);
		if (rc == RC_OK && a.unsaid)
			rc = put_sent(p, place, why);
		put_sum(&a);
		fputs("</article>", p->f);
		page_row_end(p);
	}
	recorded_request_free(&a.request);
	recorded_answer_free(&a.answer);
	return rc;
}

/* A page from front to end: its head, then the timeline in the order of the index, each exchange whole where it began. */
#include "page.h"

#include <string.h>

#include "clock.h"
#include "json.h"
#include "page_private.h"

#define SMALL_MAX ((size_t)1 << 20)
#define BESIDE_MAX 1024                          /* how many exchanges of an honest session run beside each other */

void page_text(struct page *p, const char *text)
{
	markup_whole(&p->markup, text);
}

void page_duration(struct page *p, int64_t ns)
{
	struct buf text;

	buf_init(&text, 64);
	duration_text(ns, &text);
	fputs(text.len ? text.data : "?", p->f);
	buf_free(&text);
}

/* ---- rows -------------------------------------------------------------------------------------------------------------------------- */

void page_row(struct page *p, const struct bundle_record *record, uint64_t id, const char *look)
{
	char time[CLOCK_TEXT];

	clock_text_us(record->wall_ns, time);
	if (strncmp(p->day, time, 10) != 0) {
		snprintf(p->day, sizeof p->day, "%.10s", time);
		fprintf(p->f, "<li class=\"row day\"><time></time><div class=\"note\">%s</div></li>\n", p->day);
	}
	fprintf(p->f, "<li class=\"row %s\"", look);
	if (id)
		fprintf(p->f, " id=\"x%llu\"", (unsigned long long)id);
	fprintf(p->f, "><time datetime=\"%s\">%.8s</time><div>", time, time + 11);
}

void page_row_end(struct page *p)
{
	fputs("</div></li>\n", p->f);
}

void page_event(struct page *p, const char *look, const char *label)
{
	fprintf(p->f, "<p class=\"event %s\"><b>%s</b> ", look, label);
}

void page_event_end(struct page *p)
{
	fputs("</p>\n", p->f);
}

void page_lost(struct page *p, const struct bundle_record *record, const struct why *why)
{
	p->lost++;
	page_event(p, "bad", "Cannot be shown:");
	if (*record->kind)
		fprintf(p->f, "record %llu, %s: ", (unsigned long long)record->seq, record->kind);
	page_text(p, why->text);
	page_event_end(p);
}

void page_raw(struct page *p, const char *summary, struct slice text)
{
	fprintf(p->f, "<details><summary>%s</summary><pre>", summary);
	markup_text(&p->markup, text);
	markup_end(&p->markup);
	fputs("</pre></details>\n", p->f);
}

/* ---- what is of no exchange ---------------------------------------------------------------------------------------------------------- */

static void put_gap(struct page *p, const cJSON *body)
{
	int64_t us;

	fputs("The agent’s clock was set", p->f);
	if (json_int(body, "step_us", &us))
		fprintf(p->f, " by %.3f s", (double)us / 1e6);
}

static void put_recovered(struct page *p, const cJSON *body)
{
	int64_t n;

	fputs("The agent ended here without closing the session", p->f);
	if (json_int(body, "lost_bytes", &n) && n)
		fprintf(p->f, "; %lld bytes of the index were not whole", (long long)n);
}

static void put_closed(struct page *p, const cJSON *body)
{
	fputs("The session ended: ", p->f);
	page_text(p, json_text(body, "end"));
}

static void put_renewed(struct page *p, const cJSON *body)
{
	(void)body;
	fputs("The sign-in was renewed", p->f);
}

static void put_opened(struct page *p, const cJSON *body)
{
	(void)body;
	fputs("The session opened", p->f);
}

static const struct {
	const char *kind, *look;
	void (*put)(struct page *p, const cJSON *body);
} notes[] = {
	{"open", "", put_opened}, {"renew", "", put_renewed}, {"close", "", put_closed}, {"gap", "warn", put_gap}, {"recovered", "bad", put_recovered},
};

static enum rc put_note(struct page *p, struct bundle_record *record)
{
	struct why why = {0};
	enum rc rc = bundle_body(p->bundle, record, &why);
	cJSON *body;
	size_t i = 0;

	if (rc == RC_IO || rc == RC_NOMEM)
		return rc;
	while (i < sizeof notes / sizeof *notes && strcmp(notes[i].kind, record->kind) != 0)
		i++;
	if (rc != RC_OK || i == sizeof notes / sizeof *notes) {
		page_row(p, record, 0, "bad");
		page_lost(p, record, rc == RC_OK ? &(struct why){.text = "it belongs to no exchange"} : &why);
		page_row_end(p);
		return RC_OK;
	}
	body = record->body.n <= SMALL_MAX ? json_parse(record->body) : NULL;
	page_row(p, record, 0, notes[i].look);
	fprintf(p->f, "<p class=\"note %s\">", notes[i].look);
	notes[i].put(p, body);
	fputs("</p>", p->f);
	if (!body || strcmp(record->kind, "recovered") == 0)
		page_raw(p, "The record", record->body);
	page_row_end(p);
	cJSON_Delete(body);
	return RC_OK;
}

/* ---- all of it ---------------------------------------------------------------------------------------------------------------------- */

/* The next line of the index: its note, or its exchange when it is the first of it. RC_END after the last. */
static enum rc next(struct page *p, struct why *why)
{
	uint64_t here = bundle_tell(p->bundle), behind;
	const struct place *place;
	struct bundle_record record;
	enum rc rc = bundle_next_line(p->bundle, &record, why);

	p->lines++;
	if (rc == RC_BAD) {
		fputs("<li class=\"row bad\"><time></time><div>", p->f);
		page_lost(p, &record, why);
		page_row_end(p);
		return RC_OK;
	}
	if (rc != RC_OK || !record.exchange)
		return rc == RC_OK ? put_note(p, &record) : rc;
	place = places_of(&p->places, record.exchange);
	if (!place || place->first != here)
		return RC_OK;
	behind = bundle_tell(p->bundle);
	rc = page_exchange(p, place, why);
	if (rc == RC_OK && p->lines / BESIDE_MAX > p->places.lines)
		rc = why_set(why, RC_TOO_BIG, "more of its exchanges run beside each other than in any honest session");
	return rc == RC_OK ? bundle_seek(p->bundle, behind) : rc;
}

static void put_foot(struct page *p, const cJSON *session)
{
	char now[CLOCK_TEXT];

	fputs("</ol>\n</section>\n<footer>\n<p>This page shows a recording; it proves nothing by itself. The evidence is the bundle that it was made from, which anybody can check:</p>\n"
	      "<pre><code>phigate verify ", p->f);
	page_text(p, json_text(session, "id"));
	fprintf(p->f, ".tar</code></pre>\n<p>Written by phigate %s on <time>%.10s</time>, in a form that loads nothing, runs nothing and sends nothing. Characters that a reader would not "
		"see, or that would mislead, stand as <code>\\u{…}</code>.</p>\n</footer>\n</main>\n</body>\n</html>\n", PHIGATE_VERSION, clock_text_s(clock_wall_s(), now));
}

enum rc page_write(FILE *f, const struct evidence *e, const struct page_checks *checks, size_t *lost, struct why *why)
{
	struct page p = {.f = f, .bundle = e->bundle};
	cJSON *session = json_parse(bundle_session(e->bundle));
	int64_t n;
	enum rc rc = checks->nomem ? RC_NOMEM : places_learn(e->bundle, &p.places, why);

	markup_init(&p.markup, f);
	p.markup.custom = json_int(json_object(json_object(session, "counts"), "masked"), "CUSTOM", &n);
	if (rc == RC_OK)
		page_head(&p, e, checks, session);
	while (rc == RC_OK && !ferror(f))
		rc = next(&p, why);
	if (rc == RC_END) {
		put_foot(&p, session);
		rc = RC_OK;
	}
	*lost = p.lost;
	cJSON_Delete(session);
	markup_free(&p.markup);
	places_free(&p.places);
	return rc == RC_OK && ferror(f) ? RC_IO : rc;
}

/* The beginning of a page: what it is, whether it is true, who, when, where from and what for, and what was masked. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "digest.h"
#include "encode.h"
#include "json.h"
#include "page_private.h"
#include "purpose.h"

#define CHECKS_MAX 64
#define STRIP_MAX 400                            /* exchanges that a strip can show */
#define STRIP_WIDTH 1000

/* ---- checks ------------------------------------------------------------------------------------------------------------------------ */

void page_checks_add(void *arg, const struct bundle_check *check)
{
	struct page_checks *checks = arg;
	struct page_check *all;

	if (checks->n == CHECKS_MAX)
		return;
	all = realloc(checks->all, (checks->n + 1) * sizeof *all);
	if (all) {
		checks->all = all;
		all[checks->n].result = check->result;
		snprintf(all[checks->n].name, sizeof all->name, "%s", check->name);
		all[checks->n].text = strdup(check->text);
		checks->nomem = checks->nomem || !all[checks->n].text;
		checks->n++;
	} else {
		checks->nomem = true;
	}
}

void page_checks_free(struct page_checks *checks)
{
	for (size_t i = 0; i < checks->n; i++)
		free(checks->all[i].text);
	free(checks->all);
	*checks = (struct page_checks){0};
}

static const struct {
	const char *look, *words;
} results[] = {
	[BUNDLE_HOLDS] = {"good", "✓ holds"}, [BUNDLE_FAILS] = {"bad", "✗ fails"}, [BUNDLE_SKIPPED] = {"skipped", "– not checked"},
};

static void put_checks(struct page *p, const struct page_checks *checks)
{
	fputs("<section>\n<h2>Is it true?</h2>\n<p class=\"hint\">What was checked when this page was made, against the bundle and the keys that were known here.</p>\n"
	      "<table class=\"checks\">\n<thead><tr><th scope=\"col\">Check</th><th scope=\"col\">Result</th><th scope=\"col\">What was found</th></tr></thead>\n<tbody>\n", p->f);
	for (size_t i = 0; i < checks->n; i++) {
		const struct page_check *c = &checks->all[i];

		fprintf(p->f, "<tr class=\"%s\"><th scope=\"row\">", c->result == BUNDLE_SKIPPED ? "skipped" : "made");
		page_text(p, c->name);
		fprintf(p->f, "</th><td class=\"result %s\">%s</td><td>", results[c->result].look, results[c->result].words);
		page_text(p, c->text);
		fputs("</td></tr>\n", p->f);
	}
	fputs("</tbody>\n</table>\n</section>\n", p->f);
}

static void put_verdict(struct page *p, const struct evidence *e, const cJSON *session)
{
	const char *agent = json_text(json_object(session, "agent"), "name");

	if (e->verdict == RC_OK) {
		fputs("<div class=\"verdict good\"><span class=\"sign\" aria-hidden=\"true\">✓</span><div><b>Verified</b> Signed by ", p->f);
		page_text(p, agent);
		fputs("@phigate, and nothing was changed, added or left out since. <code>", p->f);
		page_text(p, bundle_fingerprint(e->bundle));
		fputs("</code></div></div>\n", p->f);
	} else if (e->verdict == RC_NOT_FOUND) {
		fputs("<div class=\"verdict warn\"><span class=\"sign\" aria-hidden=\"true\">?</span><div><b>Nobody vouches for it</b> "
		      "It was signed by a key that is not known here, so anybody could have made it. <code>", p->f);
		page_text(p, bundle_fingerprint(e->bundle));
		fputs("</code></div></div>\n", p->f);
	} else {
		fputs("<div class=\"verdict bad\"><span class=\"sign\" aria-hidden=\"true\">✗</span><div><b>Not verified</b> What follows may never have happened: ", p->f);
		page_text(p, e->why.text);
		fputs("</div></div>\n", p->f);
	}
}

/* ---- facts ------------------------------------------------------------------------------------------------------------------------- */

static void fact(struct page *p, const char *label, const char *look)
{
	fprintf(p->f, "<div%s><dt>%s</dt><dd>", look, label);
}

static void fact_end(struct page *p)
{
	fputs("</dd></div>\n", p->f);
}

static void plain_fact(struct page *p, const char *label, const char *text)
{
	if (!text)
		return;
	fact(p, label, "");
	page_text(p, text);
	fact_end(p);
}

static void put_person(struct page *p, const cJSON *user)
{
	const char *comma = "of ";
	const cJSON *group;

	fact(p, "Who", "");
	page_text(p, json_text(user, "id"));
	fputs("<small>", p->f);
	cJSON_ArrayForEach(group, json_array(user, "groups")) {
		fputs(comma, p->f);
		page_text(p, cJSON_GetStringValue(group));
		comma = ", ";
	}
	fputs("</small>", p->f);
	fact_end(p);
}

static void put_origin(struct page *p, const cJSON *client)
{
	int64_t port = 0;

	if (!json_text(client, "address"))
		return;
	fact(p, "From", "");
	page_text(p, json_text(client, "address"));
	if (json_int(client, "port", &port) && port)
		fprintf(p->f, " <small>port %lld</small>", (long long)port);
	fact_end(p);
}

static void put_target(struct page *p, const cJSON *session)
{
	const cJSON *agent = json_object(session, "agent"), *policy = json_object(session, "policy");

	fact(p, "Connection", "");
	page_text(p, json_text(session, "connection"));
	fputs("<small>of agent ", p->f);
	page_text(p, json_text(agent, "name"));
	if (json_text(agent, "version")) {
		fputs(", phigate ", p->f);
		page_text(p, json_text(agent, "version"));
	}
	fputs("</small>", p->f);
	fact_end(p);
	fact(p, "Policy", "");
	page_text(p, json_text(policy, "name"));
	fputs("<small>SHA-256 <code>", p->f);
	page_text(p, json_text(policy, "sha256"));
	fputs("</code></small>", p->f);
	fact_end(p);
}

/* "2026-01-31 08:15:00 UTC"; what is no time as it is. */
static void put_time(struct page *p, const char *label, const char *time)
{
	char text[CLOCK_TEXT];
	int64_t ns;

	if (!time)
		return;
	fact(p, label, "");
	if (clock_parse(slice_str(time), &ns) == RC_OK) {
		clock_text_s(ns / NS_PER_S, text);
		fprintf(p->f, "<time datetime=\"%s\">%.10s %.8s UTC</time>", text, text, text + 11);
	} else {
		page_text(p, time);
	}
}

static void put_when(struct page *p, const cJSON *session)
{
	const char *opened = json_text(session, "opened"), *closed = json_text(session, "closed");
	int64_t from_ns, to_ns;

	put_time(p, "Opened", opened);
	if (opened)
		fact_end(p);
	put_time(p, "Closed", closed);
	if (!closed)
		return;
	fputs("<small>", p->f);
	if (opened && clock_parse(slice_str(opened), &from_ns) == RC_OK && clock_parse(slice_str(closed), &to_ns) == RC_OK) {
		fputs("after ", p->f);
		page_duration(p, to_ns > from_ns ? to_ns - from_ns : 0);
		fputs(", ", p->f);
	}
	fputs("ended: ", p->f);
	page_text(p, json_text(session, "end"));
	fputs("</small>", p->f);
	fact_end(p);
}

static void put_facts(struct page *p, const cJSON *session)
{
	const char *purpose = json_text(session, "purpose"), *reason = json_text(session, "reason");
	int64_t part = 1;

	fputs("<dl class=\"facts\">\n", p->f);
	if (reason) {
		fact(p, "Reason that was given", " class=\"wide\"");
		fputs("<span class=\"words\">", p->f);
		page_text(p, reason);
		fputs("</span>", p->f);
		fact_end(p);
	}
	put_person(p, json_object(session, "user"));
	put_origin(p, json_object(session, "client"));
	put_target(p, session);
	if (purpose) {
		fact(p, "Purpose of use", "");
		page_text(p, purpose);
		if (purpose_meaning(purpose))
			fprintf(p->f, "<small>%s</small>", purpose_meaning(purpose));
		fact_end(p);
	}
	put_when(p, session);
	fact(p, "Session", "");
	fputs("<code>", p->f);
	page_text(p, json_text(session, "id"));
	fputs("</code>", p->f);
	if (json_int(session, "part", &part) && (part != 1 || json_text(session, "previous")))
		fprintf(p->f, "<small>part %lld, which continues the one before</small>", (long long)part);
	fact_end(p);
	plain_fact(p, "Signed in at", json_text(json_object(session, "user"), "issuer"));
	fputs("</dl>\n", p->f);
}

/* ---- figures ------------------------------------------------------------------------------------------------------------------------ */

static void figure(struct page *p, const char *label, int64_t n)
{
	fprintf(p->f, "<div><dt>%s</dt><dd>%lld</dd></div>\n", label, (long long)n);
}

static int64_t masked_in_all(const cJSON *masked)
{
	const cJSON *entity;
	int64_t sum = 0, n;

	cJSON_ArrayForEach(entity, masked)
		if (json_int(masked, entity->string, &n) && n > 0)
			sum += n;
	return sum;
}

static void put_figures(struct page *p, const cJSON *counts)
{
	static const struct {
		const char *key, *label;
	} figures[] = {{"exchanges", "exchanges"}, {"held", "held for approval"}, {"approved", "approved"}, {"denied", "denied"}};
	int64_t n;

	fputs("<dl class=\"figures\">\n", p->f);
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		if (json_int(counts, figures[i].key, &n))
			figure(p, figures[i].label, n);
	figure(p, "identifiers masked", masked_in_all(json_object(counts, "masked")));
	fputs("</dl>\n", p->f);
}

static void put_legend(struct page *p, const cJSON *masked)
{
	const cJSON *item;
	int64_t n;

	fputs("<section>\n<h2>What was masked</h2>\n<p class=\"hint\">Each of these stands where an identifier stood. The identifiers themselves are not on this page. "
	      "Dates and ages of which a policy keeps a part, such as the year, are counted and not coloured.</p>\n<ul class=\"legend\">\n", p->f);
	cJSON_ArrayForEach(item, masked) {
		enum entity entity;
		char mask[64];

		if (!json_int(masked, item->string, &n) || !entity_parse(item->string, &entity))
			continue;
		snprintf(mask, sizeof mask, "[%s]", entity_name(entity));
		fputs("<li>", p->f);
		markup_mask(&p->markup, entity, slice_str(mask));
		fprintf(p->f, " %lld</li>\n", (long long)n);
	}
	if (!masked || !masked->child)
		fputs("<li>nothing</li>\n", p->f);
	fputs("</ul>\n</section>\n", p->f);
}

/* When each exchange ran; a bar leads to it. */
static void put_strip(struct page *p)
{
	const struct places *places = &p->places;
	double all = (double)(places->end_ns - places->begin_ns);

	if (places->n < 2 || places->n > STRIP_MAX || all <= 0)
		return;
	fprintf(p->f, "<figure class=\"strip\">\n<svg viewBox=\"0 0 %d 24\" preserveAspectRatio=\"none\" role=\"group\" aria-label=\"When each of the %zu exchanges ran\">\n",
		STRIP_WIDTH, places->n);
	for (size_t i = 0; i < places->n; i++) {
		double from = (double)(places->all[i].begin_ns - places->begin_ns) / all * (STRIP_WIDTH - 4);
		double to = (double)(places->all[i].end_ns - places->begin_ns) / all * (STRIP_WIDTH - 4);

		fprintf(p->f, "<a href=\"#x%llu\"><title>exchange %llu</title><rect x=\"%.1f\" y=\"4\" width=\"%.1f\" height=\"16\"></rect></a>\n",
			(unsigned long long)places->all[i].exchange, (unsigned long long)places->all[i].exchange, from, to - from < 4 ? 4 : to - from);
	}
	fputs("</svg>\n<figcaption><span>opened</span><span>", p->f);
	page_duration(p, places->end_ns - places->begin_ns);
	fputs("</span></figcaption>\n</figure>\n", p->f);
}

/* ---- all of it ---------------------------------------------------------------------------------------------------------------------- */

/* CSP, level 3: nothing may be loaded, run, sent or framed; the one style is named by its hash. */
static void put_policy(FILE *f)
{
	unsigned char sum[SHA256_LEN];
	struct buf hash;

	sha256(page_style, strlen(page_style), sum);
	buf_init(&hash, 64);
	base64_encode(sum, sizeof sum, &hash);
	fprintf(f, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">\n",
		hash.len ? hash.data : "");
	buf_free(&hash);
}

void page_open(FILE *f)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n", f);
	put_policy(f);
	fputs("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
	      "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n<title>", f);
}

void page_opened(FILE *f)
{
	fprintf(f, "</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n", page_style);
}

void page_head(struct page *p, const struct evidence *e, const struct page_checks *checks, cJSON *session)
{
	const cJSON *counts = json_object(session, "counts"), *user = json_object(session, "user");

	page_open(p->f);
	p->markup.plain = true;
	page_text(p, json_text(user, "id"));
	fputs(" on ", p->f);
	page_text(p, json_text(session, "connection"));
	fputs(", session ", p->f);
	page_text(p, json_text(session, "id"));
	p->markup.plain = false;
	page_opened(p->f);
	fputs("<header>\n<p class=\"kind\">Recorded session</p>\n<h1>", p->f);
	page_text(p, session ? json_text(user, "id") : "session.json cannot be read");
	fputs(" on ", p->f);
	page_text(p, json_text(session, "connection"));
	fputs("</h1>\n", p->f);
	put_verdict(p, e, session);
	if (json_true(session, "emergency"))
		fputs("<p class=\"banner\">Emergency access: what would have waited for approval passed at once.</p>\n", p->f);
	put_facts(p, session);
	put_figures(p, counts);
	fputs("</header>\n", p->f);
	put_checks(p, checks);
	put_legend(p, json_object(counts, "masked"));
	fputs("<section>\n<h2>What happened</h2>\n<p class=\"hint\">All times are UTC, as the agent beside the model recorded them.</p>\n", p->f);
	put_strip(p);
	fputs("<ol class=\"timeline\">\n", p->f);
}

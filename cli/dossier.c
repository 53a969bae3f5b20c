#include "dossier.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bundle_about.h"
#include "clock.h"
#include "document.h"
#include "json.h"

#define CELL_MAX 2048

bool dossier_good(const struct dossier *d)
{
	bool good = d->gathered->failed == 0 && d->gathered->missing == 0;

	for (size_t i = 0; i < d->checks->n; i++)
		good = good && d->checks->all[i].result != BUNDLE_FAILS;
	return good;
}

/* One way through the pack: what is written to. */
struct writing {
	const struct dossier *d;
	struct document *doc;
	uint64_t rows;                           /* of the table that is open */
};

static unsigned long long n(uint64_t figure)
{
	return (unsigned long long)figure;
}

/* "2026-01-31 08:15:00"; what is no time as it is. */
static const char *time_of(const cJSON *row, const char *key, char out[CLOCK_TEXT])
{
	const char *text = json_text_or_empty(row, key);
	int64_t ns;

	if (clock_parse(slice_str(text), &ns) != RC_OK)
		return text;
	clock_text_s(ns / NS_PER_S, out);
	out[10] = ' ';
	out[19] = '\0';
	return out;
}

/* ---- the beginning ------------------------------------------------------------------------------------------------------------- */

static void put_verdict(struct document *doc, const struct dossier *d)
{
	const struct gathered *g = d->gathered;
	const struct page_check *failed = NULL;
	char text[256];

	for (size_t i = 0; i < d->checks->n && !failed; i++)
		if (d->checks->all[i].result == BUNDLE_FAILS)
			failed = &d->checks->all[i];
	if (failed) {
		document_verdict(doc, "bad", "The agent’s own account does not hold");
		document_text(doc, failed->name);
		document_text(doc, ": ");
		document_text(doc, failed->text);
	} else if (g->failed || g->missing) {
		snprintf(text, sizeof text, "%llu of %llu do not verify, %llu are not to be had. They stand below, under “What needs attention”.", n(g->failed),
			 n(g->bundles), n(g->missing));
		document_verdict(doc, "bad", "Not every bundle is good");
		document_text(doc, text);
	} else if (!g->bundles && !d->figures->sessions) {
		document_verdict(doc, "warn", "Nothing was recorded");
		document_text(doc, "The period has no session. The ledger says so, too.");
	} else {
		snprintf(text, sizeof text, "All %llu bundles of the period verify, and the lists below tell what the agent’s ledger tells, which lacks no leaf.",
			 n(g->bundles));
		document_verdict(doc, "good", "It holds");
		document_text(doc, text);
	}
	document_verdict_end(doc);
}

static void put_facts(struct document *doc, const struct dossier *d)
{
	static const char *const labels[] = {"Agent", "From", "Until", "Gathered for", "Gathered at", "Ledger", "Signing key of the agent"};
	const cJSON *about = pack_about(d->pack), *agent = json_object(about, "agent");
	char from[CLOCK_TEXT], to[CLOCK_TEXT], at[CLOCK_TEXT], name[256], times[3][64], ledger[320];
	const char *const texts[] = {name, times[0], times[1], json_text_or_empty(json_object(about, "made_for"), "user"), times[2], ledger,
		json_text_or_empty(agent, "signing_key")};

	snprintf(name, sizeof name, "%s, phigate %s", json_text_or_empty(agent, "name"), json_text_or_empty(agent, "version"));
	snprintf(times[0], sizeof times[0], "%s UTC", time_of(about, "from", from));
	snprintf(times[1], sizeof times[1], "%s UTC", time_of(about, "to", to));
	snprintf(times[2], sizeof times[2], "%s UTC", time_of(about, "made_at", at));
	snprintf(ledger, sizeof ledger, "%s, %llu leaves", json_text_or_empty(json_object(about, "ledger"), "origin"), n(d->figures->ledger_size));
	document_facts(doc, labels, texts, sizeof texts / sizeof *texts);
}

static void put_figures(struct document *doc, const struct dossier *d)
{
	static const char *const labels[] = {"sessions", "people", "requests", "held for approval", "emergency accesses", "reviews", "identifiers masked"};
	const uint64_t figures[] = {d->figures->sessions, d->figures->people, d->gathered->exchanges, d->figures->holds, d->figures->emergencies,
		d->figures->reviews, d->gathered->masked};

	document_figures(doc, labels, figures, sizeof figures / sizeof *figures);
}

/* ---- the rules ------------------------------------------------------------------------------------------------------------------- */

/* What was found for a rule; look: NULL, or how bad it is. */
typedef const char *found_fn(const struct dossier *d, char text[CELL_MAX]);

static const char *found_controls(const struct dossier *d, char text[CELL_MAX])
{
	snprintf(text, CELL_MAX, "Sessions: %llu, with %llu requests, all on record. The ledger has %llu leaves of the period, and lacks none.", n(d->figures->sessions),
		 n(d->gathered->exchanges), n(d->figures->leaves));
	return NULL;
}

static const char *found_integrity(const struct dossier *d, char text[CELL_MAX])
{
	const struct gathered *g = d->gathered;

	snprintf(text, CELL_MAX, "%llu of %llu bundles verify, %llu do not, %llu are missing. With a time stamp that is believed: %llu.", n(g->verified),
		 n(g->bundles), n(g->failed), n(g->missing), n(g->stamped));
	return g->failed || g->missing ? "bad" : "good";
}

static const char *found_people(const struct dossier *d, char text[CELL_MAX])
{
	snprintf(text, CELL_MAX, "People: %llu, each known by the issuer and the subject of the sign-in. Each of the %llu sessions began with a proof of the key that the sign-in was made for.",
		 n(d->figures->people), n(d->figures->sessions));
	return NULL;
}

static const char *found_emergencies(const struct dossier *d, char text[CELL_MAX])
{
	uint64_t open = d->figures->emergencies_unreviewed;

	snprintf(text, CELL_MAX, "Emergency accesses: %llu, of which not reviewed yet: %llu.", n(d->figures->emergencies), n(open));
	return open ? "warn" : NULL;
}

static const char *found_encryption(const struct dossier *d, char text[CELL_MAX])
{
	const struct gathered *g = d->gathered;

	snprintf(text, CELL_MAX, "%llu of %llu verified bundles are encrypted for named recipients; those that are not hold masked text that can be read.", n(g->encrypted), n(g->verified));
	return g->encrypted < g->verified ? "warn" : NULL;
}

static const char *found_transmission(const struct dossier *d, char text[CELL_MAX])
{
	snprintf(text, CELL_MAX, "Each of the %llu sessions came through SSH with a pinned host key; the open record in its bundle has the client’s address.",
		 n(d->figures->sessions));
	return NULL;
}

static const char *found_review(const struct dossier *d, char text[CELL_MAX])
{
	const struct pack_figures *f = d->figures;

	snprintf(text, CELL_MAX, "Signed reviews: %llu; %llu of %llu sessions are reviewed. Auditors looked at the list of sessions %llu times; bundles were fetched %llu times.",
		 n(f->reviews), n(f->sessions_reviewed), n(f->sessions), n(f->listed), n(f->fetched));
	return f->sessions && !f->sessions_reviewed ? "warn" : NULL;
}

static const char *found_approvals(const struct dossier *d, char text[CELL_MAX])
{
	const struct pack_figures *f = d->figures;

	snprintf(text, CELL_MAX, "Requests held: %llu. Approvals: %llu, denials: %llu, none by who asked. Requests that a rule or a person denied: %llu.",
		 n(f->holds), n(f->approvals), n(f->denials), n(d->gathered->denied));
	return NULL;
}

static const char *found_ending(const struct dossier *d, char text[CELL_MAX])
{
	snprintf(text, CELL_MAX, "Sessions revoked: %llu. Sessions still open when this was gathered: %llu.", n(d->figures->revocations), n(d->figures->open));
	return NULL;
}

static const char *found_documents(const struct dossier *d, char text[CELL_MAX])
{
	const struct pack_figures *f = d->figures;

	snprintf(text, CELL_MAX, "Put in force, by digest: policies %llu times, configurations %llu times. The agent was started %llu and stopped %llu times. Bundles missing: %llu.",
		 n(f->policies), n(f->configurations), n(f->starts), n(f->stops), n(d->gathered->missing));
	return d->gathered->missing ? "bad" : NULL;
}

static const char *found_masking(const struct dossier *d, char text[CELL_MAX])
{
	snprintf(text, CELL_MAX, "Identifiers masked in answers: %llu, in %llu requests. No method finds every identifier; phigate’s README has what is found in test texts.",
		 n(d->gathered->masked), n(d->gathered->exchanges));
	return NULL;
}

static const struct {
	const char *rule, *asks, *files;
	found_fn *found;
} RULES[] = {
	{"164.312(b)", "Audit controls", "sessions.jsonl, ledger.jsonl", found_controls},
	{"164.312(c)(1), (c)(2)", "Integrity", "results.jsonl, bundles.sha256", found_integrity},
	{"164.312(d), (a)(2)(i)", "Authentication, unique users", "sessions.jsonl", found_people},
	{"164.312(a)(2)(ii)", "Emergency access", "emergencies.jsonl", found_emergencies},
	{"164.312(a)(2)(iv)", "Encryption", "results.jsonl", found_encryption},
	{"164.312(e)(1)", "Transmission security", "sessions.jsonl", found_transmission},
	{"164.308(a)(1)(ii)(D)", "Review of activity", "reviews.jsonl, changes.jsonl", found_review},
	{"164.308(a)(4)", "Who authorises access", "approvals.jsonl", found_approvals},
	{"164.308(a)(3)(ii)(C)", "Ending access", "changes.jsonl", found_ending},
	{"164.316(b)(2)(i)", "Policies and retention", "changes.jsonl, results.jsonl", found_documents},
	{"164.514(b)(2), 164.502(b)", "The 18 identifiers, minimum necessary", "results.jsonl", found_masking},
};

static void put_rules(struct document *doc, const struct dossier *d)
{
	static const char *const titles[] = {"45 CFR", "Asks for", "What was found", "Shown by", NULL};
	char text[CELL_MAX];

	document_section(doc, "Rule by rule", "What the Security and Privacy Rules ask for, what the period shows, and the file of this pack that shows it.");
	document_table(doc, titles);
	for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
		const char *look = RULES[i].found(d, text);

		document_cell(doc, 0, NULL, RULES[i].rule);
		document_cell(doc, 1, NULL, RULES[i].asks);
		document_cell(doc, 2, look, text);
		document_cell(doc, 3, "code", RULES[i].files);
	}
	document_table_end(doc, NULL);
	document_section_end(doc);
}

/* ---- what needs attention ---------------------------------------------------------------------------------------------------------- */

static void put_attention(struct writing *w, const char *look, const char *what, const char *which, const char *why)
{
	document_cell(w->doc, 0, look, what);
	document_cell(w->doc, 1, "code", which);
	document_cell(w->doc, 2, NULL, why);
	w->rows++;
}

static void attend_result(struct writing *w, const cJSON *row)
{
	static const char *const words[][3] = {
		{"missing", "bad", "A bundle is missing"}, {"failed", "bad", "A bundle does not verify"},
		{"unknown-signer", "bad", "Nobody vouches for a bundle"}, {"open", "warn", "Still open"},
	};
	char which[128];
	int64_t part = 0;

	(void)json_int(row, "part", &part);
	snprintf(which, sizeof which, "%.80s, part %lld", json_text_or_empty(row, "session"), (long long)part);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(json_text_or_empty(row, "result"), words[i][0]) == 0)
			put_attention(w, words[i][1], words[i][2], which, json_text_or_empty(row, "reason"));
}

static enum rc attend_emergency(void *arg, const cJSON *row, struct why *why)
{
	struct writing *w = arg;
	int64_t reviews = 0;

	(void)why;
	(void)json_int(row, "reviews", &reviews);
	if (!reviews)
		put_attention(w, "warn", "Emergency access, not reviewed", json_text_or_empty(row, "id"), json_text_or_empty(row, "reason"));
	return RC_OK;
}

static enum rc each_result(struct writing *w)
{
	FILE *f = fopen(w->d->results, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t got;
	enum rc rc = f ? RC_OK : RC_IO;

	if (f)
		rewind(f);
	while (rc == RC_OK && (got = getline(&line, &cap, f)) > 0) {
		cJSON *row = json_parse((struct slice){line, (size_t)got});

		if (row)
			attend_result(w, row);
		cJSON_Delete(row);
	}
	free(line);
	if (f)
		fclose(f);
	return rc;
}

static enum rc put_attentions(struct writing *w, struct why *why)
{
	static const char *const titles[] = {"What", "Which", "Why", NULL};
	enum rc rc;

	document_section(w->doc, "What needs attention", NULL);
	document_table(w->doc, titles);
	w->rows = 0;
	for (size_t i = 0; i < w->d->checks->n; i++)
		if (w->d->checks->all[i].result == BUNDLE_FAILS)
			put_attention(w, "bad", "The agent’s account does not hold", w->d->checks->all[i].name, w->d->checks->all[i].text);
	rc = each_result(w);
	if (rc == RC_OK)
		rc = pack_rows(w->d->pack, PACK_EMERGENCIES, attend_emergency, w, why);
	document_table_end(w->doc, w->rows ? NULL : "Nothing.");
	document_section_end(w->doc);
	return rc;
}

/* ---- lists ---------------------------------------------------------------------------------------------------------------------------- */

static void put_checks(struct document *doc, const struct dossier *d)
{
	static const char *const titles[] = {"Check", "Result", "What was found", NULL};
	static const struct {
		const char *look, *words;
	} results[] = {[BUNDLE_HOLDS] = {"good", "✓ holds"}, [BUNDLE_FAILS] = {"bad", "✗ fails"}, [BUNDLE_SKIPPED] = {NULL, "– not checked"}};

	document_section(doc, "Is the agent’s account true?", "Checked by the auditor’s program before this page was written. Signature and sums come after "
			 "it; phigate verify checks all of it again.");
	document_table(doc, titles);
	for (size_t i = 0; i < d->checks->n; i++) {
		const struct page_check *c = &d->checks->all[i];

		if (strcmp(c->name, "ledger") != 0 && strcmp(c->name, "lists") != 0 && strcmp(c->name, "reviews") != 0)
			continue;
		document_cell(doc, 0, NULL, c->name);
		document_cell(doc, 1, results[c->result].look, results[c->result].words);
		document_cell(doc, 2, NULL, c->text);
	}
	document_table_end(doc, NULL);
	document_section_end(doc);
}

static enum rc row_emergency(void *arg, const cJSON *row, struct why *why)
{
	struct writing *w = arg;
	char time[CLOCK_TEXT];
	int64_t reviews = 0;

	(void)why;
	(void)json_int(row, "reviews", &reviews);
	document_cell(w->doc, 0, "when", time_of(row, "opened_at", time));
	document_cell(w->doc, 1, NULL, json_text_or_empty(row, "user"));
	document_cell(w->doc, 2, NULL, json_text_or_empty(row, "reason"));
	document_cell(w->doc, 3, reviews ? "good" : "warn", reviews ? "reviewed" : "not reviewed");
	document_cell(w->doc, 4, "code", json_text_or_empty(row, "id"));
	w->rows++;
	return RC_OK;
}

static void put_decision(struct writing *w, const cJSON *hold, const cJSON *decision)
{
	bool kept = json_text(hold, "created_at");
	char time[CLOCK_TEXT], decided[CLOCK_TEXT], by[CELL_MAX];

	document_cell(w->doc, 0, "code", json_text_or_empty(hold, "id"));
	document_cell(w->doc, 1, "when", kept ? time_of(hold, "created_at", time) : "no longer in the store");
	document_cell(w->doc, 2, NULL, json_text_or_empty(hold, "user"));
	document_cell(w->doc, 3, NULL, json_text_or_empty(hold, "rule"));
	document_cell(w->doc, 4, NULL, json_text_or_empty(hold, "state"));
	if (decision)
		snprintf(by, sizeof by, "%s by %.200s, %s", json_text_or_empty(decision, "decision"), json_text_or_empty(decision, "user"), time_of(decision, "at", decided));
	document_cell(w->doc, 5, NULL, decision ? by : "nobody decided");
	document_cell(w->doc, 6, NULL, decision ? json_text_or_empty(decision, "reason") : "");
	w->rows++;
}

static enum rc row_hold(void *arg, const cJSON *row, struct why *why)
{
	const cJSON *list = json_array(row, "decisions"), *decision;

	(void)why;
	if (!list || !list->child)
		put_decision(arg, row, NULL);
	cJSON_ArrayForEach(decision, list)
		put_decision(arg, row, decision);
	return RC_OK;
}

static enum rc row_review(void *arg, const cJSON *row, struct why *why)
{
	struct writing *w = arg;
	cJSON *record = json_parse(slice_str(json_text_or_empty(row, "record")));
	char time[CLOCK_TEXT];

	(void)why;
	document_cell(w->doc, 0, "when", time_of(row, "at", time));
	document_cell(w->doc, 1, NULL, json_text_or_empty(row, "user"));
	document_cell(w->doc, 2, NULL, json_text_or_empty(record, "finding"));
	document_cell(w->doc, 3, "code", json_text_or_empty(row, "session"));
	w->rows++;
	cJSON_Delete(record);
	return RC_OK;
}

/* Who listed and fetched what stands in the file; here is what changed. */
static enum rc row_change(void *arg, const cJSON *row, struct why *why)
{
	static const char *const details[] = {"policy", "version", "session", "sha256", "program_sha256", "by"};
	struct writing *w = arg;
	char time[CLOCK_TEXT], text[CELL_MAX] = "";
	size_t used = 0;

	(void)why;
	if (strcmp(json_text_or_empty(row, "kind"), "phigate-list-v1") == 0 || strcmp(json_text_or_empty(row, "kind"), "phigate-fetch-v1") == 0)
		return RC_OK;
	for (size_t i = 0; i < sizeof details / sizeof *details && used < sizeof text - 320; i++)
		if (json_text(row, details[i]))
			used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %.264s", used ? ", " : "", details[i], json_text_or_empty(row, details[i]));
	document_cell(w->doc, 0, "when", time_of(row, "at", time));
	document_cell(w->doc, 1, NULL, json_text_or_empty(row, "what"));
	document_cell(w->doc, 2, "code", text);
	w->rows++;
	return RC_OK;
}

static enum rc row_session(void *arg, const cJSON *row, struct why *why)
{
	struct writing *w = arg;
	char opened[CLOCK_TEXT], closed[CLOCK_TEXT];
	bool open = strcmp(json_text_or_empty(row, "state"), "open") == 0;
	int64_t reviews = 0;

	(void)why;
	(void)json_int(row, "reviews", &reviews);
	document_cell(w->doc, 0, "when", time_of(row, "opened_at", opened));
	document_cell(w->doc, 1, open ? "warn" : "when", open ? "still open" : time_of(row, "closed_at", closed));
	document_cell(w->doc, 2, NULL, json_text_or_empty(row, "user"));
	document_cell(w->doc, 3, NULL, json_text_or_empty(row, "connection"));
	document_cell(w->doc, 4, NULL, json_text_or_empty(row, "reason"));
	document_cell(w->doc, 5, NULL, json_text_or_empty(row, "end"));
	document_cell_number(w->doc, 6, reviews > 0 ? (uint64_t)reviews : 0);
	document_cell(w->doc, 7, "code", json_text_or_empty(row, "id"));
	w->rows++;
	return RC_OK;
}

static const struct {
	enum pack_file file;
	const char *heading, *hint, *empty, *titles[10];
	pack_on_row *on_row;
} LISTS[] = {
	{PACK_EMERGENCIES, "Emergency access", "Sessions in which what would have waited for approval passed at once.", "There was none.",
	 {"Opened", "Who", "Reason", "Review", "Session", NULL}, row_emergency},
	{PACK_APPROVALS, "Approvals", "Requests that a rule held, and who decided. The requests themselves are in the bundles.", "No request was held.",
	 {"Hold", "Asked", "Who asked", "Rule", "State", "Decision", "Reason given", NULL}, row_hold},
	{PACK_REVIEWS, "Reviews", "Each is a record of its own, signed by the agent: reviews.jsonl.", "Nobody has reviewed a session.",
	 {"When", "Who", "Finding", "Session", NULL}, row_review},
	{PACK_CHANGES, "Policies, configuration, starts", "As the ledger tells it. Policies and configurations are named by the SHA-256 of their text; "
	 "each bundle holds its policy. Who listed and fetched what is in changes.jsonl.", "Nothing changed.", {"When", "What", "Details", NULL}, row_change},
	{PACK_SESSIONS, "Sessions", "Every session that was open in the period. All times are UTC.", "There was none.",
	 {"Opened", "Closed", "Who", "Connection", "Reason", "Ended by", "Reviews", "Session", NULL}, row_session},
};

static enum rc put_lists(struct writing *w, struct why *why)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < sizeof LISTS / sizeof *LISTS && rc == RC_OK; i++) {
		document_section(w->doc, LISTS[i].heading, LISTS[i].hint);
		document_table(w->doc, LISTS[i].titles);
		w->rows = 0;
		rc = pack_rows(w->d->pack, LISTS[i].file, LISTS[i].on_row, w, why);
		document_table_end(w->doc, w->rows ? NULL : LISTS[i].empty);
		document_section_end(w->doc);
	}
	return rc;
}

/* ---- how to check -------------------------------------------------------------------------------------------------------------------- */

/* Who pastes a command into a shell gets the agent's name where it is one. A pack says what it wants. */
static const char *agent_in_command(const struct dossier *d)
{
	const char *name = json_text_or_empty(json_object(pack_about(d->pack), "agent"), "name");

	return bundle_about_is_agent(name) && *name != '-' ? name : "AGENT";
}

static void put_how(struct document *doc, const struct dossier *d)
{
	char text[CELL_MAX];

	document_section(doc, "How to check it without trusting this page", "allowed_signers comes from the operator by a way that you trust; it names the agent’s "
			 "key. These are stock tools:");
	snprintf(text, sizeof text, "tar -xf pack.tar\n"
		 "ssh-keygen -Y verify -f allowed_signers -I %s@phigate -n %s -s SHA256SUMS.sig < SHA256SUMS\n"
		 "sha256sum --strict -c SHA256SUMS\n"
		 "sha256sum --strict %s-c bundles.sha256", agent_in_command(d), PACK_NAMESPACE, d->with_bundles ? "" : "--ignore-missing ");
	document_code(doc, text);
	document_section_end(doc);
	document_section(doc, "What the signature says", NULL);
	if (doc->html)
		fputs("<p class=\"lead\">", doc->f);
	document_text(doc, json_text_or_empty(pack_about(d->pack), "signature_says"));
	fputs(doc->html ? "</p>\n" : "\n\n", doc->f);
	document_section_end(doc);
	document_section(doc, "With phigate", d->with_bundles ? "The first checks the pack, with the ledger’s leaves and every list; the second a bundle of it." :
			 "The first checks the pack, with the ledger’s leaves and every list; the second fetches a bundle, and the third checks it.");
	document_code(doc, d->with_bundles ? "phigate verify pack.tar --ledger ledger.vkey\nphigate verify SESSION.PART.tar --ledger ledger.vkey" :
		      "phigate verify pack.tar --ledger ledger.vkey\nphigate bundle SESSION -o session.tar\nphigate verify session.tar --ledger ledger.vkey");
	document_section_end(doc);
}

enum rc dossier_write(const struct dossier *d, FILE *f, bool html, struct why *why)
{
	const char *agent = json_text_or_empty(json_object(pack_about(d->pack), "agent"), "name");
	struct document doc;
	struct writing w = {.d = d, .doc = &doc};
	char title[160];
	enum rc rc, ended;

	snprintf(title, sizeof title, "Evidence of agent %.100s", agent);
	document_begin(&doc, f, html, "HIPAA evidence pack", title);
	put_verdict(&doc, d);
	put_facts(&doc, d);
	put_figures(&doc, d);
	put_rules(&doc, d);
	rc = put_attentions(&w, why);
	put_checks(&doc, d);
	if (rc == RC_OK)
		rc = put_lists(&w, why);
	put_how(&doc, d);
	ended = document_end(&doc, "Written by phigate " PHIGATE_VERSION ". No text of a request or an answer is in this pack; reasons and findings are masked. Characters that a "
			     "reader would not see, or that would mislead, stand as \\u{…}. Software alone complies with nothing: this shows what it contributes.");
	if (rc == RC_OK)
		rc = ended;
	return rc == RC_IO && !*why->text ? why_set(why, rc, "cannot write: %s", strerror(errno)) : rc;
}

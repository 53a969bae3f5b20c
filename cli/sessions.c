/* phigate sessions: one's own, and for an auditor everybody's. */
#include "agents.h"
#include "fetch.h"
#include "json.h"
#include "table.h"
#include "when.h"

static void add_row(struct table *t, const cJSON *session)
{
	const char *state = json_text(session, "state"), *end = json_text(session, "end");
	char when[WHEN_TEXT], lasted[WHEN_TEXT], parts[32], reviews[48];
	bool open = slice_is(slice_str(state), "open");
	int64_t n = 0, n_reviews = 0;

	(void)json_int(session, "parts", &n);
	(void)json_int(session, "reviews", &n_reviews);
	snprintf(parts, sizeof parts, "%lld", (long long)n);
	table_cell(t, STYLE_BOLD, json_text(session, "id"));
	table_cell(t, open ? STYLE_GOOD : STYLE_PLAIN, open || !end ? state : end);
	table_cell(t, STYLE_PLAIN, json_text(session, "user"));
	table_cell(t, STYLE_PLAIN, json_text(session, "connection"));
	table_cell(t, STYLE_PLAIN, when_local(json_text(session, "opened_at"), when));
	table_cell(t, STYLE_PLAIN, when_between(json_text(session, "opened_at"), json_text(session, "closed_at"), lasted));
	table_cell(t, STYLE_PLAIN, parts);
	snprintf(reviews, sizeof reviews, "%s%lld", json_true(session, "emergency") ? "EMERGENCY " : "", (long long)n_reviews);
	table_cell(t, json_true(session, "emergency") ? STYLE_WARN : STYLE_PLAIN, n_reviews || json_true(session, "emergency") ? reviews : "");
	table_cell(t, STYLE_PLAIN, json_text(session, "purpose"));
	table_cell(t, STYLE_PLAIN, json_text(session, "reason"));
}

static enum rc print_table(const struct answers *answers)
{
	static const char *const titles[] = {"SESSION", "STATE", "USER~", "CONNECTION~", "OPENED", "LASTED", "PARTS", "REVIEWS", "PURPOSE", "REASON~", NULL};
	struct table *t = table_new(titles);
	enum rc rc = t ? RC_OK : RC_NOMEM;

	for (size_t i = 0; t && i < answers->n; i++) {
		const cJSON *session;

		cJSON_ArrayForEach(session, answers->list[i].tree)
			add_row(t, session);
	}
	if (t && table_rows(t) == 0)
		term_printf(stderr, STYLE_DIM, "no sessions\n");
	else if (t)
		rc = table_print(t, stdout);
	table_free(t);
	return rc;
}

static int run(const struct arguments *args)
{
	static const char *const filters[][2] = {
		{"--user", "user"}, {"--connection", "connection"}, {"--model", "model"}, {"--rule", "rule"}, {"--entity", "entity"},
		{"--since", "since"}, {"--until", "until"}, {"--state", "state"}};
	static const char *const flags[][2] = {
		{"--held", "held"}, {"--denied", "denied"}, {"--emergency", "emergency"}, {"--reviewed", "reviewed"}, {"--unreviewed", "unreviewed"}};
	struct buf path, query;
	int status = EXIT_FAILED;

	buf_init(&path, 4096);
	buf_init(&query, 2048);
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
		if (argument(args, filters[i][0]))
			fetch_form_add(&query, filters[i][1], slice_str(argument(args, filters[i][0])));
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (argument(args, flags[i][0]))
			fetch_form_add(&query, flags[i][1], SLICE("true"));
	buf_puts(&path, query.len ? "/v1/sessions?" : "/v1/sessions");
	buf_add_slice(&path, buf_slice(&query));
	if (path.rc == RC_OK && query.rc == RC_OK)
		status = agents_list(args, path.data, print_table);
	else
		term_fail(RC_BAD, &(struct why){.text = "what is asked for is too long"});
	buf_free(&path);
	buf_free(&query);
	return status;
}

static const struct option_spec options[] = {
	{"--user", "USER", "only this person's (for auditors)"},
	{"--connection", "NAME", "only those of this connection"},
	{"--model", "NAME", "only those that asked this model"},
	{"--rule", "NAME", "only those in which this rule denied, held or cut something"},
	{"--entity", "ENTITY[:N]", "only those in whose answers it was masked, N times or more"},
	{"--since", "TIME", "only those opened since then: 2026-01-31T08:15:00Z, or 24h"},
	{"--until", "TIME", "only those opened before then"},
	{"--state", "STATE", "only those that are open, or closed"},
	{"--held", NULL, "only those with a request that waited for approval"},
	{"--denied", NULL, "only those with a request that a rule or a person denied"},
	{"--emergency", NULL, "only emergency access"},
	{"--reviewed", NULL, "only those that somebody has reviewed"},
	{"--unreviewed", NULL, "only those that nobody has reviewed"},
	{"--json", NULL, "one JSON object a line"},
	{NULL, NULL, NULL},
};

const struct command cmd_sessions = {
	.name = "sessions", .args = "", .help = "list sessions and their bundles", .options = options, .run = run,
};

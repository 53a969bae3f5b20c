/* phigate holds: requests that wait for a second person, one's own and those that one may decide. */
#include "holds.h"

#include "json.h"
#include "table.h"
#include "when.h"

static enum style style_of(const char *state)
{
	if (slice_is(slice_str(state), "pending"))
		return STYLE_WARN;
	if (slice_is(slice_str(state), "approved") || slice_is(slice_str(state), "used"))
		return STYLE_GOOD;
	return slice_is(slice_str(state), "denied") ? STYLE_BAD : STYLE_DIM;
}

static void add_row(struct table *t, const cJSON *hold)
{
	const char *state = json_text(hold, "state");
	char when[WHEN_TEXT], approvals[64];
	int64_t needed = 1, given = 0;

	(void)json_int(hold, "approvals_needed", &needed);
	(void)json_int(hold, "approvals_given", &given);
	snprintf(approvals, sizeof approvals, "%lld of %lld", (long long)given, (long long)needed);
	table_cell(t, STYLE_BOLD, json_text(hold, "id"));
	table_cell(t, style_of(state), state);
	table_cell(t, STYLE_PLAIN, json_text(hold, "user"));
	table_cell(t, STYLE_PLAIN, json_text(hold, "connection"));
	table_cell(t, STYLE_PLAIN, json_text(hold, "rule"));
	table_cell(t, STYLE_PLAIN, when_relative(json_text(hold, "created_at"), when));
	table_cell(t, STYLE_PLAIN, approvals);
	table_cell(t, json_true(hold, "may_decide") ? STYLE_BOLD : STYLE_DIM, json_true(hold, "may_decide") ? "you may decide" :
		   json_true(hold, "own") ? "your own" : "");
	table_cell(t, STYLE_PLAIN, json_text(hold, "reason"));
}

enum rc holds_table(const struct answers *answers)
{
	static const char *const titles[] = {"ID", "STATE", "USER~", "CONNECTION~", "RULE~", "ASKED", "APPROVALS", "", "REASON~", NULL};
	struct table *t = table_new(titles);
	enum rc rc = t ? RC_OK : RC_NOMEM;

	for (size_t i = 0; t && i < answers->n; i++) {
		const cJSON *hold;

		cJSON_ArrayForEach(hold, answers->list[i].tree)
			add_row(t, hold);
	}
	if (t && table_rows(t) == 0)
		term_printf(stderr, STYLE_DIM, "no requests wait\n");
	else if (t)
		rc = table_print(t, stdout);
	table_free(t);
	return rc;
}

static int run(const struct arguments *args)
{
	const char *path = argument(args, "--all") ? "/v1/holds?state=all" : "/v1/holds";

	return argument(args, "--watch") ? holds_watch(args, path) : agents_list(args, path, holds_table);
}

static const struct option_spec options[] = {
	{"--all", NULL, "also those that are decided, used or expired"},
	{"--watch", NULL, "go on, and show each change as it happens"},
	{"--json", NULL, "one JSON object a line"},
	{NULL, NULL, NULL},
};

const struct command cmd_holds = {
	.name = "holds", .args = "", .help = "list requests that wait for a decision", .options = options, .run = run,
};

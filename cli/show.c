/* phigate show: what a held request asks, for the person who decides: first what matters, then everything. */
#include <string.h>

#include "agents.h"
#include "json.h"
#include "jsonline.h"
#include "term.h"
#include "when.h"

static void foreign(const char *text)
{
	term_text(stdout, slice_str(text ? text : ""));
}

static void label(const char *name)
{
	term_printf(stdout, STYLE_DIM, "%-12s", name);
}

static void line(const char *name, const char *text)
{
	if (!text || !*text)
		return;
	label(name);
	foreign(text);
	fputc('\n', stdout);
}

/* A member of any kind on one line. */
static void inline_value(const cJSON *value)
{
	const cJSON *item;

	if (cJSON_IsString(value)) {
		foreign(value->valuestring);
	} else if (cJSON_IsNumber(value)) {
		printf("%.15g", value->valuedouble);
	} else if (cJSON_IsBool(value)) {
		fputs(cJSON_IsTrue(value) ? "yes" : "no", stdout);
	} else {
		cJSON_ArrayForEach(item, value) {
			if (item != value->child)
				fputs(", ", stdout);
			if (cJSON_IsObject(value)) {
				foreign(item->string);
				fputc(' ', stdout);
			}
			inline_value(item);
		}
	}
}

/* What need not be said. */
static bool is_empty(const cJSON *value)
{
	return !value || cJSON_IsNull(value) || cJSON_IsFalse(value) || (cJSON_IsString(value) && !*value->valuestring) ||
		((cJSON_IsArray(value) || cJSON_IsObject(value)) && !value->child);
}

/* ---- the head ------------------------------------------------------------------------------------------------------------ */

/* The request's own, in this order; whatever else it has comes behind. */
static const struct {
	const char *key, *name;
} HEAD[] = {
	{"bytes", "Size"}, {"size", "Size"}, {"roles", "Roles"}, {"model", "Model"}, {"opaque", "Opaque"}, {"tools", "Tools"},
	{"max_tokens", "Max tokens"}, {"stream", "Stream"}, {"method", "Method"}, {"path", "Path"}, {"query", "Query"},
};
#define N_HEAD (sizeof HEAD / sizeof *HEAD)

static bool is_head(const char *key)
{
	for (size_t i = 0; i < N_HEAD; i++)
		if (strcmp(HEAD[i].key, key) == 0)
			return true;
	return strcmp(key, "matched") == 0 || strcmp(key, "match") == 0;
}

static void print_decisions(const cJSON *hold)
{
	const cJSON *decision;
	char when[WHEN_TEXT];

	cJSON_ArrayForEach(decision, json_array(hold, "decisions")) {
		const char *what = json_text(decision, "decision"), *reason = json_text(decision, "reason");

		label("Decision");
		foreign(what);
		fputs(" by ", stdout);
		foreign(json_text(decision, "user"));
		printf(" %s", when_relative(json_text(decision, "at"), when));
		if (json_true(decision, "same_address"))
			term_printf(stdout, STYLE_WARN, ", from an address that asked");
		if (reason) {
			fputs(": ", stdout);
			foreign(reason);
		}
		fputc('\n', stdout);
	}
}

static void print_person(const cJSON *hold)
{
	label("Asked by");
	foreign(json_text(hold, "user"));
	fputs(" from ", stdout);
	foreign(json_text(hold, "address"));
	if (json_true(hold, "user_was_another"))
		term_printf(stdout, STYLE_WARN, " (this name belonged to another account before)");
	fputc('\n', stdout);
	line("Reason", json_text(hold, "reason"));
	line("Purpose", json_text(hold, "purpose"));
}

static void foreign_in_brackets(const char *text)
{
	fputs(" (", stdout);
	foreign(text);
	fputc(')', stdout);
}

/* Where several groups must approve, each with what it has given. */
static void print_needs(const cJSON *hold)
{
	const cJSON *needs = json_array(hold, "needs"), *need, *group;

	if (!needs || !needs->child || !needs->child->next)
		return;                          /* the first line has it */
	cJSON_ArrayForEach(need, needs) {
		int64_t approvals = 1, given = 0;

		(void)json_int(need, "approvals", &approvals);
		(void)json_int(need, "given", &given);
		label("Needs");
		printf("%lld of %lld from ", (long long)given, (long long)approvals);
		cJSON_ArrayForEach(group, json_array(need, "groups")) {
			if (group != json_array(need, "groups")->child)
				fputs(" or ", stdout);
			foreign(cJSON_IsString(group) ? group->valuestring : NULL);
		}
		fputc('\n', stdout);
	}
}

static void print_state(const cJSON *hold)
{
	const char *state = json_text(hold, "state");
	int64_t needed = 1, given = 0;
	char when[WHEN_TEXT];

	(void)json_int(hold, "approvals_needed", &needed);
	(void)json_int(hold, "approvals_given", &given);
	foreign(json_text(hold, "id"));
	fputs(" is ", stdout);
	foreign(state);
	if (json_text(hold, "cause"))
		foreign_in_brackets(json_text(hold, "cause"));
	printf(", %lld of %lld approvals, asked %s", (long long)given, (long long)needed, when_relative(json_text(hold, "created_at"), when));
	if (slice_is(slice_str(state), "pending") || slice_is(slice_str(state), "approved"))
		printf(", ends %s", when_relative(json_text(hold, "expires_at"), when));
	fputs("\n\n", stdout);
}

/* What the rule found, in its context; or which condition held. */
static void print_match(const cJSON *hold, const cJSON *request)
{
	const cJSON *match = json_object(request, "match");
	int64_t message = 0;

	line("Rule", json_text(hold, "rule"));
	if (!json_text(match, "match")) {
		line("Matched", json_text(request, "matched") ? json_text(request, "matched") : json_text(hold, "matched"));
		return;
	}
	label("Matched");
	foreign(json_text(match, "before"));
	term_printf(stdout, STYLE_WARN, "[");
	foreign(json_text(match, "match"));
	term_printf(stdout, STYLE_WARN, "]");
	foreign(json_text(match, "after"));
	fputc('\n', stdout);
	label("");
	if (json_int(match, "message", &message) && message > 0) {
		printf("in message %lld, ", (long long)message);
		foreign(json_text(match, "role"));
		fputs(", ", stdout);
	}
	fputs("by ", stdout);
	foreign(json_text(match, "pattern"));
	fputc('\n', stdout);
}

static void print_head(const cJSON *hold, const cJSON *request)
{
	print_state(hold);
	for (size_t i = 0; i < N_HEAD; i++) {
		const cJSON *value = cJSON_GetObjectItemCaseSensitive(request, HEAD[i].key);

		if (is_empty(value))
			continue;
		label(HEAD[i].name);
		inline_value(value);
		fputs(strcmp(HEAD[i].name, "Size") == 0 ? " bytes\n" : "\n", stdout);
	}
	print_match(hold, request);
	line("Connection", json_text(hold, "connection"));
	print_person(hold);
	print_needs(hold);
	print_decisions(hold);
}

/* ---- the text ------------------------------------------------------------------------------------------------------------ */

/* One text of the request under its heading, and what was masked in it. */
static void print_text(const cJSON *item, int number)
{
	const cJSON *masks = json_array(item, "masks");
	const char *heading = json_text(item, "role");

	if (!heading)
		heading = json_text(item, "path") ? json_text(item, "path") : json_text(item, "kind");
	fputc('\n', stdout);
	term_printf(stdout, STYLE_BOLD, "── %d ", number);
	foreign(heading && *heading ? heading : "text");
	fputc('\n', stdout);
	foreign(json_text(item, "text") ? json_text(item, "text") : json_text(item, "content"));
	fputc('\n', stdout);
	if (!is_empty(masks)) {
		label("masked");
		inline_value(masks);
		fputc('\n', stdout);
	}
}

/* Nothing is left out, also what this version does not know. */
static void print_rest(const cJSON *request)
{
	const cJSON *member, *item;

	cJSON_ArrayForEach(member, request) {
		if (is_head(member->string) || is_empty(member))
			continue;
		if (cJSON_IsArray(member) && cJSON_IsObject(member->child)) {
			int number = 0;

			cJSON_ArrayForEach(item, member)
				if (json_text(item, "text") || json_text(item, "content")) {
					print_text(item, ++number);
				} else {
					label(member->string);
					inline_value(item);
					fputc('\n', stdout);
				}
			continue;
		}
		fputc('\n', stdout);
		term_printf(stdout, STYLE_BOLD, "── ");
		foreign(member->string);
		fputc('\n', stdout);
		inline_value(member);
		fputc('\n', stdout);
	}
}

static void print_hold(const cJSON *hold)
{
	const cJSON *request = json_object(hold, "request");

	print_head(hold, request);
	print_rest(request);
	if (json_true(hold, "may_decide")) {
		fputs("\nphigate approve ", stdout);
		foreign(json_text(hold, "id"));
		fputs("   or   phigate deny ", stdout);
		foreign(json_text(hold, "id"));
		fputs(" --reason TEXT\n", stdout);
	}
}

/* ---- the command --------------------------------------------------------------------------------------------------------- */

static enum rc show(struct agents *a, const struct arguments *args, struct why *why)
{
	struct question question = {.method = "GET"};
	const char *id = agents_split(a, args->positional[0], &question.only);
	struct answers answers = {0};
	struct answer *one = NULL;
	struct buf path;
	enum rc rc;

	buf_init(&path, 256);
	rc = agents_is_id(id) ? buf_printf(&path, "/v1/holds/%s", id)
		: why_set(why, RC_NOT_FOUND, "that is no hold's id; one looks like 7K2M-9QXD");
	question.path = path.data;
	if (rc == RC_OK)
		rc = agents_ask(a, &question, &answers, why);
	if (rc == RC_OK)
		one = answers_one(&answers, &rc, why);
	if (one && argument(args, "--json"))
		rc = jsonline_print(stdout, one->tree);
	else if (one)
		print_hold(one->tree);
	answers_free(&answers);
	buf_free(&path);
	return rc;
}

static int run(const struct arguments *args)
{
	struct why why = {0};
	struct agents a;
	int status = agents_begin(&a);

	if (status == EXIT_DONE) {
		enum rc rc = show(&a, args, &why);

		if (rc != RC_OK)
			status = agents_fail(rc, &why);
	}
	agents_end(&a);
	return status;
}

static const struct option_spec options[] = {
	{"--json", NULL, "as one JSON object"},
	{NULL, NULL, NULL},
};

const struct command cmd_show = {
	.name = "show", .args = "ID", .help = "show what a held request asks", .options = options, .min_args = 1, .max_args = 1, .run = run,
};

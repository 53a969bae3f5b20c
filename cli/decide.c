#include "decide.h"

#include "agents.h"
#include "json.h"
#include "term.h"

static const struct {
	const char *state;
	enum style style;
} OUTCOMES[] = {{"approved", STYLE_GOOD}, {"used", STYLE_GOOD}, {"denied", STYLE_BAD}, {"cancelled", STYLE_DIM}};

static void tell(const cJSON *answer)
{
	const char *id = json_text(answer, "id"), *state = json_text(answer, "state");
	const char *needs = json_text(answer, "needs");

	term_text(stdout, slice_str(id ? id : "the hold"));
	if (slice_is(slice_str(state), "pending")) {
		term_printf(stdout, STYLE_WARN, " has your approval, and needs ");
		term_text(stdout, slice_str(needs && *needs ? needs : "one more"));
		fputc('\n', stdout);
		return;
	}
	fputs(" is ", stdout);
	for (size_t i = 0; i < sizeof OUTCOMES / sizeof *OUTCOMES; i++)
		if (slice_is(slice_str(state), OUTCOMES[i].state))
			term_printf(stdout, OUTCOMES[i].style, "%s", OUTCOMES[i].state);
	fputc('\n', stdout);
}

/* Which agent has it, among several? An approval is sent to that one alone. */
static enum rc find(struct agents *a, const char *id, const struct agent_entry **agent, struct why *why)
{
	struct question question = {.method = "GET"};
	struct answers answers = {0};
	struct answer *one;
	struct buf path;
	enum rc rc;

	buf_init(&path, 256);
	rc = buf_printf(&path, "/v1/holds/%s", id);
	question.path = path.data;
	if (rc == RC_OK)
		rc = agents_ask(a, &question, &answers, why);
	if (rc == RC_OK) {
		one = answers_one(&answers, &rc, why);
		*agent = one ? one->agent : NULL;
	}
	answers_free(&answers);
	buf_free(&path);
	return rc;
}

static enum rc send_decision(struct agents *a, const struct agent_entry *agent, const char *id, const char *action, const char *reason,
			     struct why *why)
{
	struct question question = {.only = agent, .method = "POST"};
	struct answers answers = {0};
	struct buf path, body;
	struct answer *one;
	enum rc rc;

	buf_init(&path, 256);
	buf_init(&body, 65536);
	buf_puts(&body, "{\"reason\":");
	json_add_str(&body, reason);
	buf_puts(&body, "}");
	rc = buf_printf(&path, "/v1/holds/%s/%s", id, action);
	if (rc == RC_OK && body.rc != RC_OK)
		rc = why_set(why, RC_BAD, "the reason is too long");
	question.path = path.data;
	question.body = body.data;
	if (rc == RC_OK)
		rc = agents_ask(a, &question, &answers, why);
	if (rc == RC_OK) {
		one = answers_one(&answers, &rc, why);
		if (one)
			tell(one->tree);
	}
	answers_free(&answers);
	buf_free(&path);
	buf_free(&body);
	return rc;
}

int decide(const struct arguments *args, const char *action)
{
	const struct agent_entry *agent;
	struct why why = {0};
	struct agents a;
	int status = agents_begin(&a);
	const char *id;
	enum rc rc = RC_OK;

	if (status != EXIT_DONE)
		goto out;
	id = agents_split(&a, args->positional[0], &agent);
	if (!agents_is_id(id))
		rc = why_set(&why, RC_NOT_FOUND, "that is no hold's id; one looks like 7K2M-9QXD");
	if (rc == RC_OK && !agent && a.config->n_agents > 1)
		rc = find(&a, id, &agent, &why);
	if (rc == RC_OK)
		rc = send_decision(&a, agent, id, action, argument(args, "--reason"), &why);
	if (rc != RC_OK)
		status = agents_fail(rc, &why);
out:
	agents_end(&a);
	return status;
}

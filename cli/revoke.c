/* phigate revoke: end a session now, with all that runs in it. */
#include "agents.h"
#include "json.h"
#include "term.h"

/* A session's id is of 80 random bits, so an agent that does not have it says so and no other session is meant. */
static enum rc revoke(struct agents *a, const struct agent_entry *agent, const char *id, struct why *why)
{
	struct question question = {.only = agent, .method = "POST"};
	struct answers answers = {0};
	struct buf path;
	enum rc rc;

	buf_init(&path, 256);
	rc = buf_printf(&path, "/v1/sessions/%s/revoke", id);
	question.path = path.data;
	if (rc == RC_OK)
		rc = agents_ask(a, &question, &answers, why);
	if (rc == RC_OK)
		(void)answers_one(&answers, &rc, why);
	answers_free(&answers);
	buf_free(&path);
	return rc;
}

static int run(const struct arguments *args)
{
	const struct agent_entry *agent;
	struct why why = {0};
	struct agents a;
	int status = agents_begin(&a);
	const char *id;
	enum rc rc;

	if (status == EXIT_DONE) {
		id = agents_split(&a, args->positional[0], &agent);
		rc = agents_is_id(id) ? revoke(&a, agent, id, &why) : why_set(&why, RC_NOT_FOUND, "that is no session's id");
		if (rc == RC_OK)
			printf("%s is revoked, and its bundle is sealed\n", id);
		else
			status = term_fail(rc, &why);
	}
	agents_end(&a);
	return status;
}

const struct command cmd_revoke = {
	.name = "revoke", .args = "SESSION", .help = "end a session at once", .min_args = 1, .max_args = 1, .run = run,
};

#include "agents.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jsonline.h"
#include "term.h"

#define TOKEN_LEAST_S 30                         /* for a few calls */

/* ---- beginning ----------------------------------------------------------------------------------------------------------- */

int agents_begin(struct agents *a)
{
	struct why why = {0};
	int status;
	enum rc rc;

	*a = (struct agents){0};
	rc = client_config_load(&a->config, &why);
	if (rc != RC_OK) {
		term_fail(rc, &why);
		return rc == RC_BAD ? EXIT_USAGE : EXIT_FAILED;
	}
	progress_begin("renewing the sign-in");
	rc = signin_load(a->config, TOKEN_LEAST_S, &a->signin, &why);
	progress_end();
	if (rc == RC_OK)
		return EXIT_DONE;
	status = term_fail(rc, &why);
	return rc == RC_NOT_FOUND ? EXIT_SIGNED_OUT : status;
}

int agents_fail(enum rc rc, const struct why *why)
{
	int status = term_fail(rc, why);

	return rc == RC_NOT_FOUND ? EXIT_REFUSED : status;
}

void agents_end(struct agents *a)
{
	signin_free(a->signin);
	client_config_free(a->config);
	*a = (struct agents){0};
}

const char *agents_split(const struct agents *a, const char *text, const struct agent_entry **only)
{
	const char *slash = strchr(text, '/');

	*only = NULL;
	for (size_t i = 0; slash && i < a->config->n_agents; i++)
		if (slice_is((struct slice){text, (size_t)(slash - text)}, a->config->agents[i].name)) {
			*only = &a->config->agents[i];
			return slash + 1;
		}
	return text;
}

bool agents_is_id(const char *text)
{
	size_t n = strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");

	return n > 0 && n < 64 && text[n] == '\0';
}

/* ---- asking -------------------------------------------------------------------------------------------------------------- */

struct errand {
	const struct agents *agents;
	const struct question *question;
	struct answer *answer;
	pthread_t thread;
	bool started;
};

static void *ask_one(void *arg)
{
	struct errand *e = arg;
	struct answer *answer = e->answer;
	const struct question *q = e->question;

	answer->rc = control_open(answer->agent, e->agents->signin, &answer->control, &answer->why);
	if (answer->rc == RC_OK)
		answer->rc = control_call(answer->control, q->method, q->path, q->body, &answer->tree, &answer->why);
	return NULL;
}

/* The last one in this thread, the others beside it: an agent that is down costs its time only once. */
static void ask_all(struct errand *errands, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++)
		errands[i].started = pthread_create(&errands[i].thread, NULL, ask_one, &errands[i]) == 0;
	for (size_t i = 0; i < n; i++)
		if (!errands[i].started)
			ask_one(&errands[i]);
	for (size_t i = 0; i < n; i++)
		if (errands[i].started)
			pthread_join(errands[i].thread, NULL);
}

enum rc agents_ask(struct agents *a, const struct question *q, struct answers *out, struct why *why)
{
	size_t n = q->only ? 1 : a->config->n_agents;
	struct errand *errands = calloc(n ? n : 1, sizeof *errands);
	char text[160];

	*out = (struct answers){calloc(n ? n : 1, sizeof *out->list), n};
	if (!errands || !out->list) {
		free(errands);
		answers_free(out);
		return why_set(why, RC_NOMEM, "out of memory");
	}
	for (size_t i = 0; i < n; i++) {
		out->list[i].agent = q->only ? q->only : &a->config->agents[i];
		errands[i] = (struct errand){.agents = a, .question = q, .answer = &out->list[i]};
	}
	if (n == 1)
		snprintf(text, sizeof text, "asking %s", out->list[0].agent->name);
	else
		snprintf(text, sizeof text, "asking %zu agents", n);
	progress_begin(text);
	ask_all(errands, n);
	progress_end();
	free(errands);
	return RC_OK;
}

void answers_free(struct answers *answers)
{
	for (size_t i = 0; answers->list && i < answers->n; i++) {
		control_close(answers->list[i].control);
		cJSON_Delete(answers->list[i].tree);
	}
	free(answers->list);
	*answers = (struct answers){0};
}

/* ---- what came of it ----------------------------------------------------------------------------------------------------- */

int answers_warn(const struct answers *answers)
{
	const struct answer *failed = NULL;
	bool any = false;

	for (size_t i = 0; i < answers->n; i++) {
		any = any || answers->list[i].rc == RC_OK;
		if (answers->list[i].rc != RC_OK && !failed)
			failed = &answers->list[i];
	}
	if (!any && failed && answers->n == 1)
		return term_fail(failed->rc, &failed->why);
	for (size_t i = 0; i < answers->n; i++) {
		const struct answer *answer = &answers->list[i];

		if (answer->rc == RC_OK)
			continue;
		term_printf(stderr, STYLE_WARN, "phigate: ");
		if (!strstr(answer->why.text, answer->agent->name))
			fprintf(stderr, "%s: ", answer->agent->name);
		term_text(stderr, slice_str(answer->why.text));
		fputc('\n', stderr);
	}
	if (any || !failed)
		return EXIT_DONE;
	return term_fail(failed->rc, &(struct why){.text = "no agent has answered"});
}

int agents_list(const struct arguments *args, const char *path, enum rc (*print_table)(const struct answers *answers))
{
	const struct question question = {.method = "GET", .path = path};
	struct answers answers = {0};
	struct why why = {.text = "the list cannot be written"};
	struct agents a;
	int status = agents_begin(&a);
	enum rc rc = status == EXIT_DONE ? agents_ask(&a, &question, &answers, &why) : RC_OK;

	if (status == EXIT_DONE && rc == RC_OK)
		status = answers_warn(&answers);
	if (status == EXIT_DONE && rc == RC_OK && !argument(args, "--json"))
		rc = print_table(&answers);
	else if (status == EXIT_DONE)
		for (size_t i = 0; i < answers.n && rc == RC_OK; i++)
			rc = jsonline_print_list(stdout, answers.list[i].agent->name, answers.list[i].tree);
	if (rc != RC_OK)
		status = term_fail(rc, &why);
	answers_free(&answers);
	agents_end(&a);
	return status;
}

/* How much an answer tells about the thing. */
static int weight(enum rc rc)
{
	if (rc == RC_OK)
		return 3;
	if (rc == RC_NOT_FOUND)
		return 0;
	return rc == RC_UNREACHABLE || rc == RC_TIMEOUT || rc == RC_CANCELLED ? 1 : 2;
}

struct answer *answers_one(const struct answers *answers, enum rc *rc, struct why *why)
{
	struct answer *best = NULL;
	bool others = false;

	for (size_t i = 0; i < answers->n; i++) {
		others = others || answers->list[i].rc == RC_NOT_FOUND;
		if (!best || weight(answers->list[i].rc) > weight(best->rc))
			best = &answers->list[i];
	}
	if (!best) {
		*rc = why_set(why, RC_NOT_FOUND, "client.yaml names no agent");
		return NULL;
	}
	*rc = best->rc;
	if (best->rc == RC_OK)
		return best;
	*why = best->why;
	if (others && weight(best->rc) == 1)
		why_set(why, best->rc, "the agents that answer do not have it, and %.500s", best->why.text);
	return NULL;
}

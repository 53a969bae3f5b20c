/* phigate bundle: fetch the evidence of a session that has ended. */
#include <string.h>
#include <unistd.h>

#include "agents.h"
#include "draft.h"
#include "term.h"

/* The agents in turn, until one has it. Nothing is written before that. */
static enum rc fetch_from(struct agents *a, const struct agent_entry *only, const char *path, int fd, struct why *why)
{
	struct why missed = {0};
	enum rc rc = RC_NOT_FOUND, miss = RC_OK;

	for (size_t i = 0; i < a->config->n_agents && rc == RC_NOT_FOUND; i++) {
		const struct agent_entry *agent = &a->config->agents[i];
		struct control *control = NULL;

		if (only && agent != only)
			continue;
		rc = control_open(agent, a->signin, &control, why);
		if (rc != RC_OK && a->config->n_agents > 1 && !only) {
			miss = rc;
			missed = *why;
			rc = RC_NOT_FOUND;
		} else if (rc == RC_OK) {
			rc = control_fetch(control, path, fd, why);
		}
		control_close(control);
	}
	if (rc == RC_NOT_FOUND && miss != RC_OK)
		*why = missed;
	return rc == RC_NOT_FOUND && miss != RC_OK ? miss : rc;
}

static enum rc path_of(const char *id, const char *part, struct buf *path, struct why *why)
{
	if (!agents_is_id(id))
		return why_set(why, RC_NOT_FOUND, "that is no session's id");
	if (part && (!*part || strlen(part) > 7 || strspn(part, "0123456789") != strlen(part)))
		return why_set(why, RC_BAD, "--part is a number from 1");
	buf_printf(path, "/v1/sessions/%s/bundle", id);
	return part ? buf_printf(path, "?part=%s", part) : path->rc;
}

/* No half of a bundle ever bears the file's own name. */
static enum rc fetch_to_file(struct agents *a, const struct agent_entry *only, const char *path, const char *file, struct why *why)
{
	struct draft draft;
	enum rc rc = draft_begin(&draft, file, why);

	if (rc == RC_OK) {
		progress_begin("fetching the bundle");
		rc = fetch_from(a, only, path, draft.fd, why);
		progress_end();
	}
	return draft_end(&draft, rc, why);
}

static enum rc fetch(struct agents *a, const struct arguments *args, struct why *why)
{
	const char *file = argument(args, "-o"), *part = argument(args, "--part");
	const struct agent_entry *only;
	const char *id = agents_split(a, args->positional[0], &only);
	struct buf path, name;
	enum rc rc;

	buf_init(&path, 256);
	buf_init(&name, 8192);
	rc = path_of(id, part, &path, why);
	if (rc == RC_OK)
		rc = file ? buf_puts(&name, file) : part ? buf_printf(&name, "%s.%s.tar", id, part) : buf_printf(&name, "%s.tar", id);
	if (rc == RC_OK && file && strcmp(file, "-") == 0)
		rc = fetch_from(a, only, path.data, STDOUT_FILENO, why);
	else if (rc == RC_OK) {
		rc = fetch_to_file(a, only, path.data, name.data, why);
		if (rc == RC_OK) {
			term_text(stdout, buf_slice(&name));
			fputc('\n', stdout);
		}
	}
	buf_free(&path);
	buf_free(&name);
	return rc;
}

static int run(const struct arguments *args)
{
	struct why why = {0};
	struct agents a;
	int status = agents_begin(&a);

	if (status == EXIT_DONE) {
		enum rc rc = fetch(&a, args, &why);

		if (rc != RC_OK)
			status = term_fail(rc, &why);
	}
	agents_end(&a);
	return status;
}

static const struct option_spec options[] = {
	{"--part", "N", "this part of a session that has several; else the last"},
	{"-o", "FILE", "where to; - for standard output; else SESSION.tar here"},
	{NULL, NULL, NULL},
};

const struct command cmd_bundle = {
	.name = "bundle", .args = "SESSION", .help = "fetch the signed evidence of a session", .options = options, .min_args = 1,
	.max_args = 1, .run = run,
};
